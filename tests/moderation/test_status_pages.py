"""The status page: what moves, what waits, what gave up, and setting it going again."""

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup

from accounts.enums import Permission, RoleName
from accounts.roles import permissions_of
from audit.enums import AuditEventType
from audit.models import AuditEvent
from moderation import tasks
from moderation.enums import ActionStatus
from moderation.models import EnforcementAction
from moderation.services import attention, decisions, enforcement
from moderation.services.decisions import Ruling
from platforms.enums import ChannelStatus, DeliveryStatus, InboundStatus
from platforms.models import Channel, OutboxMessage
from policies.enums import Outcome
from policies.models import Clause
from tests.builders import a_case
from tests.conftest import NOW
from tests.factories.platforms import InboundEventFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def beating():
    attention.note_heartbeat(now=NOW - timedelta(seconds=5))


@pytest.fixture
def dead(ada, channel, queues, published):
    """The message of a hide that gave up, with its action and case."""
    case = a_case(channel, now=NOW)
    decisions.record(
        case=case,
        by=ada.actor,
        now=NOW,
        ruling=Ruling(
            outcome=Outcome.HIDE,
            clause=Clause.objects.get(reference="EX-01", organisation=channel.organisation),
            reason="An insult.",
            submission_key="one",
        ),
    )
    action = EnforcementAction.objects.get(decision__case=case)
    OutboxMessage.objects.filter(pk=action.outbox_message_id).update(
        status=DeliveryStatus.DEAD,
        attempts=10,
        next_attempt_at=None,
        settled_at=NOW,
        last_error="The platform did not answer.",
        last_error_code="transient",
    )
    enforcement.settle(action.outbox_message_id, now=NOW)
    return OutboxMessage.objects.get(pk=action.outbox_message_id)


@pytest.fixture
def failed(channel):
    return InboundEventFactory(
        channel=channel,
        key="odd-1",
        status=InboundStatus.FAILED,
        settled_at=NOW,
        received_at=NOW - timedelta(hours=1),
        error="Not readable: no text",
    )


def main(answer):
    return BeautifulSoup(answer.content, "html.parser").main


def text_of(answer):
    return main(answer).get_text(" ", strip=True)


def figures(answer):
    return {
        box.dt.get_text(" ", strip=True): box.dd.get_text(strip=True)
        for box in main(answer).select(".app-figures > div")
    }


class TestLooking:
    def test_when_all_is_well_it_says_so(self, ada, channel, queues, beating):
        Channel.objects.filter(pk=channel.pk).update(last_synced_at=NOW)

        answer = ada.client.get("/status/")

        assert "Everything is moving" in text_of(answer)
        assert figures(answer)["Background work last ran"] == "5 seconds ago"

    def test_a_task_gives_the_sign_of_life(self, ada):
        tasks.heartbeat()

        assert attention.heartbeat_at() == NOW

    @pytest.mark.parametrize("known", [True, False])
    def test_silence_of_background_work_is_the_first_thing_said(self, ada, channel, known):
        if known:
            attention.note_heartbeat(now=NOW - timedelta(minutes=20))

        text = text_of(ada.client.get("/status/"))

        assert "Something has stopped" in text
        assert ("Background work has given no sign for 20 minutes" in text) == known
        assert "Nothing is lost." in text

    def test_it_counts_what_waits_and_since_when(self, ada, channel, beating):
        InboundEventFactory.create_batch(
            3, channel=channel, received_at=NOW - timedelta(minutes=9)
        )

        answer = ada.client.get("/status/")

        assert figures(answer)["Came in, not yet judged oldest: 9 minutes ago"] == "3"
        assert "What came in 9 minutes ago has not been judged yet." in text_of(answer)

    def test_counts_stop_at_the_cap(self, ada, channel, beating, monkeypatch):
        monkeypatch.setattr(attention, "CAP", 2)
        InboundEventFactory.create_batch(4, channel=channel, received_at=NOW)

        assert "2+" in figures(ada.client.get("/status/")).values()

    def test_cases_are_counted_by_queue(self, ada, channel, queues, published, beating):
        a_case(channel, now=NOW)

        assert "All comments 1 0 under a minute ago" in text_of(ada.client.get("/status/"))

    def test_channels_that_need_somebody_are_named(self, ada, channel, beating):
        Channel.objects.filter(pk=channel.pk).update(
            status=ChannelStatus.NEEDS_ATTENTION, last_error="The token expired."
        )

        text = text_of(ada.client.get("/status/"))

        assert "Needs attention: Careers." in text
        assert "The token expired." in text

    def test_what_gave_up_leads_to_its_case(self, ben, dead, beating):
        page = main(ben.client.get("/status/"))

        case_id = EnforcementAction.objects.get(outbox_message=dead).decision.case_id
        assert page.find("a", string="Hide a comment")["href"] == f"/cases/{case_id}/"
        assert "The platform did not answer." in page.get_text()

    def test_lost_answers_are_shown_as_such(self, ada, dead, beating):
        OutboxMessage.objects.filter(pk=dead.pk).update(
            status=DeliveryStatus.UNKNOWN, settled_at=None, next_attempt_at=NOW
        )

        assert "Outcome not known" in text_of(ada.client.get("/status/"))

    def test_dead_letters_come_in_pages(self, ben, channel, beating, monkeypatch):
        monkeypatch.setattr(attention, "SHOWN", 2)
        for number in range(3):
            OutboxMessage.objects.create(
                organisation=channel.organisation,
                channel=channel,
                kind="hide",
                idempotency_key=f"k{number}",
                requested_at=NOW,
                settled_at=NOW,
                status=DeliveryStatus.DEAD,
                last_error=f"Error {number}",
            )
        first = ben.client.get("/status/")
        second = ben.client.get(main(first).select_one("a[rel=next]")["href"])

        assert "Error 2" in text_of(first)
        assert "Error 0" not in text_of(first)
        assert "Error 0" in text_of(second)
        assert not main(second).select("a[rel=next]")

    def test_another_organisation_sees_none_of_it(self, eve, dead, failed, channel):
        text = text_of(eve.client.get("/status/"))

        assert "Nothing failed" in text
        assert "odd-1" not in text
        assert "Careers" not in text

    def test_the_number_of_queries_does_not_grow(
        self, ben, dead, failed, channel, django_assert_max_num_queries
    ):
        InboundEventFactory.create_batch(
            10, channel=channel, status=InboundStatus.FAILED, settled_at=NOW
        )
        ben.client.get("/status/")

        with django_assert_max_num_queries(17):
            ben.client.get("/status/")

    def test_it_works_with_nothing_there(self, ada):
        assert ada.client.get("/status/?before=nonsense").status_code == 200


class TestTryingAgain:
    def test_a_dead_letter_gets_another_round_and_its_action_shows_it(self, ben, dead):
        answer = ben.client.post(
            f"/status/actions/{dead.pk}/", {"reason": "The platform is back"}, follow=True
        )

        dead.refresh_from_db()
        assert "The action is tried again." in text_of(answer)
        assert dead.status == DeliveryStatus.REQUESTED
        assert dead.next_attempt_at == NOW
        action = EnforcementAction.objects.get(outbox_message=dead)
        assert action.status == ActionStatus.REQUESTED
        event = AuditEvent.objects.get(type=AuditEventType.DELIVERY_REPLAYED)
        assert (event.actor_label, event.reason) == ("Ben", "The platform is back")

    def test_an_event_that_could_not_be_read_is_read_again(self, ben, failed):
        answer = ben.client.post(
            f"/status/events/{failed.pk}/", {"reason": "The reader is mended"}, follow=True
        )

        failed.refresh_from_db()
        assert "The event is read again within seconds." in text_of(answer)
        assert (failed.status, failed.settled_at) == (InboundStatus.PENDING, None)
        event = AuditEvent.objects.get(type=AuditEventType.DELIVERY_REPLAYED)
        assert (event.target_id, event.reason) == (failed.pk, "The reader is mended")

    def test_without_a_reason_nothing_happens(self, ben, dead, failed):
        for address in (f"/status/actions/{dead.pk}/", f"/status/events/{failed.pk}/"):
            answer = ben.client.post(address, {"reason": " "}, follow=True)
            assert "Nothing was done: say why" in text_of(answer)

        dead.refresh_from_db()
        failed.refresh_from_db()
        assert (dead.status, failed.status) == (DeliveryStatus.DEAD, InboundStatus.FAILED)
        assert not AuditEvent.objects.filter(type=AuditEventType.DELIVERY_REPLAYED)

    def test_twice_is_told_kindly(self, ben, dead, failed):
        for address, told in (
            (f"/status/actions/{dead.pk}/", "Only a delivery that failed"),
            (f"/status/events/{failed.pk}/", "Only an event that could not be read"),
        ):
            ben.client.post(address, {"reason": "Once"})
            answer = ben.client.post(address, {"reason": "Twice"}, follow=True)
            assert told in text_of(answer)

        assert AuditEvent.objects.filter(type=AuditEventType.DELIVERY_REPLAYED).count() == 2

    @pytest.mark.parametrize("role", RoleName)
    def test_only_those_who_may_replay(self, member, organisation, dead, failed, role):
        someone = member("Someone", organisation, role)
        may = Permission.DELIVERY_REPLAY in permissions_of([role])
        page = main(someone.client.get("/status/"))

        answers = [
            someone.client.post(address, {"reason": "A test"})
            for address in (f"/status/actions/{dead.pk}/", f"/status/events/{failed.pk}/")
        ]

        assert [answer.status_code for answer in answers] == [302 if may else 403] * 2
        assert bool(page.select("form")) == may
        assert ("A supervisor can try it again." in page.get_text()) != may
        failed.refresh_from_db()
        assert (failed.status == InboundStatus.PENDING) == may

    def test_another_organisation_cannot(self, eve, dead, failed):
        for address in (f"/status/actions/{dead.pk}/", f"/status/events/{failed.pk}/"):
            assert eve.client.post(address, {"reason": "A test"}).status_code == 404

        dead.refresh_from_db()
        failed.refresh_from_db()
        assert (dead.status, failed.status) == (DeliveryStatus.DEAD, InboundStatus.FAILED)

    def test_nothing_changes_on_get(self, ben, dead, failed):
        assert ben.client.get(f"/status/actions/{dead.pk}/").status_code == 405
        assert ben.client.get(f"/status/events/{failed.pk}/").status_code == 405
