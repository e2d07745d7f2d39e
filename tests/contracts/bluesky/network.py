"""Hands on the real Bluesky servers: accounts, posts, and the moderators' view of a report."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2

STATE_FILE = Path(__file__).parents[3] / ".bluesky" / "state.json"
PATIENCE_SECONDS = 15.0


def timestamp() -> str:
    """Return the time as records hold it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Reference:
    """A record's address and version."""

    uri: str
    cid: str

    @property
    def rkey(self) -> str:
        return self.uri.rsplit("/", 1)[1]

    def as_json(self) -> dict[str, str]:
        return {"uri": self.uri, "cid": self.cid}


class Network:
    """The servers that `servers/start.sh` started."""

    def __init__(self, state: dict) -> None:
        self.state = state
        self.pds = state["pds"]
        self._http = httpx2.Client(timeout=30)

    @classmethod
    def running(cls) -> Network | None:
        """Return the servers, or None when they are not running."""
        try:
            network = cls(json.loads(STATE_FILE.read_text()))
            network._http.get(f"{network.pds}/xrpc/_health").raise_for_status()
        except (OSError, ValueError, httpx2.HTTPError):
            return None
        return network

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, nsid: str, *, token: str = "", base: str = "", **options) -> dict:
        """Make one call and return its answer; a refusal fails the test."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = self._http.request(
            method, f"{base or self.pds}/xrpc/{nsid}", headers=headers, **options
        )
        assert response.is_success, f"{nsid}: {response.status_code} {response.text}"
        return response.json()

    def account(self, name: str) -> Account:
        """Create an account with a name of its own."""
        handle = f"{name}-{secrets.token_hex(4)}.test"
        made = self.call(
            "POST",
            "com.atproto.server.createAccount",
            json={"handle": handle, "email": f"{handle}@mail.test", "password": "a-test-word"},
        )
        return Account(self, made["did"], handle, made["accessJwt"])

    def reports_on(self, uri: str) -> list[dict]:
        """Return what the moderators' service holds about a post."""
        response = self._http.get(
            f"{self.state['ozone']}/xrpc/tools.ozone.moderation.queryStatuses",
            params={"subject": uri},
            auth=("admin", self.state["ozone_admin_password"]),
        )
        assert response.is_success, response.text
        return response.json()["subjectStatuses"]

    def report_events_on(self, uri: str) -> list[dict]:
        """Return every single report about a post."""
        response = self._http.get(
            f"{self.state['ozone']}/xrpc/tools.ozone.moderation.queryEvents",
            params={"subject": uri, "types": ["tools.ozone.moderation.defs#modEventReport"]},
            auth=("admin", self.state["ozone_admin_password"]),
        )
        assert response.is_success, response.text
        return response.json()["events"]


@dataclass(frozen=True)
class Account:
    """Somebody with an account, signed in."""

    network: Network
    did: str
    handle: str
    token: str

    def query(self, nsid: str, **params) -> dict:
        return self.network.call("GET", nsid, token=self.token, params=params)

    def do(self, nsid: str, **body) -> dict:
        return self.network.call("POST", nsid, token=self.token, json=body)

    def app_password(self) -> str:
        return self.do("com.atproto.server.createAppPassword", name=f"app-{secrets.token_hex(3)}")[
            "password"
        ]

    def post(self, text: str, *, created_at: str = "", **more) -> Reference:
        record = {
            "$type": "app.bsky.feed.post",
            "text": text,
            "createdAt": created_at or timestamp(),
            **more,
        }
        made = self.do(
            "com.atproto.repo.createRecord",
            repo=self.did,
            collection="app.bsky.feed.post",
            record=record,
        )
        return Reference(made["uri"], made["cid"])

    def reply(
        self, text: str, to: Reference, *, root: Reference | None = None, **more
    ) -> Reference:
        refs = {"root": (root or to).as_json(), "parent": to.as_json()}
        return self.post(text, reply=refs, **more)

    def edit(self, post: Reference, text: str) -> Reference:
        found = self.record(post.uri)
        made = self.do(
            "com.atproto.repo.putRecord",
            repo=self.did,
            collection="app.bsky.feed.post",
            rkey=post.rkey,
            record={**found["value"], "text": text},
        )
        return Reference(made["uri"], made["cid"])

    def delete(self, post: Reference) -> None:
        self.do(
            "com.atproto.repo.deleteRecord",
            repo=self.did,
            collection="app.bsky.feed.post",
            rkey=post.rkey,
        )

    def record(self, uri: str) -> dict:
        did, collection, rkey = uri.removeprefix("at://").split("/")
        return self.query("com.atproto.repo.getRecord", repo=did, collection=collection, rkey=rkey)

    def records(self, collection: str) -> list[dict]:
        answer = self.query(
            "com.atproto.repo.listRecords", repo=self.did, collection=collection, limit=100
        )
        return answer["records"]

    def seen(self, uri: str) -> dict | None:
        """Return the public view of a post as this account sees it."""
        posts = self.query("app.bsky.feed.getPosts", uris=[uri])["posts"]
        return posts[0] if posts else None

    def thread_below(self, uri: str) -> list[str]:
        """Return the replies that the default thread view shows this account."""
        items = self.query("app.bsky.unspecced.getPostThreadV2", anchor=uri, below=6)["thread"]
        return [item["uri"] for item in items if item["depth"] > 0]

    def notified_of(self) -> set[str]:
        listed = self.query("app.bsky.notification.listNotifications", limit=100)
        return {notification["uri"] for notification in listed["notifications"]}


def wait_until(holds: Callable[[], object]) -> None:
    """Wait for the servers to catch up; they follow each other's streams."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "The servers did not catch up."
        time.sleep(0.05)
