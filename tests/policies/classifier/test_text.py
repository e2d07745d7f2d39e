"""The form in which the model reads a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.classifier.text import MAX_CHARACTERS, prepare
from policies.classifier.wordpiece import MAX_TOKENS, WordPieces

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##kind", "kind", "##ness", "!", "very"]
PIECES = WordPieces({word: number for number, word in enumerate(VOCABULARY)})


def words(text):
    return [VOCABULARY[number] for number in PIECES.encode(prepare(text))]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ＨＥＬＬＯ  Wörld", "hello world"),
        ("Tom &amp; Jo<br />soooooo", "tom & jo soo"),
        ("see https://example.org/x?y=1 @someone", "see http user"),
        ("I 🔪 you", "i hocho you"),
        ("👨🏿 here", "man black skin here"),
        ("🇬🇧", "gb"),
        ("z\u200bero", "zero"),
    ],
)
def test_disguises_and_emoji_become_plain_words(text, read):
    assert prepare(text) == read


@given(st.text(max_size=300))
def test_any_text_is_read_within_bounds(text):
    numbers = PIECES.encode(prepare(text))

    assert 2 <= len(numbers) <= MAX_TOKENS
    assert (VOCABULARY[numbers[0]], VOCABULARY[numbers[-1]]) == ("[CLS]", "[SEP]")


def test_a_very_long_text_costs_no_more_than_its_beginning():
    assert len(prepare("kind " * 1_000_000)) <= MAX_CHARACTERS


def test_words_are_cut_by_the_longest_piece_first():
    assert words("Very unkindness!") == ["[CLS]", "very", "un", "##kind", "##ness", "!", "[SEP]"]


def test_a_word_without_pieces_is_unknown_as_a_whole():
    assert words("very xyz") == ["[CLS]", "very", "[UNK]", "[SEP]"]
