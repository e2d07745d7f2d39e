"""The life of a version: copied, sent for approval, approved, published, retired. Each act is a POST."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.errors import DomainError
from common.http import HtmxHttpRequest
from policies import forms
from policies.models import RuleSetVersion
from policies.services import dates, drafts, rulesets
from policies.views.answers import done, find_version, page_of, refuse
from policies.views.rulesets import show_version


@require_POST
@permission_required(Permission.RULES_EDIT)
def version_copy(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Begin a draft as a copy of a version."""
    source = find_version(request, version_id)
    try:
        draft = drafts.start(source=source, by=request.actor, now=timezone.now())
    except DomainError as refusal:
        return refuse(request, refusal, page_of(source))
    return done(
        request,
        f"Version {draft.number} is your draft, a copy of version {source.number}.",
        page_of(draft),
    )


@require_POST
@permission_required(Permission.RULES_EDIT)
def version_submit(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Send a draft for approval."""
    return _act(
        request, version_id, "submit", forms.SubmitForm(request.POST),
        lambda version, clean: drafts.submit(
            version=version, by=request.actor, now=timezone.now(), **clean
        ),
        "It was sent for approval. Another person reads it now.",
    )  # fmt: skip


@require_POST
@permission_required(Permission.RULES_EDIT)
def version_withdraw(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Take a version back to change it."""
    return _reasoned(request, version_id, "withdraw", drafts.back_to_draft, "It is a draft again.")


@require_POST
@permission_required(Permission.RULES_APPROVE)
def version_return(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Send a version back to its editors."""
    return _reasoned(
        request,
        version_id,
        "return",
        drafts.back_to_draft,
        "It was sent back. It is a draft again.",
    )


@require_POST
@permission_required(Permission.RULES_EDIT)
def version_discard(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Put a draft aside."""
    return _reasoned(request, version_id, "discard", drafts.discard, "The draft was discarded.")


@require_POST
@permission_required(Permission.RULES_APPROVE)
def version_approve(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Approve exactly what was read."""
    return _act(
        request, version_id, "approve", forms.ApproveForm(request.POST),
        lambda version, clean: rulesets.approve(
            version=version, by=request.actor, now=timezone.now(), digest=clean["digest"]
        ),
        "You approved it. It comes into force when it is published.",
    )  # fmt: skip


@require_POST
@permission_required(Permission.RULES_EDIT)
def version_publish(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Put an approved version in force, now or from a date."""

    def publish(version: RuleSetVersion, clean: dict[str, Any]) -> object:
        common = {
            "version": version,
            "by": request.actor,
            "now": timezone.now(),
            "review_on": clean["review_on"],
            "replacing": clean["replacing"] if clean["confirm"] else None,
        }
        if clean["effective_at"] is None:
            return rulesets.publish(**common)
        return dates.schedule(effective_at=clean["effective_at"], **common)

    later = request.POST.get("when") == "later"
    return _act(
        request, version_id, "publish", forms.PublishForm(request.POST), publish,
        "The date is set." if later else "It is in force: it judges every new comment.",
    )  # fmt: skip


@require_POST
@permission_required(Permission.RULES_EDIT)
def version_unschedule(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Take back the date on which a version comes into force."""
    version = find_version(request, version_id)
    try:
        dates.unschedule(version=version, by=request.actor, now=timezone.now())
    except DomainError as refusal:
        return refuse(request, refusal, page_of(version))
    return done(request, "The date was taken back.", page_of(version))


@require_POST
@permission_required(Permission.RULES_APPROVE)
def version_retire(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Take the version in force out of force."""
    return _reasoned(
        request,
        version_id,
        "retire",
        dates.retire,
        "These rules are out of force: they flag nothing.",
    )


@require_POST
@permission_required(Permission.RULES_EDIT)
def version_review(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Note a review of the rules in force."""
    return _act(
        request, version_id, "review", forms.ReviewForm(request.POST),
        lambda version, clean: dates.record_review(
            version=version, by=request.actor, now=timezone.now(), **clean
        ),
        "The review is noted.",
    )  # fmt: skip


@require_POST
@permission_required(Permission.RULES_EDIT)
def version_owner(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Give the rule set to another owner."""
    people = dates.possible_owners(request.actor)
    return _act(
        request, version_id, "owner", forms.OwnerForm(request.POST, people=people),
        lambda version, clean: dates.change_owner(
            rule_set=version.rule_set, by=request.actor, now=timezone.now(), **clean
        ),
        "The rule set has a new owner.",
    )  # fmt: skip


@require_POST
@permission_required(Permission.RULES_APPROVE)
def version_comment(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Say something about a version or one of its rules."""
    version = find_version(request, version_id)
    rules = [(rule["key"], rule["name"]) for rule in version.definition.get("rules", ())]
    return _act(
        request, version_id, "comment", forms.CommentForm(request.POST, rules=rules),
        lambda version, clean: drafts.comment(
            version=version, text=clean["text"], rule_key=clean["rule"],
            by=request.actor, now=timezone.now(),
        ),
        "Your comment is there.",
    )  # fmt: skip


def _reasoned(
    request: HtmxHttpRequest, version_id: UUID, key: str, act: Callable[..., object], words: str
) -> HttpResponse:
    return _act(
        request, version_id, key, forms.ReasonForm(request.POST, auto_id=f"id_{key}_%s"),
        lambda version, clean: act(
            version=version, reason=clean["reason"], by=request.actor, now=timezone.now()
        ),
        words,
    )  # fmt: skip


def _act(
    request: HtmxHttpRequest,
    version_id: UUID,
    key: str,
    form: django_forms.Form,
    act: Callable[[RuleSetVersion, dict[str, Any]], object],
    words: str,
) -> HttpResponse:
    """Do one act, or show the page again with what was typed and what is missing."""
    version = find_version(request, version_id)
    if not form.is_valid():
        return show_version(request, version, typed={key: form}, status=422)
    try:
        act(version, form.cleaned_data)
    except DomainError as refusal:
        return refuse(request, refusal, page_of(version))
    return done(request, words, page_of(version))
