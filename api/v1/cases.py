"""Cases: list them, and read one with all that a decision needs."""

from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.actors import Actor
from accounts.enums import Permission
from api.pagination import CursorPagination
from api.renderers import moment
from api.v1.decisions import DecisionSerializer, decision_data, with_everything
from api.v1.shapes import (
    AuthorSerializer,
    ChannelLinkSerializer,
    EvaluationSerializer,
    PostSerializer,
    author_data,
    channel_link,
    evaluation_data,
    post_data,
    unread,
)
from api.views import ApiView
from audit.enums import ActorKind
from audit.models import AuditEvent
from moderation.enums import CaseOrigin, CaseStatus, ReportSource
from moderation.models import Case, Decision, Queue
from policies.enums import Outcome, Severity

LONGEST_TIMELINE = 500
# What a row of the list shows, and no more: lists are read often, and rows are wide.
ROW_COLUMNS = (
    "id", "status", "severity", "headline", "excerpt", "clause_reference", "recommend", "origin",
    "queue__key", "channel__slug", "content_item_id", "opened_at", "due_at", "claimed_by_id",
    "decided_at", "revision",
)  # fmt: skip


class CaseRowSerializer(serializers.Serializer[Any]):
    """A case in a list."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    status = serializers.ChoiceField(choices=CaseStatus.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    headline = serializers.CharField()
    excerpt = serializers.CharField()
    clause = serializers.CharField(help_text="The clause of the leading flag, if any.")
    recommend = serializers.ChoiceField(choices=Outcome.choices, allow_null=True)
    origin = serializers.ChoiceField(choices=CaseOrigin.choices)
    queue = serializers.CharField(help_text="The queue's key.")
    channel = serializers.CharField(help_text="The channel's slug.")
    content_id = serializers.UUIDField()
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="In the organisation's working time.")
    claimed = serializers.BooleanField(help_text="Whether a moderator is on it.")
    decided_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField(
        help_text="Counts changes; send it back as `seen_revision`."
    )


class CasePageSerializer(serializers.Serializer[Any]):
    """A page of cases."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CaseRowSerializer(many=True)


class CaseContentSerializer(serializers.Serializer[Any]):
    """The comment that the case is about."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    external_id = serializers.CharField()
    text = serializers.CharField()
    source_url = serializers.CharField()
    published_at = serializers.DateTimeField()
    author = AuthorSerializer()
    post = PostSerializer(allow_null=True)


class ReportRowSerializer(serializers.Serializer[Any]):
    """What somebody told us."""

    id = serializers.UUIDField()
    source = serializers.ChoiceField(choices=ReportSource.choices)  # type: ignore[assignment]
    reporter = serializers.CharField()
    reason = serializers.CharField()
    received_at = serializers.DateTimeField()


class EventSerializer(serializers.Serializer[Any]):
    """One recorded act."""

    id = serializers.IntegerField()
    type = serializers.CharField()
    at = serializers.DateTimeField()
    actor_kind = serializers.ChoiceField(choices=ActorKind.choices)
    actor = serializers.CharField()
    clause = serializers.CharField()
    reason = serializers.CharField()
    data = serializers.DictField(child=serializers.JSONField())  # type: ignore[assignment]


class CaseSerializer(CaseRowSerializer):
    """A case with its comment, its evidence and its decisions."""

    channel = ChannelLinkSerializer()  # type: ignore[assignment]
    claimed_by = serializers.CharField(allow_null=True)
    content = CaseContentSerializer()
    evaluation = EvaluationSerializer(
        allow_null=True, help_text="What the case rests on; null where no rule was involved."
    )
    reports = ReportRowSerializer(many=True)
    decisions = DecisionSerializer(many=True, help_text="Oldest first.")
    timeline = EventSerializer(
        many=True, required=False, help_text="Only with the scope `audit:read`. Oldest first."
    )


class CaseList(ApiView):
    """GET: the organisation's cases."""

    required = {"GET": Permission.CASE_READ}
    query = frozenset({"queue", "status", "severity", "cursor", "page_size"})

    @extend_schema(
        operation_id="list_cases",
        tags=["Cases"],
        summary="List cases, newest first",
        parameters=[
            OpenApiParameter(
                "queue", str, description="A queue's key, from `GET /api/v1/queues/`."
            ),
            OpenApiParameter("status", str, enum=CaseStatus.values),
            OpenApiParameter("severity", str, enum=Severity.values),
            OpenApiParameter("cursor", str, description="From `next` or `previous`."),
            OpenApiParameter(
                "page_size", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
            ),
        ],
        responses=OpenApiResponse(CasePageSerializer, "A page of cases."),
    )
    def get(self, request: Request) -> Response:
        """List cases."""
        paginator = CursorPagination()
        cases = (
            Case.objects.visible_to(self.actor)
            .filter(**_filters(request, self.actor))
            .values(*ROW_COLUMNS)
        )
        page: Any = paginator.paginate_queryset(cases, request, view=self) or []
        base = reverse("api-v1:cases", request=request)
        return Response({**paginator.links(), "results": [_row(case, base) for case in page]})


class CaseDetail(ApiView):
    """GET: one case."""

    required = {"GET": Permission.CASE_READ}

    @extend_schema(
        operation_id="read_case",
        tags=["Cases"],
        summary="Read a case",
        description=(
            "With the comment, the flags and their evidence, the reports, the decisions and how far"
            " their actions have come; and, with the scope `audit:read`, everything that happened to it."
        ),
        responses=OpenApiResponse(CaseSerializer, "The case."),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Read one case."""
        case = (
            Case.objects.visible_to(self.actor)
            .select_related(
                "queue",
                "channel",
                "claimed_by",
                "content_item__author",
                "content_item__post",
                "content_item__current_revision",
                "evaluation__revision",
                "evaluation__version__rule_set",
            )
            .defer("evaluation__version__definition", *unread("channel__"))
            .filter(pk=pk)
            .first()
        )
        if case is None:
            raise Http404
        return Response(_detail(case, request, self.actor))


class QueueSerializer(serializers.Serializer[Any]):
    """A queue."""

    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    default = serializers.BooleanField()
    senior = serializers.BooleanField(help_text="Only senior reviewers decide here.")
    target_minutes = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Working minutes until a case of each severity should be decided.",
    )
    waiting = serializers.IntegerField()


class QueueListSerializer(serializers.Serializer[Any]):
    """The organisation's queues."""

    results = QueueSerializer(many=True)


class QueueList(ApiView):
    """GET: the organisation's queues."""

    required = {"GET": Permission.CASE_READ}

    @extend_schema(
        operation_id="list_queues",
        tags=["Channels"],
        summary="List queues",
        responses=OpenApiResponse(QueueListSerializer, "Every queue, in its order."),
    )
    def get(self, request: Request) -> Response:
        """List queues."""
        queues = Queue.objects.visible_to(self.actor).order_by("position", "pk")
        waiting = dict(
            Case.objects.visible_to(self.actor)
            .waiting()
            .values_list("queue_id")
            .annotate(count=Count("pk"))
            .order_by()
        )
        return Response({"results": [_queue(queue, waiting.get(queue.pk, 0)) for queue in queues]})


def _filters(request: Request, actor: Actor) -> dict[str, Any]:
    filters: dict[str, Any] = {}
    for name, choices in (("status", CaseStatus.values), ("severity", Severity.values)):
        value = request.query_params.get(name)
        if value is None:
            continue
        if value not in choices:
            raise ValidationError({name: f"Must be one of {', '.join(choices)}."})
        filters[name] = value
    key = request.query_params.get("queue")
    if key is not None:
        queue = (
            Queue.objects.visible_to(actor).filter(key=key).first() if key.isprintable() else None
        )
        if queue is None:
            raise ValidationError(
                {"queue": "There is no such queue. GET /api/v1/queues/ lists them."}
            )
        filters["queue"] = queue
    return filters


def _row(case: dict[str, Any], base: str) -> dict[str, Any]:
    return {
        "id": case["id"],
        "url": f"{base}{case['id']}/",
        "status": case["status"],
        "severity": case["severity"],
        "headline": case["headline"],
        "excerpt": case["excerpt"],
        "clause": case["clause_reference"],
        "recommend": case["recommend"] or None,
        "origin": case["origin"],
        "queue": case["queue__key"],
        "channel": case["channel__slug"],
        "content_id": case["content_item_id"],
        "opened_at": moment(case["opened_at"]),
        "due_at": moment(case["due_at"]),
        "claimed": case["claimed_by_id"] is not None,
        "decided_at": moment(case["decided_at"]),
        "revision": case["revision"],
    }


def _detail(case: Case, request: Request, actor: Actor) -> dict[str, Any]:
    item = case.content_item
    columns = {
        "queue__key": case.queue.key,
        "channel__slug": case.channel.slug,
        **{name: getattr(case, name) for name in ROW_COLUMNS if "__" not in name},
    }
    body = {
        **_row(columns, reverse("api-v1:cases", request=request)),
        "channel": channel_link(case.channel),
        "claimed_by": case.claimed_by.name if case.claimed_by else None,
        "content": {
            "id": item.pk,
            "url": reverse("api-v1:content", args=[item.pk], request=request),
            "external_id": item.external_id,
            "text": item.current_revision.text if item.current_revision else "",
            "source_url": item.url,
            "published_at": moment(item.published_at),
            "author": author_data(item.author),
            "post": post_data(item.post),
        },
        "evaluation": _evaluation(case),
        "reports": [
            {
                "id": report.pk,
                "source": report.source,
                "reporter": report.reporter,
                "reason": report.reason,
                "received_at": moment(report.received_at),
            }
            for report in item.reports.order_by("pk")
        ],
        "decisions": [
            decision_data(decision, request)
            for decision in with_everything(
                Decision.objects.visible_to(actor).filter(case=case), actor
            ).order_by("made_at", "pk")
        ],
    }
    if actor.may(Permission.AUDIT_READ):
        body["timeline"] = _timeline(case)
    return body


def _evaluation(case: Case) -> dict[str, Any] | None:
    if case.evaluation is None:
        return None
    return evaluation_data(case.evaluation, case.evaluation.revision.text)


def _timeline(case: Case) -> list[dict[str, Any]]:
    events = (
        AuditEvent.objects.of_organisation(case.organisation_id)
        .of_case(case.pk)
        .order_by("id")[:LONGEST_TIMELINE]
    )
    return [
        {
            "id": event.pk,
            "type": event.type,
            "at": moment(event.at),
            "actor_kind": event.actor_kind,
            "actor": event.actor_label,
            "clause": event.clause,
            "reason": event.reason,
            "data": event.data,
        }
        for event in events
    ]


def _queue(queue: Queue, waiting: int) -> dict[str, Any]:
    return {
        "key": queue.key,
        "name": queue.name,
        "description": queue.description,
        "default": queue.is_default,
        "senior": queue.is_senior,
        "target_minutes": {
            severity: queue.target_minutes(severity) for severity in Severity.values
        },
        "waiting": waiting,
    }
