"""Calls to one account's server: sessions, reads, writes, and Bluesky's errors as ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from platforms.connectors.base import (
    Access,
    AuthExpired,
    Blocked,
    ConnectorError,
    Gone,
    InvalidRequest,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    PermissionMissing,
    RateLimited,
    Transient,
    Unsupported,
)
from platforms.connectors.http import Answer, HttpClient

ENTRYWAY = "https://bsky.social"
_LONGEST_PAUSE = timedelta(days=2)
# Answers that another session may cure; the request was refused before anything was done.
_STALE_TOKENS = {"ExpiredToken", "InvalidToken"}

JsonObject = Mapping[str, Any]
"""An object as the platform sends it. Any, because the platform decides its shape."""


class TokenRefused(AuthExpired):
    """The session's token is no longer good; a fresh one may be."""


class Swapped(Permanent):
    """Somebody changed the record since it was read; nothing was written."""

    code = "swapped"


class BlueskyClient:
    """One account's session. `keep` is told the credentials whenever the server renews them."""

    def __init__(
        self,
        access: Access,
        *,
        keep: Callable[[Mapping[str, str]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._credentials = dict(access.credentials)
        self.settings = access.settings
        self._expected_did = access.external_id
        self._override = access.base_url.rstrip("/")
        self._keep = keep
        self._clock = clock
        # The account's own server is named by a document from outside; it must be a public one.
        self._http = HttpClient(
            service="Bluesky",
            secrets=[
                value
                for name, value in access.credentials.items()
                if name in {"app_password", "access_jwt", "refresh_jwt"}
            ],
            public_only=not self._override,
            clock=clock,
        )

    @property
    def did(self) -> str:
        """The account's permanent identifier; signs in when it is not known yet."""
        if self._expected_did.startswith("did:"):
            return self._expected_did
        if not self._credentials.get("did"):
            self._open_session()
        return self._credentials["did"]

    def timestamp(self) -> str:
        """Return the time as records hold it."""
        now = self._clock().astimezone(UTC)
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def query(
        self, nsid: str, params: Mapping[str, str | int | list[str]], *, what: str
    ) -> JsonObject:
        """Read something as the account."""

        def call(token: str) -> JsonObject:
            answer = self._http.read(
                self._url(nsid),
                what=what,
                params=params,
                headers={"Authorization": f"Bearer {token}"},
                explain=self.explain,
            )
            return self._object(answer, what=what, writes=False)

        return self._authorised(call)

    def procedure(
        self, nsid: str, body: JsonObject, *, what: str, headers: Mapping[str, str] | None = None
    ) -> JsonObject:
        """Change something as the account. Raises OutcomeUnknown when the answer was lost."""

        def call(token: str) -> JsonObject:
            answer = self._http.write(
                "POST",
                self._url(nsid),
                what=what,
                json=body,
                headers={"Authorization": f"Bearer {token}", **(headers or {})},
                explain=self.explain,
            )
            return self._object(answer, what=what, writes=True)

        return self._authorised(call)

    def explain(self, answer: Answer) -> ConnectorError | None:
        """Read Bluesky's error body; None leaves the status code to speak."""
        try:
            body = answer.json()
        except ValueError:
            body = None
        name = str(body.get("error", "")) if isinstance(body, dict) else ""
        said = str(body.get("message", ""))[:200] if isinstance(body, dict) else ""
        if answer.status == 429 or name == "RateLimitExceeded":
            return RateLimited("Bluesky asks for a pause.", until=self._reset_at(answer))
        if name in _STALE_TOKENS:
            return TokenRefused("Bluesky no longer accepts this session.")
        if name == "InvalidRequest":
            return InvalidRequest(f"Bluesky refused the request as it stands: {said}")
        error = _BY_NAME.get(name)
        return error[0](error[1]) if error else None

    def _reset_at(self, answer: Answer) -> datetime | None:
        value = answer.headers.get("ratelimit-reset", "").strip()
        now = self._clock()
        if not value.isdecimal() or len(value) > 11:
            return self._http.retry_at(answer)
        until = datetime.fromtimestamp(int(value), tz=UTC)
        return min(max(until, now), now + _LONGEST_PAUSE)

    def _url(self, nsid: str) -> str:
        host = self._override or self._credentials.get("pds_url") or ENTRYWAY
        return f"{host}/xrpc/{nsid}"

    def _object(self, answer: Answer, *, what: str, writes: bool) -> JsonObject:
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise self._http.lost(what, writes=writes)
        return body

    def _authorised(self, call: Callable[[str], JsonObject]) -> JsonObject:
        """Call with the session's token, and once more with a renewed one."""
        if not self._credentials.get("access_jwt"):
            self._open_session()
        try:
            return call(self._credentials["access_jwt"])
        except TokenRefused:
            self._open_session()
        return call(self._credentials["access_jwt"])

    def _open_session(self) -> None:
        """Renew the session, or sign in where that cannot be done.

        Sign-ins are few (300 a day for an account), so a session is renewed as long as it can be.
        """
        if self._credentials.get("refresh_jwt"):
            try:
                self._take(self._refreshed())
            except TokenRefused:
                if not self._credentials.get("app_password"):
                    raise
            else:
                return
        self._take(self._signed_in())

    def _refreshed(self) -> JsonObject:
        return self._session_call(
            "com.atproto.server.refreshSession",
            headers={"Authorization": f"Bearer {self._credentials['refresh_jwt']}"},
        )

    def _signed_in(self) -> JsonObject:
        password = self._credentials.get("app_password")
        identifier = self._credentials.get("identifier") or self._expected_did
        if not (password and identifier):
            raise AuthExpired("This channel has no app password to sign in to Bluesky with.")
        return self._session_call(
            "com.atproto.server.createSession",
            body={"identifier": identifier, "password": password},
        )

    def _session_call(
        self,
        nsid: str,
        *,
        body: JsonObject | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonObject:
        what = "open a session"
        try:
            answer = self._http.write(
                "POST",
                self._url(nsid),
                what=what,
                json=body,
                headers=headers,
                explain=self.explain,
            )
            return self._object(answer, what=what, writes=True)
        except OutcomeUnknown as lost:
            # A session nobody uses harms nobody: another try may follow.
            raise Transient(
                "Bluesky gave no usable answer when asked to open a session."
            ) from lost

    def _take(self, session: JsonObject) -> None:
        """Adopt a session, and hand its tokens to be kept."""
        did, access, refresh = (session.get(name) for name in ("did", "accessJwt", "refreshJwt"))
        if not (isinstance(did, str) and isinstance(access, str) and isinstance(refresh, str)):
            raise Transient("Bluesky's answer to the sign-in holds no session.")
        if self._expected_did.startswith("did:") and did != self._expected_did:
            raise AuthExpired("These credentials belong to another Bluesky account.")
        if session.get("active") is False:
            status = str(session.get("status") or "inactive")
            raise Blocked(f"Bluesky says that this account is {status[:40]}.")
        self._credentials |= {"did": did, "access_jwt": access, "refresh_jwt": refresh}
        if pds := _pds_of(session.get("didDoc")):
            self._credentials["pds_url"] = pds
        self._keep(dict(self._credentials))


_BY_NAME: dict[str, tuple[type[ConnectorError], str]] = {
    "AuthenticationRequired": (AuthExpired, "Bluesky no longer accepts these credentials."),
    "AuthMissing": (AuthExpired, "Bluesky no longer accepts these credentials."),
    "AuthFactorTokenRequired": (
        PermissionMissing,
        "Bluesky asks for a code by e-mail. Connect this channel with an app password.",
    ),
    "AccountTakedown": (PermissionMissing, "Bluesky has taken this account down."),
    "AccountDeactivated": (PermissionMissing, "This Bluesky account is deactivated."),
    "NotFound": (Gone, "Bluesky has no such post: it is deleted or not visible."),
    "RecordNotFound": (Gone, "Bluesky has no such record: it is deleted or not visible."),
    "InvalidSwap": (Swapped, "The record on Bluesky changed while it was being rewritten."),
    "BlockedActor": (NotAllowed, "A block stands between this channel and the author."),
    "BlockedByActor": (NotAllowed, "A block stands between this channel and the author."),
    "MethodNotImplemented": (Unsupported, "This Bluesky server has no such call."),
    "XRPCNotSupported": (Unsupported, "This Bluesky server has no such call."),
}


def _pds_of(document: object) -> str:
    """Return the server that a DID document names for the account's data, if it is a safe one."""
    services = document.get("service") if isinstance(document, dict) else None
    for service in services if isinstance(services, list) else []:
        if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
            endpoint = str(service.get("serviceEndpoint", "")).rstrip("/")
            return endpoint if endpoint.startswith("https://") else ""
    return ""
