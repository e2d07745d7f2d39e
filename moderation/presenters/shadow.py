"""Shadow runs: how long, what they judged, and where they differ from the live rules."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from common import shown as text
from common.page import Button, Cell, Fact, Figure, Head, Table, Tag
from common.when import uk_datetime
from moderation.enums import ShadowEnd
from moderation.models import ContentItem, ShadowDifference, ShadowRun
from moderation.presenters import thread
from moderation.presenters.measure_forms import ShadowForm
from moderation.presenters.thread import CommentView
from moderation.services.shadow import Judged
from policies.models import RuleSetVersion

SORTS = (
    ("new", "Newly flagged", "The version in force flagged everything that this one flagged."),
    ("gone", "No longer flagged", "This version flagged everything that the one in force did."),
)


@dataclass(frozen=True, slots=True)
class Examples:
    """The newest differences of one sort."""

    id: str
    title: str
    empty: str
    comments: list[CommentView]


@dataclass(frozen=True, slots=True)
class PastRun:
    """Another run of the same version."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ShadowPage:
    """One version in shadow."""

    title: str
    back_url: str
    back_label: str
    form: ShadowForm | None
    start_url: str
    why_not: str
    status: Tag | None = None
    sentence: str = ""
    stop: Button | None = None
    facts: list[Fact] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    note: str = ""
    rules: Table | None = None
    channels: Table | None = None
    examples: list[Examples] = field(default_factory=list)
    runs: list[PastRun] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a run is shown."""

    judged: Judged
    differences: Sequence[ShadowDifference]
    is_capped: bool
    items: Mapping[UUID, ContentItem]
    examples: Mapping[str, Sequence[ShadowDifference]]
    channels: Mapping[UUID, str]


def shadow_page(
    *,
    version: RuleSetVersion,
    form: ShadowForm | None,
    why_not: str,
    run: ShadowRun | None,
    runs: Sequence[ShadowRun],
    seen: Seen | None,
    may_stop: bool,
    now: datetime,
) -> ShadowPage:
    """Return the page of a version in shadow; `run` is the one that is shown."""
    url = reverse("moderation:shadow_detail", args=[version.pk])
    page = ShadowPage(
        title=f"{version.rule_set.name}, version {version.number}",
        back_url=reverse("policies:ruleset_detail", args=[version.pk]),
        back_label=f"Version {version.number}",
        form=form,
        start_url=reverse("moderation:shadow_start", args=[version.pk]),
        why_not=why_not,
    )
    if run is None or seen is None:
        return page
    is_over = run.is_over_at(now)
    names = {rule["key"]: rule["name"] for rule in version.definition["rules"]}
    return ShadowPage(
        **{name: getattr(page, name) for name in ShadowPage.__slots__}
        | {
            "status": Tag("Ended", "grey") if is_over else Tag("Judging in shadow", "blue"),
            "sentence": _sentence(run, is_over=is_over),
            "stop": Button(
                "Stop now",
                reverse("moderation:shadow_stop", args=[version.pk]),
                variant="secondary",
            )
            if may_stop and not is_over
            else None,
            "facts": [
                Fact("Started", uk_datetime(run.starts_at)),
                Fact("Started by", run.started_by.name if run.started_by else "The console"),
                Fact("Ends", uk_datetime(run.ends_at)),
                Fact("Fingerprint", run.digest[:16]),
            ],
            "figures": _figures(seen.judged),
            "note": _note(seen),
            "rules": _rules(seen.differences, names),
            "channels": _channels(seen),
            "examples": [
                Examples(f"{sort}-title", title, empty, _comments(sort, seen, now=now))
                for sort, title, empty in SORTS
            ],
            "runs": [
                PastRun(
                    f"{uk_datetime(each.starts_at)} to {uk_datetime(each.ended_at or each.ends_at)}",
                    f"{url}?run={each.pk}",
                    each.pk == run.pk,
                )
                for each in runs
            ]
            if len(runs) > 1
            else [],
        }
    )


def _sentence(run: ShadowRun, *, is_over: bool) -> str:
    if run.ended_at is not None:
        return f"{ShadowEnd(run.ended_how).label}, {uk_datetime(run.ended_at)}."
    if is_over:
        return f"Its end date came, {uk_datetime(run.ends_at)}."
    return f"It judges every comment that arrives until {uk_datetime(run.ends_at)}."


def _figures(judged: Judged) -> list[Figure]:
    return [
        Figure("Comments judged", f"{judged.texts:,}"),
        Figure(
            "Would be flagged", f"{judged.flagged_shadow:,}", note=f"live: {judged.flagged_live:,}"
        ),
        Figure("Newly flagged", f"{judged.new:,}"),
        Figure("No longer flagged", f"{judged.gone:,}"),
    ]


def _note(seen: Seen) -> str:
    notes = []
    if seen.is_capped:
        notes.append(
            f"The tables are about the newest {len(seen.differences):,} differences only."
        )
    if seen.judged.unknown:
        notes.append(
            f"About {seen.judged.unknown:,} comments some rule could not be decided, because a fact"
            " was missing. That is never counted as a flag."
        )
    return " ".join(notes)


def _rules(differences: Sequence[ShadowDifference], names: Mapping[str, str]) -> Table | None:
    new: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    for each in differences:
        new.update(each.rules_new)
        gone.update(each.rules_gone)
    keys = sorted(new.keys() | gone.keys(), key=lambda key: (-new[key] - gone[key], key))
    if not keys:
        return None
    return Table(
        "By rule, most changed first",
        [Head("Rule"), Head("Only in shadow", is_number=True), Head("Only live", is_number=True)],
        [
            [
                Cell(names.get(key, key)),
                Cell(f"{new[key]:,}", is_number=True),
                Cell(f"{gone[key]:,}", is_number=True),
            ]
            for key in keys
        ],
    )


def _channels(seen: Seen) -> Table | None:
    if not seen.judged.by_channel:
        return None
    new: Counter[UUID] = Counter()
    gone: Counter[UUID] = Counter()
    for each in seen.differences:
        new[each.channel_id] += each.flagged_shadow and not each.flagged_live
        gone[each.channel_id] += each.flagged_live and not each.flagged_shadow
    return Table(
        "By channel",
        [
            Head("Channel"),
            Head("Judged", is_number=True),
            Head("Newly flagged", is_number=True),
            Head("No longer", is_number=True),
        ],
        [
            [
                Cell(seen.channels.get(channel, "A channel that is gone")),
                Cell(f"{texts:,}", is_number=True),
                Cell(f"{new[channel]:,}", is_number=True),
                Cell(f"{gone[channel]:,}", is_number=True),
            ]
            for channel, texts in sorted(seen.judged.by_channel.items(), key=lambda pair: -pair[1])
        ],
    )


def _comments(sort: str, seen: Seen, *, now: datetime) -> list[CommentView]:
    comments = []
    for each in seen.examples[sort]:
        item = seen.items.get(each.revision_id)
        if item is None:
            continue
        marks = [text.Mark(span["start"], span["end"], span["label"]) for span in each.spans]
        badge = seen.channels.get(each.channel_id, "")
        comments.append(thread.comment(item, now=now, marks=marks, badge=badge))
    return comments
