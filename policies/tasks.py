"""The bell that puts versions in force whose date has come. It may ring twice, at once, or late."""

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from policies.services import dates

logger = logging.getLogger(__name__)


@shared_task(name="policies.tasks.publish_due")
def publish_due(**_kwargs: Any) -> None:
    """Put every version in force whose date has come; one that fails holds up no other."""
    for version_id in dates.due(timezone.now()):
        try:
            dates.put_in_force(version_id, now=timezone.now())
        except Exception:
            logger.exception("row_failed", extra={"key": str(version_id), "act": "publish_due"})
