"""Ring a task's bell once the transaction is in. A bell may be lost: the schedule rings them all."""

import logging
import time

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# After a bell that could not be rung nobody waits for the broker again for this long.
SILENCE_SECONDS = 5.0

_silent_until = 0.0


def after_commit(task: str, **ids: str) -> None:
    """Send `task` after the current transaction commits; the row it is about is already safe."""
    transaction.on_commit(lambda: ring(task, **ids))


def ring(task: str, **ids: str) -> None:
    """Send `task` now. With the broker away this is noted and forgotten: rows wait for the schedule."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        current_app.send_task(task, kwargs=ids, ignore_result=True, retry=False)
    except (OperationalError, OSError) as error:
        _silent_until = time.monotonic() + SILENCE_SECONDS
        logger.warning("bell_not_rung", extra={"task": task, "error": type(error).__name__})
