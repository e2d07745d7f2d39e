"""The outbox when things go wrong: nothing stuck, nothing sent twice, nothing sent that was taken back."""

from datetime import timedelta

import pytest
from django.conf import settings

from audit.models import AuditEvent
from common.errors import InvalidTransition, NotPermitted
from platforms.connectors.base import OutcomeUnknown, Transient
from platforms.enums import Capability, ChannelStatus, DeliveryStatus
from platforms.models import OutboxMessage
from platforms.services import delivery, register
from tests.contracts.harness import Fault

pytestmark = pytest.mark.django_db

LEASE = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)


@pytest.fixture
def command(platform, channel, now):
    """Put a command about a new comment in the outbox."""

    def enqueue(kind=Capability.REPLY, *, target="", author="author-1", at=now):
        target = target or platform.write("Good morning", author_id=author)
        return delivery.enqueue(
            channel=channel,
            instruction=delivery.Instruction(
                kind=kind,
                idempotency_key=f"{kind}:{OutboxMessage.objects.count()}",
                target_external_id=target,
                author_external_id=author,
                text="Thank you.",
            ),
            now=at,
        )

    return enqueue


def step(message, at):
    """Let a worker take the message a step further; return it as it stands."""
    delivery.deliver(message.pk, now=at)
    message.refresh_from_db()
    return message


def broken(*_args):
    raise TypeError("surprise")


def test_mistake_while_sending_is_unknown_and_looked_up(
    platform, command, now, monkeypatch, caplog
):
    message = command()
    monkeypatch.setattr(platform, "perform", broken)

    step(message, now)

    assert message.status == DeliveryStatus.UNKNOWN
    assert (message.lease, message.leased_until) == (None, None)
    assert message.next_attempt_at > now
    assert "its log says where" in message.last_error
    assert "delivery_mistaken" in caplog.text
    assert platform.is_closed


def test_lasting_mistake_becomes_a_dead_letter(platform, command, now, monkeypatch):
    message = command()
    monkeypatch.setattr(platform, "perform", broken)
    monkeypatch.setattr(platform, "confirm", broken)

    for hour in range(delivery.MAX_ATTEMPTS + 2):
        step(message, now + timedelta(hours=3 * hour))

    assert message.status == DeliveryStatus.DEAD
    assert delivery.may_have_happened(message)


def test_dead_letter_of_a_lost_answer_is_looked_up_before_it_is_sent_again(
    platform, command, now, ben, monkeypatch
):
    """A lost answer, then an outage for as long as there are looks: it may have happened."""
    message = command()
    platform.fail_next(Fault.LOST_ANSWER, Capability.REPLY)
    look = platform.confirm

    def down(_command):
        raise Transient("Down.")

    monkeypatch.setattr(platform, "confirm", down)
    for hour in range(delivery.MAX_ATTEMPTS + 2):
        step(message, now + timedelta(hours=3 * hour))
    dead = message.status
    monkeypatch.setattr(platform, "confirm", look)
    replayed = delivery.replay(message=message, by=ben.actor, now=now, reason="It is back.")
    step(message, now)

    assert (dead, replayed.status) == (DeliveryStatus.DEAD, DeliveryStatus.UNKNOWN)
    assert message.status == DeliveryStatus.VERIFIED
    assert platform.effects[Capability.REPLY, message.target_external_id] == 1


def test_throttling_is_no_failed_attempt_and_holds_back_the_whole_channel(platform, command, now):
    first, second = command(), command()
    platform.paused_until = now + timedelta(minutes=7)
    platform.fail_next(Fault.THROTTLED, Capability.REPLY)

    step(first, now)
    second.refresh_from_db()

    assert (first.status, first.attempts) == (DeliveryStatus.REQUESTED, 0)
    assert first.next_attempt_at == second.next_attempt_at == platform.paused_until
    assert delivery.due(now) == []


def test_throttling_however_long_makes_no_dead_letter(platform, command, now):
    message = command()
    times = delivery.MAX_ATTEMPTS * 3
    platform.fail_next(Fault.THROTTLED, Capability.REPLY, times=times)
    for minute in range(times):
        platform.paused_until = now + timedelta(minutes=minute + 1)
        step(message, now + timedelta(minutes=minute))

    step(message, now + timedelta(minutes=times))

    assert message.status == DeliveryStatus.ACCEPTED


@pytest.mark.parametrize("status", [s for s in ChannelStatus if s != ChannelStatus.ACTIVE])
def test_stopped_channel_sends_nothing_and_loses_nothing(platform, channel, command, now, status):
    message = command()
    channel.status = status
    channel.save()

    step(message, now)

    assert delivery.due(now) == []
    assert (message.status, message.attempts) == (DeliveryStatus.REQUESTED, 0)
    assert (message.lease, message.next_attempt_at) == (None, now)
    assert not platform.calls


def test_resumed_channel_sends_what_waited(platform, channel, command, now, dev):
    message = command()
    register.pause(channel=channel, by=dev.actor, now=now, reason="Training.")
    step(message, now)

    register.resume(channel=channel, by=dev.actor, now=now, reason="Done.")
    step(message, now)

    assert message.status == DeliveryStatus.ACCEPTED


def test_command_that_failed_and_waits_can_still_be_taken_back(platform, command, now):
    message = command()
    platform.fail_next(Fault.SERVER_ERROR, Capability.REPLY)
    step(message, now)

    taken_back = delivery.cancel(message.pk, now=now)
    step(message, now + timedelta(hours=1))

    assert taken_back
    assert message.status == DeliveryStatus.CANCELLED
    assert not platform.effects


@pytest.mark.parametrize("kind", sorted(delivery.DONE_AGAIN))
def test_what_a_slow_platform_does_long_after_the_time_out_is_not_done_again(
    platform, command, now, monkeypatch, kind
):
    message = command(Capability(kind))
    perform = platform.perform

    def never_answer(_command):
        raise OutcomeUnknown("The answer did not come in time.")

    monkeypatch.setattr(platform, "perform", never_answer)
    step(message, now)
    step(message, now + timedelta(seconds=7))  # it looks, and there is nothing yet
    monkeypatch.setattr(platform, "perform", perform)
    step(message, now + timedelta(seconds=14))
    platform.perform(delivery.command_of(message))  # half a minute late, the platform is done

    for minute in range(1, 9):
        step(message, now + timedelta(minutes=minute))

    assert message.status == DeliveryStatus.VERIFIED
    assert set(platform.effects.values()) == {1}
    assert message.attempts == 1


def test_command_whose_outcome_is_unknown_is_not_sent_again_once_taken_back(
    platform, command, now
):
    message = command()
    delivery._lease(message.pk, now=now)  # the worker dies before it tells the platform

    taken_back = delivery.cancel(message.pk, now=now)
    for minute in range(delivery.LOOKS_AFTER_SILENCE):
        step(message, now + LEASE + timedelta(minutes=minute, seconds=1))

    assert not taken_back
    assert message.status == DeliveryStatus.CANCELLED
    assert not platform.effects


def test_command_taken_back_while_it_is_sent_is_followed_to_its_end(
    platform, command, now, monkeypatch
):
    message = command()
    perform = platform.perform

    def taken_back_meanwhile(sent):
        receipt = perform(sent)
        assert not delivery.cancel(message.pk, now=now)
        return receipt

    monkeypatch.setattr(platform, "perform", taken_back_meanwhile)
    step(message, now)
    step(message, now)

    assert message.status == DeliveryStatus.VERIFIED
    assert message.withdrawn_at == now


def test_dead_letter_of_a_decision_that_was_taken_back_is_not_replayed(
    platform, command, now, ben
):
    message = command()
    OutboxMessage.objects.update(status=DeliveryStatus.DEAD, next_attempt_at=None)
    delivery.cancel(message.pk, now=now)

    with pytest.raises(InvalidTransition, match="taken back"):
        delivery.replay(message=message, by=ben.actor, now=now, reason="Again.")

    message.refresh_from_db()
    assert message.status == DeliveryStatus.DEAD


def test_unblock_waits_for_the_block_whichever_comment_either_came_from(platform, command, now):
    block = command(Capability.BLOCK)
    unblock = command(Capability.UNBLOCK)

    step(unblock, now)
    waiting = unblock.status
    step(block, now)
    step(block, now)
    step(unblock, now + delivery.FIRST_PAUSE)

    assert waiting == DeliveryStatus.REQUESTED
    assert (block.status, unblock.status) == (DeliveryStatus.VERIFIED, DeliveryStatus.ACCEPTED)


def test_worker_whose_lease_ran_out_changes_nothing(platform, command, now, monkeypatch):
    message = command()
    perform = platform.perform

    def slow(sent):
        receipt = perform(sent)
        OutboxMessage.objects.update(leased_until=now - timedelta(seconds=1))
        monkeypatch.setattr(platform, "perform", perform)
        delivery.deliver(message.pk, now=now)  # another worker finds it, and looks
        return receipt

    monkeypatch.setattr(platform, "perform", slow)
    step(message, now)

    assert message.status == DeliveryStatus.VERIFIED
    assert platform.effects[Capability.REPLY, message.target_external_id] == 1
    assert AuditEvent.objects.filter(type="delivery.attempted").count() == 1


def test_replay_is_for_those_who_may_and_never_from_outside(platform, command, now, ada, eve):
    message = command()
    OutboxMessage.objects.update(status=DeliveryStatus.DEAD, next_attempt_at=None)

    with pytest.raises(NotPermitted):
        delivery.replay(message=message, by=ada.actor, now=now, reason="Again.")
    with pytest.raises(OutboxMessage.DoesNotExist):
        delivery.replay(message=message, by=eve.actor, now=now, reason="Again.")

    assert OutboxMessage.objects.get().status == DeliveryStatus.DEAD
    assert not AuditEvent.objects.exists()
