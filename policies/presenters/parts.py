"""A rule's condition as the controls of a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.editor import parts as model
from policies.editor.definition import Definition
from policies.editor.parts import GROUP_LABELS, GROUPS, KINDS, Input, Part
from policies.engine.compile import read_condition
from policies.engine.problems import Problem

PREFIX = "when"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a control."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a part."""

    id: str
    name: str
    label: str
    kind: str
    hint: str
    value: str
    is_ticked: bool
    options: list[Option]
    is_first: bool
    """Whether the page's focus begins here."""


@dataclass(frozen=True, slots=True)
class PartView:
    """One part with its controls, and the parts inside it."""

    prefix: str
    number: str
    kind: str
    label: str
    is_group: bool
    is_top: bool
    is_denied: bool
    is_focused: bool
    controls: list[Control]
    parts: list["PartView"]
    count: int
    errors: list[str]
    sentence: str
    """In words, where the part is shown as YAML."""
    words: str
    is_first: bool
    is_last: bool
    can_ungroup: bool
    new_kinds: list[tuple[str, list[Option]]]


def part_view(
    part: Part,
    *,
    definition: Definition,
    problems: list[Problem],
    focus: tuple[int, ...] | None = None,
) -> PartView:
    """Return the controls of a rule's whole condition."""
    return _view(part, (), definition, problems, focus, is_last=True)


def _view(
    part: Part,
    path: tuple[int, ...],
    definition: Definition,
    problems: list[Problem],
    focus: tuple[int, ...] | None,
    *,
    is_last: bool,
) -> PartView:
    prefix = "-".join([PREFIX, *map(str, path)])
    number = ".".join(str(step + 1) for step in path)
    where = f"Condition {number}" if number else "The rule"
    is_focused = focus == path
    kind = KINDS.get(part.kind)
    controls = [
        _control(one, part, prefix, definition, is_first=is_focused and position == 0)
        for position, one in enumerate(kind.inputs if kind else ())
    ]
    return PartView(
        prefix=prefix,
        number=number,
        kind=part.kind,
        label=GROUP_LABELS[part.kind] if part.is_group else KINDS[part.kind].label,
        is_group=part.is_group,
        is_top=not path,
        is_denied=part.is_denied,
        is_focused=is_focused,
        controls=controls,
        parts=[
            _view(
                each, (*path, at), definition, problems, focus, is_last=at == len(part.parts) - 1
            )
            for at, each in enumerate(part.parts)
        ],
        count=len(part.parts),
        errors=[problem.message for problem in problems if problem.where == where],
        sentence=_sentence(part, definition) if part.kind == model.WRITTEN else "",
        words=str(part.values.get("words", "")),
        is_first=not path or path[-1] == 0,
        is_last=is_last,
        can_ungroup=part.kind in ("all", "any") and bool(path),
        new_kinds=_new_kinds(definition, len(path)) if part.is_group else [],
    )


def _control(
    one: Input, part: Part, prefix: str, definition: Definition, *, is_first: bool
) -> Control:
    value = part.values.get(one.name, "")
    options = _options(one, definition)
    if one.kind == "choice":
        chosen = [str(value)]
        if one.source and str(value) not in dict(options):
            options = [("", "Choose one"), *options]
            if value:
                options.append((str(value), f"{value} (not in this rule set)"))
    else:
        chosen = list(map(str, value)) if isinstance(value, list | tuple) else []
        options += [(each, each) for each in chosen if each not in dict(options)]
    return Control(
        id=f"id_{prefix}-{one.name}",
        name=f"{prefix}-{one.name}",
        label=one.label,
        kind=one.kind,
        hint=one.hint,
        value=value if isinstance(value, str) else "",
        is_ticked=value is True,
        options=[Option(key, label, key in chosen) for key, label in options],
        is_first=is_first,
    )


def _options(one: Input, definition: Definition) -> list[tuple[str, str]]:
    if not one.source:
        return list(one.options)
    entries: Mapping[str, Any] = definition.get(one.source) or {}
    return [(key, str(entry.get("title", key))) for key, entry in entries.items()]


def _new_kinds(definition: Definition, depth: int) -> list[tuple[str, list[Option]]]:
    everyday = (
        "words",
        "phrases",
        "person",
        "link",
        "details",
        "question",
        "repetition",
        "author",
    )
    place = ("channel", "kind", "shouting")
    expert = ("signal", "pattern", "expert", model.WRITTEN)
    lacking = {
        kind
        for kind, section in (("words", "lists"), ("person", "people"), ("pattern", "patterns"))
        if not definition.get(section)
    }
    groups = list(GROUPS) if depth + 1 < model.MAX_DEPTH else []
    return [
        (title, [Option(kind, labels[kind], False) for kind in kinds if kind not in lacking])
        for title, kinds, labels in (
            ("What it says", everyday, _KIND_LABELS),
            ("Where and how", place, _KIND_LABELS),
            ("Groups", groups, GROUP_LABELS),
            ("For experts", expert, _KIND_LABELS),
        )
        if kinds
    ]


_KIND_LABELS = {kind: each.label for kind, each in KINDS.items()}


def _sentence(part: Part, definition: Definition) -> str:
    problems: list[Problem] = []
    node = model.build(part, problems, "")
    if problems:
        return ""
    condition, found = read_condition(node, definition)
    return "" if condition is None or found else f"It {condition.sentence()}."
