"""Rule sets and their versions, to read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.http import HtmxHttpRequest
from policies.enums import RuleSetStatus
from policies.models import Clause, Rule, RuleSetVersion, VersionNote
from policies.presenters import life as life_presenter
from policies.presenters import rulesets as presenters
from policies.services import dates, rulesets, trials
from policies.views.answers import find_version, live_beside


@require_safe
@permission_required(Permission.RULES_READ)
def ruleset_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show the organisation's rule sets, each by the version that counts now, and what is on the way."""
    now = timezone.now()
    versions = (
        RuleSetVersion.objects.visible_to(request.actor)
        .select_related(
            "rule_set__owner", "published_by", "approved_by", "drafted_by", "submitted_by"
        )
        .defer("definition")
        .annotate(rule_count=Count("rules"))
        .order_by("rule_set__name", "rule_set_id", "-number")
    )
    page = presenters.ruleset_list(
        versions=list(versions),
        due=dates.reviews_due(by=request.actor, now=now),
        actor=request.actor,
        now=now,
    )
    return render(request, "policies/ruleset_list.html", {"page": page})


@require_safe
@permission_required(Permission.RULES_READ)
def ruleset_detail(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Show every rule of one version in plain sentences, and what can be done with it."""
    return show_version(request, find_version(request, version_id))


def show_version(
    request: HtmxHttpRequest,
    version: RuleSetVersion,
    *,
    typed: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer with the page of a version. `typed` holds forms that came back with errors."""
    now = timezone.now()
    mine = RuleSetVersion.objects.visible_to(request.actor)
    rules = Rule.objects.filter(version=version).select_related("clause", "version").order_by("pk")
    clauses = Clause.objects.visible_to(request.actor)
    is_open = version.status in (
        RuleSetStatus.DRAFT, RuleSetStatus.SUBMITTED, RuleSetStatus.APPROVED,
    )  # fmt: skip
    may_edit = request.actor.may(Permission.RULES_EDIT)
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
        now=now,
    )
    notes = VersionNote.objects.visible_to(request.actor).filter(version=version)
    life = life_presenter.life(
        version,
        life_presenter.Facts(
            actor=request.actor,
            editors=rulesets.editors_of(version) if is_open else set(),
            in_force=live_beside(request, version),
            failures=trials.failures_of(version) if is_open else {},
            notes=list(notes.select_related("written_by").order_by("-written_at", "-pk")),
            people=dates.possible_owners(request.actor) if may_edit else (),
            now=now,
        ),
        typed,
    )
    context = {"page": page, "life": life, "version": version}
    return render(request, "policies/ruleset_detail.html", context, status=status)
