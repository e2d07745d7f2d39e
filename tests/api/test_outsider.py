"""A tool of another organisation sees nothing and changes nothing, whatever it asks."""

import pytest

from audit.models import AuditEvent
from moderation.models import Case, Decision, Report
from platforms.models import InboundEvent, OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(tool, filed):
    body = {"outcome": "hide", "clause": "EX-01", "reason": "An insult."}
    return tool.post(f"cases/{filed['case']['id']}/decision/", body, key="k-1").json()


def counts():
    return [
        model.objects.count() for model in (Case, Decision, Report, InboundEvent, OutboxMessage)
    ] + [AuditEvent.objects.exclude(type="token.issued").count()]


def test_an_outsider_finds_nothing_by_id(stranger, filed, decided):
    before = counts()

    answers = [
        stranger.get(f"content/{filed['id']}/"),
        stranger.get(f"cases/{filed['case']['id']}/"),
        stranger.get(f"decisions/{decided['id']}/"),
        stranger.post(
            f"cases/{filed['case']['id']}/decision/",
            {"outcome": "no_breach", "reason": "Mine."},
            key="k-1",
        ),
        stranger.post(f"decisions/{decided['id']}/reversal/", {"reason": "Mine."}, key="k-2"),
        stranger.post("reports/", {"content_id": filed["id"], "reason": "Mine."}),
        stranger.post("reports/", {"channel": "careers", "external_id": "c-1", "reason": "Mine."}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7
    assert {answer.json()["code"] for answer in answers} == {"not_found"}
    assert counts() == before


def test_an_outsider_lists_nothing(stranger, filed, decided):
    for path in ("cases/", "clauses/", "rule-sets/", "channels/", "queues/"):
        answer = stranger.get(path)

        assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_an_outsider_files_nothing_on_a_channel_that_is_not_theirs(stranger, filed, comment):
    before = counts()

    answer = stranger.post("content/", comment(external_id="c-9"))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "channel"
    assert counts() == before


def test_an_outsider_cannot_filter_by_a_queue_that_is_not_theirs(stranger, queues):
    answer = stranger.get("cases/", queue="main")

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "queue")
