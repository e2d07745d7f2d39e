"""What a row says: columns by name or by choice, dates, counts, ids."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platforms.enums import ContentKind
from platforms.importing import Layout, Row, UnreadableFile, preview
from tests.platforms.importing.conftest import NOW, Read, reasons, texts


@pytest.mark.parametrize(
    "header",
    [
        "COMMENT_ID,AUTHOR,DATE,CONTENT,VIDEO_ID,LIKES",
        "comment id,username,published at,comment text,video id,like count",
        "id,user,timestamp,text,post_id,likes",
        "entry_id,author,entry_utc,body,link_id,upvotes",
        "tweetId,authorName,createdAt,tweet,articleId,favoriteCount",
    ],
)
def test_columns_are_found_by_their_names(read: Read, header):
    (row,) = read(f'{header}\nc1,Sam,2026-11-01T09:00:00Z,"Hello",p1,12\n')

    item = row.item
    assert (item.external_id, item.text, item.likes) == ("c1", "Hello", 12)
    assert "Sam" in {item.author.display_name, item.author.handle}
    assert item.post is not None
    assert item.post.external_id == "p1"
    assert item.published_at == datetime(2026, 11, 1, 9, tzinfo=UTC)


def test_columns_may_be_chosen_by_name_by_number_or_away(read: Read):
    (row,) = read(",user,other,author\n7,the words,x,Sam\n", "text=user", "id=0", "author=")

    assert (row.item.external_id, row.item.text) == ("7", "the words")
    assert row.item.author.external_id == "unknown:7"


def test_a_file_without_a_header_is_read_by_numbers(read: Read):
    rows = read("7,one\n8,two\n", "id=0", "text=1", header=False)

    assert [(row.line, row.item.external_id, row.item.text) for row in rows] == [
        (1, "7", "one"),
        (2, "8", "two"),
    ]
    assert rows[0].event.payload == b'{"0": "7", "1": "one"}'


@pytest.mark.parametrize(
    ("content", "words", "options", "sentence"),
    [
        ("a,b\n1,2\n", [], {}, "No column is known to hold the text"),
        ("id,text\n1,2\n", ["text=words"], {}, "There is no column “words” for text."),
        ("1,2\n", [], {"header": False}, "needs the number of the column"),
        ("1,2\n", ["text=2"], {"header": False}, "There is no column “2” for text."),
        ("id,text\n1,2\n", ["txt=text"], {}, "There is no field “txt”."),
        ("id,text\n1,2\n", ["text"], {}, "not of the form FIELD=COLUMN"),
        ("id,text\n1,2\n", [], {"zone": "Mars/Base"}, "There is no time zone"),
        ("id,text\n1,2\n", [], {"zone": "../etc"}, "There is no time zone"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(read: Read, content, words, options, sentence):
    with pytest.raises(UnreadableFile) as refused:
        read(content, *words, **options)

    assert sentence in refused.value.message


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2013-11-07T06:20:48", "2013-11-07T06:20:48+00:00"),
        ("2015-05-28T21:39:52.376000", "2015-05-28T20:39:52.376000+00:00"),
        ("2026-06-01 12:00", "2026-06-01T11:00:00+00:00"),
        ("2026-06-01T12:00:00+02:00", "2026-06-01T10:00:00+00:00"),
        ("2026-06-01T12:00:00Z", "2026-06-01T12:00:00+00:00"),
        ("2026-06-01", "2026-05-31T23:00:00+00:00"),
        ("01/06/2026 12:30", "2026-06-01T11:30:00+00:00"),
        ("1/6/26", "2026-05-31T23:00:00+00:00"),
        ("25.12.2025, 9:05 pm", "2025-12-25T21:05:00+00:00"),
        ("1580652620", "2020-02-02T14:10:20+00:00"),
        ("1580652620000", "2020-02-02T14:10:20+00:00"),
        ("1580652620.5", "2020-02-02T14:10:20.500000+00:00"),
        ("Sun Feb 02 14:10:20 +0000 2020", "2020-02-02T14:10:20+00:00"),
        ("Sun, 02 Feb 2020 14:10:20 GMT", "2020-02-02T14:10:20+00:00"),
        ("2 February 2020", "2020-02-02T00:00:00+00:00"),
        ("2 February 2020 2:10 PM", "2020-02-02T14:10:00+00:00"),
        ("2 Feb 2020 12:10 am", "2020-02-02T00:10:00+00:00"),
        ("Feb 2, 2020", "2020-02-02T00:00:00+00:00"),
        ("February 2, 2020", "2020-02-02T00:00:00+00:00"),
        ("Feb 2, 2020, 2:10 PM", "2020-02-02T14:10:00+00:00"),
        ("February 2, 2020, 2:10 PM", "2020-02-02T14:10:00+00:00"),
        ("Feb 2, 2020, 2:10:20 PM", "2020-02-02T14:10:20+00:00"),
        ("Feb 2, 2020, 2:10\u202fPM", "2020-02-02T14:10:00+00:00"),
        ("February 2, 2020 at 2:10 PM", "2020-02-02T14:10:00+00:00"),
        ("20200202", "2020-02-02T00:00:00+00:00"),
        ("20200202141020", "2020-02-02T14:10:20+00:00"),
    ],
)
def test_dates_are_read_in_uk_time_unless_they_name_a_zone(read: Read, written, expected):
    (row,) = read(f'id,text,date\n1,hello,"{written}"\n')

    assert row.item.published_at.isoformat() == expected


def test_another_zone_can_be_named(read: Read):
    (row,) = read("text,date\nhello,01/06/2026 12:30\n", zone="UTC")

    assert row.item.published_at == datetime(2026, 6, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "yesterday", "13/13/2020", "2020-02-31", "0001-01-01", "99999999999999999999", "12",
        "20201301", "99999999999999", "Sun 02 Feb 2020 2:10 PM", "2 Feb 2020 2:10 p.m.",
    ],
)  # fmt: skip
def test_a_date_that_cannot_be_read_is_refused(read: Read, written):
    rows = read(f"text,date\nhello,{written}\n")

    assert reasons(rows) == [(2, f"The date “{written}” cannot be read.")]


def test_a_comment_without_a_date_takes_that_of_the_import(read: Read):
    rows = read("text,date\nhello,\n") + read("text\nhello\n")

    assert [row.item.published_at for row in rows] == [None, None]
    assert [len(row.notes) for row in rows] == [1, 0]


def test_a_date_to_come_is_replaced_by_that_of_the_import(read: Read):
    soon, late = (NOW + timedelta(hours=hours) for hours in (2, 30))

    rows = read(f"text,date\nsoon,{soon.isoformat()}\nlate,{late.isoformat()}\n")

    assert [row.item.published_at for row in rows] == [None, None]
    assert [len(row.notes) for row in rows] == [0, 1]


def test_a_row_with_a_parent_is_a_reply_but_not_to_its_own_post(read: Read):
    rows = read("id,text,parent_id,post_id\n1,a,p1,p1\n2,b,1,p1\n3,c,,p1\n")

    assert [(row.item.kind, row.item.parent_external_id) for row in rows] == [
        (ContentKind.COMMENT, ""),
        (ContentKind.REPLY, "1"),
        (ContentKind.COMMENT, ""),
    ]


def test_a_post_may_be_known_by_its_title_alone(read: Read):
    rows = read("text,title\na,Our news\nb,Our news\nc,Other\n")

    posts = [row.item.post for row in rows]
    assert posts[0] == posts[1]
    assert posts[0].text == "Our news"
    assert posts[2].external_id != posts[0].external_id


@pytest.mark.parametrize(
    ("written", "likes"),
    [("12", 12), ("1,234", 1234), ("1.2K", 1200), ("3m", 3_000_000), ("-4", 0), ("", 0),
     ("many", 0), ("1e99", 0), ("99999999999", 2_147_483_647), ("12.0", 12)],
)  # fmt: skip
def test_likes_are_counted_as_written(read: Read, written, likes):
    (row,) = read(f'text,likes\nhello,"{written}"\n')

    assert row.item.likes == likes


def test_only_web_addresses_are_kept_as_links(read: Read):
    rows = read("text,url\na,https://example.org/1\nb,javascript:alert(1)\n")

    assert [row.item.url for row in rows] == ["https://example.org/1", ""]


def test_an_id_longer_than_any_platforms_is_refused(read: Read):
    rows = read(f"id,text\n{'x' * 301},hello\n")

    assert reasons(rows) == [(2, "The comment id is longer than 300 characters.")]


def test_the_same_id_and_text_have_the_same_key_and_an_edit_another(read: Read):
    first, again, edited = read("id,text\n1,hello\n1,hello\n1,hello!\n")

    assert first.event.key == again.event.key != edited.event.key
    assert edited.item.external_id == "1"


def test_rows_without_ids_are_told_apart_and_keep_their_ids_at_every_reading(read: Read):
    content = "author,text\nSam,hello\nAlex,hello\nSam,hello\n"

    keys = [row.event.key for row in read(content)]

    assert len(set(keys)) == 3
    assert keys == [row.event.key for row in read(content)]
    assert keys[2:] == [row.event.key for row in read(content, skip=2)]


def test_skipping_counts_every_row_and_keeps_lines(read: Read):
    content = 'id,text\n1,"a\nb"\n2,\nragged\n4,d\n'

    assert read(content)[2:] == read(content, skip=2)


def test_authors_are_one_by_id_then_handle_then_name(read: Read):
    rows = read("text,user_id,username,author_name\na,u1,@Sam,Sam\nb,,@Sam,S\nc,,sam,\nd,,,Sam\n")

    assert [row.item.author.external_id for row in rows] == [
        "u1",
        "handle:sam",
        "handle:sam",
        "name:Sam",
    ]


def test_right_to_left_marks_and_joined_emoji_stay_as_they_are(read: Read):
    text = "\u202eevil\u202c 👩‍👩‍👧‍👦 e\u0301 \u200b"

    assert texts(read(f"id,text\n1,{text}\n")) == [text]


def test_a_layout_is_the_same_after_storing():
    layout = Layout.from_words(["text=tweet", "id=0", "author="], header=False, zone="UTC")

    assert Layout.from_json(layout.as_json()) == layout
    assert Layout().as_json() == {}


def test_a_preview_shows_what_would_come_and_what_to_look_at(tmp_path: Path):
    path = tmp_path / "file.csv"
    path.write_text("id,text\n1,one\n1,two\n3,\n" + "4,four\n" * 10)

    found = preview(path, Layout(), now=NOW)

    assert (found.form, found.encoding) == ("CSV (separated by commas)", "UTF-8")
    assert found.columns == ("id", "text")
    assert dict(found.mapping) == {"id": "id", "text": "text"}
    assert [isinstance(row, Row) for row in found.rows] == [True, True, False, True, True]
    assert any("comes with different texts" in problem for problem in found.problems)
    assert "1 of the first 13 rows would be rejected." in found.problems
