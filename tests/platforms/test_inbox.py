"""Reading channels: each event once, one channel's trouble its own, and people's pauses respected."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from common.errors import InvalidTransition, NotPermitted
from platforms.connectors.base import AuthExpired, FetchPage, RawEvent
from platforms.enums import Capability, ChannelStatus, InboundSource, InboundStatus
from platforms.models import Channel, InboundEvent
from platforms.services import inbox, register
from tests.contracts.harness import Fault
from tests.factories.platforms import ChannelFactory, InboundEventFactory

pytestmark = pytest.mark.django_db


def test_same_event_twice_is_one(channel, now):
    events = [RawEvent("a", b"1"), RawEvent("a", b"1"), RawEvent("b", b"2")]

    first = inbox.store(channel=channel, events=events, source=InboundSource.POLL, now=now)
    second = inbox.store(channel=channel, events=events, source=InboundSource.API, now=now)

    assert set(first) == {"a", "b"}
    assert second == {}
    assert InboundEvent.objects.get(pk=first["b"]).key == "b"


def test_payload_is_kept_byte_for_byte(channel, now):
    payload = bytes(range(256)) + "\\N\t\n \ud83d".encode(errors="surrogatepass")

    ids = inbox.store(
        channel=channel, events=[RawEvent("a", payload)], source=InboundSource.POLL, now=now
    )

    assert bytes(InboundEvent.objects.get(pk=ids["a"]).payload) == payload


@pytest.mark.parametrize("key", ["k" * 5_000, "null\x00", "half \ud83d", "tab\tline\nback\\"])
def test_key_that_fits_no_column_is_still_a_key(channel, now, key):
    other = key + "!"
    events = [RawEvent(key, b"1", kind="x" * 100), RawEvent(other, b"2")]

    first = inbox.store(channel=channel, events=events, source=InboundSource.POLL, now=now)
    again = inbox.store(channel=channel, events=events, source=InboundSource.POLL, now=now)

    assert set(first) == {key, other}
    assert again == {}
    assert max(len(event.key) for event in InboundEvent.objects.all()) <= 400


def test_mistake_of_ours_is_shown_on_the_channel_and_asked_less_often(
    platform, channel, now, monkeypatch, caplog
):
    def broken(_cursor):
        raise KeyError("surprise")

    monkeypatch.setattr(platform, "fetch", broken)

    added = inbox.poll(channel.pk, now=now)

    channel.refresh_from_db()
    assert added == 0
    assert (channel.failures, channel.status) == (1, ChannelStatus.ACTIVE)
    assert "its log says where" in channel.last_error
    assert channel.next_poll_at > now
    assert "poll_mistaken" in caplog.text
    assert platform.is_closed


def test_failing_channel_is_asked_less_and_less_often(platform, channel, now):
    platform.fail_next(Fault.DOWN, Capability.FETCH, times=12)
    pauses = []
    for _ in range(12):
        Channel.objects.update(next_poll_at=now)
        inbox.poll(channel.pk, now=now)
        channel.refresh_from_db()
        pauses.append(channel.next_poll_at - now)

    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1] == inbox.LONGEST_BACK_OFF


def test_platform_that_throttles_names_the_next_poll(platform, channel, now):
    platform.paused_until = now + timedelta(hours=3)
    platform.fail_next(Fault.THROTTLED, Capability.FETCH)

    inbox.poll(channel.pk, now=now)

    channel.refresh_from_db()
    assert channel.next_poll_at == now + timedelta(hours=3)


def test_success_forgets_the_failures(platform, channel, now):
    platform.fail_next(Fault.DOWN, Capability.FETCH)
    inbox.poll(channel.pk, now=now)

    inbox.poll(channel.pk, now=now + timedelta(minutes=10))

    channel.refresh_from_db()
    assert (channel.failures, channel.last_error) == (0, "")


def test_long_backlog_goes_on_at_the_next_bell(platform, channel, now, monkeypatch):
    monkeypatch.setattr(inbox, "MAX_PAGES", 1)
    for number in range(60):
        platform.write(f"Comment {number}")

    first = inbox.poll(channel.pk, now=now)
    second = inbox.poll(channel.pk, now=now)

    assert first < first + second == 60


def test_poll_that_died_is_repeated_after_its_lease_and_adds_nothing_twice(
    platform, channel, now, settings, monkeypatch
):
    platform.write("Good morning")
    real = inbox._record_success

    def killed(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(inbox, "_record_success", killed)
    with pytest.raises(KeyboardInterrupt):
        inbox.poll(channel.pk, now=now)
    monkeypatch.setattr(inbox, "_record_success", real)

    assert inbox.poll(channel.pk, now=now) == 0
    later = now + timedelta(seconds=settings.POLL_LEASE_SECONDS + 1)
    assert inbox.poll(channel.pk, now=later) == 0
    assert InboundEvent.objects.count() == 1
    channel.refresh_from_db()
    assert channel.last_synced_at == later


def test_channel_paused_during_a_poll_stays_paused(platform, channel, now, dev, monkeypatch):
    def paused_meanwhile(_cursor):
        register.pause(channel=channel, by=dev.actor, now=now, reason="Pre-election period.")
        raise AuthExpired("The token expired.")

    monkeypatch.setattr(platform, "fetch", paused_meanwhile)

    inbox.poll(channel.pk, now=now)

    channel.refresh_from_db()
    assert channel.status == ChannelStatus.PAUSED
    assert not AuditEvent.objects.filter(type="channel.needs_attention").exists()


def test_cursor_and_events_are_kept_together_or_not_at_all(platform, channel, now, monkeypatch):
    def unstorable(cursor):
        return FetchPage(events=(RawEvent("a", None),), cursor="far ahead")

    monkeypatch.setattr(platform, "fetch", unstorable)

    inbox.poll(channel.pk, now=now)

    channel.refresh_from_db()
    assert channel.cursor == ""
    assert not InboundEvent.objects.exists()


def test_channels_that_are_not_active_are_not_read(platform, now):
    for status in ChannelStatus:
        ChannelFactory(status=status)

    due = inbox.due_channels(now)

    assert Channel.objects.get(pk__in=due).status == ChannelStatus.ACTIVE


def test_failed_event_is_read_again_when_a_person_asks(channel, ben, now):
    event = InboundEventFactory(
        channel=channel, status=InboundStatus.FAILED, settled_at=now, error="Not readable"
    )

    inbox.retry_failed(event=event, by=ben.actor, now=now, reason="Mended.")

    event.refresh_from_db()
    assert (event.status, event.error) == (InboundStatus.PENDING, "")
    recorded = AuditEvent.objects.get(target_id=event.pk)
    assert (recorded.type, recorded.reason) == ("delivery.replayed", "Mended.")


def test_event_that_was_read_is_not_read_again(channel, ben, now):
    event = InboundEventFactory(channel=channel, status=InboundStatus.INGESTED, settled_at=now)

    with pytest.raises(InvalidTransition):
        inbox.retry_failed(event=event, by=ben.actor, now=now, reason="Why not.")


def test_event_is_retried_only_by_those_who_may_and_never_from_outside(channel, ada, eve, now):
    event = InboundEventFactory(channel=channel, status=InboundStatus.FAILED, settled_at=now)

    with pytest.raises(NotPermitted):
        inbox.retry_failed(event=event, by=ada.actor, now=now, reason="Please.")
    with pytest.raises(InboundEvent.DoesNotExist):
        inbox.retry_failed(event=event, by=eve.actor, now=now, reason="Please.")

    event.refresh_from_db()
    assert event.status == InboundStatus.FAILED
    assert not AuditEvent.objects.exists()
