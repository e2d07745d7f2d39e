"""What came back with a refused form, so that nothing typed is lost."""

from dataclasses import dataclass
from typing import Any

from common.errors import DomainError


@dataclass(frozen=True, slots=True)
class Typed:
    """What came back with a refusal: the forms as they were sent, and why nothing was done."""

    decision: Any = None  # a bound DecisionForm
    reversal: Any = None  # a bound ReasonForm
    escalation: Any = None  # a bound ReasonForm
    refusal: DomainError | None = None
    # The decision is complete and cannot be taken back: ask before it is recorded.
    is_unconfirmed: bool = False
    is_to_go_on: bool = False


def first_error(errors: Any, name: str) -> str:
    """Return the first message about a field, or nothing."""
    return str(errors[name][0]) if errors and errors.get(name) else ""
