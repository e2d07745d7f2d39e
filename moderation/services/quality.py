"""How good a rule set is, in numbers that say what they rest on.

From decisions. A flag counts where its text was decided and the decision stands:

- it is *right* where the outcome names a breach (hide, delete, warn, block, report) under the flag's own
  clause, or where a rule that recommends a reply led to "reply" or "reviewed, no reply";
- it is *wrong* where a rule that recommends a measure was answered with "no breach";
- everything else says nothing about this rule: a breach of another clause, a reply where a measure was
  recommended.

From blind labels. A text counts where everybody who labelled it for the rule's group said the same, yes or
no; "unsure" and disagreement are counted apart.

Moderators see the flags when they decide, so decisions flatter a rule a little; labels do not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import yaml
from django.db.models import Count, F

from common.shares import Share
from moderation.enums import CaseStatus, LabelAnswer, Stratum
from moderation.models import Flag, Label, Sample, SampledItem
from moderation.services import measures
from moderation.services.evaluation import BREACHES
from policies.engine import compile_rule_set, evaluate_many
from policies.engine.types import Subject
from policies.enums import Outcome
from policies.models import RuleSet, RuleSetVersion
from policies.services.packs import PACKS

REPLIES = frozenset({Outcome.REPLY.value, Outcome.NO_REPLY.value})
# Fewer than this many say nothing that anybody should act on.
ENOUGH = 20
# What counts as lately, against everything before.
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class RuleQuality:
    """One rule of the version in force."""

    key: str
    decided: Share
    """By decisions about this version's flags."""
    lately: Share
    """The same rule in any version, decided within the last 30 days; and before."""
    earlier: Share
    labelled: Share
    unclear: int
    """Texts labelled "unsure", or by two people otherwise."""
    criticism: tuple[str, ...]
    """Sentences of the criticism set for which the rule would recommend a measure."""
    fell: str
    """Why its owner should look, in words; "" if there is no reason."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Of what breaches the guidelines, how much is flagged: an estimate from two random samples."""

    sample: Sample
    flagged: Share
    """Breaches among labelled texts drawn from the flagged ones."""
    missed: Share
    """Breaches among labelled texts drawn from the unflagged ones."""

    @property
    def is_enough(self) -> bool:
        """Whether both samples are large enough to say anything."""
        return self.flagged.whole >= ENOUGH and self.missed.whole >= ENOUGH

    @property
    def value(self) -> float:
        """The estimate."""
        return self._of(self.flagged.value, self.missed.value)

    @property
    def low(self) -> float:
        """The cautious lower end: few right flags and many misses."""
        return self._of(self.flagged.low, self.missed.high)

    @property
    def high(self) -> float:
        """The cautious upper end."""
        return self._of(self.flagged.high, self.missed.low)

    def _of(self, right: float, missed: float) -> float:
        found = right * self.sample.flagged
        whole = found + missed * self.sample.unflagged
        return found / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class Quality:
    """A version in force and what is known of it."""

    version: RuleSetVersion
    rules: tuple[RuleQuality, ...]
    recall: Recall | None
    criticism: Share
    """Sentences of the criticism set for which any rule would recommend a measure."""
    flagged_criticism: Share
    """Those flagged at all, with the ones that only ask for a reply."""
    lowest: int


def of_version(version: RuleSetVersion, *, now: datetime) -> Quality:
    """Return what is known of a version: from decisions, from labels, from the criticism set."""
    settings = measures.settings_of(version.organisation_id)
    decided = _decided(version.rule_set_id, version_id=version.pk)
    lately = _decided(version.rule_set_id, since=now - LATELY)
    earlier = _decided(version.rule_set_id, before=now - LATELY)
    labelled = _labelled(version)
    penalised, flagged, whole = _on_criticism(version)
    nothing = Share(0, 0)
    rules = []
    for rule in version.definition["rules"]:
        key = rule["key"]
        yes, no, unclear = labelled.get(key, (0, 0, 0))
        recent, before = lately.get(key, nothing), earlier.get(key, nothing)
        rules.append(
            RuleQuality(
                key=key,
                decided=decided.get(key, nothing),
                lately=recent,
                earlier=before,
                labelled=Share(yes, yes + no),
                unclear=unclear,
                criticism=penalised.get(key, ()),
                fell=why_fell(recent, before, settings.lowest_precision),
            )
        )
    sentences = {text for texts in penalised.values() for text in texts}
    return Quality(
        version=version,
        rules=tuple(rules),
        recall=_recall(version),
        criticism=Share(len(sentences), whole),
        flagged_criticism=Share(flagged, whole),
        lowest=settings.lowest_precision,
    )


def fallen(organisation_id: UUID, *, now: datetime) -> dict[UUID, int]:
    """Return, for each rule set in force, how many of its rules fell in precision lately."""
    settings = measures.settings_of(organisation_id)
    found = {}
    for version_id, rule_set_id in (
        RuleSetVersion.objects.of_organisation(organisation_id)
        .published()
        .values_list("pk", "rule_set_id")
    ):
        lately = _decided(rule_set_id, since=now - LATELY)
        earlier = _decided(rule_set_id, before=now - LATELY)
        keys = set(
            RuleSetVersion.objects.filter(pk=version_id).values_list("rules__key", flat=True)
        )
        fell = [
            key
            for key, share in lately.items()
            if key in keys
            and why_fell(share, earlier.get(key, Share(0, 0)), settings.lowest_precision)
        ]
        if fell:
            found[rule_set_id] = len(fell)
    return found


def why_fell(lately: Share, earlier: Share, lowest: int) -> str:
    """Say why a rule's owner should look at it; "" where nothing shows that it got worse.

    Only the whole interval below a mark is a reason: a few wrong flags in a row are not.
    """
    if lately.whole < ENOUGH:
        return ""
    if lately.high < lowest / 100:
        return f"Lately its precision lies below {lowest} %."
    if earlier.whole >= ENOUGH and lately.high < earlier.value:
        return "Lately its precision is lower than it was."
    return ""


def judged_right(*, recommend: str, clause: str, outcome: str, decided_under: str) -> bool | None:
    """Tell whether a standing decision confirms a flag, refutes it, or says nothing about it."""
    if outcome in BREACHES:
        return True if decided_under == clause else None
    if outcome == Outcome.NO_BREACH:
        return False if recommend in BREACHES else None
    if outcome in REPLIES and recommend in REPLIES:
        return True
    return None


def _decided(
    rule_set_id: UUID,
    *,
    version_id: UUID | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> dict[str, Share]:
    """Return, by rule, how many flags decisions confirmed of those they judged."""
    case = "evaluation__revision__content_item__cases"
    # One condition, so that all of it is about the same case.
    wanted: dict[str, object] = {
        f"{case}__status": CaseStatus.DECIDED,
        f"{case}__standing_decision__revision_id": F("evaluation__revision_id"),
        "evaluation__version__rule_set_id": rule_set_id,
    }
    if version_id is not None:
        wanted["evaluation__version_id"] = version_id
    if since is not None:
        wanted[f"{case}__standing_decision__made_at__gte"] = since
    if before is not None:
        wanted[f"{case}__standing_decision__made_at__lt"] = before
    rows = (
        Flag.objects.filter(**wanted)
        .values_list(
            "rule__key",
            "recommend",
            "clause__reference",
            f"{case}__standing_decision__outcome",
            f"{case}__standing_decision__clause__reference",
        )
        # A text judged by several versions is one text.
        .annotate(texts=Count("evaluation__revision", distinct=True))
        .order_by()
    )
    right: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for key, recommend, clause, outcome, under, texts in rows:
        answer = judged_right(
            recommend=recommend, clause=clause, outcome=outcome, decided_under=under or ""
        )
        if answer is not None:
            whole[key] += texts
            right[key] += texts if answer else 0
    return {key: Share(right[key], whole[key]) for key in whole}


@dataclass
class _Answers:
    """What people said about one text, by group."""

    by_group: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def of(self, group: str) -> str | None:
        """Return what everybody said for a group; "" where they disagree, None where nobody did."""
        said = self.by_group.get(group)
        if not said:
            return None
        return next(iter(said)) if len(said) == 1 else ""

    def any(self) -> str | None:
        """Return whether the text breaches anything: yes for one clear yes, no for clear noes only."""
        said = {self.of(group) for group in self.by_group}
        if LabelAnswer.YES.value in said:
            return LabelAnswer.YES.value
        return LabelAnswer.NO.value if said == {LabelAnswer.NO.value} else None


def _answers(sample_ids: Iterable[UUID]) -> Mapping[tuple[UUID, UUID], _Answers]:
    found: dict[tuple[UUID, UUID], _Answers] = defaultdict(_Answers)
    rows = Label.objects.filter(sample_id__in=list(sample_ids)).values_list(
        "sample_id", "revision_id", "group", "answer"
    )
    for sample_id, revision_id, group, answer in rows:
        found[sample_id, revision_id].by_group[group].add(answer)
    return found


def _labelled(version: RuleSetVersion) -> dict[str, tuple[int, int, int]]:
    """Return, by rule, how many texts drawn from its flags were labelled yes, no and unclear."""
    groups = {rule["key"]: rule["group"] for rule in version.definition["rules"]}
    samples = list(Sample.objects.filter(version=version).values_list("pk", flat=True))
    answers = _answers(samples)
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    # A text drawn again in a later sample is one text: its latest labels count.
    latest: dict[tuple[str, UUID], str] = {}
    rows = (
        SampledItem.objects.filter(sample_id__in=samples, stratum=Stratum.RULE)
        .order_by("sample_id")
        .values_list("sample_id", "revision_id", "rule_key")
    )
    for sample_id, revision_id, key in rows:
        said = answers.get((sample_id, revision_id))
        answer = said.of(groups[key]) if said and key in groups else None
        if answer is not None:
            latest[key, revision_id] = answer
    for (key, _), answer in latest.items():
        place = {LabelAnswer.YES.value: 0, LabelAnswer.NO.value: 1}.get(answer, 2)
        found[key][place] += 1
    return {key: (yes, no, unclear) for key, (yes, no, unclear) in found.items()}


def _recall(version: RuleSetVersion) -> Recall | None:
    sample = Sample.objects.filter(version=version).order_by("-drawn_at", "-pk").first()
    if sample is None:
        return None
    answers = _answers([sample.pk])
    shares = {}
    for stratum in (Stratum.FLAGGED, Stratum.UNFLAGGED):
        said = [
            answer.any()
            for revision_id in sample.items.filter(stratum=stratum).values_list(
                "revision_id", flat=True
            )
            if (answer := answers.get((sample.pk, revision_id))) is not None
        ]
        clear = [each for each in said if each is not None]
        shares[stratum] = Share(clear.count(LabelAnswer.YES.value), len(clear))
    return Recall(sample, shares[Stratum.FLAGGED], shares[Stratum.UNFLAGGED])


def _on_criticism(version: RuleSetVersion) -> tuple[Mapping[str, tuple[str, ...]], int, int]:
    return _judge_criticism(version.pk, version.digest)


@lru_cache(maxsize=32)
def _judge_criticism(
    version_id: UUID, digest: str
) -> tuple[Mapping[str, tuple[str, ...]], int, int]:
    """Return the sentences each rule would penalise, how many are flagged at all, and how many there are."""
    definition = RuleSetVersion.objects.values_list("definition", flat=True).get(
        pk=version_id, digest=digest
    )
    texts = criticism()
    verdicts = evaluate_many([Subject(text) for text in texts], compile_rule_set(definition))
    penalised: dict[str, list[str]] = defaultdict(list)
    for text, verdict in zip(texts, verdicts, strict=True):
        for match in verdict.matches:
            if match.recommend in BREACHES:
                penalised[match.rule].append(text)
    flagged = sum(verdict.is_flagged for verdict in verdicts)
    return {key: tuple(found) for key, found in penalised.items()}, flagged, len(texts)


@lru_cache(maxsize=1)
def criticism() -> tuple[str, ...]:
    """Return the sentences that must stay up (principle 5)."""
    document = yaml.safe_load((PACKS / "criticism.yaml").read_text(encoding="utf-8"))
    sentences = [text for texts in document["sentences"].values() for text in texts]
    return tuple(dict.fromkeys(sentences))


def in_force(rule_set: RuleSet) -> RuleSetVersion | None:
    """Return the version of a rule set that is in force."""
    return (
        RuleSetVersion.objects.of_organisation(rule_set.organisation_id)
        .published()
        .filter(rule_set=rule_set)
        .select_related("rule_set__owner")
        .first()
    )
