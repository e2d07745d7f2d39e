"""shouting: the item is written mostly in capital letters."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Scan, Workshop


class Shouting(Condition):
    """Holds when enough of the letters are capitals."""

    def __init__(self, ratio: float, min_letters: int) -> None:
        self.ratio = ratio
        self.min_letters = min_letters

    def truth(self, scan: Scan) -> bool | None:
        letters, capitals = scan.remember("capitals", lambda: _count(scan.subject.text))
        return letters >= self.min_letters and capitals >= self.ratio * letters

    def states_facts(self) -> bool:
        return True

    def facts(self, scan: Scan) -> dict[str, object]:
        letters, capitals = scan.remember("capitals", lambda: _count(scan.subject.text))
        return {"share of capital letters": round(capitals / letters, 2)} if letters else {}

    def sentence(self) -> str:
        return (
            f"has at least {self.min_letters} letters of which "
            f"{self.ratio:.0%} or more are capitals"
        )

    def denial(self) -> str:
        return f"has fewer than {self.min_letters} letters or fewer than {self.ratio:.0%} capitals"


def _count(text: str) -> tuple[int, int]:
    """Return how many letters have a case, and how many of them are capitals."""
    capitals = sum(map(str.isupper, text))
    return capitals + sum(map(str.islower, text)), capitals


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `shouting: {ratio: 0.7, min_letters: 20}`."""
    reader = workshop.reader
    node = reader.mapping(spec, where, optional=["ratio", "min_letters"])
    ratio = reader.number(node.get("ratio"), f"{where}, ratio", default=0.7, least=0.1, most=1)
    letters = reader.whole(
        node.get("min_letters"), f"{where}, min_letters", default=20, least=1, most=10_000
    )
    return Shouting(ratio, letters)
