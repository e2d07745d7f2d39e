"""Lists of words and of people as their pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from policies.editor import definition as edit
from policies.engine.forms import Form, forms_of
from policies.enums import RuleSetStatus, Severity
from policies.models import RuleSetVersion

SHOWN = 300
"""Terms on one page; a search finds the others."""

SECTIONS = {"lists": "Word lists", "people": "Lists of people"}
ONE = {"lists": ("term", "terms"), "people": ("name", "names")}


@dataclass(frozen=True, slots=True)
class Used:
    """A rule that uses a list."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """One list."""

    title: str
    url: str
    size: str
    users: list[Used]


@dataclass(frozen=True, slots=True)
class Section:
    """The lists of one sort."""

    title: str
    rows: list[ListRow]
    new_url: str
    new_label: str


@dataclass(frozen=True, slots=True)
class ListOfLists:
    """Every list of a version."""

    title: str
    back_url: str
    sections: list[Section]


@dataclass(frozen=True, slots=True)
class TermRow:
    """One term and what is known about it."""

    text: str
    url: str
    forms: str
    notes: list[str]


@dataclass(frozen=True, slots=True)
class ListPage:
    """One list."""

    title: str
    version: str
    back_url: str
    url: str
    save_url: str
    remove_url: str
    is_new: bool
    can_edit: bool
    has_exceptions: bool
    why_fixed: str
    form: Any
    seen: str
    alert: str
    terms: list[TermRow]
    exceptions: list[str]
    size: str
    more: str
    find: str
    users: list[Used]


@dataclass(frozen=True, slots=True)
class TermPage:
    """One term."""

    title: str
    list_title: str
    back_url: str
    url: str
    form: Any
    seen: str
    alert: str


def list_url(version: RuleSetVersion, section: str, key: str) -> str:
    """Return the address of a list."""
    return reverse("policies:list_detail", args=[version.pk, section, key])


def list_of_lists(version: RuleSetVersion, *, may_edit: bool) -> ListOfLists:
    """Return every list of a version with the rules that use it."""
    can_edit = may_edit and version.status == RuleSetStatus.DRAFT
    return ListOfLists(
        title=f"{version.rule_set.name}, version {version.number}",
        back_url=reverse("policies:ruleset_detail", args=[version.pk]),
        sections=[
            Section(
                title=title,
                rows=[
                    ListRow(
                        title=str(node.get("title", key)),
                        url=list_url(version, section, key),
                        size=_size(node, section),
                        users=_users(version, section, key),
                    )
                    for key, node in (version.definition.get(section) or {}).items()
                ],
                new_url=reverse("policies:list_new", args=[version.pk, section])
                if can_edit
                else "",
                new_label="Make a word list" if section == "lists" else "Make a list of people",
            )
            for section, title in SECTIONS.items()
        ],
    )


def list_initial(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of a list begins with."""
    return {
        "title": node.get("title", ""),
        "exceptions": "\n".join(map(str, node.get("exceptions") or ())),
    }


def list_page(
    version: RuleSetVersion,
    section: str,
    key: str,
    form: Any,
    *,
    seen: str,
    alert: str,
    find: str,
    may_edit: bool,
) -> ListPage:
    """Return one list with its terms, those that hold `find` only."""
    node = (version.definition.get(section) or {}).get(key, {}) if key else {}
    everything = list(node.get(edit.MEMBERS[section], ()))
    wanted = [term for term in everything if find.casefold() in edit.term_text(term).casefold()]
    is_draft = version.status == RuleSetStatus.DRAFT
    users = _users(version, section, key) if key else []
    can_edit = may_edit and is_draft
    more = ""
    if len(wanted) > SHOWN:
        more = f"{len(wanted) - SHOWN:,} more are not shown. Search for the one you want."
    return ListPage(
        title=str(node.get("title", key)) if key else f"New list of {'words' if section == 'lists' else 'people'}",
        version=f"{version.rule_set.name}, version {version.number}",
        back_url=reverse("policies:list_list", args=[version.pk]),
        url=list_url(version, section, key) if key else "",
        save_url=_save_url(version, section, key),
        remove_url=reverse("policies:list_remove", args=[version.pk, section, key])
        if key and can_edit and not users
        else "",
        is_new=not key,
        can_edit=can_edit,
        has_exceptions=section == "lists",
        why_fixed="" if is_draft else "To change this list, start a draft of the rules.",
        form=form,
        seen=seen,
        alert=alert,
        terms=[_term(version, section, key, term, can_edit=can_edit) for term in wanted[:SHOWN]],
        exceptions=list(map(str, node.get("exceptions") or ())),
        size=_size(node, section),
        more=more,
        find=find,
        users=users,
    )  # fmt: skip


def term_page(
    version: RuleSetVersion, key: str, text: str, form: Any, seen: str, alert: str
) -> TermPage:
    """Return the page of one term."""
    node = version.definition["lists"][key]
    return TermPage(
        title=text,
        list_title=str(node.get("title", key)),
        back_url=list_url(version, "lists", key),
        url=_term_url(version, key, text),
        form=form,
        seen=seen,
        alert=alert,
    )


def _save_url(version: RuleSetVersion, section: str, key: str) -> str:
    if not key:
        return reverse("policies:list_new", args=[version.pk, section])
    return reverse("policies:list_save", args=[version.pk, section, key])


def _term_url(version: RuleSetVersion, key: str, text: str) -> str:
    address = reverse("policies:term_edit", args=[version.pk, "lists", key])
    return f"{address}?{urlencode({'term': text})}"


def _term(
    version: RuleSetVersion, section: str, key: str, term: Any, *, can_edit: bool
) -> TermRow:
    text = edit.term_text(term)
    spec: Mapping[str, Any] = term if isinstance(term, Mapping) else {}
    grown = forms_of(text, tuple(Form(each) for each in spec.get("forms") or ()))[1:]
    senses = spec.get("senses") or {}
    severity = spec.get("severity")
    notes = [
        spec.get("note", ""),
        f"Severity: {Severity(severity).label.lower()}" if severity else "",
        "Also innocent" if spec.get("ambiguous") else "",
        "Also reclaimed" if spec.get("reclaimed") else "",
        f"Abusive: {senses['abusive']}" if senses.get("abusive") else "",
        f"Innocent: {senses['innocent']}" if senses.get("innocent") else "",
        f"Language: {spec['language']}" if spec.get("language") else "",
    ]
    return TermRow(
        text=text,
        url=_term_url(version, key, text) if can_edit and section == "lists" else "",
        forms=", ".join(grown),
        notes=[note for note in notes if note],
    )


def _size(node: Mapping[str, Any], section: str) -> str:
    count = len(node.get(edit.MEMBERS[section], ()))
    one, many = ONE[section]
    return f"{count:,} {one if count == 1 else many}"


def _users(version: RuleSetVersion, section: str, key: str) -> list[Used]:
    address = reverse("policies:ruleset_detail", args=[version.pk])
    return [
        Used(str(rule["name"]), f"{address}#{rule['key']}")
        for rule in edit.users_of(version.definition, section, key)
    ]
