"""A comment travels the whole way, through the doors that people and platforms use."""

import pytest
from django.urls import reverse

from moderation.models import Case, Decision, Queue
from platforms.sandbox import faults, store
from platforms.sandbox.faults import Kind
from tests.journeys.world import example, page, words
from tests.moderation.views.conftest import words as said

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TYPES = [
    "case.opened", "case.claimed", "decision.recorded", "action.requested", "enforcement.settled",
    "decision.reversed",
]  # fmt: skip


def queue_of(hmpps, key="comments"):
    return Queue.objects.get(organisation=hmpps.organisation, key=key)


def test_a_comment_is_flagged_claimed_decided_verified_and_reversed(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "personally-abusive-aimed"))
    hmpps.writes("Well done to all of them")
    hmpps.arrives()

    overview = ada.client.get(reverse("moderation:queue_list"))
    claimed = ada.client.post(
        reverse("moderation:queue_claim", args=[queue_of(hmpps).pk]), follow=True
    )
    case = hmpps.case_of(comment)
    decided = hmpps.decides(ada, case, "hide", "HMPPS-05")
    requested = words(page(ada, case))
    before = hmpps.state(comment)
    hmpps.delivers()
    verified = page(ada, case)
    after = hmpps.state(comment)
    ada.client.post(
        reverse("moderation:case_reverse", args=[case.pk]),
        {"decision": Decision.objects.get().pk, "reason": "Said in jest.", "submission_key": "r"},
    )
    hmpps.delivers()
    history = words(page(ada, case))

    assert "waiting 1 " in said(overview)
    assert claimed.redirect_chain[-1][0] == case.get_absolute_url()
    assert decided.status_code == 302
    assert before == "live"
    assert "Requested : done" in requested
    assert "Verified : done" not in requested
    assert after == "hidden"
    assert verified.select_one("#actions .govuk-tag").get_text() == "Verified"
    assert verified.select_one("#actions").get("hx-get") is None
    assert "Its author still sees it." in words(verified)
    assert hmpps.state(comment) == "live"
    assert hmpps.acts(case) == [("hide", "verified"), ("unhide", "verified")]
    assert [kind for kind in TYPES if kind in hmpps.audited(case)] == TYPES
    for sentence in (
        "Opened the case",
        "Claimed the case by Ada",
        "Decided: hide under HMPPS-05 by Ada",
        "Asked the platform to hide the comment by Ada",
        "Reversed the decision “hide” by Ada",
        "Said in jest.",
    ):
        assert sentence in history
    assert hmpps.effects(comment) == 2


def test_what_needs_nobody_never_enters_a_queue(hmpps):
    comment = hmpps.writes("Congratulations to everybody who passed out today")
    hmpps.arrives()

    assert hmpps.was_judged(comment)
    assert Case.objects.count() == 0


def test_everything_twice_changes_nothing(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "profane"))
    hmpps.arrives()
    hmpps.arrives()
    case = hmpps.case_of(comment)
    hmpps.decides(ada, case, "delete", "HMPPS-05", submission_key="same")
    hmpps.decides(ada, case, "delete", "HMPPS-05", submission_key="same")
    hmpps.delivers()
    hmpps.delivers()
    hmpps.arrives()

    assert Case.objects.count() == Decision.objects.count() == 1
    assert hmpps.state(comment) == "deleted"
    assert hmpps.effects(comment) == 1
    assert "Gone from the platform" in words(page(ada, case))


@pytest.mark.parametrize(
    ("kind", "tag", "sentence"),
    [
        (Kind.REFUSE, "Failed", ""),
        (Kind.ERROR, "Requested", "Not accepted yet"),
        (Kind.LOSE, "Being looked up", "answer was lost"),
    ],
)
def test_what_the_platform_did_not_do_never_shows_as_done(
    hmpps, ada, kind: Kind, tag: str, sentence: str
):
    comment = hmpps.writes(example("hmpps", "profane"))
    hmpps.arrives()
    case = hmpps.case_of(comment)
    hmpps.decides(ada, case, "hide", "HMPPS-05")
    with hmpps.platform.writing() as db:
        faults.add(db, faults.Fault(act="hide", kind=kind))

    hmpps.delivers()

    seen = page(ada, case)
    assert seen.select_one("#actions .govuk-tag").get_text() == tag
    assert sentence in words(seen)
    assert "Verified : done" not in words(seen)


def test_an_edit_while_deciding_is_seen_before_anything_is_recorded(hmpps, ada):
    comment = hmpps.writes(example("hmpps", "profane"))
    hmpps.arrives()
    case = hmpps.case_of(comment)
    seen = case.revision
    with hmpps.platform.writing() as db:
        store.edit_comment(db, comment, "Sorry, that was rude of me.")
    hmpps.arrives()

    response = hmpps.decides(ada, case, "hide", "HMPPS-05", revision=seen)

    assert response.status_code == 409
    assert "Sorry, that was rude of me." in said(response)
    assert Decision.objects.count() == 0


def test_two_people_cannot_decide_one_case(hmpps, ada, sam):
    comment = hmpps.writes(example("hmpps", "profane"))
    hmpps.arrives()
    case = hmpps.case_of(comment)
    theirs = hmpps.decides(sam, case, "no_breach", reason="Banter.")

    mine = hmpps.decides(ada, case, "hide", "HMPPS-05", reason="Swearing.")

    assert (theirs.status_code, mine.status_code) == (302, 409)
    assert "Banter." in said(mine)
    assert "Swearing." in said(mine)
    assert hmpps.outbox() == []
