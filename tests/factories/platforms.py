"""Channels and what came in on them."""

from datetime import UTC, datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from platforms import models
from platforms.enums import InboundSource, Platform
from tests.factories.accounts import OrganisationFactory


class ChannelFactory(DjangoModelFactory[models.Channel]):
    class Meta:
        model = models.Channel

    organisation = factory.SubFactory(OrganisationFactory)
    platform = Platform.SANDBOX
    name = factory.Sequence(lambda n: f"Channel {n}")
    slug = factory.Sequence(lambda n: f"channel-{n}")
    external_id = factory.Sequence(lambda n: f"channel-{n}")
    base_url = "http://127.0.0.1:1"
    credentials = factory.LazyFunction(lambda: {"token": "not-a-real-token"})
    next_poll_at = datetime(2026, 1, 1, tzinfo=UTC)


class InboundEventFactory(DjangoModelFactory[models.InboundEvent]):
    class Meta:
        model = models.InboundEvent

    channel = factory.SubFactory(ChannelFactory)
    organisation = factory.SelfAttribute("channel.organisation")
    key = factory.Sequence(lambda n: f"event-{n}")
    source = InboundSource.POLL
    payload = b"{}"
    received_at = factory.LazyFunction(timezone.now)
