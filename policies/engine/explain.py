"""Read a rule's condition back in plain English."""

from __future__ import annotations

from collections.abc import Mapping

from policies.engine.compile import read_condition
from policies.engine.problems import RuleSetProblems


def sentence(condition: object, definition: Mapping[str, object]) -> str:
    """Return a condition in plain English: "Has any of the words in Insults, and ...".

    The definition supplies the titles of lists, patterns and people that the condition names.
    Raise RuleSetProblems if the condition cannot be used.
    """
    read, problems = read_condition(condition, definition)
    if read is None or problems:
        raise RuleSetProblems(problems)
    text = read.sentence()
    return text[0].upper() + text[1:] + "."
