"""Channel pages: how each one does, what can be done there, pause and resume."""

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup

from accounts.enums import Permission, RoleName
from accounts.roles import permissions_of
from audit.enums import AuditEventType
from audit.models import AuditEvent
from platforms import presenters
from platforms.enums import Capability, ChannelStatus, DeliveryStatus, Platform
from platforms.models import Channel, OutboxMessage
from tests.conftest import NOW
from tests.factories.platforms import ChannelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def text_of(answer):
    return BeautifulSoup(answer.content, "html.parser").main.get_text(" ", strip=True)


def figures(answer):
    soup = BeautifulSoup(answer.content, "html.parser")
    return {
        box.dt.get_text(strip=True): box.dd.get_text(strip=True)
        for box in soup.select(".app-figures > div")
    }


def a_message(channel, **fields):
    return OutboxMessage.objects.create(
        organisation=channel.organisation,
        channel=channel,
        kind="hide",
        idempotency_key=f"key-{OutboxMessage.objects.count()}",
        requested_at=NOW,
        **fields,
    )


class TestList:
    def test_it_tells_how_each_channel_does(self, ada, organisation):
        ChannelFactory(
            organisation=organisation, name="Careers", last_synced_at=NOW - timedelta(minutes=2)
        )
        ChannelFactory(
            organisation=organisation,
            name="News",
            platform=Platform.BLUESKY,
            status=ChannelStatus.NEEDS_ATTENTION,
            last_error="The app password is no longer valid.",
            failures=3,
        )

        text = text_of(ada.client.get("/channels/"))

        assert "Read 2 minutes ago" in text
        assert "The app password is no longer valid. (3 tries)" in text
        assert "Needs attention" in text

    def test_another_organisation_sees_none_of_them(self, eve, channel):
        assert "No channel is connected yet" in text_of(eve.client.get("/channels/"))

    def test_the_number_of_queries_does_not_grow(
        self, ada, organisation, django_assert_max_num_queries
    ):
        ChannelFactory.create_batch(20, organisation=organisation)
        ada.client.get("/channels/")

        with django_assert_max_num_queries(4):
            ada.client.get("/channels/")


class TestMatrix:
    @pytest.mark.parametrize("platform", Platform)
    def test_every_act_that_is_missing_says_what_that_means(self, platform):
        (row,) = presenters.matrix_of(platform).rows

        assert all(cell.note for _, cell in row.cells if not cell.can)

    def test_it_follows_the_connectors(self):
        matrix = presenters.matrix_of(Platform.SANDBOX, Platform.GOOGLE_ALERTS)
        reads_only = dict(matrix.rows[1].cells)

        assert all(cell.can for _, cell in matrix.rows[0].cells)
        assert [label for label, cell in reads_only.items() if cell.can] == ["Read"]

    def test_every_capability_is_shown(self):
        shown = {act for _, *acts in presenters.ACTS for act in acts if act}

        assert shown == set(Capability)

    def test_every_status_has_a_colour(self):
        assert set(presenters.STATUS_COLOURS) == set(ChannelStatus)


class TestDetail:
    def test_it_counts_what_is_on_its_way_and_what_gave_up(self, ada, channel):
        a_message(channel, next_attempt_at=NOW)
        a_message(channel, next_attempt_at=NOW)
        a_message(channel, status=DeliveryStatus.DEAD, settled_at=NOW)
        Channel.objects.filter(pk=channel.pk).update(
            last_synced_at=NOW - timedelta(hours=2), failures=4, next_poll_at=NOW
        )

        shown = figures(ada.client.get(f"/channels/{channel.pk}/"))

        assert shown == {
            "Last read": "2 hours ago",
            "Next read": "Now",
            "Failed reads in a row": "4",
            "Actions on their way": "2",
            "Actions that failed": "1",
        }

    def test_a_channel_that_is_late_says_so(self, ada, channel):
        Channel.objects.filter(pk=channel.pk).update(last_synced_at=NOW - timedelta(hours=2))

        text = text_of(ada.client.get(f"/channels/{channel.pk}/"))

        assert "Reading this channel does not work at the moment" in text
        assert "Not read for 2 hours." in text

    def test_a_platform_that_is_not_connected_is_not_called_late(self, ada, organisation):
        channel = ChannelFactory(organisation=organisation, platform=Platform.FACEBOOK)

        text = text_of(ada.client.get(f"/channels/{channel.pk}/"))

        assert "do it on the platform by hand" in text
        assert "Not read" not in text.replace("Not read by the console", "")

    def test_an_address_that_is_no_web_address_is_no_link(self, ada, organisation):
        channel = ChannelFactory(organisation=organisation, url="javascript:alert(1)")

        page = BeautifulSoup(ada.client.get(f"/channels/{channel.pk}/").content, "html.parser")

        assert not page.select('a[href^="javascript"]')

    def test_credentials_never_show(self, ada, channel):
        assert b"not-a-real-token" not in ada.client.get(f"/channels/{channel.pk}/").content

    def test_another_organisation_does_not_find_it(self, eve, channel):
        assert eve.client.get(f"/channels/{channel.pk}/").status_code == 404


class TestPauseAndResume:
    def test_an_administrator_pauses_with_a_reason_and_resumes(self, dev, channel):
        address = f"/channels/{channel.pk}/"
        paused = dev.client.post(f"{address}pause/", {"reason": "Storm of spam"}, follow=True)
        channel.refresh_from_db()
        assert channel.status == ChannelStatus.PAUSED
        assert "The channel is paused." in text_of(paused)
        assert "Dev paused the channel" in text_of(paused)
        assert "Storm of spam" in text_of(paused)

        resumed = dev.client.post(f"{address}resume/", {"reason": "It is over"}, follow=True)

        channel.refresh_from_db()
        assert channel.status == ChannelStatus.ACTIVE
        assert "The channel is in use again." in text_of(resumed)

    def test_without_a_reason_nothing_happens(self, dev, channel):
        answer = dev.client.post(f"/channels/{channel.pk}/pause/", {"reason": "  "})

        channel.refresh_from_db()
        assert answer.status_code == 422
        assert "Say why, in a few words" in text_of(answer)
        assert channel.status == ChannelStatus.ACTIVE
        assert not AuditEvent.objects.filter(type=AuditEventType.CHANNEL_PAUSED)

    def test_pausing_twice_is_told_kindly(self, dev, channel):
        address = f"/channels/{channel.pk}/pause/"
        dev.client.post(address, {"reason": "Once"})

        answer = dev.client.post(address, {"reason": "Twice"}, follow=True)

        assert "Careers is paused already." in text_of(answer)
        assert AuditEvent.objects.filter(type=AuditEventType.CHANNEL_PAUSED).count() == 1

    @pytest.mark.parametrize("role", RoleName)
    @pytest.mark.parametrize("act", ["pause", "resume"])
    def test_only_those_who_manage_channels(self, member, organisation, channel, role, act):
        status = ChannelStatus.ACTIVE if act == "pause" else ChannelStatus.PAUSED
        Channel.objects.filter(pk=channel.pk).update(status=status)
        someone = member("Someone", organisation, role)
        may = Permission.CHANNEL_MANAGE in permissions_of([role])

        answer = someone.client.post(f"/channels/{channel.pk}/{act}/", {"reason": "A test"})

        channel.refresh_from_db()
        assert answer.status_code == (302 if may else 403)
        assert (channel.status != status) == may
        page = BeautifulSoup(someone.client.get(f"/channels/{channel.pk}/").content, "html.parser")
        assert bool(page.main.select("form")) == may

    @pytest.mark.parametrize("act", ["pause", "resume"])
    def test_another_organisation_cannot(self, eve, channel, act):
        answer = eve.client.post(f"/channels/{channel.pk}/{act}/", {"reason": "A test"})

        channel.refresh_from_db()
        assert answer.status_code == 404
        assert channel.status == ChannelStatus.ACTIVE

    @pytest.mark.parametrize("act", ["pause", "resume"])
    def test_nothing_changes_on_get(self, dev, channel, act):
        assert dev.client.get(f"/channels/{channel.pk}/{act}/").status_code == 405
