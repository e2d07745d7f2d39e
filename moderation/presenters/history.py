"""What happened to a case, from its audit events."""

from collections.abc import Iterable

from audit import presenters as audit
from audit.enums import ActorKind, AuditEventType
from audit.models import AuditEvent
from common import shown as text
from common.page import Happening, iso
from common.when import uk_datetime


def timeline(events: Iterable[AuditEvent]) -> tuple[Happening, ...]:
    """Present events in the order given."""
    return tuple(_happening(event) for event in events)


def _happening(event: AuditEvent) -> Happening:
    words = audit.phrase(event)
    # The case was opened because of a clause; what a person does rests on one.
    under = event.clause if event.type != AuditEventType.CASE_OPENED else ""
    return Happening(
        title=words[:1].upper() + words[1:] + (f" under {under}" if under else ""),
        by="" if event.actor_kind == ActorKind.SYSTEM else audit.actor(event),
        when=uk_datetime(event.at),
        when_iso=iso(event.at),
        text=text.one_line(event.reason or str(event.data.get("note") or "")),
    )
