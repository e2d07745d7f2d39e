"""The social media policy of two police forces, clause by clause, through the real path."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.models import Flag, Queue
from tests.factories.policies import publish
from tests.journeys.world import example, examples_by_clause, page, shipped, words

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def queue_key(case):
    return Queue.objects.get(pk=case.queue_id).key


@pytest.mark.clause("SXP-07")
def test_sxp_07_protected_identities_tactics_and_contempt_go_to_legal_review(police, ada, sam):
    texts = {group: text for group, _, text in examples_by_clause("police", "SXP-07")}
    comments = {
        group: police.writes(text, author=f"author-{group}") for group, text in texts.items()
    }
    police.arrives()
    case = police.case_of(comments["identity"])

    refused = police.decides(ada, case, "hide", "SXP-07")
    police.decides(sam, case, "hide", "SXP-07")
    police.delivers()

    assert set(texts) == {"identity", "tactics", "contempt"}
    for group, comment in comments.items():
        assert any(clause == "SXP-07" for clause, _ in police.flags_of(comment)), group
        assert queue_key(police.case_of(comment)) == "senior", group
    assert case.severity == "critical"
    assert refused.status_code == 403
    assert police.state(comments["identity"]) == "hidden"


@pytest.mark.clause("SXP-07")
@pytest.mark.clause("ACT-01")
@pytest.mark.clause("ACT-02")
@pytest.mark.clause("ACT-03")
def test_sxp_07_while_a_case_is_active_its_names_are_watched_and_afterwards_they_are_not(
    police, cara, ben, sam
):
    today = timezone.localdate()
    definition = {
        **shipped("active-proceedings"),
        "in_force": {"from": str(today - timedelta(days=1)), "until": str(today)},
    }
    version = publish(
        drafter=cara.actor, approver=ben.actor, now=timezone.now(), definition=definition
    )
    prejudged = police.writes(example("active-proceedings", "prejudges-the-accused"))
    protected = police.writes(example("active-proceedings", "protected-person-named"), author="al")
    mentioned = police.writes(example("active-proceedings", "case-mentioned"), author="bo")
    police.arrives()
    case = police.case_of(prejudged)

    police.decides(sam, case, "hide", "ACT-01")
    police.delivers()

    assert ("ACT-01", "prejudges-the-accused") in police.flags_of(prejudged)
    assert ("ACT-02", "protected-person-named") in police.flags_of(protected)
    assert {clause for clause, _ in police.flags_of(mentioned)} == {"ACT-03"}
    assert police.case_of(mentioned).recommend == "no_breach"
    assert queue_key(case) == queue_key(police.case_of(protected)) == "senior"
    assert police.state(prejudged) == "hidden"
    assert police.state(mentioned) == "live"
    assert Flag.objects.filter(rule__version=version).exists()


@pytest.mark.clause("SXP-08")
def test_sxp_08_a_call_for_help_is_first_in_line_and_answered_with_999(police, ada):
    police.writes(example("police", "threat-veiled"), author="al")
    comment = police.writes(example("police", "call-for-help"))
    crime = police.writes(example("police", "crime-report"), author="bo")
    seen = police.writes(example("police", "community-intelligence"), author="cy")
    police.arrives()
    case = police.case_of(comment)
    soup = page(ada, case)

    police.decides(
        ada, case, "reply", message="Please call 999 now. We have told our control room."
    )
    police.delivers()

    assert case.severity == "critical"
    assert case.recommend == "reply"
    assert queue_key(case) == "urgent"
    assert "call 999" in words(soup)
    assert "101" in words(page(ada, police.case_of(crime)))
    assert queue_key(police.case_of(crime)) == queue_key(police.case_of(seen)) == "contact"
    assert police.case_of(crime).recommend == police.case_of(seen).recommend == "reply"
    assert police.state(comment) == "live"
    assert police.acts(case) == [("reply", "verified")]


@pytest.mark.clause("SXP-09")
def test_sxp_09_each_kind_of_unacceptable_material_is_a_group_of_its_own(police, ada):
    texts = {group: text for group, _, text in examples_by_clause("police", "SXP-09")}
    link = police.writes("https://onlyfans.com/example", author="link")
    comments = {
        group: police.writes(text, author=f"author-{group}") for group, text in texts.items()
    }
    police.arrives()
    case = police.case_of(link)

    police.decides(ada, case, "hide", "SXP-09")
    police.delivers()

    assert set(texts) == {
        "pornographic", "offensive", "criminal", "threats", "discriminatory", "defamatory",
        "confidential", "privacy", "copyright", "corrections",
    }  # fmt: skip
    for group, comment in comments.items():
        assert any(clause == "SXP-09" for clause, _ in police.flags_of(comment)), group
    assert ("SXP-09", "pornographic-link") in police.flags_of(link)
    assert police.state(link) == "hidden"


@pytest.mark.clause("SXP-10")
def test_sxp_10_a_report_about_our_own_people_reaches_professional_standards(police, ada):
    comment = police.writes(example("police", "conduct-of-our-people"))
    complaint = police.writes(example("police", "complaint-in-comment"), author="al")
    police.arrives()
    case = police.case_of(comment)

    police.decides(ada, case, "reply", message="Thank you. Professional Standards has this now.")
    police.delivers()

    assert queue_key(case) == "standards"
    assert case.recommend == "reply"
    assert police.state(comment) == "live"
    assert queue_key(police.case_of(complaint)) == "requests"
