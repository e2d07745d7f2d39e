"""Internal tools that call: each with a token of an organisation, and only the scopes it needs."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import actors
from accounts.enums import Permission
from accounts.models import ApiToken, Organisation
from accounts.services import tokens

P = Permission
EVERYTHING = (
    P.CONTENT_READ, P.CONTENT_SUBMIT, P.REPORT_FILE, P.CASE_READ, P.CASE_DECIDE, P.DECISION_REVERSE,
    P.CHANNEL_READ, P.RULES_READ,
)  # fmt: skip


@dataclass
class Tool:
    """An internal tool and its token."""

    token: ApiToken
    secret: str

    def __post_init__(self) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any, *, key: str | None = None) -> HttpResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body)
        headers = {"Idempotency-Key": key} if key is not None else {}
        return self.client.post(
            f"/api/v1/{path}", raw, content_type="application/json", headers=headers
        )


@pytest.fixture
def tool_of() -> Callable[..., Tool]:
    """Return a function that gives a tool of an organisation a token."""

    def make(
        organisation: Organisation, *scopes: Permission, expires_at: datetime | None = None
    ) -> Tool:
        token, secret = tokens.issue(
            name="Casework tool",
            scopes=list(scopes or EVERYTHING),
            by=actors.system(organisation.pk),
            now=timezone.now(),
            expires_at=expires_at or timezone.now() + timedelta(days=1),
        )
        return Tool(token, secret)

    return make


@pytest.fixture
def tool(tool_of: Callable[..., Tool], organisation: Organisation) -> Tool:
    """A tool of the organisation, with every scope that the API has a use for."""
    return tool_of(organisation)


@pytest.fixture
def stranger(tool_of: Callable[..., Tool], other_organisation: Organisation) -> Tool:
    """A tool of Eve's organisation, with every scope there is."""
    return tool_of(other_organisation, *Permission)


@pytest.fixture
def comment() -> Callable[..., dict[str, Any]]:
    """Return a function that makes the body of one comment."""

    def make(**fields: Any) -> dict[str, Any]:
        return {
            "channel": "careers",
            "external_id": "c-1",
            "text": "What a numpty",
            "author": {"external_id": "a-1", "display_name": "Jo"},
            **fields,
        }

    return make


@pytest.fixture
def filed(tool, channel, queues, published, comment) -> dict[str, Any]:
    """A flagged comment that came by the API: what the API answered."""
    return tool.post("content/", comment()).json()
