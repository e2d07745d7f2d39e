"""Backtests: the same flags as live, counted once whatever happens, and seen by nobody else."""

import copy
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import AuditEvent
from common.errors import InvalidTransition, NotPermitted
from common.shares import Share
from moderation import tasks
from moderation.enums import BacktestScope, BacktestStatus, ChunkStatus
from moderation.models import Backtest, Case, ContentItem, ContentRevision, Evaluation, Flag
from moderation.services import backtests, held_content
from platforms.models import OutboxMessage
from policies.engine import compile_rule_set, evaluate_many
from policies.models import RuleSetVersion
from policies.services import drafts, rulesets
from tests.builders import an_item, items_arrive
from tests.factories.platforms import ChannelFactory
from tests.factories.policies import DEFINITION

pytestmark = pytest.mark.django_db

TEXTS = [
    "What a numpty", "You plonker", "Good morning", "A muppet wrote this", "What a m.u.p.p.e.t",
    "NUMPTY and muppet", "i will find you", "Lovely day", "Typical glorbish", "Thanks",
]  # fmt: skip


def changed(**lists):
    """The example rule set with other words: muppet is an insult now, numpty is not."""
    definition = copy.deepcopy(DEFINITION)
    definition["lists"]["insults"]["terms"] = lists.get("insults", ["muppet", "plonker"])
    definition["rules"][0]["examples"] = {"match": [], "no_match": ["What a day"]}
    return definition


@pytest.fixture
def draft(published, cara, now):
    """A draft beside the published version."""
    return rulesets.draft(
        rule_set=published.rule_set, definition=changed(), by=cara.actor, now=now
    )


def run_out(backtest, now, size=3):
    """Let one worker count to the end."""
    for _ in range(1000):
        if not backtests.advance(now=now, size=size):
            break
    backtest.refresh_from_db()
    return backtest


def outcome(backtest):
    counts = backtests.figures(backtest)
    return {name: counts.texts[name] for name in ("draft", "baseline", "new", "gone")}


def test_it_says_what_live_evaluation_would_say(take_in, channel, published, draft, cara, now):
    items_arrive(channel, *[an_item(text) for text in TEXTS], now=now)
    backtest = backtests.start(
        version=draft, by=cara.actor, now=now, scope=BacktestScope.EVERYTHING
    )

    run_out(backtest, now)

    flagged = {}
    held = list(
        held_content.known(
            channel.organisation_id,
            list(ContentRevision.objects.values_list("pk", "text")),
            held_content.channels_of(channel.organisation_id),
        )
    )
    for name, definition in (("draft", draft.definition), ("baseline", published.definition)):
        verdicts = evaluate_many([each.subject for each in held], compile_rule_set(definition))
        flagged[name] = {
            each.revision_id
            for each, verdict in zip(held, verdicts, strict=True)
            if verdict.is_flagged
        }
    assert backtest.status == BacktestStatus.FINISHED
    assert backtest.total == backtest.result["read"] == len(TEXTS)
    assert outcome(backtest) == {
        "draft": len(flagged["draft"]),
        "baseline": Evaluation.objects.filter(is_flagged=True).count(),
        "new": len(flagged["draft"] - flagged["baseline"]),
        "gone": len(flagged["baseline"] - flagged["draft"]),
    }
    assert outcome(backtest)["new"] == 2
    assert outcome(backtest)["gone"] == 1


def test_only_rules_that_differ_are_run_unless_all_are_wanted(take_in, draft, cara, now):
    take_in(*TEXTS)

    changes = run_out(backtests.start(version=draft, by=cara.actor, now=now), now)
    everything = run_out(
        backtests.start(version=draft, by=cara.actor, now=now, scope=BacktestScope.EVERYTHING), now
    )

    assert changes.rules_run == ["insult"]
    assert changes.rules_same == 4
    assert set(backtests.figures(changes).by_rule) == {"insult"}
    assert {"insult", "slur", "threat"} <= set(backtests.figures(everything).by_rule)
    for name in ("new", "gone"):
        assert outcome(changes)[name] == outcome(everything)[name]
    assert backtests.figures(changes).of_rule("insult") == backtests.figures(everything).of_rule(
        "insult"
    )


def test_a_text_that_another_rule_flags_anyway_is_not_newly_flagged(take_in, draft, cara, now):
    take_in("a muppet says i will find you")

    counts = backtests.figures(
        run_out(backtests.start(version=draft, by=cara.actor, now=now), now)
    )

    assert counts.texts["new"] == 0
    assert counts.of_rule("insult")["new"] == 1


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_sums_and_the_examples_do_not_depend_on_how_the_work_is_cut(
    take_in, draft, cara, now, size
):
    take_in(*[f"{text} {number}" for number in range(6) for text in TEXTS])
    whole = run_out(backtests.start(version=draft, by=cara.actor, now=now), now, size=10_000)

    cut = run_out(backtests.start(version=draft, by=cara.actor, now=now), now, size=size)

    assert cut.result == whole.result
    assert len(cut.result["examples"]["new"]["insult"]) == 5


def test_facts_are_those_known_when_the_text_came(take_in, published, channel, cara, now):
    definition = copy.deepcopy(DEFINITION)
    definition["rules"][4]["when"] = {
        "repetition": {"signal": "repeat.same_author", "at_least": 2}
    }
    version = rulesets.draft(
        rule_set=published.rule_set, definition=definition, by=cara.actor, now=now
    )
    words = "The very same sentence, written again and again"
    items_arrive(
        channel, *[an_item(words, author="Bo", external_id=f"b{n}") for n in range(3)], now=now
    )
    facts = sorted(
        row["repeat.same_author"] for row in Evaluation.objects.values_list("signals", flat=True)
    )

    counts = backtests.figures(
        run_out(backtests.start(version=version, by=cara.actor, now=now), now)
    )

    assert facts == [3, 3, 3]
    assert counts.of_rule("repeated")["draft"] == 3
    assert not counts.unknown


def test_what_nobody_knows_is_said_and_never_counted_as_a_flag(take_in, published, cara, now):
    definition = copy.deepcopy(DEFINITION)
    definition["rules"][0]["when"] = {
        "all": [
            {"words": {"list": "insults"}},
            {"signal": {"name": "model.abuse", "at_least": 0.8}},
        ]
    }
    definition["rules"][0]["examples"] = {"match": [], "no_match": ["What a day"]}
    version = rulesets.draft(
        rule_set=published.rule_set, definition=definition, by=cara.actor, now=now
    )
    take_in("What a numpty", "Good morning")

    counts = backtests.figures(
        run_out(backtests.start(version=version, by=cara.actor, now=now), now)
    )

    assert counts.unknown == {"insult": {"": 1, "model.abuse": 1}}
    assert counts.texts["gone"] == 1
    assert counts.texts["draft"] == 0


def test_only_the_present_wording_of_an_edited_comment_counts(take_in, channel, draft, cara, now):
    items_arrive(channel, an_item("What a muppet", external_id="e1"), now=now)
    items_arrive(
        channel,
        an_item("What a day", external_id="e1", version="2"),
        now=now + timedelta(minutes=1),
    )

    backtest = run_out(backtests.start(version=draft, by=cara.actor, now=now), now)

    assert backtest.result["read"] == 2
    assert outcome(backtest) == {"draft": 0, "baseline": 0, "new": 0, "gone": 0}


def test_the_last_days_are_those_in_which_a_comment_was_taken_in(take_in, draft, cara, now):
    take_in("What a muppet")
    captured = ContentRevision.objects.get().pk
    moment = held_content.datetime.fromtimestamp((captured.int >> 80) / 1000, tz=now.tzinfo)

    within = run_out(
        backtests.start(version=draft, by=cara.actor, now=moment + timedelta(hours=23), days=1),
        now,
    )
    before = run_out(
        backtests.start(version=draft, by=cara.actor, now=moment + timedelta(hours=25), days=1),
        now,
    )

    assert (within.result["read"], before.result["read"]) == (1, 0)


def test_nothing_it_does_shows_anywhere_else(take_in, draft, cara, now):
    take_in(*TEXTS)
    models = (Case, Evaluation, Flag, OutboxMessage, ContentItem, ContentRevision)
    before = [list(model.objects.order_by("pk").values()) for model in models]

    run_out(backtests.start(version=draft, by=cara.actor, now=now), now)

    assert [list(model.objects.order_by("pk").values()) for model in models] == before


def test_it_reads_the_comments_of_its_own_organisation_only(
    take_in, draft, cara, now, other_organisation, eve, member
):
    from tests.factories.moderation import ContentItemFactory

    theirs = ChannelFactory(organisation=other_organisation)
    ContentItemFactory(channel=theirs, text="What a muppet")
    take_in("What a muppet")

    backtest = run_out(backtests.start(version=draft, by=cara.actor, now=now), now)

    assert backtest.result["read"] == outcome(backtest)["new"] == 1
    with pytest.raises(RuleSetVersion.DoesNotExist):
        backtests.start(version=draft, by=eve.actor, now=now)
    with pytest.raises(Backtest.DoesNotExist):
        backtests.cancel(backtest=backtest, by=eve.actor, now=now)


def test_what_arrives_while_it_runs_is_not_part_of_the_question(take_in, draft, cara, now):
    take_in("What a muppet")
    backtest = backtests.start(version=draft, by=cara.actor, now=now)
    take_in("Another muppet")

    run_out(backtest, now)

    assert backtest.result["read"] == 1


def test_without_comments_it_is_over_at_once(published, draft, cara, now):
    backtest = run_out(backtests.start(version=draft, by=cara.actor, now=now), now)

    assert (backtest.status, backtest.total) == (BacktestStatus.FINISHED, 0)


def test_the_first_version_of_a_rule_set_has_nothing_to_compare_with(
    take_in, published, cara, ben, now
):
    take_in("What a numpty", "Good morning")
    first = RuleSetVersion.objects.get(pk=published.pk)

    backtest = run_out(backtests.start(version=first, by=cara.actor, now=now), now)

    assert backtest.baseline is None
    assert outcome(backtest) == {"draft": 1, "baseline": 0, "new": 1, "gone": 0}


def test_what_was_found_predicts_how_often_a_rule_will_fire(take_in, draft, cara, now):
    take_in(*TEXTS)
    assert backtests.predicted(draft.pk) == {}

    run_out(backtests.start(version=draft, by=cara.actor, now=now), now)

    # plonker, muppet, m.u.p.p.e.t, "NUMPTY and muppet"
    assert backtests.predicted(draft.pk) == {"insult": Share(4, 10)}


# Workers that die


def test_a_chunk_whose_worker_was_killed_is_counted_by_the_next_and_once(
    take_in, draft, cara, now
):
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=now)
    lost = backtests.hand_out(backtest.pk, now=now, size=4)
    counts = backtests.backtest_judging.comparison(backtest.pk).count(
        held_content.Stretch(lost.organisation_id, lost.after_id, lost.until_id)
    )

    run_out(backtest, now)
    assert backtest.status == BacktestStatus.RUNNING  # the lost chunk is still leased
    later = now + backtests.LEASE
    run_out(backtest, later)

    assert backtest.status == BacktestStatus.FINISHED
    assert backtest.result["read"] == len(TEXTS)
    # The worker was not dead after all, and comes with its sums.
    assert backtests.settle(lost, counts, now=later) is False
    backtest.refresh_from_db()
    assert backtest.result["read"] == len(TEXTS)


def test_a_lease_that_passed_on_counts_for_whoever_holds_it_now(take_in, draft, cara, now):
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=now)
    slow = backtests.hand_out(backtest.pk, now=now, size=4)
    fresh = backtests.hand_out(backtest.pk, now=now + backtests.LEASE, size=4)

    assert fresh.pk == slow.pk
    assert backtests.take(slow, now=now) is False
    assert backtests.take(fresh, now=now) is True
    assert backtests.take(fresh, now=now) is False
    run_out(backtest, now)
    assert backtest.result["read"] == len(TEXTS)


def test_no_more_chunks_than_agreed_are_out_at_once(take_in, draft, cara, now):
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=now)

    out = [backtests.hand_out(backtest.pk, now=now, size=1) for _ in range(4)]

    assert [chunk is not None for chunk in out] == [True, True, False, False]


def test_a_place_at_which_every_worker_dies_ends_it_with_the_reason(take_in, draft, cara, now):
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=now)

    for attempt in range(backtests.MOST_ATTEMPTS + 1):
        backtests.hand_out(backtest.pk, now=now + attempt * backtests.LEASE)

    backtest.refresh_from_db()
    assert backtest.status == BacktestStatus.FAILED
    assert "stopped again and again" in backtest.error


def test_a_chunk_is_handed_out_once_even_if_somebody_tries(take_in, draft, cara, now):
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=now)
    chunk = backtests.hand_out(backtest.pk, now=now, size=4)

    chunk.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        chunk.save(force_insert=True)


def test_the_bell_counts_to_the_end_and_rings_for_nobody_then(take_in, draft, cara, now):
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=timezone.now())

    tasks.continue_backtests()
    tasks.continue_backtests()

    backtest.refresh_from_db()
    assert backtest.status == BacktestStatus.FINISHED
    assert backtest.result["read"] == len(TEXTS)


def test_rules_that_can_no_longer_be_run_end_it_with_the_reason(take_in, draft, cara, now):
    """An upgrade of the engine may refuse what an older one took."""
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=now)
    broken = {**draft.definition, "lists": {}}
    Backtest.objects.filter(pk=backtest.pk).update(definition=broken)

    run_out(backtest, now)

    assert backtest.status == BacktestStatus.FAILED
    assert "The rules cannot be run" in backtest.error
    assert "insults" in backtest.error
    assert not backtest.chunks.exists()


# Cancelling, deleting, starting twice


def test_cancelling_keeps_what_was_counted_and_stops_the_rest(take_in, draft, cara, now):
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=now)
    backtests.advance(now=now, size=4)
    out = backtests.hand_out(backtest.pk, now=now, size=4)

    backtests.cancel(backtest=backtest, by=cara.actor, now=now)

    assert backtests.take(out, now=now) is False
    assert backtests.advance(now=now) is False
    backtest.refresh_from_db()
    assert (backtest.status, backtest.result["read"]) == (BacktestStatus.CANCELLED, 4)
    assert backtest.cancelled_by == cara.user
    with pytest.raises(InvalidTransition):
        backtests.cancel(backtest=backtest, by=cara.actor, now=now)


def test_a_draft_discarded_while_it_runs_changes_nothing(take_in, draft, cara, now):
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=now)
    backtests.advance(now=now, size=4)
    backtests.backtest_judging.comparison.cache_clear()

    drafts.discard(version=draft, reason="Not needed.", by=cara.actor, now=now)
    run_out(backtest, now)

    assert backtest.status == BacktestStatus.FINISHED
    assert (outcome(backtest)["new"], outcome(backtest)["gone"]) == (2, 1)


def test_a_draft_changed_while_it_runs_changes_nothing(take_in, draft, cara, now):
    take_in(*TEXTS)
    backtest = backtests.start(version=draft, by=cara.actor, now=now)
    backtests.backtest_judging.comparison.cache_clear()

    RuleSetVersion.objects.filter(pk=draft.pk).update(definition=DEFINITION, digest="other")
    run_out(backtest, now)

    assert outcome(backtest)["new"] == 2
    assert backtest.digest != "other"


def test_one_version_has_one_backtest_at_a_time(take_in, draft, cara, now):
    take_in("What a muppet")
    first = backtests.start(version=draft, by=cara.actor, now=now)

    with pytest.raises(backtests.BacktestRefused, match="running already"):
        backtests.start(version=draft, by=cara.actor, now=now)

    run_out(first, now)
    backtests.start(version=draft, by=cara.actor, now=now)
    assert Backtest.objects.count() == 2


def test_a_version_that_says_the_same_has_nothing_to_try(published, cara, now):
    same = copy.deepcopy(DEFINITION)
    same["rules"][0]["name"] = "Another name"
    version = rulesets.draft(rule_set=published.rule_set, definition=same, by=cara.actor, now=now)

    with pytest.raises(backtests.NothingDiffers):
        backtests.start(version=version, by=cara.actor, now=now)

    assert not Backtest.objects.exists()


@pytest.mark.parametrize("days", [0, -1, 100_000])
def test_a_number_of_days_that_makes_no_sense_is_refused(draft, cara, now, days):
    with pytest.raises(backtests.BacktestRefused, match="between 1 and"):
        backtests.start(version=draft, by=cara.actor, now=now, days=days)


def test_who_may_not_edit_rules_may_not_try_them(draft, ada, now):
    before = AuditEvent.objects.count()

    with pytest.raises(NotPermitted):
        backtests.start(version=draft, by=ada.actor, now=now)

    assert not Backtest.objects.exists()
    assert AuditEvent.objects.count() == before


def test_it_is_on_record_when_it_began_and_ended(take_in, draft, cara, now):
    take_in("What a muppet")
    backtest = run_out(backtests.start(version=draft, by=cara.actor, now=now), now)

    events = AuditEvent.objects.filter(target_id=backtest.pk).order_by("pk")

    assert [event.type for event in events] == ["backtest.started", "backtest.finished"]
    assert events[1].data["new"] == 1


def test_chunks_are_let_go_of_once_they_are_merged(take_in, draft, cara, now):
    take_in(*TEXTS)

    backtest = run_out(backtests.start(version=draft, by=cara.actor, now=now), now)

    assert not backtest.chunks.exists()
    assert ChunkStatus.DONE == "done"
