"""HMPPS's social media use policy, clause by clause, through the real path.

Each test lets a comment arrive from a platform that really serves, has the shipped rules judge it,
a person act on the page, and looks at what reached the platform and the record.
"""

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from moderation.enums import CaseStatus
from moderation.models import Case, Queue
from platforms.enums import ContentKind
from tests.builders import an_item, items_arrive
from tests.journeys.world import example, examples_by_clause, page, words
from tests.moderation.views.conftest import words as said

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def outcome(soup, value):
    """Return what the form says of an outcome, and whether it can be chosen."""
    control = soup.select_one(f"input[name=outcome][value={value}]")
    sentence = soup.select_one(f"#outcome-{value}-what").get_text(" ")
    return " ".join(sentence.split()), not control.has_attr("disabled")


def recommended(soup):
    """Return what the page recommends."""
    label = soup.select_one("label:has(.app-outcome__advice)")
    return soup.select_one(f"#{label['for']}")["value"] if label else ""


def queue_key(case):
    return Queue.objects.get(pk=case.queue_id).key


@pytest.mark.clause("HMPPS-01")
def test_hmpps_01_a_channel_brings_comments_in_takes_actions_out_and_says_when_it_was_read(
    hmpps, ada
):
    comment = hmpps.writes(example("hmpps", "profane"))
    hmpps.arrives()
    case = hmpps.case_of(comment)
    hmpps.decides(ada, case, "hide", "HMPPS-05")
    hmpps.delivers()

    channel = hmpps.channels["careers"]
    channel.refresh_from_db()
    assert hmpps.state(comment) == "hidden"
    assert channel.last_synced_at is not None
    assert channel.failures == 0
    assert "Careers" in said(ada.client.get(reverse("platforms:channel_list")))


@pytest.mark.clause("HMPPS-02")
def test_hmpps_02_a_question_waits_for_a_reply_and_is_no_breach(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "question-needs-reply"))
    hmpps.arrives()
    case = hmpps.case_of(comment)
    soup = page(ada, case)

    hmpps.decides(ada, case, "reply", message="You can book a visit on our website.")
    hmpps.delivers()

    assert queue_key(case) == "replies"
    assert recommended(soup) == "reply"
    assert hmpps.state(comment) == "live"
    assert hmpps.acts(case) == [("reply", "verified")]
    assert "decision.recorded" in hmpps.audited(case)


@pytest.mark.clause("HMPPS-03")
@pytest.mark.parametrize(
    ("chosen", "state", "acts"),
    [
        ("hide", "hidden", [("hide", "verified")]),
        ("delete", "deleted", [("delete", "verified")]),
        ("report", "hidden", [("hide", "verified"), ("report", "verified")]),
    ],
)
def test_hmpps_03_a_breach_is_hidden_deleted_or_reported(hmpps, ada, chosen, state, acts):
    comment = hmpps.writes(example("hmpps", "profane"))
    hmpps.arrives()
    case = hmpps.case_of(comment)

    hmpps.decides(ada, case, chosen, "HMPPS-05")
    hmpps.delivers()

    assert hmpps.state(comment) == state
    assert hmpps.acts(case) == acts
    assert hmpps.decision_event(case).clause == "HMPPS-05"


@pytest.mark.clause("HMPPS-04")
def test_hmpps_04_discrimination_gets_its_author_blocked_at_once_on_every_channel(hmpps, ada):
    hmpps.open_channel("probation")
    hmpps.writes("Good morning all", on="probation")
    comment = hmpps.writes(example("hmpps", "discriminatory-slur"))
    hmpps.arrives()
    case = hmpps.case_of(comment)
    soup = page(ada, case)

    response = hmpps.decides(ada, case, "block", "HMPPS-04")
    hmpps.delivers()

    sentence, can_be_chosen = outcome(soup, "block")
    assert recommended(soup) == "block"
    assert can_be_chosen
    assert "Blocks the author on Careers and Probation." in sentence
    assert response.status_code == 302
    assert hmpps.is_blocked("kim", on="careers")
    assert hmpps.is_blocked("kim", on="probation")
    assert hmpps.decision_event(case).clause == "HMPPS-04"
    assert "Blocks in force 2" in words(page(ada, case))


@pytest.mark.clause("HMPPS-05")
def test_hmpps_05_each_of_the_eight_terms_is_a_group_of_its_own(hmpps, ada):
    texts = {group: text for group, _, text in examples_by_clause("hmpps", "HMPPS-05")}
    comments = {
        group: hmpps.writes(text, author=f"author-{group}") for group, text in texts.items()
    }
    hmpps.arrives()

    flagged = {
        group: {rule for clause, rule in hmpps.flags_of(comment) if clause == "HMPPS-05"}
        for group, comment in comments.items()
    }
    case = hmpps.case_of(comments["obscene"])
    hmpps.decides(ada, case, "hide", "HMPPS-05")
    hmpps.delivers()

    assert set(texts) == {
        "obscene", "inflammatory", "harassing", "hateful", "threatening", "profane",
        "personally-abusive",
    }  # fmt: skip
    # The eighth, discriminatory, has a clause of its own: HMPPS-04.
    assert all(flagged.values())
    assert hmpps.state(comments["obscene"]) == "hidden"


@pytest.mark.clause("HMPPS-06")
def test_hmpps_06_disrespect_is_a_lower_matter_for_a_persons_judgement(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "disrespectful-dismissive"))
    hmpps.arrives()
    case = hmpps.case_of(comment)

    hmpps.decides(ada, case, "no_breach", reason="Rude, but fair.")
    hmpps.delivers()

    assert ("HMPPS-06", "disrespectful-dismissive") in hmpps.flags_of(comment)
    assert case.severity == "low"
    assert case.status == CaseStatus.WAITING
    assert hmpps.state(comment) == "live"
    assert hmpps.outbox() == []


@pytest.mark.clause("HMPPS-07")
def test_hmpps_07_an_attack_on_a_featured_person_is_graver_than_one_on_anybody(hmpps, ada):
    anybody = hmpps.writes(example("hmpps", "personal-attack-appearance"), author="al")
    featured = hmpps.writes(example("hmpps", "personal-attack-featured-staff"), author="bo")
    hmpps.arrives()
    case = hmpps.case_of(featured)

    hmpps.decides(ada, case, "hide", "HMPPS-07")
    hmpps.delivers()

    assert hmpps.case_of(anybody).severity == "medium"
    assert case.severity == "high"
    assert case.rank < hmpps.case_of(anybody).rank
    assert queue_key(case) == "staff"
    assert hmpps.state(featured) == "hidden"


@pytest.mark.clause("HMPPS-08")
def test_hmpps_08_an_accusation_against_a_named_person_goes_to_senior_review(hmpps, ada, sam):
    comment = hmpps.writes(example("hmpps", "defamation-named-person"))
    hmpps.arrives()
    case = hmpps.case_of(comment)

    refused = hmpps.decides(ada, case, "hide", "HMPPS-08")
    hmpps.decides(sam, case, "hide", "HMPPS-08")
    hmpps.delivers()

    assert ("HMPPS-08", "defamation-named-person") in hmpps.flags_of(comment)
    assert queue_key(case) == "senior"
    assert refused.status_code == 403
    assert hmpps.state(comment) == "hidden"
    assert AuditEvent.objects.of_case(case.pk).filter(actor_label="Sam").exists()


@pytest.mark.clause("HMPPS-09")
def test_hmpps_09_detail_of_self_harm_is_urgent_and_hidden_without_a_warning(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "self-harm-detail"))
    hmpps.arrives()
    case = hmpps.case_of(comment)
    soup = page(ada, case)

    hmpps.decides(ada, case, "hide", "HMPPS-09")
    hmpps.delivers()

    assert case.severity == "critical"
    assert queue_key(case) == "urgent"
    assert recommended(soup) == "hide"
    assert hmpps.state(comment) == "hidden"
    assert hmpps.messages_to("kim") == []


@pytest.mark.clause("HMPPS-09")
def test_hmpps_09_a_mention_of_suicide_is_no_breach_but_somebody_answers(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "self-harm-mention"))
    hmpps.arrives()
    case = hmpps.case_of(comment)
    soup = page(ada, case)

    hmpps.decides(ada, case, "reply", message="We are so sorry. Samaritans: 116 123.")
    hmpps.delivers()

    assert recommended(soup) == "reply"
    assert queue_key(case) == "urgent"
    assert hmpps.state(comment) == "live"
    assert hmpps.acts(case) == [("reply", "verified")]


@pytest.mark.clause("HMPPS-10")
def test_hmpps_10_an_advert_is_recognised_and_hidden(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "advert-commercial"))
    hmpps.arrives()
    case = hmpps.case_of(comment)

    hmpps.decides(ada, case, "hide", "HMPPS-10")
    hmpps.delivers()

    assert ("HMPPS-10", "advert-commercial") in hmpps.flags_of(comment)
    assert hmpps.state(comment) == "hidden"
    assert hmpps.decision_event(case).clause == "HMPPS-10"


@pytest.mark.clause("HMPPS-11")
def test_hmpps_11_the_same_words_again_and_again_are_spam(hmpps, ada):
    text = "Fresh eggs for sale at the crossroads, collect any day you like"
    first, second, third = (hmpps.writes(text) for _ in range(3))
    hmpps.arrives()
    fourth = hmpps.writes(text)
    hmpps.arrives()
    case = hmpps.case_of(fourth)

    hmpps.decides(ada, case, "hide", "HMPPS-11")
    hmpps.delivers()

    assert ("HMPPS-11", "spam-same-author") in hmpps.flags_of(fourth)
    assert hmpps.state(fourth) == "hidden"
    assert {hmpps.state(comment) for comment in (first, second, third)} == {"live"}


@pytest.mark.clause("HMPPS-13")
def test_hmpps_13_who_still_sees_a_hidden_comment_is_said_before_and_after(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "profane"))
    hmpps.arrives()
    case = hmpps.case_of(comment)
    before, _ = outcome(page(ada, case), "hide")

    hmpps.decides(ada, case, "hide", "HMPPS-05")
    hmpps.delivers()

    assert before == "Hides it on Sandbox. Its author still sees it."
    assert "Its author still sees it." in page(ada, case).select_one("#actions").get_text()


@pytest.mark.clause("HMPPS-14")
def test_hmpps_14_a_block_needs_a_delivered_warning_that_quotes_the_guideline(hmpps, ada):
    first = hmpps.writes(example("hmpps", "personally-abusive-aimed"))
    second = hmpps.writes(example("hmpps", "personally-abusive-aimed", 1))
    hmpps.arrives()
    case, later = hmpps.case_of(first), hmpps.case_of(second)

    too_soon = hmpps.decides(ada, later, "block", "HMPPS-05")
    hmpps.decides(ada, case, "warn", "HMPPS-05")
    still_too_soon = hmpps.decides(ada, later, "block", "HMPPS-05")
    blocked_too_soon = hmpps.is_blocked("kim")
    hmpps.delivers()
    step = words(page(ada, later))
    now_allowed = hmpps.decides(ada, later, "block", "HMPPS-05")
    hmpps.delivers()

    (warning,) = hmpps.messages_to("kim")
    assert too_soon.status_code == still_too_soon.status_code == 422
    assert "has not been warned yet" in said(too_soon)
    assert not blocked_too_soon
    assert hmpps.clause("HMPPS-05").text in warning["text"]
    assert hmpps.organisation.guidelines_url in warning["text"]
    assert "Warned once. The next step for a further breach can be a block." in step
    assert now_allowed.status_code == 302
    assert hmpps.is_blocked("kim")
    assert Case.objects.filter(status=CaseStatus.DECIDED).count() == 2


@pytest.mark.clause("HMPPS-16")
def test_hmpps_16_a_question_about_applying_is_answered_and_not_treated_as_a_breach(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "question-about-applying"))
    hmpps.arrives()
    case = hmpps.case_of(comment)

    hmpps.decides(ada, case, "reply", message="Vetting takes about twelve weeks.")
    hmpps.delivers()

    assert queue_key(case) == "applications"
    assert hmpps.acts(case) == [("reply", "verified")]
    assert hmpps.state(comment) == "live"


@pytest.mark.clause("HMPPS-15")
def test_hmpps_15_a_direct_message_that_reports_a_comment_is_a_report_and_no_breach(hmpps, ada):
    text = "I want to report a comment under your last post"
    item = an_item(text, kind=ContentKind.MESSAGE, external_id="m1")
    items_arrive(hmpps.channels["careers"], item, now=timezone.now())

    case = Case.objects.get(content_item__external_id="m1")
    hmpps.decides(ada, case, "no_reply", reason="Looked at the comment.")

    assert ("HMPPS-15", "report-by-message") in hmpps.flags_of("m1")
    assert queue_key(case) == "replies"
    assert case.recommend == "reply"


@pytest.mark.clause("HMPPS-17")
def test_hmpps_17_whatever_is_said_of_featured_staff_is_marked_and_abuse_goes_to_their_queue(
    hmpps, ada
):
    kind = hmpps.writes(example("hmpps", "featured-staff-mentioned"), author="al")
    abusive = hmpps.writes(example("hmpps", "personal-attack-featured-staff"))
    hmpps.arrives()
    case = hmpps.case_of(abusive)

    hmpps.decides(ada, case, "hide", "HMPPS-07")
    hmpps.delivers()

    assert hmpps.flags_of(kind) == {("HMPPS-17", "featured-staff-mentioned")}
    assert ("HMPPS-17", "featured-staff-mentioned") in hmpps.flags_of(abusive)
    assert queue_key(case) == "staff"
    assert hmpps.state(kind) == "live"
    assert hmpps.state(abusive) == "hidden"


@pytest.mark.clause("HMPPS-18")
def test_hmpps_18_misinformation_is_removed_by_whoever_answers_for_corrections(hmpps, ada):
    false = hmpps.writes(example("hmpps", "misinformation-fee"))
    doubted = hmpps.writes(example("hmpps", "says-we-are-wrong"), author="al")
    hmpps.arrives()
    case = hmpps.case_of(false)

    hmpps.decides(ada, case, "hide", "HMPPS-18")
    hmpps.delivers()

    assert queue_key(case) == queue_key(hmpps.case_of(doubted)) == "press"
    assert hmpps.state(false) == "hidden"
    assert hmpps.case_of(doubted).recommend == "reply"
