"""Backtests: what was asked, how far it is, what it found, and what that means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from common import shown as text
from common.page import Button, Cell, Fact, Figure, Head, Table, Tag
from common.when import length, uk_datetime
from moderation.enums import BacktestScope, BacktestStatus
from moderation.models import Backtest, ContentItem
from moderation.presenters import thread
from moderation.presenters.measure_forms import BacktestForm, MeasuresForm
from moderation.presenters.thread import CommentView
from moderation.services import backtests
from moderation.services.backtest_counts import Counts
from moderation.services.measures import Settings
from policies.engine.signals import in_words
from policies.models import RuleSetVersion

STATUSES = {
    BacktestStatus.RUNNING: Tag("Running", "blue"),
    BacktestStatus.FINISHED: Tag("Finished", "green"),
    BacktestStatus.CANCELLED: Tag("Cancelled", "grey"),
    BacktestStatus.FAILED: Tag("Failed", "red"),
}
SORTS = (
    ("new", "Newly flagged", "No text is newly flagged."),
    ("gone", "No longer flagged", "Every text that is flagged now would still be."),
)
SHOWN = 10


@dataclass(frozen=True, slots=True)
class RunRow:
    """One backtest of the list."""

    url: str
    when: str
    about: str
    status: Tag
    read: str
    new: str
    gone: str


@dataclass(frozen=True, slots=True)
class BacktestList:
    """The backtests of a version, and the forms."""

    title: str
    back_url: str
    back_label: str
    form: BacktestForm | None
    url: str
    why_not: str
    measures: MeasuresForm | None
    measures_url: str
    facts: list[Fact]
    runs: list[RunRow]


@dataclass(frozen=True, slots=True)
class Link:
    """One choice of examples."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Examples:
    """Sampled texts of one sort."""

    id: str
    title: str
    empty: str
    links: list[Link]
    comments: list[CommentView]


@dataclass(frozen=True, slots=True)
class BacktestPage:
    """One backtest."""

    title: str
    caption: str
    url: str
    back_url: str
    back_label: str
    list_url: str
    status: Tag
    is_running: bool
    percent: int
    sentence: str
    error: str
    partial: str
    cancel: Button | None
    facts: list[Fact]
    figures: list[Figure] = field(default_factory=list)
    hours: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rules: Table | None = None
    channels: Table | None = None
    examples: list[Examples] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """What of a result is shown: the sums, and the sampled items by revision."""

    counts: Counts
    chosen: Mapping[str, str]
    """The rule whose examples are shown, by sort; "" for all."""
    items: Mapping[str, ContentItem]
    channels: Mapping[UUID, str]


def backtest_list(
    *,
    version: RuleSetVersion,
    runs: Sequence[Backtest],
    form: BacktestForm | None,
    measures: MeasuresForm | None,
    settings: Settings,
) -> BacktestList:
    """Return the page of a version's backtests."""
    return BacktestList(
        title=f"{version.rule_set.name}, version {version.number}",
        back_url=reverse("policies:ruleset_detail", args=[version.pk]),
        back_label=f"Version {version.number}",
        form=form,
        url=reverse("moderation:backtest_start", args=[version.pk]),
        why_not="Comms managers start backtests. You can read what they found.",
        measures=measures,
        measures_url=reverse("moderation:measures_change", args=[version.pk]),
        facts=[
            Fact("Minutes a case takes", f"{settings.minutes_per_case.normalize():f}"),
            Fact("Lowest precision", f"{settings.lowest_precision} %"),
        ],
        runs=[_row(run) for run in runs],
    )


def examples_shown(
    counts: Counts, chosen: Mapping[str, str]
) -> dict[str, list[tuple[str, list[Any]]]]:
    """Return, by sort, the revisions to show and their spans."""
    return {
        sort: [
            (example[1], example[3])
            for example in counts.examples[sort].get(chosen.get(sort, ""), [])[:SHOWN]
        ]
        for sort, _, _ in SORTS
    }


def backtest_page(
    *,
    backtest: Backtest,
    read: int,
    found: Found | None,
    may_cancel: bool,
    now: datetime,
) -> BacktestPage:
    """Return the page of one backtest; `found` once it is over."""
    url = reverse("moderation:backtest_detail", args=[backtest.pk])
    is_deleted = backtest.version_id is None
    back = (
        reverse("policies:ruleset_list")
        if is_deleted
        else reverse("policies:ruleset_detail", args=[backtest.version_id])
    )
    page = BacktestPage(
        title=f"{backtest.rule_set_name}, version {backtest.version_number}",
        caption="Backtest",
        url=url,
        back_url=back,
        back_label="All rule sets" if is_deleted else f"Version {backtest.version_number}",
        list_url=""
        if is_deleted
        else reverse("moderation:backtest_list", args=[backtest.version_id]),
        status=STATUSES[BacktestStatus(backtest.status)],
        is_running=backtest.is_running,
        percent=percent_of(backtest, read),
        sentence=_sentence(backtest, read),
        error=backtest.error,
        partial=_partial(backtest, read),
        cancel=Button(
            "Cancel the backtest",
            reverse("moderation:backtest_cancel", args=[backtest.pk]),
            variant="secondary",
        )
        if backtest.is_running and may_cancel
        else None,
        facts=_facts(backtest),
    )
    if found is None:
        return page
    names = _rule_names(backtest)
    return BacktestPage(
        **{name: getattr(page, name) for name in BacktestPage.__slots__}
        | {
            "figures": _figures(backtest, found.counts),
            "hours": _hours(backtest, found.counts),
            "notes": _notes(backtest, found.counts, names),
            "rules": _rules(found.counts, names),
            "channels": _channels(found, whole=_is_whole(backtest)),
            "examples": [
                _examples(url, sort, title, empty, found, names, now)
                for sort, title, empty in SORTS
            ],
        }
    )


def percent_of(backtest: Backtest, read: int) -> int:
    """Return how much is read, in whole per cent; 100 only at the end."""
    if backtest.status == BacktestStatus.FINISHED:
        return 100
    return min(read * 100 // backtest.total, 99) if backtest.total else 0


def _row(run: Backtest) -> RunRow:
    texts = run.result["texts"] if run.result else {}
    is_over = run.result is not None
    return RunRow(
        url=run.get_absolute_url(),
        when=uk_datetime(run.started_at),
        about=f"{_period(run)}, {_scope(run).lower()}",
        status=STATUSES[BacktestStatus(run.status)],
        read=f"{run.result['read']:,}" if run.result else "",
        new=f"{texts.get('new', 0):,}" if is_over else "",
        gone=f"{texts.get('gone', 0):,}" if is_over else "",
    )


def _period(run: Backtest) -> str:
    if run.days is None:
        return "All held comments"
    return "The last day" if run.days == 1 else f"The last {run.days:,} days"


def _scope(run: Backtest) -> str:
    rules = len(run.rules_run)
    if run.scope == BacktestScope.EVERYTHING:
        return f"Every rule ({rules:,})"
    return "1 rule that differs" if rules == 1 else f"{rules:,} rules that differ"


def _texts(number: int) -> str:
    return "1 text" if number == 1 else f"{number:,} texts"


def _sentence(backtest: Backtest, read: int) -> str:
    if backtest.is_running:
        if backtest.total is None:
            return "Waiting for a worker."
        return f"{read:,} of {_texts(backtest.total)} read."
    took = length(backtest.finished_at - backtest.started_at) if backtest.finished_at else ""
    return f"{_texts(read)} read in {took}." if took else f"{_texts(read)} read."


def _partial(backtest: Backtest, read: int) -> str:
    if backtest.status not in {BacktestStatus.CANCELLED, BacktestStatus.FAILED}:
        return ""
    of = f" of {backtest.total:,}" if backtest.total is not None else ""
    return (
        f"{read:,}{of} texts were read before it ended. The numbers below are about those, and"
        " older texts come first."
    )


def _facts(backtest: Backtest) -> list[Fact]:
    baseline = (
        f"Version {backtest.baseline_number}"
        if backtest.baseline_number is not None
        else "Nothing: no version was in force"
    )
    draft = f"Version {backtest.version_number}"
    if backtest.version_id is None:
        draft += " (deleted since; its text is kept here)"
    return [
        Fact("Tried", draft),
        Fact("Compared with", baseline),
        Fact("Comments", _period(backtest)),
        Fact("Rules run", _scope(backtest)),
        Fact("Started by", backtest.started_by.name if backtest.started_by else "The console"),
        Fact("Started", uk_datetime(backtest.started_at)),
        Fact("Ended", uk_datetime(backtest.finished_at) if backtest.finished_at else "Not yet"),
        Fact("Minutes a case", f"{backtest.minutes_per_case.normalize():f}"),
        Fact("Fingerprint", backtest.digest[:16]),
    ]


def _figures(backtest: Backtest, counts: Counts) -> list[Figure]:
    shown = [
        Figure("Texts read", f"{counts.read:,}"),
        Figure("Newly flagged", f"{counts.texts['new']:,}"),
        Figure("No longer flagged", f"{counts.texts['gone']:,}"),
    ]
    if _is_whole(backtest):
        note = f"now: {counts.texts['baseline']:,}" if backtest.baseline_number else ""
        shown.insert(1, Figure("Would be flagged", f"{counts.texts['draft']:,}", note=note))
    return shown


def _hours(backtest: Backtest, counts: Counts) -> list[str]:
    minutes = backtest.minutes_per_case
    new, gone = counts.texts["new"], counts.texts["gone"]
    more, less = backtests.hours(new, minutes), backtests.hours(gone, minutes)
    net = more - less
    if not new and not gone:
        first = "The work stays the same: no text is newly flagged and none is no longer flagged."
    elif net == 0:
        first = "The work stays the same: as many texts are newly flagged as no longer are."
    else:
        more_or_less = "more" if net > 0 else "less"
        first = (
            f"About {_hour_words(abs(net))} {more_or_less} for the comments that were read:"
            f" {_hour_words(more)} for what is newly flagged, {_hour_words(less)} saved on what no"
            " longer is."
        )
    said = [first]
    if backtest.days and net:
        said.append(f"That is about {_hour_words(abs(net) * 7 / backtest.days)} a week.")
    said.append(
        f"Worked out as one case for each text, and {minutes.normalize():f}"
        f" {'minute' if minutes == 1 else 'minutes'} for each case. Your organisation chooses the"
        " minutes."
    )
    return said


def _hour_words(hours: Decimal) -> str:
    if hours == 0:
        return "nothing"
    if hours < 1:
        minutes = max(round(hours * 60), 1)
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    words = f"{hours:,.1f}" if hours < 100 else f"{hours:,.0f}"
    return "1 hour" if words == "1.0" else f"{words} hours"


def _notes(backtest: Backtest, counts: Counts, names: Mapping[str, str]) -> list[str]:
    notes = []
    if backtest.rules_same:
        same = (
            "1 rule answers"
            if backtest.rules_same == 1
            else f"{backtest.rules_same:,} rules answer"
        )
        notes.append(
            f"{same} exactly as in the version in force and {'was' if backtest.rules_same == 1 else 'were'}"
            " not counted. A text that one of them flags is never called newly flagged."
        )
    for key, gaps in sorted(counts.unknown.items()):
        missing = ", ".join(in_words(fact) for fact in sorted(gaps) if fact)
        notes.append(
            f"“{names.get(key, key)}” could not be decided about {_texts(gaps[''])}: not known was"
            f" {missing}. Those are not counted as flagged."
        )
    if counts.superseded:
        notes.append(
            f"{_texts(counts.superseded)} were edited since; only the present wording is counted."
        )
    notes.append(
        "Facts about the author and about repetition are those known when a comment came in."
    )
    return notes


def _rule_names(backtest: Backtest) -> dict[str, str]:
    names: dict[str, str] = {}
    for definition in (backtest.baseline_definition, backtest.definition):
        for rule in (definition or {}).get("rules", ()):
            names[rule["key"]] = rule["name"]
    return names


def _rules(counts: Counts, names: Mapping[str, str]) -> Table | None:
    rows = []
    for key in counts.by_rule:
        sums = counts.of_rule(key)
        rows.append((sums["new"] + sums["gone"], names.get(key, key), sums))
    if not rows:
        return None
    rows.sort(key=lambda row: (-row[0], row[1]))
    return Table(
        "By rule, most changed first",
        [Head("Rule"), *_heads()],
        [[Cell(name), *_cells(sums)] for _, name, sums in rows],
    )


def _is_whole(backtest: Backtest) -> bool:
    """Whether every rule was run, so that flagged texts as such were counted and not only differences."""
    return backtest.scope == BacktestScope.EVERYTHING or not backtest.rules_same


def _channels(found: Found, *, whole: bool) -> Table | None:
    if not found.counts.by_channel:
        return None
    # Of texts that only unchanged rules flag nobody looked at the channel.
    at = 0 if whole else 2
    return Table(
        "By channel",
        [Head("Channel"), *_heads()[at:]],
        [
            [Cell(found.channels.get(UUID(key), "A channel that is gone")), *_cells(sums)[at:]]
            for key, sums in sorted(
                found.counts.by_channel.items(), key=lambda pair: -pair[1]["new"]
            )
        ],
    )


def _heads() -> list[Head]:
    return [
        Head("Would flag", is_number=True),
        Head("Flags now", is_number=True),
        Head("Newly", is_number=True),
        Head("No longer", is_number=True),
    ]


def _cells(sums: Mapping[str, int]) -> list[Cell]:
    return [
        Cell(f"{sums.get(name, 0):,}", is_number=True)
        for name in ("draft", "baseline", "new", "gone")
    ]


def _examples(
    url: str,
    sort: str,
    title: str,
    empty: str,
    found: Found,
    names: Mapping[str, str],
    now: datetime,
) -> Examples:
    by_rule = found.counts.examples[sort]
    chosen = found.chosen.get(sort, "")
    links = [
        Link(
            "All rules" if not key else names.get(key, key),
            f"{url}?{urlencode({sort: key} if key else {})}#{sort}-title",
            key == chosen,
        )
        for key in ["", *sorted(filter(None, by_rule), key=lambda key: names.get(key, key))]
    ]
    comments = []
    for revision_id, spans in examples_shown(found.counts, found.chosen)[sort]:
        item = found.items.get(revision_id)
        if item is not None:
            marks = [text.Mark(start, end, label) for start, end, label in spans]
            comments.append(
                thread.comment(
                    item,
                    now=now,
                    marks=marks,
                    badge=found.channels.get(item.channel_id, ""),
                )
            )
    return Examples(
        id=f"{sort}-title",
        title=title,
        empty=empty,
        links=links if len(links) > 2 else [],
        comments=comments,
    )
