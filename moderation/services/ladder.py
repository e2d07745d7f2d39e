"""When an author may be blocked: after a delivered warning, or at once under a zero-tolerance clause."""

from common.errors import DomainError
from moderation.models import Author, EnforcementAction
from policies.models import Clause


class WarningNotDelivered(DomainError):
    """HMPPS-14: no block without a delivered warning that highlights the guidelines."""

    code = "warning_not_delivered"


def delivered_warnings(author: Author) -> int:
    """Return how many standing warnings verifiably reached the author."""
    return (
        EnforcementAction.objects.delivered_warnings()
        .filter(organisation_id=author.organisation_id, author=author)
        .count()
    )


def check_may_block(author: Author, clause: Clause | None) -> None:
    """Raise WarningNotDelivered unless the author was warned or the clause has zero tolerance."""
    if clause is not None and clause.is_zero_tolerance:
        return
    if delivered_warnings(author) == 0:
        message = (
            f"{author} has not been warned yet. A block needs a delivered warning first (HMPPS-14),"
            " unless the clause has zero tolerance. Choose “Hide and warn the author”."
        )
        raise WarningNotDelivered(message)
