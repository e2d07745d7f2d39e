"""A version in shadow: start it, stop it, see where it differs."""

from datetime import date, datetime, time, timedelta
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
from moderation.models import ContentItem, ShadowRun
from moderation.presenters import shadow as presenter
from moderation.presenters.measure_forms import ShadowForm
from moderation.services import shadow
from moderation.views.answers import refuse
from platforms.models import Channel
from policies.models import RuleSetVersion

# What the tables are made of, and what is shown to read.
NEWEST = 20_000
SHOWN = 10


@require_safe
@permission_required(Permission.RULES_READ)
def shadow_detail(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Show a version's shadow run and what it says otherwise."""
    return _page(request, _version(request, version_id))


@require_POST
@permission_required(Permission.RULES_EDIT)
def shadow_start(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Let a version judge in shadow until the end of a day."""
    version = _version(request, version_id)
    form = ShadowForm(request.POST)
    if form.is_valid():
        try:
            shadow.start(
                version=version,
                ends_at=_end_of(form.cleaned_data["ends_on"]),
                by=request.actor,
                now=timezone.now(),
            )
        except shadow.ShadowRefused as refusal:
            form.add_error("ends_on", refusal.message)
        else:
            messages.success(request, "The version judges in shadow from now on.")
            return HttpResponseRedirect(reverse("moderation:shadow_detail", args=[version.pk]))
    return _page(request, version, form=form)


@require_POST
@permission_required(Permission.RULES_EDIT)
def shadow_stop(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """End a version's shadow run before its time."""
    version = _version(request, version_id)
    url = reverse("moderation:shadow_detail", args=[version.pk])
    run = ShadowRun.objects.visible_to(request.actor).filter(version=version)
    newest = run.order_by("-starts_at", "-pk").first()
    if newest is None:
        messages.warning(request, "This version has not judged in shadow.")
        return HttpResponseRedirect(url)
    try:
        shadow.stop(run=newest, by=request.actor, now=timezone.now())
    except DomainError as refusal:
        return refuse(request, refusal, url)
    messages.success(request, "The shadow run is over. What it noted is kept.")
    return HttpResponseRedirect(url)


def _page(
    request: HtmxHttpRequest, version: RuleSetVersion, *, form: ShadowForm | None = None
) -> HttpResponse:
    now = timezone.now()
    runs = list(
        ShadowRun.objects.visible_to(request.actor)
        .filter(version=version)
        .select_related("started_by")
        .order_by("-starts_at", "-pk")[:20]
    )
    asked = request.GET.get("run", "")
    run = next((each for each in runs if str(each.pk) == asked), runs[0] if runs else None)
    may_edit = request.actor.may(Permission.RULES_EDIT)
    is_running = any(each.ended_at is None for each in runs)
    why_not = ""
    if version.status not in shadow.SETTLED:
        why_not = (
            "A version judges in shadow while it is in review or approved: its rules no longer change"
            " then, and it does not judge for real yet."
        )
    elif not may_edit:
        why_not = "Comms managers start shadow runs. You can read what they found."
    if form is None and not why_not and not is_running:
        last = timezone.localdate(now) + timedelta(days=shadow.DEFAULT_DAYS)
        form = ShadowForm(initial={"ends_on": last})
    page = presenter.shadow_page(
        version=version,
        form=form,
        why_not="" if is_running else why_not,
        run=run,
        runs=runs,
        seen=_seen(request, run) if run is not None else None,
        may_stop=may_edit,
        now=now,
    )
    code = 422 if form is not None and form.errors else 200
    return render(request, "moderation/shadow_detail.html", {"page": page}, status=code)


def _seen(request: HtmxHttpRequest, run: ShadowRun) -> presenter.Seen:
    differences = list(run.differences.order_by("-pk")[: NEWEST + 1])
    examples = {
        "new": [d for d in differences if d.flagged_shadow and not d.flagged_live][:SHOWN],
        "gone": [d for d in differences if d.flagged_live and not d.flagged_shadow][:SHOWN],
    }
    wanted = [each.revision_id for shown in examples.values() for each in shown]
    items = (
        ContentItem.objects.visible_to(request.actor)
        .filter(current_revision_id__in=wanted)
        .select_related("author", "current_revision")
    )
    return presenter.Seen(
        judged=shadow.judged_by(run),
        differences=differences[:NEWEST],
        is_capped=len(differences) > NEWEST,
        items={item.current_revision_id: item for item in items if item.current_revision_id},
        examples=examples,
        channels=dict(Channel.objects.visible_to(request.actor).values_list("pk", "name")),
    )


def _end_of(day: date) -> datetime:
    """Return the midnight that ends a day."""
    following = min(day, date(9000, 1, 1)) + timedelta(days=1)
    return timezone.make_aware(datetime.combine(following, time()))


def _version(request: HtmxHttpRequest, version_id: UUID) -> RuleSetVersion:
    mine = RuleSetVersion.objects.visible_to(request.actor).select_related("rule_set")
    return get_object_or_404(mine, pk=version_id)
