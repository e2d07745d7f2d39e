"""The length of a post, its links, record keys, and the cursor."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.connectors.bluesky.cursor import MOST_CHARACTERS, Cursor, Watched
from platforms.connectors.bluesky.ids import RecordUri, key_from_seed
from platforms.connectors.bluesky.richtext import count_graphemes, facets

TID = r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("plain", 5),
        ("e\u0301", 1),
        ("👩‍👩‍👧", 1),
        ("👍🏽", 1),
        ("🇬🇧🇫🇷", 2),
        ("🇬🇧🇫", 2),
        ("☀️", 1),
        ("🏴󠁧󠁢󠁷󠁬󠁳󠁿", 1),
        ("a\r\nb", 3),
        ("\n\n", 2),
        ("日本", 2),
        ("নি", 1),
    ],
)
def test_graphemes_are_counted_as_readers_see_them(text, length):
    assert count_graphemes(text) == length


@given(st.text())
def test_there_are_never_more_graphemes_than_code_points(text):
    assert count_graphemes(text) <= len(text)


def parts(text, **dids):
    """Return what the facets of a text cover, with where they lead."""
    spoken = text.encode()
    return {
        spoken[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode(): next(
            value for name, value in f["features"][0].items() if name != "$type"
        )
        for f in facets(text, did_for=lambda handle: dids.get(handle.split(".")[0], ""))
    }


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("See https://www.gov.uk/a.", "https://www.gov.uk/a"),
        ("Café 🙂 https://www.gov.uk/é?x=1&y=2, or", "https://www.gov.uk/é?x=1&y=2"),
        ("(https://example.org/a_(b))", "https://example.org/a_(b)"),
        ("“https://example.org/a”", "https://example.org/a"),
    ],
)
def test_a_link_is_marked_by_bytes_without_the_sentences_stop(text, link):
    assert parts(text) == {link: link}


def test_a_mention_is_marked_when_somebody_has_the_handle():
    text = "Ünited @sam.example.org and @nobody.example.org, mail a@sam.example.org"

    assert parts(text, sam="did:plc:sam") == {"@sam.example.org": "did:plc:sam"}


def test_a_mention_inside_a_link_is_not_one():
    link = "https://example.org/@sam.example.org"

    assert parts(link, sam="did:plc:sam") == {link: link}


@given(st.text(max_size=40))
def test_every_seed_leads_to_one_good_key(seed):
    key = key_from_seed(seed)

    assert re.fullmatch(TID, key)
    assert key == key_from_seed(seed)


def test_seeds_lead_to_different_keys():
    assert len({key_from_seed(str(number)) for number in range(5000)}) == 5000


@pytest.mark.parametrize(
    "text", ["", "https://x.org/a", "at://did:plc:a/b", "at://handle.test/a/b"]
)
def test_what_is_no_record_address_is_refused(text):
    with pytest.raises(ValueError, match="complete at:// address"):
        RecordUri.parse(text)


def test_a_cursor_comes_back_as_it_was():
    watched = Watched("at://did:plc:a/b/c", "cid", "reply", "gate", 3, 2, is_gone=True)
    cursor = Cursor("2026-11-21T08:00:00Z", "p", "n", (watched,), {"at://x": 4})

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "{}", '{"seen":1,"watched":3}'])
def test_a_strange_cursor_starts_again(text):
    assert Cursor.parse(text) == Cursor()


def test_a_cursor_stays_small_and_drops_the_oldest():
    long_did = "did:web:" + "a" * 200
    watched = tuple(
        Watched(f"at://{long_did}/app.bsky.feed.post/{n}", "c" * 59, "reply") for n in range(500)
    )

    text = str(Cursor(watched=watched))

    assert len(text) <= MOST_CHARACTERS
    kept = Cursor.parse(text).watched
    assert kept == watched[: len(kept)]
    assert kept
