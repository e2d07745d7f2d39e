"""Asking once more before what nobody can take back."""

from dataclasses import dataclass

from django.forms import Form
from django.urls import reverse

from moderation.enums import ActionKind
from moderation.models import Case, ContentItem
from moderation.presenters import consequences
from moderation.services import decisions, enforcement
from platforms.enums import Capability, Platform, SourceState
from platforms.registry import capabilities_of
from policies.enums import Outcome


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is about to be done for good, and the form as it was sent (moderation/_confirmation.html)."""

    url: str
    draft: str
    title: str
    consequence: str
    outcome: str
    clause: str
    reason: str
    told: str
    told_label: str
    yes_label: str
    fields: tuple[tuple[str, str], ...]


def for_good(outcome: str, item: ContentItem) -> tuple[ActionKind, ...]:
    """Return what an outcome would really do to this item that cannot be taken back afterwards."""
    if item.source_state == SourceState.DELETED:
        return ()
    possible = capabilities_of(item.channel.platform)
    return tuple(
        kind
        for kind, can_be_done in enforcement.what_would_happen(outcome, item)
        if can_be_done and not _can_be_undone(kind, possible)
    )


def confirmation(case: Case, form: Form, *, is_to_go_on: bool) -> Confirmation:
    """Present the question. `form` is valid and irreversible; nothing of it is lost either way."""
    outcome = Outcome(form.cleaned_data["outcome"])
    item = case.content_item
    kinds = for_good(outcome.value, item)
    platform = Platform(item.channel.platform)
    clause = form.clause_chosen  # type: ignore[attr-defined]
    message = form.cleaned_data["message"]
    if ActionKind.WARN in kinds and clause and not message.strip():
        message = decisions.default_warning(case, clause)
    sent = ("outcome", "clause", "reason", "message", "revision", "submission_key")
    return Confirmation(
        url=reverse("moderation:case_decide", args=[case.pk]),
        draft=f"case-{case.pk}",
        title=" ".join(_title(kind, platform) for kind in kinds),
        consequence=" ".join(
            sentence
            for kind, can_be_done in enforcement.what_would_happen(outcome.value, item)
            if can_be_done and kind not in kinds and (sentence := _besides(kind, platform))
        ),
        outcome=str(outcome.label),
        clause=str(clause or ""),
        reason=form.cleaned_data["reason"],
        told=message if {ActionKind.WARN, ActionKind.REPLY} & {*kinds} else "",
        told_label="What the author is told",
        yes_label=_yes(outcome),
        fields=(
            *((name, str(form.data.get(name, ""))) for name in sent),
            *((("then", "next"),) if is_to_go_on else ()),
        ),
    )


def _can_be_undone(kind: ActionKind, possible: frozenset[Capability]) -> bool:
    opposite = enforcement.UNDO.get(kind.value)
    return opposite is not None and Capability(opposite.value) in possible


def _title(kind: ActionKind, platform: Platform) -> str:
    return {
        ActionKind.DELETE: f"Delete it on {platform.label} for everybody: this cannot be undone.",
        ActionKind.WARN: "Warn the author: a warning that was sent cannot be taken back.",
        ActionKind.REPORT: (
            f"Report it to {consequences.REPORTED_TO.get(platform, platform.label)}:"
            " a report that was sent cannot be taken back."
        ),
        ActionKind.REPLY: "Answer in public: the answer cannot be taken back here.",
        ActionKind.HIDE: f"Hide it on {platform.label}: it cannot be shown again from here.",
        ActionKind.BLOCK: f"Block the author on {platform.label}: it cannot be lifted from here.",
    }[kind]


def _besides(kind: ActionKind, platform: Platform) -> str:
    if kind == ActionKind.HIDE:
        return f"It is hidden on {platform.label} as well, which can be reversed."
    return ""


def _yes(outcome: Outcome) -> str:
    return {
        Outcome.DELETE: "Yes, delete it",
        Outcome.WARN: "Yes, hide it and warn the author",
        Outcome.REPORT: "Yes, hide and report it",
        Outcome.REPLY: "Yes, send the reply",
        Outcome.BLOCK: "Yes, block the author",
    }.get(outcome, "Yes, go on")
