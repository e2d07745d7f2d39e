"""A text tried out: rule by rule, condition by condition, with the places highlighted."""

from collections.abc import Iterable
from dataclasses import dataclass

from common.page import Tag
from common.shown import Mark, Shown, shown
from policies.engine.signals import in_words
from policies.engine.trace import RuleTrace, Step
from policies.engine.types import Span
from policies.services.trials import Compared

HELD = {True: "held", False: "did not hold", None: "unknown"}
COLOURS = {True: "red", False: "grey", None: "yellow"}
ANSWERS = {True: "Matches", False: "Does not match", None: "Unknown"}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One condition's answer in words."""

    sentence: str
    answer: str
    css: str
    found: str
    missing: str
    steps: list["StepRow"]


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """One rule's answers by the draft and by what is in force."""

    name: str
    clause: str
    draft: Tag
    live: Tag
    differs: bool
    because: str
    draft_steps: list[StepRow]
    live_steps: list[StepRow]
    """Only where they differ from the draft's."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one version says of the text as a whole."""

    title: str
    verdict: str
    text: Shown


@dataclass(frozen=True, slots=True)
class Trial:
    """Everything about one text."""

    draft: Side
    live: Side | None
    changed: str
    matched: list[RuleAnswer]
    others: list[RuleAnswer]
    others_label: str

    @property
    def sides(self) -> list[Side]:
        """The one or two versions that judged."""
        return [self.draft, self.live] if self.live else [self.draft]


def trial(*, text: str, compared: Iterable[Compared], draft_title: str, live_title: str) -> Trial:
    """Return what both versions say of a text."""
    compared = list(compared)
    drafts = [each.draft for each in compared if each.draft]
    lives = [each.live for each in compared if each.live]
    answers = [_answer(each, has_live=bool(live_title)) for each in compared]
    matched = [
        answer
        for answer, each in zip(answers, compared, strict=True)
        if _held(each.draft) is not False or (live_title and _held(each.live) is not False)
    ]
    others = [answer for answer in answers if answer not in matched]
    return Trial(
        draft=_side(draft_title, text, drafts),
        live=_side(live_title, text, lives) if live_title else None,
        changed=_changed(compared) if live_title else "",
        matched=matched,
        others=others,
        others_label=f"{len(others)} other {'rule' if len(others) == 1 else 'rules'} did not match",
    )


def step_rows(step: Step) -> list[StepRow]:
    """Return a condition and what is inside it, in words."""
    labels = list(dict.fromkeys(f"“{span.label}”" for span in step.spans))
    missing = ", ".join(in_words(name) for name in step.missing)
    return [
        StepRow(
            sentence=step.sentence[:1].upper() + step.sentence[1:],
            answer=HELD[step.held],
            css={True: "held", False: "not", None: "unknown"}[step.held],
            found=f"Found: {', '.join(labels[:8])}" if labels else "",
            missing=f"Not known: {missing}" if missing else "",
            steps=[row for each in step.steps for row in step_rows(each)],
        )
    ]


def highlighted(text: str, step: Step) -> Shown:
    """Return a text with the places that a condition points at."""
    return shown(text, [Mark(span.start, span.end, span.label) for span in _spans(step)])


def _spans(step: Step) -> list[Span]:
    if step.spans:
        return list(step.spans)
    return [span for each in step.steps if each.held for span in _spans(each)]


def _held(trace: RuleTrace | None) -> bool | None:
    return trace.held if trace else False


def _answer(each: Compared, *, has_live: bool) -> RuleAnswer:
    rule = (each.draft or each.live).rule  # type: ignore[union-attr]
    draft, live = _tag(each.draft), _tag(each.live)
    steps = step_rows(each.draft.step) if each.draft else []
    live_steps = step_rows(each.live.step) if each.live else []
    return RuleAnswer(
        name=rule.name,
        clause=rule.clause,
        draft=draft,
        live=live,
        differs=has_live and draft != live,
        because=rule.because,
        draft_steps=steps,
        live_steps=live_steps if has_live and live_steps != steps else [],
    )


def _tag(trace: RuleTrace | None) -> Tag:
    if trace is None:
        return Tag("Not in it", "grey")
    return Tag(ANSWERS[trace.held], COLOURS[trace.held])


def _side(title: str, text: str, traces: list[RuleTrace]) -> Side:
    held = [trace for trace in traces if trace.held]
    unknown = sum(trace.held is None for trace in traces)
    marks = [
        Mark(span.start, span.end, f"{span.label} ({trace.rule.name})")
        for trace in held
        for span in _spans(trace.step)
    ]
    verdict = "Not flagged"
    if held:
        gravest = max(held, key=lambda trace: trace.rule.severity.rank).rule
        verdict = (
            f"Flagged, {gravest.severity.value}: {', '.join(trace.rule.name for trace in held)}"
        )
    if unknown:
        verdict += f". {unknown} {'rule is' if unknown == 1 else 'rules are'} unknown"
    return Side(title, f"{verdict}.", shown(text, marks))


def _changed(compared: list[Compared]) -> str:
    newly = [
        each.draft.rule.name
        for each in compared
        if each.draft and each.draft.held and not _held(each.live)
    ]
    no_longer = [
        each.live.rule.name
        for each in compared
        if each.live and each.live.held and not _held(each.draft)
    ]
    parts = []
    if newly:
        parts.append(f"Newly flagged by: {', '.join(newly)}.")
    if no_longer:
        parts.append(f"No longer flagged by: {', '.join(no_longer)}.")
    return " ".join(parts) or "Both versions flag the same."
