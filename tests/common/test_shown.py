"""What strangers' words become on a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import shown as text
from common.shown import Mark


def flat(segments):
    return "".join(piece.text for segment in segments for piece in segment.pieces)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("plain words", "plain words"),
        ("pay\u200bpal", "pay⟨ZWSP⟩pal"),
        ("\u202egnp.exe", "⟨RLO⟩gnp.exe"),
        ("bell\x07", "bell⟨U+0007⟩"),
        ("lone \ud800 surrogate", "lone ⟨U+D800⟩ surrogate"),
        ("private \ue000", "private ⟨U+E000⟩"),
        ("tower z" + "\u0301" * 9, "tower z⟨◌×9⟩"),
        ("accent e\u0301", "accent e\u0301"),
        ("family 👨‍👩‍👧", "family 👨‍👩‍👧"),
        ("rainbow 🏳️‍🌈 and ❤️‍🔥", "rainbow 🏳️‍🌈 and ❤️‍🔥"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",) * 2,
        ("hidden \U000e0041\U000e0042", "hidden ⟨U+E0041⟩⟨U+E0042⟩"),
        ("شكرا", "شكرا"),
    ],
)
def test_unseen_characters_are_written_out_and_pictures_stay(words, line):
    assert text.one_line(words) == line


def test_a_name_loses_what_cannot_be_seen():
    assert text.author_name("\u202e\u200b", "", " kim\u202e  bell\n") == "kim bell"
    assert text.author_name("\u200b") == "Name not known"
    assert len(text.author_name("x" * 500)) <= 81


def test_marks_that_overlap_are_one_highlight_with_both_reasons():
    marks = [Mark(3, 8, "Threat"), Mark(0, 5, "Insult"), Mark(8, 9, "Spam")]

    shown = text.shown("hello world", marks)

    assert [(flat([s]), s.label) for s in shown.text] == [
        ("hello wo", "Insult; Threat"),
        ("r", "Spam"),
        ("ld", ""),
    ]


def test_many_short_lines_are_folded_too():
    shown = text.shown("a\n" * 700)

    assert flat(shown.text) == "a\n" * text.FIRST_LINES
    assert shown.rest


def test_a_mark_beyond_the_text_is_harmless():
    assert flat(text.shown("short", [Mark(3, 99, "x"), Mark(50, 60, "y")]).text) == "short"


def test_a_long_text_is_folded_with_its_marks_in_place():
    words = "a" * 2_000 + "numpty" + "b" * 30_000

    shown = text.shown(words, [Mark(2_000, 2_006, "Insult")])

    assert len(flat(shown.text)) == text.FIRST
    assert [flat([s]) for s in shown.rest if s.label] == ["numpty"]
    assert len(flat(shown.rest)) == text.FOLDED


@given(
    st.text(alphabet="ab é😀\n<", max_size=80),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=6),
)
def test_nothing_is_lost_or_doubled_whatever_the_marks(words, spans):
    marks = [Mark(min(span), max(span), "why") for span in spans]

    assert flat(text.shown(words, marks).text) == words


@given(st.text(max_size=80))
def test_nothing_unseen_is_left_whatever_the_text(words):
    line = text.one_line(words)

    assert not any(ord(c) < 32 and c not in "\n\t" for c in line)
    assert text.one_line(line) == line
