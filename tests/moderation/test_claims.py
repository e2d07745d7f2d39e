"""Claims: who is on which case, one statement at a time."""

from datetime import timedelta

import pytest

from common.errors import NotPermitted
from moderation.enums import ClaimEnd
from moderation.models import Assignment, Case
from moderation.permissions import CaseClaimedByAnother
from moderation.services import casework, decisions
from policies.enums import Outcome
from tests.builders import a_case

pytestmark = pytest.mark.django_db


def test_next_case_is_the_most_severe_then_the_one_due_first(
    channel, queues, published, ada, now, take_in
):
    take_in("What a numpty")
    take_in("I will find you", now=now + timedelta(minutes=5))
    take_in("You plonker", now=now + timedelta(minutes=10))

    claimed = [
        casework.claim_next(queue=queues["main"], by=ada.actor, now=now + timedelta(hours=1))
        for _ in range(3)
    ]

    assert [case.severity for case in claimed] == ["critical", "medium", "medium"]
    assert claimed[1].opened_at < claimed[2].opened_at
    assert casework.claim_next(queue=queues["main"], by=ada.actor, now=now) is None


def test_wider_reach_comes_first_within_a_severity(channel, queues, published, ada, now, take_in):
    take_in("What a numpty", likes=1)
    (popular,) = take_in("You plonker", likes=400, now=now + timedelta(minutes=1))

    case = casework.claim_next(queue=queues["main"], by=ada.actor, now=now)

    assert case.content_item == popular


def test_more_urgent_newcomer_is_not_passed_over_for_longer_than_a_second(
    channel, queues, published, ada, now, take_in
):
    take_in("What a numpty", "You plonker")
    casework.claim_next(queue=queues["main"], by=ada.actor, now=now)
    take_in("I will find you", now=now)

    later = now + timedelta(seconds=2)
    case = casework.claim_next(queue=queues["main"], by=ada.actor, now=later)

    assert case.severity == "critical"


def test_second_moderator_cannot_claim_a_claimed_case(channel, queues, published, ada, ben, now):
    case = a_case(channel, now=now)
    casework.claim(case=case, by=ada.actor, now=now)

    with pytest.raises(CaseClaimedByAnother):
        casework.claim(case=case, by=ben.actor, now=now)

    case.refresh_from_db()
    assert case.claimed_by == ada.user
    assert Assignment.objects.count() == 1


def test_claim_that_ran_out_returns_to_the_queue(channel, queues, published, ada, now, settings):
    case = a_case(channel, now=now)
    casework.claim(case=case, by=ada.actor, now=now)
    later = now + timedelta(minutes=settings.CLAIM_LEASE_MINUTES, seconds=1)

    released = casework.release_expired(now=later)

    case.refresh_from_db()
    assert released == 1
    assert case.claimed_by is None
    assert Assignment.objects.get().ended_how == ClaimEnd.EXPIRED


def test_one_person_holds_only_so_many_cases(
    channel, queues, published, ada, now, take_in, settings
):
    settings.CLAIM_CAP = 1
    take_in("What a numpty", "You plonker")
    casework.claim_next(queue=queues["main"], by=ada.actor, now=now)

    with pytest.raises(casework.ClaimCapReached):
        casework.claim_next(queue=queues["main"], by=ada.actor, now=now)

    assert Case.objects.filter(claimed_by=ada.user).count() == 1


def test_sign_out_releases_everything_held(channel, queues, published, ada, now, take_in):
    take_in("What a numpty", "You plonker")
    for _ in range(2):
        casework.claim_next(queue=queues["main"], by=ada.actor, now=now)

    assert casework.release_all(by=ada.actor, now=now) == 2
    assert not Case.objects.filter(claimed_by__isnull=False).exists()


def test_moderator_takes_nothing_from_the_senior_queue(channel, queues, ada, now):
    with pytest.raises(NotPermitted):
        casework.claim_next(queue=queues["senior"], by=ada.actor, now=now)


def test_escalated_case_goes_to_senior_review_and_not_back_to_who_escalated_it(
    channel, queues, published, sam, ben, now
):
    case = a_case(channel, now=now)

    casework.escalate(case=case, by=sam.actor, reason="Names a colleague.", now=now)

    assert casework.claim_next(queue=queues["senior"], by=sam.actor, now=now) is None
    assert casework.claim_next(queue=queues["senior"], by=ben.actor, now=now) == case


def test_outsider_claims_nothing_here(channel, queues, published, eve, now, take_in):
    take_in("What a numpty")

    with pytest.raises(NotPermitted):
        casework.claim_next(queue=queues["main"], by=eve.actor, now=now)

    assert not Case.objects.filter(claimed_by__isnull=False).exists()


def test_clock_that_was_put_back_passes_over_nothing(
    channel, queues, published, ada, now, take_in
):
    take_in("What a numpty", "You plonker")
    casework.claim_next(queue=queues["main"], by=ada.actor, now=now)
    earlier = now - timedelta(hours=1)
    take_in("I will find you", now=earlier)

    case = casework.claim_next(queue=queues["main"], by=ada.actor, now=earlier)

    assert case.severity == "critical"


def test_claim_that_ran_out_before_a_colleague_decided_ended_by_running_out(
    channel, queues, published, ada, sam, now, settings
):
    case = a_case(channel, now=now)
    casework.claim(case=case, by=sam.actor, now=now)
    later = now + timedelta(minutes=settings.CLAIM_LEASE_MINUTES, seconds=1)
    ruling = decisions.Ruling(Outcome.NO_BREACH, "Fair comment.", "key-1")

    decisions.record(case=case, by=ada.actor, ruling=ruling, now=later)

    assert Assignment.objects.get().ended_how == ClaimEnd.EXPIRED


def test_claims_that_ran_out_do_not_count_against_who_made_them(
    channel, queues, published, ada, now, take_in, settings
):
    settings.CLAIM_CAP = 2
    take_in("What a numpty", "You plonker", "You numpty", "A plonker")
    for _ in range(2):
        casework.claim_next(queue=queues["main"], by=ada.actor, now=now)
    later = now + timedelta(minutes=settings.CLAIM_LEASE_MINUTES, seconds=1)

    assert casework.claim_next(queue=queues["main"], by=ada.actor, now=later)


def test_claim_that_ran_out_is_the_next_case_when_nothing_else_waits(
    channel, queues, published, ada, ben, now, settings
):
    case = a_case(channel, now=now)
    casework.claim(case=case, by=ben.actor, now=now)
    later = now + timedelta(minutes=settings.CLAIM_LEASE_MINUTES, seconds=1)

    assert casework.claim_next(queue=queues["main"], by=ada.actor, now=later) == case

    assert Assignment.objects.get(claimed_by=ben.user).ended_how == ClaimEnd.EXPIRED
