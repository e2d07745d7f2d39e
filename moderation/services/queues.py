"""Queues and routing: what an organisation starts with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.db.models import Max

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
        routes=("emergency", "police", "safeguarding"),
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
        routes=("staff-wellbeing", "people-services", "fraud"),
    ),
    QueuePlan(
        key="replies",
        name="Needs a reply",
        description="Questions, requests for help, individual cases, reports of comments",
        routes=(
            "needs-reply",
            "application-help",
            "individual-case",
            "contact-staff",
            "reports",
            "themes",
        ),
        reviews_kinds=("message", "mention", "article"),
    ),
    QueuePlan(
        key="press",
        name="Press and corrections",
        description="Journalists, and claims to check and correct; the press office answers",
        routes=("press", "corrections"),
    ),
    QueuePlan(
        key="requests",
        name="Requests and complaints",
        description="Freedom of Information, subject access and complaints; the clock is running",
        routes=("information-rights", "complaints"),
    ),
    QueuePlan(
        key="senior",
        name="Senior review",
        description="Legal questions, and what moderators hand on; decided by senior reviewers",
        routes=("legal", "information-security", "professional-standards", "intelligence"),
        is_senior=True,
        targets={"critical": 60, "high": 240, "medium": 480, "low": 960},
    ),
)
"""Queues for any body: every route that a shipped pack names leads into one of them."""

BY_PACK: Mapping[str, Sequence[QueuePlan]] = {
    "hmpps": (
        QueuePlan(
            key="applications",
            name="Applications",
            description="Questions about applying for a job",
            routes=("application-help",),
        ),
    ),
    "ico": (
        QueuePlan(
            key="security",
            name="Information Security",
            description="Leaks and security clearance",
            routes=("information-security",),
            targets={"critical": 30, "high": 60, "medium": 240, "low": 480},
        ),
        QueuePlan(
            key="intelligence",
            name="Information for the regulator",
            description="What the teams that supervise and investigate should know",
            routes=("intelligence",),
        ),
    ),
    "police": (
        QueuePlan(
            key="contact",
            name="Contact staff",
            description="Reports of crime and community intelligence",
            routes=("contact-staff",),
            targets={"critical": 15, "high": 30, "medium": 60, "low": 120},
        ),
        QueuePlan(
            key="standards",
            name="Professional Standards",
            description="The conduct of our own people",
            routes=("professional-standards",),
        ),
    ),
}
"""Queues that a body under a shipped pack has beside the standard ones."""


def plans_for(pack: str) -> tuple[QueuePlan, ...]:
    """Return the queues that a body under this pack starts with; its own come before the senior's."""
    own = BY_PACK.get(pack, ())
    taken = {route for plan in own for route in plan.routes}
    standard = [
        replace(plan, routes=[route for route in plan.routes if route not in taken])
        for plan in STANDARD
    ]
    return (*standard[:-1], *own, standard[-1])


@transaction.atomic
def set_up(*, by: Actor, plans: Sequence[QueuePlan] = STANDARD) -> dict[str, Queue]:
    """Give the actor's organisation its queues and routing; what it has already stays as it is.

    A route that no rule of the organisation names yet is led to its queue last, whether the queue
    is new or not: a newer pack may name routes that an older set-up did not know.
    """
    check_may(by, Permission.CHANNEL_MANAGE)
    queues = {}
    existing = RoutingRule.objects.filter(organisation_id=by.organisation_id)
    led = set(existing.values_list("route", flat=True))
    position = existing.aggregate(last=Max("position"))["last"] or 0
    for order, plan in enumerate(plans):
        queue, _ = Queue.objects.get_or_create(
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
            if route not in led:
                position += 1
                RoutingRule.objects.create(
                    organisation_id=by.organisation_id,
                    queue=queue,
                    position=position,
                    route=route,
                )
    return queues
