"""Somebody tells us about a comment (HMPPS-15)."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError
from moderation.enums import CaseOrigin, ReportSource
from moderation.models import Case, ContentItem, Report
from moderation.services import triage
from policies.enums import Severity


class ReportNeedsReason(DomainError):
    """A report says what is wrong."""

    code = "report_needs_reason"


@transaction.atomic
def file(
    *,
    item: ContentItem,
    reason: str,
    by: Actor,
    now: datetime,
    source: ReportSource,
    reporter: str = "",
) -> tuple[Report, Case]:
    """Attach a report to an item and make sure that a case is open about it.

    The same reporter telling us again about the same item is the same report, and opens no new case
    once that one is decided, unless the text has changed since.
    """
    check_may(by, Permission.REPORT_FILE)
    if not reason.strip():
        message = "Say what is wrong with the comment."
        raise ReportNeedsReason(message)
    item = ContentItem.objects.visible_to(by).select_for_update(no_key=True).get(pk=item.pk)
    existing = (
        Report.objects.filter(content_item=item, reporter=reporter).exclude(reporter="").first()
    )
    report = existing or Report.objects.create(
        organisation_id=item.organisation_id,
        content_item=item,
        source=source,
        reporter=reporter,
        reason=reason.strip(),
        received_at=now,
    )
    case = (_decided_on_this_text(item) if existing else None) or triage.open_for_item(
        item=item,
        text=item.current_revision.text if item.current_revision else "",
        origin=CaseOrigin.REPORT,
        headline="Reported to us",
        severity=Severity.MEDIUM,
        by=by,
        now=now,
    )
    if existing is None:
        audit.record(
            AuditEventType.REPORT_RECEIVED,
            actor=by,
            at=now,
            target=report,
            case_id=case.pk,
            reason=report.reason,
            source=source.value,
        )
    return report, case


def _decided_on_this_text(item: ContentItem) -> Case | None:
    """Return the newest case about an item if a decision on the current text stands in it."""
    newest = (
        Case.objects.filter(content_item=item)
        .select_related("standing_decision")
        .order_by("-pk")
        .first()
    )
    decision = newest.standing_decision if newest else None
    if decision is None or decision.revision_id != item.current_revision_id:
        return None
    return newest
