"""Decisions: record one on a case, read one, reverse one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.actors import Actor
from accounts.enums import Permission
from api import idempotency
from api.description import MADE_HEADERS, REQUIRED_KEY
from api.errors import IdempotencyKeyReused
from api.renderers import moment
from api.v1.bodies import Choice, Number, StrictSerializer, Text
from api.v1.shapes import (
    CaseLinkSerializer,
    ClauseLinkSerializer,
    case_link,
    clause_link,
    unread,
)
from api.views import ApiView
from moderation.enums import ActionKind, ActionStatus
from moderation.models import Case, Decision, EnforcementAction
from moderation.services import decisions
from platforms.models import Channel
from policies.enums import Outcome
from policies.models import Clause

LONGEST_REASON = 10_000
CAN_DECIDE = [choice for choice in Outcome.choices if choice[0] != Outcome.ESCALATE]
IN_EFFECT = frozenset(
    {ActionStatus.REQUESTED, ActionStatus.ACCEPTED, ActionStatus.VERIFIED, ActionStatus.UNKNOWN}
)


class RulingSerializer(StrictSerializer):
    """What was concluded."""

    outcome = Choice(choices=CAN_DECIDE)
    clause = Text(
        required=False,
        allow_null=True,
        max_length=40,
        help_text="The clause that was breached, such as `HMPPS-07`. Needed unless there was no breach.",
    )
    reason = Text(max_length=LONGEST_REASON, help_text="What the decision is defended with.")
    message = Text(
        required=False,
        allow_blank=True,
        max_length=LONGEST_REASON,
        help_text="What is said to the author: needed for `reply`; `warn` has words of its own.",
    )
    seen_revision = Number(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2_147_483_647,
        help_text="The case's `revision` that was read. If it changed meanwhile, the decision is refused.",
    )


class ReversalSerializer(StrictSerializer):
    """Why a decision is taken back."""

    reason = Text(max_length=LONGEST_REASON)


class ActionSerializer(serializers.Serializer[Any]):
    """One act on one channel, and how far it has really come."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ActionKind.choices)
    status = serializers.ChoiceField(
        choices=ActionStatus.choices,
        help_text="`verified` only when the platform was seen to have done it.",
    )
    channel = serializers.CharField(help_text="The channel's slug.")
    note = serializers.CharField(help_text="Why it is not possible here, or failed.")
    undoes = serializers.UUIDField(
        allow_null=True, help_text="The action that this one takes back."
    )
    requested_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)


class DeciderSerializer(serializers.Serializer[Any]):
    """A person or an internal tool."""

    kind = serializers.ChoiceField(choices=["person", "token"])
    name = serializers.CharField()


class DecisionSerializer(serializers.Serializer[Any]):
    """A decision, with what it asked for."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    case = CaseLinkSerializer()
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    clause = ClauseLinkSerializer(allow_null=True)
    reason = serializers.CharField()
    message = serializers.CharField()
    made_by = DeciderSerializer()
    made_at = serializers.DateTimeField()
    standing = serializers.BooleanField(help_text="Whether it has not been replaced.")
    replaces = serializers.UUIDField(allow_null=True)
    actions = ActionSerializer(many=True)
    irreversible = serializers.ListField(
        child=serializers.ChoiceField(choices=ActionKind.choices),
        help_text="For a reversal: what the reversed decision did that cannot be taken back.",
    )


DECISION_EXAMPLE = {
    "id": "019aa1f0-0000-7000-8000-000000000005",
    "url": "https://console.example/api/v1/decisions/019aa1f0-0000-7000-8000-000000000005/",
    "case": {
        "id": "019aa1f0-0000-7000-8000-000000000002",
        "url": "https://console.example/api/v1/cases/019aa1f0-0000-7000-8000-000000000002/",
        "page": "https://console.example/cases/019aa1f0-0000-7000-8000-000000000002/",
        "status": "decided",
    },
    "outcome": "hide",
    "clause": {"reference": "HMPPS-07", "title": "Be civil"},
    "reason": "It insults a named officer.",
    "message": "",
    "made_by": {"kind": "token", "name": "Casework tool"},
    "made_at": "2026-11-18T10:00:00Z",
    "standing": True,
    "replaces": None,
    "actions": [
        {
            "id": "019aa1f0-0000-7000-8000-000000000006",
            "kind": "hide",
            "status": "requested",
            "channel": "careers",
            "note": "",
            "undoes": None,
            "requested_at": "2026-11-18T10:00:00Z",
            "accepted_at": None,
            "verified_at": None,
        }
    ],
    "irreversible": [],
}


class CaseDecision(ApiView):
    """POST: decide a case."""

    required = {"POST": Permission.CASE_DECIDE}
    refusals = (404, 409, 422)

    @extend_schema(
        operation_id="decide_case",
        tags=["Decisions"],
        summary="Decide a case",
        description=(
            "The decision, the actions that follow from it and their record exist together or not at all."
            " The same `Idempotency-Key` again answers 200 with the decision that was made and the header"
            " `Idempotency-Replayed: true`; with another body it is refused (422), but for `seen_revision`,"
            " which counts only while the decision is not made."
            " What `delete`, `warn`, `report` and `reply` do cannot be taken back. The console asks a person"
            " twice; a call is carried out at once, so ask before you send it."
        ),
        parameters=[REQUIRED_KEY, *MADE_HEADERS],
        request=RulingSerializer,
        responses={
            201: OpenApiResponse(
                DecisionSerializer,
                "The decision was recorded.",
                examples=[OpenApiExample("Hidden", value=DECISION_EXAMPLE)],
            ),
            200: OpenApiResponse(
                DecisionSerializer, "It was recorded before, under the same key."
            ),
        },
        examples=[
            OpenApiExample(
                "Hide",
                value={
                    "outcome": "hide",
                    "clause": "HMPPS-07",
                    "reason": "It insults a named officer.",
                    "seen_revision": 1,
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Decide a case."""
        now = timezone.now()
        key = idempotency.submission_key(request)
        case = Case.objects.visible_to(self.actor).filter(pk=pk).first()
        if case is None:
            raise Http404
        body = RulingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        ruling = decisions.Ruling(
            outcome=Outcome(body.validated_data["outcome"]),
            reason=body.validated_data["reason"],
            submission_key=key,
            clause=_clause(body.validated_data.get("clause"), self.actor),
            message=body.validated_data.get("message", ""),
            seen_revision=body.validated_data.get("seen_revision"),
        )
        decision = decisions.record(case=case, by=self.actor, ruling=ruling, now=now)
        _check_same(decision, case.pk, ruling)
        return _answer(decision, request, now=now)


class DecisionDetail(ApiView):
    """GET: one decision."""

    required = {"GET": Permission.CASE_READ}

    @extend_schema(
        operation_id="read_decision",
        tags=["Decisions"],
        summary="Read a decision",
        description="With its actions, and how far each has really come.",
        responses=OpenApiResponse(
            DecisionSerializer,
            "The decision.",
            examples=[OpenApiExample("Hidden", value=DECISION_EXAMPLE)],
        ),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Read one decision."""
        return Response(decision_data(_find(pk, self.actor), request))


class DecisionReversal(ApiView):
    """POST: reverse a decision."""

    required = {"POST": Permission.DECISION_REVERSE}
    refusals = (404, 409, 422)

    @extend_schema(
        operation_id="reverse_decision",
        tags=["Decisions"],
        summary="Reverse a decision",
        description=(
            "Replaces a standing decision by “no breach” and takes back what it did, as far as that is"
            " possible: `irreversible` names the rest. A tool reverses its own decisions; those of others"
            " need the scope `case:decide_escalated` too."
        ),
        parameters=[REQUIRED_KEY, *MADE_HEADERS],
        request=ReversalSerializer,
        responses={
            201: OpenApiResponse(DecisionSerializer, "The replacing decision."),
            200: OpenApiResponse(
                DecisionSerializer, "It was reversed before, under the same key."
            ),
        },
        examples=[
            OpenApiExample(
                "Mistaken",
                value={"reason": "It quotes the insult to answer it."},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Reverse a decision."""
        now = timezone.now()
        key = idempotency.submission_key(request)
        decision = _find(pk, self.actor)
        body = ReversalSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        reason = body.validated_data["reason"]
        replacement, _ = decisions.reverse(
            decision=decision, by=self.actor, reason=reason, submission_key=key, now=now
        )
        if replacement.replaces_id != decision.pk or replacement.reason != reason:
            raise IdempotencyKeyReused
        return _answer(replacement, request, now=now)


def decision_data(decision: Decision, request: Request) -> dict[str, Any]:
    """Tell what was concluded and what was done."""
    made_by = decision.made_by or decision.made_by_token
    return {
        "id": decision.pk,
        "url": reverse("api-v1:decision", args=[decision.pk], request=request),
        "case": case_link(decision.case_id, decision.case.status, request),
        "outcome": decision.outcome,
        "clause": clause_link(decision.clause) if decision.clause else None,
        "reason": decision.reason,
        "message": decision.message,
        "made_by": {
            "kind": "person" if decision.made_by else "token",
            "name": made_by.name if made_by else "",
        },
        "made_at": moment(decision.made_at),
        "standing": decision.case.standing_decision_id == decision.pk,
        "replaces": decision.replaces_id,
        "actions": [_action(action) for action in decision.actions.all()],
        "irreversible": _irreversible(decision.replaces),
    }


def with_everything(decisions_: QuerySet[Decision], actor: Actor) -> QuerySet[Decision]:
    """Fetch along what `decision_data` shows."""
    return decisions_.select_related(
        "case", "clause", "made_by", "made_by_token", "replaces"
    ).prefetch_related(
        "actions",
        Prefetch("actions__channel", Channel.objects.visible_to(actor).defer(*unread())),
        "replaces__actions__undone_by",
    )


def _find(pk: UUID, actor: Actor) -> Decision:
    decision = with_everything(Decision.objects.visible_to(actor), actor).filter(pk=pk).first()
    if decision is None:
        raise Http404
    return decision


def _answer(decision: Decision, request: Request, *, now: datetime) -> Response:
    """Answer 201 with a decision made just now, or 200 with one that the same key made before."""
    is_replay = decision.made_at != now
    actor: Actor = request.user  # type: ignore[assignment]
    response = Response(
        decision_data(_find(decision.pk, actor), request), status=200 if is_replay else 201
    )
    response["Location"] = reverse("api-v1:decision", args=[decision.pk], request=request)
    if is_replay:
        response[idempotency.REPLAYED] = "true"
    return response


def _check_same(decision: Decision, case_id: UUID, ruling: decisions.Ruling) -> None:
    """Refuse a key that was used for another ruling."""
    made = (decision.case_id, decision.outcome, decision.clause_id, decision.reason)
    asked = (
        case_id,
        ruling.outcome.value,
        ruling.clause.pk if ruling.clause else None,
        ruling.reason.strip(),
    )
    own_words = not ruling.message.strip() and ruling.outcome == Outcome.WARN
    if made != asked or (not own_words and decision.message != ruling.message.strip()):
        raise IdempotencyKeyReused


def _clause(reference: str | None, actor: Actor) -> Clause | None:
    if reference is None:
        return None
    clause = Clause.objects.visible_to(actor).current().filter(reference=reference).first()
    if clause is None:
        raise ValidationError(
            {"clause": "There is no such clause. GET /api/v1/clauses/ lists them."}
        )
    return clause


def _action(action: EnforcementAction) -> dict[str, Any]:
    return {
        "id": action.pk,
        "kind": action.kind,
        "status": action.status,
        "channel": action.channel.slug,
        "note": action.note,
        "undoes": action.undoes_id,
        "requested_at": moment(action.requested_at),
        "accepted_at": moment(action.accepted_at),
        "verified_at": moment(action.verified_at),
    }


def _irreversible(reversed_: Decision | None) -> list[str]:
    if reversed_ is None:
        return []
    return sorted(
        {
            action.kind
            for action in reversed_.actions.all()
            if action.status in IN_EFFECT and not hasattr(action, "undone_by")
        }
    )
