"""Policies: the clauses, and the published rules."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Permission
from api.renderers import moment
from api.v1.shapes import ClauseLinkSerializer, clause_link
from api.views import ApiView
from policies.enums import Outcome, Severity
from policies.models import Clause, Rule, RuleSetVersion
from policies.services import rulesets


class PackSerializer(serializers.Serializer[Any]):
    """The published document that a clause comes from."""

    key = serializers.CharField()
    title = serializers.CharField()
    version = serializers.CharField()
    source_title = serializers.CharField()
    source_url = serializers.CharField()


class ClauseSerializer(serializers.Serializer[Any]):
    """One clause of the published guidelines."""

    reference = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    zero_tolerance = serializers.BooleanField(
        help_text="Whether its breach may be answered by a block without an earlier warning."
    )
    pack = PackSerializer()


class ClauseListSerializer(serializers.Serializer[Any]):
    """The clauses in force."""

    results = ClauseSerializer(many=True)


class RuleSerializer(serializers.Serializer[Any]):
    """One rule."""

    key = serializers.CharField()
    name = serializers.CharField()
    group = serializers.CharField()
    clause = ClauseLinkSerializer()
    severity = serializers.ChoiceField(choices=Severity.choices)
    recommend = serializers.ChoiceField(choices=Outcome.choices)
    human_required = serializers.BooleanField()
    route = serializers.CharField()
    because = serializers.CharField()
    sentence = serializers.CharField(help_text="The condition in plain English.")


class RuleSetSerializer(serializers.Serializer[Any]):
    """The published version of a rule set."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    digest = serializers.CharField(help_text="SHA-256 of the definition in one canonical form.")
    published_at = serializers.DateTimeField()
    published_by = serializers.CharField()
    approved_by = serializers.CharField()
    review_on = serializers.DateField(allow_null=True)
    in_force_from = serializers.DateField(allow_null=True, help_text="Judges nothing before.")
    in_force_until = serializers.DateField(allow_null=True, help_text="Judges nothing after.")
    rules = RuleSerializer(many=True)


class RuleSetListSerializer(serializers.Serializer[Any]):
    """The rule sets in force."""

    results = RuleSetSerializer(many=True)


class ClauseList(ApiView):
    """GET: the clauses in force."""

    required = {"GET": Permission.RULES_READ}

    @extend_schema(
        operation_id="list_clauses",
        tags=["Policies"],
        summary="List the clauses in force",
        responses=OpenApiResponse(ClauseListSerializer, "Every clause, by its reference."),
    )
    def get(self, request: Request) -> Response:
        """List clauses."""
        clauses = (
            Clause.objects.visible_to(self.actor)
            .current()
            .select_related("pack")
            .order_by("reference", "pk")
        )
        return Response({"results": [_clause(clause) for clause in clauses]})


class RuleSetList(ApiView):
    """GET: the published rules."""

    required = {"GET": Permission.RULES_READ}

    @extend_schema(
        operation_id="list_rule_sets",
        tags=["Policies"],
        summary="List the rules in force",
        responses=OpenApiResponse(
            RuleSetListSerializer, "The published version of each rule set."
        ),
    )
    def get(self, request: Request) -> Response:
        """List published rule sets."""
        versions = (
            RuleSetVersion.objects.visible_to(self.actor)
            .published()
            .defer("definition")
            .select_related("rule_set", "published_by", "approved_by")
            .prefetch_related("rules__clause")
            .order_by("published_at", "pk")
        )
        return Response({"results": [_version(version) for version in versions]})


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "reference": clause.reference,
        "title": clause.title,
        "text": clause.text,
        "zero_tolerance": clause.is_zero_tolerance,
        "pack": {
            "key": clause.pack.key,
            "title": clause.pack.title,
            "version": clause.pack.version,
            "source_title": clause.pack.source_title,
            "source_url": clause.pack.source_url,
        },
    }


def _version(version: RuleSetVersion) -> dict[str, Any]:
    period = rulesets.period(version.pk)
    return {
        "id": version.pk,
        "key": version.rule_set.key,
        "name": version.rule_set.name,
        "version": version.number,
        "digest": version.digest,
        "published_at": moment(version.published_at),
        "published_by": version.published_by.name if version.published_by else "",
        "approved_by": version.approved_by.name if version.approved_by else "",
        "review_on": version.review_on,
        "in_force_from": period.starts_on,
        "in_force_until": period.ends_on,
        "rules": [_rule(rule) for rule in sorted(version.rules.all(), key=lambda rule: rule.key)],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "key": rule.key,
        "name": rule.name,
        "group": rule.group,
        "clause": clause_link(rule.clause),
        "severity": rule.severity,
        "recommend": rule.recommend,
        "human_required": rule.human_required,
        "route": rule.route,
        "because": rule.because,
        "sentence": rule.sentence,
    }
