"""Rule sets: drafted, approved by somebody else, published, retired; refused with every problem named."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.actors import system
from accounts.enums import Permission, RoleName
from accounts.permissions import actor_for_token
from accounts.services import tokens
from audit.models import AuditEvent
from common.errors import InvalidTransition, NotPermitted
from policies.enums import RuleSetStatus
from policies.models import Clause, RuleSet, RuleSetVersion
from policies.services import drafts, packs, rulesets
from tests.factories.policies import DEFINITION, approve, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule_set(cara, now):
    """A rule set whose clauses are in, with nothing drafted yet."""
    packs.import_pack(document=DEFINITION, by=cara.actor, now=now)
    return RuleSet.objects.get()


@pytest.fixture
def draft(rule_set, cara, now):
    return rulesets.draft(rule_set=rule_set, definition=DEFINITION, by=cara.actor, now=now)


def changed(**fields):
    """Return the definition with the first rule's fields replaced."""
    definition = copy.deepcopy(DEFINITION)
    definition["rules"][0] |= fields
    return definition


def test_draft_judges_nothing_yet(draft, now, organisation):
    assert (draft.status, draft.number) == (RuleSetStatus.DRAFT, 1)
    assert rulesets.in_force(organisation.pk, now=now) == []
    assert draft.rules.count() == 5


def test_life_of_a_version_is_on_the_record(draft, cara, ben, now, organisation):
    approve(version=draft, editor=cara.actor, approver=ben.actor, now=now)
    published = rulesets.publish(version=draft, by=cara.actor, now=now)

    assert rulesets.in_force(organisation.pk, now=now) == [published.pk]
    assert (published.approved_by, published.published_by) == (ben.user, cara.user)
    assert list(AuditEvent.objects.order_by("pk").values_list("type", flat=True)) == [
        "pack.imported",
        "rule_set.drafted",
        "rule_set.submitted",
        "rule_set.approved",
        "rule_set.published",
    ]


def test_newer_version_retires_the_one_before_in_the_same_step(
    published, cara, ben, now, organisation
):
    newer = rulesets.draft(
        rule_set=published.rule_set, definition=changed(name="Rude"), by=cara.actor, now=now
    )
    approve(version=newer, editor=cara.actor, approver=ben.actor, now=now)

    rulesets.publish(version=newer, by=cara.actor, now=now + timedelta(days=1))

    published.refresh_from_db()
    assert (published.status, published.retired_at) == ("retired", now + timedelta(days=1))
    assert rulesets.in_force(organisation.pk, now=now) == [newer.pk]
    assert newer.number == 2


def test_nobody_approves_their_own_rules(rule_set, member, organisation, now):
    both = member("Both", organisation, RoleName.COMMS_MANAGER, RoleName.SUPERVISOR)
    version = rulesets.draft(rule_set=rule_set, definition=DEFINITION, by=both.actor, now=now)
    drafts.submit(version=version, revision=1, summary="", by=both.actor, now=now)

    with pytest.raises(rulesets.ApproverIsDrafter):
        rulesets.approve(version=version, by=both.actor, now=now)

    version.refresh_from_db()
    assert version.status == RuleSetStatus.SUBMITTED


@pytest.mark.parametrize("status", [s for s in RuleSetStatus if s != RuleSetStatus.SUBMITTED])
def test_only_what_was_sent_for_approval_is_approved(draft, cara, ben, now, status):
    brought_to(draft, status, cara, ben, now)

    with pytest.raises(InvalidTransition):
        rulesets.approve(version=draft, by=ben.actor, now=now)


@pytest.mark.parametrize("status", [s for s in RuleSetStatus if s != RuleSetStatus.APPROVED])
def test_only_an_approved_version_is_published(draft, cara, ben, now, status):
    brought_to(draft, status, cara, ben, now)

    with pytest.raises(InvalidTransition):
        rulesets.publish(version=draft, by=cara.actor, now=now)


def brought_to(version, status, cara, ben, now):
    """Bring a draft to a status by the services."""
    if status == RuleSetStatus.DRAFT:
        return
    if status == RuleSetStatus.DISCARDED:
        drafts.discard(version=version, reason="Not needed.", by=cara.actor, now=now)
        return
    drafts.submit(version=version, revision=1, summary="", by=cara.actor, now=now)
    if status == RuleSetStatus.SUBMITTED:
        return
    rulesets.approve(version=version, by=ben.actor, now=now)
    if status == RuleSetStatus.APPROVED:
        return
    rulesets.publish(version=version, by=cara.actor, now=now)
    if status != RuleSetStatus.RETIRED:
        return
    newer = rulesets.draft(
        rule_set=version.rule_set, definition=DEFINITION, by=cara.actor, now=now
    )
    approve(version=newer, editor=cara.actor, approver=ben.actor, now=now)
    rulesets.publish(version=newer, by=cara.actor, now=now)


def test_rules_are_put_in_force_by_people(draft, dev, cara, ben, now, organisation):
    token, _ = tokens.issue(
        name="Tool", scopes=list(Permission), by=dev.actor, now=now, expires_at=None
    )
    tool = actor_for_token(token)
    with pytest.raises(NotPermitted):
        rulesets.approve(version=draft, by=tool, now=now)
    approve(version=draft, editor=cara.actor, approver=ben.actor, now=now)

    for actor in (tool, system(organisation.pk)):
        with pytest.raises(NotPermitted):
            rulesets.publish(version=draft, by=actor, now=now)

    assert rulesets.in_force(organisation.pk, now=now) == []


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        (changed(clause="EX-99"), "EX-99"),
        (changed(when={"words": {"list": "nothing-here"}}), "nothing-here"),
        (changed(when={"magic": {}}), "magic"),
        (changed(severity="enormous"), "enormous"),
        (changed(examples={"match": ["A fine day"], "no_match": []}), "A fine day"),
        (changed(examples={"match": [], "no_match": ["numpty"]}), "numpty"),
    ],
)
def test_definition_that_cannot_work_is_refused_with_the_reason(
    rule_set, cara, now, definition, why
):
    with pytest.raises(rulesets.RuleSetRefused, match=why):
        rulesets.draft(rule_set=rule_set, definition=definition, by=cara.actor, now=now)

    assert not RuleSetVersion.objects.exists()
    assert not AuditEvent.objects.filter(type="rule_set.drafted").exists()


def test_rule_cites_the_clause_as_it_stood_when_it_was_drafted(draft, cara, now):
    newer = copy.deepcopy(DEFINITION) | {"version": "2"}
    packs.import_pack(document=newer, by=cara.actor, now=now)
    second = rulesets.draft(rule_set=draft.rule_set, definition=DEFINITION, by=cara.actor, now=now)

    assert {rule.clause.pack.version for rule in draft.rules.all()} == {"1"}
    assert {rule.clause.pack.version for rule in second.rules.all()} == {"2"}
    assert Clause.objects.current().count() == 5


def test_another_organisation_s_rule_set_is_out_of_reach(draft, eve, now):
    with pytest.raises(RuleSet.DoesNotExist):
        rulesets.draft(rule_set=draft.rule_set, definition=DEFINITION, by=eve.actor, now=now)
    with pytest.raises(RuleSetVersion.DoesNotExist):
        rulesets.approve(version=draft, by=eve.actor, now=now)
    with pytest.raises(RuleSet.DoesNotExist):
        rulesets.publish(version=draft, by=eve.actor, now=now)

    draft.refresh_from_db()
    assert draft.status == RuleSetStatus.DRAFT


@pytest.mark.parametrize(
    "change",
    [
        {"status": "draft"},
        {"status": "approved"},
        {"digest": "0" * 64},
        {"definition": {"rules": []}},
    ],
)
def test_published_version_is_never_rewritten_by_whichever_way(published, change):
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleSetVersion.objects.filter(pk=published.pk).update(**change)

    published.refresh_from_db()
    assert published.status == RuleSetStatus.PUBLISHED


def test_what_is_published_is_what_was_approved(draft, ben, cara, now):
    approve(version=draft, editor=cara.actor, approver=ben.actor, now=now)

    with pytest.raises(DatabaseError), transaction.atomic():
        RuleSetVersion.objects.filter(pk=draft.pk).update(
            definition={"rules": []}, digest="0" * 64
        )

    assert rulesets.publish(version=draft, by=cara.actor, now=now).definition == DEFINITION


def test_digest_names_the_definition_whatever_its_order():
    turned = dict(reversed(DEFINITION.items()))

    assert rulesets.digest_of(turned) == rulesets.digest_of(DEFINITION)
    assert rulesets.digest_of(changed(name="Rude")) != rulesets.digest_of(DEFINITION)


def test_compiled_version_is_made_once_a_process(published, django_assert_num_queries):
    first = rulesets.compiled(published.pk)

    with django_assert_num_queries(0):
        assert rulesets.compiled(published.pk) is first


@pytest.mark.parametrize(
    ("in_force", "days"),
    [
        ({"from": "2027-03-25", "until": "2027-05-06"}, [False, True, True, True, False]),
        ({"from": "2027-03-25"}, [False, True, True, True, True]),
        ({"until": "2027-05-06"}, [True, True, True, True, False]),
    ],
)
def test_a_dated_version_is_in_force_from_its_first_day_to_the_end_of_its_last(
    cara, ben, now, organisation, in_force, days
):
    version = publish(
        drafter=cara.actor, approver=ben.actor, now=now, definition={**DEFINITION, "in_force": in_force}
    )  # fmt: skip
    # The last minute before and the first and last minute of the period, in British time: clocks
    # go forward on 28 March 2027, so 6 May begins and ends an hour earlier in UTC.
    moments = [
        datetime(2027, 3, 24, 23, 59, tzinfo=UTC),
        datetime(2027, 3, 25, 0, 0, tzinfo=UTC),
        datetime(2027, 4, 10, 12, 0, tzinfo=UTC),
        datetime(2027, 5, 6, 22, 59, tzinfo=UTC),
        datetime(2027, 5, 6, 23, 0, tzinfo=UTC),
    ]

    judging = [rulesets.in_force(organisation.pk, now=moment) for moment in moments]

    assert judging == [[version.pk] if holds else [] for holds in days]
    assert [
        organisation.pk in rulesets.organisations_with_rules(now=moment) for moment in moments
    ] == days


@pytest.mark.parametrize(
    ("in_force", "why"),
    [
        ({}, "needs the field"),
        ({"from": "6 May 2027"}, "not a day written as year-month-day"),
        ({"until": "20270506"}, "not a day written as year-month-day"),
        ({"from": "2027-02-30"}, "not a day written as year-month-day"),
        ({"from": "2027-05-06", "until": "2027-03-25"}, "ends before it begins"),
        ({"from": "2027-03-25", "to": "2027-05-06"}, "no field “to”"),
    ],
)
def test_dates_that_make_no_sense_are_refused_with_a_reason(rule_set, cara, now, in_force, why):
    with pytest.raises(rulesets.RuleSetRefused, match=why):
        rulesets.draft(
            rule_set=rule_set, definition={**DEFINITION, "in_force": in_force}, by=cara.actor, now=now
        )  # fmt: skip

    assert not RuleSetVersion.objects.exists()
