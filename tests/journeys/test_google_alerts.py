"""Media coverage arrives by a Google Alerts feed and is read by a person (FOI-01)."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from pytest_httpserver import HTTPServer

from moderation.models import Case, ContentItem
from moderation.services import enforcement
from platforms import registry
from platforms.connectors.google_alerts.connector import GoogleAlertsConnector
from platforms.enums import Platform
from tests.builders import run_the_route
from tests.factories.moderation import QueueFactory
from tests.factories.platforms import ChannelFactory

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parents[1] / "contracts" / "google_alerts" / "fixtures"


class LocalAlerts(GoogleAlertsConnector):
    """The real connector, let to read a feed of this machine."""

    def __init__(self, access):
        super().__init__(access, allow_private_addresses=True)


@pytest.fixture(params=["atom_feed.xml", "rss_feed.xml"])
def feed(request, httpserver: HTTPServer, organisation, monkeypatch):
    """A channel that reads a feed, and the queue in which articles are read."""
    httpserver.expect_request("/alerts/feeds/1/2").respond_with_data(
        (FIXTURES / request.param).read_bytes(), content_type="application/xml"
    )
    monkeypatch.setitem(registry.CONNECTORS, Platform.GOOGLE_ALERTS, LocalAlerts)
    QueueFactory(organisation=organisation, key="media", reviews_kinds=["article"])
    return ChannelFactory(
        organisation=organisation,
        platform=Platform.GOOGLE_ALERTS,
        slug="media",
        credentials={"feed_url": httpserver.url_for("/alerts/feeds/1/2")},
    )


@pytest.mark.clause("FOI-01")
def test_articles_of_a_feed_are_judged_and_read_and_nothing_can_be_done_to_them(
    feed, queues, published, ada, now
):
    run_the_route(now=now)
    arrived = ContentItem.objects.count()
    run_the_route(now=now + timedelta(hours=2))

    case = Case.objects.order_by("pk").first()
    page = ada.client.get(reverse("moderation:case_detail", args=[case.pk])).content.decode()
    assert arrived == ContentItem.objects.count() == Case.objects.count() > 0
    assert set(ContentItem.objects.values_list("kind", flat=True)) == {"article"}
    assert enforcement.what_would_happen("hide", case.content_item) == [
        (enforcement.ActionKind.HIDE, False)
    ]
    assert "Media mention" in page
