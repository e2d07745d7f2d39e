"""Workers that meet the same rows in different orders wait for each other, and never in a circle."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction

from common.errors import NotPermitted
from moderation.enums import ReportSource
from moderation.models import Author, Case, ContentItem, Decision
from moderation.services import casework, decisions, reports
from platforms.models import Channel
from policies.enums import Outcome
from policies.models import Clause
from tests.builders import a_case, an_item, items_arrive
from tests.factories.platforms import ChannelFactory
from tests.moderation.test_races import at_once

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def test_same_authors_in_another_order_on_another_channel(
    organisation, channel, queues, published, now
):
    other = ChannelFactory(organisation=organisation)
    names = [f"author-{number:03}" for number in range(200)]

    def arrive(to: Channel, authors, mark):
        items = [
            an_item(f"{mark} says {name}", author=name, external_id=f"{mark}-{name}")
            for name in authors
        ]
        return items_arrive(to, *items, now=now)

    for round_ in range(5):
        results = at_once(
            lambda mark=f"a{round_}": arrive(channel, names, mark),
            lambda mark=f"b{round_}": arrive(other, names[::-1], mark),
            lambda mark=f"c{round_}": arrive(channel, names[::-1], mark),
        )
        assert not [result for result in results if isinstance(result, Exception)]

    assert Author.objects.count() == 200
    assert ContentItem.objects.count() == 5 * 3 * 200


def test_same_comments_in_another_order_from_two_doors(channel, queues, published, now):
    ids = [f"x{number:03}" for number in range(200)]

    def arrive(order, text):
        items = [
            an_item(f"{text} {key}", external_id=key, author=f"author of {key}") for key in order
        ]
        return items_arrive(channel, *items, now=now)

    for round_ in range(5):
        results = at_once(
            lambda n=round_: arrive(ids, f"Good morning {n}"),
            lambda n=round_: arrive(ids[::-1], f"What a numpty {n}"),
        )
        assert not [result for result in results if isinstance(result, Exception)]

    assert ContentItem.objects.count() == 200


def slowly(act):
    """Do something in a transaction that stays open for a while."""
    with transaction.atomic():
        result = act()
        time.sleep(0.5)
    return result


def soon(act):
    """Do something while that transaction is open."""
    time.sleep(0.2)
    return act()


def no_breach(case, member, now):
    """Decide that nothing is wrong with a comment."""
    ruling = decisions.Ruling(Outcome.NO_BREACH, "Fair comment.", f"k{member.user.pk}")
    return decisions.record(case=case, by=member.actor, ruling=ruling, now=now)


def blocking(case, member, now):
    """Decide that the author is to be blocked for discrimination."""
    clause = Clause.objects.get(reference="EX-02")
    ruling = decisions.Ruling(Outcome.BLOCK, "A slur.", f"k{case.pk}", clause=clause)
    return decisions.record(case=case, by=member.actor, ruling=ruling, now=now)


def test_deciding_what_a_colleague_is_just_handing_on_is_refused_in_words(
    channel, queues, published, ada, ben, now
):
    case = a_case(channel, now=now)

    _, refusal = at_once(
        lambda: slowly(
            lambda: casework.escalate(case=case, by=ben.actor, reason="A legal matter.", now=now)
        ),
        lambda: soon(lambda: no_breach(case, ada, now)),
    )

    assert isinstance(refusal, NotPermitted)
    assert not Decision.objects.exists()


def test_deciding_what_a_colleague_is_just_claiming_names_the_colleague(
    channel, queues, published, ada, ben, now
):
    case = a_case(channel, now=now)

    _, refusal = at_once(
        lambda: slowly(lambda: casework.claim(case=case, by=ben.actor, now=now)),
        lambda: soon(lambda: no_breach(case, ada, now)),
    )

    assert str(refusal).startswith("Ben is on this case.")


def test_report_during_an_edit_shows_the_newer_words(channel, queues, published, ada, now):
    items_arrive(channel, an_item("Good morning", external_id="x1"), now=now)
    item = ContentItem.objects.get()
    edit = an_item("Good evening", external_id="x1")

    at_once(
        lambda: slowly(lambda: items_arrive(channel, edit, now=now)),
        lambda: soon(
            lambda: reports.file(
                item=item, reason="Rude.", by=ada.actor, now=now, source=ReportSource.STAFF
            )
        ),
    )

    assert Case.objects.get().excerpt == "Good evening"


def test_block_during_the_reversal_of_another_block_stands(
    platform, channel, queues, published, ada, now, run
):
    for text in ("Typical glorbish", "Such a glorbish"):
        platform.write(text, author_id="author-9")
    run()
    first, second = Case.objects.order_by("pk")
    earlier = blocking(first, ada, now)
    run()
    has_decided = threading.Event()

    def decide_slowly():
        with transaction.atomic():
            blocking(second, ada, now)
            has_decided.set()
            time.sleep(0.5)

    def reverse():
        has_decided.wait(timeout=20)
        decisions.reverse(
            decision=earlier, by=ada.actor, reason="Fair.", submission_key="undo", now=now
        )

    results = at_once(decide_slowly, reverse)
    for minute in range(3):
        run(now + timedelta(minutes=minute))

    assert results == [None, None]
    assert platform.blocked == {"author-9"}


def test_decision_and_edit_of_one_comment_never_wait_in_a_circle(
    channel, queues, published, ada, now
):
    case = a_case(channel, now=now, external_id="x1")
    edit = an_item("You plonker", external_id="x1")

    def decide_slowly():
        with transaction.atomic():
            Case.objects.locked(case.pk)
            time.sleep(0.5)  # the edit holds the comment by now, and waits for the case
            return blocking(case, ada, now)

    results = at_once(decide_slowly, lambda: soon(lambda: items_arrive(channel, edit, now=now)))

    assert not [result for result in results if isinstance(result, Exception)]


def test_reopening_a_case_whose_edited_comment_just_opened_another_is_refused_in_words(
    channel, queues, published, ada, now
):
    case = a_case(channel, now=now, external_id="x1")
    no_breach(case, ada, now)
    edit = an_item("You plonker", external_id="x1")

    _, refusal = at_once(
        lambda: slowly(lambda: items_arrive(channel, edit, now=now)),
        lambda: soon(
            lambda: decisions.reopen(case=case, by=ada.actor, reason="Too quick.", now=now)
        ),
    )

    assert str(refusal).startswith("A newer case about the same comment is open already.")
