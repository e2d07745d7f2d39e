"""What the database itself refuses: each test tries to break one promise."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from accounts.models import Membership, Organisation
from audit.models import AuditEvent
from moderation.models import (
    Assignment,
    Case,
    ContentItem,
    ContentRevision,
    Decision,
    EnforcementAction,
    Escalation,
    Evaluation,
    Flag,
    ModelTuning,
    Score,
)
from platforms.models import InboundEvent, OutboxMessage
from policies.enums import RuleSetStatus
from policies.models import Clause, Rule
from tests.builders import a_case
from tests.factories.accounts import MembershipFactory, UserFactory, a_member
from tests.factories.moderation import (
    AuthorFactory,
    CaseFactory,
    ContentItemFactory,
    DecisionFactory,
    ModelTuningFactory,
    PostFactory,
    QueueFactory,
    ScoreFactory,
)
from tests.factories.platforms import ChannelFactory, InboundEventFactory
from tests.factories.policies import ClauseFactory, PackFactory

pytestmark = pytest.mark.django_db

OURS = ("accounts", "platforms", "policies", "moderation")


def refused():
    """Expect the database to refuse, and leave the surrounding transaction usable."""
    return _Refused()


class _Refused:
    def __enter__(self):
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()

    def __exit__(self, kind, error, trace):
        self.savepoint.__exit__(kind, error, trace)
        assert kind is not None, "The database accepted it."
        return issubclass(kind, DatabaseError)


def test_platform_id_is_unique_per_channel():
    item = ContentItemFactory(external_id="c1")

    with refused():
        ContentItemFactory(channel=item.channel, external_id="c1")
    ContentItemFactory(channel=ChannelFactory(organisation=item.organisation), external_id="c1")


def test_inbound_event_is_kept_once_per_channel():
    event = InboundEventFactory(key="e1")

    with refused():
        InboundEventFactory(channel=event.channel, key="e1")


def test_item_has_at_most_one_open_case():
    case = CaseFactory()

    with refused():
        CaseFactory(content_item=case.content_item, queue=case.queue)


def test_case_has_at_most_one_open_claim(now):
    case = CaseFactory()
    Assignment.objects.create(
        organisation=case.organisation,
        case=case,
        claimed_by=a_member(case.organisation),
        claimed_at=now,
    )

    with refused():
        Assignment.objects.create(
            organisation=case.organisation,
            case=case,
            claimed_by=a_member(case.organisation),
            claimed_at=now,
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"claimed_at": None, "claim_expires_at": None},
        {"claim_expires_at": None},
        {"claimed_by": None},
    ],
)
def test_claim_has_who_when_and_until_together(now, fields):
    case = CaseFactory()
    claim = {
        "claimed_by": a_member(case.organisation),
        "claimed_at": now,
        "claim_expires_at": now + timedelta(minutes=5),
    }

    with refused():
        Case.objects.filter(pk=case.pk).update(**(claim | fields))
    assert Case.objects.filter(pk=case.pk).update(**claim) == 1


def test_decided_case_has_a_standing_decision(now):
    with refused():
        CaseFactory(status="decided", decided_at=now)


def test_open_case_has_no_standing_decision(now):
    decision = DecisionFactory()

    with refused():
        Case.objects.filter(pk=decision.case_id).update(standing_decision=decision)


def test_decision_stands_in_one_case_only(now):
    first = DecisionFactory()
    Case.objects.filter(pk=first.case_id).update(
        status="decided", decided_at=now, standing_decision=first
    )
    other = CaseFactory(content_item=first.case.content_item, queue=first.case.queue)

    with refused():
        Case.objects.filter(pk=other.pk).update(
            status="decided", decided_at=now, standing_decision=first
        )


def test_decided_case_is_not_claimed(now):
    decision = DecisionFactory()

    with refused():
        Case.objects.filter(pk=decision.case_id).update(
            status="decided",
            decided_at=now,
            standing_decision=decision,
            claimed_by=decision.made_by,
            claimed_at=now,
            claim_expires_at=now,
        )


def test_decision_is_replaced_once():
    first = DecisionFactory()
    DecisionFactory(case=first.case, replaces=first)

    with refused():
        DecisionFactory(case=first.case, replaces=first)


def test_decision_has_a_reason_a_clause_and_one_maker():
    case = CaseFactory()

    with refused():
        DecisionFactory(case=case, reason="")
    with refused():
        DecisionFactory(case=case, outcome="hide", clause=None)
    with refused():
        DecisionFactory(case=case, made_by=None)


def test_role_is_revoked_by_somebody_at_some_time(now):
    membership = MembershipFactory()

    with refused():
        Membership.objects.filter(pk=membership.pk).update(revoked_at=now)
    with refused():
        Membership.objects.filter(pk=membership.pk).update(revoked_by=UserFactory())


def test_nobody_approves_their_own_rules(published):
    with refused():
        published.__class__.objects.filter(pk=published.pk).update(
            approved_by=published.drafted_by
        )


def test_one_version_of_a_rule_set_is_in_force(published, cara, ben, now):
    from policies.services import rulesets

    draft = rulesets.draft(
        rule_set=published.rule_set, definition=published.definition, by=cara.actor, now=now
    )
    approved = rulesets.approve(version=draft, by=ben.actor, now=now)

    with refused():
        published.__class__.objects.filter(pk=approved.pk).update(
            status=RuleSetStatus.PUBLISHED, published_by=cara.user, published_at=now
        )


IMMUTABLE = {
    AuditEvent: {"reason": "rewritten"},
    ContentRevision: {"text": "rewritten"},
    Evaluation: {"severity": "low"},
    Flag: {"because": "rewritten"},
    Decision: {"reason": "rewritten"},
    Rule: {"because": "rewritten"},
    Clause: {"text": "rewritten"},
    Score: {"model": "rewritten"},
    ModelTuning: {"model": "rewritten"},
}


@pytest.mark.parametrize("model", IMMUTABLE, ids=lambda model: model.__name__)
def test_record_refuses_change_and_deletion(model, channel, queues, published, ada, now):
    case = a_case(channel, now=now)
    DecisionFactory(case=case)
    ScoreFactory(revision=case.evaluation.revision)
    ModelTuningFactory(organisation=channel.organisation)
    assert model.objects.exists()

    with refused():
        model.objects.update(**IMMUTABLE[model])
    with refused():
        model.objects.all()._raw_delete(model.objects.db)


def test_published_version_changes_its_status_only(published):
    version = published.__class__.objects.filter(pk=published.pk)

    with refused():
        version.update(definition={})
    with refused():
        version.update(published_at=published.published_at + timedelta(days=1))
    with refused():
        version._raw_delete(version.db)
    assert version.update(status=RuleSetStatus.RETIRED, retired_at=published.published_at) == 1


def _references():
    """Yield every foreign key that joins two rows which both belong to an organisation."""
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.concrete_fields:
                parent = field.related_model
                if (
                    parent
                    and parent is not Organisation
                    and any(f.name == "organisation" for f in parent._meta.concrete_fields)
                ):
                    yield pytest.param(model, field, id=f"{model.__name__}.{field.name}")


@pytest.mark.parametrize(("model", "field"), list(_references()))
def test_every_reference_has_a_fence_between_organisations(model, field):
    table, column = model._meta.db_table, field.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT prosrc FROM pg_proc WHERE proname = %s", [f"{table}_fence_insert"]
            )
            (source,) = cursor.fetchone()
            assert f"added.{column}" in source
            cursor.execute(
                "SELECT 1 FROM pg_trigger WHERE tgname = %s", [f"{table}_{column}_fence_update"]
            )
            assert cursor.fetchone()
        else:
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN (%s, %s)",
                [f"{table}_{column}_fence_insert", f"{table}_{column}_fence_update"],
            )
            assert cursor.fetchone() == (2,)


def test_every_row_belongs_to_an_organisation():
    without = {
        model.__name__
        for app in OURS
        for model in apps.get_app_config(app).get_models()
        if not any(
            isinstance(field, models.ForeignKey)
            and field.related_model is Organisation
            and not field.null
            for field in model._meta.concrete_fields
        )
    }

    # A person may belong to several; their memberships say to which.
    assert without == {"Organisation", "User"}


def test_nothing_crosses_an_organisation(other_organisation):
    case = CaseFactory()
    foreign = ContentItemFactory(channel=ChannelFactory(organisation=other_organisation))

    with refused():
        CaseFactory(
            organisation=case.organisation,
            content_item=foreign,
            queue=case.queue,
            channel=case.channel,
            author=case.author,
        )
    with refused():
        Case.objects.filter(pk=case.pk).update(queue=QueueFactory(organisation=other_organisation))
    with refused():
        Case.objects.filter(pk=case.pk).update(organisation=other_organisation)
    with refused():
        ContentItemFactory(
            channel=case.channel, author=AuthorFactory(organisation=other_organisation)
        )
    with refused():
        ContentItemFactory(channel=case.channel, post=PostFactory(channel=foreign.channel))
    with refused():
        DecisionFactory(
            case=case,
            outcome="hide",
            clause=ClauseFactory(pack=PackFactory(organisation=other_organisation)),
        )
    with refused():
        InboundEvent.objects.filter(pk=InboundEventFactory(channel=case.channel).pk).update(
            channel=foreign.channel
        )


def test_unverified_action_has_no_time_of_verification(now):
    decision = DecisionFactory()
    fields = {
        "organisation": decision.organisation,
        "decision": decision,
        "channel": decision.case.channel,
        "content_item": decision.case.content_item,
        "author": decision.case.author,
        "kind": "hide",
        "requested_at": now,
    }

    with refused():
        EnforcementAction.objects.create(**fields, note="x", verified_at=now)
    with refused():
        EnforcementAction.objects.create(**fields, note="x", status="verified")
    with refused():
        EnforcementAction.objects.create(**fields, note="")


def test_command_with_the_same_key_is_queued_once(now):
    channel = ChannelFactory()
    fields = {
        "organisation": channel.organisation,
        "channel": channel,
        "kind": "hide",
        "idempotency_key": "same",
        "requested_at": now,
    }
    OutboxMessage.objects.create(**fields)

    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxMessage.objects.create(**fields)


def stand(case, decision, now):
    """Let a decision stand in a case, past the services."""
    return Case.objects.filter(pk=case.pk).update(
        status="decided", decided_at=now, standing_decision=decision
    )


def test_decision_of_another_case_does_not_stand(now):
    decision = DecisionFactory()
    other = CaseFactory(
        content_item=ContentItemFactory(channel=decision.case.channel), queue=decision.case.queue
    )

    with refused():
        stand(other, decision, now)
    assert stand(decision.case, decision, now) == 1


def test_decision_that_was_replaced_does_not_stand(now):
    first = DecisionFactory()
    second = DecisionFactory(case=first.case, replaces=first)

    with refused():
        stand(first.case, first, now)
    assert stand(first.case, second, now) == 1


def test_decision_is_on_a_text_of_its_own_item():
    case = CaseFactory()
    other = ContentItemFactory(channel=case.channel)

    with refused():
        DecisionFactory(case=case, revision=other.current_revision)


def test_current_text_of_an_item_is_its_own():
    item = ContentItemFactory()
    other = ContentItemFactory(channel=item.channel)

    with refused():
        ContentItem.objects.filter(pk=item.pk).update(current_revision=other.current_revision)
    with refused():
        ContentItem.objects.create(
            organisation=item.organisation,
            channel=item.channel,
            author=item.author,
            external_id="new",
            published_at=item.published_at,
            first_seen_at=item.first_seen_at,
            current_revision=item.current_revision,
        )


def _naming(case, person, now):
    """Yield every way in which a record about a case names a person."""
    where = {"organisation": case.organisation, "case": case}
    claim = {"claimed_by": person, "claimed_at": now}
    yield lambda: Case.objects.filter(pk=case.pk).update(**claim, claim_expires_at=now)
    yield lambda: Assignment.objects.create(**where, **claim)
    yield lambda: DecisionFactory(case=case, made_by=person)
    yield lambda: Escalation.objects.create(
        **where,
        from_queue=case.queue,
        to_queue=case.queue,
        reason="A legal matter.",
        made_by=person,
        made_at=now,
    )


def test_records_name_nobody_who_never_belonged_to_the_organisation(other_organisation, now):
    case = CaseFactory()

    for name in _naming(case, a_member(other_organisation), now):
        with refused():
            name()


def test_records_name_people_who_have_left_the_organisation_since(now):
    case = CaseFactory()
    left = MembershipFactory(
        organisation=case.organisation, revoked_by=UserFactory(), revoked_at=now
    )

    for name in _naming(case, left.user, now):
        assert name()
