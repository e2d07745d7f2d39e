"""JSON Lines and JSON lists."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.importing import UnreadableFile
from tests.platforms.importing.conftest import Read, reasons, texts

any_text = st.text(min_size=1).filter(lambda text: text.strip() != "")


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    found=st.lists(any_text, min_size=1, max_size=6),
    as_list=st.booleans(),
    indent=st.sampled_from([None, 2]),
    is_ascii=st.booleans(),
)
def test_what_was_written_is_read(read: Read, found, as_list, indent, is_ascii):
    objects = [{"id": at, "text": text} for at, text in enumerate(found)]
    if as_list:
        content = json.dumps(objects, indent=indent, ensure_ascii=is_ascii)
    else:
        content = "\n".join(json.dumps(value, ensure_ascii=is_ascii) for value in objects)

    rows = read(content.encode("utf-8", "surrogatepass"))

    assert reasons(rows) == []
    # JSON itself joins two halves that stand side by side.
    assert texts(rows) == [
        "".join("\ufffd" if sign == "\x00" or "\ud800" <= sign <= "\udfff" else sign for sign in
                text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))
        for text in found
    ]  # fmt: skip


def test_an_author_may_be_an_object(read: Read):
    (row,) = read(
        '{"id": 7, "text": "hi", "author": {"id": "u1", "username": "@sam", "displayName": "Sam"}}'
    )

    assert (row.item.author.external_id, row.item.author.handle, row.item.author.display_name) == (
        "u1",
        "@sam",
        "Sam",
    )


def test_a_platforms_own_wrapping_is_looked_through(read: Read):
    comment = {
        "id": "Ugx1",
        "snippet": {
            "topLevelComment": {
                "snippet": {
                    "textOriginal": "First!",
                    "authorDisplayName": "Sam",
                    "authorChannelId": {"value": "UC1"},
                    "publishedAt": "2026-11-01T09:00:00Z",
                    "likeCount": 4,
                    "videoId": "v1",
                }
            }
        },
    }

    (row,) = read(json.dumps([comment], indent=1))

    assert (row.item.text, row.item.author.external_id, row.item.likes) == ("First!", "UC1", 4)
    assert row.item.post.external_id == "v1"
    assert row.line == 2


def test_a_bad_line_costs_only_itself(read: Read):
    rows = read('{"text": "one"}\n{"text": "two"\n\n[1]\n{"text": {"a": 1}}\n{"text": "three"}\n')

    assert texts(rows) == ["one", "three"]
    assert [line for line, _reason in reasons(rows)] == [2, 4, 5]
    assert reasons(rows)[0][1].startswith("This is not JSON: ")
    assert reasons(rows)[1][1] == "This is JSON, but not an object with named values."
    assert reasons(rows)[2][1] == "The text is empty."


def test_a_bad_element_of_a_list_costs_only_itself(read: Read):
    rows = read('[\n{"text": "one"},\n{"text": nonsense, "a": "}"},\n 5,\n{"text": "two"}\n]')

    assert texts(rows) == ["one", "two"]
    assert [line for line, _reason in reasons(rows)] == [3, 4]


def test_a_list_that_was_cut_off_gives_what_is_there(read: Read):
    rows = read('[{"text": "one"}, {"text": "tw')

    assert texts(rows) == ["one"]
    assert len(reasons(rows)) == 1


@pytest.mark.parametrize("between", ["", "\n", ",\n", " \n\n"])
def test_pages_of_an_export_put_together_are_read_to_the_end(read: Read, between):
    pages = '[{"text": "one"}, {"text": "two"}]', "[]", '[{"text": "three"}\n]\n'

    assert texts(read(between.join(pages))) == ["one", "two", "three"]


@pytest.mark.parametrize("after", ["junk", '{"text": "two"}', "]", '"two"'])
def test_what_follows_the_list_and_is_none_is_told(read: Read, after):
    rows = read(f'[{{"text": "one"}}]\n{after}')

    assert texts(rows) == ["one"]
    assert reasons(rows) == [(2, "Something follows the end of the list.")]


def test_a_list_larger_than_any_buffer(read: Read):
    objects = [{"id": at, "text": "x" * 3000} for at in range(400)]

    assert len(texts(read(json.dumps(objects)))) == 400


def test_lone_halves_of_characters_are_replaced_and_kept_in_the_raw_event(read: Read):
    (row,) = read('{"id": 1, "text": "a\\ud83db"}')

    assert row.item.text == "a\ufffdb"
    assert row.event.payload == b'{"id": 1, "text": "a\\ud83db"}'


@pytest.mark.parametrize(
    "value", ["[" * 100_000, '{"text": ' + "9" * 5000 + "}", '{"a": ' * 50_000]
)
def test_hostile_json_is_refused_row_by_row(read: Read, value):
    rows = read(f'{{"text": "one"}}\n{value}\n{{"text": "two"}}\n')

    assert texts(rows) == ["one", "two"]
    assert len(reasons(rows)) == 1


def test_members_may_differ_from_row_to_row(read: Read):
    rows = read('{"id": 1, "text": "one"}\n{"likes": 3, "id": 2, "body": "two"}\n{"id": 3}\n')

    assert texts(rows) == ["one", "two"]
    assert reasons(rows) == [(3, "The text is empty.")]


def test_json_over_several_lines_is_refused_with_the_reason(read: Read):
    with pytest.raises(UnreadableFile) as refused:
        read('{\n "comments": [\n]\n}')

    assert "neither one object on each line nor one list" in refused.value.message
