"""When versions count: from a date, until they are retired, and when somebody looks at them again (ICO-10)."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import actors
from accounts.actors import Actor
from accounts.enums import Permission
from accounts.models import Membership, User
from accounts.permissions import check_may
from accounts.roles import permissions_of
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError, InvalidTransition, NotPermitted
from common.when import uk_datetime
from policies import transitions
from policies.enums import RuleSetStatus
from policies.models import RuleSet, RuleSetVersion
from policies.services import rulesets


class DateRefused(DomainError):
    """The date cannot be used."""

    code = "date_refused"


@transaction.atomic
def schedule(
    *,
    version: RuleSetVersion,
    effective_at: datetime,
    by: Actor,
    now: datetime,
    review_on: date | None = None,
    replacing: UUID | None = None,
) -> RuleSetVersion:
    """Let an approved version come into force at a moment to come. A bell puts it in force then."""
    check_may(by, Permission.RULES_EDIT)
    if by.user is None:
        message = "Rules are put in force by a person."
        raise NotPermitted(message)
    if effective_at <= now:
        message = "Choose a moment that is still to come, or publish it now."
        raise DateRefused(message)
    RuleSet.objects.locked(version.rule_set_id, by)
    version = RuleSetVersion.objects.locked(version.pk, by)
    transitions.check_version(version.status, RuleSetStatus.PUBLISHED)
    rulesets.check_replaces(version, replacing)
    rulesets.set_fields(
        version, effective_at=effective_at, scheduled_by=by.user, review_on=review_on
    )
    audit.record(
        AuditEventType.RULE_SET_SCHEDULED,
        actor=by,
        at=now,
        target=version,
        effective=uk_datetime(effective_at),
    )
    return version


@transaction.atomic
def unschedule(*, version: RuleSetVersion, by: Actor, now: datetime) -> RuleSetVersion:
    """Take back the date on which an approved version comes into force."""
    check_may(by, Permission.RULES_EDIT)
    version = RuleSetVersion.objects.locked(version.pk, by)
    if version.status != RuleSetStatus.APPROVED or version.effective_at is None:
        message = "No date is set for this version."
        raise InvalidTransition(message)
    rulesets.set_fields(version, effective_at=None, scheduled_by=None)
    audit.record(AuditEventType.RULE_SET_UNSCHEDULED, actor=by, at=now, target=version)
    return version


def due(now: datetime) -> list[UUID]:
    """Return the versions whose date has come, the earliest first."""
    dated = RuleSetVersion.objects.scheduled().filter(effective_at__lte=now)
    return list(dated.order_by("effective_at", "pk").values_list("pk", flat=True))


@transaction.atomic
def put_in_force(version_id: UUID, *, now: datetime) -> bool:
    """Put a version in force whose date has come; False where that was done, or taken back, meanwhile."""
    found = RuleSetVersion.objects.filter(pk=version_id).select_related("scheduled_by").first()
    if found is None:
        return False
    by = actors.system(found.organisation_id)
    RuleSet.objects.locked(found.rule_set_id, by)
    version = RuleSetVersion.objects.locked(found.pk, by)
    is_due = version.effective_at is not None and version.effective_at <= now
    if version.status != RuleSetStatus.APPROVED or not is_due or version.scheduled_by is None:
        return False
    rulesets.put_in_force(
        version=version,
        published_by=version.scheduled_by,
        review_on=version.review_on,
        by=by,
        now=now,
    )
    return True


@transaction.atomic
def retire(*, version: RuleSetVersion, reason: str, by: Actor, now: datetime) -> RuleSetVersion:
    """Take a version out of force without another in its place: from now on these rules judge nothing."""
    check_may(by, Permission.RULES_APPROVE)
    if by.user is None:
        message = "Rules are taken out of force by a person."
        raise NotPermitted(message)
    RuleSet.objects.locked(version.rule_set_id, by)
    version = RuleSetVersion.objects.locked(version.pk, by)
    transitions.check_version(version.status, RuleSetStatus.RETIRED)
    rulesets.set_fields(version, status=RuleSetStatus.RETIRED, retired_at=now)
    audit.record(AuditEventType.RULE_SET_RETIRED, actor=by, at=now, target=version, reason=reason)
    return version


@transaction.atomic
def record_review(
    *, version: RuleSetVersion, review_on: date, reason: str, by: Actor, now: datetime
) -> RuleSetVersion:
    """Note that somebody looked at the rules in force, and when they are looked at next (ICO-10)."""
    check_may(by, Permission.RULES_EDIT)
    if review_on <= timezone.localdate(now):
        message = "Choose a day that is still to come."
        raise DateRefused(message)
    version = RuleSetVersion.objects.locked(version.pk, by)
    if version.status != RuleSetStatus.PUBLISHED:
        message = "Only the version in force is reviewed."
        raise InvalidTransition(message)
    rulesets.set_fields(version, review_on=review_on)
    audit.record(
        AuditEventType.RULE_SET_REVIEWED,
        actor=by,
        at=now,
        target=version,
        reason=reason,
        review_on=review_on.isoformat(),
    )
    return version


def reviews_due(*, by: Actor, now: datetime) -> Sequence[RuleSetVersion]:
    """Return the versions in force whose review day has come, for whoever may do something about it."""
    if not by.may(Permission.RULES_READ):
        return ()
    published = RuleSetVersion.objects.visible_to(by).published()
    return list(
        published.filter(review_on__lte=timezone.localdate(now))
        .select_related("rule_set__owner")
        .defer("definition")
        .order_by("review_on", "pk")
    )


@transaction.atomic
def change_owner(
    *, rule_set: RuleSet, owner: User, reason: str, by: Actor, now: datetime
) -> RuleSet:
    """Give a rule set to somebody who may edit rules."""
    check_may(by, Permission.RULES_EDIT)
    rule_set = RuleSet.objects.locked(rule_set.pk, by)
    if owner not in possible_owners(by):
        message = f"{owner} cannot own rules: their role does not include editing them."
        raise NotPermitted(message)
    rule_set.owner = owner
    rule_set.save(update_fields=["owner", "updated_at"])
    audit.record(
        AuditEventType.RULE_SET_OWNER_CHANGED,
        actor=by,
        at=now,
        target=rule_set,
        reason=reason,
        owner=owner.name,
    )
    return rule_set


def possible_owners(by: Actor) -> list[User]:
    """Return the people of the organisation who may edit rules, by name."""
    current = (
        Membership.objects.current()
        .filter(organisation_id=by.organisation_id, user__is_active=True)
        .select_related("user")
    )
    people = {
        entry.user for entry in current if Permission.RULES_EDIT in permissions_of([entry.role])
    }
    return sorted(people, key=lambda person: (person.name.casefold(), str(person.pk)))
