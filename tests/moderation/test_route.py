"""The route of a comment, service by service."""

import copy
from datetime import UTC, datetime, timedelta

import pytest

from audit.enums import AuditEventType
from audit.models import AuditEvent
from moderation.enums import ActionStatus, CaseStatus
from moderation.models import Case, ContentItem, Decision, EnforcementAction, Evaluation, Flag
from moderation.services import casework, decisions, pipeline
from moderation.services.ingestion import digest_of
from platforms.enums import ContentKind
from platforms.models import InboundEvent, OutboxMessage
from policies.enums import Outcome
from policies.models import Clause
from tests.builders import a_case, an_item, items_arrive
from tests.factories.moderation import QueueFactory
from tests.factories.platforms import InboundEventFactory
from tests.factories.policies import DEFINITION, publish

pytestmark = pytest.mark.django_db


def test_flagged_comment_waits_in_the_default_queue_with_its_evidence(
    channel, queues, published, now, take_in
):
    take_in("What a numpty", "Lovely to see")

    case = Case.objects.get()
    flag = Flag.objects.get()
    assert case.queue == queues["main"]
    assert (case.headline, case.clause_reference, case.severity) == ("Insult", "EX-01", "medium")
    assert flag.spans == [
        {"start": 7, "end": 13, "label": flag.spans[0]["label"], "source": flag.spans[0]["source"]}
    ]
    assert Evaluation.objects.count() == 2
    assert AuditEvent.objects.filter(type=AuditEventType.CASE_OPENED, case_id=case.pk).count() == 1


def test_same_event_twice_adds_nothing(channel, queues, published, now):
    item = an_item("What a numpty")

    first = items_arrive(channel, item, now=now)
    second = items_arrive(channel, item, now=now)

    assert (first.added, second.added, second.known) == (1, 0, 1)
    assert Case.objects.count() == ContentItem.objects.count() == InboundEvent.objects.count() == 1


def test_decision_hides_through_the_outbox(channel, queues, published, ada, now):
    a_case(channel, now=now)
    case = casework.claim_next(queue=queues["main"], by=ada.actor, now=now)
    clause = Clause.objects.get(reference="EX-01")

    decision = decisions.record(
        case=case,
        by=ada.actor,
        ruling=decisions.Ruling(Outcome.HIDE, "Insults a colleague.", "key-1", clause=clause),
        now=now,
    )

    case.refresh_from_db()
    action = EnforcementAction.objects.get()
    assert (case.status, case.standing_decision, case.claimed_by) == (
        CaseStatus.DECIDED,
        decision,
        None,
    )
    assert action.status == ActionStatus.REQUESTED
    assert OutboxMessage.objects.get().kind == "hide"
    assert Decision.objects.count() == 1


def test_comments_wait_in_the_inbox_until_there_are_rules_to_judge_them(
    platform, channel, queues, cara, ben, now, run
):
    platform.write("What a numpty")
    run()
    waiting = list(InboundEvent.objects.values_list("status", flat=True))

    publish(drafter=cara.actor, approver=ben.actor, now=now)
    run()

    assert waiting == ["pending"]
    assert InboundEvent.objects.get().status == "ingested"
    assert Case.objects.get().headline == "Insult"


def test_import_is_refused_until_there_are_rules(channel, queues, now):
    with pytest.raises(pipeline.NotReady):
        items_arrive(channel, an_item("What a numpty"), now=now)

    assert not InboundEvent.objects.exists()


def test_unreadable_event_fails_alone_with_the_reason(
    platform, channel, queues, published, now, run
):
    platform.write("What a numpty")
    InboundEventFactory(channel=channel, payload=b"{not json")
    run()

    failed = InboundEvent.objects.get(status="failed")
    assert failed.error
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "null \x00 inside",
        "lone \ud800 surrogate",
        "\u202eright to left",
        "family \U0001f468\u200d\U0001f469\u200d\U0001f467 emoji",
        "a" * 1_000_000,
        "",
        "tab\tnew\nline\\backslash \r return",
    ],
    ids=["null", "surrogate", "bidi", "emoji", "megabyte", "empty", "controls"],
)
def test_odd_text_is_stored_judged_and_stops_nothing(channel, queues, published, now, text):
    odd, plain = an_item(text), an_item("What a numpty")

    taken = items_arrive(channel, odd, plain, now=now)

    stored = ContentItem.objects.get(external_id=odd.external_id).current_revision
    assert taken.added == 2
    assert len(stored.text) == min(len(text), 1_000_000)
    assert stored.digest == digest_of(stored.text)
    assert Case.objects.count() == 1


def test_clock_that_runs_ahead_is_not_believed(channel, queues, published, now):
    ahead = an_item("What a day", published_at=now + timedelta(days=3))

    items_arrive(channel, ahead, now=now)

    assert ContentItem.objects.get().published_at == now


@pytest.mark.clause("HMPPS-11")
def test_same_text_again_and_again_is_flagged_as_repetition(channel, queues, published, now):
    text = "Everybody should read my page about gardening"
    items = [an_item(text, author="one-author") for _ in range(3)]

    for item in items:
        items_arrive(channel, item, now=now)

    assert [case.clause_reference for case in Case.objects.all()] == ["EX-05"]


@pytest.mark.clause("PPO-04")
def test_mentions_and_messages_are_all_read_by_a_person(
    channel, organisation, queues, published, now
):
    reading = QueueFactory(organisation=organisation, reviews_kinds=["mention", "message"])

    items_arrive(
        channel,
        an_item("Thank you for the talk", kind=ContentKind.MENTION),
        an_item("Lovely post"),
        now=now,
    )

    case = Case.objects.get()
    assert (case.queue, case.origin, case.severity) == (reading, "review", "low")


def test_a_dated_rule_set_judges_beside_the_others_on_its_days_alone(
    channel, queues, published, cara, ben, now
):
    definition = copy.deepcopy(DEFINITION)
    definition |= {"key": "trial", "in_force": {"from": "2026-12-01", "until": "2026-12-24"}}
    definition["lists"]["insults"]["terms"] = ["verdict"]
    for clause in definition["clauses"]:
        clause["id"] = clause["id"].replace("EX", "TR")
    for entry in (*definition["rules"], *definition["groups"].values()):
        entry["clause"] = entry["clause"].replace("EX", "TR")
    definition["rules"][0]["examples"]["match"] = ["A verdict"]
    publish(drafter=cara.actor, approver=ben.actor, now=now, definition=definition)

    for day in (datetime(2026, 11, 30, 12, tzinfo=UTC), datetime(2026, 12, 1, 12, tzinfo=UTC)):
        items_arrive(channel, an_item("The verdict is in", external_id=f"{day:%d}"), now=day)

    assert Evaluation.objects.count() == 3
    assert [(flag.clause.reference) for flag in Flag.objects.all()] == ["TR-01"]


def test_outside_the_dates_of_its_only_rule_set_nothing_is_taken_in(
    channel, queues, cara, ben, now
):
    definition = {**DEFINITION, "in_force": {"from": "2026-12-01"}}
    publish(drafter=cara.actor, approver=ben.actor, now=now, definition=definition)

    with pytest.raises(pipeline.NotReady):
        items_arrive(channel, an_item("What a numpty"), now=now)

    assert not InboundEvent.objects.exists()
