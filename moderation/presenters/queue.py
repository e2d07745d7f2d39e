"""The queue pages: rows of strings, so that the template only writes them down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from html import escape
from urllib.parse import urlencode
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from accounts.actors import Actor
from common import shown as text
from common.page import Button, Choice, Chosen, Filter, FilterField, Pages
from common.when import length, uk_time
from moderation import permissions
from moderation.models import Case, Queue
from moderation.presenters.furniture import Furniture
from moderation.services import desk
from policies.enums import Severity

SEVERITIES = dict(Severity.choices)
CLAIMED = (("no", "Nobody is on it"), ("yes", "Somebody is on it"), ("mine", "You are on it"))
FILTERS_KEPT = 200
NOTHING_TO_READ = "(no words)"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list of cases."""

    url: str
    css: str
    severity: str
    severity_label: str
    excerpt: str
    headline: str
    facts: str
    due: str
    due_css: str = ""
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """What to say when there is nothing."""

    title: str
    text: str = ""
    url: str = ""
    url_label: str = ""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """templates/moderation/queue.html."""

    title: str
    description: str
    count: str
    claim: Button
    filter: str
    rows: str
    pages: Pages
    news_url: str
    back_url: str
    empty: Empty


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One queue among the others."""

    name: str
    description: str
    url: str
    waiting: str
    oldest: str
    late: str
    is_late: bool
    is_empty: bool
    claim: Button


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case that the reader has claimed."""

    url: str
    excerpt: str
    severity: str
    severity_label: str
    until: str


@dataclass(frozen=True, slots=True)
class QueueList:
    """templates/moderation/queue_list.html."""

    queues: tuple[QueueEntry, ...]
    mine: tuple[HeldCase, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What came since the page was made."""

    text: str
    url: str


def queue_page(
    *,
    queue: Queue,
    page: desk.Page,
    tally: desk.Tally,
    filters: desk.Filters,
    params: Mapping[str, str],
    actor: Actor,
    furniture: Furniture,
    now: datetime,
) -> QueuePage:
    """Present one page of a queue. `params` are the filters as they stand in the address."""
    url = queue_url(queue.pk)
    return QueuePage(
        title=queue.name,
        description=queue.description,
        count=count_sentence(tally, is_filtered=not filters.is_empty),
        claim=claim_button(queue, actor, is_empty=filters.is_empty and not tally.waiting),
        filter=_filter_html(queue, params, furniture),
        rows=written(case_rows(page.rows, actor=actor, furniture=furniture, now=now)),
        pages=_pages(url, params, page),
        news_url=f"{url}news/?{urlencode({'since': now.isoformat()})}",
        back_url=reverse("moderation:queue_list"),
        empty=_empty(url, filters),
    )


def queue_list(
    *,
    queues: Sequence[Queue],
    tallies: Mapping[UUID, desk.Tally],
    held: Sequence[Case],
    actor: Actor,
    now: datetime,
) -> QueueList:
    """Present every queue."""
    first = next(
        (q.pk for q in queues if tallies[q.pk].waiting and permissions.can_claim_from(actor, q)),
        None,
    )
    return QueueList(
        queues=tuple(
            _entry(queue, tallies[queue.pk], actor, is_first=queue.pk == first, now=now)
            for queue in queues
        ),
        mine=tuple(
            HeldCase(
                url=case_url(case.pk),
                excerpt=text.one_line(case.excerpt) or NOTHING_TO_READ,
                severity=case.severity,
                severity_label=SEVERITIES[case.severity],
                until=_until(case.claim_expires_at, now),
            )
            for case in held
        ),
    )


def news(count: int, queue: Queue) -> News:
    """Present what came since the page was made."""
    if not count:
        return News("", "")
    number = f"{desk.NEWS_CAP}+" if count >= desk.NEWS_CAP else str(count)
    verb = "case has" if count == 1 else "cases have"
    return News(f"{number} more {verb} come in. Show them", queue_url(queue.pk))


def case_rows(
    rows: Sequence[desk.Row], *, actor: Actor, furniture: Furniture, now: datetime
) -> tuple[CaseRow, ...]:
    """Present rows: twenty-five of them many times a minute, so with little ceremony."""
    me = actor.user.pk if actor.user else None
    clock, one_line = furniture.clock, text.one_line
    result = []
    for row in rows:
        mine = row.claimed_by_id is not None and row.claimed_by_id == me
        facts = [furniture.channel(row.channel_id), f"opened {length(now - row.opened_at)} ago"]
        if row.clause:
            facts.insert(0, row.clause)
        claim = ""
        if row.claim_expires_at is not None and row.claim_expires_at > now:
            claim = f"{'You' if mine else row.claimed_by} until {uk_time(row.claim_expires_at)}"
        result.append(
            CaseRow(
                url=case_url(row.case_id),
                css="app-cases__row app-cases__row--mine" if mine else "app-cases__row",
                severity=row.severity,
                severity_label=SEVERITIES[row.severity],
                excerpt=one_line(row.excerpt) or NOTHING_TO_READ,
                headline=one_line(row.headline),
                facts=" · ".join(facts),
                due=clock.words(row.due_at, now),
                due_css="app-cases__late" if row.due_at <= now else "",
                claim=claim,
            )
        )
    return tuple(result)


def written(rows: Iterable[CaseRow]) -> SafeString:
    """Write rows as the list shows them, everything in them escaped.

    Here and not in the template: resolving a dozen variables for each of twenty-five rows took a
    third of the time of the page that everybody has open. Every value is escaped in `_written`.
    """
    return mark_safe("".join(map(_written, rows)))  # noqa: S308  # nosec B308, B703


def _written(row: CaseRow) -> str:
    claim = f'<span class="app-cases__claim">{escape(row.claim)}</span>' if row.claim else ""
    return (
        f'<li class="{escape(row.css)}"><div><strong class="app-severity app-severity--'
        f'{escape(row.severity)}">{escape(row.severity_label)}</strong></div>'
        '<div class="app-cases__main"><a class="govuk-link govuk-link--no-visited-state'
        f' app-cases__text app-foreign" dir="auto" href="{escape(row.url)}" data-key-row>'
        f'{escape(row.excerpt)}</a><p class="app-cases__facts"><b>{escape(row.headline)}</b> · '
        f'{escape(row.facts)}</p></div><div class="app-cases__due"><span class="'
        f'{escape(row.due_css)}">{escape(row.due)}</span>{claim}</div></li>\n'
    )


def claim_button(queue: Queue, actor: Actor, *, is_empty: bool = False) -> Button:
    """Present the way to the next case of a queue."""
    if not permissions.can_claim_from(actor, queue):
        reason = (
            "Cases here are for senior reviewers."
            if queue.is_senior
            else "Your role does not include claiming cases."
        )
        return Button("Claim the next case", "", enabled=False, why_not=reason)
    if is_empty:
        return Button("Claim the next case", "", enabled=False, why_not="Nothing waits here.")
    return Button(
        "Claim the next case",
        _address_of("moderation:queue_claim", queue.pk),
        key="n",
        key_label="Claim the next case",
    )


def count_sentence(tally: desk.Tally, *, is_filtered: bool) -> str:
    """Say how much waits: "600 waiting, 12 past target"."""
    match = " with these filters" if is_filtered else ""
    if not tally.waiting:
        return f"Nothing waits{match}"
    if tally.is_capped:
        late = (
            f", {tally.late:,} of the first {desk.COUNT_CAP:,} past target" if tally.late else ""
        )
        return f"{desk.COUNT_CAP:,}+ waiting{match}{late}"
    late = f", {tally.late:,} past target" if tally.late else ""
    return f"{tally.waiting:,} waiting{match}{late}"


def queue_url(queue_id: UUID) -> str:
    """Return a queue's page."""
    return _address_of("moderation:queue_detail", queue_id)


def case_url(case_id: UUID) -> str:
    """Return a case's page."""
    return _address_of("moderation:case_detail", case_id)


def _address_of(name: str, key: UUID) -> str:
    before, after = _around(name)
    return f"{before}{key}{after}"


@cache
def _around(name: str) -> tuple[str, str]:
    """Return an address before and after its key: looking it up costs more than a whole row."""
    nothing = UUID(int=0)
    before, after = reverse(name, args=[nothing]).split(str(nothing))
    return before, after


def position_words(position: desk.Position) -> str:
    """Write a place in the order for an address."""
    micros = (position.due_at - EPOCH) // timedelta(microseconds=1)
    return f"{position.rank}.{micros}.{position.case_id.hex}"


def _entry(
    queue: Queue, tally: desk.Tally, actor: Actor, *, is_first: bool, now: datetime
) -> QueueEntry:
    more = "+" if tally.is_capped else ""
    button = claim_button(queue, actor, is_empty=not tally.waiting)
    return QueueEntry(
        name=queue.name,
        description=queue.description,
        url=queue_url(queue.pk),
        waiting=f"{min(tally.waiting, desk.COUNT_CAP):,}{more}",
        # Of a queue too long to count, the oldest is not known.
        oldest=length(now - tally.oldest_at) if tally.oldest_at and not more else "",
        late=f"{tally.late:,}{more}" if tally.late else "",
        is_late=bool(tally.late),
        is_empty=not tally.waiting,
        claim=Button(button.label, button.url, button.enabled, button.why_not, "secondary")
        if not is_first
        else button,
    )


def _until(moment: datetime | None, now: datetime) -> str:
    if moment is None or moment <= now:
        return "claim ran out"
    return f"yours until {uk_time(moment)}"


def _filter_html(queue: Queue, params: Mapping[str, str], furniture: Furniture) -> str:
    key = (queue.pk, tuple(sorted(params.items())))
    known = furniture.filters.get(key)
    if known is None:
        filter_ = _filter(queue_url(queue.pk), params, furniture)
        known = render_to_string("components/filter.html", {"filter": filter_})
        # Clauses come from the address: nobody fills the memory with invented ones.
        if len(furniture.filters) < FILTERS_KEPT:
            furniture.filters[key] = known
    return known


def _filter(url: str, params: Mapping[str, str], furniture: Furniture) -> Filter:
    options: dict[str, tuple[str, Sequence[tuple[str, str]]]] = {
        "severity": ("Severity", list(reversed(Severity.choices))),
        "clause": (
            "Guideline",
            [(reference, f"{reference} {title}") for reference, title in furniture.clauses],
        ),
        "channel": (
            "Channel",
            [(str(pk), f"{c.name} ({c.platform})") for pk, c in furniture.channels.items()],
        ),
        "claimed": ("Claimed", CLAIMED),
    }
    fields, chosen = [], []
    for name, (label, choices) in options.items():
        value = params.get(name, "")
        fields.append(
            FilterField(
                name,
                label,
                [
                    Choice("", "All", not value),
                    *(Choice(key, words, key == value) for key, words in choices),
                ],
            )
        )
        if value:
            words = dict(choices).get(value, value)
            others = {key: other for key, other in params.items() if key != name}
            chosen.append(Chosen(f"{label}: {words}", _address(url, others)))
    return Filter(action=url, fields=fields, clear_url=url, chosen=chosen)


def _pages(url: str, params: Mapping[str, str], page: desk.Page) -> Pages:
    if not page.rows:
        return Pages()
    return Pages(
        previous_url=_address(url, {**params, "before": position_words(page.rows[0].position)})
        if page.has_previous
        else "",
        next_url=_address(url, {**params, "after": position_words(page.rows[-1].position)})
        if page.has_next
        else "",
    )


def _empty(url: str, filters: desk.Filters) -> Empty:
    if filters.is_empty:
        return Empty("Nothing waits here", "New cases appear by themselves.")
    return Empty("Nothing waits with these filters", "", url, "Show everything in this queue")


def _address(url: str, params: Mapping[str, str]) -> str:
    return f"{url}?{urlencode(params)}" if params else url
