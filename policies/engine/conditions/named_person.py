"""named_person: somebody on one of the rule set's lists of people is named."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Workshop
from policies.engine.conditions.words import Words


class NamedPerson(Words):
    """Holds when a listed name occurs."""

    def sentence(self) -> str:
        return f"names somebody in {self.phrase}"

    def denial(self) -> str:
        return f"names nobody in {self.phrase}"


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `named_person: {list: name}`."""
    reader = workshop.reader
    node = reader.mapping(spec, where, required=["list"])
    name = reader.text(node.get("list"), f"{where}, list")
    known = workshop.people.get(name)
    if known is None:
        if name:
            reader.note(where, f"uses the list of people “{name}”, which does not exist.")
        return None
    return NamedPerson(known.event, known.title)
