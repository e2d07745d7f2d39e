"""Bulk inserts: moments and facts come out as they went in; what is there already is left out, and nothing else."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.bulk import insert_all, insert_new
from common.ids import uuid7
from moderation.models import ContentItem, Post
from tests.factories.moderation import AuthorFactory
from tests.factories.platforms import ChannelFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
POST = ("id", "organisation_id", "channel_id", "external_id", "text", "url", "published_at")
ITEM = (
    "id", "organisation_id", "channel_id", "external_id", "kind", "author_id", "post_id",
    "parent_external_id", "url", "address", "source_state", "source_state_at", "likes", "replies",
    "published_at", "first_seen_at", "current_revision_id",
)  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=9)
ODD = st.sampled_from(["\\N", "\\.", "\\", "\t", "\n", "\r\n", "\\x41", "{}", '"', "%s", "\u2028"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | TEXTS | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | ODD, inner, max_size=3),
)
ZONES = [UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-9, minutes=-30))]
MOMENTS = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from(ZONES),
)
EVERY_WAY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def a_post():
    """Make the row of a post on one channel."""
    channel = ChannelFactory()

    def make(external_id, text="", published_at=None):
        return (uuid7(), channel.organisation_id, channel.pk, external_id, text, "", published_at)

    return make


@pytest.mark.slow
@EVERY_WAY
@given(moments=st.lists(st.none() | MOMENTS, min_size=1, max_size=5))
def test_moments_of_every_zone_come_out_as_they_went_in(a_post, moments):
    rows = [a_post(uuid7().hex, "", moment) for moment in moments]

    added = insert_new(Post, POST, rows)

    stored = dict(Post.objects.filter(pk__in=added).values_list("pk", "published_at"))
    assert [stored[row[0]] for row in rows] == moments


@pytest.mark.slow
@EVERY_WAY
@given(facts=st.dictionaries(TEXTS | ODD, JSON, max_size=4))
def test_facts_come_out_as_they_went_in(a_post, facts):
    _, organisation_id, channel_id, *_ = a_post("")
    author = AuthorFactory(organisation_id=organisation_id, organisation=None)
    pk = uuid7()
    row = (
        pk, organisation_id, channel_id, pk.hex, "comment", author.pk, None, "", "", facts, "live",
        None, 0, 0, NOW, NOW, None,
    )  # fmt: skip

    insert_all(ContentItem, ITEM, [row])

    assert ContentItem.objects.get(pk=pk).address == facts


def test_rows_that_are_there_already_are_left_out_and_not_named(a_post):
    insert_new(Post, POST, [a_post("old", "first")])
    new = a_post("new")

    added = insert_new(Post, POST, [a_post("old", "second"), new, a_post("new")])

    assert added == {new[0]}
    assert Post.objects.get(external_id="old").text == "first"
    assert Post.objects.count() == 2


def test_nothing_is_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert insert_new(Post, POST, []) == set()
        insert_all(Post, POST, [])


@pytest.mark.slow
def test_more_rows_go_in_than_one_statement_takes(a_post):
    added = insert_new(Post, POST, [a_post(f"post-{number}") for number in range(10_000)])

    assert len(added) == Post.objects.count() == 10_000


def test_refusal_is_django_s_own_and_adds_nothing(a_post):
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all(Post, POST, [a_post("a"), a_post("a")])

    assert not Post.objects.exists()


def test_refusal_other_than_being_there_already_is_raised(a_post):
    """A post of one organisation on the channel of another: left out, it would be lost unseen."""
    row = list(a_post("a"))
    row[1] = ChannelFactory().organisation_id

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_new(Post, POST, [row])


def test_transaction_goes_on_after_rows_were_left_out(a_post):
    with transaction.atomic():
        insert_new(Post, POST, [a_post("a")])
        insert_new(Post, POST, [a_post("a"), a_post("b")])
        insert_new(Post, POST, [a_post("c")])

    assert set(Post.objects.values_list("external_id", flat=True)) == {"a", "b", "c"}
