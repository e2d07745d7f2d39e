"""Blind samples: draw texts by chance, hand them out without their flags, keep what people say."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import SystemRandom
from typing import Generic, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Exists

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.bulk import insert_all
from common.errors import DomainError, NotPermitted
from common.ids import uuid7
from moderation.enums import LabelAnswer, Stratum
from moderation.models import ContentRevision, Evaluation, Flag, Label, Sample, SampledItem
from moderation.services import quality
from policies.models import Rule, RuleSet

# Drawn unless asked otherwise: for each rule, of all flagged texts, of the unflagged ones.
PER_RULE, FLAGGED, UNFLAGGED = 10, 50, 100
MOST_DRAWN = 2_000
# What is drawn from: the newest texts that the version judged.
NEWEST = 100_000
NEWEST_OF_A_RULE = 5_000
# So that agreement can be seen, and no text costs more people than that.
LABELLERS = 2

_chance = SystemRandom()
T = TypeVar("T")
ITEM_COLUMNS = (
    "id", "organisation_id", "sample_id", "revision_id", "stratum", "rule_key", "place",
)  # fmt: skip


class SampleRefused(DomainError):
    """No sample can be drawn; the message says why."""

    code = "sample_refused"


class LabelRefused(DomainError):
    """These labels cannot be taken; the message says why."""

    code = "label_refused"


@dataclass(frozen=True, slots=True)
class Task:
    """One text for one person to label, and how much is left for them."""

    sample: Sample
    revision: ContentRevision
    left: int


@transaction.atomic
def draw(
    *,
    rule_set: RuleSet,
    by: Actor,
    now: datetime,
    per_rule: int = PER_RULE,
    flagged: int = FLAGGED,
    unflagged: int = UNFLAGGED,
) -> Sample:
    """Draw a sample from what the version in force judged. Raises SampleRefused where it judged nothing."""
    check_may(by, Permission.RULES_EDIT)
    if rule_set.organisation_id != by.organisation_id:
        message = "This rule set belongs to another organisation."
        raise NotPermitted(message)
    if min(per_rule, flagged, unflagged) < 0 or max(per_rule, flagged, unflagged) > MOST_DRAWN:
        message = f"Choose numbers between 0 and {MOST_DRAWN:,}."
        raise SampleRefused(message)
    version = quality.in_force(rule_set)
    if version is None:
        message = "No version of this rule set is in force, so it has judged nothing to draw from."
        raise SampleRefused(message)
    judged = (
        Evaluation.objects.filter(version=version)
        .order_by("-revision_id")
        .values_list("revision_id", "is_flagged")[:NEWEST]
    )
    hits, clean = _Reservoir[UUID](flagged), _Reservoir[UUID](unflagged)
    for revision_id, is_flagged in judged.iterator(chunk_size=5_000):
        (hits if is_flagged else clean).offer(revision_id)
    drawn = [(revision_id, Stratum.FLAGGED, "") for revision_id in hits.kept]
    drawn += [(revision_id, Stratum.UNFLAGGED, "") for revision_id in clean.kept]
    for rule_id, key in Rule.objects.filter(version=version).values_list("pk", "key"):
        newest = (
            Flag.objects.filter(rule_id=rule_id, evaluation__version=version)
            .order_by("-pk")
            .values_list("evaluation__revision_id", flat=True)[:NEWEST_OF_A_RULE]
        )
        of_rule = _Reservoir[UUID](per_rule)
        for revision_id in newest:
            of_rule.offer(revision_id)
        drawn += [(revision_id, Stratum.RULE, key) for revision_id in of_rule.kept]
    if not drawn:
        message = "The version in force has not judged any comment yet."
        raise SampleRefused(message)
    _chance.shuffle(drawn)
    sample = Sample.objects.create(
        organisation_id=by.organisation_id,
        rule_set=rule_set,
        version=version,
        flagged=hits.offered,
        unflagged=clean.offered,
        drawn_by=by.user,
        drawn_at=now,
    )
    insert_all(
        SampledItem,
        ITEM_COLUMNS,
        [
            (uuid7(), by.organisation_id, sample.pk, revision_id, stratum.value, key, place)
            for place, (revision_id, stratum, key) in enumerate(drawn)
        ],
    )
    audit.record(
        AuditEventType.SAMPLE_DRAWN,
        actor=by,
        at=now,
        target=sample,
        items=len({revision_id for revision_id, _, _ in drawn}),
    )
    return sample


def newest_sample(rule_set: RuleSet) -> Sample | None:
    """Return the sample that people are labelling."""
    return (
        Sample.objects.filter(rule_set=rule_set)
        .select_related("version")
        .order_by("-drawn_at", "-pk")
        .first()
    )


def next_for(sample: Sample, by: Actor) -> Task | None:
    """Return the next text of a sample for this person; None when nothing is left for them.

    What nobody labelled comes first; a text is handed to two people and to nobody twice.
    """
    check_may(by, Permission.CASE_DECIDE)
    waiting = _waiting(sample, by)
    return _task(sample, waiting[0], left=len(waiting)) if waiting else None


def task_for(sample: Sample, revision_id: UUID, by: Actor) -> Task:
    """Return one text of a sample, to be shown again. Raises ContentRevision.DoesNotExist."""
    check_may(by, Permission.CASE_DECIDE)
    return _task(sample, revision_id, left=max(len(_waiting(sample, by)), 1))


@transaction.atomic
def label(
    *,
    sample: Sample,
    revision_id: UUID,
    answers: Mapping[str, LabelAnswer],
    by: Actor,
    now: datetime,
) -> None:
    """Keep one person's answers about one text, one for each group of the version's guidelines.

    Raises LabelRefused for a text that is not in the sample, one that this person or two others
    labelled, and for answers that leave out a group or name another.
    """
    check_may(by, Permission.CASE_DECIDE)
    if by.user is None:
        message = "Labels are given by people."
        raise NotPermitted(message)
    sample = (
        Sample.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("version")
        .get(pk=sample.pk)
    )
    if set(answers) != set(groups_of(sample)):
        message = "Answer yes, no or unsure for every group of guidelines."
        raise LabelRefused(message)
    if not sample.items.filter(revision_id=revision_id).exists():
        message = "This text is not part of the sample."
        raise LabelRefused(message)
    labellers = set(
        Label.objects.filter(sample=sample, revision_id=revision_id).values_list(
            "labelled_by", flat=True
        )
    )
    if by.user.pk in labellers:
        message = "You have labelled this text already. Labels are not changed."
        raise LabelRefused(message)
    if len(labellers) >= LABELLERS:
        message = "Two colleagues have labelled this text meanwhile, so yours was not needed."
        raise LabelRefused(message)
    Label.objects.bulk_create(
        Label(
            organisation_id=by.organisation_id,
            sample=sample,
            revision_id=revision_id,
            group=group,
            answer=answer,
            labelled_by=by.user,
            labelled_at=now,
        )
        for group, answer in answers.items()
    )
    audit.record(
        AuditEventType.TEXT_LABELLED,
        actor=by,
        at=now,
        target=sample,
        revision=str(revision_id),
        yes=sorted(group for group, answer in answers.items() if answer == LabelAnswer.YES),
    )


def groups_of(sample: Sample) -> dict[str, str]:
    """Return the groups to answer for: key and title, in the order of the guidelines."""
    groups = sample.version.definition.get("groups", {})
    return {key: str(group.get("title", key)) for key, group in groups.items()}


def progress(sample: Sample) -> tuple[int, int, int]:
    """Return how many texts there are, how many somebody labelled, and how many two people did."""
    texts = sample.items.values("revision_id").distinct().count()
    by_text = _labellers(sample)
    return texts, len(by_text), sum(len(people) >= LABELLERS for people in by_text.values())


def _task(sample: Sample, revision_id: UUID, *, left: int) -> Task:
    in_sample = SampledItem.objects.filter(sample=sample, revision_id=revision_id)
    revision = ContentRevision.objects.select_related(
        "content_item__author",
        "content_item__channel",
        "content_item__post",
        "content_item__current_revision",
    ).get(Exists(in_sample), pk=revision_id, organisation_id=sample.organisation_id)
    return Task(sample, revision, left)


def _waiting(sample: Sample, by: Actor) -> list[UUID]:
    labellers = _labellers(sample)
    person = by.user.pk if by.user else None
    order: dict[UUID, int] = {}
    for revision_id, place in sample.items.order_by("place").values_list("revision_id", "place"):
        order.setdefault(revision_id, place)
    free = [
        revision_id
        for revision_id in order
        if person not in labellers[revision_id] and len(labellers[revision_id]) < LABELLERS
    ]
    return sorted(free, key=lambda each: (len(labellers[each]), order[each]))


def _labellers(sample: Sample) -> defaultdict[UUID, set[UUID]]:
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    rows = sample.labels.values_list("revision_id", "labelled_by_id").distinct().order_by()
    for revision_id, person in rows:
        found[revision_id].add(person)
    return found


class _Reservoir(Generic[T]):
    """So many of a stream, each with the same chance, whatever its length."""

    def __init__(self, size: int) -> None:
        self.kept: list[T] = []
        self.offered = 0
        self._size = size

    def offer(self, item: T) -> None:
        """Take the next one of the stream."""
        self.offered += 1
        if len(self.kept) < self._size:
            self.kept.append(item)
        elif self._size:
            place = _chance.randrange(self.offered)
            if place < self._size:
                self.kept[place] = item
