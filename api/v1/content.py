"""Content items: file comments, and read one with everything the rules said about it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.actors import Actor
from accounts.enums import Permission
from api import idempotency
from api.description import ECHOED_KEY, OPTIONAL_KEY, FieldProblemSerializer
from api.renderers import moment
from api.v1 import comments, intake
from api.v1.shapes import (
    AuthorSerializer,
    CaseLinkSerializer,
    ChannelLinkSerializer,
    EvaluationSerializer,
    PostSerializer,
    author_data,
    case_link,
    channel_link,
    evaluation_data,
    post_data,
    unread,
)
from api.views import ApiView
from moderation.models import Case, ContentItem, ContentRevision, Evaluation, Flag
from platforms.enums import ContentKind, SourceState
from policies.enums import Severity

NEWEST_REVISIONS = 50
WEB_ADDRESS = r"^https?://\S*$"
WHEN = f"With its offset; neither before {comments.EARLIEST_YEAR} nor in the future."


def web_address() -> serializers.RegexField:
    """Describe an address: http or https and nothing else, for people will follow it."""
    return serializers.RegexField(
        WEB_ADDRESS,
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=comments.MAX_URL,
    )


class CommentAuthorSerializer(serializers.Serializer[Any]):
    """Who wrote it, by the platform's own stable id."""

    external_id = serializers.CharField(max_length=comments.MAX_AUTHOR_ID)
    handle = serializers.CharField(required=False, max_length=comments.MAX_NAME, allow_null=True)
    display_name = serializers.CharField(
        required=False, max_length=comments.MAX_NAME, allow_null=True
    )
    url = web_address()


class CommentPostSerializer(serializers.Serializer[Any]):
    """The organisation's own post under which it was written."""

    external_id = serializers.CharField(max_length=comments.MAX_ID)
    text = serializers.CharField(required=False, max_length=comments.MAX_TEXT, allow_null=True)
    url = web_address()
    published_at = serializers.DateTimeField(required=False, allow_null=True, help_text=WHEN)


class CommentSerializer(serializers.Serializer[Any]):
    """One comment, reply, mention, message, review or article. No other fields are taken."""

    channel = serializers.SlugField(
        max_length=comments.MAX_CHANNEL,
        help_text="The channel's slug, from `GET /api/v1/channels/`.",
    )
    external_id = serializers.CharField(
        max_length=comments.MAX_ID, help_text="The platform's id. Known ids add nothing twice."
    )
    text = serializers.CharField(max_length=comments.MAX_TEXT, trim_whitespace=False)
    kind = serializers.ChoiceField(
        choices=ContentKind.choices, required=False, help_text="`comment` unless said otherwise."
    )
    author = CommentAuthorSerializer()
    post = CommentPostSerializer(required=False, allow_null=True)
    parent_external_id = serializers.CharField(
        required=False,
        max_length=comments.MAX_ID,
        allow_null=True,
        help_text="The comment that this one answers.",
    )
    url = web_address()
    published_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text=f"{WHEN} The moment of filing if not given.",
    )
    likes = serializers.IntegerField(required=False, min_value=0, max_value=comments.MAX_COUNT)
    replies = serializers.IntegerField(required=False, min_value=0, max_value=comments.MAX_COUNT)
    version = serializers.CharField(
        required=False,
        max_length=comments.MAX_ID,
        allow_null=True,
        help_text=(
            "What tells one edit from the next, such as the time of the edit. Without it another text is"
            " an edit, but going back to an earlier text is not noticed."
        ),
    )


class CommentBatchSerializer(serializers.Serializer[Any]):
    """Up to 500 comments, each judged on its own."""

    comments = serializers.ListField(
        child=CommentSerializer(), min_length=1, max_length=comments.MAX_COMMENTS
    )


class FiledSerializer(serializers.Serializer[Any]):
    """What became of one comment."""

    id = serializers.UUIDField(help_text="The content item.")
    url = serializers.URLField()
    channel = serializers.CharField()
    external_id = serializers.CharField()
    new = serializers.BooleanField(help_text="Whether this call brought it in.")
    revised = serializers.BooleanField(help_text="Whether this call brought another text.")
    current = serializers.BooleanField(
        help_text=(
            "Whether the text sent is the comment's text now. False where this text was sent before"
            " and another has replaced it since: it counts as a repeat and is not taken. When the"
            " author really returned to it, send it with a `version` of its own."
        )
    )
    flagged = serializers.BooleanField(help_text="Whether a published rule held.")
    severity = serializers.ChoiceField(choices=Severity.choices, allow_null=True)
    case = CaseLinkSerializer(allow_null=True)


class BatchResultSerializer(serializers.Serializer[Any]):
    """What became of one comment of a batch, in the order of the batch."""

    status = serializers.IntegerField(help_text="201 new, 200 known, 400 refused.")
    content = FiledSerializer(allow_null=True)
    errors = FieldProblemSerializer(many=True)  # type: ignore[assignment]


class BatchAnswerSerializer(serializers.Serializer[Any]):
    """What became of a batch."""

    added = serializers.IntegerField()
    known = serializers.IntegerField()
    flagged = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = BatchResultSerializer(many=True)


class RevisionSerializer(serializers.Serializer[Any]):
    """One text that the item had, and what the rules said about it."""

    number = serializers.IntegerField()
    text = serializers.CharField()
    digest = serializers.CharField(help_text="SHA-256 of the text in UTF-8.")
    version = serializers.CharField()
    captured_at = serializers.DateTimeField()
    evaluations = EvaluationSerializer(many=True)


class ContentSerializer(serializers.Serializer[Any]):
    """A content item with its texts, its evaluations and its open case."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    channel = ChannelLinkSerializer()
    external_id = serializers.CharField()
    parent_external_id = serializers.CharField()
    kind = serializers.ChoiceField(choices=ContentKind.choices)
    source_url = serializers.CharField(help_text="Where it stands on its platform.")
    state = serializers.ChoiceField(
        choices=SourceState.choices, help_text="How it stands on its platform, as last seen."
    )
    state_since = serializers.DateTimeField(allow_null=True)
    likes = serializers.IntegerField()
    replies = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    first_seen_at = serializers.DateTimeField()
    author = AuthorSerializer()
    post = PostSerializer(allow_null=True)
    text = serializers.CharField(help_text="The current text.")
    revisions = RevisionSerializer(many=True, help_text="Newest first.")
    open_case = CaseLinkSerializer(allow_null=True)


COMMENT_EXAMPLE = {
    "channel": "careers",
    "external_id": "comment-1001",
    "text": "What a numpty.",
    "kind": "comment",
    "author": {"external_id": "author-77", "handle": "jo77", "display_name": "Jo"},
    "post": {"external_id": "post-12", "text": "We are recruiting."},
    "url": "https://social.example/comment-1001",
    "published_at": "2026-11-18T09:30:00Z",
    "likes": 3,
    "replies": 1,
}
FILED_EXAMPLE = {
    "id": "019aa1f0-0000-7000-8000-000000000001",
    "url": "https://console.example/api/v1/content/019aa1f0-0000-7000-8000-000000000001/",
    "channel": "careers",
    "external_id": "comment-1001",
    "new": True,
    "revised": False,
    "current": True,
    "flagged": True,
    "severity": "medium",
    "case": {
        "id": "019aa1f0-0000-7000-8000-000000000002",
        "url": "https://console.example/api/v1/cases/019aa1f0-0000-7000-8000-000000000002/",
        "page": "https://console.example/cases/019aa1f0-0000-7000-8000-000000000002/",
        "status": "waiting",
    },
}
BATCH_ANSWER_EXAMPLE = {
    "added": 1,
    "known": 0,
    "flagged": 1,
    "refused": 1,
    "results": [
        {"status": 201, "content": FILED_EXAMPLE, "errors": []},
        {
            "status": 400,
            "content": None,
            "errors": [{"field": "text", "message": "This field is needed."}],
        },
    ],
}


class ContentFile(ApiView):
    """POST: file comments."""

    required = {"POST": Permission.CONTENT_SUBMIT}
    refusals = (409,)

    @extend_schema(
        operation_id="file_content",
        tags=["Content"],
        summary="File one comment, or up to 500",
        description=(
            "Each comment is stored as sent, judged by the published rules and, where it needs a"
            " moderator, put in a queue before the answer comes. In a batch, what is wrong with one"
            " comment does not stop the rest. A comment that is known adds nothing; with another text"
            " it is an edit and is judged again."
        ),
        parameters=[OPTIONAL_KEY, ECHOED_KEY],
        request=PolymorphicProxySerializer(
            component_name="Comments",
            serializers=[CommentSerializer, CommentBatchSerializer],
            resource_type_field_name=None,
        ),
        responses={
            201: OpenApiResponse(
                FiledSerializer,
                "The comment is new.",
                examples=[OpenApiExample("New", value=FILED_EXAMPLE)],
            ),
            200: OpenApiResponse(
                PolymorphicProxySerializer(
                    component_name="FiledOrBatch",
                    serializers=[FiledSerializer, BatchAnswerSerializer],
                    resource_type_field_name=None,
                ),
                "The comment was known; or every comment of the batch was taken.",
                examples=[
                    OpenApiExample("Known", value={**FILED_EXAMPLE, "new": False}),
                ],
            ),
            207: OpenApiResponse(
                BatchAnswerSerializer,
                "Some comments of the batch were refused.",
                examples=[OpenApiExample("Some refused", value=BATCH_ANSWER_EXAMPLE)],
            ),
        },
        examples=[
            OpenApiExample("One comment", value=COMMENT_EXAMPLE, request_only=True),
            OpenApiExample("A batch", value={"comments": [COMMENT_EXAMPLE]}, request_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """File comments."""
        now = timezone.now()
        idempotency.key_of(request)
        body = request.data
        batch = body if isinstance(body, dict) and "comments" in body else None
        entries = _entries(batch) if batch is not None else [body]
        results = intake.submit(entries, by=self.actor, now=now)
        if batch is not None:
            return self._batch(results)
        result = results[0]
        if isinstance(result, list):
            raise ValidationError({problem.field: problem.message for problem in result})
        return Response(_filed(result, request), status=201 if result.is_new else 200)

    def _batch(self, results: Sequence[intake.Outcome | list[comments.FieldProblem]]) -> Response:
        taken = [result for result in results if isinstance(result, intake.Outcome)]
        refused = len(results) - len(taken)
        if not taken:
            raise ValidationError(
                {
                    f"comments[{index}]{'.' if problem.field else ''}{problem.field}": problem.message
                    for index, result in enumerate(results)
                    if isinstance(result, list)
                    for problem in result
                }
            )
        body = {
            "added": sum(result.is_new for result in taken),
            "known": sum(not result.is_new for result in taken),
            "flagged": sum(result.is_flagged for result in taken),
            "refused": refused,
            "results": [_result(result, self.request) for result in results],
        }
        return Response(body, status=207 if refused else 200)


class ContentDetail(ApiView):
    """GET: one content item."""

    required = {"GET": Permission.CONTENT_READ}

    @extend_schema(
        operation_id="read_content",
        tags=["Content"],
        summary="Read a content item",
        description=(
            "With every text it had (the newest 50), what each published version of the rules said about"
            " each, the evidence, and the open case."
        ),
        responses=ContentSerializer,
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Read one item."""
        item = (
            ContentItem.objects.visible_to(self.actor)
            .filter(pk=pk)
            .select_related("channel", "author", "post")
            .defer(*unread("channel__"))
            .first()
        )
        if item is None:
            raise Http404
        case = Case.objects.visible_to(self.actor).waiting().filter(content_item=item).first()
        return Response(_content(item, case, request))


def _entries(body: dict[str, Any]) -> list[object]:
    entries = body["comments"]
    if not isinstance(entries, list) or body.keys() != {"comments"}:
        raise ValidationError({"comments": "A batch is an object with one list: comments."})
    if not 1 <= len(entries) <= comments.MAX_COMMENTS:
        raise ValidationError(
            {"comments": f"A batch has 1 to {comments.MAX_COMMENTS} comments, not {len(entries)}."}
        )
    return entries


def _result(
    result: intake.Outcome | list[comments.FieldProblem], request: Request
) -> dict[str, Any]:
    if isinstance(result, list):
        return {
            "status": 400,
            "content": None,
            "errors": [problem._asdict() for problem in result],
        }
    return {
        "status": 201 if result.is_new else 200,
        "content": _filed(result, request),
        "errors": [],
    }


def _filed(outcome: intake.Outcome, request: Request) -> dict[str, Any]:
    return {
        "id": outcome.item_id,
        "url": reverse("api-v1:content", args=[outcome.item_id], request=request),
        "channel": outcome.channel,
        "external_id": outcome.external_id,
        "new": outcome.is_new,
        "revised": outcome.is_revised,
        "current": outcome.is_current,
        "flagged": outcome.is_flagged,
        "severity": outcome.severity or None,
        "case": case_link(outcome.case_id, outcome.case_status, request),
    }


def _revisions(item: ContentItem, actor: Actor) -> list[ContentRevision]:
    return list(
        item.revisions.order_by("-number").prefetch_related(
            Prefetch(
                "evaluations",
                Evaluation.objects.visible_to(actor)
                .select_related("version__rule_set")
                .defer("version__definition")
                .order_by("pk"),
            ),
            Prefetch(
                "evaluations__flags",
                Flag.objects.visible_to(actor).select_related("rule", "clause").order_by("pk"),
            ),
        )[:NEWEST_REVISIONS]
    )


def _content(item: ContentItem, case: Case | None, request: Request) -> dict[str, Any]:
    revisions = _revisions(item, request.user)  # type: ignore[arg-type]
    return {
        "id": item.pk,
        "url": reverse("api-v1:content", args=[item.pk], request=request),
        "channel": channel_link(item.channel),
        "external_id": item.external_id,
        "parent_external_id": item.parent_external_id,
        "kind": item.kind,
        "source_url": item.url,
        "state": item.source_state,
        "state_since": moment(item.source_state_at),
        "likes": item.likes,
        "replies": item.replies,
        "published_at": moment(item.published_at),
        "first_seen_at": moment(item.first_seen_at),
        "author": author_data(item.author),
        "post": post_data(item.post),
        "text": revisions[0].text if revisions else "",
        "revisions": [
            {
                "number": revision.number,
                "text": revision.text,
                "digest": revision.digest,
                "version": revision.version,
                "captured_at": moment(revision.captured_at),
                "evaluations": [
                    evaluation_data(evaluation, revision.text)
                    for evaluation in revision.evaluations.all()
                ],
            }
            for revision in revisions
        ],
        "open_case": case_link(case.pk, case.status, request) if case else None,
    }
