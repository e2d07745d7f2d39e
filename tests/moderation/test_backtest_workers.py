"""Backtests on PostgreSQL: many workers at once, workers killed outright, cancelled in the middle."""

import copy
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from moderation.enums import BacktestStatus, ChunkStatus
from moderation.models import Backtest, BacktestChunk
from moderation.services import backtests
from policies.services import drafts, rulesets
from tests.builders import an_item, items_arrive
from tests.factories.policies import DEFINITION
from tests.moderation.test_races import at_once

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

TEXTS = 3_000
WORKER = """
import django; django.setup()
from django.utils import timezone
from moderation.models import Backtest
from moderation.services import backtests
while Backtest.objects.running().exists():
    backtests.advance(now=timezone.now(), size=50)
"""


@pytest.fixture(autouse=True)
def _needs_postgresql(db) -> None:
    assert connection.vendor == "postgresql", "Set DATABASE_URL to a PostgreSQL server."


@pytest.fixture
def draft(channel, queues, published, cara, now):
    words = ("numpty", "muppet", "plonker", "day", "glorbish")
    for start in range(0, TEXTS, 500):
        items_arrive(
            channel,
            *[an_item(f"A {words[n % 5]} number {n}") for n in range(start, start + 500)],
            now=now,
        )
    definition = copy.deepcopy(DEFINITION)
    definition["lists"]["insults"]["terms"] = ["muppet", "plonker"]
    definition["rules"][0]["examples"] = {"match": [], "no_match": ["What a day"]}
    return rulesets.draft(
        rule_set=published.rule_set, definition=definition, by=cara.actor, now=now
    )


def undisturbed(draft, cara):
    """Return what one worker finds that nothing happens to."""
    backtest = backtests.start(version=draft, by=cara.actor, now=timezone.now())
    while backtests.advance(now=timezone.now(), size=700):
        pass
    return finished(backtest)


def finished(backtest):
    backtest.refresh_from_db()
    assert backtest.status == BacktestStatus.FINISHED
    return backtest.result


def test_many_workers_count_every_text_once(draft, cara):
    expected = undisturbed(draft, cara)
    backtest = backtests.start(version=draft, by=cara.actor, now=timezone.now())

    def work():
        while Backtest.objects.running().exists():
            backtests.advance(now=timezone.now(), size=50)

    results = at_once(*[work] * 8)

    assert results == [None] * 8
    assert finished(backtest) == expected
    assert expected["read"] == TEXTS
    assert (expected["texts"]["new"], expected["texts"]["gone"]) == (600, 600)


def test_a_worker_killed_outright_loses_nothing_and_counts_nothing_twice(draft, cara):
    expected = undisturbed(draft, cara)
    backtest = backtests.start(version=draft, by=cara.actor, now=timezone.now())
    for killed in range(1, 4):
        worker = start_worker()
        try:
            wait_for(lambda killed=killed: chunks(backtest, ChunkStatus.DONE) >= killed * 3)
            wait_for(lambda: chunks(backtest, ChunkStatus.LEASED))
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        # What the killed one held is free once its lease is over.
        BacktestChunk.objects.filter(status=ChunkStatus.LEASED).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
    assert backtest.__class__.objects.get(pk=backtest.pk).is_running

    while backtests.advance(now=timezone.now(), size=200):
        pass

    assert finished(backtest) == expected


def test_cancelling_while_workers_count_leaves_whole_chunks_only(draft, cara):
    backtest = backtests.start(version=draft, by=cara.actor, now=timezone.now())

    def work():
        while Backtest.objects.running().exists():
            backtests.advance(now=timezone.now(), size=50)

    def cancel():
        wait_for(lambda: chunks(backtest, ChunkStatus.DONE) >= 3)
        backtests.cancel(backtest=backtest, by=cara.actor, now=timezone.now())

    results = at_once(work, work, cancel)

    assert not [result for result in results if isinstance(result, Exception)]
    backtest.refresh_from_db()
    assert backtest.status == BacktestStatus.CANCELLED
    assert 150 <= backtest.result["read"] < TEXTS
    assert backtest.result["read"] % 50 == 0
    assert not BacktestChunk.objects.exists()


def test_two_people_start_one_backtest_between_them(draft, cara, now):
    results = at_once(
        *[lambda: backtests.start(version=draft, by=cara.actor, now=timezone.now())] * 4
    )

    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["Backtest", "BacktestRefused", "BacktestRefused", "BacktestRefused"]
    assert Backtest.objects.count() == 1


def test_a_draft_discarded_under_running_workers_disturbs_nothing(draft, cara):
    expected = undisturbed(draft, cara)
    backtest = backtests.start(version=draft, by=cara.actor, now=timezone.now())

    def work():
        while Backtest.objects.running().exists():
            backtests.advance(now=timezone.now(), size=50)

    def discard():
        wait_for(lambda: chunks(backtest, ChunkStatus.DONE) >= 3)
        drafts.discard(version=draft, reason="Not needed.", by=cara.actor, now=timezone.now())

    results = at_once(work, work, discard)

    assert not [result for result in results if isinstance(result, Exception)]
    assert finished(backtest) == expected


def chunks(backtest, status):
    return BacktestChunk.objects.filter(backtest=backtest, status=status).count()


def wait_for(happens, seconds=300.0):
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.01)


def start_worker():
    at = connection.settings_dict
    host = at["HOST"] or "127.0.0.1"
    user = quote(at["USER"] or "postgres") + (
        f":{quote(at['PASSWORD'])}" if at["PASSWORD"] else ""
    )
    url = f"postgres://{user}@{host}:{at['PORT'] or 5432}/{at['NAME']}"
    return subprocess.Popen(
        [sys.executable, "-c", WORKER],
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"},  # noqa: TID251
    )
