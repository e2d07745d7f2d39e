"""The case page: what it shows, what people can do on it, and what it says when they cannot."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from moderation.enums import ActionStatus, CaseStatus
from moderation.models import Case, ContentItem, Decision, EnforcementAction, Escalation
from moderation.services import casework
from platforms.connectors.base import InboundPost
from platforms.models import OutboxMessage
from tests.builders import a_case, an_item, comments_arrive, items_arrive
from tests.moderation.views.conftest import soup, words

pytestmark = pytest.mark.django_db

ACTS = [
    "case_claim",
    "case_release",
    "case_escalate",
    "case_decide",
    "case_reverse",
    "case_reopen",
]


def url_of(case, name="case_detail"):
    return reverse(f"moderation:{name}", args=[case.pk])


@pytest.fixture
def case(channel, queues, published, now):
    return a_case(channel, now=now)


def verify_all():
    """Let the platform have done everything that is under way."""
    at = timezone.now()
    done = {"status": "verified", "accepted_at": at, "verified_at": at, "settled_at": at}
    OutboxMessage.objects.update(next_attempt_at=None, **done)
    EnforcementAction.objects.update(**done)


def test_it_says_why_the_comment_was_flagged(ada, case):
    response = ada.client.get(url_of(case))

    page = soup(response)
    assert page.select_one(".app-comment--subject mark").get_text(" ").startswith("numpty")
    said = words(response)
    assert "It insults somebody." in said
    assert "EX-01 Be civil" in said
    assert "Do not attack other people." in said
    assert "version 1" in said


def test_looking_claims_and_records_nothing(ada, case):
    before = AuditEvent.objects.count()

    ada.client.get(url_of(case))
    ada.client.head(url_of(case))

    case.refresh_from_db()
    assert case.claimed_by is None
    assert AuditEvent.objects.count() == before


def test_the_comment_stands_in_its_thread(ada, channel, queues, published, now):
    at = [now - timedelta(hours=9 - number) for number in range(7)]
    texts = [f"Before {n}" for n in range(6)]
    for number, text in enumerate(texts):
        items_arrive(channel, an_item(text, published_at=at[number]), now=now)
    item = an_item("What a numpty", published_at=at[6], parent_external_id="gone")
    items_arrive(channel, item, now=now)
    items_arrive(channel, an_item("After", published_at=now), now=now)
    items_arrive(
        channel, an_item("Elsewhere", post=InboundPost(external_id="post-2", text="x")), now=now
    )
    case = Case.objects.get()

    said = words(ada.client.get(url_of(case)))
    whole = words(ada.client.get(url_of(case), {"thread": "whole"}))

    assert "We are recruiting." in said
    assert "Before 5" in said
    assert "Before 2 " not in said
    assert "After" in said
    assert "Elsewhere" not in said
    assert "Show more of what came before" in said
    assert "Before 0" in whole


def test_a_reply_shows_what_it_answers(ada, channel, queues, published, now):
    items_arrive(channel, an_item("Welcome all", external_id="top", post=None), now=now)
    items_arrive(channel, an_item("What a numpty", parent_external_id="top", post=None), now=now)

    said = words(ada.client.get(url_of(Case.objects.get())))

    assert "Welcome all" in said
    assert "what it answers" in said


def test_every_outcome_says_what_it_would_do_here(ada, case, channel):
    page = soup(ada.client.get(url_of(case)))

    what = {
        outcome.select_one("input")["value"]: " ".join(
            outcome.select_one(".app-outcome__consequence").get_text().split()
        )
        for outcome in page.select(".app-outcome")
    }
    assert what["hide"] == "Hides it on Sandbox. Its author still sees it."
    assert what["delete"] == "Deletes it on Sandbox for everybody. This cannot be undone."
    assert "first warning by private message" in what["warn"]
    assert "EX-02" in what["block"]
    assert page.select("input[type=radio][checked]") == []
    assert "Recommended" in page.select_one("label:has(+ #outcome-hide-what)").get_text()


def test_block_is_closed_where_no_clause_allows_it_without_a_warning(ada, case, organisation):
    organisation.clauses.filter(is_zero_tolerance=True).update(is_current=False)

    page = soup(ada.client.get(url_of(case)))

    assert page.select_one("input[value=block]").has_attr("disabled")
    assert "has not been warned yet" in page.select_one("#outcome-block-what").get_text()


def test_a_decision_is_recorded_and_its_action_requested(ada, case, decide):
    response = decide(ada, case)

    case.refresh_from_db()
    assert response.url == f"{case.get_absolute_url()}#decision"
    assert case.status == CaseStatus.DECIDED
    assert OutboxMessage.objects.get().kind == "hide"
    page = ada.client.get(url_of(case))
    assert "Hide the comment on Careers (Sandbox)" in words(page)
    assert soup(page).select_one("#actions")["hx-get"] == url_of(case, "case_actions")
    assert "Verified : done" not in words(page)


def test_deciding_can_lead_straight_to_the_next_case(ada, case, channel, now, decide):
    another = a_case(channel, now=now)

    response = decide(ada, case, then="next")
    last = decide(ada, another, then="next")

    another.refresh_from_db()
    assert response.url == another.get_absolute_url()
    assert last.url == another.get_absolute_url()


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"outcome": ""}, "Choose an outcome."),
        ({"outcome": "escalate"}, "Choose one of the outcomes."),
        ({"clause": "none"}, "Choose the guideline that was breached."),
        ({"reason": "  "}, "Give a reason"),
        ({"reason": "x" * 4_001}, "4,000 characters or fewer"),
        ({"outcome": "reply"}, "Write the reply."),
        ({"outcome": "block"}, "has not been warned yet"),
    ],
)
def test_an_incomplete_decision_says_what_is_missing_and_keeps_what_was_typed(
    ada, case, decide, fields, complaint
):
    response = decide(
        ada,
        case,
        **{"message": "Kept message", **fields} if fields.get("outcome") != "reply" else fields,
    )

    case.refresh_from_db()
    page = soup(response)
    assert response.status_code == 422
    assert complaint in words(response)
    assert page.title.get_text().strip().startswith("Error:")
    assert (
        fields.get("reason", "It insults a colleague.").strip()
        in page.select_one("#id_reason").get_text()
    )
    assert case.status == CaseStatus.WAITING
    assert Decision.objects.count() == 0
    assert OutboxMessage.objects.count() == 0


def test_the_same_submission_twice_is_one_decision(ada, case, decide):
    key = uuid4().hex

    first = decide(ada, case, submission_key=key)
    second = decide(ada, case, submission_key=key)

    assert first.status_code == second.status_code == 302
    assert Decision.objects.count() == EnforcementAction.objects.count() == 1


def test_deciding_what_a_colleague_just_decided_shows_theirs_and_keeps_mine(
    ada, ben, case, decide
):
    decide(ben, case, "no_breach", reason="Fair comment.")

    response = decide(ada, case, reason="I was writing this.")

    said = words(response)
    assert response.status_code == 409
    assert "A colleague was faster" in said
    assert "Ben has just decided this case: no breach." in said
    assert "Fair comment." in said
    assert "I was writing this." in said
    assert Decision.objects.count() == 1
    assert OutboxMessage.objects.count() == 0


def test_deciding_what_changed_meanwhile_shows_it_and_keeps_the_form(
    ada, case, decide, channel, now
):
    item = case.content_item
    items_arrive(
        channel,
        an_item("What a numpty, honestly", external_id=item.external_id, version="2"),
        now=now,
    )

    response = decide(ada, case)
    again = decide(ada, Case.objects.get(pk=case.pk))

    assert response.status_code == 409
    assert "The case changed while you were reading" in words(response)
    assert "honestly" in words(response)
    assert soup(response).select_one("#id_reason").get_text().strip() == "It insults a colleague."
    assert soup(response).select_one("input[name=outcome][value=hide]").has_attr("checked")
    assert again.status_code == 302


def test_deciding_a_case_that_a_colleague_claimed_is_a_polite_conflict(ada, ben, case, decide):
    ben.client.post(url_of(case, "case_claim"))

    response = decide(ada, case, reason="Mine.")

    said = words(response)
    assert response.status_code == 409
    assert "Ben is on this case" in said
    assert "Mine." in said
    assert Decision.objects.count() == 0


def test_claim_and_release(ada, case):
    claimed = ada.client.post(url_of(case, "case_claim"))
    case.refresh_from_db()
    holder = case.claimed_by
    page = words(ada.client.get(url_of(case)))
    ada.client.post(url_of(case, "case_release"))
    case.refresh_from_db()

    assert claimed.url == case.get_absolute_url()
    assert holder == ada.user
    assert "you until" in page
    assert case.claimed_by is None


def test_claiming_a_claimed_case_says_who_has_it(ada, ben, case):
    ben.client.post(url_of(case, "case_claim"))

    response = ada.client.post(url_of(case, "case_claim"))

    case.refresh_from_db()
    assert response.status_code == 409
    assert "Ben is on this case" in words(response)
    assert case.claimed_by == ben.user


def test_releasing_what_one_does_not_hold_says_so(ada, case):
    response = ada.client.post(url_of(case, "case_release"), follow=True)

    assert "Your claim on this case has ended." in words(response)


def test_escalating_hands_it_to_senior_reviewers(ada, sam, case, queues, decide):
    response = ada.client.post(url_of(case, "case_escalate"), {"reason": "Needs a lawyer."})

    case.refresh_from_db()
    assert response.url == reverse("moderation:queue_detail", args=[queues["main"].pk])
    assert case.queue == queues["senior"]
    own = ada.client.get(url_of(case))
    assert soup(own).select_one("form[data-draft]") is None
    assert decide(ada, case).status_code == 403
    assert decide(sam, case).status_code == 302


def test_escalating_without_a_reason_says_so(ada, case):
    response = ada.client.post(url_of(case, "case_escalate"), {"reason": " "})

    assert response.status_code == 422
    assert "Say why." in words(response)
    assert Escalation.objects.count() == 0


def test_what_was_not_sent_yet_is_cancelled_by_a_reversal(ada, case, decide):
    decide(ada, case)
    decision = Decision.objects.get()

    response = ada.client.post(
        url_of(case, "case_reverse"),
        {"decision": decision.pk, "reason": "Fair after all.", "submission_key": "r-1"},
    )

    case.refresh_from_db()
    assert response.status_code == 302
    assert case.standing_decision.replaces == decision
    assert EnforcementAction.objects.get(decision=decision).status == ActionStatus.CANCELLED
    assert "No breach" in words(ada.client.get(url_of(case)))


def test_a_reversal_says_what_it_takes_back_and_what_stays(ada, case, decide):
    decide(ada, case, "warn")

    said = words(ada.client.get(url_of(case)))

    assert "Replaces it by “no breach” and shows the comment again." in said
    assert "Cannot be undone: the warning." in said


def test_reversing_twice_says_that_it_is_done(ada, ben, case, decide):
    decide(ada, case)
    decision = Decision.objects.get()
    data = {"decision": decision.pk, "reason": "Fair."}
    ada.client.post(url_of(case, "case_reverse"), {**data, "submission_key": "r-1"})

    response = ben.client.post(url_of(case, "case_reverse"), {**data, "submission_key": "r-2"})

    assert response.status_code == 409
    assert "This decision has been replaced already." in words(response)
    assert Decision.objects.count() == 2


def test_only_a_senior_reverses_somebody_elses_decision(
    ada, ben, member, organisation, case, decide
):
    decide(ben, case)

    page = ada.client.get(url_of(case))
    refused = ada.client.post(
        url_of(case, "case_reverse"), {"decision": Decision.objects.get().pk, "reason": "No."}
    )

    assert "Only a senior reviewer reverses" in words(page)
    assert refused.status_code == 403
    assert Decision.objects.count() == 1


def test_a_decision_without_effect_is_opened_again_instead(ada, case, decide):
    decide(ada, case, "no_breach")

    page = ada.client.get(url_of(case))
    response = ada.client.post(url_of(case, "case_reopen"), {"reason": "Too quick."})

    case.refresh_from_db()
    assert "Open the case again" in words(page)
    assert response.status_code == 302
    assert case.status == CaseStatus.WAITING
    assert decide(ada, case).status_code == 302


def test_a_reversed_case_can_be_decided_again(ada, case, decide):
    decide(ada, case)
    verify_all()
    ada.client.post(
        url_of(case, "case_reverse"),
        {"decision": Decision.objects.get().pk, "reason": "Fair.", "submission_key": "r-1"},
    )
    verify_all()

    response = ada.client.post(url_of(case, "case_reopen"), {"reason": "It was not."})

    case.refresh_from_db()
    assert response.status_code == 302
    assert case.status == CaseStatus.WAITING
    assert decide(ada, case).status_code == 302
    assert [action.kind for action in EnforcementAction.objects.order_by("pk")] == [
        "hide",
        "unhide",
        "hide",
    ]


def test_a_second_decision_of_a_reversed_case_can_be_reversed_too(ada, case, decide):
    decide(ada, case)
    verify_all()
    ada.client.post(
        url_of(case, "case_reverse"),
        {"decision": Decision.objects.get().pk, "reason": "Fair.", "submission_key": "r-1"},
    )
    verify_all()
    ada.client.post(url_of(case, "case_reopen"), {"reason": "It was not."})
    case.refresh_from_db()
    decide(ada, case, submission_key="d-2")
    verify_all()

    said = words(ada.client.get(url_of(case)))

    assert "Reverse this decision" in said
    assert "shows the comment again" in said


def test_opening_again_without_a_reason_says_so(ada, case, decide):
    decide(ada, case, "no_breach")

    response = ada.client.post(url_of(case, "case_reopen"), {"reason": ""})

    assert response.status_code == 422
    assert "Say why." in words(response)


def test_the_next_case_is_one_button_away(ada, case, decide, queues):
    decide(ada, case)

    page = soup(ada.client.get(url_of(case)))

    claim = reverse("moderation:queue_claim", args=[queues["main"].pk])
    assert page.select_one(f".app-decision form[action='{claim}']") is not None


def test_the_polled_fragment_stops_once_nothing_is_under_way(ada, case, decide):
    decide(ada, case)
    action = EnforcementAction.objects.get()
    pending = ada.client.get(url_of(case, "case_actions"))
    at = timezone.now()
    EnforcementAction.objects.filter(pk=action.pk).update(
        status=ActionStatus.VERIFIED, accepted_at=at, verified_at=at, settled_at=at
    )

    done = ada.client.get(url_of(case, "case_actions"))

    assert b"hx-trigger" in pending.content
    assert b"hx-trigger" not in done.content
    assert b"<html" not in done.content
    assert "Its author still sees it." in words(done)


def test_the_history_tells_who_did_what(ada, case, decide):
    ada.client.post(url_of(case, "case_claim"))
    decide(ada, case)

    said = words(ada.client.get(url_of(case)))

    for sentence in (
        "Claimed the case by Ada",
        "Decided: hide under EX-01 by Ada",
        "Opened the case",
    ):
        assert sentence in said


def test_words_of_strangers_can_do_nothing_to_the_page(ada, channel, queues, published, now):
    comments_arrive(
        channel,
        "numpty <img src=x onerror=alert(1)> \u202etxt.exe \x07 {{ 7*7 }}",
        now=now,
        author="\u202eevil<script>",
    )

    response = ada.client.get(url_of(Case.objects.get()))

    html = response.content.decode()
    assert "<img src=x" not in html
    assert "evil<script>" not in html
    assert "\u202e" not in html
    assert "\x07" not in html
    assert "{{ 7*7 }}" in html
    assert 'aria-label="Invisible character: right-to-left override"' in html


def test_a_very_long_comment_is_folded_and_bounded(ada, channel, queues, published, now):
    comments_arrive(channel, "numpty " + "long words " * 9_000, now=now)

    response = ada.client.get(url_of(Case.objects.get()))

    assert "characters" in words(response)
    assert len(response.content) < 90_000


def test_the_number_of_queries_does_not_grow_with_the_thread(
    ada, channel, queues, published, now, django_assert_max_num_queries
):
    case = a_case(channel, now=now)
    for number in range(20):
        items_arrive(channel, an_item(f"Number {number}"), now=now)
    ada.client.get(url_of(case))

    with django_assert_max_num_queries(20):
        ada.client.get(url_of(case))


@pytest.mark.parametrize("name", ACTS)
def test_an_act_by_get_changes_nothing(ada, case, name):
    for method in (ada.client.get, ada.client.head, ada.client.options):
        assert method(url_of(case, name)).status_code == 405

    assert Case.objects.get(pk=case.pk).revision == case.revision


@pytest.mark.parametrize("name", ["case_detail", "case_actions"])
def test_another_organisations_case_does_not_exist(eve, case, name):
    assert eve.client.get(url_of(case, name)).status_code == 404


@pytest.mark.parametrize("name", ACTS)
def test_another_organisation_cannot_act_on_it(eve, ada, case, name, decide):
    data = {"reason": "x", "outcome": "no_breach", "decision": uuid4()}
    before = AuditEvent.objects.count()

    response = eve.client.post(url_of(case, name), data)

    case.refresh_from_db()
    assert response.status_code == 404
    assert (case.status, case.claimed_by, case.revision) == (CaseStatus.WAITING, None, 1)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("name", ACTS)
def test_who_may_only_read_is_refused_with_a_reason(cara, case, name):
    response = cara.client.post(url_of(case, name), {"reason": "x", "outcome": "no_breach"})

    assert response.status_code == 403
    assert Decision.objects.count() == 0


def test_who_may_only_read_sees_no_form(cara, case):
    response = cara.client.get(url_of(case))

    assert soup(response).select_one("form[data-draft]") is None
    assert "Your role does not include" in words(response)


def test_a_decision_of_another_case_is_not_reversed_here(ada, case, channel, now, decide):
    other = a_case(channel, now=now)
    decide(ada, other)

    response = ada.client.post(
        url_of(case, "case_reverse"), {"decision": Decision.objects.get().pk, "reason": "x"}
    )

    assert response.status_code == 404


def test_signing_out_lets_go_of_every_case(ada, case):
    ada.client.post(url_of(case, "case_claim"))

    ada.client.get(reverse("account_logout"))
    case.refresh_from_db()
    still = case.claimed_by
    response = ada.client.post(reverse("account_logout"))

    case.refresh_from_db()
    assert still == ada.user
    assert response.status_code == 302
    assert case.claimed_by is None
    assert ada.client.get(url_of(case)).status_code == 302


def test_a_claim_that_ran_out_is_free_for_others(ada, ben, case, now):
    casework.claim(case=case, by=ben.actor, now=timezone.now() - timedelta(hours=1))

    response = ada.client.post(url_of(case, "case_claim"))

    case.refresh_from_db()
    assert response.status_code == 302
    assert case.claimed_by == ada.user


def test_history_tells_the_cause_before_the_effect(ada, case, decide):
    decide(ada, case, "warn")
    verify_all()
    ada.client.post(
        url_of(case, "case_reverse"),
        {"decision": Decision.objects.get().pk, "reason": "Fair.", "submission_key": "r-1"},
    )

    page = soup(ada.client.get(url_of(case)))

    newest_first = [
        " ".join(title.get_text(" ").split()) for title in page.select(".app-timeline__title")
    ]
    assert [title.split(" by ")[0] for title in reversed(newest_first)][1:] == [
        "Decided: hide and warn the author under EX-01",
        "Asked the platform to hide the comment",
        "Asked the platform to warn the author",
        "Reversed the decision “hide and warn the author”; what cannot be undone: warn the author",
        "Asked the platform to show the comment again",
    ]


@pytest.mark.parametrize(
    ("outcome", "fields", "warning", "yes"),
    [
        ("delete", {}, "for everybody: this cannot be undone", "Yes, delete it"),
        ("warn", {}, "a warning that was sent cannot be taken back", "warn the author"),
        ("report", {}, "a report that was sent cannot be taken back", "hide and report it"),
        (
            "reply",
            {"message": "We are looking into it."},
            "cannot be taken back",
            "send the reply",
        ),
    ],
)
def test_what_cannot_be_undone_asks_twice(ada, case, decide, outcome, fields, warning, yes):
    asked = decide(ada, case, outcome, confirmed="", **fields)

    page = soup(asked)
    form = page.select_one(".app-decision form")
    button = form.select_one("button[autofocus]")
    assert asked.status_code == 422
    assert warning in form.select_one(".govuk-warning-text").get_text()
    assert yes in button.get_text()
    assert "It insults a colleague." in words(asked)
    assert page.select("input[type=radio]") == []
    assert Decision.objects.count() == OutboxMessage.objects.count() == 0
    sent = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}

    done = ada.client.post(form["action"], {**sent, button["name"]: button["value"]})

    assert done.status_code == 302
    assert Decision.objects.get().outcome == outcome
    assert Decision.objects.get().reason == "It insults a colleague."


def test_before_a_warning_its_words_are_shown(ada, case, decide):
    said = words(decide(ada, case, "warn", confirmed=""))

    assert "What the author is told Your comment went against our community guidelines" in said
    assert "It is hidden on Sandbox as well, which can be reversed." in said


def test_going_back_from_the_question_keeps_every_word(ada, case, decide):
    response = decide(ada, case, "delete", reason="My words.", confirmed="no")

    page = soup(response)
    assert response.status_code == 200
    assert page.select_one("#id_reason").get_text().strip() == "My words."
    assert page.select_one("input[type=radio][checked]")["value"] == "delete"
    assert Decision.objects.count() == 0


def test_the_question_goes_on_to_the_next_case_as_asked(ada, channel, case, decide, now):
    comments_arrive(channel, "Another numpty", now=now)
    page = soup(decide(ada, case, "delete", then="next", confirmed=""))
    form = page.select_one(".app-decision form")
    sent = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}

    done = ada.client.post(form["action"], {**sent, "confirmed": "yes"})

    assert done.url == Case.objects.exclude(pk=case.pk).get().get_absolute_url()


@pytest.mark.parametrize("outcome", ["hide", "no_breach", "no_reply"])
def test_what_can_be_undone_asks_once(ada, case, decide, outcome):
    assert decide(ada, case, outcome, confirmed="").status_code == 302


def test_a_conflict_comes_before_the_question(ada, ben, case, decide):
    decide(ben, case, "no_breach")

    response = decide(ada, case, "delete", confirmed="")

    assert response.status_code == 409
    assert "A colleague was faster" in words(response)


def test_what_is_gone_already_needs_no_question(ada, case, decide):
    ContentItem.objects.update(source_state="deleted")

    assert decide(ada, case, "delete", confirmed="").status_code == 302


def test_after_our_own_deletion_nothing_claims_more_than_happened(ada, case, decide):
    ContentItem.objects.update(url="https://social.example/c/1")
    before = words(ada.client.get(url_of(case)))
    decide(ada, case, "delete")
    ContentItem.objects.update(source_state="deleted")

    after = words(ada.client.get(url_of(case)))

    assert "See it on Sandbox" in before
    assert "See it on Sandbox" not in after
    assert "The comment to judge" in before
    assert "The comment that was judged" in after
    assert "The comment to judge" not in after
    assert "can still be decided" not in after
    assert "At the platform Deleted" in after
    assert "Deleted at source" not in after


def test_a_senior_reviewer_sees_who_handed_it_on_and_why(ada, sam, case):
    ada.client.post(url_of(case, "case_escalate"), {"reason": "Needs a lawyer."})

    note = soup(sam.client.get(url_of(case))).select_one("[aria-label='Why it was handed on']")

    assert "Handed on by Ada" in note.get_text()
    assert "Needs a lawyer." in note.get_text()


def test_a_claim_stands_in_place_of_waiting(ada, case):
    before = soup(ada.client.get(url_of(case))).select_one(".app-identity__facts").get_text(" ")
    ada.client.post(url_of(case, "case_claim"))
    after = soup(ada.client.get(url_of(case))).select_one(".app-identity__facts").get_text(" ")

    assert "Waiting" in before
    assert "Waiting" not in after
    assert "you until" in after


@pytest.mark.clause("HMPPS-14")
def test_a_warning_that_was_taken_back_stays_on_the_authors_record(ada, case, decide):
    decide(ada, case, "warn")
    verify_all()
    ada.client.post(
        url_of(case, "case_reverse"),
        {"decision": Decision.objects.get().pk, "reason": "Fair.", "submission_key": "r-1"},
    )

    said = words(ada.client.get(url_of(case)))
    author = words(ada.client.get(reverse("moderation:author_detail", args=[case.author_id])))

    assert "Warnings 1 delivered, taken back" in said
    assert "No warning in force. The next step for a breach is a warning" in said
    assert "warnings delivered, taken back 1" in author


def test_a_block_names_the_clause_that_needs_no_warning(ada, case):
    what = soup(ada.client.get(url_of(case))).select_one("#outcome-block-what").get_text()

    assert (
        "No warning has been delivered yet, so this is possible only under EX-02, which needs none."
        in what
    )
    assert "They can no longer comment there." in what
