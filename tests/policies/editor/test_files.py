"""Definitions as files: the round trip loses nothing, and mistakes are told with their line."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.editor import files
from policies.editor.parts import same
from policies.services import packs
from tests.factories.policies import DEFINITION

values = st.recursive(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20),
        st.sampled_from(["yes", "no", "null", "~", "1.0", "2026-01-01", "0x1f", "- a", "a: b", "#c", " x "]),
        st.integers(-(10**9), 10**9), st.booleans(),
        st.floats(-1e6, 1e6, allow_nan=False),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("abc-", min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip


def written(**changes):
    return files.write({**copy.deepcopy(DEFINITION), **changes}).encode()


def errors_of(data):
    with pytest.raises(files.FileRefused) as refusal:
        files.read(data, packs.schema())
    return refusal.value.errors


@pytest.mark.parametrize("pack", ["hmpps", "ppo"])
def test_a_shipped_pack_comes_back_as_it_went(pack):
    document = packs.load(pack)

    assert same(files.read(files.write(document).encode(), packs.schema()), document)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=6), values, max_size=4))
def test_the_round_trip_loses_nothing_whatever_stands_in_it(extra):
    from policies.editor.parts import load_yaml

    document = {**DEFINITION, **extra}

    assert same(load_yaml(files.write(document)), document)


@settings(max_examples=30, deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1).filter(
        str.strip
    )
)
def test_words_of_rules_and_lists_come_back_as_they_went(text):
    document = copy.deepcopy(DEFINITION)
    document["rules"][0]["because"] = text
    document["rules"][0]["examples"]["match"] = [text, {"text": text, "signals": {"a.b": 1}}]
    document["lists"]["insults"]["terms"] = [
        text, {"term": text, "senses": {"innocent": text}, "reclaimed": True}
    ]  # fmt: skip

    assert same(files.read(files.write(document).encode(), packs.schema()), document)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xff\xfe", "not text in UTF-8"),
        (b"a: [", "Line 1: this is not valid YAML"),
        (b"", "should hold named fields"),
        (b"- a", "should hold named fields"),
        (b"a: 1\na: 2\n", "Line 2: “a” is there twice"),
        (b"a: &x [1]\nb: *x\n", "references"),
        (b"schema: 1\n", "needs “key”"),
        (b"x: !!python/object:os.system {}", "not valid YAML"),
    ],
)  # fmt: skip
def test_what_is_no_rule_set_is_refused(data, why):
    assert why in "\n".join(errors_of(data))


def test_a_mistake_is_told_with_its_line_and_field():
    rules = copy.deepcopy(DEFINITION["rules"])
    rules[1]["severity"] = "enormous"
    data = written(rules=rules)
    line = next(n for n, text in enumerate(data.decode().splitlines(), 1) if "enormous" in text)

    (error,) = errors_of(data)

    assert (
        error
        == f"Line {line}: rules › 2 › severity: “enormous” is not one of low, medium, high, critical."
    )


def test_an_unknown_field_is_told():
    rules = copy.deepcopy(DEFINITION["rules"])
    rules[0]["serverity"] = "low"

    assert "has no field “serverity”" in errors_of(written(rules=rules))[0]


def test_a_bomb_of_references_is_refused_before_it_grows():
    bomb = "a: &a [x,x,x]\n" + "".join(
        f"{c}: &{c} [*{p},*{p},*{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert "references" in errors_of(bomb.encode())[0]


def test_a_deep_file_is_refused():
    assert errors_of(b"a: " + b"[" * 5000 + b"]" * 5000)
