"""Backtests: start one, watch it, cancel it, read what it found."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.errors import DomainError
from common.http import HtmxHttpRequest
from moderation.enums import BacktestScope
from moderation.models import Backtest, ContentItem
from moderation.presenters import backtests as presenter
from moderation.presenters.measure_forms import BacktestForm, MeasuresForm
from moderation.services import backtests, measures
from moderation.views.answers import refuse
from platforms.models import Channel
from policies.models import RuleSetVersion

RUNS = 50


@require_safe
@permission_required(Permission.RULES_READ)
def backtest_list(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Show the backtests of a version, and the form to start one."""
    return _list(request, _version(request, version_id))


@require_POST
@permission_required(Permission.RULES_EDIT)
def backtest_start(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Start a backtest of a version."""
    version = _version(request, version_id)
    form = BacktestForm(request.POST)
    if form.is_valid():
        try:
            backtest = backtests.start(
                version=version,
                by=request.actor,
                now=timezone.now(),
                days=form.cleaned_data["days"],
                scope=BacktestScope(form.cleaned_data["scope"]),
            )
        except backtests.BacktestRefused as refusal:
            form.add_error(None, refusal.message)
        else:
            return HttpResponseRedirect(backtest.get_absolute_url())
    return _list(request, version, form=form)


@require_POST
@permission_required(Permission.RULES_EDIT)
def measures_change(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Choose what the organisation counts with."""
    version = _version(request, version_id)
    form = MeasuresForm(request.POST)
    if not form.is_valid():
        return _list(request, version, measures_form=form)
    measures.change(**form.cleaned_data, by=request.actor, now=timezone.now())
    messages.success(request, "The numbers are saved. Backtests begun before keep theirs.")
    return HttpResponseRedirect(reverse("moderation:backtest_list", args=[version.pk]))


@require_safe
@permission_required(Permission.RULES_READ)
def backtest_detail(request: HtmxHttpRequest, backtest_id: UUID) -> HttpResponse:
    """Show how far a backtest is, then what it found; to htmx only how far."""
    backtest = _backtest(request, backtest_id)
    now = timezone.now()
    may_cancel = request.actor.may(Permission.RULES_EDIT)
    read = backtests.progress(backtest)
    if request.htmx:
        page = presenter.backtest_page(
            backtest=backtest, read=read, found=None, may_cancel=may_cancel, now=now
        )
        answer = render(request, "moderation/backtest_detail.html#progress", {"page": page})
        if not backtest.is_running:
            # There is something to read now.
            answer["HX-Refresh"] = "true"
        return answer
    page = presenter.backtest_page(
        backtest=backtest,
        read=read,
        found=_found(request, backtest),
        may_cancel=may_cancel,
        now=now,
    )
    return render(request, "moderation/backtest_detail.html", {"page": page})


@require_POST
@permission_required(Permission.RULES_EDIT)
def backtest_cancel(request: HtmxHttpRequest, backtest_id: UUID) -> HttpResponse:
    """Stop a backtest; what it found so far stays."""
    backtest = _backtest(request, backtest_id)
    url = backtest.get_absolute_url()
    try:
        backtests.cancel(backtest=backtest, by=request.actor, now=timezone.now())
    except DomainError as refusal:
        return refuse(request, refusal, url)
    messages.success(request, "The backtest is cancelled. What it found so far is shown below.")
    return HttpResponseRedirect(url)


def _list(
    request: HtmxHttpRequest,
    version: RuleSetVersion,
    *,
    form: BacktestForm | None = None,
    measures_form: MeasuresForm | None = None,
) -> HttpResponse:
    settings = measures.settings_of(request.actor.organisation_id)
    may_edit = request.actor.may(Permission.RULES_EDIT)
    runs = (
        Backtest.objects.visible_to(request.actor)
        .filter(version=version)
        .defer("definition", "baseline_definition")
        .order_by("-started_at", "-pk")
    )
    initial = {
        "minutes_per_case": settings.minutes_per_case,
        "lowest_precision": settings.lowest_precision,
    }
    page = presenter.backtest_list(
        version=version,
        runs=list(runs[:RUNS]),
        form=(form or BacktestForm()) if may_edit else None,
        measures=(measures_form or MeasuresForm(initial=initial)) if may_edit else None,
        settings=settings,
    )
    has_errors = any(each is not None and each.errors for each in (form, measures_form))
    code = 422 if has_errors else 200
    return render(request, "moderation/backtest_list.html", {"page": page}, status=code)


def _found(request: HtmxHttpRequest, backtest: Backtest) -> presenter.Found | None:
    counts = backtests.figures(backtest)
    if counts is None:
        return None
    chosen = {sort: request.GET.get(sort, "") for sort in ("new", "gone")}
    shown = presenter.examples_shown(counts, chosen)
    items = (
        ContentItem.objects.visible_to(request.actor)
        .filter(
            current_revision_id__in=[revision for each in shown.values() for revision, _ in each]
        )
        .select_related("author", "current_revision")
    )
    channels = Channel.objects.visible_to(request.actor).values_list("pk", "name")
    return presenter.Found(
        counts=counts,
        chosen=chosen,
        items={str(item.current_revision_id): item for item in items},
        channels=dict(channels),
    )


def _version(request: HtmxHttpRequest, version_id: UUID) -> RuleSetVersion:
    mine = RuleSetVersion.objects.visible_to(request.actor).select_related("rule_set")
    return get_object_or_404(mine, pk=version_id)


def _backtest(request: HtmxHttpRequest, backtest_id: UUID) -> Backtest:
    mine = Backtest.objects.visible_to(request.actor).select_related("started_by")
    return get_object_or_404(mine, pk=backtest_id)
