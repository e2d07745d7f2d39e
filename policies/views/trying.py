"""Trying a text, comparing versions, and rule sets as files."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.errors import DomainError, NotPermitted
from common.http import HtmxHttpRequest
from policies import forms
from policies.editor.parts import PLATFORMS
from policies.engine.conditions.kind import ItemKind
from policies.engine.types import Direction, Subject
from policies.models import RuleSetVersion
from policies.presenters import comparing as comparing_presenter
from policies.presenters import trials as presenter
from policies.services import transfer, trials
from policies.views.answers import answer_code, done, find_version, live_beside, page_of

READ_AND_WRITE = ["GET", "HEAD", "POST"]


@require_http_methods(READ_AND_WRITE)
@permission_required(Permission.RULES_READ)
def version_try(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Judge a pasted text by this version and by the one in force. Nothing is stored."""
    version = find_version(request, version_id)
    live = live_beside(request, version)
    options: dict[str, Any] = {"kinds": list(ItemKind), "platforms": PLATFORMS}
    form = (
        forms.TryForm(request.POST, **options)
        if request.method == "POST"
        else forms.TryForm(**options)
    )
    trial = None
    if form.is_bound and form.is_valid():
        clean = form.cleaned_data
        subject = Subject(
            text=clean["text"],
            kind=clean["kind"] or "comment",
            platform=clean["platform"],
            channel=clean["channel"],
            direction=Direction(clean["direction"] or "inbound"),
            signals=clean["facts"],
        )
        other = live if live is not None and live.pk != version.pk else None
        trial = presenter.trial(
            text=clean["text"],
            compared=trials.try_text(version=version, live=other, subject=subject),
            draft_title=f"Version {version.number}",
            live_title=f"Version {other.number}, in force" if other else "",
        )
    context = {"form": form, "trial": trial, "version": version, "back_url": page_of(version)}
    status = answer_code(request, form) if form.is_bound else 200
    return render(request, "policies/version_try.html", context, status=status)


@require_safe
@permission_required(Permission.RULES_READ)
def version_compare(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Show what differs between two versions of a rule set, in plain English."""
    version = find_version(request, version_id)
    mine = RuleSetVersion.objects.visible_to(request.actor).filter(rule_set_id=version.rule_set_id)
    others = list(mine.exclude(pk=version.pk).defer("definition").order_by("-number"))
    chosen = request.GET.get("with", "")
    wanted = next((each for each in others if str(each.pk) == chosen), None)
    if wanted is None and not chosen:
        wanted = next((each for each in others if each.pk == version.based_on_id), None)
        wanted = wanted or (others[0] if others else None)
    before = get_object_or_404(mine, pk=wanted.pk) if wanted else None
    page = comparing_presenter.compare_page(version=version, before=before, others=others)
    return render(request, "policies/version_compare.html", {"page": page})


@require_safe
@permission_required(Permission.RULES_READ)
def version_export(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Hand out a version as a file in the format of the packs."""
    version = find_version(request, version_id)
    answer = HttpResponse(transfer.export(version), content_type="application/yaml; charset=utf-8")
    name = f"{version.rule_set.key}-version-{version.number}.yaml"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(READ_AND_WRITE)
@permission_required(Permission.RULES_EDIT)
def ruleset_import(request: HtmxHttpRequest) -> HttpResponse:
    """Begin a draft from a file."""
    form, errors = forms.FileForm(), []
    if request.method == "POST":
        form = forms.FileForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                version = transfer.import_draft(
                    data=form.cleaned_data["file"], by=request.actor, now=timezone.now()
                )
            except NotPermitted as refusal:
                raise PermissionDenied(refusal.message) from refusal
            except DomainError as refusal:
                errors = refusal.message.split("\n")
            else:
                messages.info(
                    request, "It judges nothing yet: look at it, then send it for approval."
                )
                words = (
                    f"The file is version {version.number} of {version.rule_set.name}, a draft."
                )
                return done(request, words, page_of(version))
    status = answer_code(request, form, wrong=bool(errors)) if form.is_bound else 200
    context = {"form": form, "errors": errors}
    return render(request, "policies/ruleset_import.html", context, status=status)
