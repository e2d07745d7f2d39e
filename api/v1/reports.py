"""Reports: somebody tells us about a comment."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.enums import Permission
from api import idempotency
from api.description import ECHOED_KEY, OPTIONAL_KEY
from api.renderers import moment
from api.v1.bodies import StrictSerializer, Text
from api.v1.shapes import CaseLinkSerializer, case_link
from api.views import ApiView
from moderation.enums import ReportSource
from moderation.models import ContentItem
from moderation.services import reports


class ReportBodySerializer(StrictSerializer):
    """Which comment, and what is wrong with it: by `content_id`, or by channel and platform id."""

    content_id = serializers.UUIDField(required=False)
    channel = Text(required=False, max_length=80)
    external_id = Text(required=False, max_length=400)
    reason = Text(max_length=10_000)
    reporter = Text(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Who told you, as you know them. The same reporter is counted once for"
        " each comment. Where it is empty, the `Idempotency-Key` stands for the reporter.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one way of naming the comment, not both and not half of one."""
        by_id = "content_id" in attrs
        named = [name for name in ("channel", "external_id") if name in attrs]
        if by_id == bool(named) or (named and len(named) != 2):
            message = "Name the comment by content_id, or by channel and external_id."
            raise ValidationError({"content_id": message})
        return attrs


class ReportSerializer(serializers.Serializer[Any]):
    """A report, and the case that looks into it."""

    id = serializers.UUIDField()
    content_id = serializers.UUIDField()
    reason = serializers.CharField()
    reporter = serializers.CharField()
    received_at = serializers.DateTimeField()
    new = serializers.BooleanField(help_text="False when this reporter told us before.")
    case = CaseLinkSerializer()


class ReportFile(ApiView):
    """POST: report a comment."""

    required = {"POST": Permission.REPORT_FILE}
    refusals = (404, 409, 422)

    @extend_schema(
        operation_id="report_content",
        tags=["Reports"],
        summary="Report a comment",
        description="Makes sure that a case about the comment is open.",
        parameters=[OPTIONAL_KEY, ECHOED_KEY],
        request=ReportBodySerializer,
        responses={
            201: OpenApiResponse(ReportSerializer, "The report was filed."),
            200: OpenApiResponse(ReportSerializer, "This reporter had reported it before."),
        },
        examples=[
            OpenApiExample(
                "By the platform's id",
                value={
                    "channel": "careers",
                    "external_id": "comment-1001",
                    "reason": "It names a member of staff.",
                    "reporter": "enquiry-4711",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Report a comment."""
        now = timezone.now()
        nobody = idempotency.stand_in(request)
        body = ReportBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = body.validated_data
        report, case = reports.file(
            item=_find(fields, self.actor),
            reason=fields["reason"],
            by=self.actor,
            now=now,
            source=ReportSource.TOOL,
            reporter=fields.get("reporter") or nobody,
        )
        is_new = report.received_at == now
        answer = {
            "id": report.pk,
            "content_id": report.content_item_id,
            "reason": report.reason,
            "reporter": report.reporter,
            "received_at": moment(report.received_at),
            "new": is_new,
            "case": case_link(case.pk, case.status, request),
        }
        return Response(answer, status=201 if is_new else 200)


def _find(fields: dict[str, Any], actor: Actor) -> ContentItem:
    items = ContentItem.objects.visible_to(actor)
    if "content_id" in fields:
        item = items.filter(pk=fields["content_id"]).first()
    else:
        item = items.filter(
            channel__slug=fields["channel"], external_id=fields["external_id"]
        ).first()
    if item is None:
        raise Http404
    return item
