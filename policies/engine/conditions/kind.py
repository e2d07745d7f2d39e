"""kind: what sort of item it is."""

from __future__ import annotations

from enum import StrEnum

from policies.engine.conditions.base import Condition, Scan, Workshop, listed


class ItemKind(StrEnum):
    """The sorts of item that reach the rules."""

    COMMENT = "comment"
    REPLY = "reply"
    MENTION = "mention"
    MESSAGE = "message"
    REVIEW = "review"
    ARTICLE = "article"


class IsKind(Condition):
    """Holds when the item is of one of the kinds."""

    reads_text = False

    def __init__(self, kinds: tuple[ItemKind, ...]) -> None:
        self.kinds = tuple(str(kind) for kind in kinds)

    def truth(self, scan: Scan) -> bool | None:
        return scan.subject.kind in self.kinds

    def reads_place(self) -> bool:
        return True

    def sentence(self) -> str:
        return f"is a {listed(self.kinds)}"

    def denial(self) -> str:
        return f"is not a {listed(self.kinds)}"


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `kind: {any_of: [...]}`."""
    reader = workshop.reader
    node = reader.mapping(spec, where, required=["any_of"])
    if node.get("any_of") is None:
        return None
    kinds = [
        reader.choice(item, f"{where}, any_of", ItemKind, default=ItemKind.COMMENT)
        for item in reader.items(node["any_of"], f"{where}, any_of")
    ]
    return IsKind(tuple(kinds)) if kinds else None
