"""The Celery app and the whole schedule, on one screen. Every bell rings anyway: a lost one costs seconds."""

from celery import Celery
from celery.signals import setup_logging

app = Celery("console")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["moderation"])

SCHEDULE = {
    "poll channels": {"task": "moderation.tasks.poll_channels", "schedule": 10.0},
    "ingest": {"task": "moderation.tasks.ingest", "schedule": 10.0},
    "score": {"task": "moderation.tasks.score", "schedule": 10.0},
    "deliver": {"task": "moderation.tasks.deliver", "schedule": 5.0},
    "settle": {"task": "moderation.tasks.settle", "schedule": 10.0},
    "release expired claims": {
        "task": "moderation.tasks.release_expired_claims",
        "schedule": 30.0,
    },
    "continue imports": {"task": "moderation.tasks.continue_imports", "schedule": 30.0},
    "continue backtests": {"task": "moderation.tasks.continue_backtests", "schedule": 15.0},
    "end shadow runs": {"task": "moderation.tasks.end_shadow_runs", "schedule": 60.0},
    "heartbeat": {"task": "moderation.tasks.heartbeat", "schedule": 10.0},
}
# A bell that waited longer than this is stale: a newer one has been rung.
app.conf.beat_schedule = {
    name: entry | {"options": {"expires": 60}} for name, entry in SCHEDULE.items()
}


@setup_logging.connect
def keep_logging(**_kwargs: object) -> None:
    """Leave logging as the settings made it."""
