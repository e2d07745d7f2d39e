"""Print how cases and actions move from state to state, as it is committed under docs/reference."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import TextChoices

from moderation.transitions import ACTION, CASE


class Command(BaseCommand):
    """Writes the state diagrams in Markdown."""

    help = "Print the state diagrams of cases and actions in Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them."""
        self.stdout.write("\n".join(lines()))


def lines() -> Iterator[str]:
    """Yield the page line by line."""
    yield "# States"
    yield ""
    yield "Written by `make docs` from `moderation/transitions.py`; do not edit. Every other move is refused."
    yield ""
    yield "## Cases"
    yield ""
    yield from _drawn(CASE)
    yield ""
    yield "## Enforcement actions"
    yield ""
    yield "Nothing shows as done before it is verified, which only a read-back on the platform makes it."
    yield ""
    yield from _drawn(ACTION)


def _drawn(moves: Mapping[Any, frozenset[Any]]) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for status in moves:
        yield f"    {status.value} : {status.label}"
    for status, targets in moves.items():
        for target in _in_order(moves, targets):
            yield f"    {status.value} --> {target.value}"
        if not targets:
            yield f"    {status.value} --> [*]"
    yield "```"
    yield ""
    yield "| from | to |"
    yield "|---|---|"
    for status, targets in moves.items():
        labels = ", ".join(target.label for target in _in_order(moves, targets))
        yield f"| {status.label} | {labels or 'nothing: it is final'} |"


def _in_order(moves: Mapping[Any, Any], targets: frozenset[TextChoices]) -> list[TextChoices]:
    return [status for status in moves if status in targets]
