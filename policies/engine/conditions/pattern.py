"""pattern: a regular expression in RE2 syntax, on folded text, whatever the case."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Found, Scan, Workshop


class PatternHolds(Condition):
    """Holds when the pattern occurs."""

    marks_text = True

    def __init__(self, workshop: Workshop, number: int, title: str) -> None:
        self.pattern = workshop.compiled_patterns[number]
        self.event = workshop.pattern_events[number]
        workshop.disguisable.add(number)
        self.title = title
        self._triggers = frozenset([self.event])

    def truth(self, scan: Scan) -> bool | None:
        return self.event in scan.events

    def triggers(self) -> frozenset[int] | None:
        return self._triggers

    def spans(self, scan: Scan) -> list[Found]:
        if self.event not in scan.events:
            return []
        found = scan.remember(self.event, lambda: scan.disguised_spans_of(self.pattern))
        return [Found(start, end, self.title, "pattern") for start, end in found]

    def sentence(self) -> str:
        return f"matches the pattern {self.title}"

    def denial(self) -> str:
        return f"does not match the pattern {self.title}"


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `pattern: {name: n}` or `pattern: {re2: "..."}`."""
    reader = workshop.reader
    node = reader.mapping(spec, where, optional=["name", "re2"])
    if ("name" in node) == ("re2" in node):
        reader.note(where, "needs either the field “name” or the field “re2”.")
        return None
    if "re2" in node:
        source = reader.text(node["re2"], f"{where}, re2")
        number = workshop.add_pattern(source, where) if source else None
        return None if number is None else PatternHolds(workshop, number, f"“{source}”")
    name = reader.text(node["name"], f"{where}, name")
    known = workshop.patterns.get(name)
    if known is None:
        reader.note(where, f"uses the pattern “{name}”, which does not exist.")
        return None
    title, number = known
    return None if number < 0 else PatternHolds(workshop, number, title)
