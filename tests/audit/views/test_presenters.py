"""Every recorded act can be told in a sentence."""

import pytest

from audit import presenters
from audit.enums import ActorKind, AuditEventType
from audit.models import AuditEvent
from tests.conftest import NOW


def an_event(type_, **fields):
    data = fields.pop("data", {})
    return AuditEvent(
        type=type_, at=NOW, actor_kind=ActorKind.PERSON, actor_label="Ada", data=data, **fields
    )


def test_every_type_has_a_phrase():
    assert set(presenters.PHRASES) == set(AuditEventType)


@pytest.mark.parametrize("type_", AuditEventType)
def test_an_event_without_details_is_a_sentence_still(type_):
    told = presenters.sentence(an_event(type_))

    assert told.startswith("Ada ")
    assert told.endswith(".")
    assert "_" not in told
    assert "None" not in told


def test_a_decision_names_the_outcome_the_guideline_and_the_reason():
    event = an_event(
        AuditEventType.DECISION_RECORDED,
        data={"outcome": "no_breach"},
        clause="EX-01",
        reason="Only robust opinion.",
    )

    assert presenters.sentence(event) == (
        "Ada decided: no breach under EX-01. Reason: Only robust opinion."
    )


def test_the_system_is_called_the_console():
    event = an_event(AuditEventType.CASE_OPENED, data={"headline": "Insult", "severity": "high"})
    event.actor_kind, event.actor_label = ActorKind.SYSTEM, "Moderation console"

    assert presenters.headline(event) == "The console opened the case: Insult (high)"


@pytest.mark.parametrize(
    ("type_", "fields", "expected"),
    [
        (AuditEventType.SIGNED_OUT, {"data": {"how": "idle"}}, "after an hour without activity"),
        (AuditEventType.CASE_RELEASED, {"data": {"how": "expired"}}, "the claim ran out"),
        (
            AuditEventType.DELIVERY_REPLAYED,
            {"target_kind": "inboundevent"},
            "had an incoming event read again",
        ),
        (
            AuditEventType.ACTION_REQUESTED,
            {"data": {"kind": "delete", "status": "not_possible"}},
            "“delete the comment” cannot be done",
        ),
        (
            AuditEventType.DECISION_REVERSED,
            {"data": {"before": "hide", "irreversible": ["warn"]}},
            "what cannot be undone: warn the author",
        ),
        (AuditEventType.IMPORT_FINISHED, {"data": {"error": "Broken."}}, "could not finish"),
        (
            AuditEventType.CHANNEL_NEEDS_ATTENTION,
            {"data": {"message": "The token expired."}},
            "(The token expired)",
        ),
        (
            AuditEventType.ENFORCEMENT_SETTLED,
            {"data": {"kind": "hide", "status": "verified", "seen": "It is hidden."}},
            "verified: hide the comment. It is hidden",
        ),
    ],
)
def test_details_change_the_words(type_, fields, expected):
    assert expected in presenters.sentence(an_event(type_, **fields))


def test_long_reasons_are_cut_in_sentences():
    event = an_event(AuditEventType.CASE_REOPENED, reason="x" * 1000)

    assert len(presenters.sentence(event)) < 400


def test_a_link_leads_to_the_case_before_anything_else():
    event = an_event(
        AuditEventType.CASE_CLAIMED,
        target_kind="channel",
        target_id="01a1fd5b-0000-7000-8000-000000000001",
        case_id="01a1fd5b-0000-7000-8000-000000000002",
    )

    assert presenters.page_of(event) == "/cases/01a1fd5b-0000-7000-8000-000000000002/"
    event.case_id = None
    assert presenters.page_of(event) == "/channels/01a1fd5b-0000-7000-8000-000000000001/"
    event.target_kind = "report"
    assert presenters.page_of(event) == ""
