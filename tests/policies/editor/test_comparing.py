"""Differences in plain English: nothing that differs is left out, and nothing else is told."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.editor import comparing
from policies.editor.parts import same
from tests.factories.policies import DEFINITION


def changed(act):
    definition = copy.deepcopy(DEFINITION)
    act(definition)
    return definition


def test_a_definition_does_not_differ_from_itself():
    assert comparing.compare(DEFINITION, copy.deepcopy(DEFINITION)).is_empty


def test_a_rule_is_compared_field_by_field_in_words():
    after = changed(
        lambda d: d["rules"][0].update(
            severity="high", when={"not": {"words": {"list": "insults"}}}
        )
    )

    (part,) = comparing.compare(DEFINITION, after).rules

    assert (part.title, part.change) == ("Insult", "changed")
    assert [(f.label, f.before, f.after) for f in part.fields] == [
        ("Severity", "Medium", "High"),
        ("Condition", "Has any of the words in Insults.", "Has none of the words in Insults."),
    ]


def test_rules_and_terms_that_come_and_go_are_told():
    def act(definition):
        definition["rules"][4] = {
            **definition["rules"][4],
            "key": "repeated-often",
            "name": "Often",
        }
        definition["lists"]["insults"]["terms"] = ["plonker", "wally"]

    found = comparing.compare(DEFINITION, changed(act))

    assert [(part.title, part.change) for part in found.rules] == [
        ("Often", "added"),
        ("Repeated by the author", "removed"),
    ]
    (part,) = found.lists
    assert (part.added, part.removed) == (("wally",), ("numpty",))


def test_what_is_known_of_a_term_is_compared():
    after = changed(
        lambda d: d["lists"]["insults"].update(
            terms=["numpty", {"term": "plonker", "reclaimed": True}]
        )
    )

    (part,) = comparing.compare(DEFINITION, after).lists

    assert [(f.label, f.after) for f in part.fields] == [("“plonker”", "reclaimed: true")]


def test_a_renamed_list_changes_the_words_of_its_rules():
    after = changed(lambda d: d["lists"]["insults"].update(title="Rude words"))

    found = comparing.compare(DEFINITION, after)

    assert found.rules[0].fields[0].after == "Has any of the words in Rude words."


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


LEAVES = [path for path in places(DEFINITION) if path and path[-1] != "key"]


def at(definition, path):
    inner = definition
    for step in path:
        inner = inner[step]
    return inner


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LEAVES), st.sampled_from(["other", ""]))
def test_no_change_anywhere_goes_untold(path, value):
    after = copy.deepcopy(DEFINITION)
    if isinstance(at(after, path), dict | list):
        return
    at(after, path[:-1])[path[-1]] = value

    found = comparing.compare(DEFINITION, after)

    assert found.is_empty == same(DEFINITION, after)


@pytest.mark.parametrize("section", ["source", "clauses", "groups", "description", "in_force"])
def test_the_rest_of_a_definition_is_compared_too(section):
    after = changed(lambda d: d.update({section: {"title": "Other"}}))

    assert [part.key for part in comparing.compare(DEFINITION, after).others] == [section]
