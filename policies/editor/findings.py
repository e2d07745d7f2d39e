"""What is wrong with a rule, or odd about it, in plain words: contradiction, never, always, overlap."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.editor.definition import Definition, RuleNode, term_text
from policies.editor.parts import same
from policies.engine.problems import Problem

Node = Any  # a parsed condition
SURE = frozenset({"question"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. What `stops` cannot be saved; the rest can, by somebody who has read it."""

    message: str
    stops: bool = False


def look(rule: RuleNode, definition: Definition) -> list[Finding]:
    """Return what is odd about a rule beside the other rules of its definition."""
    when = normal(rule.get("when"))
    found = [*_contradictions(when)]
    if _always(when):
        found.append(
            Finding(
                "This rule would hold for nearly every text, because it only says what must not be there."
            )
        )
    found += _overlaps(rule, when, definition)
    return found


def contradictions(rule: RuleNode) -> list[Finding]:
    """Return why a rule can never match, or would match everything."""
    return list(_contradictions(normal(rule.get("when"))))


def problem_sentences(problems: tuple[Problem, ...] | list[Problem]) -> list[str]:
    """Return the engine's problems as sentences."""
    return [str(problem) for problem in dict.fromkeys(problems)]


# One form for conditions that mean the same


def normal(node: Node) -> Node:
    """Return a condition without groups of one, groups inside groups of their kind, or double denials."""
    if not isinstance(node, Mapping) or len(node) != 1:
        return node
    ((name, spec),) = node.items()
    if name == "not":
        inner = normal(spec)
        if isinstance(inner, Mapping) and set(inner) == {"not"}:
            return inner["not"]
        return {"not": inner}
    if name in ("all", "any") and isinstance(spec, list):
        flat: list[Node] = []
        for each in map(normal, spec):
            inner = each.get(name) if isinstance(each, Mapping) and len(each) == 1 else None
            for item in inner if isinstance(inner, list) else [each]:
                if not any(same(item, known) for known in flat):
                    flat.append(item)
        return flat[0] if len(flat) == 1 else {name: flat}
    if name == "near" and isinstance(spec, Mapping):
        return {"near": {k: normal(v) if k in ("first", "second") else v for k, v in spec.items()}}
    if name == "unless" and isinstance(spec, Mapping):
        return {"unless": {k: normal(v) for k, v in spec.items()}}
    if name == "words" and isinstance(spec, Mapping) and isinstance(spec.get("terms"), list):
        terms = sorted(spec["terms"], key=lambda term: (term_text(term).casefold(), str(term)))
        return {"words": {**spec, "terms": terms}}
    return node


def _contradictions(node: Node) -> Iterator[Finding]:
    for part in _everywhere(node):
        parts = part.get("all") if isinstance(part, Mapping) else None
        if not isinstance(parts, list):
            continue
        yield from _against(parts)
    never = _never(node)
    if never:
        yield Finding(never, stops=True)


def _against(parts: list[Node]) -> Iterator[Finding]:
    """Find what is both demanded and excluded in one group, and thresholds that exclude each other."""
    for part in parts:
        denied = part.get("not") if isinstance(part, Mapping) and len(part) == 1 else None
        if denied is None:
            continue
        others = [other for other in parts if other is not part]
        if any(implies(other, denied) for other in others):
            yield Finding(
                "This rule can never match: it demands something and excludes the same thing (“unless”).",
                stops=True,
            )
            return
    yield from _limits(parts)


def _limits(parts: list[Node]) -> Iterator[Finding]:
    least: dict[str, float] = {}
    most: dict[str, float] = {}
    kinds: set[str] | None = None
    for part in parts:
        name, spec = _single(part)
        if name in ("signal", "author", "repetition") and isinstance(spec, Mapping):
            fact = str(spec.get("name") or spec.get("signal"))
            if isinstance(spec.get("at_least"), int | float):
                least[fact] = max(least.get(fact, spec["at_least"]), spec["at_least"])
            if isinstance(spec.get("at_most"), int | float):
                most[fact] = min(most.get(fact, spec["at_most"]), spec["at_most"])
        if name == "kind" and isinstance(spec, Mapping) and isinstance(spec.get("any_of"), list):
            wanted = set(map(str, spec["any_of"]))
            kinds = wanted if kinds is None else kinds & wanted
    for fact in least.keys() & most.keys():
        if least[fact] > most[fact]:
            yield Finding(
                f"This rule can never match: it wants {fact} to be at least {least[fact]:g}"
                f" and at most {most[fact]:g}.",
                stops=True,
            )
    if kinds is not None and not kinds:
        yield Finding("This rule can never match: no item is of two sorts at once.", stops=True)


def _never(node: Node) -> str:
    name, spec = _single(node)
    if name == "any" and isinstance(spec, list) and _holds_either_way(spec):
        return "This rule would match every text: it asks for something or for its opposite."
    return ""


def _holds_either_way(parts: list[Node]) -> bool:
    denied = [part["not"] for part in parts if isinstance(part, Mapping) and set(part) == {"not"}]
    return any(same(part, each) for part in parts for each in denied)


def _always(node: Node) -> bool:
    name, spec = _single(node)
    if name == "not":
        return True
    if name == "all" and isinstance(spec, list):
        return all(map(_always, spec))
    return name == "any" and isinstance(spec, list) and any(map(_always, spec))


def _single(node: Node) -> tuple[str, Any]:
    if isinstance(node, Mapping) and len(node) == 1:
        ((name, spec),) = node.items()
        return str(name), spec
    return "", None


def _everywhere(node: Node) -> Iterator[Node]:
    yield node
    name, spec = _single(node)
    if name in ("all", "any") and isinstance(spec, list):
        for each in spec:
            yield from _everywhere(each)
    elif name == "not":
        yield from _everywhere(spec)
    elif name == "near" and isinstance(spec, Mapping):
        yield from _everywhere(spec.get("first"))
        yield from _everywhere(spec.get("second"))
    elif name == "unless" and isinstance(spec, Mapping):
        yield from _everywhere(spec.get("first"))
        yield from _everywhere(spec.get("exception"))


# Which condition follows from which


def implies(one: Node, other: Node) -> bool:
    """Tell whether the second condition surely holds wherever the first does. False means: not known."""
    if same(one, other):
        return True
    name, spec = _single(other)
    if name == "all" and isinstance(spec, list):
        return all(implies(one, each) for each in spec)
    first, inner = _single(one)
    if first == "any" and isinstance(inner, list):
        return all(implies(each, other) for each in inner)
    if name == "any" and isinstance(spec, list) and any(implies(one, each) for each in spec):
        return True
    if first == "all" and isinstance(inner, list):
        return any(implies(each, other) for each in inner)
    if first == name == "not":
        return implies(spec, inner)
    if first == "near" and isinstance(inner, Mapping):
        return any(implies(inner.get(end), other) for end in ("first", "second"))
    if first == "unless" and isinstance(inner, Mapping):
        return implies(inner.get("first"), other)
    return first == name and _leaf_implies(first, inner, spec)


def _leaf_implies(name: str, one: Any, other: Any) -> bool:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False
    if name == "words":
        return _words_imply(one, other)
    if name in ("signal", "author", "repetition"):
        fact = "name" if name == "signal" else "signal"
        return one.get(fact) == other.get(fact) and _within(one, other)
    sets = {"kind": "any_of", "personal_data": "kinds"}
    if name in sets:
        field = sets[name]
        return one.keys() == other.keys() == {field} and set(one[field]) <= set(other[field])
    if name == "link":
        return other == {"any": True} and "at_least" not in other
    return False


def _words_imply(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if not _least(one) >= _least(other) or (
        other.get("ignore_negated") and not one.get("ignore_negated")
    ):
        return False
    if "list" in one:
        return bool(one["list"] == other.get("list"))
    if "terms" not in other or other.get("exceptions") != one.get("exceptions"):
        return False
    if _least(other) > 1 and _least(one) != _least(other):
        return False
    wanted = {
        term_text(term).casefold() for term in other["terms"] if not isinstance(term, Mapping)
    }
    mine = {term_text(term).casefold() for term in one["terms"]}
    simple = not any(isinstance(term, Mapping) for term in one["terms"])
    return simple and mine <= wanted


def _least(spec: Mapping[str, Any]) -> float:
    least = spec.get("at_least", 1)
    return least if isinstance(least, int | float) else 1


def _within(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    inf = float("inf")
    lows = [spec.get("at_least", -inf) for spec in (one, other)]
    highs = [spec.get("at_most", inf) for spec in (one, other)]
    if not all(isinstance(value, int | float) for value in (*lows, *highs)):
        return False
    return bool(lows[0] >= lows[1] and highs[0] <= highs[1])


def _overlaps(rule: RuleNode, when: Node, definition: Definition) -> Iterator[Finding]:
    mine = set(rule.get("directions") or ["inbound"])
    for other in definition.get("rules", ()):
        if other.get("key") == rule.get("key"):
            continue
        if not mine & set(other.get("directions") or ["inbound"]):
            continue
        theirs = normal(other.get("when"))
        name = other.get("name", other.get("key"))
        if same(when, theirs):
            yield Finding(
                f"“{name}” has exactly the same condition: every text would be flagged twice."
            )
        elif implies(when, theirs):
            yield Finding(f"Whatever this rule matches, “{name}” matches already.")
        elif implies(theirs, when):
            yield Finding(f"Whatever “{name}” matches, this rule would match too.")
