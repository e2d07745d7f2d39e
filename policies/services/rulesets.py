"""Rule sets: draft, approve, publish, retire; and the compiled version in force."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.models import User
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError, InvalidTransition, NotPermitted
from common.when import uk_datetime
from policies import transitions
from policies.engine import CompiledRuleSet, ExampleFailure, RuleSetProblems, compile_rule_set
from policies.engine.period import Period, read_period
from policies.engine.reading import Reader
from policies.engine.rules import Rule as EngineRule
from policies.enums import RuleSetStatus
from policies.models import Clause, Rule, RuleSet, RuleSetVersion, VersionEditor


class RuleSetRefused(DomainError):
    """The definition has problems; the message lists them."""

    code = "rule_set_refused"


class VersionMovedOn(DomainError):
    """Somebody changed or published something meanwhile; nothing was done."""

    code = "version_moved_on"


class ApproverIsDrafter(NotPermitted):
    """Nobody approves their own rules."""

    code = "approver_is_drafter"


@transaction.atomic
def draft(
    *, rule_set: RuleSet, definition: Mapping[str, Any], by: Actor, now: datetime
) -> RuleSetVersion:
    """Store a new draft version. It must compile and pass its own examples.

    Every clause that a rule cites must have been imported before. Raises RuleSetRefused.
    """
    check_may(by, Permission.RULES_EDIT)
    # One draft or publication of a rule set at a time, and none of somebody else's.
    rule_set = RuleSet.objects.locked(rule_set.pk, by)
    compiled = check_definition(definition)
    check_clauses(definition, by.organisation_id)
    in_use = RuleSetVersion.objects.published().filter(rule_set=rule_set).first()
    return create(
        rule_set=rule_set,
        definition=definition,
        compiled=compiled,
        by=by,
        now=now,
        replaces=in_use,
    )


def create(
    *,
    rule_set: RuleSet,
    definition: Mapping[str, Any],
    compiled: CompiledRuleSet,
    by: Actor,
    now: datetime,
    replaces: RuleSetVersion | None,
    based_on: RuleSetVersion | None = None,
) -> RuleSetVersion:
    """Store a draft with its rules as rows. Call with the rule set locked and the clauses known."""
    last = rule_set.versions.aggregate(last=Max("number"))["last"] or 0
    version = RuleSetVersion.objects.create(
        organisation_id=by.organisation_id,
        rule_set=rule_set,
        number=last + 1,
        definition=definition,
        digest=digest_of(definition),
        based_on=based_on,
        replaces=replaces,
        drafted_by=by.user,
        drafted_at=now,
    )
    note_editor(version=version, by=by, now=now)
    write_rules(version=version, compiled=compiled)
    audit.record(
        AuditEventType.RULE_SET_DRAFTED,
        actor=by,
        at=now,
        target=version,
        number=version.number,
        digest=version.digest,
        rules=len(compiled.rules),
        based_on=based_on.number if based_on else None,
    )
    return version


def note_editor(*, version: RuleSetVersion, by: Actor, now: datetime) -> None:
    """Remember that somebody wrote in a draft: they cannot approve it."""
    if by.user is not None:
        VersionEditor.objects.get_or_create(
            version=version,
            user=by.user,
            defaults={"organisation_id": version.organisation_id, "first_at": now},
        )


def write_rules(*, version: RuleSetVersion, compiled: CompiledRuleSet) -> None:
    """Bring the rows of a draft's rules in line with its definition; rows that are right stay."""
    clauses = known_clauses(version.organisation_id)
    rows = {row.key: row for row in Rule.objects.filter(version=version)}
    sentences = {rule.key: sentence_of(rule) for rule in compiled.rules}
    fresh, changed = [], []
    for rule in version.definition["rules"]:
        row = rows.pop(rule["key"], None)
        wanted: dict[str, Any] = {
            "clause_id": clauses[rule["clause"]].pk
            if row is None
            else _clause_of(row, rule, clauses),
            "name": rule["name"],
            "group": rule["group"],
            "severity": rule["severity"],
            "recommend": rule["recommend"],
            "human_required": rule.get("human_required", True),
            "route": rule.get("route") or "",
            "because": rule["because"],
            "sentence": sentences[rule["key"]],
        }
        if row is None:
            fresh.append(
                Rule(
                    organisation_id=version.organisation_id,
                    version=version,
                    key=rule["key"],
                    **wanted,
                )
            )
        elif any(getattr(row, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(row, name, value)
            changed.append(row)
    Rule.objects.filter(pk__in=[row.pk for row in rows.values()]).delete()
    Rule.objects.bulk_create(fresh)
    if changed:
        Rule.objects.bulk_update(changed, [name.removesuffix("_id") for name in wanted])


def _clause_of(row: Rule, rule: Mapping[str, Any], clauses: Mapping[str, Clause]) -> UUID:
    """Return a rule's clause: the one it was drafted under, as long as it cites the same."""
    return row.clause_id if row.clause.reference == rule["clause"] else clauses[rule["clause"]].pk


def known_clauses(organisation_id: UUID) -> dict[str, Clause]:
    """Return the organisation's current clauses by their reference."""
    current = Clause.objects.filter(organisation_id=organisation_id, is_current=True)
    return {clause.reference: clause for clause in current}


def check_clauses(definition: Mapping[str, Any], organisation_id: UUID) -> None:
    """Raise RuleSetRefused if a rule cites a clause that was never imported."""
    missing = sorted(
        {rule["clause"] for rule in definition["rules"]} - known_clauses(organisation_id).keys()
    )
    if missing:
        message = f"These clauses are not known: {', '.join(missing)}."
        raise RuleSetRefused(message)


def sentence_of(rule: EngineRule) -> str:
    """Return a compiled rule's condition in plain English."""
    text = rule.condition.sentence()
    return text[:1].upper() + text[1:] + "."


def compile_draft(definition: Mapping[str, Any]) -> CompiledRuleSet:
    """Compile a definition, its examples aside; raise RuleSetRefused with every problem found."""
    try:
        return _read(definition).compiled
    except RuleSetProblems as problems:
        raise RuleSetRefused(str(problems)) from problems


def check_definition(definition: Mapping[str, Any]) -> CompiledRuleSet:
    """Compile a definition and run its examples; raise RuleSetRefused with every problem found."""
    compiled = compile_draft(definition)
    failures = _read(definition).failures
    if failures:
        raise RuleSetRefused("\n".join(str(failure) for failure in failures))
    return compiled


class _Reading:
    """A definition compiled, and its examples judged when somebody asks."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.compiled = compile_rule_set(definition)

    @cached_property
    def failures(self) -> tuple[ExampleFailure, ...]:
        """The examples that come out wrong."""
        return tuple(self.compiled.run_examples())


def _read(definition: Mapping[str, Any]) -> _Reading:
    """Compile a definition, or return what the same one came to a moment ago.

    The steps from a draft to a published version each look at the same few definitions.
    """
    try:
        return _read_once(json.dumps(definition))
    except (TypeError, ValueError):
        # Not a document that could be stored; what is wrong with it is told by compiling.
        return _Reading(definition)


@lru_cache(maxsize=4)
def _read_once(document: str) -> _Reading:
    return _Reading(json.loads(document))


@transaction.atomic
def approve(
    *, version: RuleSetVersion, by: Actor, now: datetime, digest: str | None = None
) -> RuleSetVersion:
    """Approve what was submitted; by somebody who did not write in it.

    `digest` names what the approver read: if something else lies there now, nothing is approved.
    """
    check_may(by, Permission.RULES_APPROVE)
    version = RuleSetVersion.objects.locked(version.pk, by)
    if digest is not None and digest != version.digest:
        message = (
            "This version was changed after you opened it. Nothing is approved: read it again."
        )
        raise VersionMovedOn(message)
    if by.user is None or by.user.pk in editors_of(version):
        message = "A version is approved by a person other than those who wrote it."
        raise ApproverIsDrafter(message)
    transitions.check_version(version.status, RuleSetStatus.APPROVED)
    set_fields(version, status=RuleSetStatus.APPROVED, approved_by=by.user, approved_at=now)
    audit.record(
        AuditEventType.RULE_SET_APPROVED, actor=by, at=now, target=version, digest=version.digest
    )
    return version


def editors_of(version: RuleSetVersion) -> set[UUID | None]:
    """Return the ids of everybody who wrote in a version."""
    written = VersionEditor.objects.filter(version=version).values_list("user_id", flat=True)
    return {version.drafted_by_id, *written}


@transaction.atomic
def publish(
    *,
    version: RuleSetVersion,
    by: Actor,
    now: datetime,
    review_on: date | None = None,
    replacing: UUID | None = None,
) -> RuleSetVersion:
    """Put an approved version in force and retire the one before it, in one step (ICO-10).

    It replaces the version that was in force when it was begun. If another one is by now, nothing
    happens unless `replacing` names that one: its changes would be undone by accident.
    """
    check_may(by, Permission.RULES_EDIT)
    if by.user is None:
        message = "Rules are put in force by a person."
        raise NotPermitted(message)
    RuleSet.objects.locked(version.rule_set_id, by)
    version = RuleSetVersion.objects.locked(version.pk, by)
    transitions.check_version(version.status, RuleSetStatus.PUBLISHED)
    check_replaces(version, replacing)
    return put_in_force(version=version, published_by=by.user, review_on=review_on, by=by, now=now)


def check_replaces(version: RuleSetVersion, replacing: UUID | None) -> None:
    """Raise unless what is in force, and what has a date, is what the version is meant to replace."""
    others = RuleSetVersion.objects.filter(rule_set_id=version.rule_set_id).exclude(pk=version.pk)
    dated = others.scheduled().first()
    if dated is not None and dated.effective_at is not None:
        message = (
            f"Version {dated.number} is set to come into force on {uk_datetime(dated.effective_at)}."
            " Take that date back first."
        )
        raise InvalidTransition(message)
    current = others.published().first()
    if current is not None and current.pk not in {version.replaces_id, replacing}:
        message = (
            f"Version {current.number} came into force after this version was begun, and its changes"
            " are not in here. Compare the two, then confirm that this one replaces it."
        )
        raise VersionMovedOn(message)


def put_in_force(
    *,
    version: RuleSetVersion,
    published_by: User,
    review_on: date | None,
    by: Actor,
    now: datetime,
) -> RuleSetVersion:
    """Publish a version and retire the one before it. Call with the rule set and version locked."""
    for earlier in RuleSetVersion.objects.published().filter(rule_set_id=version.rule_set_id):
        set_fields(earlier, status=RuleSetStatus.RETIRED, retired_at=now)
        audit.record(AuditEventType.RULE_SET_RETIRED, actor=by, at=now, target=earlier)
    set_fields(
        version,
        status=RuleSetStatus.PUBLISHED,
        published_by=published_by,
        published_at=now,
        review_on=review_on,
    )
    audit.record(AuditEventType.RULE_SET_PUBLISHED, actor=by, at=now, target=version)
    return version


def in_force(organisation_id: UUID, *, now: datetime) -> list[UUID]:
    """Return the ids of the organisation's published versions, but for those outside their dates."""
    published = RuleSetVersion.objects.of_organisation(organisation_id).published()
    ordered = published.order_by("published_at", "pk").values_list("pk", flat=True)
    today = timezone.localdate(now)
    return [pk for pk in ordered if period(pk).includes(today)]


def organisations_with_rules(*, now: datetime) -> set[UUID]:
    """Return the ids of the organisations that have a version in force."""
    published = RuleSetVersion.objects.published().values_list("pk", "organisation_id")
    today = timezone.localdate(now)
    return {organisation_id for pk, organisation_id in published if period(pk).includes(today)}


@lru_cache(maxsize=4096)
def period(version_id: UUID) -> Period:
    """Return the days on which a published version judges; read once by each process."""
    versions = RuleSetVersion.objects.filter(pk=version_id)
    return read_period(Reader(), versions.values_list("definition__in_force", flat=True).get(), "")


@lru_cache(maxsize=64)
def compiled(version_id: UUID) -> CompiledRuleSet:
    """Return the compiled version. Published versions never change, so each process compiles once."""
    definition = RuleSetVersion.objects.values_list("definition", flat=True).get(pk=version_id)
    return _read(definition).compiled


@lru_cache(maxsize=64)
def rule_set_of(version_id: UUID) -> UUID:
    """Return the id of the rule set that a version belongs to."""
    return RuleSetVersion.objects.values_list("rule_set_id", flat=True).get(pk=version_id)


@lru_cache(maxsize=64)
def rule_rows(version_id: UUID) -> Mapping[str, tuple[UUID, UUID]]:
    """Return, by rule key, the ids of the rule's row and of its clause."""
    rows = Rule.objects.filter(version_id=version_id).values_list("key", "pk", "clause_id")
    return {key: (rule_id, clause_id) for key, rule_id, clause_id in rows}


def digest_of(definition: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the definition in one canonical form."""
    canonical = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def set_fields(version: RuleSetVersion, **values: Any) -> None:
    """Set fields of a version and save these only."""
    for name, value in values.items():
        setattr(version, name, value)
    version.save(update_fields=[*values, "updated_at"])
