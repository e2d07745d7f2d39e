"""One careful way to speak HTTP, shared by the connectors.

Every call has time-outs and a bound on the body, follows no redirect by itself, and ends either in
an `Answer` or in a `ConnectorError` whose message holds neither addresses, tokens nor bodies. What
may be retried follows from what can be known: a read may always be repeated; a write whose answer
was lost is `OutcomeUnknown`, and one that never reached the platform is `Transient`.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx2

from platforms.connectors.base import (
    AuthExpired,
    ConnectorError,
    Gone,
    InvalidRequest,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Transient,
)

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
WHOLE_CALL_SECONDS = 30.0
MAX_BODY_BYTES = 8 * 1024 * 1024
USER_AGENT = "moderation-console"

# A gateway that lost its upstream cannot say whether a write was done.
_GATEWAY_STATUSES = frozenset({502, 504})
# Longer pauses are a platform's mistake; the next poll asks again in any case.
_LONGEST_PAUSE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered, read whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Parse the body; raises ValueError. Any, because the platform decides its shape."""
        return json.loads(self.content)


# A service beside this one is spoken to directly, whatever proxy leads outside.
_NEVER_PROXIED = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}

Explain = Callable[[Answer], ConnectorError | None]
"""Reads a platform's own error body; None leaves the status code to speak."""


class HttpClient:
    """Calls to one platform. `what` in each call is a plain phrase used in error messages.

    `service` names the platform in those messages; `secrets` are blanked wherever they would
    appear. With `public_only`, hosts that resolve to private, local or reserved addresses are
    refused, and the connection goes to the very address that was checked.
    """

    def __init__(
        self,
        *,
        service: str,
        base_url: str = "",
        headers: Mapping[str, str] | None = None,
        secrets: Collection[str] = (),
        public_only: bool = False,
        read_seconds: float = READ_SECONDS,
        max_body_bytes: int = MAX_BODY_BYTES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._service = service
        self._secrets = tuple(secret for secret in secrets if secret)
        self._max_body_bytes = max_body_bytes
        self._clock = clock
        limits = httpx2.Limits(max_connections=4, keepalive_expiry=4.0)
        self._client = httpx2.Client(
            base_url=base_url,
            headers={"User-Agent": USER_AGENT, **(headers or {})},
            timeout=httpx2.Timeout(read_seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=limits,
            follow_redirects=False,
            mounts=_NEVER_PROXIED,
            verify=_tls(),
            transport=_PublicOnlyTransport(limits) if public_only else None,
        )

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def read(
        self,
        path: str,
        *,
        what: str,
        params: Mapping[str, str | int | list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
        explain: Explain | None = None,
    ) -> Answer:
        """GET `path`. Statuses in `accept` are answers rather than errors."""
        return self._call(
            "GET",
            path,
            what=what,
            writes=False,
            accept=accept,
            explain=explain,
            options={"params": params, "headers": headers},
        )

    def write(
        self,
        method: str,
        path: str,
        *,
        what: str,
        json: Any = None,  # whatever the platform takes
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
        explain: Explain | None = None,
    ) -> Answer:
        """Send a change. Raises OutcomeUnknown when it may have been done without our knowing."""
        return self._call(
            method,
            path,
            what=what,
            writes=True,
            accept=accept,
            explain=explain,
            options={"json": json, "headers": headers},
        )

    def _call(
        self,
        method: str,
        path: str,
        *,
        what: str,
        writes: bool,
        accept: Collection[int],
        explain: Explain | None,
        options: Mapping[str, Any],
    ) -> Answer:
        given = {name: value for name, value in options.items() if value is not None}
        try:
            with self._client.stream(method, path, **given) as response:
                answer = self._whole(response)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            raise Transient(f"{self._service} could not be reached to {what}.") from None
        except (httpx2.TransportError, httpx2.DecodingError):
            raise self.lost(what, writes=writes) from None
        except (httpx2.InvalidURL, UnicodeError):
            raise InvalidRequest(f"The address used to {what} is not a web address.") from None
        if answer.status in accept or 200 <= answer.status < 300:
            return answer
        error = explain(answer) if explain else None
        raise self._clean(error or self._from_status(answer, what=what, writes=writes))

    def _whole(self, response: httpx2.Response) -> Answer:
        """Read the body within a bound of bytes and of time, however slowly it drips."""
        deadline = time.monotonic() + WHOLE_CALL_SECONDS
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._max_body_bytes:
                raise httpx2.ReadError("The answer is too long.")
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout("The answer took too long.")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, content=bytes(body))

    def lost(self, what: str, *, writes: bool) -> ConnectorError:
        """Say that no usable answer came: unknown for a write, worth another try for a read."""
        if writes:
            return OutcomeUnknown(
                f"{self._service} was asked to {what}, and its answer was lost. "
                "It may or may not have happened."
            )
        return Transient(f"{self._service} gave no usable answer when asked to {what}.")

    def _from_status(self, answer: Answer, *, what: str, writes: bool) -> ConnectorError:
        status = answer.status
        asked = f"{self._service} answered {status} when asked to {what}"
        if status == 401:
            return AuthExpired(f"{self._service} no longer accepts this channel's credentials.")
        if status == 403:
            return NotAllowed(f"{self._service} refused to {what}.")
        if status in {404, 410}:
            return Gone(f"{self._service} has nothing to {what}: it is deleted or not visible.")
        if status == 429:
            return RateLimited(
                f"{self._service} asked for a pause before it will {what}.",
                until=self.retry_at(answer),
            )
        if status in _GATEWAY_STATUSES and writes:
            return self.lost(what, writes=True)
        if status == 503 and "retry-after" in answer.headers:
            return RateLimited(f"{asked}.", until=self.retry_at(answer))
        if status >= 500 or status == 408:
            return Transient(f"{asked}.")
        return InvalidRequest(f"{asked}.")

    def retry_at(self, answer: Answer) -> datetime | None:
        """Return the time the platform's Retry-After names, or None."""
        value = answer.headers.get("retry-after", "").strip()
        now = self._clock()
        try:
            until = (
                now + timedelta(seconds=min(int(value), 10**7))
                if value.isdecimal()
                else parsedate_to_datetime(value)
            )
        except (ValueError, TypeError):
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max(until.astimezone(UTC), now), now + _LONGEST_PAUSE)

    def _clean(self, error: ConnectorError) -> ConnectorError:
        """Blank every known secret in an error's message."""
        error.message = redact(error.message, self._secrets)
        error.args = (error.message,)
        return error


@cache
def _tls() -> ssl.SSLContext:
    """Return the machine's trusted certificates, read once: each reading takes some 20 ms."""
    return httpx2.create_ssl_context()


def redact(text: str, secrets: Collection[str]) -> str:
    """Replace each secret in `text` by a mark, longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, "[hidden]")
    return text


class _PublicOnlyTransport(httpx2.BaseTransport):
    """Connects to public addresses only, and to the address that was checked.

    A host name is resolved once; checking one answer and connecting to another would let a name
    that changes its mind lead inside.
    """

    def __init__(self, limits: httpx2.Limits) -> None:
        self._inner = httpx2.HTTPTransport(verify=_tls(), limits=limits)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.scheme not in {"http", "https"}:
            raise httpx2.ConnectError("Only web addresses are read.", request=request)
        host = request.url.host
        address = _public_address(host, request)
        extensions = {**request.extensions, "sni_hostname": host}
        pinned = httpx2.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,  # holds the Host header of the name itself
            stream=request.stream,
            extensions=extensions,
        )
        return self._inner.handle_request(pinned)

    def close(self) -> None:
        self._inner.close()


def _public_address(host: str, request: httpx2.Request) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpx2.ConnectError("The name does not resolve.", request=request) from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise httpx2.ConnectError("The address is not public.", request=request)
    return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an IP address may be reached from a server without leading inside."""
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None:
        parsed = mapped
    return parsed.is_global and not parsed.is_multicast
