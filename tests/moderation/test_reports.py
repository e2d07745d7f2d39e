"""Somebody tells us about a comment: once, again, and after it was decided."""

import pytest

from moderation.enums import ReportSource
from moderation.models import Case, Report
from moderation.services import decisions, reports
from policies.enums import Outcome
from tests.builders import an_item, comments_arrive, items_arrive

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(ada, now):
    """Report a comment, by the same person each time."""

    def report(item, reporter="bob"):
        _, case = reports.file(
            item=item,
            reason="Rude.",
            by=ada.actor,
            now=now,
            source=ReportSource.PUBLIC,
            reporter=reporter,
        )
        return case

    return report


@pytest.fixture
def item(channel, queues, published, now):
    """A comment that no rule flags."""
    (item,) = comments_arrive(channel, "Good morning", now=now, external_id="x1")
    return item


def decide(case, member, now):
    """Decide that the comment is fair."""
    ruling = decisions.Ruling(Outcome.NO_BREACH, "Fair comment.", f"key-{case.pk}")
    decisions.record(case=case, by=member.actor, ruling=ruling, now=now)


def test_report_repeated_after_a_decision_opens_no_new_case(item, tell, ada, now):
    case = tell(item)
    decide(case, ada, now)

    assert tell(item) == case

    assert Case.objects.count() == Report.objects.count() == 1


def test_report_repeated_after_an_edit_opens_a_new_case(item, tell, channel, ada, now):
    case = tell(item)
    decide(case, ada, now)
    items_arrive(channel, an_item("Good evening", external_id="x1"), now=now)

    assert tell(item) != case

    assert Case.objects.waiting().get().excerpt == "Good evening"


def test_report_by_somebody_else_after_a_decision_opens_a_new_case(item, tell, ada, now):
    case = tell(item)
    decide(case, ada, now)

    assert tell(item, reporter="carol") != case

    assert Report.objects.count() == 2
