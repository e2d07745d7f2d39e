"""Rule sets: draft, approve, publish, retire; and the compiled version in force."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError, InvalidTransition, NotPermitted
from policies.engine import CompiledRuleSet, RuleSetProblems, compile_rule_set
from policies.engine.explain import sentence
from policies.engine.period import Period, read_period
from policies.engine.reading import Reader
from policies.enums import RuleSetStatus
from policies.models import Clause, Rule, RuleSet, RuleSetVersion


class RuleSetRefused(DomainError):
    """The definition has problems; the message lists them."""

    code = "rule_set_refused"


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
    rule_set = _locked_rule_set(rule_set.pk, by)
    compiled = check_definition(definition)
    clauses = {
        clause.reference: clause
        for clause in Clause.objects.filter(organisation_id=by.organisation_id, is_current=True)
    }
    missing = sorted({rule["clause"] for rule in definition["rules"]} - clauses.keys())
    if missing:
        message = f"These clauses are not known: {', '.join(missing)}."
        raise RuleSetRefused(message)

    last = rule_set.versions.aggregate(last=Max("number"))["last"] or 0
    version = RuleSetVersion.objects.create(
        organisation_id=by.organisation_id,
        rule_set=rule_set,
        number=last + 1,
        definition=definition,
        digest=digest_of(definition),
        drafted_by=by.user,
        drafted_at=now,
    )
    Rule.objects.bulk_create(
        Rule(
            organisation_id=by.organisation_id,
            version=version,
            clause=clauses[rule["clause"]],
            key=rule["key"],
            name=rule["name"],
            group=rule["group"],
            severity=rule["severity"],
            recommend=rule["recommend"],
            human_required=rule.get("human_required", True),
            route=rule.get("route") or "",
            because=rule["because"],
            sentence=sentence(rule["when"], definition),
        )
        for rule in definition["rules"]
    )
    audit.record(
        AuditEventType.RULE_SET_DRAFTED,
        actor=by,
        at=now,
        target=version,
        number=version.number,
        digest=version.digest,
        rules=len(compiled.rules),
    )
    return version


def check_definition(definition: Mapping[str, Any]) -> CompiledRuleSet:
    """Compile a definition and run its examples; raise RuleSetRefused with every problem found."""
    try:
        compiled = compile_rule_set(definition)
    except RuleSetProblems as problems:
        raise RuleSetRefused(str(problems)) from problems
    failures = compiled.run_examples()
    if failures:
        raise RuleSetRefused("\n".join(str(failure) for failure in failures))
    return compiled


@transaction.atomic
def approve(*, version: RuleSetVersion, by: Actor, now: datetime) -> RuleSetVersion:
    """Approve a draft; by somebody other than who wrote it."""
    check_may(by, Permission.RULES_APPROVE)
    version = _locked(version, by)
    if version.status != RuleSetStatus.DRAFT:
        message = "Only a draft can be approved."
        raise InvalidTransition(message)
    if by.user is None or version.drafted_by_id == by.user.pk:
        message = "A version is approved by a person other than the one who wrote it."
        raise ApproverIsDrafter(message)
    version.status = RuleSetStatus.APPROVED
    version.approved_by, version.approved_at = by.user, now
    version.save()
    audit.record(AuditEventType.RULE_SET_APPROVED, actor=by, at=now, target=version)
    return version


@transaction.atomic
def publish(
    *, version: RuleSetVersion, by: Actor, now: datetime, review_on: date | None = None
) -> RuleSetVersion:
    """Put an approved version in force and retire the one before it, in one step (ICO-10)."""
    check_may(by, Permission.RULES_EDIT)
    if by.user is None:
        message = "Rules are put in force by a person."
        raise NotPermitted(message)
    _locked_rule_set(version.rule_set_id, by)
    version = _locked(version, by)
    if version.status != RuleSetStatus.APPROVED:
        message = "Only an approved version can be published."
        raise InvalidTransition(message)
    for earlier in RuleSetVersion.objects.published().filter(rule_set_id=version.rule_set_id):
        earlier.status, earlier.retired_at = RuleSetStatus.RETIRED, now
        earlier.save()
        audit.record(AuditEventType.RULE_SET_RETIRED, actor=by, at=now, target=earlier)
    version.status = RuleSetStatus.PUBLISHED
    version.published_by, version.published_at = by.user, now
    version.review_on = review_on
    version.save()
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
    return compile_rule_set(definition)


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


def _locked_rule_set(pk: UUID, by: Actor) -> RuleSet:
    return RuleSet.objects.select_for_update(no_key=True).get(
        pk=pk, organisation_id=by.organisation_id
    )


def _locked(version: RuleSetVersion, by: Actor) -> RuleSetVersion:
    return RuleSetVersion.objects.select_for_update(of=("self",)).get(
        pk=version.pk, organisation_id=by.organisation_id
    )
