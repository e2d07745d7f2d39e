"""The pipeline's bells. A task finds due rows and calls one service for each; it decides nothing.

Read from top to bottom this is the route of a comment: polled, ingested (and judged and queued),
delivered, settled. Every task may run twice, at once, or late.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from common import nudge
from moderation.services import (
    attention,
    backtests,
    casework,
    enforcement,
    imports,
    pipeline,
    scoring,
    shadow,
)
from platforms.services import delivery, inbox

logger = logging.getLogger(__name__)

# Work of one ring; what is left rings again, so that bells stay short.
LIMIT = 50
TURN_SECONDS = 120.0
# A backtest is never urgent: comments that arrive meanwhile are not to wait for it.
BACKTEST_SECONDS = 5.0
# The model thinks for as long as it is given; ingest and delivery share its worker.
SCORING_SECONDS = 20.0


def for_each(keys: Iterable[UUID], act: Callable[[UUID], None], *, until: float) -> bool:
    """Call `act` for each key while there is time, and return whether none went wrong.

    One that fails is logged and does not hold up the rest.
    """
    all_well = True
    for key in keys:
        if time.monotonic() >= until:
            break
        try:
            act(key)
        except Exception:
            logger.exception("row_failed", extra={"key": str(key), "act": act.__name__})
            all_well = False
    return all_well


@shared_task(name="moderation.tasks.poll_channels")
def poll_channels(**_kwargs: Any) -> None:
    """Read what is new on every channel whose time has come."""
    until = time.monotonic() + TURN_SECONDS
    for_each(inbox.due_channels(timezone.now()), poll_one, until=until)


def poll_one(channel_id: UUID) -> None:
    """Read one channel, and have what came judged while the next one is read."""
    if inbox.poll(channel_id, now=timezone.now()):
        nudge.ring("moderation.tasks.ingest")


@shared_task(name="moderation.tasks.ingest")
def ingest(**_kwargs: Any) -> None:
    """Turn pending events into judged items and waiting cases."""
    for _ in range(LIMIT):
        if not pipeline.ingest_pending(now=timezone.now()):
            return
    nudge.ring("moderation.tasks.ingest")


@shared_task(name="moderation.tasks.score")
def score(**_kwargs: Any) -> None:
    """Have the model score what arrived, a little of each organisation's in turn."""
    until = time.monotonic() + SCORING_SECONDS
    while time.monotonic() < until:
        if not scoring.score_in_turn(now=timezone.now()):
            return
    nudge.ring("moderation.tasks.score")


@shared_task(name="moderation.tasks.deliver")
def deliver(**_kwargs: Any) -> None:
    """Take every due outbox message a step further: send, look up, or read back."""
    until = time.monotonic() + TURN_SECONDS
    while due := delivery.due(timezone.now()):
        if not for_each(due, deliver_one, until=until):
            # The schedule rings again; ringing now would only fail faster.
            return
        if time.monotonic() >= until:
            nudge.ring("moderation.tasks.deliver")
            return


def deliver_one(message_id: UUID) -> None:
    """Take one message a step further, and its action with it."""
    delivery.deliver(message_id, now=timezone.now())
    enforcement.settle(message_id, now=timezone.now())


@shared_task(name="moderation.tasks.settle")
def settle(**_kwargs: Any) -> None:
    """Bring actions up to their outbox messages where a crash lay between."""
    until = time.monotonic() + TURN_SECONDS
    for_each(enforcement.unsettled_messages(), settle_one, until=until)


def settle_one(message_id: UUID) -> None:
    """Bring one action up to its message."""
    enforcement.settle(message_id, now=timezone.now())


@shared_task(name="moderation.tasks.release_expired_claims")
def release_expired_claims(**_kwargs: Any) -> None:
    """Return cases whose claim ran out to their queues."""
    casework.release_expired(now=timezone.now())


@shared_task(name="moderation.tasks.continue_imports")
def continue_imports(**_kwargs: Any) -> None:
    """Go on with file imports that were uploaded or interrupted."""
    if imports.continue_pending(now=timezone.now()):
        nudge.ring("moderation.tasks.continue_imports")


@shared_task(name="moderation.tasks.continue_backtests")
def continue_backtests(**_kwargs: Any) -> None:
    """Count chunks of running backtests for a while, then make room for other bells."""
    until = time.monotonic() + BACKTEST_SECONDS
    while time.monotonic() < until:
        if not backtests.advance(now=timezone.now()):
            return
    nudge.ring(backtests.BELL)


@shared_task(name="moderation.tasks.end_shadow_runs")
def end_shadow_runs(**_kwargs: Any) -> None:
    """End shadow runs whose date has come or whose version changed."""
    shadow.end_due(now=timezone.now())


@shared_task(name="moderation.tasks.heartbeat")
def heartbeat(**_kwargs: Any) -> None:
    """Leave word that the scheduler rings and a worker answers."""
    attention.note_heartbeat(now=timezone.now())
