"""Waiting cases by the hundred thousand, written past the pipeline so that filling takes seconds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from common.bulk import insert_all
from common.ids import uuid7
from moderation.models import Author, Case, ContentItem, ContentRevision
from moderation.services import ingestion, triage
from policies.models import Rule
from tests.benchmarks.harness import Place

CHUNK = 10_000
AUTHOR_COLUMNS = (
    "id", "organisation_id", "platform", "external_id", "handle", "display_name", "url",
    "first_seen_at",
)  # fmt: skip


def fill_queue(place: Place, texts: Sequence[str], *, name: str) -> None:
    """Let each text be a comment with a waiting case, of all severities, over ten days."""
    rng = random.Random(name)
    rules = list(
        Rule.objects.filter(organisation_id=place.organisation.pk).values_list(
            "name", "severity", "recommend", "clause__reference"
        )
    )
    now = datetime.now(tz=UTC)
    routing = triage.routing_of(place.organisation.pk)
    for start in range(0, len(texts), CHUNK):
        authors: list[tuple[object, ...]] = []
        items: list[tuple[object, ...]] = []
        revisions: list[tuple[object, ...]] = []
        cases: list[tuple[object, ...]] = []
        for n, text in enumerate(texts[start : start + CHUNK], start):
            if n == start or n % 3 == 0:
                authors.append(
                    (uuid7(), place.organisation.pk, place.channel.platform, f"{name}-{n}", "",
                     f"Author {n}", "", now)
                )  # fmt: skip
            opened = now - timedelta(seconds=rng.randrange(10 * 24 * 3600))
            item_id, revision_id, author_id = uuid7(), uuid7(), authors[-1][0]
            stored = ingestion.clean(text)
            rule, severity, recommend, clause = rng.choice(rules)
            items.append(
                (item_id, place.organisation.pk, place.channel.pk, f"{name}-{n}", "comment",
                 author_id, None, "", "", {}, "live", opened, n % 9, 0, opened, opened, revision_id)
            )  # fmt: skip
            revisions.append(
                (revision_id, place.organisation.pk, item_id, 1, stored,
                 ingestion.digest_of(stored), None, "", opened, None)
            )  # fmt: skip
            due = routing.due_at(place.queue, severity, now=opened.replace(minute=0, second=0))
            cases.append(
                (uuid7(), place.organisation.pk, item_id, place.channel.pk, author_id,
                 place.queue.pk, None, "flag", "waiting", severity, recommend, rule,
                 triage.excerpt_of(stored), clause, triage.urgency(severity, n % 9),
                 due + timedelta(microseconds=n), opened, 1, now, now)
            )  # fmt: skip
        with transaction.atomic():
            insert_all(Author, AUTHOR_COLUMNS, authors)
            insert_all(ContentItem, ingestion.ITEM_COLUMNS, items)
            insert_all(ContentRevision, ingestion.REVISION_COLUMNS, revisions)
            insert_all(Case, triage.CASE_COLUMNS, cases)
    tidy()


def tidy() -> None:
    """Let the database look at what it holds, as it does by itself after a while."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
