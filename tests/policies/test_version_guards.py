"""What the database refuses about versions, by whichever way, and two people at once."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from policies.editor import definition as edit
from policies.enums import RuleSetStatus
from policies.models import RuleSetVersion, VersionEditor, VersionNote
from policies.services import drafts
from policies.transitions import VERSION_MOVES
from tests.factories.policies import DEFINITION, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(published, cara, now):
    return drafts.start(source=published, by=cara.actor, now=now)


def refused():
    return pytest.raises(DatabaseError)


def test_the_table_of_moves_knows_every_status():
    assert set(VERSION_MOVES) == set(RuleSetStatus)


@pytest.mark.parametrize("target", [s for s in RuleSetStatus if s != RuleSetStatus.DRAFT])
def test_the_database_keeps_the_same_table_of_moves(draft, target):
    may = target in VERSION_MOVES[RuleSetStatus.DRAFT]
    row = RuleSetVersion.objects.filter(pk=draft.pk)

    if may:
        assert row.update(status=target) == 1
        return
    with refused(), transaction.atomic():
        row.update(status=target)


def test_a_version_begins_as_a_draft(draft, cara, now):
    with refused(), transaction.atomic():
        RuleSetVersion.objects.create(
            organisation_id=draft.organisation_id, rule_set_id=draft.rule_set_id, number=9,
            status="submitted", definition={}, digest="0" * 64, drafted_at=now,
        )  # fmt: skip


def test_what_was_submitted_is_frozen(draft, cara, now):
    drafts.submit(version=draft, revision=1, summary="As it is.", by=cara.actor, now=now)
    row = RuleSetVersion.objects.filter(pk=draft.pk)

    for change in ({"definition": {}}, {"digest": "0" * 64}, {"summary": "Something else."}):
        with refused(), transaction.atomic():
            row.update(**change)
    with refused(), transaction.atomic():
        draft.rules.update(because="Rewritten.")


def test_the_database_refuses_an_approver_who_wrote_in_it(draft, ben, cara, now):
    VersionEditor.objects.create(
        organisation_id=draft.organisation_id, version=draft, user=ben.user, first_at=now
    )
    drafts.submit(version=draft, revision=1, summary="", by=cara.actor, now=now)

    with refused(), transaction.atomic():
        RuleSetVersion.objects.filter(pk=draft.pk).update(
            status="approved", approved_by=ben.user, approved_at=now
        )


def test_editors_and_notes_are_never_rewritten(draft, cara, ben, now):
    drafts.comment(version=draft, text="Why?", by=ben.actor, now=now)

    with refused(), transaction.atomic():
        VersionEditor.objects.filter(version=draft).delete()
    with refused(), transaction.atomic():
        VersionNote.objects.update(text="Rewritten.")


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_save_one_rule_at_once_one_is_refused(cara, ben, now):
    published = publish(drafter=cara.actor, approver=ben.actor, now=now)
    draft = drafts.start(source=published, by=cara.actor, now=now)
    rule = DEFINITION["rules"][0]
    seen, outcomes, start = edit.digest_of(rule), [], threading.Barrier(2)

    def save(words):
        try:
            start.wait(timeout=10)
            drafts.save_rule(
                version=RuleSetVersion.objects.get(pk=draft.pk), key="insult",
                rule={**rule, "because": words}, seen=seen, by=cara.actor, now=now,
            )  # fmt: skip
            outcomes.append("saved")
        except drafts.PartMovedOn:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(f"Words {n}.",)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(outcomes) == ["refused", "saved"]
    draft.refresh_from_db()
    assert draft.revision == 2
