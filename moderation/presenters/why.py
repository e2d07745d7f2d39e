"""Why a case is here: the rules that held, where in the words, and what nobody could tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common import shown as text
from moderation.models import Flag
from moderation.services.casefile import CaseFile
from policies.engine.signals import in_words
from policies.enums import Severity

SEVERITIES = dict(Severity.choices)


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
    evaluation = file.case.evaluation
    if evaluation is None:
        return ()
    return tuple(
        f"{file.undecided.get(gap['rule'], gap['rule'])}: not known is"
        f" {', '.join(in_words(name) for name in gap.get('missing', []))}."
        for gap in evaluation.unknown
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
