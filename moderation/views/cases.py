"""One case: read it, take it, let it go, hand it on, decide it, take the decision back."""

from collections.abc import Callable
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
from moderation.enums import CaseStatus
from moderation.forms import DecisionForm, ReasonForm, ReversalForm
from moderation.models import Case
from moderation.permissions import CaseClaimedByAnother, can_decide
from moderation.presenters import case as presenter
from moderation.presenters.confirmation import for_good
from moderation.presenters.typed import Typed
from moderation.services import casefile, casework, decisions, ladder
from moderation.views.answers import go_to, refuse
from moderation.views.furniture import furniture_of
from policies.enums import Outcome
from policies.models import Clause

# What is wrong with the ruling itself, and where on the form that shows.
ON_THE_FORM: dict[type[DomainError], str] = {
    decisions.ClauseMissing: "clause",
    decisions.ReasonMissing: "reason",
    decisions.MessageMissing: "message",
    ladder.WarningNotDelivered: "outcome",
}
# Somebody or something else came first.
CONFLICTS = (
    decisions.CaseAlreadyDecided,
    decisions.CaseChanged,
    decisions.NothingToReverse,
    casework.CaseNotOpen,
    CaseClaimedByAnother,
)


@require_safe
@permission_required(Permission.CASE_READ)
def case_detail(request: HtmxHttpRequest, case_id: UUID) -> HttpResponse:
    """Show a case. Looking claims nothing."""
    return _page(request, _find(request, case_id), Typed())


@require_safe
@permission_required(Permission.CASE_READ)
def case_actions(request: HtmxHttpRequest, case_id: UUID) -> HttpResponse:
    """Answer the fragment that says how far the actions have come."""
    case = get_object_or_404(Case.objects.visible_to(request.actor), pk=case_id)
    panel = presenter.actions_panel(case, casefile.actions_of(case, by=request.actor))
    return render(request, "moderation/_actions.html", {"panel": panel})


@require_POST
@permission_required(Permission.CASE_CLAIM)
def case_claim(request: HtmxHttpRequest, case_id: UUID) -> HttpResponse:
    """Claim this case."""
    return _act(request, case_id, casework.claim)


@require_POST
@permission_required(Permission.CASE_CLAIM)
def case_release(request: HtmxHttpRequest, case_id: UUID) -> HttpResponse:
    """Let go of this case."""
    return _act(request, case_id, casework.release)


@require_POST
@permission_required(Permission.CASE_ESCALATE)
def case_escalate(request: HtmxHttpRequest, case_id: UUID) -> HttpResponse:
    """Hand this case to the senior reviewers."""
    case = _find(request, case_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, case, Typed(escalation=form), status=422)
    try:
        casework.escalate(
            case=case,
            by=request.actor,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _refused(request, case_id, Typed(escalation=form, refusal=refusal))
    messages.success(request, "Handed on. A senior reviewer decides it.")
    return go_to(request, reverse("moderation:queue_detail", args=[case.queue_id]))


@require_POST
@permission_required(Permission.CASE_DECIDE)
def case_decide(request: HtmxHttpRequest, case_id: UUID) -> HttpResponse:
    """Record a decision. What was typed comes back with every refusal."""
    case = _find(request, case_id)
    form = DecisionForm(
        request.POST, clauses=Clause.objects.visible_to(request.actor).filter(is_current=True)
    )
    if not form.is_valid():
        return _page(request, case, Typed(decision=form), status=422)
    confirmed = request.POST.get("confirmed")
    if confirmed == "no":
        return _page(request, case, Typed(decision=form))
    if confirmed != "yes" and _has_to_be_confirmed(request, case, form):
        typed = Typed(
            decision=form, is_unconfirmed=True, is_to_go_on=request.POST.get("then") == "next"
        )
        return _page(request, case, typed, status=422)
    try:
        decisions.record(
            case=case,
            by=request.actor,
            ruling=decisions.Ruling(
                outcome=Outcome(form.cleaned_data["outcome"]),
                reason=form.cleaned_data["reason"],
                submission_key=form.cleaned_data["submission_key"],
                clause=form.clause_chosen,
                message=form.cleaned_data["message"],
                seen_revision=form.cleaned_data["revision"],
            ),
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _refused(request, case_id, Typed(decision=form, refusal=refusal))
    if request.POST.get("then") == "next":
        return _next(request, case)
    return go_to(request, f"{case.get_absolute_url()}#decision")


@require_POST
@permission_required(Permission.DECISION_REVERSE)
def case_reverse(request: HtmxHttpRequest, case_id: UUID) -> HttpResponse:
    """Take the standing decision back, with what it did."""
    case = _find(request, case_id)
    form = ReversalForm(request.POST)
    if not form.is_valid():
        return _page(request, case, Typed(reversal=form), status=422)
    decision = get_object_or_404(case.decisions, pk=form.cleaned_data["decision"])
    try:
        decisions.reverse(
            decision=decision,
            by=request.actor,
            reason=form.cleaned_data["reason"],
            submission_key=form.cleaned_data["submission_key"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _refused(request, case_id, Typed(reversal=form, refusal=refusal))
    return go_to(request, f"{case.get_absolute_url()}#decision")


@require_POST
@permission_required(Permission.DECISION_REVERSE)
def case_reopen(request: HtmxHttpRequest, case_id: UUID) -> HttpResponse:
    """Put a decided case without effects back in its queue."""
    case = _find(request, case_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, case, Typed(reversal=form), status=422)
    try:
        decisions.reopen(
            case=case,
            by=request.actor,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _refused(request, case_id, Typed(reversal=form, refusal=refusal))
    return go_to(request, case.get_absolute_url())


def _find(request: HtmxHttpRequest, case_id: UUID) -> Case:
    return get_object_or_404(casefile.find(request.actor), pk=case_id)


def _page(
    request: HtmxHttpRequest, case: Case, typed: Typed, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    page = presenter.case_page(
        casefile.read(
            case,
            by=request.actor,
            with_whole_thread=request.GET.get("thread") == "whole",
        ),
        actor=request.actor,
        furniture=furniture_of(request.organisation, now),
        typed=typed,
        now=now,
    )
    context = {"page": page, "panel": page.panel}
    return render(request, "moderation/case_detail.html", context, status=status)


def _has_to_be_confirmed(request: HtmxHttpRequest, case: Case, form: DecisionForm) -> bool:
    """Whether a decision cannot be taken back, and nothing stands in its way yet (principle 7)."""
    seen = form.cleaned_data["revision"]
    is_current = case.status == CaseStatus.WAITING and seen in {None, case.revision}
    return (
        is_current
        and can_decide(request.actor, case, now=timezone.now())
        and bool(for_good(form.cleaned_data["outcome"], case.content_item))
    )


def _act(request: HtmxHttpRequest, case_id: UUID, act: Callable[..., Case]) -> HttpResponse:
    case = _find(request, case_id)
    try:
        act(case=case, by=request.actor, now=timezone.now())
    except CONFLICTS as refusal:
        return _refused(request, case_id, Typed(refusal=refusal))
    except DomainError as refusal:
        return refuse(request, refusal, case.get_absolute_url())
    return go_to(request, case.get_absolute_url())


def _refused(request: HtmxHttpRequest, case_id: UUID, typed: Typed) -> HttpResponse:
    """Answer a refusal with the case as it stands now and the words as they were typed."""
    refusal = typed.refusal
    if isinstance(refusal, NotPermitted):
        raise PermissionDenied(refusal.message) from refusal
    field = next((name for kind, name in ON_THE_FORM.items() if isinstance(refusal, kind)), None)
    if field is not None and typed.decision is not None and refusal is not None:
        typed.decision.add_error(field, refusal.message)
        return _page(request, _find(request, case_id), Typed(decision=typed.decision), status=422)
    return _page(request, _find(request, case_id), typed, status=409)


def _next(request: HtmxHttpRequest, case: Case) -> HttpResponse:
    try:
        following = casework.claim_next(queue=case.queue, by=request.actor, now=timezone.now())
    except DomainError as refusal:
        return refuse(request, refusal, case.get_absolute_url())
    if following is None:
        messages.info(request, f"Decided. Nothing else waits in “{case.queue.name}”.")
        return go_to(request, case.get_absolute_url())
    messages.success(request, "Decided. This is the next case.")
    return go_to(request, following.get_absolute_url())
