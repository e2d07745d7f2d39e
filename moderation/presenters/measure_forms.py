"""What people choose before they measure: how far back, which rules, how long, how many."""

from decimal import Decimal

from django import forms

from moderation.enums import BacktestScope
from moderation.services.backtests import MOST_DAYS
from moderation.services.labelling import MOST_DRAWN
from moderation.services.measures import MOST_MINUTES


def _number(label: str) -> forms.IntegerField:
    message = f"Enter a whole number between 0 and {MOST_DRAWN:,}"
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=MOST_DRAWN,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), message),
        widget=forms.NumberInput(attrs={"class": "govuk-input--width-5"}),
    )


class BacktestForm(forms.Form):
    """Over which comments, and with which rules."""

    days = forms.IntegerField(
        label="Comments of the last … days",
        help_text=(
            "Counted from the day on which a comment was taken in; imported ones from the day of the"
            " import. Leave it empty for all held comments."
        ),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        error_messages={
            "invalid": "Enter the days as a whole number, such as 30",
            "min_value": "Enter at least 1 day, or nothing for all held comments",
            "max_value": f"Enter at most {MOST_DAYS:,} days, or nothing for all held comments",
        },
        widget=forms.NumberInput(attrs={"class": "govuk-input--width-5"}),
    )
    scope = forms.ChoiceField(
        label="Which rules",
        choices=[
            (
                BacktestScope.CHANGES.value,
                "Only rules that differ from the version in force (fast)",
            ),
            (BacktestScope.EVERYTHING.value, "Every rule of this version"),
        ],
        initial=BacktestScope.CHANGES.value,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose which rules to run",
            "invalid_choice": "Choose which rules to run",
        },
    )


class MeasuresForm(forms.Form):
    """The organisation's own numbers."""

    minutes_per_case = forms.DecimalField(
        label="Minutes a moderator takes for a case",
        help_text="From opening a comment to deciding it. 1 unless you choose otherwise.",
        min_value=Decimal("0.01"),
        max_value=MOST_MINUTES,
        decimal_places=2,
        error_messages={
            "required": "Enter the minutes that a case takes",
            "invalid": "Enter the minutes as a number, such as 1.5",
            "min_value": "A case takes more than 0 minutes",
            "max_value": f"A case takes at most {MOST_MINUTES:.0f} minutes",
            "max_decimal_places": "Give the minutes with at most two decimal places",
        },
    )
    lowest_precision = forms.IntegerField(
        label="Warn of rules below this precision, in per cent",
        help_text="Of 100 flags that people judged, so many should be right. 50 unless you choose otherwise.",
        min_value=0,
        max_value=100,
        error_messages={
            "required": "Enter the lowest precision",
            "invalid": "Enter the lowest precision as a whole number, such as 50",
            "min_value": "The lowest precision is between 0 and 100",
            "max_value": "The lowest precision is between 0 and 100",
        },
    )


class ShadowForm(forms.Form):
    """Until when a version judges in shadow."""

    ends_on = forms.DateField(
        label="Last day in shadow",
        help_text="It ends by itself at the end of this day, within three months at the latest.",
        error_messages={
            "required": "Enter the last day",
            "invalid": "Enter the last day as a real date, such as 31 12 2026",
        },
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y", "%d %B %Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class DrawForm(forms.Form):
    """How many texts are drawn of each sort."""

    per_rule = _number("Texts that each rule flagged")
    flagged = _number("Flagged texts, whatever rule")
    unflagged = _number("Texts that nothing flagged")
