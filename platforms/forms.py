"""What people type about channels."""

from django import forms


class ReasonForm(forms.Form):
    """Why something is done; kept with the event."""

    reason = forms.CharField(
        label="Reason",
        help_text="Colleagues read this in the channel’s history.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why, in a few words"},
    )
