"""Taking back: only what this decision did, only while it can be, and never behind another's back."""

import time
from datetime import timedelta

import pytest

from audit.models import AuditEvent
from common import ids
from moderation.enums import ActionStatus
from moderation.models import Case, ContentItem, EnforcementAction
from moderation.services import attention, decisions, enforcement, ladder
from platforms.enums import Capability, DeliveryStatus, SourceState
from platforms.models import OutboxMessage
from platforms.services import delivery
from policies.enums import Outcome
from policies.models import Clause
from tests.contracts.harness import Fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(platform, channel, queues, published, run):
    """A flagged comment that came from the platform and waits."""
    platform.write("What a numpty")
    run()
    return Case.objects.get()


def decide(case, member, now, outcome=Outcome.HIDE, clause="EX-01", key=""):
    """Decide a case."""
    return decisions.record(
        case=case,
        by=member.actor,
        ruling=decisions.Ruling(
            outcome=outcome,
            reason="Insults a colleague.",
            submission_key=key or f"key-{case.pk}",
            clause=Clause.objects.get(reference=clause),
        ),
        now=now,
    )


def reverse(decision, member, now):
    """Reverse a decision; return what that started and what not."""
    _, undoing = decisions.reverse(
        decision=decision,
        by=member.actor,
        reason="I misread it.",
        submission_key=f"undo-{decision.pk}",
        now=now,
    )
    return undoing


def an_edit(platform, case, run, now):
    """Let the author edit the comment; return the new case."""
    platform.edit(case.content_item.external_id, "You plonker")
    run(now + timedelta(minutes=2))
    return Case.objects.waiting().get()


def test_comment_that_another_decision_hides_too_stays_hidden(platform, case, ada, now, run):
    first = decide(case, ada, now)
    run()
    second = decide(an_edit(platform, case, run, now), ada, now)
    run()

    undoing = reverse(first, ada, now)
    run()

    assert [action.kind for action in undoing.kept] == ["hide"]
    assert not undoing.started
    assert ContentItem.objects.get().source_state == SourceState.HIDDEN
    assert AuditEvent.objects.get(type="decision.reversed").data["kept"] == ["hide"]

    assert [action.kind for action in reverse(second, ada, now).started] == ["unhide"]


def test_author_whom_another_decision_blocks_too_stays_blocked(
    platform, channel, queues, published, ada, now, run
):
    for text in ("Typical glorbish", "Such a glorbish"):
        platform.write(text, author_id="author-9")
    run()
    first, second = (
        decide(case, ada, now, Outcome.BLOCK, "EX-02") for case in Case.objects.order_by("pk")
    )
    run()

    undoing = reverse(first, ada, now)
    run()
    kept = set(platform.blocked)
    reverse(second, ada, now)
    run()

    assert [action.kind for action in undoing.kept] == ["block"]
    assert [action.kind for action in undoing.started] == ["unhide"]
    assert kept == {"author-9"}
    assert platform.blocked == set()


def test_warning_still_being_tried_is_not_sent_after_a_reversal(platform, case, ada, now, run):
    platform.fail_next(Fault.SERVER_ERROR, Capability.WARN)
    decision = decide(case, ada, now, Outcome.WARN)
    run()

    undoing = reverse(decision, ada, now)
    run(now + timedelta(hours=4))

    assert [action.kind for action in undoing.cancelled] == ["warn"]
    assert not undoing.irreversible
    assert not any(platform.sent.values())


def test_warning_that_may_be_out_is_told_as_irreversible_and_not_repeated(
    platform, case, ada, now, settings
):
    decision = decide(case, ada, now, Outcome.WARN)
    warning = EnforcementAction.objects.get(kind="warn")
    delivery._lease(warning.outbox_message_id, now=now)  # the worker dies here

    undoing = reverse(decision, ada, now)
    after = now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS + 1)
    for minute in range(4):
        delivery.deliver(warning.outbox_message_id, now=after + timedelta(minutes=minute))
    enforcement.settle(warning.outbox_message_id, now=after)

    warning.refresh_from_db()
    assert [action.kind for action in undoing.irreversible] == ["warn"]
    assert warning.status == ActionStatus.CANCELLED
    assert not any(platform.sent.values())


def test_dead_letter_that_may_have_hidden_the_comment_is_undone_too(platform, case, ada, now, run):
    decision = decide(case, ada, now)
    platform.perform(delivery.command_of(OutboxMessage.objects.get()))
    OutboxMessage.objects.update(
        status=DeliveryStatus.DEAD, last_error_code="outcome_unknown", next_attempt_at=None
    )
    enforcement.settle(OutboxMessage.objects.get().pk, now=now)

    undoing = reverse(decision, ada, now)
    run()

    assert [action.kind for action in undoing.started] == ["unhide"]
    assert platform.comments[case.content_item.external_id].state == SourceState.LIVE


def test_refused_act_needs_no_undoing(platform, case, ada, now, run):
    platform.fail_next(Fault.REFUSED, Capability.HIDE)
    decision = decide(case, ada, now)
    run()

    assert reverse(decision, ada, now) == enforcement.Undoing()


def test_dead_letter_of_a_reversed_decision_is_not_tried_again(platform, case, ada, ben, now, run):
    decision = decide(case, ada, now)
    OutboxMessage.objects.update(
        status=DeliveryStatus.DEAD, last_error_code="transient", next_attempt_at=None
    )
    enforcement.settle(OutboxMessage.objects.get().pk, now=now)
    reverse(decision, ada, now)

    with pytest.raises(enforcement.transitions.InvalidTransition, match="taken back"):
        attention.try_again(
            message=OutboxMessage.objects.get(), by=ben.actor, now=now, reason="Again."
        )
    run()

    assert not platform.effects


@pytest.mark.clause("HMPPS-14")
def test_overturned_warning_is_no_ground_for_a_block(platform, case, ada, now, run):
    decision = decide(case, ada, now, Outcome.WARN)
    run()
    delivered = ladder.delivered_warnings(case.author)

    reverse(decision, ada, now)

    assert delivered == 1
    assert ladder.delivered_warnings(case.author) == 0
    with pytest.raises(ladder.WarningNotDelivered):
        ladder.check_may_block(case.author, Clause.objects.get(reference="EX-01"))


@pytest.mark.clause("HMPPS-14")
def test_warning_does_not_claim_that_the_comment_was_hidden(platform, case, ada, now):
    decide(case, ada, now, Outcome.WARN)

    assert "hidden" not in OutboxMessage.objects.get(kind="warn").text


def test_item_that_its_author_deleted_meanwhile_stays_deleted(platform, case, ada, now, run):
    decide(case, ada, now)
    message = OutboxMessage.objects.get()
    delivery.deliver(message.pk, now=now)
    delivery.deliver(message.pk, now=now)
    ContentItem.objects.update(source_state=SourceState.DELETED, source_state_at=now)

    enforcement.settle(message.pk, now=now)

    assert ContentItem.objects.get().source_state == SourceState.DELETED


def test_late_settling_does_not_bring_back_an_older_state(platform, case, ada, now, run):
    """A crash lay between delivery and settling of the hide; the unhide came through before."""
    later = now + timedelta(minutes=5)
    decision = decide(case, ada, now)
    hide = OutboxMessage.objects.get()
    delivery.deliver(hide.pk, now=now)
    delivery.deliver(hide.pk, now=now)
    reverse(decision, ada, now)
    unhide = OutboxMessage.objects.get(kind="unhide")
    delivery.deliver(unhide.pk, now=later)
    delivery.deliver(unhide.pk, now=later)
    enforcement.settle(unhide.pk, now=later)

    enforcement.settle(hide.pk, now=later)

    assert ContentItem.objects.get().source_state == SourceState.LIVE
    assert set(EnforcementAction.objects.values_list("status", flat=True)) == {"verified"}


def test_reversal_of_a_reversal_leaves_the_comment_to_be_shown(platform, case, ada, now, run):
    decision = decide(case, ada, now)
    run()
    reversal, _ = decisions.reverse(
        decision=decision, by=ada.actor, reason="Fair.", submission_key="undo-1", now=now
    )

    undoing = reverse(reversal, ada, now)
    run()

    assert undoing == enforcement.Undoing()
    assert platform.comments[case.content_item.external_id].state == SourceState.LIVE


@pytest.fixture
def clock_behind(monkeypatch):
    """Move this process to a machine whose clock is two seconds behind."""
    real = time.time_ns

    def go():
        ids._start_anew()
        monkeypatch.setattr(time, "time_ns", lambda: real() - 2_000_000_000)

    yield go
    monkeypatch.undo()
    ids._start_anew()


def test_unhide_asked_for_on_a_machine_whose_clock_is_behind_comes_after_the_hide(
    platform, case, ada, now, run, clock_behind
):
    decision = decide(case, ada, now)
    hide = OutboxMessage.objects.get()
    leased = delivery._lease(hide.pk, now=now)  # a worker is just telling the platform
    clock_behind()

    reverse(decision, ada, now)
    for pk in delivery.due(now):  # another worker
        delivery.deliver(pk, now=now)
    receipt = platform.perform(delivery.command_of(leased))  # the first one's call arrives
    delivery._accept(leased, receipt, now=now)
    for minute in range(6):
        run(now + timedelta(minutes=minute))

    assert OutboxMessage.objects.get(kind="unhide").after == hide
    assert platform.comments[case.content_item.external_id].state == SourceState.LIVE
    assert set(EnforcementAction.objects.values_list("status", flat=True)) == {"verified"}


@pytest.mark.parametrize("gone", ["deleted", "unknown to the platform"])
def test_comment_that_was_gone_before_it_could_be_hidden_is_never_called_hidden(
    platform, case, ada, now, run, gone
):
    decide(case, ada, now)
    if gone == "deleted":
        platform.comments[case.content_item.external_id].state = SourceState.DELETED
    else:
        del platform.comments[case.content_item.external_id]

    run()

    said = ada.client.get(case.get_absolute_url()).content.decode()
    assert ContentItem.objects.get().source_state == SourceState.DELETED
    assert EnforcementAction.objects.get().status == ActionStatus.VERIFIED
    assert "No longer there" in said
    assert "still see" not in said
