"""Backtests of held comments against reading those comments out, interleaved in one run.

    python -m tests.benchmarks.backtest --number 1000000

Floor: the texts copied out of the database, bytes only, in the same chunks. Three questions are asked
of the console: a rule set of some 100 terms; one rule of a large policy changed; and the whole policy.
The console's side is everything from the first hand-over of a chunk to the merged result.
"""

from __future__ import annotations

import io
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks.harness import (
    POSTGRESQL,
    Place,
    Result,
    comments,
    console,
    interleaved,
    options,
    peak_mb,
    per_second,
    show,
)

GOAL_SMALL, GOAL_LARGE, GOAL_WHOLE = 1.3, 3.2, 1.4
FILLING = 20_000
WORD = re.compile(r"[a-z]{3,}")


def main() -> int:
    """Fill, measure, print."""
    parser = options(__doc__, number=100_000, rounds=5)
    chosen = parser.parse_args()
    texts = comments(min(chosen.number, 100_000))
    with console(chosen.database) as place:
        began = time.monotonic()
        fill(place, texts, chosen.number)
        print(f"{chosen.number:,} comments held after {time.monotonic() - began:.0f} s of filling")
        results = _measure(place, chosen.database, texts, chosen.number, chosen.rounds)
        show(f"Backtest of {chosen.number:,} held comments ({chosen.database})", results)
    return 0


def fill(place: Place, texts: Sequence[str], number: int) -> None:
    """Let that many comments be held and judged, past the pipeline so that filling takes minutes."""
    from django.db import connection, transaction

    from common.bulk import insert_all
    from common.ids import uuid7
    from moderation.models import Author, ContentItem, ContentRevision, Evaluation
    from moderation.services.evaluation import EVALUATION_COLUMNS
    from moderation.services.ingestion import digest_of
    from policies.services import rulesets

    now = datetime.now(tz=UTC)
    organisation_id, channel_id = place.organisation.pk, place.channel.pk
    (version_id, *_) = rulesets.in_force(organisation_id)
    author = Author.objects.create(
        organisation_id=organisation_id, platform=place.channel.platform, external_id="bench",
        first_seen_at=now,
    )  # fmt: skip
    facts = {"author.is_known": 1, "author.age_days": 30, "author.breaches": 0,
             "author.warnings": 0, "repeat.same_text": 1, "repeat.same_author": 1,
             "repeat.distinct_authors": 1, "content.likes": 0, "content.replies": 0}  # fmt: skip
    digests = [digest_of(text) for text in texts]
    for start in range(0, number, FILLING):
        items, revisions, evaluations = [], [], []
        for n in range(start, min(start + FILLING, number)):
            item_id, revision_id = uuid7(), uuid7()
            items.append((item_id, organisation_id, channel_id, f"bench-{n}", "comment", author.pk,
                          "", "", {}, "live", 0, 0, now, now))  # fmt: skip
            which = n % len(texts)
            revisions.append((revision_id, organisation_id, item_id, 1, texts[which],
                              digests[which], "", now))  # fmt: skip
            evaluations.append((uuid7(), organisation_id, revision_id, version_id, False, "", "",
                                False, facts, [], now))  # fmt: skip
        with transaction.atomic():
            insert_all(ContentItem, ITEM_COLUMNS, items)
            insert_all(ContentRevision, REVISION_COLUMNS, revisions)
            insert_all(Evaluation, EVALUATION_COLUMNS, evaluations)
            first, last = revisions[0][0], revisions[-1][0]
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE moderation_contentitem SET current_revision_id = (SELECT r.id FROM"
                    " moderation_contentrevision r WHERE r.content_item_id ="
                    " moderation_contentitem.id) WHERE id >= %s AND id <= %s",
                    [_key(items[0][0], connection), _key(items[-1][0], connection)],
                )
        assert first < last
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")


ITEM_COLUMNS = (
    "id", "organisation_id", "channel_id", "external_id", "kind", "author_id",
    "parent_external_id", "url", "address", "source_state", "likes", "replies", "published_at",
    "first_seen_at",
)  # fmt: skip
REVISION_COLUMNS = (
    "id", "organisation_id", "content_item_id", "number", "text", "digest", "version",
    "captured_at",
)  # fmt: skip


def _key(value: Any, connection: Any) -> Any:
    return value if connection.vendor == "postgresql" else value.hex


def _measure(
    place: Place, kind: str, texts: Sequence[str], number: int, rounds: int
) -> list[Result]:
    from policies.models import RuleSetVersion
    from tests.benchmarks.engine import Vocabulary, definition

    words = Counter(word for text in texts for word in WORD.findall(text.lower()))
    vocabulary = Vocabulary(words)
    small = definition(vocabulary.terms(100), [], 20, metadata=0)
    large = definition(vocabulary.terms(5_000), [], 20, metadata=0)
    whole = definition(vocabulary.terms(5_000), vocabulary.patterns(500), 300, metadata=0)
    live = RuleSetVersion.objects.filter(
        organisation_id=place.organisation.pk, status="published"
    ).latest("published_at")
    chunks = _chunks(place)
    asked: dict[str, Callable[[], Any]] = {
        "floor": lambda: _copy_out(place, chunks, kind),
        "100": lambda: _backtest(place, live, small, None),
        "5000": lambda: _backtest(place, live, large, None),
    }
    before = peak_mb()
    taken = interleaved(asked, rounds, cpu=False)
    # On a busy machine the floor waits for nobody: what ours costs the processor is said too.
    cost = interleaved({name: asked[name] for name in ("100", "5000")}, 1, cpu=True)
    # Once: it takes as long as everything else together, and is watched meanwhile.
    began = time.perf_counter()
    oldest = _watched(place, live, whole, kind)
    taken["whole"] = time.perf_counter() - began
    evaluating = _evaluating(place, chunks, whole)
    floor = taken["floor"]
    results = [
        Result("texts copied out, bytes only", floor=f"{floor:.2f} s", note=f"{len(chunks)} chunks"),
        Result(
            "a rule set of 100 terms, 1 worker",
            floor=f"{floor:.2f} s", ours=f"{taken['100']:.2f} s", ratio=taken["100"] / floor,
            goal=GOAL_SMALL, at_least=False, note=f"{per_second(number, taken['100'])}; {cost['100']:.1f} s of CPU",
        ),
        Result(
            "a rule set of 5,000 terms, 1 worker",
            floor=f"{floor:.2f} s", ours=f"{taken['5000']:.2f} s", ratio=taken["5000"] / floor,
            goal=GOAL_LARGE, at_least=False, note=f"{per_second(number, taken['5000'])}; {cost['5000']:.1f} s of CPU",
        ),
        Result(
            "5,000 terms + 500 patterns + 300 rules, 2 workers",
            floor=f"{evaluating / 2 + floor:.2f} s", ours=f"{taken['whole']:.2f} s",
            ratio=taken["whole"] / (evaluating / 2 + floor), goal=GOAL_WHOLE, at_least=False,
            note=f"floor: evaluation alone on two cores + copying out; {per_second(number, taken['whole'])}",
        ),
    ]  # fmt: skip
    results.append(
        Result("most memory", ours=f"{peak_mb():.0f} MB", note=f"{before:.0f} MB before")
    )
    if oldest is not None:
        results.append(
            Result(
                "oldest snapshot or transaction while it runs", ours=f"{oldest:.2f} s",
                ratio=oldest, goal=2, at_least=False, note="seconds",
            )
        )  # fmt: skip
    return results


def _chunks(place: Place) -> list[Any]:
    from moderation.services import backtests, held_content

    organisation_id = place.organisation.pk
    newest = held_content.newest_id(organisation_id)
    rest = held_content.Stretch(organisation_id, held_content.NOTHING, newest)
    found = []
    while rest.after != newest:
        end = held_content.end_of_chunk(rest, backtests.CHUNK)
        found.append(held_content.Stretch(organisation_id, rest.after, end))
        rest = held_content.Stretch(organisation_id, end, newest)
    return found


def _copy_out(place: Place, chunks: Sequence[Any], kind: str) -> int:
    """Read id and text of everything and look at nothing."""
    from django.db import connection

    size = 0
    with connection.cursor() as cursor:
        for chunk in chunks:
            if kind == POSTGRESQL:
                buffer = io.BytesIO()
                cursor.cursor.copy_expert(
                    "COPY (SELECT id, text FROM moderation_contentrevision WHERE organisation_id ="
                    f" '{chunk.organisation_id}' AND id > '{chunk.after}' AND id <= '{chunk.until}'"
                    " ORDER BY id) TO STDOUT",
                    buffer,
                )
                size += buffer.tell()
            else:
                cursor.execute(
                    "SELECT id, text FROM moderation_contentrevision WHERE organisation_id = %s AND"
                    " id > %s AND id <= %s ORDER BY id",
                    [chunk.organisation_id.hex, chunk.after.hex, chunk.until.hex],
                )
                size += len(cursor.fetchall())
    return size


def _backtest(
    place: Place,
    live: Any,
    draft: dict[str, Any],
    baseline: dict[str, Any] | None,
    workers: int = 1,
) -> Any:
    """Run a whole backtest of a definition, and return it."""
    backtest = _begin(place, live, draft, baseline)
    _work_off(workers)
    backtest.refresh_from_db()
    assert backtest.status == "finished", backtest.error
    return backtest


def _begin(place: Place, live: Any, draft: dict[str, Any], baseline: dict[str, Any] | None) -> Any:
    from moderation.models import Backtest
    from moderation.services import held_content

    return Backtest.objects.create(
        organisation_id=place.organisation.pk, rule_set_name="Measured", version_number=2,
        definition=draft, baseline_definition=baseline, digest="0" * 64, scope="everything",
        rules_run=sorted(rule["key"] for rule in draft["rules"]), minutes_per_case=1,
        after_id=held_content.NOTHING, until_id=held_content.newest_id(place.organisation.pk),
        handed_out_id=held_content.NOTHING, started_at=datetime.now(tz=UTC),
    )  # fmt: skip


def _work_off(workers: int) -> None:
    """Count until nothing is left; more than one worker are processes, as in production."""
    import multiprocessing

    if workers == 1:
        _worker()
        return
    from django.db import connections

    connections.close_all()
    context = multiprocessing.get_context("fork")
    running = [context.Process(target=_worker) for _ in range(workers)]
    for each in running:
        each.start()
    for each in running:
        each.join()
        assert each.exitcode == 0


def _worker() -> None:
    from django.utils import timezone

    from moderation.models import Backtest
    from moderation.services import backtests

    while Backtest.objects.running().exists():
        if not backtests.advance(now=timezone.now()):
            time.sleep(0.01)


def _evaluating(place: Place, chunks: Sequence[Any], draft: dict[str, Any]) -> float:
    """Return the CPU seconds that judging every text takes, facts at hand, nothing read or written."""
    from moderation.services import held_content
    from policies.engine import compile_rule_set, evaluate_many
    from policies.engine.types import Subject

    compiled = compile_rule_set(draft)
    seconds = 0.0
    sampled = chunks[:: max(1, len(chunks) // 5)]
    for chunk in sampled:
        _, texts = held_content.texts(chunk)
        subjects = [Subject(text) for text in texts]
        began = time.process_time()
        evaluate_many(subjects, compiled)
        seconds += time.process_time() - began
    return seconds * len(chunks) / len(sampled)


def _watched(place: Place, live: Any, whole: dict[str, Any], kind: str) -> float | None:
    """Run a backtest with two workers and return the age of the oldest snapshot seen meanwhile."""
    _begin(place, live, whole, None)
    if kind != POSTGRESQL:
        _work_off(2)
        return None
    import psycopg2
    from django.db import connection

    parameters = connection.get_connection_params()
    oldest = [0.0]
    stop = threading.Event()

    def watch() -> None:
        names = {"dbname", "user", "password", "host", "port"}
        other = psycopg2.connect(**{k: v for k, v in parameters.items() if k in names and v})
        other.autocommit = True
        with other.cursor() as cursor:
            while not stop.is_set():
                cursor.execute(
                    "SELECT COALESCE(max(extract(epoch FROM clock_timestamp() - COALESCE(xact_start,"
                    " query_start))), 0) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND (backend_xmin IS NOT NULL OR backend_xid IS"
                    " NOT NULL) AND backend_type = 'client backend'"
                )
                oldest[0] = max(oldest[0], float(cursor.fetchone()[0]))
                time.sleep(0.01)
        other.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        _work_off(2)
    finally:
        stop.set()
        watcher.join()
    return oldest[0]


if __name__ == "__main__":
    sys.exit(main())
