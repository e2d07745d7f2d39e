"""Disguised spellings are found, and ordinary writing that resembles them is left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine import compile_rule_set, evaluate
from policies.engine.text import fold
from policies.engine.types import Subject
from tests.policies.engine.builders import a_definition, a_rule

TERMS = [
    "muppet", "numpty", "plonker", "get lost", "good", "goosed", "hell", "asshat", "shell", "whore",
    "soon", "hoe", "a pest", "ill", "uk", "penis", "cock", "nonce", "scum",
]  # fmt: skip
COMPILED = compile_rule_set(
    a_definition(a_rule({"words": {"list": "l"}}), lists={"l": {"title": "L", "terms": TERMS}})
)


def places(text):
    verdict = evaluate(Subject(text), COMPILED)
    return [(text[s.start : s.end], s.label) for m in verdict.matches for s in m.spans]


@pytest.mark.parametrize(
    ("text", "place", "term"),
    [
        ("you MUPPET!", "MUPPET", "muppet"),
        ("you mupp3t", "mupp3t", "muppet"),
        ("a p10nk3r", "p10nk3r", "plonker"),
        ("p1onker", "p1onker", "plonker"),
        ("5cum", "5cum", "scum"),
        ("$cum here", "$cum", "scum"),
        ("a$$hat", "a$$hat", "asshat"),
        ("@sshat", "@sshat", "asshat"),
        ("g00sed", "g00sed", "goosed"),
        ("you muuuppet", "muuuppet", "muppet"),
        ("muppetttt", "muppetttt", "muppet"),
        ("mmuuppppeett", "mmuuppppeett", "muppet"),
        ("gooosed", "gooosed", "goosed"),
        ("m u p p e t", "m u p p e t", "muppet"),
        ("you are a m.u.p.p.e.t", "m.u.p.p.e.t", "muppet"),
        ("m-u-p-p-e-t.", "m-u-p-p-e-t", "muppet"),
        ("m  u  p  p  e  t", "m  u  p  p  e  t", "muppet"),
        ("m_u_p_p_e_t", "m_u_p_p_e_t", "muppet"),
        ("n u m p t y m8", "n u m p t y", "numpty"),
        ("mup.pet", "mup.pet", "muppet"),
        ("mup*pet", "mup*pet", "muppet"),
        ("mup\x00pet", "mup\x00pet", "muppet"),
        ("m*ppet", "m*ppet", "muppet"),
        ("m****t", "m****t", "muppet"),
        ("plonk**", "plonk**", "plonker"),
        ("m#pp*t", "m#pp*t", "muppet"),
        ("g*t lost", "g*t lost", "get lost"),
        ("get  lost", "get  lost", "get lost"),
        ("get\nlost", "get\nlost", "get lost"),
        ("get-lost", "get-lost", "get lost"),
        ("get_lost", "get_lost", "get lost"),
        ("g3t looost", "g3t looost", "get lost"),
        ("🇲🇺🇵🇵🇪🇹", "🇲🇺🇵🇵🇪🇹", "muppet"),
        ("🇲 🇺 🇵 🇵 🇪 🇹", "🇲 🇺 🇵 🇵 🇪 🇹", "muppet"),
        ("\u202eteppum", "teppum", "muppet"),
        ("ʇǝddnɯ", "ʇǝddnɯ", "muppet"),
        ("x&lt;y mu&#112;pet", "mu&#112;pet", "muppet"),
        ("😀 ｍü\u200bｐｐ３ｔ 😀", "ｍü\u200bｐｐ３ｔ", "muppet"),
        ("мuуууpреt muрр3t", "muрр3t", "muppet"),
        ("M U P P 3 T", "M U P P 3 T", "muppet"),
        ("n0nnnnce", "n0nnnnce", "nonce"),
    ],
)
def test_a_disguised_term_is_found_where_it_stands(text, place, term):
    assert (place, term) in places(text)


@pytest.mark.parametrize(
    "text",
    [
        "U.K.",
        "the U.K. and the U.S.A.",
        "@goodness and @were_you",
        "@cock_tail",
        "£500",
        "5pm! 10am 3rd 2nd 1st",
        "he'll she'll we'll",
        "we're off, who're you",
        "god",
        "son",
        "the A55 and the M25",
        "Scunthorpe Penistone cockpit cocktail hancock",
        "1 1 1 1 1",
        "i 11 1ll",
        "sooooo hot",
        "co-op e-mail self-harm",
        "end.Next sentence",
        "https://example.org/co-ck/he1l",
        "covid19 mp3 b2b 4x4",
        "m8 gr8 l8r",
        "*oosed a correction",
        "see note*",
        "a b c d e f g",
        "Numptys",
        "12-34-56 01/02/2025",
        "10.5 20.30",
        "7700900123",
    ],
)
def test_ordinary_writing_is_left_alone(text):
    assert places(text) == []


def test_an_exception_protects_a_disguised_spelling_too():
    compiled = compile_rule_set(a_definition(a_rule({"words": {"list": "insults"}})))

    assert not evaluate(Subject("the mupp3t show"), compiled).is_flagged
    assert evaluate(Subject("the mupp3t shop"), compiled).is_flagged


tricks = st.sampled_from(
    [
        str.upper,
        lambda w: w.replace("e", "3"),
        lambda w: w.replace("e", "é"),
        lambda w: w.replace("u", "\u200bu"),
        lambda w: "".join(chr(ord(c) + 0xFEE0) for c in w),
        lambda w: w.replace("u", "uuuu"),
        lambda w: ".".join(w),
        lambda w: " ".join(w),
        lambda w: w[:2] + "." + w[2:],
        lambda w: w.replace("m", "м"),
        lambda w: "".join(f"&#{ord(c)};" for c in w),
        lambda w: w[:1] + "*" + w[2:],
    ]
)


@given(
    tricks, st.sampled_from(["muppet", "numpty"]), st.sampled_from(["", "you ", "😀 ", "&amp; "])
)
@settings(max_examples=200)
def test_a_span_covers_exactly_the_disguised_word(trick, term, before):
    disguised = trick(term)
    text = f"{before}{disguised} there"

    spans = [place for place, label in places(text) if label == term]

    assert spans
    assert all(fold(span) in fold(disguised) and len(span) >= len(disguised) - 1 for span in spans)
