"""Word lists and lists of people of a version: their terms, what is known of each, who uses them."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.errors import DomainError
from common.http import HtmxHttpRequest
from policies import forms
from policies.editor import definition as edit
from policies.models import RuleSetVersion
from policies.presenters import lists as presenter
from policies.services import drafts
from policies.services.rulesets import VersionMovedOn
from policies.views.answers import answer_code, done, find_version, refuse

READ_AND_WRITE = ["GET", "HEAD", "POST"]


@require_safe
@permission_required(Permission.RULES_READ)
def list_list(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Show the lists of a version and which rules use them."""
    version = find_version(request, version_id)
    page = presenter.list_of_lists(version, may_edit=request.actor.may(Permission.RULES_EDIT))
    return render(request, "policies/list_list.html", {"page": page})


@require_safe
@permission_required(Permission.RULES_READ)
def list_detail(
    request: HtmxHttpRequest, version_id: UUID, section: str, list_key: str
) -> HttpResponse:
    """Show one list."""
    version = find_version(request, version_id)
    node = _node(version, section, list_key)
    form = forms.ListForm(initial=presenter.list_initial(node))
    return _page(request, version, section, list_key, form, edit.digest_of(node))


@require_http_methods(READ_AND_WRITE)
@permission_required(Permission.RULES_EDIT)
def list_new(request: HtmxHttpRequest, version_id: UUID, section: str) -> HttpResponse:
    """Make a new list."""
    version = find_version(request, version_id)
    if section not in edit.MEMBERS:
        raise Http404
    if request.method != "POST":
        return _page(request, version, section, "", forms.ListForm(), drafts.NEW)
    return _save(request, version, section, "")


@require_POST
@permission_required(Permission.RULES_EDIT)
def list_save(
    request: HtmxHttpRequest, version_id: UUID, section: str, list_key: str
) -> HttpResponse:
    """Change a list: its name, its exceptions, terms added and terms taken out."""
    version = find_version(request, version_id)
    _node(version, section, list_key)
    return _save(request, version, section, list_key)


@require_POST
@permission_required(Permission.RULES_EDIT)
def list_remove(
    request: HtmxHttpRequest, version_id: UUID, section: str, list_key: str
) -> HttpResponse:
    """Take a list out of a draft."""
    version = find_version(request, version_id)
    try:
        drafts.remove_list(
            version=version, section=section, key=list_key, seen=request.POST.get("seen", ""),
            by=request.actor, now=timezone.now(),
        )  # fmt: skip
    except DomainError as refusal:
        return refuse(request, refusal, reverse("policies:list_list", args=[version.pk]))
    return done(request, "The list was removed.", reverse("policies:list_list", args=[version.pk]))


@require_http_methods(READ_AND_WRITE)
@permission_required(Permission.RULES_EDIT)
def term_edit(
    request: HtmxHttpRequest, version_id: UUID, section: str, list_key: str
) -> HttpResponse:
    """Say what is known about one term of a word list."""
    version = find_version(request, version_id)
    node = _node(version, section, list_key)
    text = request.GET.get("term", "")
    at = edit.find_term(node, section, text) if section == "lists" else -1
    if at < 0:
        raise Http404
    term = node["terms"][at]
    back = presenter.list_url(version, section, list_key)
    form: Any = forms.TermForm(initial=forms.TermForm.initial_of(term))
    seen, alert, status = edit.digest_of(term), "", 200
    if request.method == "POST":
        form, seen = forms.TermForm(request.POST), request.POST.get("seen", "")
        status = answer_code(request, form)
        if form.is_valid():
            try:
                _save_term(request, version, list_key, at, form, seen)
            except VersionMovedOn as refusal:
                alert, status, seen = refusal.message, 409, edit.digest_of(term)
            except DomainError as refusal:
                alert, status = refusal.message, 409
            else:
                return done(request, f"Saved: “{form.cleaned_data['term']}”.", back)
    page = presenter.term_page(version, list_key, text, form, seen, alert)
    return render(request, "policies/term_edit.html", {"page": page}, status=status)


def _save_term(
    request: HtmxHttpRequest,
    version: RuleSetVersion,
    list_key: str,
    at: int,
    form: forms.TermForm,
    seen: str,
) -> None:
    node = version.definition["lists"][list_key]
    term = node["terms"][at]
    if edit.digest_of(term) != seen:
        message = "Somebody else changed this word meanwhile. Nothing was saved; below is what you typed."
        raise VersionMovedOn(message)
    terms = list(node["terms"])
    terms[at] = form.node(term)
    drafts.save_list(
        version=version, section="lists", key=list_key, node={**node, "terms": terms},
        seen=edit.digest_of(node), by=request.actor, now=timezone.now(),
    )  # fmt: skip


def _save(
    request: HtmxHttpRequest, version: RuleSetVersion, section: str, key: str
) -> HttpResponse:
    form, seen = forms.ListForm(request.POST), request.POST.get("seen", "")
    node: dict[str, Any] = dict((version.definition.get(section) or {}).get(key, {}))
    if not form.is_valid():
        return _page(request, version, section, key, form, seen, status=422)
    clean = form.cleaned_data
    members = edit.MEMBERS[section]
    gone = set(request.POST.getlist("remove"))
    changed: dict[str, Any] = {**node, "title": clean["title"]}
    changed[members] = [term for term in node.get(members, ()) if edit.term_text(term) not in gone]
    changed, added = edit.with_terms(changed, section, clean["add"])
    if section == "lists" and clean["exceptions"] != list(node.get("exceptions") or ()):
        changed["exceptions"] = clean["exceptions"]
        if not clean["exceptions"]:
            del changed["exceptions"]
    if not changed[members]:
        form.add_error("add", "A list needs at least one entry")
        return _page(request, version, section, key, form, seen, status=422)
    taken = version.definition.get(section) or {}
    new_key = key or edit.new_key(clean["title"], taken, "list")
    try:
        drafts.save_list(
            version=version, section=section, key=new_key, node=changed, seen=seen,
            by=request.actor, now=timezone.now(),
        )  # fmt: skip
    except VersionMovedOn as refusal:
        version.refresh_from_db()
        now_there = (version.definition.get(section) or {}).get(new_key)
        return _page(
            request, version, section, key, form, edit.digest_of(now_there),
            alert=f"{refusal.message} Below is what you typed, and the list as it is now.", status=409,
        )  # fmt: skip
    except DomainError as refusal:
        return _page(request, version, section, key, form, seen, alert=refusal.message, status=409)
    count = f"{added} added" + (f", {len(gone)} taken out" if gone else "")
    return done(
        request,
        f"Saved: {clean['title']} ({count}).",
        presenter.list_url(version, section, new_key),
    )


def _page(
    request: HtmxHttpRequest,
    version: RuleSetVersion,
    section: str,
    key: str,
    form: forms.ListForm,
    seen: str,
    *,
    alert: str = "",
    status: int = 200,
) -> HttpResponse:
    page = presenter.list_page(
        version, section, key, form,
        seen=seen, alert=alert, find=request.GET.get("find", "")[:100],
        may_edit=request.actor.may(Permission.RULES_EDIT),
    )  # fmt: skip
    return render(request, "policies/list_detail.html", {"page": page}, status=status)


def _node(version: RuleSetVersion, section: str, key: str) -> dict[str, Any]:
    if section not in edit.MEMBERS:
        raise Http404
    node = (version.definition.get(section) or {}).get(key)
    if node is None:
        raise Http404
    return dict(node)
