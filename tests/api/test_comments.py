"""What is taken as a comment and what is refused, field by field."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from api.v1 import comments
from api.v1.comments import Submission
from api.v1.content import COMMENT_EXAMPLE, CommentSerializer
from moderation.models import ContentItem
from moderation.services.ingestion import MAX_TEXT
from platforms.enums import ContentKind

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
LATEST = NOW + timedelta(minutes=10)

# One change to a good comment, and the field that is refused for it.
REFUSED = [
    ({"channel": None}, "channel"),
    ({"channel": ""}, "channel"),
    ({"channel": 5}, "channel"),
    ({"channel": "c" * 81}, "channel"),
    ({"external_id": None}, "external_id"),
    ({"external_id": ""}, "external_id"),
    ({"external_id": 17}, "external_id"),
    ({"external_id": True}, "external_id"),
    ({"external_id": "x" * 401}, "external_id"),
    ({"external_id": "a\x00b"}, "external_id"),
    ({"external_id": "a\ud800b"}, "external_id"),
    ({"external_id": "a\nb"}, "external_id"),
    ({"text": None}, "text"),
    ({"text": ""}, "text"),
    ({"text": ["a"]}, "text"),
    ({"text": "x" * (MAX_TEXT + 1)}, "text"),
    ({"kind": "poem"}, "kind"),
    ({"kind": ["comment"]}, "kind"),
    ({"author": None}, "author"),
    ({"author": "Jo"}, "author"),
    ({"author": {}}, "author.external_id"),
    ({"author": {"external_id": ""}}, "author.external_id"),
    ({"author": {"external_id": "a" * 301}}, "author.external_id"),
    ({"author": {"external_id": "\ud83d"}}, "author.external_id"),
    ({"author": {"external_id": "a", "handle": 5}}, "author.handle"),
    ({"author": {"external_id": "a", "display_name": "x" * 201}}, "author.display_name"),
    ({"author": {"external_id": "a", "url": "javascript:alert(1)"}}, "author.url"),
    ({"author": {"external_id": "a", "age": 5}}, "author.age"),
    ({"post": "p"}, "post"),
    ({"post": {}}, "post.external_id"),
    ({"post": {"external_id": "p", "text": 5}}, "post.text"),
    ({"post": {"external_id": "p", "url": "ftp://x"}}, "post.url"),
    ({"post": {"external_id": "p", "published_at": "soon"}}, "post.published_at"),
    ({"post": {"external_id": "p", "colour": "red"}}, "post.colour"),
    ({"parent_external_id": 5}, "parent_external_id"),
    ({"parent_external_id": "x" * 401}, "parent_external_id"),
    ({"url": "javascript:alert(1)"}, "url"),
    ({"url": "https://x/\x00"}, "url"),
    ({"url": "https://" + "x" * 500}, "url"),
    ({"url": 5}, "url"),
    ({"published_at": "yesterday"}, "published_at"),
    ({"published_at": 1700000000}, "published_at"),
    ({"published_at": "2026-11-18"}, "published_at"),
    ({"published_at": "2026-11-18T10:00:00"}, "published_at"),
    ({"published_at": "2026-11-18T10:10:01Z"}, "published_at"),
    ({"published_at": "9999-12-31T23:59:59-23:59"}, "published_at"),
    ({"published_at": "0001-01-01T00:00:00+23:59"}, "published_at"),
    ({"published_at": "1969-07-20T20:17:00Z"}, "published_at"),
    ({"likes": -1}, "likes"),
    ({"likes": "3"}, "likes"),
    ({"likes": 1.5}, "likes"),
    ({"likes": True}, "likes"),
    ({"likes": 2**31}, "likes"),
    ({"replies": {}}, "replies"),
    ({"version": 3}, "version"),
    ({"version": "v" * 401}, "version"),
    ({"txt": "a mistyped name"}, "txt"),
    ({"bad\ud800name": 1}, "'bad\\ud800name'"),
]
TAKEN = [
    {},
    {"text": "Né 🙂 \u202eright to left"},
    {"text": "nul \x00 and a lone \ud83d surrogate"},
    {"text": "x" * 100_000},
    {"text": "\u200b"},
    {"kind": None},
    {"kind": "review"},
    {"post": None},
    {"author": {"external_id": "👤-1", "handle": None, "display_name": "nul \x00 \ud800"}},
    {"parent_external_id": "c-0", "version": "2", "url": "http://x.example/1"},
    {"url": "", "parent_external_id": None, "version": None, "published_at": None},
    {"published_at": "2026-11-18T10:10:00Z"},
    {"published_at": "2026-11-18T10:00:00.123456+01:00"},
    {"likes": 0, "replies": 2**31 - 1},
    {"likes": None},
]


def with_(change):
    return {**COMMENT_EXAMPLE, **change}


@pytest.mark.parametrize(("change", "field"), REFUSED)
def test_a_field_that_cannot_be_is_refused_by_name(change, field):
    problems = comments.read(with_(change), latest=LATEST)

    assert [problem.field for problem in problems] == [field]
    assert problems[0].message.endswith(".")


@pytest.mark.parametrize("change", TAKEN)
def test_what_people_really_write_is_taken(change):
    assert isinstance(comments.read(with_(change), latest=LATEST), Submission)


@pytest.mark.parametrize("entry", [None, [], "text", 5, True, {}])
def test_what_is_no_comment_is_refused(entry):
    assert isinstance(comments.read(entry, latest=LATEST), list)


def test_everything_that_is_wrong_is_said_at_once():
    problems = comments.read({"likes": "3", "author": {}}, latest=LATEST)

    assert {problem.field for problem in problems} == {
        "channel", "external_id", "text", "likes", "author.external_id",
    }  # fmt: skip


def test_every_field_arrives():
    item = comments.read(COMMENT_EXAMPLE, latest=LATEST).item

    assert (item.external_id, item.text, item.kind) == (
        "comment-1001", "What a numpty.", ContentKind.COMMENT,
    )  # fmt: skip
    assert (item.author.handle, item.author.display_name) == ("jo77", "Jo")
    assert (item.post.external_id, item.post.text) == ("post-12", "We are recruiting.")
    assert item.published_at == datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
    assert (item.likes, item.replies) == (3, 1)


def test_the_key_tells_versions_apart_and_is_never_too_long():
    def key(**change):
        return comments.event_key(comments.read(with_(change), latest=LATEST).item)

    assert key() == key(likes=99)
    assert key() != key(text="Another text.")
    assert key(version="1") == key(version="1", text="Another text.")
    assert len(key(external_id="x" * 400, version="v" * 400)) <= 400


def test_the_description_names_the_same_fields():
    described = CommentSerializer().fields

    assert set(described) == comments.FIELDS
    assert set(described["author"].fields) == comments.AUTHOR_FIELDS
    assert set(described["post"].fields) == comments.POST_FIELDS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    change=st.dictionaries(st.sampled_from(sorted(comments.FIELDS)), json_values, max_size=4),
)
def test_nothing_that_json_can_say_breaks_the_reader(change):
    result = comments.read(with_(change), latest=LATEST)

    assert isinstance(result, Submission) or result


@pytest.mark.django_db
@pytest.mark.parametrize("change", TAKEN)
def test_what_is_taken_can_be_stored(tool, channel, queues, published, comment, change):
    change = {name: value for name, value in change.items() if name != "published_at"}

    answer = tool.post("content/", comment(**change))

    assert answer.status_code == 201
    stored = ContentItem.objects.select_related("current_revision").get()
    assert stored.current_revision.text.isascii() or stored.current_revision.text.encode()
    assert connection.vendor in {"sqlite", "postgresql"}
    assert tool.get(f"content/{stored.pk}/").status_code == 200


@pytest.mark.django_db
def test_one_bad_comment_of_a_megabyte_does_not_stop_the_rest(
    tool, channel, queues, published, comment
):
    body = {"comments": [comment(), comment(external_id="c-2", text="x" * 1_000_001)]}

    answer = tool.post("content/", body)

    assert answer.status_code == 207
    assert answer.json()["results"][1]["errors"] == [
        {
            "field": "text",
            "message": "Must be text of at most 1,000,000 characters, not 1,000,001 characters.",
        }
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {"comments": []},
        {"comments": {}},
        {"comments": None},
        {"comments": [{}] * 501},
        {"comments": [{}], "more": 1},
        [],
        "text",
        None,
    ],
)
def test_a_body_is_one_comment_or_a_batch(tool, channel, body):
    answer = tool.post("content/", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert ContentItem.objects.count() == 0


@pytest.mark.django_db
def test_a_batch_of_which_nothing_can_be_taken_is_400_with_every_place(tool, channel, comment):
    answer = tool.post("content/", {"comments": [5, comment(likes=-1)]})

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [
        "comments[0]",
        "comments[1].likes",
    ]


@pytest.mark.django_db
def test_a_channel_that_the_database_could_not_even_look_for_is_refused(tool, comment):
    answer = tool.post("content/", comment(channel="careers\x00"))

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"field": "channel", "message": "Has characters that an identifier cannot have."}
    ]
