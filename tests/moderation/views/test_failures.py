"""What the case page says when the platform did not do it: why, and what can be done now."""

import pytest
from django.utils import timezone

from moderation.enums import ActionStatus
from moderation.models import EnforcementAction
from platforms.enums import DeliveryStatus
from platforms.models import OutboxMessage
from tests.builders import a_case
from tests.moderation.views.conftest import soup, words


@pytest.mark.parametrize(
    ("status", "way_out"),
    [
        (DeliveryStatus.REFUSED, "by hand, or reverse this decision and decide again."),
        (DeliveryStatus.DEAD, "can have it tried again on the status page."),
    ],
)
def test_no_failure_is_a_dead_end(ada, channel, queues, published, now, decide, status, way_out):
    case = a_case(channel, now=now)
    decide(ada, case)
    at = timezone.now()
    OutboxMessage.objects.update(status=status, next_attempt_at=None, settled_at=at)
    EnforcementAction.objects.update(
        status=ActionStatus.FAILED, settled_at=at, note="The platform said no."
    )

    said = words(ada.client.get(case.get_absolute_url()))

    assert "The platform said no." in said
    assert way_out in said


@pytest.mark.django_db
def test_the_address_of_a_form_leads_back_to_its_page(ada, channel, queues, published, now):
    case = a_case(channel, now=now)

    answer = ada.client.get(f"{case.get_absolute_url()}decision/")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "Nothing was sent" in words(answer)
    back = soup(answer).select_one("main a[href]")
    assert back["href"] == case.get_absolute_url()
