"""Why a case is here: the rules that held, where in the words, and what nobody could tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moderation.models import Flag
from moderation.presenters import text
from moderation.services.casefile import CaseFile
from policies.engine.signals import in_words
from policies.enums import Severity

SEVERITIES = dict(Severity.choices)
CATEGORIES = {
    "abuse": "Personal abuse",
    "hate": "Hate against a group",
    "threat": "Threat",
    "sexual": "Sexual content",
    "self_harm": "Detail or encouragement of self-harm",
    "spam": "Spam",
}
BANDS = {"low": "Low", "medium": "Medium", "high": "High"}


LONGEST_FOUND = 80


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that held."""

    rule: str
    severity: str
    severity_label: str
    because: str
    found: tuple[str, ...]
    clause: str
    clause_text: str
    source: str


@dataclass(frozen=True, slots=True)
class ScoreView:
    """One of the model's scores that is not low."""

    category: str
    band: str
    band_label: str
    number: str
    moved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report about the comment."""

    who: str
    when: str
    text: str


def reasons(file: CaseFile) -> tuple[Reason, ...]:
    """Return the rules that held, most severe first."""
    judged = file.judged.text if file.judged else ""
    order = {value: place for place, value in enumerate(reversed(Severity.values))}
    return tuple(
        Reason(
            rule=flag.rule.name,
            severity=flag.severity,
            severity_label=SEVERITIES[flag.severity],
            because=flag.because,
            found=words_found(flag.spans, judged),
            clause=str(flag.clause),
            clause_text=flag.clause.text,
            source=_source(flag),
        )
        for flag in sorted(file.flags, key=lambda flag: order[flag.severity])
    )


def _source(flag: Flag) -> str:
    """Name the document and the rules it was recognised by; one name once."""
    rules, version = flag.evaluation.version.rule_set.name, flag.evaluation.version.number
    if rules == flag.clause.pack.title:
        return f"{flag.clause.pack}, version {version} of its rules"
    return f"{flag.clause.pack}; rule of {rules}, version {version}"


def words_found(spans: Sequence[dict[str, Any]], judged: str) -> tuple[str, ...]:
    """Return what a rule found, in the order of the text; nothing that lies inside something longer."""
    found = {}
    reached = 0
    for start, back in sorted((int(span["start"]), -int(span["end"])) for span in spans):
        end = -back
        if end <= reached:
            continue
        reached = end
        words = text.one_line(judged[start:end])
        short = words if len(words) <= LONGEST_FOUND else f"{words[:LONGEST_FOUND]}…"
        if short.strip():
            found[short] = True
    return tuple(found)


def unknown(file: CaseFile) -> tuple[str, ...]:
    """Return the rules that could not be decided, and what they lacked."""
    return tuple(
        f"{name}: not known is {', '.join(in_words(fact) for fact in missing)}."
        for name, missing in file.undecided
    )


def scores(file: CaseFile) -> tuple[ScoreView, ...]:
    """Return what the model made of the words, highest first, where it is worth a look."""
    judged = file.judged.text if file.judged else ""
    return tuple(
        ScoreView(
            category=CATEGORIES[score.category],
            band=score.band,
            band_label=BANDS[score.band],
            number=f"{score.value:.2f}",
            moved=tuple(text.one_line(judged[start:end]) for start, end in score.moved),
        )
        for score in file.scores
        if score.band != "low"
    )


def low_scores(file: CaseFile) -> str:
    """Return the low scores on one line, in the model's own order of height."""
    return ", ".join(
        f"{CATEGORIES[score.category].lower()} {score.value:.2f}"
        for score in file.scores
        if score.band == "low"
    )


def marks(file: CaseFile) -> list[text.Mark]:
    """Return what to highlight in the words; nothing once they were edited."""
    if is_edited(file):
        return []
    return [
        text.Mark(int(span["start"]), int(span["end"]), flag.rule.name)
        for flag in file.flags
        for span in flag.spans
    ]


def is_edited(file: CaseFile) -> bool:
    """Whether the words changed since they were judged."""
    current = file.case.content_item.current_revision_id
    return file.judged is not None and file.judged.pk != current
