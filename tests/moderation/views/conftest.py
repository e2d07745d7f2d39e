"""What the tests of the desk share: a comment that arrives, a decision as the browser sends it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.urls import reverse

from moderation.models import Case
from moderation.views import furniture
from policies.models import Clause


@pytest.fixture(autouse=True)
def _fresh_furniture() -> None:
    """Forget what a process keeps of organisations between pages."""
    furniture.forget()


def soup(response: HttpResponse) -> BeautifulSoup:
    """Read a page."""
    return BeautifulSoup(response.content, "html.parser")


def words(response: HttpResponse) -> str:
    """Return what a page says, with its spaces in order."""
    return " ".join(soup(response).get_text(" ").split())


@pytest.fixture
def decide() -> Callable[..., HttpResponse]:
    """Send the decision form of a case."""

    def send(member: Any, case: Case, outcome: str = "hide", **fields: Any) -> HttpResponse:
        clause = fields.pop("clause", "EX-01")
        row = Clause.objects.filter(
            organisation=case.organisation, reference=clause, is_current=True
        ).first()
        data = {
            "outcome": outcome,
            "clause": row.pk if row else "",
            "reason": "It insults a colleague.",
            "submission_key": uuid4().hex,
            "revision": case.revision,
            "confirmed": "yes",
            **fields,
        }
        return member.client.post(reverse("moderation:case_decide", args=[case.pk]), data)

    return send
