"""What an organisation counts with: minutes a case takes, and the precision it expects of a rule."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError
from moderation.models import MeasureSettings

# Reading a comment in its thread and deciding it, by the desk's own measurements of practised hands.
DEFAULT_MINUTES = Decimal("1.00")
MOST_MINUTES = Decimal("240.00")
# Below this most of what a rule flags is nothing.
DEFAULT_LOWEST_PRECISION = 50


class SettingsRefused(DomainError):
    """These numbers cannot be counted with."""

    code = "settings_refused"


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers in use."""

    minutes_per_case: Decimal = DEFAULT_MINUTES
    lowest_precision: int = DEFAULT_LOWEST_PRECISION
    is_default: bool = True


def settings_of(organisation_id: UUID) -> Settings:
    """Return what the organisation chose, or else the defaults."""
    chosen = MeasureSettings.objects.filter(organisation_id=organisation_id).first()
    if chosen is None:
        return Settings()
    return Settings(chosen.minutes_per_case, chosen.lowest_precision, is_default=False)


@transaction.atomic
def change(
    *, minutes_per_case: Decimal, lowest_precision: int, by: Actor, now: datetime
) -> Settings:
    """Choose the numbers for the organisation. Backtests that were begun keep theirs."""
    check_may(by, Permission.RULES_EDIT)
    if not 0 < minutes_per_case <= MOST_MINUTES:
        message = f"A case takes more than 0 and at most {MOST_MINUTES:.0f} minutes."
        raise SettingsRefused(message)
    if not 0 <= lowest_precision <= 100:
        message = "The lowest precision is between 0 and 100 per cent."
        raise SettingsRefused(message)
    row, _ = MeasureSettings.objects.update_or_create(
        organisation_id=by.organisation_id,
        defaults={"minutes_per_case": minutes_per_case, "lowest_precision": lowest_precision},
    )
    audit.record(
        AuditEventType.MEASURES_CHANGED,
        actor=by,
        at=now,
        target=row,
        minutes=str(minutes_per_case),
        lowest_precision=lowest_precision,
    )
    return Settings(minutes_per_case, lowest_precision, is_default=False)
