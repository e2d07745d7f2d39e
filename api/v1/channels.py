"""Channels: the official accounts, what can be done there, and whether they work."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Permission
from api.renderers import moment
from api.v1.shapes import unread
from api.views import ApiView
from platforms.enums import Capability, ChannelStatus, Platform
from platforms.models import Channel
from platforms.registry import capabilities_of, is_connected


class HealthSerializer(serializers.Serializer[Any]):
    """How reading the channel goes."""

    last_synced_at = serializers.DateTimeField(allow_null=True)
    last_polled_at = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField(help_text="In a row, up to now.")
    last_error = serializers.CharField()


class ChannelSerializer(serializers.Serializer[Any]):
    """An official account."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    handle = serializers.CharField()
    platform = serializers.ChoiceField(choices=Platform.choices)
    url = serializers.CharField()
    status = serializers.ChoiceField(choices=ChannelStatus.choices)
    connected = serializers.BooleanField(
        help_text="Whether the console speaks to the platform itself; else comments come by file or API."
    )
    capabilities = serializers.ListField(
        child=serializers.ChoiceField(choices=[capability.value for capability in Capability])
    )
    health = HealthSerializer()


class ChannelListSerializer(serializers.Serializer[Any]):
    """The organisation's channels."""

    results = ChannelSerializer(many=True)


class ChannelList(ApiView):
    """GET: the organisation's channels."""

    required = {"GET": Permission.CHANNEL_READ}

    @extend_schema(
        operation_id="list_channels",
        tags=["Channels"],
        summary="List channels",
        responses=OpenApiResponse(ChannelListSerializer, "Every channel, by its name."),
    )
    def get(self, request: Request) -> Response:
        """List channels."""
        channels = Channel.objects.visible_to(self.actor).defer(*unread()).order_by("name", "pk")
        return Response({"results": [_channel(channel) for channel in channels]})


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.pk,
        "slug": channel.slug,
        "name": channel.name,
        "handle": channel.handle,
        "platform": channel.platform,
        "url": channel.url,
        "status": channel.status,
        "connected": is_connected(channel.platform),
        "capabilities": sorted(capabilities_of(channel.platform)),
        "health": {
            "last_synced_at": moment(channel.last_synced_at),
            "last_polled_at": moment(channel.last_polled_at),
            "failures": channel.failures,
            "last_error": channel.last_error,
        },
    }
