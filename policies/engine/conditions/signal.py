"""signal: a fact gathered beforehand lies within bounds."""

from __future__ import annotations

import re

from policies.engine.conditions.base import Condition, Node, Scan, Workshop
from policies.engine.signals import in_words

_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")


class Threshold(Condition):
    """Holds when the signal's value lies within the bounds; unknown when it is absent."""

    reads_text = False

    def __init__(self, name: str, at_least: float | None, at_most: float | None) -> None:
        self.name = name
        self.at_least = at_least
        self.at_most = at_most

    def truth(self, scan: Scan) -> bool | None:
        value = scan.subject.signals.get(self.name)
        if not isinstance(value, int | float) or value != value:
            return None
        if self.at_least is not None and not value >= self.at_least:
            return False
        return self.at_most is None or value <= self.at_most

    def thresholds(self) -> dict[str, set[float]]:
        return {self.name: {n for n in (self.at_least, self.at_most) if n is not None}}

    def missing(self, scan: Scan) -> set[str]:
        return {self.name} if self.truth(scan) is None else set()

    def states_facts(self) -> bool:
        return True

    def facts(self, scan: Scan) -> dict[str, object]:
        value = scan.subject.signals.get(self.name)
        return {} if value is None else {self.name: value}

    def sentence(self) -> str:
        return f"has {in_words(self.name)} {self._bounds()}"

    def denial(self) -> str:
        return f"does not have {in_words(self.name)} {self._bounds()}"

    def _bounds(self) -> str:
        if self.at_most is None:
            return f"at {self.at_least:g} or more"
        if self.at_least is None:
            return f"at {self.at_most:g} or less"
        return f"between {self.at_least:g} and {self.at_most:g}"


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `signal: {name: ..., at_least: n, at_most: n}`."""
    reader = workshop.reader
    node = reader.mapping(spec, where, required=["name"], optional=["at_least", "at_most"])
    name = reader.text(node.get("name"), f"{where}, name")
    if name and not _NAME.fullmatch(name):
        reader.note(where, f"“{name}” is not the name of a signal, such as author.breaches.")
        return None
    return bounded(workshop, node, where, name)


def bounded(workshop: Workshop, node: Node, where: str, name: str) -> Condition | None:
    """Read the bounds of a signal."""
    bounds = []
    for field in ("at_least", "at_most"):
        value = workshop.reader.number(
            node.get(field), f"{where}, {field}", default=0, least=-1e12, most=1e12
        )
        bounds.append(None if node.get(field) is None else value)
    if bounds == [None, None]:
        workshop.reader.note(where, "needs the field “at_least” or the field “at_most”.")
        return None
    if None not in bounds and bounds[0] > bounds[1]:  # type: ignore[operator]
        workshop.reader.note(where, "can never hold: “at_least” is above “at_most”.")
    return Threshold(name, *bounds)


def known(
    workshop: Workshop, spec: object, where: str, names: tuple[str, ...]
) -> Condition | None:
    """Read a condition on one of a fixed family of signals."""
    reader = workshop.reader
    node = reader.mapping(spec, where, required=["signal"], optional=["at_least", "at_most"])
    name = reader.text(node.get("signal"), f"{where}, signal")
    if not name:
        return None
    if name not in names:
        reader.note(where, f"“{name}” is not one of {', '.join(names)}.")
        return None
    return bounded(workshop, node, where, name)
