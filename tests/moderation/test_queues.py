"""Where a body's queues come from, and that every route of every pack leads into one."""

import pytest

from moderation.models import Queue, RoutingRule
from moderation.services import queues
from policies.services import packs

pytestmark = pytest.mark.django_db

BODIES = ("hmpps", "ppo", "ico", "police")
DATED = ("pre-election", "active-proceedings")


def routes_of(pack):
    return {rule["route"] for rule in packs.load(pack)["rules"] if rule.get("route")}


def led_by(actor):
    rules = RoutingRule.objects.filter(organisation_id=actor.organisation_id)
    return dict(rules.values_list("route", "queue__key"))


@pytest.mark.parametrize("pack", BODIES)
def test_every_route_of_a_pack_and_of_the_dated_packs_leads_into_a_queue(dev, pack):
    queues.set_up(by=dev.actor, plans=queues.plans_for(pack))

    wanted = routes_of(pack).union(*map(routes_of, DATED))

    assert wanted - led_by(dev.actor).keys() == set()


@pytest.mark.parametrize(
    ("pack", "route", "queue"),
    [
        ("hmpps", "application-help", "applications"),
        ("ppo", "application-help", "replies"),
        ("ppo", "individual-case", "replies"),
        ("ico", "information-security", "security"),
        ("ico", "intelligence", "intelligence"),
        ("police", "emergency", "urgent"),
        ("police", "contact-staff", "contact"),
        ("police", "professional-standards", "standards"),
        ("hmpps", "professional-standards", "senior"),
        ("ico", "press", "press"),
        ("police", "information-rights", "requests"),
    ],
)
def test_a_body_has_queues_for_what_its_policy_names(dev, pack, route, queue):
    queues.set_up(by=dev.actor, plans=queues.plans_for(pack))

    assert led_by(dev.actor)[route] == queue


def test_setting_up_again_changes_nothing(dev):
    queues.set_up(by=dev.actor)
    before = list(RoutingRule.objects.order_by("position").values_list("position", "route"))

    queues.set_up(by=dev.actor)

    assert (
        list(RoutingRule.objects.order_by("position").values_list("position", "route")) == before
    )


def test_an_older_set_up_keeps_its_ways_and_gets_the_routes_it_did_not_know(dev):
    older = queues.QueuePlan(key="replies", name="Answers", routes=("press",), is_default=True)
    queues.set_up(by=dev.actor, plans=[older])

    queues.set_up(by=dev.actor, plans=[plan for plan in queues.STANDARD if not plan.is_default])

    assert Queue.objects.get(key="replies").name == "Answers"
    assert led_by(dev.actor)["press"] == "replies"
    assert led_by(dev.actor)["needs-reply"] == "replies"
    assert led_by(dev.actor)["corrections"] == "press"
