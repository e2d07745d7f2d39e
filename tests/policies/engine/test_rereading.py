"""Patterns see through disguises, and ordinary writing is left as it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine import compile_rule_set, evaluate
from policies.engine.rereading import Vocabulary, reread, words_of_pattern
from policies.engine.text import fold
from policies.engine.types import Subject
from tests.policies.engine.builders import a_definition, a_rule

PATTERN = r"\b(?:i know where you (?:live|park)|go back to your country|all gulls are pests?)\b"
COMPILED = compile_rule_set(a_definition(a_rule({"pattern": {"re2": PATTERN}})))
VOCABULARY = Vocabulary(words_of_pattern(PATTERN))


def places(text):
    verdict = evaluate(Subject(text), COMPILED)
    return [text[s.start : s.end] for m in verdict.matches for s in m.spans]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("I know where y0u live.", "I know where y0u live"),
        ("i kn0w wh3re you l1ve", "i kn0w wh3re you l1ve"),
        ("go b@ck to your country!", "go b@ck to your country"),
        ("all gu!ls are pests", "all gu!ls are pests"),
        ("all gulls are p3$ts", "all gulls are p3$ts"),
        ("i  k n o w  w h e r e  y o u  l i v e", "i  k n o w  w h e r e  y o u  l i v e"),
        ("i k n o w w h e r e y o u l i v e", "i k n o w w h e r e y o u l i v e"),
        ("I know where you l.i.v.e", "I know where you l.i.v.e"),
        ("I know where you li.ve ok", "I know where you li.ve"),
        ("I know wheeeere you liiiive", "I know wheeeere you liiiive"),
        ("I know where you l*ve", "I know where you l*ve"),
        ("I  know  where  you  live", "I  know  where  you  live"),
        ("👋 Ⅰ know where y0u l\u200bive, mate", "Ⅰ know where y0u l\u200bive"),
    ],
)
def test_a_disguised_phrase_is_found_where_it_stands(text, place):
    assert places(text) == [place]


@pytest.mark.parametrize(
    "text",
    [
        "I know where you 1",
        "meet me at 5pm, it costs £500 or 10k",
        "U.K. and U.S.A.",
        "well-being, re-offending",
        "write to y0u@example.org",
        "@g0back to your country",
        "https://example.org/y0u",
        "A1 road, M25, 3rd exit",
    ],
)
def test_amounts_addresses_and_mentions_are_not_undone(text):
    assert places(text) == []


def test_a_plain_text_is_not_written_again():
    assert reread("i know where you live", VOCABULARY) is None


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="aeiklnowy01 34!@$.*-_£'é\u200b👋", max_size=60))
def test_every_character_knows_where_it_stands(text):
    folded = fold(text)
    other = reread(folded, VOCABULARY)

    if other is not None:
        at = 0
        for char in other.text:
            size = len(char.encode())
            start, end = other.folded(at, at + size)
            assert 0 <= start < end <= len(folded)
            at += size
