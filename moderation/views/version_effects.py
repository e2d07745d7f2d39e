"""What a version of a rule set did: look, take it back, judge held comments again."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.errors import DomainError, NotPermitted
from common.http import HtmxHttpRequest
from moderation.forms import RejudgingForm, VersionUndoForm
from moderation.models import Rejudging, UndoneDecision, VersionUndo
from moderation.presenters import version_effects as presenter
from moderation.services import rejudging
from moderation.services import version_effects as service
from moderation.views.answers import go_to, refuse
from policies.models import RuleSetVersion

# Runs and rows shown on one page.
RUNS = 20
ROWS = 500


@require_safe
@permission_required(Permission.RULES_READ)
def version_effects(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Show what stands because of a version."""
    return _page(request, _version(request, version_id))


@require_POST
@permission_required(Permission.CASE_DECIDE_ESCALATED)
def version_undo(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Begin to take back what a version did."""
    version = _version(request, version_id)
    form = VersionUndoForm(request.POST)
    keys = request.POST.getlist("rule")
    if not form.is_valid():
        return _page(request, version, undo_error=_error(form), status=422)
    try:
        undo = service.start(
            version=version,
            by=request.actor,
            reason=form.cleaned_data["reason"],
            rule_keys=keys,
            now=timezone.now(),
        )
    except NotPermitted as refusal:
        raise PermissionDenied(refusal.message) from refusal
    except DomainError as refusal:
        return _page(request, version, undo_error=refusal.message, status=409)
    return go_to(request, reverse("moderation:undo_detail", args=[undo.pk]))


@require_safe
@permission_required(Permission.RULES_READ)
def undo_detail(request: HtmxHttpRequest, undo_id: UUID) -> HttpResponse:
    """Show how far taking back has come."""
    undo = get_object_or_404(
        VersionUndo.objects.visible_to(request.actor).select_related(
            "version__rule_set", "asked_by"
        ),
        pk=undo_id,
    )
    rows = (
        UndoneDecision.objects.visible_to(request.actor)
        .filter(undo=undo)
        .select_related("decision")
        .order_by("pk")
    )
    page = presenter.undo_page(undo=undo, rows=list(rows[:ROWS]), actor=request.actor)
    return _run(request, page)


@require_POST
@permission_required(Permission.CASE_DECIDE_ESCALATED)
def undo_cancel(request: HtmxHttpRequest, undo_id: UUID) -> HttpResponse:
    """Stop taking back."""
    undo = get_object_or_404(VersionUndo.objects.visible_to(request.actor), pk=undo_id)
    url = reverse("moderation:undo_detail", args=[undo.pk])
    try:
        service.cancel(undo=undo, by=request.actor, now=timezone.now())
    except DomainError as refusal:
        return refuse(request, refusal, url)
    messages.success(request, "Stopped. What was reversed so far stays reversed.")
    return go_to(request, url)


@require_POST
@permission_required(Permission.RULES_EDIT)
def rejudge_start(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Queue held comments to be judged again."""
    version = _version(request, version_id)
    form = RejudgingForm(request.POST)
    if not form.is_valid():
        return _page(request, version, rejudge_error=_error(form), status=422)
    now = timezone.now()
    days = form.cleaned_data["days"]
    try:
        run = rejudging.start(
            version=version,
            by=request.actor,
            reason=form.cleaned_data["reason"],
            since=now - timedelta(days=days) if days else None,
            closes_unflagged=form.cleaned_data["close"],
            now=now,
        )
    except NotPermitted as refusal:
        raise PermissionDenied(refusal.message) from refusal
    except DomainError as refusal:
        return _page(request, version, rejudge_error=refusal.message, status=409)
    return go_to(request, reverse("moderation:rejudge_detail", args=[run.pk]))


@require_safe
@permission_required(Permission.RULES_READ)
def rejudge_detail(request: HtmxHttpRequest, rejudging_id: UUID) -> HttpResponse:
    """Show how far judging again has come."""
    run = get_object_or_404(
        Rejudging.objects.visible_to(request.actor).select_related(
            "version__rule_set", "asked_by"
        ),
        pk=rejudging_id,
    )
    return _run(request, presenter.rejudging_page(run=run, actor=request.actor))


@require_POST
@permission_required(Permission.RULES_EDIT)
def rejudge_cancel(request: HtmxHttpRequest, rejudging_id: UUID) -> HttpResponse:
    """Stop judging again."""
    run = get_object_or_404(Rejudging.objects.visible_to(request.actor), pk=rejudging_id)
    url = reverse("moderation:rejudge_detail", args=[run.pk])
    try:
        rejudging.cancel(run=run, by=request.actor, now=timezone.now())
    except DomainError as refusal:
        return refuse(request, refusal, url)
    messages.success(request, "Stopped. What was judged so far stays judged.")
    return go_to(request, url)


def _version(request: HtmxHttpRequest, version_id: UUID) -> RuleSetVersion:
    mine = RuleSetVersion.objects.visible_to(request.actor).select_related("rule_set")
    return get_object_or_404(mine.defer("definition"), pk=version_id)


def _page(
    request: HtmxHttpRequest,
    version: RuleSetVersion,
    *,
    undo_error: str = "",
    rejudge_error: str = "",
    status: int = 200,
) -> HttpResponse:
    undos = VersionUndo.objects.visible_to(request.actor).filter(version=version)
    runs = Rejudging.objects.visible_to(request.actor).filter(version=version)
    page = presenter.effects_page(
        version=version,
        effects=service.effects_of(version, by=request.actor),
        undos=list(undos.order_by("-pk")[:RUNS]),
        rejudgings=list(runs.order_by("-pk")[:RUNS]),
        actor=request.actor,
        refused=presenter.Refused(
            undo=undo_error,
            rejudging=rejudge_error,
            reason=request.POST.get("reason", ""),
            rules=tuple(request.POST.getlist("rule")),
            days=request.POST.get("days", ""),
            closes="close" in request.POST,
        ),
    )
    return render(request, "moderation/version_effects.html", {"page": page}, status=status)


def _run(request: HtmxHttpRequest, page: presenter.RunPage) -> HttpResponse:
    if not request.htmx:
        return render(request, "moderation/version_run.html", {"page": page})
    answer = render(request, "moderation/version_run.html#progress", {"page": page})
    if not page.is_running:
        # What surrounds the progress says more now.
        answer["HX-Refresh"] = "true"
    return answer


def _error(form: VersionUndoForm | RejudgingForm) -> str:
    return next(str(errors[0]) for errors in form.errors.values())
