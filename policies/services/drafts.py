"""Drafts: begun from a version, changed part by part, sent for approval, taken back, discarded."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError, InvalidTransition, NotPermitted
from policies import transitions
from policies.editor import definition as edit
from policies.editor import findings
from policies.enums import NoteKind, RuleSetStatus
from policies.models import RuleSet, RuleSetVersion, VersionNote
from policies.services import rulesets
from policies.services.rulesets import RuleSetRefused, VersionMovedOn

Change = Callable[[dict[str, Any]], dict[str, Any]]
NEW = edit.digest_of(None)
"""What a part that is not there yet looks like to the check for changes made meanwhile."""


class PartMovedOn(VersionMovedOn):
    """Somebody saved the same rule or list meanwhile; nothing was saved."""

    code = "part_moved_on"


class ListInUse(DomainError):
    """Rules still use the list."""

    code = "list_in_use"


@transaction.atomic
def start(*, source: RuleSetVersion, by: Actor, now: datetime) -> RuleSetVersion:
    """Begin a draft as a copy of a version: the one in force, or an earlier one to go back to it."""
    _check_person(by)
    check_may(by, Permission.RULES_EDIT)
    rule_set = RuleSet.objects.locked(source.rule_set_id, by)
    source = RuleSetVersion.objects.locked(source.pk, by)
    compiled = rulesets.compile_draft(source.definition)
    rulesets.check_clauses(source.definition, by.organisation_id)
    return rulesets.create(
        rule_set=rule_set,
        definition=source.definition,
        compiled=compiled,
        by=by,
        now=now,
        replaces=RuleSetVersion.objects.published().filter(rule_set=rule_set).first(),
        based_on=source,
    )


@transaction.atomic
def take_in(
    *, rule_set: RuleSet, definition: Mapping[str, Any], by: Actor, now: datetime
) -> RuleSetVersion:
    """Begin a draft from a definition that came in a file. Its examples may still fail."""
    _check_person(by)
    check_may(by, Permission.RULES_EDIT)
    rule_set = RuleSet.objects.locked(rule_set.pk, by)
    compiled = rulesets.compile_draft(definition)
    rulesets.check_clauses(definition, by.organisation_id)
    return rulesets.create(
        rule_set=rule_set,
        definition=definition,
        compiled=compiled,
        by=by,
        now=now,
        replaces=RuleSetVersion.objects.published().filter(rule_set=rule_set).first(),
    )


def save_rule(
    *,
    version: RuleSetVersion,
    key: str,
    rule: edit.RuleNode,
    seen: str,
    by: Actor,
    now: datetime,
) -> RuleSetVersion:
    """Put a rule into a draft: in the place of the one with `key`, or as a new one without.

    `seen` is the digest of the rule as it was when editing began. Raises PartMovedOn where somebody
    else saved it meanwhile, RuleSetRefused where the rule cannot work.
    """
    stops = [
        finding.message for finding in findings.look(rule, version.definition) if finding.stops
    ]
    if stops:
        raise RuleSetRefused("\n".join(stops))

    def change(definition: dict[str, Any]) -> dict[str, Any]:
        taken = edit.rule_of(definition, rule["key"])
        if taken is not None and rule["key"] != key:
            message = f"Another rule has the key “{rule['key']}” already. Choose another name."
            raise RuleSetRefused(message)
        return edit.with_rule(definition, rule, key=key)

    verb = "changed" if key else "added"
    return _change(
        version, change, by=by, now=now, what=f"{verb} the rule “{rule['name']}”",
        seen=seen, part=lambda definition: edit.rule_of(definition, key) if key else None,
    )  # fmt: skip


def remove_rule(
    *, version: RuleSetVersion, key: str, seen: str, by: Actor, now: datetime
) -> RuleSetVersion:
    """Take a rule out of a draft."""
    rule = edit.rule_of(version.definition, key)
    name = rule["name"] if rule else key
    return _change(
        version, lambda definition: edit.without_rule(definition, key), by=by, now=now,
        what=f"removed the rule “{name}”",
        seen=seen, part=lambda definition: edit.rule_of(definition, key),
    )  # fmt: skip


def save_list(
    *,
    version: RuleSetVersion,
    section: str,
    key: str,
    node: edit.ListNode,
    seen: str,
    by: Actor,
    now: datetime,
) -> RuleSetVersion:
    """Put a list of words ("lists") or of people ("people") into a draft."""
    return _change(
        version, lambda definition: edit.with_list(definition, section, key, node), by=by, now=now,
        what=f"changed the list “{node.get('title', key)}”",
        seen=seen, part=lambda definition: (definition.get(section) or {}).get(key),
    )  # fmt: skip


def remove_list(
    *, version: RuleSetVersion, section: str, key: str, seen: str, by: Actor, now: datetime
) -> RuleSetVersion:
    """Take a list out of a draft; refused while a rule uses it."""

    def change(definition: dict[str, Any]) -> dict[str, Any]:
        users = edit.users_of(definition, section, key)
        if users:
            names = ", ".join(f"“{rule['name']}”" for rule in users)
            message = (
                f"This list cannot be removed: {names} {'uses' if len(users) == 1 else 'use'} it."
            )
            raise ListInUse(message)
        return edit.without_list(definition, section, key)

    return _change(
        version, change, by=by, now=now, what=f"removed the list “{key}”",
        seen=seen, part=lambda definition: (definition.get(section) or {}).get(key),
    )  # fmt: skip


@transaction.atomic
def _change(
    version: RuleSetVersion,
    change: Change,
    *,
    by: Actor,
    now: datetime,
    what: str,
    seen: str,
    part: Callable[[Mapping[str, Any]], object],
) -> RuleSetVersion:
    """Change a draft that nobody changed in the same place meanwhile; what does not work is refused."""
    _check_person(by)
    check_may(by, Permission.RULES_EDIT)
    version = RuleSetVersion.objects.locked(version.pk, by)
    if version.status != RuleSetStatus.DRAFT:
        raise InvalidTransition(_frozen(version))
    if edit.digest_of(part(version.definition)) != seen:
        message = "Somebody else saved this while you were editing it. Nothing was saved."
        raise PartMovedOn(message)
    definition = change(dict(version.definition))
    compiled = rulesets.compile_draft(definition)
    rulesets.check_clauses(definition, by.organisation_id)
    rulesets.set_fields(
        version,
        definition=definition,
        digest=rulesets.digest_of(definition),
        revision=version.revision + 1,
    )
    rulesets.note_editor(version=version, by=by, now=now)
    rulesets.write_rules(version=version, compiled=compiled)
    audit.record(
        AuditEventType.RULE_SET_CHANGED,
        actor=by,
        at=now,
        target=version,
        number=version.number,
        what=what,
        digest=version.digest,
    )
    return version


@transaction.atomic
def submit(
    *, version: RuleSetVersion, revision: int, summary: str, by: Actor, now: datetime
) -> RuleSetVersion:
    """Send a draft for approval. From now on it is frozen; its examples must come out as written."""
    user = _check_person(by)
    check_may(by, Permission.RULES_EDIT)
    version = RuleSetVersion.objects.locked(version.pk, by)
    transitions.check_version(version.status, RuleSetStatus.SUBMITTED)
    if version.revision != revision:
        message = "This draft was changed after you opened it. Nothing was sent: look at it again."
        raise VersionMovedOn(message)
    rulesets.check_definition(version.definition)
    check_findings(version.definition)
    if version.summary != summary:
        # What it says of itself is part of what is approved.
        rulesets.set_fields(version, summary=summary)
    rulesets.note_editor(version=version, by=by, now=now)
    rulesets.set_fields(
        version, status=RuleSetStatus.SUBMITTED, submitted_by=user, submitted_at=now
    )
    audit.record(
        AuditEventType.RULE_SET_SUBMITTED,
        actor=by,
        at=now,
        target=version,
        reason=summary,
        digest=version.digest,
    )
    return version


def check_findings(definition: Mapping[str, Any]) -> None:
    """Raise RuleSetRefused if a rule contradicts itself, so that it could never match or always does."""
    for rule in definition["rules"]:
        _check_can_match(rule)


def _check_can_match(rule: edit.RuleNode) -> None:
    stops = [finding.message for finding in findings.contradictions(rule)]
    if stops:
        raise RuleSetRefused(f"“{rule['name']}”: {' '.join(stops)}")


@transaction.atomic
def back_to_draft(
    *, version: RuleSetVersion, reason: str, by: Actor, now: datetime
) -> RuleSetVersion:
    """Open a version that is in review or approved for changes again, with a reason.

    Its editors take it back; whoever may approve sends it back. An approval and a date end with it.
    """
    user = _check_person(by)
    version = RuleSetVersion.objects.locked(version.pk, by)
    is_editor = user.pk in rulesets.editors_of(version)
    check_may(by, Permission.RULES_EDIT if is_editor else Permission.RULES_APPROVE)
    transitions.check_version(version.status, RuleSetStatus.DRAFT)
    rulesets.set_fields(
        version,
        status=RuleSetStatus.DRAFT,
        submitted_by=None,
        submitted_at=None,
        approved_by=None,
        approved_at=None,
        effective_at=None,
        scheduled_by=None,
        revision=version.revision + 1,
    )
    kind = NoteKind.WITHDRAWN if is_editor else NoteKind.RETURNED
    VersionNote.objects.create(
        organisation_id=version.organisation_id,
        version=version,
        kind=kind,
        written_by=user,
        written_at=now,
        text=reason,
    )
    audit.record(
        AuditEventType.RULE_SET_RETURNED,
        actor=by,
        at=now,
        target=version,
        reason=reason,
        how=kind.value,
    )
    return version


@transaction.atomic
def discard(*, version: RuleSetVersion, reason: str, by: Actor, now: datetime) -> RuleSetVersion:
    """Put a draft aside for good. It stays readable."""
    _check_person(by)
    check_may(by, Permission.RULES_EDIT)
    version = RuleSetVersion.objects.locked(version.pk, by)
    transitions.check_version(version.status, RuleSetStatus.DISCARDED)
    rulesets.set_fields(version, status=RuleSetStatus.DISCARDED)
    audit.record(
        AuditEventType.RULE_SET_DISCARDED, actor=by, at=now, target=version, reason=reason
    )
    return version


@transaction.atomic
def comment(
    *, version: RuleSetVersion, text: str, by: Actor, now: datetime, rule_key: str = ""
) -> VersionNote:
    """Say something about a version, or about one of its rules, to whoever works on it."""
    user = _check_person(by)
    if not (by.may(Permission.RULES_EDIT) or by.may(Permission.RULES_APPROVE)):
        message = "Your role does not include commenting on rules."
        raise NotPermitted(message)
    version = RuleSetVersion.objects.locked(version.pk, by)
    note = VersionNote.objects.create(
        organisation_id=version.organisation_id,
        version=version,
        rule_key=rule_key if edit.rule_of(version.definition, rule_key) else "",
        written_by=user,
        written_at=now,
        text=text,
    )
    audit.record(
        AuditEventType.RULE_SET_COMMENTED,
        actor=by,
        at=now,
        target=version,
        reason=text,
        rule=note.rule_key,
    )
    return note


def _check_person(by: Actor) -> Any:
    if by.user is None:
        message = "Rules are written and approved by people."
        raise NotPermitted(message)
    return by.user


def _frozen(version: RuleSetVersion) -> str:
    label = RuleSetStatus(version.status).label.lower()
    return (
        f"Version {version.number} is {label} by now, so it cannot be changed. Nothing was saved."
    )
