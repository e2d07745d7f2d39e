"""Adding rows in bulk keeps every text as it is, and no text is read as anything else."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from common.bulk import insert_all, insert_new
from common.ids import uuid7
from moderation.models import Author
from platforms.models import InboundEvent
from tests.factories.platforms import ChannelFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
AUTHOR = (
    "id", "organisation_id", "platform", "external_id", "handle", "display_name", "url",
    "first_seen_at",
)  # fmt: skip
# What COPY, SQL or a driver gives a meaning: ends, gaps, escapes, places for values.
MEANINGS = st.sampled_from(
    [
        "\\", "\\.", "\\N", "\\n", "\\t", "\\\\", "\\x41", "\\101", "\t", "\n", "\r", "\r\n", "'",
        '"', ";--", "$1", "%s", "?", "{}", "\x01", "\x0b", "\x0c", "\x7f", "\x85", "\u2028", "😀",
    ]
)  # fmt: skip
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5)
TEXTS = st.lists(MEANINGS | ANY, max_size=12).map("".join)
EVERY_WAY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("insert", [insert_new, insert_all])
@EVERY_WAY
@example(texts=["\\.", "\\N", "", "a\\", "\\\\.", "\t", "\n\\.\n", "\r"])
@example(texts=["1\t2\t3\n\\.\nDROP TABLE accounts_user;"])
@given(texts=st.lists(TEXTS, min_size=1, max_size=6))
def test_every_text_comes_back_as_it_was(organisation, insert, texts):
    rows = [
        (uuid7(), organisation.pk, "sandbox", uuid4().hex, text, text[::-1], "", NOW)
        for text in texts
    ]

    insert(Author, AUTHOR, rows)

    keys = [row[0] for row in rows]
    kept = Author.objects.filter(pk__in=keys).order_by("pk")
    assert [row.handle for row in kept] == texts
    assert [row.display_name for row in kept] == [text[::-1] for text in texts]


@EVERY_WAY
@example(payloads=[b"\\.", b"\\N", b"\x00", b"\n\\.\n", b"\\x41", b"\xff"])
@given(payloads=st.lists(st.binary(max_size=20), min_size=1, max_size=6))
def test_every_payload_comes_back_as_it_was(organisation, payloads):
    channel = ChannelFactory(organisation=organisation)
    known = {field.attname: field for field in InboundEvent._meta.concrete_fields}
    given = {
        "organisation_id": organisation.pk, "channel_id": channel.pk, "source": "poll",
        "received_at": NOW,
    }  # fmt: skip
    columns = tuple(known)
    rows = [
        tuple(
            {**given, "id": uuid7(), "key": uuid4().hex, "payload": payload}.get(
                name, known[name].get_default()
            )
            for name in columns
        )
        for payload in payloads
    ]

    added = insert_new(InboundEvent, columns, rows)

    kept = InboundEvent.objects.filter(pk__in=added).order_by("pk")
    assert [bytes(row.payload) for row in kept] == payloads
