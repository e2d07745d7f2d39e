"""From a decision to the platform and back: requested, accepted, verified, undone."""

from datetime import timedelta

import pytest
from django.conf import settings

from moderation.enums import ActionStatus
from moderation.models import Case, ContentItem, EnforcementAction
from moderation.services import decisions, enforcement
from platforms.enums import Capability, ChannelStatus, DeliveryStatus, SourceState
from platforms.models import OutboxMessage
from platforms.services import delivery, register
from policies.enums import Outcome
from policies.models import Clause
from tests.contracts.harness import Fault
from tests.factories.platforms import ChannelFactory

pytestmark = pytest.mark.django_db

LEASE = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)


@pytest.fixture
def case(platform, channel, queues, published, run):
    """A flagged comment that came from the platform and waits."""
    platform.write("What a numpty")
    run()
    return Case.objects.get()


def rule(case, member, now, outcome=Outcome.HIDE, clause="EX-01", **fields):
    """Decide a case."""
    return decisions.record(
        case=case,
        by=member.actor,
        ruling=decisions.Ruling(
            outcome=outcome,
            reason="Insults a colleague.",
            submission_key=fields.pop("submission_key", f"key-{case.pk}"),
            clause=Clause.objects.get(reference=clause) if clause else None,
            **fields,
        ),
        now=now,
    )


def test_action_shows_verified_only_after_it_was_read_back(case, platform, ada, now):
    rule(case, ada, now)
    message = OutboxMessage.objects.get()

    delivery.deliver(message.pk, now=now)
    accepted = enforcement.settle(message.pk, now=now)
    delivery.deliver(message.pk, now=now)
    verified = enforcement.settle(message.pk, now=now)

    assert (accepted.status, accepted.verified_at) == (ActionStatus.ACCEPTED, None)
    assert (verified.status, verified.verified_at) == (ActionStatus.VERIFIED, now)
    assert ContentItem.objects.get().source_state == SourceState.HIDDEN
    assert platform.effects[Capability.HIDE, case.content_item.external_id] == 1


@pytest.mark.parametrize("outcome", [Outcome.WARN, Outcome.REPLY, Outcome.REPORT, Outcome.DELETE])
def test_lost_answer_is_looked_up_and_never_repeated(case, platform, ada, now, run, outcome):
    kind = enforcement.PLANS[outcome][-1]
    platform.fail_next(Fault.LOST_ANSWER, Capability(kind.value))
    rule(case, ada, now, outcome, clause="EX-01", message="Please be civil.")

    run()
    run(now + timedelta(minutes=1))

    action = EnforcementAction.objects.get(kind=kind)
    assert action.status == ActionStatus.VERIFIED
    assert platform.effects[Capability(kind.value), case.content_item.external_id] == 1


def test_crash_between_sending_and_noting_is_repaired_by_looking(case, platform, ada, now, run):
    rule(case, ada, now, Outcome.REPLY, clause=None, message="Thank you for asking.")
    message = OutboxMessage.objects.get()
    leased = delivery._lease(message.pk, now=now)
    platform.perform(delivery.command_of(leased))  # the worker dies here

    run(now + LEASE + timedelta(seconds=1))

    assert EnforcementAction.objects.get().status == ActionStatus.VERIFIED
    assert platform.effects[Capability.REPLY, case.content_item.external_id] == 1


def test_crash_before_sending_is_sent_after_looking(case, platform, ada, now, run):
    rule(case, ada, now, Outcome.REPLY, clause=None, message="Thank you for asking.")
    delivery._lease(OutboxMessage.objects.get().pk, now=now)  # the worker dies here

    for minute in range(5):
        run(now + LEASE + timedelta(minutes=minute, seconds=1))

    assert EnforcementAction.objects.get().status == ActionStatus.VERIFIED
    assert platform.effects[Capability.REPLY, case.content_item.external_id] == 1


def test_outage_is_retried_with_pauses_until_it_is_over(case, platform, ada, now, run):
    platform.fail_next(Fault.SERVER_ERROR, Capability.HIDE, times=2)
    rule(case, ada, now)

    run()
    first = OutboxMessage.objects.get()
    run(now + timedelta(minutes=1))
    run(now + timedelta(minutes=2))

    assert (first.status, first.attempts) == (DeliveryStatus.REQUESTED, 1)
    assert first.next_attempt_at > now
    assert EnforcementAction.objects.get().status == ActionStatus.VERIFIED


def test_endless_failure_becomes_a_dead_letter_that_a_person_replays(
    case, platform, ada, ben, now, run
):
    platform.fail_next(Fault.SERVER_ERROR, Capability.HIDE, times=delivery.MAX_ATTEMPTS)
    rule(case, ada, now)
    for hour in range(delivery.MAX_ATTEMPTS + 1):
        run(now + timedelta(hours=3 * hour))
    dead = OutboxMessage.objects.get()
    failed = EnforcementAction.objects.get()

    delivery.replay(message=dead, by=ben.actor, now=now, reason="The platform is back.")
    enforcement.settle(dead.pk, now=now)
    run(now)

    assert (dead.status, failed.status) == (DeliveryStatus.DEAD, ActionStatus.FAILED)
    assert failed.note
    assert EnforcementAction.objects.get().status == ActionStatus.VERIFIED


def test_refusal_is_final_and_says_why(case, platform, ada, now, run):
    platform.fail_next(Fault.REFUSED, Capability.HIDE)
    rule(case, ada, now)

    run()

    action = EnforcementAction.objects.get()
    assert action.status == ActionStatus.FAILED
    assert action.note == OutboxMessage.objects.get().last_error != ""


def test_expired_credentials_stop_the_channel_and_lose_nothing(
    case, platform, ada, dev, channel, now, run
):
    platform.fail_next(Fault.EXPIRED, Capability.HIDE)
    rule(case, ada, now)

    run()
    channel.refresh_from_db()
    stopped = channel.status
    register.resume(channel=channel, by=dev.actor, now=now, reason="Reconnected.")
    run(now + timedelta(minutes=1))

    assert stopped == ChannelStatus.NEEDS_ATTENTION
    assert EnforcementAction.objects.get().status == ActionStatus.VERIFIED


@pytest.mark.clause("HMPPS-03")
def test_reversal_shows_the_comment_again(case, platform, ada, now, run):
    decision = rule(case, ada, now)
    run()

    replacement, undoing = decisions.reverse(
        decision=decision, by=ada.actor, reason="I misread it.", submission_key="undo", now=now
    )
    run()

    case.refresh_from_db()
    assert case.standing_decision == replacement
    assert [action.kind for action in undoing.started] == ["unhide"]
    assert ContentItem.objects.get().source_state == SourceState.LIVE
    assert {action.status for action in EnforcementAction.objects.all()} == {ActionStatus.VERIFIED}


def test_reversal_before_anything_was_sent_cancels_it(case, platform, ada, now, run):
    decision = rule(case, ada, now)

    _, undoing = decisions.reverse(
        decision=decision, by=ada.actor, reason="I misread it.", submission_key="undo", now=now
    )
    run()

    assert [action.kind for action in undoing.cancelled] == ["hide"]
    assert EnforcementAction.objects.get().status == ActionStatus.CANCELLED
    assert not platform.effects


def test_reversal_during_an_outage_waits_for_what_it_undoes(case, platform, ada, now, run):
    platform.fail_next(Fault.LOST_ANSWER, Capability.HIDE)
    decision = rule(case, ada, now)
    (message,) = OutboxMessage.objects.all()
    delivery.deliver(message.pk, now=now)

    decisions.reverse(
        decision=decision, by=ada.actor, reason="I misread it.", submission_key="undo", now=now
    )
    for minute in range(5):
        run(now + timedelta(minutes=minute))

    kinds = [kind for call, kind in platform.calls if call == "perform"]
    assert kinds == [Capability.HIDE, Capability.UNHIDE]
    assert ContentItem.objects.get().source_state == SourceState.LIVE


def test_what_the_platform_cannot_do_is_said_and_not_sent(case, platform, ada, now, run):
    platform.capabilities = frozenset({Capability.FETCH, Capability.HIDE})

    rule(case, ada, now, Outcome.DELETE)

    action = EnforcementAction.objects.get()
    assert (action.status, action.outbox_message) == (ActionStatus.NOT_POSSIBLE, None)
    assert "by hand" in action.note


@pytest.mark.clause("HMPPS-14")
def test_block_waits_for_a_delivered_warning(case, platform, ada, now, run, take_in):
    with pytest.raises(decisions.ladder.WarningNotDelivered):
        rule(case, ada, now, Outcome.BLOCK)
    rule(case, ada, now, Outcome.WARN)
    run()
    platform.write("You plonker")
    run(now + timedelta(minutes=2))
    second = Case.objects.waiting().get()

    rule(second, ada, now, Outcome.BLOCK)
    run(now + timedelta(minutes=3))

    warning = OutboxMessage.objects.get(kind="warn")
    assert "Do not attack other people." in warning.text
    assert "https://example.org/guidelines" in warning.text
    assert EnforcementAction.objects.get(kind="block").status == ActionStatus.VERIFIED


@pytest.mark.clause("HMPPS-04")
def test_zero_tolerance_blocks_at_once_on_every_channel_where_the_author_is_known(
    platform, channel, queues, published, ada, now, run, organisation, take_in
):
    other = ChannelFactory(organisation=organisation, slug="news", next_poll_at=None)
    take_in("Good morning", channel=other, author="author-1")
    platform.write("Typical glorbish", author_id="author-1")
    run()
    case = Case.objects.get()

    rule(case, ada, now, Outcome.BLOCK, clause="EX-02")

    assert case.recommend == Outcome.BLOCK
    blocks = EnforcementAction.objects.filter(kind="block")
    assert {action.channel for action in blocks} == {channel, other}


def test_decided_case_is_a_polite_conflict(case, ada, ben, now):
    rule(case, ada, now)

    with pytest.raises(decisions.CaseAlreadyDecided) as refusal:
        rule(case, ben, now, Outcome.NO_BREACH, clause=None, submission_key="other")

    assert "Ada has just decided this case: hide" in refusal.value.message
    assert case.decisions.count() == OutboxMessage.objects.count() == 1


def test_same_submission_twice_is_one_decision(case, ada, now):
    first = rule(case, ada, now)
    second = rule(case, ada, now)

    assert first == second
    assert EnforcementAction.objects.count() == 1


def test_edit_while_reading_stops_the_decision(case, platform, ada, now, run):
    seen = case.revision
    platform.edit(case.content_item.external_id, "What a numpty, and a plonker")
    run(now + timedelta(minutes=2))

    with pytest.raises(decisions.CaseChanged):
        rule(case, ada, now, seen_revision=seen)

    assert not case.decisions.exists()


def test_edit_after_a_decision_opens_a_new_case(case, platform, ada, now, run):
    rule(case, ada, now, Outcome.NO_BREACH, clause=None)

    platform.edit(case.content_item.external_id, "I will find you")
    run(now + timedelta(minutes=2))

    newer = Case.objects.waiting().get()
    assert (newer.origin, newer.severity) == ("edit", "critical")
    assert newer.content_item.current_revision.number == 2


def test_deletion_at_source_is_a_state_and_keeps_the_text(case, platform, now, run):
    platform.delete(case.content_item.external_id)
    run(now + timedelta(minutes=2))

    item = ContentItem.objects.get()
    assert item.source_state == SourceState.DELETED
    assert item.current_revision.text == "What a numpty"


def test_decision_without_effect_is_reopened(case, ada, now):
    rule(case, ada, now, Outcome.NO_BREACH, clause=None)

    decisions.reopen(case=case, by=ada.actor, reason="Second thoughts.", now=now)
    rule(case, ada, now, submission_key="again")

    case.refresh_from_db()
    assert case.standing_decision.outcome == Outcome.HIDE
    assert case.decisions.count() == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"clause": None}, "clause_missing"),
        ({"reason": "  "}, "reason_missing"),
        ({"outcome": Outcome.REPLY, "message": ""}, "message_missing"),
        ({"outcome": Outcome.ESCALATE}, "escalation_is_no_decision"),
    ],
)
def test_incomplete_ruling_is_refused_and_changes_nothing(case, ada, now, fields, code):
    ruling = {
        "outcome": Outcome.HIDE,
        "reason": "Insults.",
        "submission_key": "k",
        "clause": Clause.objects.get(reference="EX-01"),
    } | fields

    with pytest.raises(decisions.DomainError) as refusal:
        decisions.record(case=case, by=ada.actor, ruling=decisions.Ruling(**ruling), now=now)

    case.refresh_from_db()
    assert refusal.value.code == code
    assert case.status == "waiting"
    assert not OutboxMessage.objects.exists()


def test_refused_action_waits_for_a_person_until_it_is_tried_again_or_taken_back(
    case, platform, ada, ben, now, run
):
    platform.fail_next(Fault.REFUSED, Capability.HIDE, times=2)
    decision = rule(case, ada, now)
    run()
    refused = list(OutboxMessage.objects.dead())

    delivery.replay(message=refused[0], by=ben.actor, now=now, reason="Permission granted.")
    run()
    again = OutboxMessage.objects.dead().count()
    decisions.reverse(
        decision=decision, by=ada.actor, reason="By hand then.", submission_key="undo", now=now
    )

    assert [message.status for message in refused] == [DeliveryStatus.REFUSED]
    assert again == 1
    assert not OutboxMessage.objects.dead().exists()
