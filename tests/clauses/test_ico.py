"""The data protection regulator's social media use policy, clause by clause, through the real path."""

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.models import Queue
from tests.factories.policies import publish
from tests.journeys.world import example, examples_by_clause, page, shipped
from tests.policies.packs.conftest import PENALTIES

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def queue_key(case):
    return Queue.objects.get(pk=case.queue_id).key


def clauses_of(world, comment):
    return {clause for clause, _ in world.flags_of(comment)}


@pytest.mark.clause("ICO-01")
def test_ico_01_bullying_harassment_discrimination_and_impersonation_are_told_apart(ico, ada):
    texts = {group: text for group, _, text in examples_by_clause("ico", "ICO-01")}
    comments = {group: ico.writes(text, author=f"author-{group}") for group, text in texts.items()}
    ico.arrives()
    case = ico.case_of(comments["impersonation"])

    ico.decides(ada, case, "report", "ICO-01")
    ico.delivers()

    assert set(texts) == {
        "bullying", "harassment", "discrimination", "impersonation", "fraud", "threats",
        "personal-information", "harm",
    }  # fmt: skip
    for group, comment in comments.items():
        assert "ICO-01" in clauses_of(ico, comment), group
    assert queue_key(case) == "staff"
    assert queue_key(ico.case_of(comments["threats"])) == "urgent"
    assert ico.acts(case) == [("hide", "verified"), ("report", "verified")]


@pytest.mark.clause("ICO-02")
def test_ico_02_a_disclosed_clearance_goes_to_information_security(ico, ada):
    disclosed = ico.writes(example("ico", "clearance-disclosed"))
    asked = ico.writes("Does this ICO role need SC clearance?", author="al")
    ico.arrives()
    case = ico.case_of(disclosed)

    ico.decides(ada, case, "hide", "ICO-02")
    ico.delivers()

    assert queue_key(case) == "security"
    assert case.severity == "high"
    assert ico.state(disclosed) == "hidden"
    assert "ICO-02" not in clauses_of(ico, asked)


@pytest.mark.clause("ICO-03")
def test_ico_03_party_politics_counts_when_it_is_linked_to_the_role(ico, ada):
    linked = ico.writes(example("ico", "party-politics-linked-to-role"))
    public = ico.writes("Every party buys our data, the Tories and the Greens alike", author="al")
    ico.arrives()
    case = ico.case_of(linked)

    ico.decides(ada, case, "hide", "ICO-03")
    ico.delivers()

    assert queue_key(case) == "staff"
    assert ico.state(linked) == "hidden"
    assert not ico.flags_of(public)


@pytest.mark.clause("ICO-03")
@pytest.mark.clause("PRE-03")
def test_ico_03_in_a_pre_election_period_campaigning_is_read_by_the_press_office_and_stays(
    ico, ada, cara, ben
):
    today = timezone.localdate()
    for key, first, last in (("over", -40, -1), ("running", -1, 40)):
        in_force = {
            "from": str(today + timedelta(days=first)),
            "until": str(today + timedelta(days=last)),
        }
        definition = {**shipped("pre-election"), "key": f"pre-election-{key}"}
        if key == "over":
            definition["clauses"] = [
                {**clause, "id": clause["id"].replace("PRE", "OLD")}
                for clause in definition["clauses"]
            ]
            definition["rules"] = [
                {**rule, "clause": rule["clause"].replace("PRE", "OLD")}
                for rule in definition["rules"]
            ]
            definition["groups"] = {
                name: {**group, "clause": group["clause"].replace("PRE", "OLD")}
                for name, group in definition["groups"].items()
            }
        publish(
            drafter=cara.actor,
            approver=ben.actor,
            now=timezone.now(),
            definition={**definition, "in_force": in_force},
        )
    comment = ico.writes(example("pre-election", "campaigning-under-our-post"))
    ico.arrives()
    case = ico.case_of(comment)

    ico.decides(ada, case, "no_reply")
    ico.delivers()

    assert clauses_of(ico, comment) == {"PRE-03"}
    assert queue_key(case) == "press"
    assert ico.state(comment) == "live"


@pytest.mark.clause("ICO-04")
def test_ico_04_a_leak_goes_to_information_security_and_a_case_in_public_gets_an_answer(ico, ada):
    leak = ico.writes(example("ico", "leak-from-inside"))
    own_case = ico.writes(example("ico", "case-in-public"), author="al")
    ico.arrives()
    case, answered = ico.case_of(leak), ico.case_of(own_case)

    ico.decides(ada, case, "hide", "ICO-04")
    ico.decides(ada, answered, "reply", message="Please contact us: we cannot discuss cases here.")
    ico.delivers()

    assert queue_key(case) == "security"
    assert ico.state(leak) == "hidden"
    assert queue_key(answered) == "replies"
    assert ico.state(own_case) == "live"
    assert ico.acts(answered) == [("reply", "verified")]


@pytest.mark.clause("ICO-06")
def test_ico_06_a_journalist_waits_for_the_press_office_and_nobody_else_answers(ico, ada):
    comment = ico.writes(example("ico", "press-enquiry"))
    ico.arrives()
    case = ico.case_of(comment)
    soup = page(ada, case)

    ico.decides(ada, case, "no_reply")
    ico.delivers()

    assert queue_key(case) == "press"
    assert soup.select_one("input[name=outcome][value=no_reply]")
    assert case.recommend == "no_reply"
    assert ico.state(comment) == "live"
    assert ico.outbox() == []


@pytest.mark.clause("ICO-07")
def test_ico_07_a_post_against_a_named_colleague_is_about_staff_and_can_be_handed_on(
    ico, ada, sam
):
    comment = ico.writes(example("ico", "abuse-named-staff"))
    ico.arrives()
    case = ico.case_of(comment)

    ada.client.post(
        f"{case.get_absolute_url()}escalation/", {"reason": "Her manager and People Services."}
    )
    ico.decides(sam, case, "report", "ICO-07")
    ico.delivers()

    assert queue_key(case) == "staff"
    assert case.severity == "high"
    assert "case.escalated" in ico.audited(case)
    assert ico.acts(case) == [("hide", "verified"), ("report", "verified")]


@pytest.mark.clause("ICO-08")
def test_ico_08_what_a_regulator_should_know_reaches_its_team_and_is_no_breach(ico, ada):
    told = ico.writes(example("ico", "intelligence"))
    requested = ico.writes(example("ico", "information-request"), author="al")
    complained = ico.writes(example("ico", "complaint-in-comment"), author="bo")
    corrected = ico.writes(example("ico", "says-we-are-wrong"), author="cy")
    ico.arrives()
    case = ico.case_of(told)

    ico.decides(ada, case, "reply", message="Thank you. Please report it with our online form.")
    ico.delivers()

    assert queue_key(case) == "intelligence"
    assert ico.state(told) == "live"
    assert queue_key(ico.case_of(requested)) == "requests"
    assert queue_key(ico.case_of(complained)) == "requests"
    assert queue_key(ico.case_of(corrected)) == "press"
    for comment in (told, requested, complained, corrected):
        assert ico.case_of(comment).recommend not in PENALTIES


@pytest.mark.clause("ICO-09")
def test_ico_09_what_a_machine_is_said_to_have_made_is_looked_at_and_not_punished(ico, ada):
    comment = ico.writes(example("ico", "suspected-machine-made"))
    ico.arrives()
    case = ico.case_of(comment)

    ico.decides(ada, case, "no_breach", reason="It is our own video.")
    ico.delivers()

    assert ("ICO-09", "suspected-machine-made") in ico.flags_of(comment)
    assert case.recommend == "no_breach"
    assert ico.state(comment) == "live"
