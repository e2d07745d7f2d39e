"""Queues and routing: what an organisation starts with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from moderation.models import Queue, RoutingRule


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """One queue, the routes that lead into it, and its targets in minutes of working time."""

    key: str
    name: str
    description: str = ""
    routes: Sequence[str] = ()
    is_default: bool = False
    is_senior: bool = False
    reviews_kinds: Sequence[str] = ()
    targets: Mapping[str, int] = field(default_factory=dict)


# The order is the order of routing: a threat that is also spam goes to the first that fits.
STANDARD = (
    QueuePlan(
        key="urgent",
        name="Urgent",
        description="Threats, self-harm and anything that cannot wait",
        routes=("police", "safeguarding"),
        targets={"critical": 30, "high": 60, "medium": 120, "low": 240},
    ),
    QueuePlan(
        key="comments",
        name="Comments",
        description="Everything else that a rule flagged",
        is_default=True,
    ),
    QueuePlan(
        key="staff",
        name="About staff",
        description="Abuse of staff, personal details, scams in their name",
        routes=("staff-wellbeing", "fraud"),
    ),
    QueuePlan(
        key="replies",
        name="Needs a reply",
        description="Questions, requests for help, journalists, reports of comments",
        routes=("needs-reply", "press", "reports", "themes"),
        reviews_kinds=("message", "mention", "article"),
    ),
    QueuePlan(
        key="senior",
        name="Senior review",
        description="Legal questions, and what moderators hand on; decided by senior reviewers",
        routes=("legal",),
        is_senior=True,
        targets={"critical": 60, "high": 240, "medium": 480, "low": 960},
    ),
)


@transaction.atomic
def set_up(*, by: Actor, plans: Sequence[QueuePlan] = STANDARD) -> dict[str, Queue]:
    """Give the actor's organisation its queues and routing; queues it has already stay as they are."""
    check_may(by, Permission.CHANNEL_MANAGE)
    queues = {}
    position = 0
    for order, plan in enumerate(plans):
        queue, created = Queue.objects.get_or_create(
            organisation_id=by.organisation_id,
            key=plan.key,
            defaults={
                "name": plan.name,
                "description": plan.description,
                "position": order,
                "is_default": plan.is_default,
                "is_senior": plan.is_senior,
                "reviews_kinds": list(plan.reviews_kinds),
                "targets": dict(plan.targets),
            },
        )
        queues[plan.key] = queue
        for route in plan.routes:
            position += 1
            if created:
                RoutingRule.objects.create(
                    organisation_id=by.organisation_id,
                    queue=queue,
                    position=position,
                    route=route,
                )
    return queues
