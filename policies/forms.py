"""What people type about rules. Forms clean it; services decide."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from policies.editor import files
from policies.editor.definition import term_text
from policies.engine.forms import Form as Ending
from policies.enums import Outcome, Severity

LONGEST_REASON = 2_000


def _reason(label: str, hint: str, required: str, *, rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=bool(required),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": required},
    )


class LinesField(forms.CharField):
    """Texts, one on each line."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows, "dir": "auto"}), **kwargs)

    def clean(self, value: Any) -> list[str]:
        """Return the lines that hold anything."""
        text: str = super().clean(value) or ""
        return [line.strip() for line in text.splitlines() if line.strip()]


class RuleForm(forms.Form):
    """Everything of a rule but its condition."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        help_text="As moderators read it beside a flag, for example “Insult aimed at staff”.",
        error_messages={"required": "Give the rule a name"},
    )
    severity = forms.ChoiceField(label="Severity", choices=Severity.choices)
    recommend = forms.ChoiceField(
        label="Recommend",
        choices=Outcome.choices,
        help_text="What the moderator is advised to do. A person decides.",
    )
    clause = forms.ChoiceField(
        label="Because of this guideline",
        error_messages={"required": "Choose the guideline that this rule serves"},
    )
    group = forms.ChoiceField(label="Group", help_text="Rules of one group are counted together.")
    because = forms.CharField(
        label="Because",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One sentence that a moderator, and the author, would understand.",
        error_messages={"required": "Say in one sentence why this is a breach"},
    )
    route = forms.CharField(
        label="Goes to",
        required=False,
        max_length=40,
        help_text="A route such as police or needs-reply. Leave empty for the usual queue.",
    )
    human_required = forms.BooleanField(label="A person must see it first", required=False)
    directions = forms.MultipleChoiceField(
        label="It looks at",
        choices=[("inbound", "What others write"), ("outbound", "What the organisation writes")],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what the rule looks at"},
    )
    match = LinesField(
        label="Must match", required=False, help_text="One text on each line. Real ones are best."
    )
    no_match = LinesField(
        label="Must not match",
        required=False,
        help_text="One text on each line: criticism, innocent uses of the same words.",
    )
    special = forms.CharField(
        label="Examples with facts of their own",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "app-mono"}),
        help_text="Examples that name a kind, a channel or signals, as YAML.",
    )

    def __init__(self, *args: Any, definition: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (clause["id"], f"{clause['id']} {clause['title']}")
            for clause in definition.get("clauses") or ()
        ]
        groups = [
            (key, str(group.get("title", key)))
            for key, group in (definition.get("groups") or {}).items()
        ]
        self.fields["clause"].choices = choices  # type: ignore[attr-defined]
        self.fields["group"].choices = groups  # type: ignore[attr-defined]


class ListForm(forms.Form):
    """A list of words or of people, and more of them pasted in."""

    title = forms.CharField(
        label="Name of the list",
        max_length=200,
        help_text="As it reads in a rule: “has any of the words in …”.",
        error_messages={"required": "Give the list a name"},
    )
    add = LinesField(
        label="Add words or phrases",
        required=False,
        rows=6,
        help_text="Paste as many as you like, one on each line. Those already there are left out.",
    )
    exceptions = LinesField(
        label="Exceptions",
        required=False,
        rows=5,
        help_text="Innocent words that hold one of these, one on each line: a town, a surname.",
    )


class TermForm(forms.Form):
    """One word or phrase of a list, and what is known about it."""

    term = forms.CharField(
        label="Word or phrase",
        max_length=200,
        error_messages={"required": "Type the word or phrase"},
    )
    endings = forms.MultipleChoiceField(
        label="Also in these forms",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (Ending.PLURAL.value, "Plural: muppet, muppets"),
            (Ending.VERB.value, "As a verb: grass, grasses, grassed, grassing"),
            (Ending.AGENT.value, "Whoever does it: wind, winder, winders"),
            (Ending.ADJECTIVE.value, "As an adjective: scum, scummy, scummier"),
        ],
        help_text="None chosen: only as it is typed.",
    )
    note = forms.CharField(
        label="What it means", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    severity = forms.ChoiceField(
        label="How serious on its own",
        required=False,
        choices=[("", "Not said"), *Severity.choices],
        help_text="For readers of the list. The rule says how a match counts.",
    )
    ambiguous = forms.BooleanField(label="It also has an innocent meaning", required=False)
    reclaimed = forms.BooleanField(label="Some people use it of themselves", required=False)
    abusive = forms.CharField(
        label="Abusive sense", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    innocent = forms.CharField(
        label="Innocent sense", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    language = forms.CharField(
        label="Note on language",
        required=False,
        max_length=200,
        help_text="Where or among whom it is used: prison slang, Scots, a dialect.",
    )

    def clean_term(self) -> str:
        """Put one blank between words."""
        return " ".join(self.cleaned_data["term"].split())

    def node(self, before: Any) -> Any:
        """Return the term as it stands in a definition; unknown fields of `before` stay."""
        clean = self.cleaned_data
        node: dict[str, Any] = dict(before) if isinstance(before, Mapping) else {}
        senses = {name: clean[name] for name in ("innocent", "abusive") if clean[name]}
        wanted = {
            "term": clean["term"],
            "forms": clean["endings"],
            "note": clean["note"],
            "severity": clean["severity"],
            "ambiguous": clean["ambiguous"],
            "reclaimed": clean["reclaimed"],
            "senses": senses,
            "language": clean["language"],
        }
        for name, value in wanted.items():
            if value or (value is False and node.get(name) is False):
                node[name] = value
            else:
                node.pop(name, None)
        return node if set(node) != {"term"} else node["term"]

    @staticmethod
    def initial_of(term: Any) -> dict[str, Any]:
        """Return what the form begins with for a term."""
        if not isinstance(term, Mapping):
            return {"term": term_text(term)}
        senses = term.get("senses") or {}
        return {
            **term,
            "endings": term.get("forms") or (),
            "innocent": senses.get("innocent", ""),
            "abusive": senses.get("abusive", ""),
        }


class SubmitForm(forms.Form):
    """What changed and why, for whoever approves."""

    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    summary = _reason(
        "What changed, and why",
        "Whoever approves reads this first.",
        "Say what changed and why, in a few words",
        rows=3,
    )


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = _reason("Why", "Kept on the record.", "Say why, in a few words")


class ApproveForm(forms.Form):
    """The fingerprint of what was read."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)


class CommentForm(forms.Form):
    """Something said about a version or one of its rules."""

    text = _reason("Comment", "Editor and approver read it.", "Write the comment first")
    rule = forms.ChoiceField(label="About", required=False)

    def __init__(self, *args: Any, rules: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [("", "The whole version"), *rules]  # type: ignore[attr-defined]


class PublishForm(forms.Form):
    """When a version comes into force, and when it is reviewed."""

    when = forms.ChoiceField(
        label="In force",
        choices=[("now", "Now"), ("later", "From a date")],
        widget=forms.RadioSelect,
        initial="now",
    )
    on = forms.DateField(
        label="From which day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Type the day as day, month and year"},
    )
    at = forms.TimeField(
        label="At what time",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="Empty: at the beginning of the day.",
    )
    review_on = forms.DateField(
        label="To be reviewed on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The owner is reminded on that day.",
        error_messages={"required": "Choose the day on which these rules are reviewed"},
    )
    replacing = forms.UUIDField(required=False, widget=forms.HiddenInput)
    confirm = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Put day and time together, in UK time."""
        clean = super().clean() or {}
        if clean.get("when") != "later":
            clean["effective_at"] = None
            return clean
        if not clean.get("on"):
            if "on" not in self.errors:
                self.add_error("on", "Choose the day from which it is in force")
            return clean
        moment = datetime.combine(clean["on"], clean.get("at") or datetime.min.time())
        clean["effective_at"] = timezone.make_aware(moment)
        return clean


class ReviewForm(forms.Form):
    """When the rules are looked at next, and what was found."""

    review_on = forms.DateField(
        label="Next review on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the day of the next review"},
    )
    reason = _reason("What was found", "", "Say in a few words what the review found")


class OwnerForm(forms.Form):
    """Who owns a rule set from now on."""

    owner = forms.ModelChoiceField(label="New owner", queryset=User.objects.none())
    reason = _reason("Why", "", "Say why, in a few words")

    def __init__(self, *args: Any, people: Iterable[User] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = [person.pk for person in people]
        self.fields["owner"].queryset = User.objects.filter(pk__in=allowed).order_by("name", "pk")  # type: ignore[attr-defined]


class TryForm(forms.Form):
    """A text to judge, and what is known about it."""

    text = forms.CharField(
        label="Text",
        max_length=20_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text="Paste a comment. It is judged here and stored nowhere.",
        error_messages={"required": "Paste a text to try"},
    )
    direction = forms.ChoiceField(
        label="Written by",
        required=False,
        choices=[("inbound", "Somebody else"), ("outbound", "The organisation")],
    )
    kind = forms.ChoiceField(label="Sort of item", required=False)
    platform = forms.ChoiceField(label="Platform", required=False)
    channel = forms.CharField(
        label="Channel", required=False, max_length=100, help_text="The channel’s short name."
    )
    facts = LinesField(
        label="Facts about it",
        required=False,
        rows=2,
        help_text="One on each line, such as author.breaches = 2. What is not given is unknown.",
    )

    def __init__(
        self,
        *args: Any,
        kinds: Iterable[str] = (),
        platforms: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, kind.capitalize()) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["platform"].choices = [("", "Not given"), *(platforms or {}).items()]  # type: ignore[attr-defined]

    def clean_facts(self) -> dict[str, float]:
        """Read “name = number” from each line."""
        facts = {}
        for line in self.cleaned_data["facts"]:
            name, sign, written = line.partition("=")
            try:
                value = float(written)
            except ValueError:
                value = float("nan")
            if not sign or not name.strip() or value != value:
                message = f"“{line[:60]}” is not a fact such as author.breaches = 2"
                raise forms.ValidationError(message)
            facts[name.strip()] = int(value) if value == int(value) else value
        return facts


class FileForm(forms.Form):
    """A rule set in a file."""

    file = forms.FileField(
        label="File",
        help_text="A rule set as YAML, as it is exported here.",
        max_length=200,
        error_messages={"required": "Choose a file", "empty": "The file is empty"},
    )

    def clean_file(self) -> bytes:
        """Return what is in the file."""
        upload = self.cleaned_data["file"]
        if upload.size > files.MAX_BYTES:
            message = f"The file is larger than {files.MAX_BYTES // 1_000_000} MB"
            raise forms.ValidationError(message)
        data: bytes = upload.read()
        return data
