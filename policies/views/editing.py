"""Writing a rule of a draft. Every button sends the whole form, so nothing typed is lost."""

from typing import Any
from uuid import UUID

import yaml
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.errors import DomainError, NotPermitted
from common.http import HtmxHttpRequest
from policies import forms
from policies.editor import definition as edit
from policies.editor import parts as model
from policies.editor import rules as rule_fields
from policies.enums import RuleSetStatus
from policies.models import RuleSetVersion
from policies.presenters import editing as presenter
from policies.presenters.editing import Typed
from policies.services import drafts, trials
from policies.views.answers import done, find_version, go_to, page_of, refuse

PREFIX = "when"


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(Permission.RULES_EDIT)
def rule_new(request: HtmxHttpRequest, version_id: UUID) -> HttpResponse:
    """Write a new rule."""
    return _edit(request, find_version(request, version_id), "")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(Permission.RULES_EDIT)
def rule_edit(request: HtmxHttpRequest, version_id: UUID, rule_key: str) -> HttpResponse:
    """Change a rule."""
    return _edit(request, find_version(request, version_id), rule_key)


@require_POST
@permission_required(Permission.RULES_EDIT)
def rule_remove(request: HtmxHttpRequest, version_id: UUID, rule_key: str) -> HttpResponse:
    """Take a rule out of a draft."""
    version = find_version(request, version_id)
    try:
        drafts.remove_rule(
            version=version,
            key=rule_key,
            seen=request.POST.get("seen", ""),
            by=request.actor,
            now=timezone.now(),
        )
    except DomainError as refusal:
        return refuse(request, refusal, page_of(version))
    return done(request, "The rule was taken out of this draft.", page_of(version))


def _edit(request: HtmxHttpRequest, version: RuleSetVersion, key: str) -> HttpResponse:
    before = edit.rule_of(version.definition, key) if key else None
    if key and before is None and request.method != "POST":
        raise Http404
    if version.status != RuleSetStatus.DRAFT and request.method != "POST":
        messages.info(request, "To change a rule, start a draft.")
        return go_to(request, f"{page_of(version)}#{key}")
    if request.method != "POST":
        return _page(request, version, key, _opened(version, before))
    act, _, target = request.POST.get("do", "check").partition(":")
    if act not in ("check", "save"):
        return _page(request, version, key, _rearranged(request.POST, version, act, target))
    typed = _checked(request.POST, version, before, key)
    if act == "check" or not _is_ready(request, typed):
        wrong = act == "save"
        return _page(request, version, key, typed, status=422 if wrong else 200)
    return _save(request, version, key, typed)


def _save(
    request: HtmxHttpRequest, version: RuleSetVersion, key: str, typed: Typed
) -> HttpResponse:
    rule = typed.rule or {}
    try:
        saved = drafts.save_rule(
            version=version, key=key, rule=rule, seen=typed.seen, by=request.actor, now=timezone.now()
        )  # fmt: skip
    except NotPermitted as refusal:
        return refuse(request, refusal, page_of(version))
    except drafts.PartMovedOn as refusal:
        version.refresh_from_db()
        typed.other = edit.rule_of(version.definition, key) if key else None
        typed.seen = edit.digest_of(typed.other)
        typed.alert = refusal.message
        return _page(request, version, key, typed, status=409)
    except DomainError as refusal:
        version.refresh_from_db()
        typed.alert = refusal.message
        return _page(request, version, key, typed, status=409)
    failures = typed.check.failures if typed.check else ()
    if failures:
        count = f"{len(failures)} {'example comes' if len(failures) == 1 else 'examples come'}"
        return done(
            request,
            f"Saved, but {count} out other than written. They are listed below.",
            reverse("policies:rule_edit", args=[saved.pk, rule["key"]]),
        )
    return done(request, f"Saved: {rule['name']}.", f"{page_of(saved)}#{rule['key']}")


def _opened(version: RuleSetVersion, before: edit.RuleNode | None) -> Typed:
    """Return the editor as it opens, with what is to be said about the rule as it is."""
    if before is None:
        initial = rule_fields.new_rule(version.definition)
        form = forms.RuleForm(initial=initial, definition=version.definition)
        kind = "words" if version.definition.get("lists") else "phrases"
        return Typed(form, model.Part("all", parts=(model.empty(kind),)), drafts.NEW)
    form = forms.RuleForm(initial=rule_fields.initial_of(before), definition=version.definition)
    return Typed(
        form,
        model.read_top(before["when"]),
        edit.digest_of(before),
        check=trials.check_rule(before, version.definition),
        rule=before,
    )


def _rearranged(data: QueryDict, version: RuleSetVersion, act: str, target: str) -> Typed:
    """Return the editor after a condition was added, removed or moved; nothing is judged yet."""
    path = _path(target)
    kind = data.get(f"{target}-new", "")
    part = model.typed_part(data, PREFIX)
    changed = model.change(part, act, path, kind) if path is not None else part
    focus: tuple[int, ...] | None = path
    if act == "add" and path is not None and changed != part:
        group = changed
        for step in path:
            group = group.parts[step]
        focus = (*path, len(group.parts) - 1)
    elif act in ("up", "down") and path and changed != part:
        focus = (*path[:-1], path[-1] + (-1 if act == "up" else 1))
    elif act == "remove" and path:
        focus = path[:-1]
    initial: dict[str, Any] = {name: data.get(name, "") for name in forms.RuleForm.base_fields}
    initial["directions"] = data.getlist("directions")
    initial["human_required"] = "human_required" in data
    form = forms.RuleForm(initial=initial, definition=version.definition)
    return Typed(form, changed, data.get("seen", ""), focus=focus)


def _path(target: str) -> tuple[int, ...] | None:
    head, *steps = target.split("-")
    if head != PREFIX or not all(step.isdecimal() and len(step) < 4 for step in steps):
        return None
    return tuple(map(int, steps))


def _checked(
    data: QueryDict, version: RuleSetVersion, before: edit.RuleNode | None, key: str
) -> Typed:
    """Return the editor with everything that is to be said about what was typed."""
    form = forms.RuleForm(data, definition=version.definition)
    typed = Typed(form, model.typed_part(data, PREFIX), data.get("seen", ""))
    when = model.build_top(typed.part, typed.problems, before["when"] if before else None)
    if not form.is_valid():
        return typed
    taken = {rule["key"] for rule in version.definition.get("rules", ())}
    new_key = key or edit.new_key(form.cleaned_data["name"], taken, "rule")
    try:
        typed.rule = rule_fields.rule_of(form.cleaned_data, when, before, new_key)
    except (ValueError, yaml.YAMLError) as error:
        form.add_error("special", rule_fields.why_bad(error))
        return typed
    if not typed.problems:
        typed.check = trials.check_rule(typed.rule, version.definition)
        typed.problems = presenter.placed(typed.check.problems)
    return typed


def _is_ready(request: HtmxHttpRequest, typed: Typed) -> bool:
    """Whether nothing stands against saving, and whoever saves has read what is odd."""
    if typed.check is None or typed.problems or not typed.check.can_be_saved:
        return False
    return not typed.check.findings or request.POST.get("accept") == presenter.digest(
        typed.check.findings
    )


def _page(
    request: HtmxHttpRequest, version: RuleSetVersion, key: str, typed: Typed, *, status: int = 200
) -> HttpResponse:
    page = presenter.rule_page(version, key, typed)
    code = 200 if request.htmx else status
    return render(
        request, "policies/rule_edit.html", {"page": page, "version": version}, status=code
    )
