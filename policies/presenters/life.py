"""Where a version stands in its life, and what the reader can do with it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.models import User
from common.page import Alert, Happening, iso
from common.shown import one_line
from common.when import uk_datetime
from policies import forms
from policies.engine.examples import ExampleFailure
from policies.enums import NoteKind, RuleSetStatus
from policies.models import RuleSetVersion, VersionNote

S = RuleSetStatus
REVIEW_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Link:
    """An address with its words."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Act:
    """One form on the page: what it does, and its words."""

    key: str
    title: str
    url: str
    button: str
    form: Any = None  # a Django form
    text: str = ""
    variant: str = ""
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Failing:
    """One example that comes out other than written."""

    rule: str
    url: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Life:
    """What can be done with a version, and what was said about it."""

    alerts: list[Alert]
    links: list[Link]
    acts: list[Act]
    why_not: list[str]
    failing: list[Failing]
    failing_more: str
    notes: list[Happening]
    comment: Act | None
    can_edit: bool
    rule_url: str = ""
    summary: str = ""
    steps: list[tuple[str, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page of a version needs to know beside the version itself."""

    actor: Actor
    editors: set[UUID | None]
    in_force: RuleSetVersion | None
    failures: Mapping[str, Sequence[ExampleFailure]]
    notes: Sequence[VersionNote]
    people: Sequence[User]
    now: datetime


STEPS = (S.DRAFT, S.SUBMITTED, S.APPROVED, S.PUBLISHED, S.RETIRED)
SHOWN_FAILURES = 10


def life(version: RuleSetVersion, facts: Facts, typed: Mapping[str, Any] | None = None) -> Life:
    """Return the reader's view of a version's life. `typed` holds forms that came back with errors."""
    typed = typed or {}
    may_edit = facts.actor.may(Permission.RULES_EDIT)
    acts, why_not = _acts(version, facts, typed)
    failing = _failing(version, facts)
    return Life(
        alerts=_alerts(version, facts, len(failing)),
        links=_links(version, facts),
        acts=acts,
        why_not=why_not,
        failing=failing[:SHOWN_FAILURES],
        failing_more=f"{len(failing) - SHOWN_FAILURES} more"
        if len(failing) > SHOWN_FAILURES
        else "",
        notes=[_note(version, note) for note in facts.notes],
        comment=_comment(version, typed) if facts.actor.may(Permission.RULES_APPROVE) else None,
        can_edit=may_edit and version.status == S.DRAFT,
        rule_url=_url("rule_new", version),
        summary=version.summary,
        steps=[(S(each).label, each == version.status) for each in STEPS],
    )


def _url(name: str, version: RuleSetVersion) -> str:
    return reverse(f"policies:{name}", args=[version.pk])


def _links(version: RuleSetVersion, facts: Facts) -> list[Link]:
    links = [Link("Try a text", _url("version_try", version))]
    other = facts.in_force
    if other is not None and other.pk != version.pk:
        url = f"{_url('version_compare', version)}?with={other.pk}"
        links.append(Link(f"Compare with version {other.number}, in force", url))
    elif version.based_on_id or version.number > 1:
        links.append(Link("Compare with another version", _url("version_compare", version)))
    links.append(Link("Word lists and people", _url("list_list", version)))
    links.append(Link("Export as a file", _url("version_export", version)))
    return links


def _alerts(version: RuleSetVersion, facts: Facts, failing: int) -> list[Alert]:
    found = []
    in_force = facts.in_force
    open_ = version.status in (S.DRAFT, S.SUBMITTED, S.APPROVED)
    if open_ and in_force and in_force.pk not in (version.pk, version.replaces_id):
        found.append(
            Alert(
                "warning",
                f"Version {in_force.number} came into force after this one was begun",
                "Its changes are not in here. Compare the two before you go on.",
                f"{_url('version_compare', version)}?with={in_force.pk}",
                "Compare the two versions",
            )
        )
    if version.status == S.APPROVED and version.effective_at:
        found.append(
            Alert(
                "information",
                f"Comes into force on {uk_datetime(version.effective_at)}",
                "Nobody needs to do anything then.",
            )
        )
    if failing and open_:
        found.append(
            Alert(
                "warning",
                f"{failing} {'example comes' if failing == 1 else 'examples come'} out other than written",
                "They are listed below. A draft can be sent for approval when all come out right.",
            )
        )
    due = version.review_on and version.review_on <= timezone.localdate(facts.now)
    if version.status == S.PUBLISHED and due:
        found.append(
            Alert(
                "warning",
                "These rules are due for review",
                "Look at them, then note what you found and the day of the next review, below.",
            )
        )
    return found


def _acts(
    version: RuleSetVersion, facts: Facts, typed: Mapping[str, Any]
) -> tuple[list[Act], list[str]]:
    actor = facts.actor
    may_edit, may_approve = (
        actor.may(Permission.RULES_EDIT), actor.may(Permission.RULES_APPROVE)
    )  # fmt: skip
    is_editor = actor.user is not None and actor.user.pk in facts.editors
    acts: list[Act] = []
    why_not: list[str] = []
    if version.status == S.DRAFT and may_edit:
        acts += _draft_acts(version, facts, typed)
    if version.status == S.SUBMITTED:
        if may_approve and not is_editor:
            acts.append(_approve(version))
        elif is_editor:
            why_not.append(
                "You wrote in this version, so another person approves it."
                if may_approve
                else "It waits for somebody who may approve rules."
            )
    if version.status == S.APPROVED and may_edit:
        acts += _publish_acts(version, facts, typed)
    if version.status in (S.SUBMITTED, S.APPROVED):
        if is_editor and may_edit:
            acts.append(_reason(
                "withdraw", "Take it back to change it", version, "version_withdraw", typed,
                "Take it back", "The approval is asked for again afterwards.",
            ))  # fmt: skip
        elif may_approve:
            acts.append(_reason(
                "return", "Send it back", version, "version_return", typed, "Send it back",
                "Its editors can change it then, and send it again.",
            ))  # fmt: skip
    if version.status == S.PUBLISHED:
        acts += _published_acts(version, facts, typed)
    if version.status in (S.PUBLISHED, S.RETIRED, S.DISCARDED) and may_edit:
        acts.insert(0, _copy(version))
    if version.status == S.PUBLISHED and may_approve:
        acts.append(_reason(
            "retire", "Take these rules out of force", version, "version_retire", typed,
            "Take them out of force",
            "Nothing is flagged by them from then on. To change a rule, start a draft instead.",
            variant="warning",
        ))  # fmt: skip
    return acts, why_not


def _draft_acts(version: RuleSetVersion, facts: Facts, typed: Mapping[str, Any]) -> list[Act]:
    form = typed.get("submit") or forms.SubmitForm(
        initial={"revision": version.revision, "summary": version.summary}
    )
    submit = Act(
        "submit", "Send it for approval", _url("version_submit", version), "Send for approval",
        form, "From then on it cannot be changed, unless it is taken or sent back. Another person approves it.",
    )  # fmt: skip
    discard = _reason(
        "discard", "Discard this draft", version, "version_discard", typed, "Discard",
        "It judges nothing any more. It stays readable.", variant="warning",
    )  # fmt: skip
    return [submit, discard] if not facts.failures else [discard]


def _approve(version: RuleSetVersion) -> Act:
    return Act(
        "approve", "Approve it", _url("version_approve", version), "Approve this version",
        forms.ApproveForm(initial={"digest": version.digest}),
        "You approve exactly what is shown here. It comes into force when it is published.",
    )  # fmt: skip


def _publish_acts(version: RuleSetVersion, facts: Facts, typed: Mapping[str, Any]) -> list[Act]:
    if version.effective_at:
        return [
            Act(
                "unschedule", "Take the date back", _url("version_unschedule", version),
                "Take the date back", None, "The version stays approved.", variant="secondary",
            )
        ]  # fmt: skip
    in_force = facts.in_force
    text = "It judges every new comment from then on."
    moved = in_force is not None and in_force.pk != version.replaces_id
    if in_force is not None:
        text += f" Version {in_force.number} is retired in the same step."
    form = typed.get("publish") or forms.PublishForm(
        initial={
            "when": "now",
            "review_on": timezone.localdate(facts.now) + REVIEW_AFTER,
            "replacing": in_force.pk if in_force else None,
        }
    )
    if not moved:
        form.fields.pop("confirm", None)
    elif in_force is not None:
        form.fields[
            "confirm"
        ].label = f"I compared the two, and this version replaces version {in_force.number}"
    return [
        Act("publish", "Put it in force", _url("version_publish", version), "Publish", form, text)
    ]


def _published_acts(version: RuleSetVersion, facts: Facts, typed: Mapping[str, Any]) -> list[Act]:
    if not facts.actor.may(Permission.RULES_EDIT):
        return []
    review = typed.get("review") or forms.ReviewForm(
        initial={"review_on": timezone.localdate(facts.now) + REVIEW_AFTER}
    )
    owner = typed.get("owner") or forms.OwnerForm(
        people=facts.people, initial={"owner": version.rule_set.owner_id}
    )
    due = version.review_on and version.review_on <= timezone.localdate(facts.now)
    return [
        Act(
            "review", "Note a review", _url("version_review", version), "Note the review", review,
            "You looked at the rules in force and they need no change now.",
            is_folded=not due and "review" not in typed,
        ),
        Act(
            "owner", "Change the owner", _url("version_owner", version), "Change the owner", owner,
            "The owner is reminded of reviews.", is_folded="owner" not in typed,
        ),
    ]  # fmt: skip


def _copy(version: RuleSetVersion) -> Act:
    if version.status == S.PUBLISHED:
        return Act(
            "copy", "Change these rules", _url("version_copy", version), "Start a draft", None,
            "You get a copy to work on. Nothing changes for anybody until another person has approved it"
            " and it is published.",
        )  # fmt: skip
    return Act(
        "copy", "Go back to this version", _url("version_copy", version),
        f"Start a draft from version {version.number}", None,
        "You get a copy to work on. It needs another person’s approval like any other.",
        variant="secondary",
    )  # fmt: skip


def _reason(
    key: str, title: str, version: RuleSetVersion, name: str, typed: Mapping[str, Any],
    button: str, text: str, variant: str = "secondary",
) -> Act:  # fmt: skip
    form = typed.get(key) or forms.ReasonForm(auto_id=f"id_{key}_%s")
    return Act(
        key, title, _url(name, version), button, form, text, variant, is_folded=key not in typed
    )


def _comment(version: RuleSetVersion, typed: Mapping[str, Any]) -> Act:
    rules = [(rule["key"], rule["name"]) for rule in version.definition.get("rules", ())]
    form = typed.get("comment") or forms.CommentForm(rules=rules)
    return Act("comment", "Comment", _url("version_comment", version), "Add the comment", form)


def _note(version: RuleSetVersion, note: VersionNote) -> Happening:
    about = ""
    if note.rule_key:
        rules = {rule["key"]: rule["name"] for rule in version.definition.get("rules", ())}
        about = f" on “{rules.get(note.rule_key, note.rule_key)}”"
    return Happening(
        title=f"{NoteKind(note.kind).label}{about}",
        when=uk_datetime(note.written_at),
        when_iso=iso(note.written_at),
        by=note.written_by.name,
        text=note.text,
    )


def _failing(version: RuleSetVersion, facts: Facts) -> list[Failing]:
    names = {rule["key"]: rule["name"] for rule in version.definition.get("rules", ())}
    return [
        Failing(
            rule=str(names.get(key, key)),
            url=reverse("policies:rule_edit", args=[version.pk, key]),
            text=one_line(failure.text),
            reason=failure.reason,
        )
        for key, failures in facts.failures.items()
        for failure in failures
    ]
