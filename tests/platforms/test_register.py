"""The register of channels: opened, paused and resumed by administrators, with a reason, on the record."""

import pytest

from audit.models import AuditEvent
from common.errors import InvalidTransition, NotPermitted
from platforms.enums import ChannelStatus, Platform
from platforms.models import Channel
from platforms.services import register

pytestmark = pytest.mark.django_db


def opening(**fields):
    """Return what is needed to open a channel."""
    defaults = {
        "platform": Platform.SANDBOX,
        "name": "Careers",
        "slug": "careers",
        "external_id": "careers",
        "credentials": {"token": "not-a-real-token"},
    }
    return register.Opening(**{**defaults, **fields})


def test_opened_channel_is_read_at_once(dev, organisation, now):
    channel = register.open_channel(opening=opening(), by=dev.actor, now=now)

    assert (channel.organisation, channel.status) == (organisation, ChannelStatus.ACTIVE)
    assert channel.next_poll_at == now
    event = AuditEvent.objects.get()
    assert (event.type, event.target_id) == ("channel.opened", channel.pk)
    assert "not-a-real-token" not in str(AuditEvent.objects.values().get())


def test_channel_that_nothing_connects_to_is_never_polled(dev, now):
    channel = register.open_channel(
        opening=opening(platform=Platform.TIKTOK), by=dev.actor, now=now
    )
    register.pause(channel=channel, by=dev.actor, now=now, reason="?")
    channel = register.resume(channel=channel, by=dev.actor, now=now)

    assert channel.next_poll_at is None


@pytest.mark.parametrize("same", [{"slug": "careers"}, {"external_id": "careers"}])
def test_same_account_or_name_twice_is_refused_with_a_sentence(dev, now, same):
    register.open_channel(opening=opening(), by=dev.actor, now=now)
    other = {"slug": "news", "external_id": "news"} | same

    with pytest.raises(register.ChannelExists):
        register.open_channel(opening=opening(**other), by=dev.actor, now=now)

    assert Channel.objects.count() == AuditEvent.objects.count() == 1


def test_two_organisations_may_have_a_channel_of_one_name(dev, eve, now):
    for actor in (dev.actor, eve.actor):
        register.open_channel(opening=opening(), by=actor, now=now)

    assert Channel.objects.count() == 2


def test_pause_and_resumption_are_on_the_record_with_their_reasons(channel, dev, now):
    channel.failures, channel.last_error = 3, "Down."
    channel.save()

    paused = register.pause(channel=channel, by=dev.actor, now=now, reason="Training.")
    resumed = register.resume(channel=channel, by=dev.actor, now=now, reason="Done.")

    assert (paused.status, resumed.status) == (ChannelStatus.PAUSED, ChannelStatus.ACTIVE)
    assert (resumed.failures, resumed.last_error, resumed.next_poll_at) == (0, "", now)
    events = AuditEvent.objects.order_by("pk").values_list("type", "reason")
    assert list(events) == [("channel.paused", "Training."), ("channel.resumed", "Done.")]


@pytest.mark.parametrize(
    ("status", "can_pause", "can_resume"),
    [
        (ChannelStatus.ACTIVE, True, False),
        (ChannelStatus.PAUSED, False, True),
        (ChannelStatus.NEEDS_ATTENTION, True, True),
        (ChannelStatus.CLOSED, False, False),
    ],
)
def test_channel_moves_only_where_that_makes_sense(
    channel, dev, now, status, can_pause, can_resume
):
    for act, can in ((register.pause, can_pause), (register.resume, can_resume)):
        Channel.objects.update(status=status)
        if can:
            act(channel=channel, by=dev.actor, now=now, reason="Because.")
        else:
            with pytest.raises(InvalidTransition):
                act(channel=channel, by=dev.actor, now=now, reason="Because.")


def test_table_above_covers_every_state():
    assert len(ChannelStatus) == 4


def test_only_administrators_manage_channels(channel, ada, ben, cara, now):
    for somebody in (ada, ben, cara):
        for act in (register.pause, register.resume):
            with pytest.raises(NotPermitted):
                act(channel=channel, by=somebody.actor, now=now, reason="Because.")
        with pytest.raises(NotPermitted):
            register.open_channel(opening=opening(slug="x"), by=somebody.actor, now=now)

    assert Channel.objects.get().status == ChannelStatus.ACTIVE
    assert not AuditEvent.objects.exists()


def test_outsider_finds_no_channel_here(channel, eve, now):
    for act in (register.pause, register.resume):
        with pytest.raises(Channel.DoesNotExist):
            act(channel=channel, by=eve.actor, now=now, reason="Mine.")
