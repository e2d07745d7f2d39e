"""What people say about a file: which it is, into which channel, and which column is what."""

from typing import Any

from django import forms
from django.conf import settings

from platforms.importing import Layout, UnreadableFile
from platforms.models import Channel

MAPPING_HELP = (
    "Only for columns that are not recognised. One on each line, for example text=tweet or"
    " author=3 (columns without names are counted from 0)."
)


class UploadForm(forms.Form):
    """A file and the channel that its comments belong to."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        error_messages={"required": "Choose a file"},
    )
    channel = forms.ChoiceField(
        label="Channel",
        help_text="The official account under which the comments were written.",
        error_messages={
            "required": "Choose a channel",
            "invalid_choice": "Choose a channel of your organisation",
        },
    )

    def __init__(self, *args: Any, channels: list[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (str(channel.pk), f"{channel.name} ({channel.get_platform_display()})")
            for channel in channels
        ]
        self.fields["channel"].choices = [("", "Choose a channel"), *choices]  # type: ignore[attr-defined]
        self.fields["file"].help_text = (
            "CSV, tab-separated, JSON Lines or a JSON list; also compressed with gzip. At most"
            f" {settings.IMPORT_MAX_BYTES // 1_000_000:,} MB."
        )


class LayoutForm(forms.Form):
    """Which column is what, where the file's own names do not say so."""

    mapping = forms.CharField(
        label="Columns",
        help_text=MAPPING_HELP,
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    no_header = forms.BooleanField(label="The first row is a comment already", required=False)
    zone = forms.CharField(
        label="Time zone of dates that do not name one",
        initial="Europe/London",
        max_length=60,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Check that the words make a layout."""
        cleaned = super().clean() or self.cleaned_data
        if "mapping" in cleaned and "zone" in cleaned:
            try:
                cleaned["layout"] = Layout.from_words(
                    [line for line in cleaned["mapping"].splitlines() if line.strip()],
                    header=not cleaned.get("no_header"),
                    zone=cleaned["zone"] or "Europe/London",
                )
            except UnreadableFile as error:
                field = "zone" if "time zone" in error.message else "mapping"
                self.add_error(field, error.message)
        return cleaned

    def layout(self) -> Layout:
        """Return the layout. Call on a valid form."""
        found: Layout = self.cleaned_data["layout"]
        return found
