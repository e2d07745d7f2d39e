"""Folding, and the way back from the folded text to the original."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine.text import OffsetMap, fold

PIECES = [
    "a", "B", "é", "e\u0301", "\u200b", "\u00ad", "&amp;", "&lt;", "&#105;", "ﬁ", "😀", "й", "™", "½",
    "\ud800", "ß", "\n", " ", "&", "amp;", "lt;", "ｉ", "𝓲", "🅸", "İ", "Σ", "ς", "🇬🇧", "\u202e", "👨‍👩‍👧",
]  # fmt: skip

lively_text = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20).map("".join)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("MuPPet", "muppet"),
        ("ｍｕｐｐｅｔ", "muppet"),
        ("𝓶𝓾𝓹𝓹𝓮𝓽", "muppet"),
        ("𝐌𝔘𝕡𝙋𝚎𝖙", "muppet"),
        ("ⓜⓤⓟⓟⓔⓣ", "muppet"),
        ("🅼🆄🅿🅿🅴🆃", "muppet"),
        ("🄼🅄🄿🄿🄴🅃", "muppet"),
        ("müppét", "muppet"),
        ("m\u0301u\u0335\u0336p\u0300pet", "muppet"),
        ("mu\u200bp\u00adp\u2060et", "muppet"),
        ("\u202emuppet\u202c", "muppet"),
        ("muрреt", "muppet"),  # two letters are Cyrillic
        ("ᴍᴜᴘᴘᴇᴛ", "muppet"),
        ("&#109;uppet", "muppet"),
        ("muppet&nbsp;show", "muppet show"),
        ("&amp;amp;lt;", "<"),
        ("muppet\nshow", "muppet show"),
        ("don’t", "don't"),
        ("straße", "strasse"),
        ("Łódź", "lodz"),
        ("Brand™ ½", "brand™ ½"),
        ("£500 at 5pm!", "£500 at 5pm!"),
        ("🇬🇧", "🇬🇧"),
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)
def test_folding_makes_styles_of_writing_equal(written, folded):
    assert fold(written) == folded


@given(lively_text)
@settings(max_examples=300)
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(lively_text)
@settings(max_examples=300)
def test_folded_text_can_always_be_encoded(text):
    fold(text).encode()


@given(lively_text, st.data())
@settings(max_examples=300)
def test_offsets_lead_back_to_what_was_folded(text, data):
    folded = fold(text)
    if not folded or "&" in folded:
        return  # half an entity is other text than the whole one
    start = data.draw(st.integers(0, len(folded) - 1))
    end = data.draw(st.integers(start + 1, len(folded)))

    begin, finish = OffsetMap(text, folded).original(start, end)

    assert 0 <= begin < finish <= len(text)
    assert folded[start:end] in fold(text[begin:finish])


@given(lively_text, st.data())
@settings(max_examples=300)
def test_offsets_there_and_back_cover_the_same_place(text, data):
    folded = fold(text)
    if not folded:
        return
    start = data.draw(st.integers(0, len(folded) - 1))
    end = data.draw(st.integers(start + 1, len(folded)))
    offsets = OffsetMap(text, folded)

    again = offsets.folded(*offsets.original(start, end))

    assert again[0] <= start
    assert again[1] >= end


@pytest.mark.slow
def test_every_sort_of_character_folds_to_something_stable():
    ranges = (
        range(0x3400),
        range(0xA4D0, 0xAC00),
        range(0xF900, 0x10600),
        range(0x1D000, 0x1FC00),
    )
    for code in itertools.chain(*ranges):
        folded = fold(chr(code))

        assert fold(folded) == folded
        assert folded.lower() == folded
