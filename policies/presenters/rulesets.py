"""Rule sets in plain sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import timezone

from accounts.actors import Actor
from accounts.enums import Permission
from common.page import Alert, Fact, Tag
from common.when import uk_date, uk_datetime
from policies.editor import read_back
from policies.engine.period import ALWAYS, read_period
from policies.engine.reading import Reader
from policies.enums import Outcome, RuleSetStatus, Severity
from policies.models import Clause, Rule, RuleSetVersion

STATUS_COLOURS = {
    RuleSetStatus.DRAFT: "yellow",
    RuleSetStatus.SUBMITTED: "purple",
    RuleSetStatus.APPROVED: "blue",
    RuleSetStatus.PUBLISHED: "green",
    RuleSetStatus.RETIRED: "grey",
    RuleSetStatus.DISCARDED: "grey",
}
DIRECTIONS = {"inbound": "what others write", "outbound": "what the organisation writes"}


@dataclass(frozen=True, slots=True)
class OpenVersion:
    """One version that is not in force and not past: a draft, in review, or approved."""

    label: str
    url: str
    status: Tag
    note: str


@dataclass(frozen=True, slots=True)
class RuleSetRow:
    """One rule set of the list, by the version that counts now."""

    url: str
    name: str
    version: str
    status: Tag
    rules: int
    owner: str
    approved_by: str
    applies: str
    review: str
    is_due: bool
    open: list[OpenVersion]


@dataclass(frozen=True, slots=True)
class RuleSetList:
    """The list of rule sets."""

    sets: list[RuleSetRow]
    due: list[Alert]
    import_url: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule."""

    key: str
    edit_url: str
    not_caught: list[str]
    name: str
    group: str
    severity: str
    severity_label: str
    because: str
    sentence: str
    recommend: str
    needs_person: bool
    route: str
    directions: str
    examples_match: list[str]
    examples_no_match: list[str]


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause and the rules that cite it."""

    reference: str
    title: str
    text: str
    is_zero_tolerance: bool
    rules: list[RuleRow]

    @property
    def count(self) -> str:
        """How many rules cite it, in words."""
        if not self.rules:
            return "no rule"
        return "1 rule" if len(self.rules) == 1 else f"{len(self.rules)} rules"


@dataclass(frozen=True, slots=True)
class ListRow:
    """One list of words, by its size: the words themselves stay in the definition."""

    title: str
    size: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of the same rule set."""

    label: str
    url: str
    is_current: bool
    note: str


@dataclass(frozen=True, slots=True)
class RuleSetPage:
    """One version of a rule set."""

    name: str
    version: str
    back_url: str
    status: Tag
    facts: list[Fact]
    clauses: list[ClauseRow]
    lists: list[ListRow]
    versions: list[VersionRow]


OPEN = (RuleSetStatus.DRAFT, RuleSetStatus.SUBMITTED, RuleSetStatus.APPROVED)


def ruleset_list(
    *,
    versions: list[RuleSetVersion],
    due: Sequence[RuleSetVersion],
    actor: Actor,
    now: datetime,
) -> RuleSetList:
    """Return each rule set by its published version, or else by its newest, with what is on the way."""
    shown: dict[Any, RuleSetVersion] = {}
    open_: dict[Any, list[OpenVersion]] = {}
    for version in versions:
        known = shown.get(version.rule_set_id)
        if known is None or version.status == RuleSetStatus.PUBLISHED:
            shown[version.rule_set_id] = version
        if version.status in OPEN:
            open_.setdefault(version.rule_set_id, []).append(_open(version))
    late = {version.pk for version in due}
    return RuleSetList(
        sets=[
            RuleSetRow(
                url=reverse("policies:ruleset_detail", args=[version.pk]),
                name=version.rule_set.name,
                version=f"Version {version.number}",
                status=status_tag(version),
                rules=version.rule_count,  # type: ignore[attr-defined]
                owner=version.rule_set.owner.name if version.rule_set.owner else "",
                approved_by=_by(version.approved_by, version.approved_at),
                applies=_by(version.published_by, version.published_at),
                review=_review(version.review_on, now),
                is_due=version.pk in late,
                open=[
                    each
                    for each in open_.get(version.rule_set_id, ())
                    if each.url != _page(version)
                ],
            )
            for version in shown.values()
        ],
        due=[review_alert(version, actor, now) for version in due],
        import_url=reverse("policies:ruleset_import") if actor.may(Permission.RULES_EDIT) else "",
    )


def review_alert(version: RuleSetVersion, actor: Actor, now: datetime) -> Alert:
    """Return the reminder that rules are due for review, addressed to their owner (ICO-10)."""
    owner = version.rule_set.owner
    if actor.user is not None and owner == actor.user:
        whose = "You own these rules."
    else:
        whose = f"Their owner is {owner.name}." if owner else "They have no owner."
    return Alert(
        "warning",
        f"Due for review: {version.rule_set.name}",
        f"Version {version.number} was to be reviewed on {_review(version.review_on, now)}. {whose}",
        _page(version),
        "Look at the rules",
    )


def _page(version: RuleSetVersion) -> str:
    return reverse("policies:ruleset_detail", args=[version.pk])


def _open(version: RuleSetVersion) -> OpenVersion:
    notes = {
        RuleSetStatus.DRAFT: _by(version.drafted_by, version.drafted_at),
        RuleSetStatus.SUBMITTED: _by(version.submitted_by, version.submitted_at),
        RuleSetStatus.APPROVED: f"in force from {uk_datetime(version.effective_at)}"
        if version.effective_at
        else _by(version.approved_by, version.approved_at),
    }
    return OpenVersion(
        f"Version {version.number}", _page(version), status_tag(version),
        notes[RuleSetStatus(version.status)],
    )  # fmt: skip


def clauses_named(definition: Mapping[str, Any]) -> list[str]:
    """Return the references of a definition's clauses, in its order."""
    return [clause["id"] for clause in definition.get("clauses", ())]


def ruleset_page(
    *,
    version: RuleSetVersion,
    rules: list[Rule],
    clauses: list[Clause],
    versions: list[RuleSetVersion],
    now: datetime,
) -> RuleSetPage:
    """Return the page of one version: its clauses in their order, each with its rules."""
    definition = version.definition
    return RuleSetPage(
        name=version.rule_set.name,
        version=f"Version {version.number}",
        back_url=reverse("policies:ruleset_list"),
        status=status_tag(version),
        facts=_facts(version, len(rules), now),
        clauses=_clauses(definition, rules, clauses),
        lists=_lists(definition),
        versions=[
            VersionRow(
                label=f"Version {other.number}",
                url=reverse("policies:ruleset_detail", args=[other.pk]),
                is_current=other.pk == version.pk,
                note=_dates(other),
            )
            for other in versions
        ],
    )


def status_tag(version: RuleSetVersion) -> Tag:
    """Return where a version stands as a tag."""
    status = RuleSetStatus(version.status)
    return Tag(status.label, STATUS_COLOURS[status])


def _clauses(
    definition: Mapping[str, Any], rules: list[Rule], clauses: list[Clause]
) -> list[ClauseRow]:
    # A rule's own clause is the one it was drafted under; the rest are shown as they are now.
    texts: dict[str, Clause] = {}
    for clause in clauses:
        texts.setdefault(clause.reference, clause)
    texts.update({rule.clause.reference: rule.clause for rule in rules})
    written = {rule["key"]: rule for rule in definition.get("rules", ())}
    by_clause: dict[str, list[RuleRow]] = {}
    for rule in rules:
        row = _rule(rule, written.get(rule.key, {}), definition)
        by_clause.setdefault(rule.clause.reference, []).append(row)
    named = clauses_named(definition)
    return [
        ClauseRow(
            reference=reference,
            title=texts[reference].title,
            text=texts[reference].text,
            is_zero_tolerance=texts[reference].is_zero_tolerance,
            rules=by_clause.get(reference, []),
        )
        for reference in dict.fromkeys([*named, *by_clause])
        if reference in texts
    ]


def _rule(rule: Rule, written: Mapping[str, Any], definition: Mapping[str, Any]) -> RuleRow:
    examples = written.get("examples", {})
    groups = definition.get("groups", {})
    directions = written.get("directions") or ["inbound"]
    is_draft = rule.version.status == RuleSetStatus.DRAFT
    return RuleRow(
        key=rule.key,
        edit_url=reverse("policies:rule_edit", args=[rule.version_id, rule.key])
        if is_draft
        else "",
        not_caught=read_back.not_caught(written, definition) if written else [],
        name=rule.name,
        group=groups.get(rule.group, {}).get("title", rule.group),
        severity=rule.severity,
        severity_label=Severity(rule.severity).label,
        because=rule.because,
        sentence=rule.sentence,
        recommend=Outcome(rule.recommend).label,
        needs_person=rule.human_required,
        route=rule.route.replace("-", " "),
        directions=""
        if directions == ["inbound"]
        else " and ".join(DIRECTIONS.get(word, word) for word in directions),
        examples_match=[_example(each) for each in examples.get("match", ())],
        examples_no_match=[_example(each) for each in examples.get("no_match", ())],
    )


def _example(example: Any) -> str:
    """Return an example's text, and the facts that it comes with."""
    if not isinstance(example, Mapping):
        return str(example)
    facts = {**(example.get("signals") or {})} | {
        name: example[name] for name in ("kind", "platform", "channel") if example.get(name)
    }
    told = ", ".join(f"{name} = {value}" for name, value in facts.items())
    return f"{example.get('text', '')} ({told})" if told else str(example.get("text", ""))


def _lists(definition: Mapping[str, Any]) -> list[ListRow]:
    rows = []
    for key, words in definition.get("lists", {}).items():
        size = len(words.get("terms", ()))
        rows.append(
            ListRow(words.get("title", key), f"{size:,} {'term' if size == 1 else 'terms'}")
        )
    for key, people in definition.get("people", {}).items():
        size = len(people.get("names", ()))
        rows.append(
            ListRow(people.get("title", key), f"{size:,} {'name' if size == 1 else 'names'}")
        )
    return rows


def _facts(version: RuleSetVersion, rules: int, now: datetime) -> list[Fact]:
    source = version.definition.get("source", {})
    title = " – ".join(filter(None, [source.get("title"), source.get("publisher")]))
    url = source.get("url", "")
    is_web = urlsplit(url).scheme in {"http", "https"}
    return [
        Fact("Rules", f"{rules:,}"),
        Fact("Source", title, url=url if is_web else "", is_external=True),
        Fact("Owner", version.rule_set.owner.name if version.rule_set.owner else ""),
        Fact("Written by", _by(version.drafted_by, version.drafted_at)),
        *(
            [Fact("Sent for approval by", submitted)]
            if (submitted := _by(version.submitted_by, version.submitted_at))
            else []
        ),
        Fact("Approved by", _by(version.approved_by, version.approved_at) or "Not approved yet"),
        Fact("Published by", _by(version.published_by, version.published_at) or "Not published"),
        *([Fact("In force", in_force)] if (in_force := _period(version, now)) else []),
        *(
            [Fact("Comes into force", uk_datetime(version.effective_at))]
            if version.effective_at and not version.published_at
            else []
        ),
        *([Fact("Retired", uk_datetime(version.retired_at))] if version.retired_at else []),
        Fact("To be reviewed", _review(version.review_on, now) or "No date is set"),
        Fact("Fingerprint", version.digest[:16]),
    ]


def _by(person: object, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return f"{person or 'The console'}, {uk_datetime(moment)}"


def _period(version: RuleSetVersion, now: datetime) -> str:
    """Return the days on which a dated version judges, and whether today is one of them."""
    period = read_period(Reader(), version.definition.get("in_force"), "")
    if period == ALWAYS:
        return ""
    first = f"from {_day(period.starts_on)}" if period.starts_on else ""
    last = f"until the end of {_day(period.ends_on)}" if period.ends_on else ""
    today = "" if period.includes(timezone.localdate(now)) else " (not today)"
    return f"{' '.join(filter(None, [first, last]))}{today}"


def _day(day: date) -> str:
    return uk_date(timezone.make_aware(datetime(day.year, day.month, day.day, 12)))  # noqa: DTZ001


def _review(review_on: date | None, now: datetime) -> str:
    if review_on is None:
        return ""
    overdue = " (overdue)" if review_on < timezone.localtime(now).date() else ""
    return f"{_day(review_on)}{overdue}"


def _dates(version: RuleSetVersion) -> str:
    if version.retired_at and version.published_at:
        return f"{uk_date(version.published_at)} to {uk_date(version.retired_at)}"
    if version.published_at:
        return f"in force since {uk_date(version.published_at)}"
    return RuleSetStatus(version.status).label.lower()
