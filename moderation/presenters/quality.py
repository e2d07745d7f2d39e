"""How good a rule set is: every share with its number and its interval, or "not enough yet"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse

from common import shown as text
from common.page import Cell, Choice, Fact, Head, Table
from common.shares import Share
from common.when import uk_datetime
from moderation.enums import LabelAnswer
from moderation.models import ContentItem, ContentRevision, Sample
from moderation.presenters import thread
from moderation.presenters.measure_forms import DrawForm
from moderation.presenters.thread import CommentView, PostView
from moderation.services.labelling import Task, groups_of
from moderation.services.quality import ENOUGH, LATELY, Quality, Recall, RuleQuality
from policies.models import RuleSet

METHOD = (
    (
        "From decisions: a flag is right where the decision that stands names a breach (hide, delete, warn,"
        " block, report) under the flag’s own guideline, or answers with a reply where the rule recommends"
        " one. It is wrong where the rule recommends a measure and the decision is “no breach”. Any other"
        " decision says nothing about the rule. Moderators see the flags when they decide, which flatters"
        " the rules a little."
    ),
    (
        "From blind labels: a text counts where everybody who labelled it said the same about the rule’s"
        " group of guidelines. “Unsure” and disagreement are counted apart."
    ),
    f"Intervals are Wilson’s, at 95 in 100. Below {ENOUGH} judged texts there is “not enough yet”.",
)


@dataclass(frozen=True, slots=True)
class Fallen:
    """A rule whose precision fell."""

    name: str
    why: str
    lately: str
    earlier: str


@dataclass(frozen=True, slots=True)
class Penalised:
    """A rule that would act on criticism, and the sentences."""

    name: str
    sentences: list[str]


@dataclass(frozen=True, slots=True)
class QualityPage:
    """The page of one rule set."""

    title: str
    caption: str
    back_url: str
    back_label: str
    nothing: str = ""
    owner: str = ""
    fallen: list[Fallen] = field(default_factory=list)
    rules: Table | None = None
    recall: list[str] = field(default_factory=list)
    criticism: list[str] = field(default_factory=list)
    penalised: list[Penalised] = field(default_factory=list)
    method: tuple[str, ...] = METHOD
    sample: list[Fact] = field(default_factory=list)
    label_url: str = ""
    form: DrawForm | None = None
    draw_url: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One group of guidelines to answer for."""

    name: str
    label: str
    choices: list[Choice]
    error: str = ""


@dataclass(frozen=True, slots=True)
class LabelPage:
    """One text to label, or why there is none."""

    title: str
    back_url: str
    url: str
    nothing: str = ""
    left: str = ""
    revision: str = ""
    sample: str = ""
    comment: CommentView | None = None
    post: PostView | None = None
    parent: CommentView | None = None
    questions: list[Question] = field(default_factory=list)
    errors: list[Question] = field(default_factory=list)


def quality_page(
    *,
    rule_set: RuleSet,
    quality: Quality | None,
    sample: Sample | None,
    progress: tuple[int, int, int],
    form: DrawForm | None,
    may_label: bool,
) -> QualityPage:
    """Return the page of a rule set; `quality` where a version of it is in force."""
    base: dict[str, Any] = {
        "title": rule_set.name,
        "caption": "How good its rules are",
        "back_url": reverse("policies:ruleset_list"),
        "back_label": "All rule sets",
    }
    if quality is None:
        return QualityPage(
            **base,
            nothing="No version of this rule set is in force, so there is nothing to measure yet.",
        )
    version = quality.version
    names = {rule["key"]: rule["name"] for rule in version.definition["rules"]}
    owner = version.rule_set.owner
    texts, labelled, twice = progress
    return QualityPage(
        **base
        | {
            "caption": f"How good version {version.number} is",
            "back_url": reverse("policies:ruleset_detail", args=[version.pk]),
            "back_label": f"Version {version.number}",
        },
        owner=owner.name if owner else "",
        fallen=[
            Fallen(names[rule.key], rule.fell, share(rule.lately), share(rule.earlier))
            for rule in quality.rules
            if rule.fell
        ],
        rules=_rules(quality.rules, names),
        recall=_recall(quality.recall),
        criticism=_criticism(quality),
        penalised=[
            Penalised(names[rule.key], list(rule.criticism))
            for rule in quality.rules
            if rule.criticism
        ],
        sample=[
            Fact("Drawn", f"{uk_datetime(sample.drawn_at)}, from version {sample.version.number}"),
            Fact("Texts", f"{texts:,}"),
            Fact("Labelled by somebody", f"{labelled:,}"),
            Fact("Labelled by two people", f"{twice:,}"),
        ]
        if sample
        else [],
        label_url=reverse("moderation:label_next", args=[rule_set.pk])
        if sample and may_label
        else "",
        form=form,
        draw_url=reverse("moderation:sample_draw", args=[rule_set.pk]),
    )


def share(found: Share) -> str:
    """Write a share with its number and interval, or that there is not enough to say."""
    if not found.whole:
        return "nothing judged yet"
    if found.whole < ENOUGH:
        return f"not enough yet (n = {found.whole})"
    return (
        f"{percent(found.value)} (n = {found.whole:,}, {percent(found.low)} to"
        f" {percent(found.high)})"
    )


def percent(value: float) -> str:
    """Write a share in per cent, finely only where it is small."""
    hundred = value * 100
    digits = 1 if 0.05 <= hundred < 9.95 else 0
    # The sign stays with its number at the end of a line.
    return f"{hundred:.{digits}f}\N{NO-BREAK SPACE}%"


def label_page(
    *,
    rule_set: RuleSet,
    task: Task | None,
    parent: ContentItem | None,
    answers: Mapping[str, str],
    missing: Sequence[str],
    nothing: str,
    now: datetime,
) -> LabelPage:
    """Return the page on which one text is labelled. It says nothing of flags, rules or colleagues."""
    url = reverse("moderation:label_next", args=[rule_set.pk])
    back = reverse("moderation:quality_detail", args=[rule_set.pk])
    if task is None:
        return LabelPage(title=rule_set.name, back_url=back, url=url, nothing=nothing)
    item = task.revision.content_item
    questions = [
        Question(
            name=f"group-{key}",
            label=title,
            choices=[
                Choice(
                    answer.value,
                    answer.label,
                    # Nearly every text breaches nothing in nearly every group.
                    (answers.get(key) if answers else LabelAnswer.NO.value) == answer.value,
                )
                for answer in LabelAnswer
            ],
            error=f"Say whether the text breaches “{title}”." if key in missing else "",
        )
        for key, title in groups_of(task.sample).items()
    ]
    return LabelPage(
        title=rule_set.name,
        back_url=back,
        url=url,
        left="1 text is left for you."
        if task.left == 1
        else f"{task.left:,} texts are left for you.",
        revision=str(task.revision.pk),
        sample=str(task.sample.pk),
        comment=_as_captured(item, task.revision, now=now),
        post=thread.post(item.post, channel=item.channel),
        parent=thread.comment(parent, now=now) if parent else None,
        questions=questions,
        errors=[question for question in questions if question.error],
    )


def _as_captured(item: ContentItem, revision: ContentRevision, *, now: datetime) -> CommentView:
    """Present the wording that was drawn, which an edit may have replaced."""
    view = thread.comment(item, now=now)
    shown = text.shown(revision.text)
    return CommentView(
        **{name: getattr(view, name) for name in CommentView.__slots__}
        | {
            "text": shown.text,
            "rest": shown.rest,
            "rest_label": shown.rest_label,
            "state": None,
            "badges": (),
            "removed": "" if revision.text.strip() else "No words were captured.",
        }
    )


def _rules(rules: Sequence[RuleQuality], names: Mapping[str, str]) -> Table:
    return Table(
        "Precision by rule: of what it flagged, how much was right",
        [
            Head("Rule"),
            Head("From decisions"),
            Head(f"… of the last {LATELY.days} days"),
            Head("… before that"),
            Head("From blind labels"),
            Head("Criticism it would act on", is_number=True),
        ],
        [
            [
                Cell(names[rule.key]),
                Cell(share(rule.decided)),
                Cell(share(rule.lately)),
                Cell(share(rule.earlier)),
                Cell(share(rule.labelled) + (f", {rule.unclear} unclear" if rule.unclear else "")),
                Cell(f"{len(rule.criticism):,}", is_number=True),
            ]
            for rule in sorted(
                rules, key=lambda rule: (not rule.fell, -rule.decided.whole, rule.key)
            )
        ],
    )


def _recall(recall: Recall | None) -> list[str]:
    if recall is None:
        return ["No blind sample has been drawn yet, so nobody can say how much is missed."]
    counted = (
        f"Of {recall.missed.whole:,} labelled texts that nothing flagged, {recall.missed.part:,} breach"
        f" a guideline; of {recall.flagged.whole:,} labelled flagged texts, {recall.flagged.part:,} do."
    )
    if not recall.is_enough:
        return [
            f"Not enough yet: at least {ENOUGH} clearly labelled texts of either sort are needed.",
            counted,
        ]
    return [
        (
            f"About {percent(recall.value)} of what breaches a guideline is flagged; cautiously, between"
            f" {percent(recall.low)} and {percent(recall.high)}."
        ),
        counted,
        (
            f"Worked out over {recall.sample.flagged:,} flagged and {recall.sample.unflagged:,} unflagged"
            " texts. The range takes the worse end of both intervals, so it is wider than 95 in 100."
        ),
    ]


def _criticism(quality: Quality) -> list[str]:
    measure, flagged = quality.criticism, quality.flagged_criticism
    said = [
        (
            f"The rules would recommend a measure for {measure.part:,} of {measure.whole:,} sentences that"
            f" must stay up: {percent(measure.value)} ({percent(measure.low)} to"
            f" {percent(measure.high)})."
        )
    ]
    if flagged.part > measure.part:
        more = flagged.part - measure.part
        said.append(
            f"They flag {more:,} more of them without recommending a measure: to have a question answered"
            " or somebody looked after."
        )
    return said
