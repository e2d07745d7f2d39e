"""Shadow runs: judging everything live, changing nothing, ending by themselves."""

import copy
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from common.errors import InvalidTransition, NotPermitted
from moderation.models import Case, Evaluation, Flag, ShadowDifference, ShadowRun, ShadowTally
from moderation.services import shadow
from policies.models import RuleSetVersion
from policies.services import rulesets
from tests.builders import an_item, items_arrive
from tests.factories.policies import DEFINITION, approve, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def definition():
    changed = copy.deepcopy(DEFINITION)
    changed["lists"]["insults"]["terms"] = ["muppet", "plonker"]
    changed["rules"][0]["examples"] = {"match": [], "no_match": ["What a day"]}
    return changed


@pytest.fixture
def approved(published, definition, cara, ben, now):
    draft = rulesets.draft(
        rule_set=published.rule_set, definition=definition, by=cara.actor, now=now
    )
    return approve(version=draft, editor=cara.actor, approver=ben.actor, now=now)


@pytest.fixture
def running(approved, cara, now):
    return shadow.start(version=approved, ends_at=now + timedelta(days=14), by=cara.actor, now=now)


def test_only_what_it_says_otherwise_is_kept(take_in, running, now):
    take_in("What a muppet", "What a numpty", "You plonker", "Good morning")

    new, gone = ShadowDifference.objects.order_by("pk")

    assert (new.rules_new, new.rules_gone) == (["insult"], [])
    assert (new.flagged_live, new.flagged_shadow) == (False, True)
    assert (gone.rules_new, gone.rules_gone) == ([], ["insult"])
    assert (gone.flagged_live, gone.flagged_shadow) == (True, False)
    assert new.revision.text == "What a muppet"
    assert new.spans == [{"start": 7, "end": 13, "label": "Insult"}]
    judged = shadow.judged_by(running)
    assert (judged.texts, judged.flagged_live, judged.flagged_shadow) == (4, 2, 2)
    assert (judged.new, judged.gone) == (1, 1)


def test_it_changes_nothing_that_anybody_works_with(take_in, running, published):
    take_in("What a muppet", "What a numpty")

    assert Case.objects.count() == Flag.objects.count() == 1
    assert set(Evaluation.objects.values_list("version_id", flat=True)) == {published.pk}


def test_a_text_that_another_rule_set_flags_is_not_newly_flagged(take_in, running, cara, ben, now):
    other = copy.deepcopy(DEFINITION)
    other["key"], other["rules"] = "other", other["rules"][:1]
    other["clauses"] = [
        {**clause, "id": clause["id"].replace("EX", "OT")} for clause in other["clauses"]
    ]
    for group in other["groups"].values():
        group["clause"] = group["clause"].replace("EX", "OT")
    other["rules"][0]["clause"] = "OT-01"
    other["lists"]["insults"]["terms"] = ["muppet"]
    other["rules"][0]["examples"] = {"match": ["muppet"], "no_match": []}
    publish(drafter=cara.actor, approver=ben.actor, now=now, definition=other)

    take_in("What a muppet")

    difference = ShadowDifference.objects.get()
    assert difference.rules_new == ["insult"]
    assert difference.flagged_live
    assert difference.flagged_shadow


def test_without_a_shadow_run_a_batch_costs_one_more_question(channel, published, queues, now):
    items_arrive(channel, an_item("Good morning"), now=now)

    with CaptureQueriesContext(connection) as queries:
        items_arrive(channel, an_item("Good evening"), now=now)

    about_shadow = [q["sql"] for q in queries if "moderation_shadow" in q["sql"]]
    assert len(about_shadow) == 1
    assert about_shadow[0].startswith("SELECT")


def test_a_shadow_that_cannot_judge_never_holds_up_a_comment(take_in, running, caplog):
    """What was approved under an older engine may no longer compile."""
    broken = {**DEFINITION, "rules": [{"key": "broken"}]}
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    shadow._compiled.cache_clear()
    version = RuleSetVersion.objects.create(
        organisation_id=running.organisation_id,
        rule_set=running.version.rule_set,
        number=99,
        definition=broken,
        digest="broken",
        drafted_at=running.starts_at,
    )
    for status in ("submitted", "approved"):
        RuleSetVersion.objects.filter(pk=version.pk).update(
            status=status,
            approved_by=running.version.approved_by,
            approved_at=running.starts_at,
        )
    ShadowRun.objects.create(
        organisation_id=running.organisation_id,
        version=version,
        digest="broken",
        starts_at=running.starts_at,
        ends_at=running.ends_at,
    )

    take_in("What a muppet", "What a numpty")

    assert "shadow_failed" in caplog.text
    assert Case.objects.count() == 1
    assert ShadowDifference.objects.count() == 2  # the other run goes on


@pytest.mark.parametrize("status", ["draft", "published", "retired"])
def test_only_a_settled_version_that_is_not_live_runs(approved, cara, now, status, published):
    versions = RuleSetVersion.objects
    if status == "draft":
        version = rulesets.draft(
            rule_set=published.rule_set, definition=DEFINITION, by=cara.actor, now=now
        )
    else:
        version = versions.get(pk=published.pk)
        if status == "retired":
            rulesets.publish(version=approved, by=cara.actor, now=now)

    with pytest.raises(shadow.ShadowRefused, match="in review or approved"):
        shadow.start(version=version, ends_at=now + timedelta(days=1), by=cara.actor, now=now)


@pytest.mark.parametrize(
    ("days", "said"), [(0, "in the future"), (-1, "in the future"), (93, "three months")]
)
def test_an_end_that_makes_no_sense_is_refused(approved, cara, now, days, said):
    with pytest.raises(shadow.ShadowRefused, match=said):
        shadow.start(version=approved, ends_at=now + timedelta(days=days), by=cara.actor, now=now)

    assert not ShadowRun.objects.exists()


def test_a_version_runs_once_at_a_time(approved, running, cara, now):
    with pytest.raises(shadow.ShadowRefused, match="already"):
        shadow.start(version=approved, ends_at=now + timedelta(days=1), by=cara.actor, now=now)


def test_it_judges_no_more_from_its_end_on_even_before_the_bell(take_in, running, now):
    take_in("What a muppet", now=now + timedelta(days=14))

    assert not ShadowTally.objects.exists()


def test_the_bell_ends_what_is_due_once_and_records_it(running, now):
    assert shadow.end_due(now=now + timedelta(days=13)) == 0
    assert shadow.end_due(now=now + timedelta(days=14)) == 1
    assert shadow.end_due(now=now + timedelta(days=15)) == 0

    running.refresh_from_db()
    assert (running.ended_how, running.ended_by) == ("due", None)
    assert AuditEvent.objects.filter(type="shadow.ended").count() == 1


def test_publishing_the_version_ends_its_shadow(take_in, running, approved, cara, now):
    rulesets.publish(version=approved, by=cara.actor, now=now)
    take_in("What a muppet")

    assert not ShadowTally.objects.exists()
    assert shadow.end_due(now=now) == 1
    running.refresh_from_db()
    assert running.ended_how == "published"


def test_a_changed_version_is_another_question_and_ends_the_run(take_in, running, now):
    ShadowRun.objects.filter(pk=running.pk).update(digest="of another text")
    take_in("What a muppet")

    assert not ShadowTally.objects.exists()
    assert shadow.end_due(now=now) == 1
    running.refresh_from_db()
    assert running.ended_how == "changed"


def test_stopping_keeps_what_was_noted(take_in, running, cara, now):
    take_in("What a muppet")
    shadow.stop(run=running, by=cara.actor, now=now)
    take_in("Another muppet")

    assert shadow.judged_by(running).texts == ShadowDifference.objects.count() == 1
    with pytest.raises(InvalidTransition):
        shadow.stop(run=running, by=cara.actor, now=now)


def test_who_may_not_edit_rules_starts_and_stops_nothing(approved, running, ada, eve, now):
    for act in (
        lambda who: shadow.start(
            version=approved, ends_at=now + timedelta(days=1), by=who.actor, now=now
        ),
        lambda who: shadow.stop(run=running, by=who.actor, now=now),
    ):
        with pytest.raises(NotPermitted):
            act(ada)
        with pytest.raises((RuleSetVersion.DoesNotExist, ShadowRun.DoesNotExist)):
            act(eve)
    assert ShadowRun.objects.filter(ended_at=None).count() == 1
