"""What moderators type. Forms clean it; services decide."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms

from moderation.services.decisions import WITHOUT_CLAUSE
from policies.enums import Outcome
from policies.models import Clause

LONGEST_REASON = 4_000
LONGEST_MESSAGE = 2_000


def _words(label: str, *, longest: int, required: str = "") -> forms.CharField:
    messages = {"max_length": f"{label} must be {longest:,} characters or fewer."}
    if required:
        messages["required"] = required
    return forms.CharField(
        label=label, max_length=longest, required=bool(required), error_messages=messages
    )


class SubmissionForm(forms.Form):
    """One submission, recognised when it comes twice."""

    submission_key = forms.CharField(max_length=64, required=False)

    def clean_submission_key(self) -> str:
        """Make a key for a form that came without one."""
        return self.cleaned_data["submission_key"] or uuid4().hex


class DecisionForm(SubmissionForm):
    """An outcome, the clause it rests on, and why."""

    outcome = forms.ChoiceField(
        # Escalating hands the case on and decides nothing.
        choices=[choice for choice in Outcome.choices if choice[0] != Outcome.ESCALATE],
        error_messages={
            "required": "Choose an outcome.",
            "invalid_choice": "Choose one of the outcomes.",
        },
    )
    clause = forms.ChoiceField(
        required=False,
        error_messages={"invalid_choice": "Choose a guideline that is in force."},
    )
    reason = _words(
        "The reason",
        longest=LONGEST_REASON,
        required="Give a reason: it is what the decision is defended with.",
    )
    message = _words("The message", longest=LONGEST_MESSAGE)
    revision = forms.IntegerField(required=False, min_value=1)

    def __init__(self, data: Any = None, *, clauses: Iterable[Clause] = ()) -> None:
        super().__init__(data)
        self.clauses = {str(clause.pk): clause for clause in clauses}
        self.fields["clause"].choices = [  # type: ignore[attr-defined]
            ("", "None"),
            *((key, str(clause)) for key, clause in self.clauses.items()),
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen outcome needs."""
        cleaned: dict[str, Any] = super().clean() or {}
        outcome = cleaned.get("outcome")
        needs_clause = outcome and outcome not in WITHOUT_CLAUSE and "clause" not in self.errors
        if needs_clause and not cleaned.get("clause"):
            self.add_error("clause", "Choose the guideline that was breached.")
        if outcome == Outcome.REPLY and not cleaned.get("message"):
            self.add_error("message", "Write the reply.")
        return cleaned

    @property
    def clause_chosen(self) -> Clause | None:
        """The clause, where one was chosen."""
        return self.clauses.get(self.cleaned_data.get("clause", ""))


class ReasonForm(SubmissionForm):
    """Why something is handed on, taken back or opened again."""

    reason = _words("The reason", longest=LONGEST_REASON, required="Say why.")


class ReversalForm(ReasonForm):
    """Which decision is taken back, and why."""

    decision = forms.UUIDField()


class VersionUndoForm(forms.Form):
    """Why what a version did is taken back."""

    reason = _words(
        "The reason",
        longest=LONGEST_REASON,
        required="Say why what this version did is taken back.",
    )


class RejudgingForm(forms.Form):
    """Which held comments are judged again, and why."""

    reason = _words(
        "The reason", longest=LONGEST_REASON, required="Say why held comments are judged again."
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=3_650,
        error_messages={
            "invalid": "Give the number of days as a whole number, or leave it empty for everything.",
            "min_value": "Give at least one day, or leave it empty for everything.",
            "max_value": "Give at most 3,650 days, or leave it empty for everything.",
        },
    )
    close = forms.BooleanField(required=False)
