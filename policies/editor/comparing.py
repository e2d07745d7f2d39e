"""The differences between two definitions in plain English: nothing that differs is left out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.editor.definition import Definition, term_text
from policies.editor.parts import dump_yaml, same
from policies.engine.explain import sentence
from policies.engine.problems import RuleSetProblems

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; an empty side means that it was not there."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PartChange:
    """One rule, list, pattern or other part of a rule set that differs."""

    key: str
    title: str
    change: str
    """added, removed or changed."""
    fields: tuple[FieldChange, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs, by sort of part."""

    rules: tuple[PartChange, ...]
    lists: tuple[PartChange, ...]
    people: tuple[PartChange, ...]
    patterns: tuple[PartChange, ...]
    others: tuple[PartChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two are the same."""
        return not (self.rules or self.lists or self.people or self.patterns or self.others)


LABELS = {
    "name": "Name", "when": "Condition", "because": "Because", "severity": "Severity",
    "recommend": "Recommended", "clause": "Guideline", "group": "Group", "route": "Goes to",
    "human_required": "A person decides", "directions": "Looks at", "examples": "Examples",
    "title": "Title", "pattern": "Pattern", "note": "Note", "key": "Key", "version": "Version",
    "source": "Source", "clauses": "Guidelines", "groups": "Groups", "schema": "Format",
    "description": "Description", "exceptions": "Exceptions", "in_force": "In force",
}  # fmt: skip
NAMED = ("lists", "people", "patterns")


def compare(before: Definition, after: Definition) -> Comparison:
    """Return everything in which the second definition differs from the first."""
    return Comparison(
        rules=tuple(_rules(before, after)),
        lists=tuple(_lists(before, after, "lists", "terms")),
        people=tuple(_lists(before, after, "people", "names")),
        patterns=tuple(
            _named(
                before.get("patterns"),
                after.get("patterns"),
                lambda key, one, two: _fields(one, two),
            )
        ),
        others=tuple(_others(before, after)),
    )


def _rules(before: Definition, after: Definition) -> Iterator[PartChange]:
    olds = {str(rule.get("key")): rule for rule in before.get("rules", ())}
    news = {str(rule.get("key")): rule for rule in after.get("rules", ())}
    for key, rule in news.items():
        if key not in olds:
            yield _whole(key, rule, after, ADDED)
        elif not same(olds[key], rule):
            yield PartChange(
                key, str(rule.get("name", key)), CHANGED,
                tuple(_rule_fields(olds[key], rule, before, after)),
            )  # fmt: skip
        elif not same(meaning(rule, before), meaning(rule, after)):
            change = FieldChange(
                "Condition in words",
                _sentence(rule.get("when"), before),
                _sentence(rule.get("when"), after),
            )
            yield PartChange(key, str(rule.get("name", key)), CHANGED, (change,))
    for key, rule in olds.items():
        if key not in news:
            yield _whole(key, rule, before, REMOVED)
    kept = [key for key in olds if key in news]
    if kept != [key for key in news if key in olds]:
        change = FieldChange(
            "Order", "As before", "Another order: it changes nothing in what is flagged"
        )
        yield PartChange("", "Order of the rules", CHANGED, (change,))


def meaning(rule: Mapping[str, Any], definition: Definition) -> str:
    """Return a rule's condition in words, which also depends on the titles of lists."""
    return _sentence(rule.get("when"), definition)


def _whole(key: str, rule: Mapping[str, Any], definition: Definition, change: str) -> PartChange:
    fields = []
    for name, value in rule.items():
        if name in ("key", "name", "group"):
            continue
        words = _in_words(name, value, definition)
        fields.append(
            FieldChange(_label(name), "", words)
            if change == ADDED
            else FieldChange(_label(name), words, "")
        )
    return PartChange(key, str(rule.get("name", key)), change, tuple(fields))


def _rule_fields(
    old: Mapping[str, Any], new: Mapping[str, Any], before: Definition, after: Definition
) -> Iterator[FieldChange]:
    for name in dict.fromkeys([*old, *new]):
        if name in old and name in new and same(old[name], new[name]):
            continue
        if name == "examples":
            yield from _examples(old.get(name) or {}, new.get(name) or {})
            continue
        was = _in_words(name, old[name], before) if name in old else ""
        now = _in_words(name, new[name], after) if name in new else ""
        if was == now:
            was, now = _yaml(old.get(name)), _yaml(new.get(name))
        yield FieldChange(_label(name), was, now)


def _examples(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    told = False
    for name, label in (
        ("match", "Example that must match"),
        ("no_match", "Example that must not match"),
    ):
        was = [_example(each) for each in old.get(name) or ()]
        now = [_example(each) for each in new.get(name) or ()]
        for text in was:
            if text not in now:
                told = True
                yield FieldChange(label, text, "")
        for text in now:
            if text not in was:
                told = True
                yield FieldChange(label, "", text)
    if not told:
        yield FieldChange("Examples", _yaml(old), _yaml(new))


def _example(example: Any) -> str:
    return example if isinstance(example, str) else _yaml(example)


def _lists(
    before: Definition, after: Definition, section: str, members: str
) -> Iterator[PartChange]:
    def fields(_key: str, old: Any, new: Any) -> tuple[FieldChange, ...]:
        changes = [*_fields(old, new, leave=(members,))]
        olds = {term_text(term): term for term in old.get(members) or ()}
        news = {term_text(term): term for term in new.get(members) or ()}
        changes += [
            FieldChange(f"“{text}”", _term(olds[text]), _term(news[text]))
            for text in olds
            if text in news and not same(olds[text], news[text])
        ]
        return tuple(changes)

    for part in _named(before.get(section), after.get(section), fields):
        old = (before.get(section) or {}).get(part.key, {}) if part.change != ADDED else {}
        new = (after.get(section) or {}).get(part.key, {}) if part.change != REMOVED else {}
        was = [term_text(term) for term in old.get(members) or ()]
        now = [term_text(term) for term in new.get(members) or ()]
        added = tuple(text for text in now if text not in was)
        removed = tuple(text for text in was if text not in now)
        changes = part.fields
        if part.change == CHANGED and not (added or removed or changes):
            changes = (FieldChange("Order or repetition of the words", _yaml(was), _yaml(now)),)
        yield PartChange(part.key, part.title, part.change, changes, added, removed)


def _term(term: Any) -> str:
    if not isinstance(term, Mapping):
        return "The word alone, as it is written"
    return (
        _yaml({name: value for name, value in term.items() if name != "term"}) or "The word alone"
    )


def _named(
    before: Any, after: Any, fields: Callable[[str, Any, Any], tuple[FieldChange, ...]]
) -> Iterator[PartChange]:
    olds, news = before or {}, after or {}
    for key in dict.fromkeys([*news, *olds]):
        old, new = olds.get(key), news.get(key)
        title = str((new if new is not None else old or {}).get("title", key))
        if old is None:
            yield PartChange(
                key, title, ADDED, tuple(_fields({}, new or {}, leave=("title", "terms", "names")))
            )
        elif new is None:
            yield PartChange(
                key, title, REMOVED, tuple(_fields(old, {}, leave=("title", "terms", "names")))
            )
        elif not same(old, new):
            yield PartChange(key, title, CHANGED, fields(key, old, new))


def _fields(
    old: Mapping[str, Any], new: Mapping[str, Any], leave: tuple[str, ...] = ()
) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(
            _label(name),
            _plain(old[name]) if name in old else "",
            _plain(new[name]) if name in new else "",
        )
        for name in dict.fromkeys([*old, *new])
        if name not in leave and not (name in old and name in new and same(old[name], new[name]))
    )


def _others(before: Definition, after: Definition) -> Iterator[PartChange]:
    for name in dict.fromkeys([*before, *after]):
        if name in ("rules", *NAMED):
            # Here or not at all: an empty section beside a missing one.
            if (name in before) == (name in after) or before.get(name) or after.get(name):
                continue
        elif name in before and name in after and same(before[name], after[name]):
            continue
        was = _plain(before[name]) if name in before else ""
        now = _plain(after[name]) if name in after else ""
        yield PartChange(name, _label(name), CHANGED, (FieldChange(_label(name), was, now),))


def _label(name: str) -> str:
    return LABELS.get(name, name.replace("_", " ").capitalize())


def _in_words(name: str, value: Any, definition: Definition) -> str:
    if name == "when":
        return _sentence(value, definition)
    if name == "examples" and isinstance(value, Mapping):
        lines = [f"Must match: {_example(each)}" for each in value.get("match") or ()]
        lines += [f"Must not match: {_example(each)}" for each in value.get("no_match") or ()]
        return "\n".join(lines)
    if name in ("severity", "recommend", "route"):
        return str(value).replace("_", " ").replace("-", " ").capitalize()
    return _plain(value)


def _sentence(when: Any, definition: Definition) -> str:
    try:
        return sentence(when, definition)
    except RuleSetProblems:
        return _yaml(when)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return _yaml(value)


def _yaml(value: Any) -> str:
    return "" if value is None else dump_yaml(value)
