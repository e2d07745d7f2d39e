"""The writer of the record: who, what, when, why, to what; together with the act or not at all."""

import pytest
import structlog
from django.db import DatabaseError, transaction

from accounts import actors
from accounts.enums import Permission
from accounts.permissions import actor_for_token
from accounts.services import tokens
from audit import services as audit
from audit.enums import ActorKind, AuditEventType
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_event_says_who_did_what_when_why_and_to_what(ada, channel, now):
    audit.record(
        AuditEventType.CHANNEL_PAUSED,
        actor=ada.actor,
        at=now,
        target=channel,
        clause="EX-01",
        reason="Pre-election period.",
        until=["2026-12-01", None, 3],
    )

    event = AuditEvent.objects.get()
    assert (event.type, event.at) == ("channel.paused", now)
    assert (event.actor_kind, event.actor_id, event.actor_label) == ("person", ada.user.pk, "Ada")
    assert (event.target_kind, event.target_id) == ("channel", channel.pk)
    assert event.organisation_id == channel.organisation_id
    assert (event.clause, event.reason) == ("EX-01", "Pre-election period.")
    assert event.data == {"until": ["2026-12-01", None, 3]}


def test_tool_and_system_are_named_as_what_they_are(dev, organisation, now):
    token, _ = tokens.issue(
        name="Website", scopes=list(Permission), by=dev.actor, now=now, expires_at=None
    )
    for actor in (actor_for_token(token), actors.system(organisation.pk)):
        audit.record(AuditEventType.CONTENT_VIEWED, actor=actor, at=now)

    tool, system = AuditEvent.objects.filter(type="content.viewed").order_by("pk")
    assert (tool.actor_kind, tool.actor_id, tool.actor_label) == ("token", token.pk, "Website")
    assert (system.actor_kind, system.actor_id) == (ActorKind.SYSTEM, None)
    assert tool.organisation_id == system.organisation_id == organisation.pk


def test_event_belongs_to_the_organisation_of_its_target(eve, channel, now):
    audit.record(AuditEventType.CHANNEL_PAUSED, actor=eve.actor, at=now, target=channel)

    assert AuditEvent.objects.get().organisation_id == channel.organisation_id


def test_many_events_keep_their_order_and_say_the_same_as_one(ada, channel, now):
    entries = [
        audit.Entry(
            type=AuditEventType.CONTENT_INGESTED,
            target=channel,
            reason=f"Line {number}\n\t\\N \\. “quoted”",
            data={"number": number, "text": "tab\t\\"},
        )
        for number in range(300)
    ]

    audit.record_many(entries, actor=ada.actor, at=now)
    single = audit.record(
        entries[0].type,
        actor=ada.actor,
        at=now,
        target=channel,
        reason=entries[0].reason,
        **entries[0].data,
    )

    many = list(AuditEvent.objects.order_by("pk"))[:-1]
    assert [event.data["number"] for event in many] == list(range(300))
    single.refresh_from_db()
    same = {field.attname for field in AuditEvent._meta.concrete_fields} - {"id"}
    assert {name: getattr(many[0], name) for name in same} == {
        name: getattr(single, name) for name in same
    }


def test_no_events_are_no_statement(ada, now, django_assert_num_queries):
    with django_assert_num_queries(0):
        audit.record_many([], actor=ada.actor, at=now)


def test_act_that_fails_leaves_no_event(ada, channel, now):
    def fail():
        with transaction.atomic():
            audit.record(AuditEventType.CHANNEL_PAUSED, actor=ada.actor, at=now, target=channel)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not AuditEvent.objects.exists()


def test_request_is_named_so_that_the_log_can_be_found(ada, now):
    with structlog.contextvars.bound_contextvars(request_id="r" * 100):
        event = audit.record(AuditEventType.CONTENT_VIEWED, actor=ada.actor, at=now)

    assert event.request_id == "r" * 64


def test_person_without_a_name_is_refused(organisation, now):
    nobody = actors.Actor(ActorKind.PERSON, None, "?", organisation.pk, frozenset())

    with pytest.raises(DatabaseError), transaction.atomic():
        audit.record(AuditEventType.CONTENT_VIEWED, actor=nobody, at=now)


def test_record_is_never_rewritten(ada, now):
    audit.record(AuditEventType.CONTENT_VIEWED, actor=ada.actor, at=now)

    for change in (
        lambda: AuditEvent.objects.update(reason="Something else."),
        lambda: AuditEvent.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

    assert AuditEvent.objects.get().reason == ""
