"""Several people and workers at once, on PostgreSQL with real threads."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from accounts.enums import RoleName
from moderation.models import Assignment, Case, ContentItem, Decision, EnforcementAction
from moderation.services import casework, decisions, enforcement, pipeline
from platforms.connectors.base import RawEvent
from platforms.enums import Capability, InboundSource
from platforms.models import InboundEvent, OutboxMessage
from platforms.services import delivery, inbox
from policies.enums import Outcome
from policies.models import Clause
from tests.builders import an_item, items_arrive

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

THREADS = 8


@pytest.fixture(autouse=True)
def _needs_postgresql(db) -> None:
    assert connection.vendor == "postgresql", "Set DATABASE_URL to a PostgreSQL server."


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Start every act at the same moment, each in its own thread; return results or refusals."""
    barrier = threading.Barrier(len(acts))

    def start(act: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=20)
            return act()
        except Exception as error:  # the refusal is the result
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(start, acts))


def test_claim_next_never_gives_one_case_to_two_people(
    channel, queues, published, member, organisation, now, settings
):
    settings.CLAIM_CAP = 1000
    items_arrive(channel, *[an_item(f"What a numpty {n}") for n in range(200)], now=now)
    people = [member(f"P{n}", organisation, RoleName.MODERATOR) for n in range(THREADS)]

    def claim_all(person):
        taken = []
        while case := casework.claim_next(queue=queues["main"], by=person.actor, now=now):
            taken.append(case.pk)
        return taken

    results = at_once(*[lambda person=person: claim_all(person) for person in people])

    claimed = [pk for result in results for pk in result]
    assert len(claimed) == len(set(claimed)) == 200
    assert Assignment.objects.count() == 200


@pytest.mark.parametrize("by_hand", [False, True], ids=["next", "one-by-one"])
def test_one_person_in_many_tabs_holds_only_so_many_cases(
    channel, queues, published, ada, now, settings, by_hand
):
    settings.CLAIM_CAP = 3
    items_arrive(channel, *[an_item(f"What a numpty {n}") for n in range(20)], now=now)
    cases = list(Case.objects.all()[: 2 * THREADS])

    def claim(case):
        if by_hand:
            return casework.claim(case=case, by=ada.actor, now=now)
        return casework.claim_next(queue=queues["main"], by=ada.actor, now=now)

    results = at_once(*[lambda case=case: claim(case) for case in cases])

    assert Counter(type(result).__name__ for result in results) == {
        "Case": 3,
        "ClaimCapReached": len(cases) - 3,
    }
    assert Case.objects.filter(claimed_by=ada.user).count() == 3


def test_two_deciders_make_one_decision(channel, queues, published, ada, ben, now):
    items_arrive(channel, an_item("What a numpty"), now=now)
    case = Case.objects.get()
    clause = Clause.objects.get(reference="EX-01")

    def decide(person, key):
        return decisions.record(
            case=case,
            by=person.actor,
            ruling=decisions.Ruling(Outcome.HIDE, "Insults.", key, clause=clause),
            now=now,
        )

    results = at_once(lambda: decide(ada, "a"), lambda: decide(ben, "b"))

    assert Counter(type(result).__name__ for result in results) == {
        "Decision": 1,
        "CaseAlreadyDecided": 1,
    }
    assert Decision.objects.count() == EnforcementAction.objects.count() == 1


def test_one_submission_sent_many_times_is_one_decision(channel, queues, published, ada, now):
    items_arrive(channel, an_item("What a numpty"), now=now)
    case = Case.objects.get()
    clause = Clause.objects.get(reference="EX-01")
    ruling = decisions.Ruling(Outcome.HIDE, "Insults.", "same", clause=clause)

    results = at_once(
        *[lambda: decisions.record(case=case, by=ada.actor, ruling=ruling, now=now)] * THREADS
    )

    assert {getattr(result, "pk", result) for result in results} == {Decision.objects.get().pk}
    assert OutboxMessage.objects.count() == 1


def test_many_workers_ingest_every_event_once(platform, channel, queues, published, now):
    for number in range(300):
        platform.write(f"What a numpty number {number}", author_id=f"a{number % 40}")
    inbox.poll(channel.pk, now=now)

    def drain():
        while pipeline.ingest_pending(now=now, limit=20):
            pass

    results = at_once(*[drain] * THREADS)

    assert results == [None] * THREADS
    assert ContentItem.objects.count() == Case.objects.count() == 300
    assert not InboundEvent.objects.exclude(status="ingested").exists()


def test_edits_that_other_workers_read_at_the_same_time_are_never_lost(
    platform, channel, queues, published, now
):
    written = [platform.write(f"Good morning number {number}") for number in range(150)]
    inbox.poll(channel.pk, now=now)
    for number, comment_id in enumerate(written):
        platform.edit(comment_id, f"What a numpty number {number}")
    inbox.poll(channel.pk, now=now + timedelta(minutes=2))

    def drain():
        while pipeline.ingest_pending(now=now, limit=20):
            pass

    results = at_once(*[drain] * THREADS)

    assert results == [None] * THREADS
    items = ContentItem.objects.select_related("current_revision")
    assert {item.current_revision.number for item in items} == {2}
    assert all(item.current_revision.text.startswith("What a numpty") for item in items)
    assert Case.objects.count() == len(written)


def test_newer_words_from_another_door_at_once_are_never_lost(channel, queues, published, now):
    """Both find the comments unknown; whoever comes second brings an edit."""
    ids = [f"x{number}" for number in range(100)]

    def arrive(text, first="x"):
        items = [
            an_item(f"{text} {key}", external_id=key.replace("x", first), author=key)
            for key in ids
        ]
        return items_arrive(channel, *items, now=now)

    arrive(
        "Hello", first="earlier"
    )  # the authors and the post are known: nothing else makes anybody wait

    results = at_once(lambda: arrive("Good morning"), lambda: arrive("What a numpty"))

    assert not [result for result in results if isinstance(result, Exception)]
    items = ContentItem.objects.filter(external_id__in=ids)
    assert [item.revisions.count() for item in items] == [2] * len(ids)


def test_same_comments_from_two_doors_at_once_are_kept_once(channel, queues, published, now):
    items = [an_item(f"What a numpty {number}") for number in range(100)]

    def arrive(source):
        received = [
            pipeline.Received(RawEvent(f"{source}:{item.external_id}", b"{}"), (item,))
            for item in items
        ]
        from accounts import actors

        return pipeline.take_in(
            channel=channel,
            received=received,
            source=source,
            by=actors.system(channel.organisation_id),
            now=now,
        )

    results = at_once(lambda: arrive(InboundSource.API), lambda: arrive(InboundSource.POLL))

    assert not [result for result in results if isinstance(result, Exception)]
    assert ContentItem.objects.count() == Case.objects.count() == 100


def test_many_workers_carry_out_each_command_once(platform, channel, queues, published, ada, now):
    clause = Clause.objects.get(reference="EX-01")
    for number in range(30):
        platform.write(f"What a numpty {number}")
    inbox.poll(channel.pk, now=now)
    pipeline.ingest_pending(now=now)
    for case in Case.objects.all():
        decisions.record(
            case=case,
            by=ada.actor,
            ruling=decisions.Ruling(
                Outcome.WARN, "Insults.", f"k{case.pk}", clause=clause, message="Please be civil."
            ),
            now=now,
        )

    def deliver_all():
        for minute in range(4):
            at = now + timedelta(minutes=minute)
            for pk in delivery.due(at):
                delivery.deliver(pk, now=at)
                enforcement.settle(pk, now=at)

    results = at_once(*[deliver_all] * THREADS)
    deliver_all()

    assert not [result for result in results if isinstance(result, Exception)]
    assert set(platform.effects.values()) == {1}
    assert sum(kind == Capability.WARN for kind, _ in platform.effects) == 30
    assert set(EnforcementAction.objects.values_list("status", flat=True)) == {"verified"}


def test_two_workers_do_not_poll_one_channel_at_once(platform, channel, queues, published, now):
    platform.write("Good morning")

    at_once(*[lambda: inbox.poll(channel.pk, now=now)] * THREADS)

    assert sum(call == "fetch" for call, _ in platform.calls) == 1
