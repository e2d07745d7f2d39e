"""Rule sets and their versions, to read."""

from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.http import HtmxHttpRequest
from policies import presenters
from policies.models import Clause, Rule, RuleSetVersion


@require_safe
@permission_required(Permission.RULES_READ)
def ruleset_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show the organisation's rule sets, each by the version that counts now."""
    versions = (
        RuleSetVersion.objects.of_organisation(request.actor.organisation_id)
        .select_related("rule_set", "published_by", "approved_by")
        .defer("definition")
        .annotate(rule_count=Count("rules"))
        .order_by("rule_set__name", "rule_set_id", "-number")
    )
    page = presenters.ruleset_list(versions=list(versions), now=timezone.now())
    return render(request, "policies/ruleset_list.html", {"page": page})


@require_safe
@permission_required(Permission.RULES_READ)
def ruleset_detail(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Show every rule of one version in plain sentences."""
    mine = RuleSetVersion.objects.of_organisation(request.actor.organisation_id)
    version = get_object_or_404(
        mine.select_related("rule_set__owner", "drafted_by", "approved_by", "published_by"),
        pk=version_id,
    )
    rules = Rule.objects.filter(version=version).select_related("clause").order_by("pk")
    clauses = Clause.objects.visible_to(request.actor)
    page = presenters.ruleset_page(
        version=version,
        rules=list(rules),
        clauses=list(
            clauses.filter(reference__in=presenters.clauses_named(version.definition))
            .select_related("pack")
            .order_by("reference", "-is_current", "-pk")
        ),
        versions=list(
            mine.filter(rule_set_id=version.rule_set_id).defer("definition").order_by("-number")
        ),
        now=timezone.now(),
    )
    return render(request, "policies/ruleset_detail.html", {"page": page})
