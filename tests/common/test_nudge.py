"""A bell that cannot be rung costs nobody their page."""

import socket
import time

import pytest
from celery import Celery

from common import nudge
from config.celery import app as console
from config.settings import base


@pytest.fixture(autouse=True)
def _not_silent(monkeypatch):
    monkeypatch.setattr(nudge, "_silent_until", 0.0)


@pytest.fixture
def broker_at():
    """Speak to a broker at a port, with the settings of a real service."""

    def point(port):
        app = Celery("bells", broker=f"redis://127.0.0.1:{port}/0", set_as_current=True)
        app.conf.broker_transport_options = base.CELERY_BROKER_TRANSPORT_OPTIONS

    yield point
    console.set_current()


def test_a_broker_that_is_away_is_not_waited_for(broker_at):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        broker_at(probe.getsockname()[1])
        started = time.monotonic()

        nudge.ring("moderation.tasks.deliver")

    assert time.monotonic() - started < 1.5


@pytest.mark.slow
def test_a_broker_that_says_nothing_is_waited_for_once(broker_at):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker_at(silent.getsockname()[1])
        nudge.ring("moderation.tasks.deliver")
        started = time.monotonic()

        for _ in range(20):
            nudge.ring("moderation.tasks.deliver")

    assert time.monotonic() - started < 0.5
