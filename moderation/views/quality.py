"""How good a rule set is; drawing a blind sample; labelling it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.errors import DomainError
from common.http import HtmxHttpRequest
from moderation.enums import LabelAnswer
from moderation.models import ContentItem, ContentRevision, Sample
from moderation.presenters import quality as presenter
from moderation.presenters.measure_forms import DrawForm
from moderation.services import labelling, quality
from moderation.views.answers import refuse
from policies.models import RuleSet, RuleSetVersion

ALL_LABELLED = "Nothing is left for you to label in this sample. Thank you: every label makes the numbers sounder."
NO_SAMPLE = "No sample has been drawn yet. A comms manager draws one."


@require_safe
@permission_required(Permission.RULES_READ)
def quality_detail(request: HtmxHttpRequest, rule_set_id: UUID) -> HttpResponse:
    """Show what is known of a rule set's rules."""
    return _page(request, _rule_set(request, rule_set_id))


@require_safe
@permission_required(Permission.RULES_READ)
def quality_of_version(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Lead from a version to the page of its rule set."""
    mine = RuleSetVersion.objects.visible_to(request.actor)
    version = get_object_or_404(mine.only("rule_set_id"), pk=version_id)
    url = reverse("moderation:quality_detail", args=[version.rule_set_id])
    return HttpResponseRedirect(url)


@require_POST
@permission_required(Permission.RULES_EDIT)
def sample_draw(request: HtmxHttpRequest, rule_set_id: UUID) -> HttpResponse:
    """Draw a blind sample."""
    rule_set = _rule_set(request, rule_set_id)
    form = DrawForm(request.POST)
    if form.is_valid():
        try:
            labelling.draw(
                rule_set=rule_set, by=request.actor, now=timezone.now(), **form.cleaned_data
            )
        except labelling.SampleRefused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, "A new sample is drawn and waits to be labelled.")
            return HttpResponseRedirect(reverse("moderation:quality_detail", args=[rule_set.pk]))
    return _page(request, rule_set, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(Permission.CASE_DECIDE)
def label_next(request: HtmxHttpRequest, rule_set_id: UUID) -> HttpResponse:
    """Show the next text of the sample, and take the labels of one."""
    rule_set = _rule_set(request, rule_set_id)
    if request.method == "POST":
        return _take(request, rule_set)
    sample = labelling.newest_sample(rule_set)
    task = labelling.next_for(sample, request.actor) if sample else None
    return _label(request, rule_set, task, nothing=ALL_LABELLED if sample else NO_SAMPLE)


def _take(request: HtmxHttpRequest, rule_set: RuleSet) -> HttpResponse:
    sample = _sample(request, rule_set)
    given = {key: request.POST.get(f"group-{key}", "") for key in labelling.groups_of(sample)}
    missing = [key for key, answer in given.items() if answer not in LabelAnswer.values]
    revision_id = _uuid(request.POST.get("revision", ""))
    try:
        task = labelling.task_for(sample, revision_id, request.actor)
    except ContentRevision.DoesNotExist as error:
        message = "No such text."
        raise Http404(message) from error
    if missing:
        return _label(request, rule_set, task, answers=given, missing=missing)
    url = reverse("moderation:label_next", args=[rule_set.pk])
    try:
        labelling.label(
            sample=sample,
            revision_id=task.revision.pk,
            answers={key: LabelAnswer(answer) for key, answer in given.items()},
            by=request.actor,
            now=timezone.now(),
        )
    except DomainError as refusal:
        return refuse(request, refusal, url)
    return HttpResponseRedirect(url)


def _label(
    request: HtmxHttpRequest,
    rule_set: RuleSet,
    task: labelling.Task | None,
    *,
    answers: dict[str, str] | None = None,
    missing: list[str] | None = None,
    nothing: str = ALL_LABELLED,
) -> HttpResponse:
    parent = None
    if task is not None and task.revision.content_item.parent_external_id:
        item = task.revision.content_item
        parent = (
            ContentItem.objects.visible_to(request.actor)
            .filter(channel_id=item.channel_id, external_id=item.parent_external_id)
            .select_related("author", "current_revision")
            .first()
        )
    page = presenter.label_page(
        rule_set=rule_set,
        task=task,
        parent=parent,
        answers=answers or {},
        missing=missing or [],
        nothing=nothing,
        now=timezone.now(),
    )
    code = 422 if missing else 200
    return render(request, "moderation/label.html", {"page": page}, status=code)


def _page(
    request: HtmxHttpRequest, rule_set: RuleSet, *, form: DrawForm | None = None
) -> HttpResponse:
    version = quality.in_force(rule_set)
    sample = labelling.newest_sample(rule_set)
    initial = {
        "per_rule": labelling.PER_RULE,
        "flagged": labelling.FLAGGED,
        "unflagged": labelling.UNFLAGGED,
    }
    if form is None and request.actor.may(Permission.RULES_EDIT) and version is not None:
        form = DrawForm(initial=initial)
    page = presenter.quality_page(
        rule_set=rule_set,
        quality=quality.of_version(version, now=timezone.now()) if version else None,
        sample=sample,
        progress=labelling.progress(sample) if sample else (0, 0, 0),
        form=form,
        may_label=request.actor.may(Permission.CASE_DECIDE),
    )
    code = 422 if form is not None and form.errors else 200
    return render(request, "moderation/quality_detail.html", {"page": page}, status=code)


def _rule_set(request: HtmxHttpRequest, rule_set_id: UUID) -> RuleSet:
    versions = RuleSetVersion.objects.visible_to(request.actor).filter(rule_set_id=rule_set_id)
    version = versions.select_related("rule_set").first()
    if version is None:
        message = "No such rule set."
        raise Http404(message)
    return version.rule_set


def _sample(request: HtmxHttpRequest, rule_set: RuleSet) -> Sample:
    mine = Sample.objects.visible_to(request.actor).filter(rule_set=rule_set)
    return get_object_or_404(
        mine.select_related("version"), pk=_uuid(request.POST.get("sample", ""))
    )


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        message = "No such text."
        raise Http404(message) from error
