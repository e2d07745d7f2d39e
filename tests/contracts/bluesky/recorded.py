"""A server that answers as the real ones did, and remembers what it was asked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from platforms.connectors.base import Access
from platforms.connectors.bluesky.connector import BlueskyConnector

FIXTURES = Path(__file__).parent / "fixtures"


def load(name: str) -> Any:
    """Return what a fixture holds."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


ANSWERS = load("answers")
ERRORS = {entry["name"]: (entry["status"], entry["body"]) for entry in load("errors")}


@dataclass(frozen=True)
class Asked:
    """One call that came in."""

    nsid: str
    params: list[tuple[str, str]]
    body: Any
    token: str
    headers: dict[str, str]


@dataclass
class RecordedServer:
    """Serves the recorded answers. `instead` overrides them, call by call, one at a time."""

    server: HTTPServer
    asked: list[Asked] = field(default_factory=list)
    instead: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server.expect_request(re.compile("/xrpc/.*")).respond_with_handler(self._answer)

    @property
    def account(self) -> str:
        return answer_to("com.atproto.server.createSession")["did"]

    @property
    def commenter(self) -> str:
        return answer_to("app.bsky.actor.getProfile")["did"]

    @property
    def comment(self) -> str:
        body = request_of("com.atproto.moderation.createReport")
        return body["subject"]["uri"]

    def says(self, nsid: str, status: int, body: Any) -> None:
        """Answer the next call of this kind differently."""
        self.instead.setdefault(nsid, []).append((status, body))

    def says_error(self, nsid: str, name: str) -> None:
        """Answer the next call of this kind with a recorded error."""
        self.says(nsid, *ERRORS[name])

    def connector(self, *, settings: dict[str, str] | None = None, **credentials: str):
        known = {"identifier": "org.test", "app_password": "example-app-password"}
        return BlueskyConnector(
            Access(
                external_id=self.account,
                base_url=self.server.url_for("").rstrip("/"),
                credentials={**known, **credentials},
                settings=settings or {},
            )
        )

    def names(self) -> list[str]:
        return [asked.nsid.rsplit(".", 1)[1] for asked in self.asked]

    def _answer(self, request: Request) -> Response:
        nsid = request.path.rsplit("/", 1)[1]
        body = request.get_json() if request.data else None
        self.asked.append(
            Asked(
                nsid=nsid,
                params=list(request.args.items(multi=True)),
                body=body,
                token=request.headers.get("Authorization", "").removeprefix("Bearer "),
                headers=dict(request.headers),
            )
        )
        if self.instead.get(nsid):
            status, answer = self.instead[nsid].pop(0)
        else:
            status, answer = 200, answer_to(nsid, (body or {}).get("collection", ""))
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Response(content, status, content_type="application/json")


def answer_to(nsid: str, collection: str = "") -> Any:
    """Return the recorded answer to a call."""
    for entry in ANSWERS:
        same = (entry["body"] or {}).get("collection", "") == collection
        if entry["nsid"] == nsid and (same or not collection):
            return entry["answer"]
    raise AssertionError(f"No answer is recorded for {nsid} {collection}.")


def request_of(nsid: str) -> Any:
    """Return the body that was sent when a call was recorded."""
    return next(entry["body"] for entry in ANSWERS if entry["nsid"] == nsid)
