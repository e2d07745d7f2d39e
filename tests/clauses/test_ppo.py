"""The ombudsman's social media policy, clause by clause, through the real path."""

import pytest

from moderation.models import Queue
from tests.journeys.world import example, examples_by_clause, page

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def queue_key(case):
    return Queue.objects.get(pk=case.queue_id).key


@pytest.mark.clause("PPO-06")
def test_ppo_06_abuse_harassment_and_exposure_of_staff_are_told_apart_and_hidden(ppo, ada):
    texts = {group: text for group, _, text in examples_by_clause("ppo", "PPO-06")}
    comments = {group: ppo.writes(text, author=f"author-{group}") for group, text in texts.items()}
    ppo.arrives()

    cases = {group: ppo.case_of(comment) for group, comment in comments.items()}
    for case in cases.values():
        ppo.decides(ada, case, "hide", "PPO-06")
    ppo.delivers()

    assert set(texts) == {
        "abuse-of-staff", "discrimination", "personal-information", "harassment",
    }  # fmt: skip
    for group, comment in comments.items():
        assert any(clause == "PPO-06" for clause, _ in ppo.flags_of(comment)), group
        assert ppo.state(comment) == "hidden", group
        assert ppo.decision_event(cases[group]).clause == "PPO-06"


@pytest.mark.clause("PPO-07")
def test_ppo_07_defamation_fraud_deception_and_flame_baiting_are_told_apart(ppo, ada, sam):
    texts = {group: text for group, _, text in examples_by_clause("ppo", "PPO-07")}
    comments = {group: ppo.writes(text, author=f"author-{group}") for group, text in texts.items()}
    ppo.arrives()
    fraud, defamation = ppo.case_of(comments["fraud"]), ppo.case_of(comments["defamation"])

    ppo.decides(ada, fraud, "report", "PPO-07")
    ppo.decides(sam, defamation, "hide", "PPO-07")
    ppo.delivers()

    assert {"defamation", "fraud", "deception", "flame-baiting"} <= set(texts)
    for group, comment in comments.items():
        assert any(clause == "PPO-07" for clause, _ in ppo.flags_of(comment)), group
    assert queue_key(defamation) == "senior"
    assert ppo.acts(fraud) == [("hide", "verified"), ("report", "verified")]
    assert ppo.state(comments["defamation"]) == "hidden"


@pytest.mark.clause("PPO-09")
def test_ppo_09_a_threat_is_top_of_the_queue_and_reported_to_the_platform(ppo, ada):
    ppo.writes(example("ppo", "abuse-aimed"), author="al")
    comment = ppo.writes(example("ppo", "threat-direct"))
    ppo.arrives()
    case = ppo.case_of(comment)
    soup = page(ada, case)

    ppo.decides(ada, case, "report", "PPO-09")
    ppo.delivers()

    assert case.severity == "critical"
    assert queue_key(case) == "urgent"
    assert "Escalate to a senior reviewer Recommended" in " ".join(soup.get_text(" ").split())
    assert ppo.state(comment) == "hidden"
    assert ppo.acts(case) == [("hide", "verified"), ("report", "verified")]
    assert ppo.decision_event(case).clause == "PPO-09"


@pytest.mark.clause("PPO-09")
def test_ppo_09_a_threat_can_be_handed_to_a_senior_reviewer(ppo, ada, sam):
    comment = ppo.writes(example("ppo", "threat-veiled"))
    ppo.arrives()
    case = ppo.case_of(comment)

    ada.client.post(f"{case.get_absolute_url()}escalation/", {"reason": "Police matter."})
    ppo.decides(sam, case, "report", "PPO-09")
    ppo.delivers()

    case.refresh_from_db()
    assert queue_key(case) == "senior"
    assert "case.escalated" in ppo.audited(case)
    assert ppo.state(comment) == "hidden"


@pytest.mark.clause("PPO-02")
def test_ppo_02_an_individual_case_gets_the_way_to_contact_us_and_no_penalty(ppo, ada):
    comment = ppo.writes(example("ppo", "individual-case"))
    ppo.arrives()
    case = ppo.case_of(comment)

    ppo.decides(ada, case, "reply", message="We cannot comment on a case here. Please call us.")
    ppo.delivers()

    assert ("PPO-02", "individual-case") in ppo.flags_of(comment)
    assert case.recommend == "reply"
    assert queue_key(case) == "replies"
    assert ppo.state(comment) == "live"
    assert ppo.acts(case) == [("reply", "verified")]


@pytest.mark.clause("PPO-05")
def test_ppo_05_an_enquiry_can_be_reviewed_without_a_reply(ppo, ada):
    comment = ppo.writes(example("ppo", "enquiry"))
    request = ppo.writes(example("ppo", "information-request"), author="al")
    press = ppo.writes(example("ppo", "press-enquiry"), author="bo")
    ppo.arrives()
    case = ppo.case_of(comment)

    ppo.decides(ada, case, "no_reply")
    ppo.delivers()

    assert queue_key(case) == "replies"
    assert queue_key(ppo.case_of(request)) == "requests"
    assert queue_key(ppo.case_of(press)) == "press"
    assert "decision.recorded" in ppo.audited(case)
    assert ppo.outbox() == []


@pytest.mark.clause("PPO-10")
def test_ppo_10_an_inaccurate_claim_waits_for_a_correction_and_is_answered(ppo, ada):
    comment = ppo.writes(example("ppo", "inaccurate-claim"))
    ppo.arrives()
    case = ppo.case_of(comment)

    ppo.decides(ada, case, "reply", message="The Ombudsman is independent of the prison service.")
    ppo.delivers()

    assert queue_key(case) == "press"
    assert ppo.state(comment) == "live"
    assert ppo.acts(case) == [("reply", "verified")]
