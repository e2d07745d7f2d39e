"""Measure the whole way in (stored, ingested, judged, routed, audited) against bare COPYs of its rows.

    python -m tests.benchmarks.ingest [--database postgresql] [--number 10000] [--rounds 5] [--batch 2000]

One round takes `--number` comments in by `pipeline.take_in`, sends them again, and copies the same
item rows, and then all rows of all tables that the round wrote, into clones without triggers.
Times are wall times: another process, the database, does much of the work.
"""

from __future__ import annotations

import io
import itertools
import multiprocessing
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks import harness
from tests.benchmarks.harness import POSTGRESQL, Place, Result

TABLES = (
    "platforms_inboundevent",
    "moderation_author",
    "moderation_contentitem",
    "moderation_contentrevision",
    "moderation_evaluation",
    "moderation_flag",
    "moderation_case",
    "audit_auditevent",
)
ITEMS = "moderation_contentitem"
GOAL_ONE, GOAL_TWO, GOAL_SERIAL, GOAL_AGAIN = 0.45, 0.55, 0.75, 1.5


@dataclass
class Figures:
    """Rates of all rounds, in comments a second."""

    number: int
    rates: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, seconds: float) -> None:
        """Note one round."""
        self.rates.setdefault(name, []).append(self.number / seconds)

    def of(self, name: str) -> float:
        """Return the median rate."""
        return statistics.median(self.rates[name])

    def words(self, name: str) -> str:
        """Return the median and the range of the rounds."""
        rates = self.rates[name]
        return f"{self.of(name):,.0f}/s ({min(rates):,.0f}-{max(rates):,.0f})"

    def between(self, one: str, other: str) -> float:
        """Return the median of the rounds' ratios: both sides of a ratio ran side by side."""
        pairs = zip(self.rates[one], self.rates[other], strict=True)
        return statistics.median(a / b for a, b in pairs)


def main() -> None:
    """Print the table for the real pack and for a plain rule set."""
    parser = harness.options(__doc__, number=10_000, rounds=5)
    parser.add_argument("--batch", type=int, default=2_000, help="comments in one transaction")
    parser.add_argument("--profile", action="store_true", help="profile one round instead")
    chosen = parser.parse_args()
    with harness.console(chosen.database) as place:
        texts = harness.comments(chosen.number * (chosen.rounds + 1))
        if chosen.profile:
            _profile(place, texts, chosen.number, chosen.batch)
            return
        _measure("the published HMPPS pack", place, texts, chosen)
        _measure("5,000 terms, 50 patterns, 300 rules", _plain_place(), texts, chosen)


def _measure(title: str, place: Place, texts: list[str], chosen: Any) -> None:
    figures = Figures(chosen.number)
    with_floors = chosen.database == POSTGRESQL
    clones = _Clones() if with_floors else None
    taken = None
    for number in range(chosen.rounds + 1):
        batches = _batches(
            texts[number * chosen.number : (number + 1) * chosen.number],
            f"{title[:8]}-{number}",
            chosen.batch,
        )
        halves = _batches(
            texts[number * chosen.number : (number + 1) * chosen.number],
            f"{title[:8]}-{number}-two",
            chosen.batch,
        )
        is_warm_up = number == 0
        if clones:
            clones.remember()
        seconds, taken = _timed(lambda b=batches: _take_in(place, b))
        again, repeated = _timed(lambda b=batches: _take_in(place, b))
        if repeated.added or repeated.flagged:
            raise SystemExit("Sending the same again added something.")
        floors = clones.copy() if clones else (0.0, 0.0)
        judged = _evaluate_seconds(place, batches)
        two = _two_processes(place, halves) if with_floors else 0.0
        if is_warm_up:
            continue
        for name, value in (
            ("whole", seconds), ("again", again), ("copy", floors[0]), ("copy all", floors[1]),
            ("evaluate", judged), ("two", two),
        ):  # fmt: skip
            if value:
                figures.add(name, value)
    _show(title, figures, taken, chosen)


def _show(title: str, figures: Figures, taken: Any, chosen: Any) -> None:
    whole = figures.of("whole")
    results = [Result("evaluation alone", ours=figures.words("evaluate"), note="CPU time")]
    if "copy" in figures.rates:
        copy, everything = figures.words("copy"), figures.words("copy all")
        serial = 1 / (1 / figures.of("copy") + 1 / figures.of("evaluate"))
        serial_all = 1 / (1 / figures.of("copy all") + 1 / figures.of("evaluate"))
        results += [
            Result(
                "whole, 1 process / COPY of the items", copy, figures.words("whole"),
                figures.between("whole", "copy"), GOAL_ONE,
            ),
            Result(
                "whole, 2 processes / the same", copy, figures.words("two"),
                figures.between("two", "copy"), GOAL_TWO,
            ),
            Result(
                "whole / 1/(1/COPY + 1/evaluation)", f"{serial:,.0f}/s", f"{whole:,.0f}/s",
                whole / serial, GOAL_SERIAL,
            ),
            Result(
                "whole, 1 process / COPY of every row written", everything,
                figures.words("whole"), figures.between("whole", "copy all"),
            ),
            Result(
                "whole / 1/(1/COPY of all + 1/evaluation)", f"{serial_all:,.0f}/s",
                f"{whole:,.0f}/s", whole / serial_all,
            ),
        ]  # fmt: skip
    else:
        results.append(Result("whole, 1 process", ours=figures.words("whole")))
    results.append(
        Result(
            "sent again / fresh", figures.words("whole"), figures.words("again"),
            figures.between("again", "whole"), GOAL_AGAIN, note="0 added, 0 flagged",
        )
    )  # fmt: skip
    harness.show(
        f"Ingest, {title}: {chosen.rounds} rounds of {chosen.number:,} comments by"
        f" {chosen.batch:,}, {taken.flagged / chosen.number:.0%} flagged",
        results,
    )


def _batches(texts: Sequence[str], name: str, size: int) -> list[list[Any]]:
    """Return comments as connectors hand them over, by a third as many authors."""
    from moderation.services.pipeline import Received
    from platforms.connectors.base import InboundAuthor, InboundItem, RawEvent

    rng = random.Random(name)
    began = datetime.now(tz=UTC) - timedelta(days=2_000)
    received = []
    for n, text in enumerate(texts):
        author = f"{name}-{rng.randrange(max(1, len(texts) // 3))}"
        key = f"{name}-{n}"
        item = InboundItem(
            external_id=key,
            text=text,
            author=InboundAuthor(external_id=author, display_name=f"Author {author}"),
            published_at=began + timedelta(seconds=n),
            likes=n % 7,
        )
        payload = f'{{"id": "{key}", "author": "{author}", "text": "{text}"}}'
        event = RawEvent(key=key, payload=payload.encode("utf-8", "replace"), kind="bench")
        received.append(Received(event, (item,)))
    return [received[start : start + size] for start in range(0, len(received), size)]


# Each batch of rounds arrives in a week of its own: the same words within seven days are repetition,
# which rules flag, and the comments have to last for several rounds.
_weeks = itertools.count()


def _a_week_later() -> datetime:
    return datetime.now(tz=UTC) - timedelta(days=8 * (200 - next(_weeks)))


def _take_in(place: Place, batches: Sequence[Sequence[Any]], now: datetime | None = None) -> Any:
    from moderation.services import pipeline
    from platforms.enums import InboundSource

    now = now or _a_week_later()
    total = pipeline.Taken(0, 0, 0)
    for batch in batches:
        taken = pipeline.take_in(
            channel=place.channel,
            received=batch,
            source=InboundSource.IMPORT,
            by=place.system,
            now=now,
        )
        total = pipeline.Taken(
            total.added + taken.added, total.known + taken.known, total.flagged + taken.flagged
        )
    return total


def _timed(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _evaluate_seconds(place: Place, batches: Sequence[Sequence[Any]]) -> float:
    from policies.engine import evaluate_many
    from policies.engine.types import Subject
    from policies.services import rulesets

    (version,) = rulesets.in_force(place.organisation.pk, now=datetime.now(UTC))
    compiled = rulesets.compiled(version)
    signals = {
        "author.is_known": 0, "author.age_days": 0, "author.breaches": 0, "author.warnings": 0,
        "content.likes": 0, "content.replies": 0, "repeat.same_text": 1, "repeat.same_author": 1,
        "repeat.distinct_authors": 1,
    }  # fmt: skip
    subjects = [
        Subject(
            text=entry.items[0].text, platform=place.channel.platform, channel=place.channel.slug,
            signals=signals,
        )
        for batch in batches
        for entry in batch
    ]  # fmt: skip
    began = time.process_time()
    evaluate_many(subjects, compiled)
    return time.process_time() - began


def _two_processes(place: Place, batches: list[list[Any]]) -> float:
    """Return the wall seconds in which two processes take the batches in, half each."""
    from django.db import connections

    context = multiprocessing.get_context("fork")
    connections.close_all()
    ready, go = context.Barrier(3), context.Barrier(3)

    now = _a_week_later()

    def work(share: list[list[Any]]) -> None:
        connections["default"].ensure_connection()
        ready.wait()
        go.wait()
        _take_in(place, share, now)
        connections.close_all()

    workers = [
        context.Process(target=work, args=(share,)) for share in (batches[::2], batches[1::2])
    ]
    for worker in workers:
        worker.start()
    ready.wait()
    began = time.perf_counter()
    go.wait()
    for worker in workers:
        worker.join()
        if worker.exitcode:
            raise SystemExit("A process of two failed.")
    return time.perf_counter() - began


class _Clones:
    """Copies of the tables with their indexes and checks, without foreign keys and triggers."""

    def __init__(self) -> None:
        from django.db import connection

        self._connection = connection
        self._seen: dict[str, Any] = {}
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f'DROP TABLE IF EXISTS "bare_{table}"')
                cursor.execute(f'CREATE TABLE "bare_{table}" (LIKE "{table}" INCLUDING ALL)')

    def remember(self) -> None:
        """Note where the tables end, so that the next copy takes what comes after."""
        with self._connection.cursor() as cursor:
            for table in TABLES:
                # Keys ascend; PostgreSQL 15 has no max() of them.
                cursor.execute(f'SELECT id FROM "{table}" ORDER BY id DESC LIMIT 1')
                row = cursor.fetchone()
                self._seen[table] = row[0] if row else None

    def copy(self) -> tuple[float, float]:
        """Copy what came since: return the seconds for the items alone, and for everything."""
        streams = {table: self._new_rows(table) for table in TABLES}
        with self._connection.cursor() as cursor:
            # Twice the items would meet their unique keys: once alone and undone, then with all.
            cursor.execute("BEGIN")
            alone = self._load(cursor, {ITEMS: streams[ITEMS]})
            cursor.execute("ROLLBACK")
            return alone, self._load(cursor, streams)

    def _new_rows(self, table: str) -> str:
        buffer = io.StringIO()
        last = self._seen[table]
        condition = f"WHERE id > '{last}'" if last is not None else ""
        with self._connection.cursor() as cursor:
            cursor.cursor.copy_expert(
                f'COPY (SELECT * FROM "{table}" {condition}) TO STDOUT', buffer
            )
        return buffer.getvalue()

    def _load(self, cursor: Any, streams: dict[str, str]) -> float:
        began = time.perf_counter()
        for table, stream in streams.items():
            cursor.cursor.copy_expert(f'COPY "bare_{table}" FROM STDIN', io.StringIO(stream))
        return time.perf_counter() - began


def _plain_place() -> Place:
    """Return the other organisation of the demonstration, judging by a large plain rule set."""
    from collections import Counter

    from django.utils import timezone

    from accounts import actors
    from accounts.enums import Permission
    from accounts.models import Organisation, User
    from accounts.permissions import actor_for
    from platforms.models import Channel
    from policies.models import Clause, RuleSet
    from policies.services import drafts, rulesets
    from tests.benchmarks.engine import WORD, Vocabulary, definition

    organisation = Organisation.objects.get(slug="ppo")
    clause = Clause.objects.filter(organisation=organisation, is_current=True).first()
    words = Counter(
        word for text in harness.comments(20_000) for word in WORD.findall(text.lower())
    )
    vocabulary = Vocabulary(words)
    document = dict(definition(vocabulary.terms(5_000), vocabulary.patterns(50), 300))
    document["clauses"] = [{"id": clause.reference, "title": clause.title}]
    document["rules"] = [{**rule, "clause": clause.reference} for rule in document["rules"]]
    people = User.objects.filter(memberships__organisation=organisation).distinct()
    able = [actor_for(user, organisation.pk) for user in people]
    editor = next(a for a in able if a.may(Permission.RULES_EDIT))
    approver = next(a for a in able if a.may(Permission.RULES_APPROVE) and a.id != editor.id)
    now = timezone.now()
    version = rulesets.draft(
        rule_set=RuleSet.objects.get(organisation=organisation), definition=document,
        by=editor, now=now,
    )  # fmt: skip
    drafts.submit(version=version, revision=1, summary="", by=editor, now=now)
    rulesets.approve(version=version, by=approver, now=now)
    rulesets.publish(version=version, by=editor, now=now)
    return Place(
        organisation=organisation,
        channel=Channel.objects.filter(organisation=organisation).order_by("slug").first(),
        queue=None,
        moderators=(),
        system=actors.system(organisation.pk),
    )


def _profile(place: Place, texts: list[str], number: int, size: int) -> None:
    import cProfile
    import pstats

    _take_in(place, _batches(texts[:number], "warm-up", size))
    batches = _batches(texts[number : 2 * number], "profiled", size)
    profile = cProfile.Profile()
    began = time.perf_counter()
    profile.runcall(_take_in, place, batches)
    print(f"{number / (time.perf_counter() - began):,.0f}/s under the profiler")
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


if __name__ == "__main__":
    main()
