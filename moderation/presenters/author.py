"""The author page: what one person wrote to this organisation and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from common import shown as text
from common.page import Fact, Figure, Happening, Pages, iso
from common.when import uk_datetime
from moderation.models import Author, Case, ContentItem, EnforcementAction
from moderation.presenters import consequences
from moderation.presenters.actions import TAGS, TITLES
from moderation.presenters.case import author_url, case_title, counted
from moderation.presenters.queue import NOTHING_TO_READ, SEVERITIES, CaseRow, case_url
from moderation.services import authors
from moderation.services.triage import EXCERPT_LENGTH
from platforms.enums import SourceState

STATES = dict(SourceState.choices)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AuthorPage:
    """templates/moderation/author_detail.html."""

    name: str
    platform: str
    profile_url: str
    figures: tuple[Figure, ...]
    facts: tuple[Fact, ...]
    next_step: str
    cases: tuple[CaseRow, ...]
    pages: Pages
    decisions: tuple[Happening, ...]
    actions: tuple[Happening, ...]
    back_url: str
    back_label: str


def author_page(
    *,
    author: Author,
    record: authors.Record,
    page: authors.ItemPage,
    cases: Mapping[UUID, Case],
    decided: Sequence[Case],
    actions: Sequence[EnforcementAction],
    came_from: Case | None = None,
) -> AuthorPage:
    """Present one author."""
    return AuthorPage(
        name=text.author_name(author.display_name, author.handle, author.external_id),
        platform=str(author.get_platform_display()),
        profile_url=text.web_address(author.url),
        figures=(
            Figure("comments", counted(record.items, "").strip().removesuffix("s")),
            Figure("waiting", str(record.waiting)),
            Figure("breaches", str(record.breaches), f"of {record.decided} decided"),
            Figure("warnings", *consequences.warnings(record)),
            Figure("blocks", str(record.blocks), "in force"),
        ),
        facts=(
            Fact("Handle", text.author_name(author.handle) if author.handle else ""),
            Fact("Platform’s id", text.author_name(author.external_id)),
            Fact("Known since", uk_datetime(author.first_seen_at)),
            Fact("Channels", ", ".join(channel.name for channel in record.channels)),
        ),
        next_step=consequences.next_step(record),
        cases=tuple(_row(item, cases.get(item.pk)) for item in page.items),
        pages=_pages(author, page, came_from),
        decisions=tuple(_decision(case) for case in decided if case.standing_decision),
        actions=tuple(_action(action) for action in actions),
        back_url=case_url(came_from.pk) if came_from else reverse("moderation:queue_list"),
        back_label=case_title(came_from) if came_from else "All queues",
    )


def position_words(item: ContentItem) -> str:
    """Write a place in the list for an address."""
    return f"{(item.published_at - EPOCH) // timedelta(microseconds=1)}.{item.pk.hex}"


def _row(item: ContentItem, case: Case | None) -> CaseRow:
    words = item.current_revision.text if item.current_revision else ""
    excerpt = " ".join(words[: EXCERPT_LENGTH + 1].split())
    facts = [str(item.get_kind_display()), item.channel.name]
    if item.source_state != SourceState.LIVE:
        facts.append(STATES[item.source_state])
    headline = ""
    if case is not None:
        decision = case.standing_decision
        headline = text.one_line(case.headline)
        facts.append(
            f"decided: {decision.get_outcome_display().lower()}"
            if decision
            else case.get_status_display().lower()
        )
    return CaseRow(
        url=case_url(case.pk) if case else "",
        css="app-cases__row",
        severity=case.severity if case else "",
        severity_label=SEVERITIES[case.severity] if case else "",
        excerpt=text.one_line(excerpt) or NOTHING_TO_READ,
        headline=headline,
        facts=" · ".join(facts),
        due=uk_datetime(item.published_at),
    )


def _pages(author: Author, page: authors.ItemPage, came_from: Case | None) -> Pages:
    if not page.items:
        return Pages()
    url = author_url(author.pk)
    newest, oldest = position_words(page.items[0]), position_words(page.items[-1])
    kept = {"case": came_from.pk} if came_from else {}
    return Pages(
        previous_url=f"{url}?{urlencode({'newer': newest, **kept})}" if page.has_newer else "",
        next_url=f"{url}?{urlencode({'older': oldest, **kept})}" if page.has_older else "",
    )


def _decision(case: Case) -> Happening:
    decision = case.standing_decision
    if decision is None:
        message = "The case has no standing decision."
        raise ValueError(message)
    under = f" under {decision.clause.reference}" if decision.clause else ""
    return Happening(
        title=f"{decision.get_outcome_display()}{under}",
        when=uk_datetime(decision.made_at),
        when_iso=iso(decision.made_at),
        by=str(decision.made_by or "an internal tool"),
        text=text.one_line(decision.reason),
    )


def _action(action: EnforcementAction) -> Happening:
    return Happening(
        title=f"{TITLES[action.kind]} on {action.channel.name}: {TAGS[action.status][0].lower()}",
        when=uk_datetime(action.requested_at),
        when_iso=iso(action.requested_at),
        text=action.note,
    )
