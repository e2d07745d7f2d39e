"""words: terms of a word list, as whole words, however they are spelt."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Found, Scan, Workshop
from policies.engine.negation import is_negated


class Words(Condition):
    """Holds when enough terms of one list occur."""

    marks_text = True

    def __init__(
        self, event: int, phrase: str, at_least: int = 1, *, ignore_negated: bool = False
    ) -> None:
        self.event = event
        self.phrase = phrase
        self.at_least = at_least
        self.ignore_negated = ignore_negated
        self._triggers = frozenset([event])
        self._simple = at_least == 1 and not ignore_negated

    def truth(self, scan: Scan) -> bool | None:
        if self.event not in scan.hits:
            return False
        return self._simple or _mentions(self.spans(scan)) >= self.at_least

    def triggers(self) -> frozenset[int] | None:
        return self._triggers

    def spans(self, scan: Scan) -> list[Found]:
        found = scan.hits.get(self.event, [])
        if self.ignore_negated:
            return [item for item in found if not is_negated(scan.folded, item.start)]
        return found

    def sentence(self) -> str:
        return f"has {self._amount()} of {self.phrase}{self._proviso()}"

    def denial(self) -> str:
        if self.at_least == 1:
            return f"has none of {self.phrase}{self._proviso()}"
        return f"has fewer than {self.at_least} of {self.phrase}{self._proviso()}"

    def _amount(self) -> str:
        return "any" if self.at_least == 1 else f"at least {self.at_least}"

    def _proviso(self) -> str:
        return " not counting those denied, as in “not a …”" if self.ignore_negated else ""


def _mentions(found: list[Found]) -> int:
    """Count finds of which none lies in another: "prison officer" is one mention, not two."""
    count = end = 0
    for item in sorted(found, key=lambda item: (item.end, -item.start)):
        if item.start >= end:
            count += 1
            end = item.end
    return count


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `words: {list: name}` or `words: {terms: [...], exceptions: [...]}`."""
    reader = workshop.reader
    node = reader.mapping(
        spec, where, optional=["list", "terms", "exceptions", "at_least", "ignore_negated"]
    )
    at_least = reader.whole(
        node.get("at_least"), f"{where}, at_least", default=1, least=1, most=99
    )
    ignore = reader.boolean(node.get("ignore_negated"), f"{where}, ignore_negated")
    if ("list" in node) == ("terms" in node):
        reader.note(where, "needs either the field “list” or the field “terms”.")
        return None
    if "terms" in node:
        event = workshop.inline_list(node["terms"], node.get("exceptions"), where)
        terms = [t.get("term") if isinstance(t, dict) else t for t in node["terms"] or []]
        shown = ", ".join(f"“{term}”" for term in terms[:5])
        phrase = f"the words {shown}{' and others' if len(terms) > 5 else ''}"
        return Words(event, phrase, at_least, ignore_negated=ignore)
    if "exceptions" in node:
        reader.note(where, "can have exceptions only beside “terms”; put them in the list.")
    name = reader.text(node["list"], f"{where}, list")
    known = workshop.lists.get(name)
    if known is None:
        reader.note(where, f"uses the word list “{name}”, which does not exist.")
        return None
    phrase = f"the words in {known.title}"
    return Words(known.event, phrase, at_least, ignore_negated=ignore)
