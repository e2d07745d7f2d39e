"""Conditions as parts of a form: whatever a definition says, the form gives the same back."""

import pytest
import yaml
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.editor import parts
from policies.editor.parts import Part
from policies.presenters.parts import part_view
from policies.services.packs import PACKS

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12
)
numbers = st.one_of(st.integers(-5, 100), st.floats(-5, 100, allow_nan=False))
leaves = st.one_of(
    st.fixed_dictionaries({"list": texts}, optional={"at_least": numbers, "ignore_negated": st.booleans()})
    .map(lambda spec: {"words": spec}),
    st.fixed_dictionaries(
        {"terms": st.lists(st.one_of(texts, st.fixed_dictionaries({"term": texts})), max_size=3)},
        optional={"exceptions": st.lists(texts, max_size=2), "at_least": numbers},
    ).map(lambda spec: {"words": spec}),
    texts.map(lambda name: {"named_person": {"list": name}}),
    st.dictionaries(
        st.sampled_from(["any", "shorteners", "domains", "except", "at_least"]),
        st.one_of(st.booleans(), st.lists(texts, max_size=2), numbers), max_size=3,
    ).map(lambda spec: {"link": spec}),
    # In the order of the boxes, as a browser sends them back.
    st.sampled_from([[], ["uk_phone"], ["email"], ["uk_phone", "email"]]).map(
        lambda kinds: {"personal_data": {"kinds": kinds}}
    ),
    st.dictionaries(st.sampled_from(["signal", "at_least", "at_most"]), st.one_of(texts, numbers)).map(
        lambda spec: {"author": spec}
    ),
    st.dictionaries(st.sampled_from(["ratio", "min_letters"]), numbers).map(lambda spec: {"shouting": spec}),
    st.dictionaries(st.sampled_from(["platforms", "channels"]), st.lists(texts, max_size=2)).map(
        lambda spec: {"channel": spec}
    ),
    texts.map(lambda source: {"pattern": {"re2": source}}),
    st.sampled_from([{"question": {}}, {"question": {"opening": True}}]),
    st.dictionaries(texts, st.one_of(texts, numbers), max_size=2).map(lambda spec: {"unheard-of": spec}),
)  # fmt: skip
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda nodes: {"all": nodes}),
        st.lists(inner, min_size=1, max_size=3).map(lambda nodes: {"any": nodes}),
        inner.map(lambda node: {"not": node}),
        st.fixed_dictionaries({"first": inner, "second": inner}, optional={"words": numbers}).map(
            lambda spec: {"near": spec}
        ),
        st.fixed_dictionaries({"first": inner, "exception": inner}).map(
            lambda spec: {"unless": spec}
        ),
    ),
    max_leaves=12,
)


def sent(part):
    """Return what a browser sends for a condition as the page shows it."""
    fields = QueryDict(mutable=True)

    def fill(view):
        fields[f"{view.prefix}-kind"] = view.kind
        fields[f"{view.prefix}-denied"] = "yes" if view.is_denied else ""
        if view.is_group:
            fields[f"{view.prefix}-count"] = str(view.count)
        if view.kind == "near":
            fields[f"{view.prefix}-words"] = view.words
        for control in view.controls:
            if control.kind == "choices":
                fields.setlist(control.name, [o.value for o in control.options if o.is_chosen])
            elif control.kind == "tick":
                if control.is_ticked:
                    fields[control.name] = "yes"
            elif control.kind == "choice":
                chosen = [o.value for o in control.options if o.is_chosen]
                fields[control.name] = chosen[0] if chosen else control.options[0].value
            else:
                fields[control.name] = control.value.replace("\n", "\r\n")
        for inner in view.parts:
            fill(inner)

    fill(part_view(part, definition={}, problems=[]))
    return fields


@settings(max_examples=80, deadline=None)
@given(conditions)
def test_showing_a_condition_and_saving_it_loses_nothing(node):
    shown = parts.read_top(node)
    problems = []

    built = parts.build_top(shown, problems, node)

    assert built is node
    again = parts.build(parts.read(node), problems, "")
    assert parts.same(again, node)


@settings(max_examples=50, deadline=None)
@given(conditions)
def test_what_a_browser_sends_back_is_what_was_shown(node):
    shown = parts.read_top(node)

    back = parts.typed_part(sent(shown), "when")

    assert parts.same(parts.build(back, [], ""), parts.build(shown, [], ""))


@pytest.mark.parametrize("pack", ["hmpps", "ppo"])
def test_every_rule_of_the_shipped_packs_has_controls_to_its_depth(pack):
    document = yaml.safe_load((PACKS / f"{pack}.yaml").read_text(encoding="utf-8"))

    for rule in document["rules"]:
        top = parts.read_top(rule["when"])

        assert [part.kind for _path, part in parts.walk(top)].count("written") == 0, rule["key"]


def test_parts_move_and_group_and_part_again():
    one, two = Part("question"), Part("phrases", values={"terms": "a b"})
    top = Part("all", parts=(one, two))

    assert parts.change(top, "up", (1,)).parts == (two, one)
    assert parts.change(top, "down", (1,)) == top
    grouped = parts.change(top, "group", (0,))
    assert grouped.parts[0] == Part("any", parts=(one,))
    assert parts.change(grouped, "ungroup", (0,)) == top
    assert parts.change(top, "remove", (0,)).parts == (two,)
    assert parts.change(top, "remove", ()) == top
    assert parts.change(top, "remove", (9,)) == top


@pytest.mark.parametrize(
    ("count", "expected"), [("999999999", 0), ("-1", 0), ("x", 0), ("", 0), ("²", 0), ("3", 3)]
)
def test_a_hostile_count_of_parts_is_bounded(count, expected):
    data = QueryDict(mutable=True)
    data["when-kind"], data["when-count"] = "all", count

    assert len(parts.typed_part(data, "when").parts) == expected
