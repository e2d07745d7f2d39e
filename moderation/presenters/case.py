"""The case page: the words, why they are here, what can be decided and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.actors import Actor
from common.errors import DomainError
from common.page import Button, Fact, Happening, in_order
from common.when import uk_datetime, uk_time
from moderation import permissions
from moderation.enums import CaseOrigin, CaseStatus
from moderation.models import Case, ContentItem, EnforcementAction
from moderation.presenters import actions as action_presenter
from moderation.presenters import consequences, history, text
from moderation.presenters.confirmation import Confirmation, confirmation
from moderation.presenters.decision_form import DecisionFormView, form_view
from moderation.presenters.decision_made import DecisionView, decision_view
from moderation.presenters.furniture import Furniture
from moderation.presenters.queue import case_url, queue_url
from moderation.presenters.thread import CommentView, PostView, comment, post
from moderation.presenters.typed import Typed
from moderation.presenters.why import (
    SEVERITIES,
    Reason,
    ReportView,
    ScoreView,
    is_edited,
    low_scores,
    marks,
    reasons,
    scores,
    unknown,
)
from moderation.services.casefile import CaseFile
from platforms.enums import SourceState


@dataclass(frozen=True, slots=True)
class IdentityFact:
    """A label and its value, which may call for haste."""

    label: str
    value: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """The line on top: what this case is and what can be done with it as a whole."""

    severity: str
    severity_label: str
    facts: tuple[IdentityFact, ...]
    acts: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why nothing was done, and what had been typed where no form is left to hold it."""

    title: str
    text: str
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know before reading on."""

    title: str
    text: str
    kind: str = "information"


@dataclass(frozen=True, slots=True)
class HandedOn:
    """Who handed the case on, and what they need."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecentDecision:
    """An earlier decision about the same author."""

    outcome: str
    clause: str
    when: str
    url: str


@dataclass(frozen=True, slots=True)
class AuthorPanel:
    """Who wrote it and what is on record."""

    name: str
    url: str
    facts: tuple[Fact, ...]
    next_step: str
    recent: tuple[RecentDecision, ...]


@dataclass(frozen=True, slots=True)
class ActionsPanel:
    """templates/moderation/_actions.html."""

    url: str
    actions: tuple[action_presenter.ActionView, ...]
    actions_pending: bool
    actions_url: str
    actions_sentence: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """templates/moderation/case_detail.html."""

    title: str
    url: str
    draft: str
    back_url: str
    back_label: str
    identity: Identity
    conflict: Conflict | None
    handed_on: HandedOn | None
    notice: Notice | None
    post: PostView | None
    parent: CommentView | None
    thread_before: tuple[CommentView, ...]
    thread_before_more: str
    subject: CommentView
    thread_after: tuple[CommentView, ...]
    thread_after_more: str
    thread_url: str
    reasons: tuple[Reason, ...]
    scores: tuple[ScoreView, ...]
    low_scores: str
    unknown: tuple[str, ...]
    reports: tuple[ReportView, ...]
    form: DecisionFormView | None
    confirm: Confirmation | None
    why_no_form: str
    decision: DecisionView | None
    panel: ActionsPanel
    author: AuthorPanel
    record: tuple[Fact, ...]
    timeline: tuple[Happening, ...]
    next: Button | None


def case_page(
    file: CaseFile, *, actor: Actor, furniture: Furniture, typed: Typed, now: datetime
) -> CasePage:
    """Present everything about one case."""
    case = file.case
    refusal = _refusal(actor, case, now=now)
    is_open = case.status == CaseStatus.WAITING
    may_decide = is_open and refusal is None
    confirm = (
        confirmation(case, typed.decision, is_to_go_on=typed.is_to_go_on)
        if may_decide and typed.is_unconfirmed
        else None
    )
    form = form_view(file, actor, typed) if may_decide and confirm is None else None
    return CasePage(
        title=case_title(case),
        url=case_url(case.pk),
        draft=f"case-{case.pk}",
        back_url=queue_url(case.queue_id),
        back_label=case.queue.name,
        identity=_identity(case, actor, furniture, now=now),
        conflict=_conflict(case, typed, has_form=form is not None or confirm is not None),
        handed_on=_handed_on(file),
        notice=_notice(file),
        post=post(case.content_item.post, channel=case.channel),
        parent=_parent(file, now=now),
        thread_before=tuple(comment(item, now=now) for item in file.thread.before),
        thread_before_more="Show more of what came before" if file.thread.more_before else "",
        subject=comment(
            case.content_item,
            now=now,
            marks=marks(file),
            is_subject=True,
            label="The comment to judge" if is_open else "The comment that was judged",
            author_url=_author_link(case),
        ),
        thread_after=tuple(comment(item, now=now) for item in file.thread.after),
        thread_after_more="Show more of what came after" if file.thread.more_after else "",
        thread_url=f"{case_url(case.pk)}?thread=whole",
        reasons=reasons(file),
        scores=scores(file),
        low_scores=low_scores(file),
        unknown=unknown(file),
        reports=tuple(
            ReportView(
                f"{report.get_source_display()}"
                + (f" {text.author_name(report.reporter)}" if report.reporter else ""),
                uk_datetime(report.received_at),
                text.one_line(report.reason),
            )
            for report in file.reports
        ),
        form=form,
        confirm=confirm,
        why_no_form=refusal.message if is_open and refusal else "",
        decision=decision_view(file, actor, typed),
        panel=actions_panel(case, file.actions),
        author=_author(file),
        record=_record(case),
        timeline=history.timeline(file.events),
        next=_next(case, actor) if not is_open else None,
    )


def actions_panel(case: Case, actions: Sequence[EnforcementAction]) -> ActionsPanel:
    """Present how far the actions of a case's standing decision have come."""
    return ActionsPanel(
        url=case_url(case.pk),
        actions=action_presenter.action_views(actions),
        actions_pending=action_presenter.are_under_way(actions),
        actions_url=reverse("moderation:case_actions", args=[case.pk]),
        actions_sentence=action_presenter.sentence(actions),
    )


def author_url(author_id: UUID) -> str:
    """Return an author's page."""
    return reverse("moderation:author_detail", args=[author_id])


def case_title(case: Case) -> str:
    """Return what people call a case."""
    return f"Case {case.pk.hex[-6:]}"


def _author_link(case: Case) -> str:
    """Return the author's page, which leads back to this case."""
    return f"{author_url(case.author_id)}?case={case.pk}"


def _refusal(actor: Actor, case: Case, *, now: datetime) -> DomainError | None:
    try:
        permissions.check_can_decide(actor, case, now=now)
    except DomainError as refusal:
        return refusal
    return None


def _identity(case: Case, actor: Actor, furniture: Furniture, *, now: datetime) -> Identity:
    facts = [
        IdentityFact("Channel", f"{case.channel.name} ({case.channel.get_platform_display()})"),
    ]
    # A claim says more than that the case waits.
    if not (case.status == CaseStatus.WAITING and case.is_claimed_at(now)):
        facts.append(IdentityFact("Status", case.get_status_display()))
    acts = []
    if case.status == CaseStatus.WAITING:
        words = furniture.clock.words(case.due_at, now)
        facts.append(IdentityFact("Target", words, is_late=case.due_at <= now))
        if case.is_claimed_at(now):
            mine = actor.user is not None and case.claimed_by_id == actor.user.pk
            until = uk_time(case.claim_expires_at) if case.claim_expires_at else ""
            facts.append(
                IdentityFact("Claimed by", f"{'you' if mine else case.claimed_by} until {until}")
            )
            if mine:
                acts.append(
                    Button(
                        "Release",
                        reverse("moderation:case_release", args=[case.pk]),
                        variant="secondary",
                        key="l",
                        key_label="Release the case",
                    )
                )
        else:
            acts.append(_claim(case, actor, now=now))
    return Identity(case.severity, SEVERITIES[case.severity], tuple(facts), tuple(acts))


def _claim(case: Case, actor: Actor, *, now: datetime) -> Button:
    refusal = _refusal(actor, case, now=now)
    if refusal is None and not permissions.can_claim_from(actor, case.queue):
        return Button(
            "Claim", "", enabled=False, why_not="Your role does not include claiming cases."
        )
    return Button(
        "Claim",
        reverse("moderation:case_claim", args=[case.pk]),
        enabled=refusal is None,
        variant="secondary",
        key="c",
        key_label="Claim the case",
    )


def _conflict(case: Case, typed: Typed, *, has_form: bool) -> Conflict | None:
    refusal = typed.refusal
    sent = typed.decision or typed.escalation
    if refusal is None and (sent is None or has_form):
        return None
    # With its form still on the page, the fields hold the words.
    if sent is None and case.standing_decision_id is None:
        sent = typed.reversal
    kept = _kept(sent) if sent is not None and not has_form else ""
    if refusal is None:
        return Conflict("This case is not open any more", "Nothing of yours was sent.", kept)
    titles = {
        "case_already_decided": "A colleague was faster",
        "case_claimed_by_another": "A colleague is on this case",
        "case_changed": "The case changed while you were reading",
        "case_not_open": "This case is not open any more",
        "nothing_to_reverse": "There is nothing to take back any more",
    }
    return Conflict(titles.get(refusal.code, "Nothing was done"), refusal.message, kept)


def _kept(form: Any) -> str:
    words = (str(form.data.get(name, "")).strip() for name in ("reason", "message"))
    return "\n\n".join(filter(None, words))


def _handed_on(file: CaseFile) -> HandedOn | None:
    escalation = file.handed_on
    if escalation is None:
        return None
    by = escalation.made_by or "an internal tool"
    return HandedOn(
        f"Handed on by {by}, {uk_datetime(escalation.made_at)}", in_order(escalation.reason)
    )


def _notice(file: CaseFile) -> Notice | None:
    case, item = file.case, file.case.content_item
    if item.source_state == SourceState.DELETED:
        # Whether it can still be decided is in the form beside it.
        return Notice(
            "Gone from the platform",
            "The comment is deleted there. What was captured is kept here"
            + (", and can still be decided." if case.status == CaseStatus.WAITING else "."),
        )
    if is_edited(file):
        return Notice(
            "Edited since it was flagged",
            "You see the text as it stands now. The reasons below are about the text before the edit.",
            kind="warning",
        )
    if case.origin == CaseOrigin.EDIT:
        return Notice(
            "Edited after a decision",
            "An earlier text of this comment was decided already. This is the text after the edit.",
        )
    if item.source_state == SourceState.HELD:
        return Notice(
            "Held by the platform",
            f"{item.channel.get_platform_display()} is holding this comment back by itself.",
        )
    if item.source_state == SourceState.HIDDEN and case.status == CaseStatus.WAITING:
        return Notice(
            "Already hidden on the platform",
            consequences.still_seen_by(item.channel.platform),
        )
    return None


def _parent(file: CaseFile, *, now: datetime) -> CommentView | None:
    parent = file.thread.parent
    if parent is None or parent.pk in {item.pk for item in file.thread.before}:
        return None
    return comment(parent, now=now, badge="what it answers")


def _next(case: Case, actor: Actor) -> Button | None:
    if not permissions.can_claim_from(actor, case.queue):
        return None
    return Button(
        "Next case",
        reverse("moderation:queue_claim", args=[case.queue_id]),
        key="n",
        key_label="Claim the next case",
    )


def _author(file: CaseFile) -> AuthorPanel:
    author, record = file.case.author, file.author_record
    return AuthorPanel(
        name=text.author_name(author.display_name, author.handle, author.external_id),
        url=_author_link(file.case),
        facts=(
            Fact("Platform", author.get_platform_display()),
            *((Fact("Handle", text.author_name(author.handle)),) if author.handle else ()),
            Fact("Known since", uk_datetime(author.first_seen_at)),
            Fact("Wrote to us", counted(record.items, "time")),
            Fact("Channels", ", ".join(channel.name for channel in record.channels)),
            Fact("Decided cases", f"{record.decided:,}"),
            Fact("Found in breach", f"{record.breaches:,}"),
            Fact("Warnings", " ".join(consequences.warnings(record))),
            Fact("Blocks in force", str(record.blocks)),
        ),
        next_step=consequences.next_step(record),
        recent=tuple(
            RecentDecision(
                outcome=str(case.standing_decision.get_outcome_display()),
                clause=case.standing_decision.clause.reference
                if case.standing_decision.clause
                else "",
                when=uk_datetime(case.standing_decision.made_at),
                url=case_url(case.pk),
            )
            for case in file.author_cases
            if case.standing_decision is not None
        ),
    )


def counted(number: int, unit: str) -> str:
    """Return "1 time", "3 times" or "1,000+ times"."""
    if number > 1_000:
        return f"1,000+ {unit}s"
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def _record(case: Case) -> tuple[Fact, ...]:
    item: ContentItem = case.content_item
    revision = item.current_revision
    return (
        Fact("Opened", f"{uk_datetime(case.opened_at)}, {case.get_origin_display().lower()}"),
        Fact("Published", uk_datetime(item.published_at)),
        Fact("Captured", uk_datetime(revision.captured_at) if revision else ""),
        Fact("Revision", str(revision.number) if revision else ""),
        Fact("SHA-256", revision.digest if revision else ""),
        Fact("At the platform", item.get_source_state_display()),
        Fact("Platform’s id", text.author_name(item.external_id)),
    )
