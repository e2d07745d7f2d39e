"""The same call from many threads at once, on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from moderation.models import Case, ContentItem, ContentRevision, Decision, Report
from platforms.models import InboundEvent, OutboxMessage

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

THREADS = 8


@pytest.fixture(autouse=True)
def _needs_postgresql(db) -> None:
    assert connection.vendor == "postgresql", "Set DATABASE_URL to a PostgreSQL server."


def at_once(act, times=THREADS):
    """Start the same act at the same moment in several threads and return what each got."""
    barrier = threading.Barrier(times)

    def start(number):
        try:
            barrier.wait(timeout=20)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(start, range(times)))


@pytest.mark.parametrize("attempt", range(5))
def test_one_key_is_one_decision_however_often_it_is_sent_at_once(tool, filed, attempt):
    path = f"cases/{filed['case']['id']}/decision/"
    body = {"outcome": "hide", "clause": "EX-01", "reason": "An insult."}

    answers = at_once(lambda _: tool.post(path, body, key="k-1"))

    assert sorted(answer.status_code for answer in answers) == [200] * (THREADS - 1) + [201]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert Decision.objects.count() == OutboxMessage.objects.count() == 1


def test_different_keys_make_one_decision_and_polite_conflicts(tool, filed):
    path = f"cases/{filed['case']['id']}/decision/"
    body = {"outcome": "hide", "clause": "EX-01", "reason": "An insult."}

    answers = at_once(lambda number: tool.post(path, body, key=f"k-{number}"))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (THREADS - 1)
    assert Decision.objects.count() == OutboxMessage.objects.count() == 1


def test_one_key_is_one_reversal(tool, filed):
    body = {"outcome": "hide", "clause": "EX-01", "reason": "An insult."}
    decision = tool.post(f"cases/{filed['case']['id']}/decision/", body, key="k-1").json()
    path = f"decisions/{decision['id']}/reversal/"

    answers = at_once(lambda _: tool.post(path, {"reason": "Mistaken."}, key="k-2"))

    assert sorted(answer.status_code for answer in answers) == [200] * (THREADS - 1) + [201]
    assert Decision.objects.count() == 2


def test_the_same_comments_filed_at_once_are_filed_once(tool, channel, queues, published, comment):
    body = {
        "comments": [
            comment(external_id=f"c-{n}", author={"external_id": f"a-{n}"}) for n in range(50)
        ]
    }

    answers = at_once(lambda _: tool.post("content/", body))

    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["added"] for answer in answers) == 50
    assert ContentItem.objects.count() == ContentRevision.objects.count() == 50
    assert InboundEvent.objects.count() == Case.objects.count() == 50


def test_one_reporter_is_one_report(tool, filed):
    body = {"content_id": filed["id"], "reason": "About me.", "reporter": "E-1"}

    answers = at_once(lambda _: tool.post("reports/", body))

    assert sorted(answer.status_code for answer in answers) == [200] * (THREADS - 1) + [201]
    assert Report.objects.count() == 1
