"""The pages about what a version of a rule set did, and about runs that take it back or judge again."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from accounts.actors import Actor
from accounts.enums import Permission
from common import shown as text
from common.page import Button, Fact, Figure, Tag
from common.when import uk_datetime
from moderation.enums import ActionKind, RunStatus, UndoOutcome
from moderation.models import Decision, Rejudging, UndoneDecision, VersionUndo
from moderation.services.version_effects import Effects
from policies.enums import Outcome, RuleSetStatus
from policies.models import RuleSetVersion

OUTCOMES = dict(Outcome.choices)
STATUS_COLOURS = {
    RunStatus.RUNNING: "blue",
    RunStatus.FINISHED: "green",
    RunStatus.CANCELLED: "grey",
    RunStatus.FAILED: "red",
}
STAYS = {
    ActionKind.DELETE.value: ("deletion", "deletions"),
    ActionKind.WARN.value: ("warning", "warnings"),
    ActionKind.REPORT.value: ("report to a platform", "reports to a platform"),
    ActionKind.REPLY.value: ("reply", "replies"),
}


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """One rule whose effects can be taken back by themselves."""

    key: str
    name: str
    count: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One standing decision that rests on the version."""

    url: str
    text: str
    outcome: str
    when: str


@dataclass(frozen=True, slots=True)
class RunLink:
    """A run that was asked for."""

    url: str
    label: str
    tag: Tag


@dataclass(frozen=True, slots=True)
class EffectsPage:
    """templates/moderation/version_effects.html."""

    title: str
    version: str
    back_url: str
    sentence: str
    figures: list[Figure]
    cannot_undo: str
    rules: list[RuleChoice]
    examples: list[Example]
    undo_url: str
    undo_why_not: str
    rejudge_url: str
    rejudge_why_not: str
    runs: list[RunLink]
    undo_error: str
    rejudge_error: str
    undo_reason: str
    rejudge_reason: str
    rejudge_days: str
    rejudge_closes: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a form was refused, and what had been put into it."""

    undo: str = ""
    rejudging: str = ""
    reason: str = ""
    rules: tuple[str, ...] = ()
    days: str = ""
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """A decision that was not, or not wholly, taken back."""

    url: str
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """templates/moderation/version_run.html."""

    title: str
    version: str
    url: str
    back_url: str
    status: Tag
    is_running: bool
    percent: int
    sentence: str
    figures: list[Figure]
    facts: list[Fact]
    error: str
    cancel: Button | None
    left: list[Left]
    left_note: str


def effects_page(
    *,
    version: RuleSetVersion,
    effects: Effects,
    undos: Sequence[VersionUndo],
    rejudgings: Sequence[Rejudging],
    actor: Actor,
    refused: Refused,
) -> EffectsPage:
    """Present what a version did, and the ways to take it back or to judge by it."""
    number = effects.decisions
    return EffectsPage(
        title="What this version did",
        version=str(version),
        back_url=reverse("policies:ruleset_detail", args=[version.pk]),
        sentence=(
            f"{number:,} {'decision stands' if number == 1 else 'decisions stand'} on what it flagged."
            if number
            else "No decision stands on what it flagged."
        ),
        figures=[
            Figure(OUTCOMES[outcome], f"{count:,}")
            for outcome, count in sorted(effects.by_outcome.items())
        ],
        cannot_undo=_stays(effects.irreversible),
        rules=[
            RuleChoice(rule.key, rule.name, f"{rule.decisions:,}", rule.key in refused.rules)
            for rule in effects.by_rule
        ],
        examples=[_example(decision) for decision in effects.examples],
        undo_url=reverse("moderation:version_undo", args=[version.pk]),
        undo_why_not=_why_no_undo(actor, effects, undos),
        rejudge_url=reverse("moderation:rejudge_start", args=[version.pk]),
        rejudge_why_not=_why_no_rejudging(actor, version, rejudgings),
        runs=[_link(undo, "Taking back", "moderation:undo_detail") for undo in undos]
        + [_link(run, "Judging again", "moderation:rejudge_detail") for run in rejudgings],
        undo_error=refused.undo,
        rejudge_error=refused.rejudging,
        # What was typed comes back into the form that was refused.
        undo_reason=refused.reason if refused.undo else "",
        rejudge_reason=refused.reason if refused.rejudging else "",
        rejudge_days=refused.days if refused.rejudging else "",
        rejudge_closes=refused.closes and bool(refused.rejudging),
    )


def undo_page(*, undo: VersionUndo, rows: Sequence[UndoneDecision], actor: Actor) -> RunPage:
    """Present how far taking back has come, and what could not be taken back."""
    counts = dict.fromkeys(UndoOutcome, 0)
    for row in rows:
        counts[UndoOutcome(row.outcome)] += 1
    left = [row for row in rows if row.outcome != UndoOutcome.REVERSED]
    may = actor.may(Permission.DECISION_REVERSE) and actor.may(Permission.CASE_DECIDE_ESCALATED)
    scope = ", ".join(undo.rule_keys) if undo.rule_keys else "Every rule of the version"
    return _run_page(
        undo,
        title="Taking back what a version did",
        name="moderation:undo_detail",
        cancel="moderation:undo_cancel" if may else "",
        figures=[
            Figure("Reversed", f"{counts[UndoOutcome.REVERSED]:,}"),
            Figure("Reversed in part", f"{counts[UndoOutcome.PARTLY]:,}"),
            Figure("Left as it is", f"{counts[UndoOutcome.REFUSED]:,}"),
        ],
        facts=[Fact("Rules", scope)],
        left=[
            Left(
                url=reverse("moderation:case_detail", args=[row.decision.case_id]),
                outcome=row.get_outcome_display(),
                note=row.note,
            )
            for row in left
        ],
        left_note="Everything so far was taken back whole." if rows and not left else "",
    )


def rejudging_page(*, run: Rejudging, actor: Actor) -> RunPage:
    """Present how far judging again has come."""
    return _run_page(
        run,
        title="Judging held comments again",
        name="moderation:rejudge_detail",
        cancel="moderation:rejudge_cancel" if actor.may(Permission.RULES_EDIT) else "",
        figures=[
            Figure("Cases opened", f"{run.opened:,}"),
            Figure("Open cases judged anew", f"{run.changed:,}"),
            Figure("Cases closed", f"{run.closed:,}"),
        ],
        facts=[
            Fact("Comments from", uk_datetime(run.since) if run.since else "The beginning"),
            Fact(
                "Open cases that nothing flags any more",
                "Closed" if run.closes_unflagged else "Left open",
            ),
        ],
        left=[],
        left_note="",
    )


def _run_page(
    run: VersionUndo | Rejudging,
    *,
    title: str,
    name: str,
    cancel: str,
    figures: list[Figure],
    facts: list[Fact],
    left: list[Left],
    left_note: str,
) -> RunPage:
    status = RunStatus(run.status)
    is_running = status == RunStatus.RUNNING
    return RunPage(
        title=title,
        version=str(run.version),
        url=reverse(name, args=[run.pk]),
        back_url=reverse("moderation:version_effects", args=[run.version_id]),
        status=Tag(status.label, STATUS_COLOURS[status]),
        is_running=is_running,
        percent=min(100, round(100 * run.done / run.total)) if run.total else 0,
        sentence=f"{run.done:,} of {run.total:,} dealt with.",
        figures=figures,
        facts=[
            *facts,
            Fact("Asked for by", str(run.asked_by)),
            Fact("Asked for at", uk_datetime(run.asked_at)),
            Fact("Ended at", uk_datetime(run.finished_at) if run.finished_at else ""),
            Fact("Reason", text.one_line(run.reason)),
        ],
        error=run.error,
        cancel=Button("Stop", reverse(cancel, args=[run.pk]), variant="secondary")
        if is_running and cancel
        else None,
        left=left,
        left_note=left_note,
    )


def _stays(kinds: dict[str, int]) -> str:
    parts = [
        f"{count:,} {STAYS[kind][count != 1]}"
        for kind, count in sorted(kinds.items())
        if kind in STAYS
    ]
    return f"What cannot be undone: {', '.join(parts)}." if parts else ""


def _why_no_undo(actor: Actor, effects: Effects, undos: Sequence[VersionUndo]) -> str:
    if not (
        actor.may(Permission.DECISION_REVERSE) and actor.may(Permission.CASE_DECIDE_ESCALATED)
    ):
        return "Only who may reverse other people’s decisions takes back what a version did."
    if any(undo.status == RunStatus.RUNNING for undo in undos):
        return "It is being taken back already."
    return "" if effects.decisions else "There is nothing to take back."


def _why_no_rejudging(actor: Actor, version: RuleSetVersion, runs: Sequence[Rejudging]) -> str:
    if not actor.may(Permission.RULES_EDIT):
        return "Only who edits rules has comments judged again."
    if version.status != RuleSetStatus.PUBLISHED:
        return "Only a version in force judges held comments."
    if any(run.status == RunStatus.RUNNING for run in runs):
        return "Held comments are being judged again already."
    return ""


def _example(decision: Decision) -> Example:
    return Example(
        url=reverse("moderation:case_detail", args=[decision.case_id]),
        text=text.one_line(decision.revision.text[:240]) or "(no words)",
        outcome=OUTCOMES[decision.outcome],
        when=uk_datetime(decision.made_at),
    )


def _link(run: VersionUndo | Rejudging, what: str, name: str) -> RunLink:
    status = RunStatus(run.status)
    return RunLink(
        url=reverse(name, args=[run.pk]),
        label=f"{what}, {uk_datetime(run.asked_at)}",
        tag=Tag(status.label, STATUS_COLOURS[status]),
    )
