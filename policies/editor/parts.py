"""A condition as parts of a form, and back. What no form can show stays as it is written.

Every node of a condition becomes one part: a group of parts, a simple part with a few fields, or
its own YAML. A part is shown with fields only if those fields give back exactly the same node, so
nothing of a definition is lost by showing it and saving it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from policies.engine.conditions.kind import ItemKind
from policies.engine.conditions.personal_data import PersonalData
from policies.engine.problems import Problem
from policies.engine.signals import AUTHOR_SIGNALS, IN_WORDS, REPEAT_SIGNALS

Node = Any  # a parsed condition: JSON, checked by the engine
Values = Mapping[str, Any]  # a field's value: text, or texts where several can be chosen

GROUPS = ("all", "any", "near", "unless")
WRITTEN = "written"
MAX_DEPTH = 6
MAX_PARTS = 80

PLATFORMS = {
    "facebook": "Facebook", "instagram": "Instagram", "youtube": "YouTube", "x": "X",
    "linkedin": "LinkedIn", "bluesky": "Bluesky", "threads": "Threads", "tiktok": "TikTok",
    "google_alerts": "Google Alerts", "sandbox": "Sandbox",
}  # fmt: skip
DETAILS = {
    PersonalData.UK_PHONE: "A UK telephone number",
    PersonalData.UK_SERVICE_PHONE: "A UK service number (03, 08, 09)",
    PersonalData.UK_POSTCODE: "A UK postcode",
    PersonalData.EMAIL: "An email address",
    PersonalData.NATIONAL_INSURANCE: "A National Insurance number",
    PersonalData.PRISON_NUMBER: "A prison number",
}


@dataclass(frozen=True, slots=True)
class Input:
    """One control of a part. `kind`: number, text, lines, choice, choices, tick, code."""

    name: str
    label: str
    kind: str
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    source: str = ""
    """Where the options come from when they are the rule set's own: lists, people, patterns."""


@dataclass(frozen=True, slots=True)
class Part:
    """One node of a condition as it stands in a form."""

    kind: str
    is_denied: bool = False
    values: Values = field(default_factory=dict)
    parts: tuple["Part", ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether it holds other parts."""
        return self.kind in GROUPS


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of simple part."""

    label: str
    inputs: tuple[Input, ...]
    build: Callable[["Typed"], Node]
    read: Callable[[Any], Values | None]


class Typed:
    """Reads what was typed into a part; mistakes become problems in plain English."""

    def __init__(self, values: Values, problems: list[Problem], where: str) -> None:
        self.values, self.problems, self.where = values, problems, where

    def text(self, name: str) -> str:
        """Return a line of text."""
        return str(self.values.get(name, "")).strip()

    def lines(self, name: str) -> list[str]:
        """Return one text for each line that holds anything."""
        return [
            line.strip() for line in str(self.values.get(name, "")).splitlines() if line.strip()
        ]

    def many(self, name: str) -> list[str]:
        """Return what was chosen among several."""
        return list(self.values.get(name, ()))

    def ticked(self, name: str) -> bool:
        """Return whether a box is ticked."""
        return bool(self.values.get(name))

    def number(self, name: str, label: str) -> float | int | None:
        """Return a number, or None where nothing was typed."""
        written = self.text(name).replace(",", "")
        if not written:
            return None
        try:
            number = float(written)
        except ValueError:
            number = float("nan")
        if number != number or abs(number) > 1e12:
            self.note(f"“{written}” is not a number ({label}).")
            return None
        return int(number) if number == int(number) and "." not in written else number

    def note(self, message: str) -> None:
        """Record a mistake."""
        self.problems.append(Problem(self.where, message))


def _only(spec: Any, *known: str) -> bool:
    return isinstance(spec, dict) and set(spec) <= set(known)


def _texts(spec: Mapping[str, Any], *names: str) -> bool:
    """Whether these fields, where they are there, are lists of texts."""
    return all(
        isinstance(spec[name], list) and all(isinstance(text, str) for text in spec[name])
        for name in names
        if name in spec
    )


def _plain(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bounds(spec: Mapping[str, Any]) -> Values:
    return {name: _written(spec.get(name)) for name in ("at_least", "at_most")}


def _written(value: Any) -> str:
    return "" if value is None else str(value)


def _add_bounds(typed: Typed, node: dict[str, Any]) -> dict[str, Any]:
    for name, label in (("at_least", "at least"), ("at_most", "at most")):
        number = typed.number(name, label)
        if number is not None:
            node[name] = number
    return node


def _build_words(typed: Typed) -> Node:
    node: dict[str, Any] = {"list": typed.text("list")}
    if not node["list"]:
        typed.note("Choose a word list.")
    return {"words": _counted(typed, node)}


def _counted(typed: Typed, node: dict[str, Any]) -> dict[str, Any]:
    least = typed.number("at_least", "how many of them")
    if least is not None:
        node["at_least"] = least
    if typed.ticked("ignore_negated"):
        node["ignore_negated"] = True
    return node


def _read_words(spec: Any) -> Values | None:
    if not _only(spec, "list", "at_least", "ignore_negated") or "list" not in spec:
        return None
    return {
        "list": spec["list"],
        "at_least": _written(spec.get("at_least")),
        "ignore_negated": bool(spec.get("ignore_negated")),
    }


def _build_phrases(typed: Typed) -> Node:
    node: dict[str, Any] = {"terms": typed.lines("terms")}
    if not node["terms"]:
        typed.note("Type at least one word or phrase.")
    exceptions = typed.lines("exceptions")
    if exceptions:
        node["exceptions"] = exceptions
    return {"words": _counted(typed, node)}


def _read_phrases(spec: Any) -> Values | None:
    if not _only(spec, "terms", "exceptions", "at_least", "ignore_negated"):
        return None
    if not spec.get("terms") or not _texts(spec, "terms", "exceptions"):
        return None
    return {
        "terms": "\n".join(spec["terms"]),
        "exceptions": "\n".join(spec.get("exceptions") or ()),
        "at_least": _written(spec.get("at_least")),
        "ignore_negated": bool(spec.get("ignore_negated")),
    }


def _build_question(typed: Typed) -> Node:
    return {"question": {"opening": True} if typed.ticked("opening") else {}}


def _read_question(spec: Any) -> Values | None:
    if not _only(spec, "opening") or spec.get("opening", True) is not True:
        return None
    return {"opening": "opening" in spec}


def _build_person(typed: Typed) -> Node:
    if not typed.text("list"):
        typed.note("Choose a list of people.")
    return {"named_person": {"list": typed.text("list")}}


def _build_link(typed: Typed) -> Node:
    which = typed.text("which") or "any"
    node: dict[str, Any] = {"any": True} if which == "any" else {}
    if which == "shorteners":
        node["shorteners"] = True
    domains = typed.lines("domains")
    if which == "domains":
        node["domains"] = domains
        if not domains:
            typed.note("Type at least one website, such as example.org.")
    least = typed.number("at_least", "how many links")
    if least is not None:
        node["at_least"] = least
    excepted = typed.lines("except")
    if excepted:
        node["except"] = excepted
    return {"link": node}


def _read_link(spec: Any) -> Values | None:
    if not _only(spec, "any", "shorteners", "domains", "at_least", "except"):
        return None
    chosen = [name for name in ("any", "shorteners", "domains") if spec.get(name)]
    if len(chosen) != 1 or not _texts(spec, "domains", "except"):
        return None
    return {
        "which": chosen[0],
        "domains": "\n".join(map(str, spec.get("domains") or ())),
        "except": "\n".join(map(str, spec.get("except") or ())),
        "at_least": _written(spec.get("at_least")),
    }


def _build_details(typed: Typed) -> Node:
    if not typed.many("kinds"):
        typed.note("Choose at least one sort of personal detail.")
    return {"personal_data": {"kinds": typed.many("kinds")}}


def _build_known(name: str) -> Callable[[Typed], Node]:
    def build(typed: Typed) -> Node:
        node = _add_bounds(typed, {"signal": typed.text("signal")})
        if len(node) == 1:
            typed.note("Say at least how much, or at most how much.")
        return {name: node}

    return build


def _read_known(spec: Any) -> Values | None:
    if not _only(spec, "signal", "at_least", "at_most") or "signal" not in spec:
        return None
    return {"signal": spec["signal"], **_bounds(spec)}


def _build_signal(typed: Typed) -> Node:
    node = _add_bounds(typed, {"name": typed.text("name")})
    if not node["name"]:
        typed.note("Type the name of the fact, such as author.breaches.")
    if len(node) == 1:
        typed.note("Say at least how much, or at most how much.")
    return {"signal": node}


def _read_signal(spec: Any) -> Values | None:
    if not _only(spec, "name", "at_least", "at_most") or "name" not in spec:
        return None
    return {"name": spec["name"], **_bounds(spec)}


def _build_shouting(typed: Typed) -> Node:
    node: dict[str, Any] = {}
    share = typed.number("share", "share of capitals")
    if share is not None:
        node["ratio"] = round(share / 100, 6)
    letters = typed.number("letters", "letters")
    if letters is not None:
        node["min_letters"] = letters
    return {"shouting": node}


def _read_shouting(spec: Any) -> Values | None:
    if not _only(spec, "ratio", "min_letters"):
        return None
    share = spec.get("ratio")
    return {
        "share": f"{share * 100:g}" if _plain(share) else "",
        "letters": _written(spec.get("min_letters")),
    }


def _build_channel(typed: Typed) -> Node:
    node: dict[str, Any] = {}
    if typed.many("platforms"):
        node["platforms"] = typed.many("platforms")
    if typed.lines("channels"):
        node["channels"] = typed.lines("channels")
    if not node:
        typed.note("Choose a platform or type a channel; without one, leave this part out.")
    return {"channel": node}


def _read_channel(spec: Any) -> Values | None:
    if not _only(spec, "platforms", "channels") or not _texts(spec, "platforms", "channels"):
        return None
    return {
        "platforms": tuple(map(str, spec.get("platforms") or ())),
        "channels": "\n".join(map(str, spec.get("channels") or ())),
    }


def _build_kind(typed: Typed) -> Node:
    if not typed.many("any_of"):
        typed.note("Choose at least one sort of item.")
    return {"kind": {"any_of": typed.many("any_of")}}


def _build_pattern(typed: Typed) -> Node:
    if not typed.text("name"):
        typed.note("Choose a pattern.")
    return {"pattern": {"name": typed.text("name")}}


def _build_expert(typed: Typed) -> Node:
    if not typed.text("re2"):
        typed.note("Type the pattern.")
    # Not stripped: a blank at the end of a pattern means something.
    return {"pattern": {"re2": str(typed.values.get("re2", ""))}}


def _build_written(typed: Typed) -> Node:
    text = str(typed.values.get("yaml", ""))
    try:
        node = load_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        typed.note(f"This is not valid YAML{line}.")
        return {}
    return node


def _same(name: str, many: bool = False) -> Callable[[Any], Values | None]:
    def read(spec: Any) -> Values | None:
        if not _only(spec, name) or name not in spec or (many and not _texts(spec, name)):
            return None
        return {name: tuple(map(str, spec[name] or ())) if many else spec[name]}

    return read


AT_LEAST = Input("at_least", "How many of them at least", "number", "Leave empty for one.")
NEGATED = Input("ignore_negated", "Do not count words that are denied, as in “not a …”", "tick")
BOUNDS = (Input("at_least", "At least", "number"), Input("at_most", "At most", "number"))


def _signals(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, IN_WORDS.get(name, name)[:1].upper() + IN_WORDS.get(name, name)[1:])
        for name in names
    )


SORTS = tuple((kind.value, kind.value.capitalize()) for kind in ItemKind)
DETAIL_OPTIONS = tuple((kind.value, label) for kind, label in DETAILS.items())
KINDS: Mapping[str, Kind] = {
    "words": Kind(
        "has words from a list",
        (Input("list", "Word list", "choice", source="lists"), AT_LEAST, NEGATED),
        _build_words, _read_words,
    ),
    "phrases": Kind(
        "has one of these words or phrases",
        (
            Input("terms", "Words and phrases", "lines", "One on each line. Only whole words count."),
            Input("exceptions", "But not inside these", "lines", "One on each line, such as a town."),
            AT_LEAST, NEGATED,
        ),
        _build_phrases, _read_phrases,
    ),
    "person": Kind(
        "names a protected person",
        (Input("list", "List of people", "choice", source="people"),),
        _build_person, _same("list"),
    ),
    "link": Kind(
        "has a link",
        (
            Input("which", "Which links", "choice", options=(
                ("any", "Any link"), ("shorteners", "Links through a shortener"),
                ("domains", "Links to these websites"),
            )),
            Input("domains", "Websites", "lines", "One on each line, such as example.org."),
            Input("except", "Not counting links to", "lines", "One website on each line."),
            AT_LEAST,
        ),
        _build_link, _read_link,
    ),
    "details": Kind(
        "contains personal details",
        (Input("kinds", "Which details", "choices", options=DETAIL_OPTIONS),),
        _build_details, _same("kinds", many=True),
    ),
    "repetition": Kind(
        "repeats what was sent before",
        (Input("signal", "What is counted", "choice", options=_signals(REPEAT_SIGNALS)), *BOUNDS),
        _build_known("repetition"), _read_known,
    ),
    "author": Kind(
        "comes from an author with this history",
        (Input("signal", "What is counted", "choice", options=_signals(AUTHOR_SIGNALS)), *BOUNDS),
        _build_known("author"), _read_known,
    ),
    "question": Kind(
        "asks a question",
        (Input("opening", "Only where it opens the sentence", "tick"),),
        _build_question, _read_question,
    ),
    "shouting": Kind(
        "is written in capital letters",
        (
            Input("share", "Share of capitals, in per cent", "number", "Leave empty for 70."),
            Input("letters", "In texts of at least so many letters", "number", "Leave empty for 20."),
        ),
        _build_shouting, _read_shouting,
    ),
    "kind": Kind(
        "is of this sort",
        (Input("any_of", "Sorts of item", "choices", options=SORTS),),
        _build_kind, _same("any_of", many=True),
    ),
    "channel": Kind(
        "appeared on these channels",
        (
            Input("platforms", "Platforms", "choices", "None chosen: any platform.", options=tuple(PLATFORMS.items())),
            Input("channels", "Channels", "lines", "Short names, one on each line. Empty: any channel."),
        ),
        _build_channel, _read_channel,
    ),
    "signal": Kind(
        "has a fact within limits",
        (Input("name", "Name of the fact", "text", "For example author.breaches, or a classifier’s score."), *BOUNDS),
        _build_signal, _read_signal,
    ),
    "pattern": Kind(
        "matches a pattern of this rule set",
        (Input("name", "Pattern", "choice", source="patterns"),),
        _build_pattern, _same("name"),
    ),
    "expert": Kind(
        "matches a pattern written here (for experts)",
        (Input("re2", "Pattern", "code", "RE2 syntax, linear time. Case does not matter."),),
        _build_expert, _same("re2"),
    ),
    WRITTEN: Kind(
        "meets a condition written as YAML (for experts)",
        (Input("yaml", "Condition", "code", "One condition, as in a policy pack."),),
        _build_written, lambda _spec: None,
    ),
}  # fmt: skip

GROUP_LABELS = {
    "all": "meets all of these",
    "any": "meets at least one of these",
    "near": "has these two close together",
    "unless": "has the first of these, in a sentence without the second",
}
_KINDS_OF = {
    "words": ("words", "phrases"), "named_person": ("person",), "link": ("link",),
    "personal_data": ("details",), "repetition": ("repetition",), "author": ("author",),
    "question": ("question",), "shouting": ("shouting",), "kind": ("kind",), "channel": ("channel",),
    "signal": ("signal",), "pattern": ("pattern", "expert"),
}  # fmt: skip


def dump_yaml(value: Any) -> str:
    """Write a piece of a definition as people read it."""
    text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=110)
    return text.removesuffix("...\n").rstrip("\n")


class _Loader(yaml.SafeLoader):
    """The safe loader, but a day stays as it was written: definitions are stored as JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, matcher) for tag, matcher in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_yaml(text: str) -> Any:
    """Read a piece of YAML."""
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


# From a condition to parts


def read(node: Node, depth: int = 0) -> Part:
    """Return a condition as a part, with fields only where they lose nothing."""
    part = _read(node, depth)
    return part if part is not None else written(node)


def written(node: Node) -> Part:
    """Return a condition as its own YAML."""
    return Part(WRITTEN, values={"yaml": dump_yaml(node)})


def read_top(node: Node) -> Part:
    """Return a rule's whole condition as a group, so that there is always somewhere to add to."""
    part = read(node)
    if part.kind in ("all", "any") and not part.is_denied:
        return part
    return Part("all", parts=(part,))


def _read(node: Node, depth: int) -> Part | None:
    if depth > MAX_DEPTH or not isinstance(node, dict) or len(node) != 1:
        return None
    ((name, spec),) = node.items()
    if name == "not":
        part = read(spec, depth)
        return None if part.is_denied else replace(part, is_denied=True)
    if name in ("all", "any") and isinstance(spec, list) and spec:
        return Part(name, parts=tuple(read(item, depth + 1) for item in spec))
    if name == "near":
        return _read_near(spec, depth)
    if name == "unless":
        return _read_unless(spec, depth)
    for kind in _KINDS_OF.get(name, ()):
        values = KINDS[kind].read(spec)
        if values is not None:
            part = Part(kind, values=values)
            problems: list[Problem] = []
            if same(build(part, problems, ""), node) and not problems:
                return part
    return None


def _read_near(spec: Any, depth: int) -> Part | None:
    if not _only(spec, "first", "second", "words") or not {"first", "second"} <= spec.keys():
        return None
    words = spec.get("words")
    if words is not None and (not _plain(words) or words != int(words)):
        return None
    return Part(
        "near",
        values={"words": _written(words)},
        parts=(read(spec["first"], depth + 1), read(spec["second"], depth + 1)),
    )


def _read_unless(spec: Any, depth: int) -> Part | None:
    if not isinstance(spec, dict) or spec.keys() != {"first", "exception"}:
        return None
    return Part(
        "unless", parts=(read(spec["first"], depth + 1), read(spec["exception"], depth + 1))
    )


def same(one: Any, other: Any) -> bool:
    """Tell whether two pieces of a definition are the same; true is not 1 and 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


# From parts to a condition


def build(part: Part, problems: list[Problem], where: str) -> Node:
    """Return the condition that a part stands for, noting what is missing in it."""
    if part.kind in ("all", "any"):
        if not part.parts:
            problems.append(Problem(where or "The rule", "Add at least one condition here."))
        node: Node = {
            part.kind: [
                build(each, problems, below(where, i)) for i, each in enumerate(part.parts, 1)
            ]
        }
    elif part.kind == "near":
        node = _build_near(part, problems, where)
    elif part.kind == "unless":
        node = _build_unless(part, problems, where)
    elif part.kind in KINDS:
        node = KINDS[part.kind].build(Typed(part.values, problems, where))
    else:
        problems.append(Problem(where, "Choose what this condition looks for."))
        return {}
    return {"not": node} if part.is_denied else node


def build_top(part: Part, problems: list[Problem], original: Node = None) -> Node:
    """Return a rule's whole condition; `original` itself where the form still says the same."""
    if original is not None and read_top(original) == part:
        return original
    return build(part, problems, "")


def below(where: str, number: int) -> str:
    """Name a part by its place: "Condition 2.1"."""
    return f"{where}.{number}" if where else f"Condition {number}"


def _build_near(part: Part, problems: list[Problem], where: str) -> Node:
    node: dict[str, Any] = {}
    for number, name in enumerate(("first", "second"), 1):
        if len(part.parts) >= number:
            node[name] = build(part.parts[number - 1], problems, below(where, number))
    if len(part.parts) != 2:
        problems.append(Problem(where, "Closeness is between two conditions: add or remove some."))
    words = Typed(part.values, problems, where).number("words", "words in between")
    if words is not None:
        node["words"] = words
    return {"near": node}


def _build_unless(part: Part, problems: list[Problem], where: str) -> Node:
    if len(part.parts) != 2:
        message = "An exception needs two conditions, what is looked for and what excuses it."
        problems.append(Problem(where, message))
    built = [build(each, problems, below(where, i)) for i, each in enumerate(part.parts, 1)]
    return {"unless": dict(zip(("first", "exception"), built, strict=False))}


# From what a browser sends to parts


def typed_part(data: Any, prefix: str, depth: int = 0) -> Part:
    """Return the part that a form's fields describe; `data` is a QueryDict."""
    kind = data.get(f"{prefix}-kind", "")
    if kind in ("all", "any") and data.get(f"{prefix}-joined") in ("all", "any"):
        kind = data[f"{prefix}-joined"]
    if kind in GROUPS:
        count = _small(data.get(f"{prefix}-count", "0")) if depth <= MAX_DEPTH else 0
        return Part(
            kind,
            is_denied=data.get(f"{prefix}-denied") == "yes",
            values={"words": data.get(f"{prefix}-words", "")} if kind == "near" else {},
            parts=tuple(typed_part(data, f"{prefix}-{i}", depth + 1) for i in range(count)),
        )
    if kind not in KINDS:
        return Part(WRITTEN, values={"yaml": ""})
    values: dict[str, Any] = {}
    for one in KINDS[kind].inputs:
        name = f"{prefix}-{one.name}"
        if one.kind == "choices":
            values[one.name] = tuple(data.getlist(name))
        elif one.kind == "tick":
            values[one.name] = name in data
        else:
            values[one.name] = data.get(name, "").replace("\r\n", "\n")
    return Part(kind, is_denied=data.get(f"{prefix}-denied") == "yes", values=values)


def _small(written_: str) -> int:
    return min(int(written_), MAX_PARTS) if written_.isdecimal() and len(written_) < 4 else 0


def empty(kind: str) -> Part:
    """Return a new part with nothing in it; a new group begins with one condition."""
    if kind == "near":
        return Part("near", values={"words": "6"}, parts=(empty("phrases"), empty("phrases")))
    if kind == "unless":
        return Part("unless", parts=(empty("phrases"), empty("phrases")))
    if kind in GROUPS:
        return Part(kind, parts=(empty("phrases"),))
    chosen: dict[str, Any] = {}
    for one in KINDS[kind].inputs:
        if one.kind == "choices":
            chosen[one.name] = ()
        elif one.kind == "tick":
            chosen[one.name] = False
        else:
            chosen[one.name] = one.options[0][0] if one.kind == "choice" and one.options else ""
    return Part(kind, values=chosen)


# Moving parts about


def change(top: Part, act: str, path: tuple[int, ...], kind: str = "") -> Part:
    """Return the parts after one act: add to a group, or remove, up, down, group, ungroup one."""
    if act == "add":
        if kind not in KINDS and kind not in GROUPS:
            return top
        if count(top) >= MAX_PARTS or (kind in GROUPS and len(path) + 1 >= MAX_DEPTH):
            return top
        return _at(top, path, lambda part: [replace(part, parts=(*part.parts, empty(kind)))])
    if not path:
        return top
    if act == "remove":
        return _at(top, path, lambda part: [])
    if act == "group" and len(path) < MAX_DEPTH:
        return _at(top, path, lambda part: [Part("any", parts=(part,))])
    if act == "ungroup":
        return _at(
            top, path, lambda part: list(part.parts) if part.kind in ("all", "any") else [part]
        )
    if act in ("up", "down"):
        return _moved(top, path, -1 if act == "up" else 1)
    return top


def count(part: Part) -> int:
    """Return how many parts there are, this one included."""
    return 1 + sum(count(each) for each in part.parts)


def walk(part: Part, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Part]]:
    """Yield every part with the path to it."""
    yield path, part
    for number, each in enumerate(part.parts):
        yield from walk(each, (*path, number))


def _at(part: Part, path: tuple[int, ...], act: Callable[[Part], list[Part]]) -> Part:
    if not path:
        return act(part)[0]
    at = path[0]
    if at >= len(part.parts):
        return part
    inner = part.parts[at]
    changed = act(inner) if len(path) == 1 else [_at(inner, path[1:], act)]
    return replace(part, parts=(*part.parts[:at], *changed, *part.parts[at + 1 :]))


def _moved(top: Part, path: tuple[int, ...], step: int) -> Part:
    *above, at = path

    def move(part: Part) -> list[Part]:
        parts, to = list(part.parts), at + step
        if at < len(parts) and 0 <= to < len(parts):
            parts[at], parts[to] = parts[to], parts[at]
        return [replace(part, parts=tuple(parts))]

    return _at(top, tuple(above), move)
