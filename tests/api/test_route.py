"""The whole route by REST: file a comment, read its case, decide, read what was asked for, reverse."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Permission
from audit.models import AuditEvent
from moderation.models import Case, ContentItem, Decision, Report
from platforms.models import InboundEvent, OutboxMessage

pytestmark = pytest.mark.django_db


def decide(tool, case_id, *, key="k-1", **fields):
    body = {"outcome": "hide", "clause": "EX-01", "reason": "It insults an officer.", **fields}
    return tool.post(f"cases/{case_id}/decision/", body, key=key)


def test_a_flagged_comment_is_decided_and_acted_on(tool, channel, queues, published, comment):
    filed = tool.post("content/", comment())
    assert filed.status_code == 201
    assert filed.json() | {"id": "", "url": "", "case": None} == {
        "id": "", "url": "", "channel": "careers", "external_id": "c-1", "new": True,
        "revised": False, "current": True, "flagged": True, "severity": "medium", "case": None,
    }  # fmt: skip

    case = tool.client.get(filed.json()["case"]["url"]).json()
    (flag,) = case["evaluation"]["flags"]
    assert flag["clause"] == {"reference": "EX-01", "title": "Be civil"}
    assert flag["because"] == "It insults somebody."
    assert flag["spans"][0]["text"] == "numpty"

    decided = decide(tool, case["id"], seen_revision=case["revision"])
    assert decided.status_code == 201
    assert decided.json()["made_by"] == {"kind": "token", "name": "Casework tool"}
    assert [(a["kind"], a["status"]) for a in decided.json()["actions"]] == [("hide", "requested")]

    assert tool.client.get(decided.json()["url"]).json() == decided.json()
    after = tool.get(f"cases/{case['id']}/").json()
    assert after["status"] == "decided"
    assert after["decisions"] == [decided.json()]
    assert OutboxMessage.objects.filter(kind="hide", target_external_id="c-1").count() == 1


def test_the_raw_comment_is_kept_as_it_was_said(tool, channel, queues, published, comment):
    tool.post("content/", comment(text="Né 🙂"))

    event = InboundEvent.objects.get()
    assert (event.source, event.status) == ("api", "ingested")
    assert b"c-1" in bytes(event.payload)


def test_a_clean_comment_opens_no_case(tool, channel, queues, published, comment):
    answer = tool.post("content/", comment(text="Thank you for this."))

    assert answer.status_code == 201
    assert answer.json()["flagged"] is False
    assert answer.json()["case"] is None
    assert Case.objects.count() == 0


def test_the_same_comment_again_adds_nothing(tool, filed, comment):
    again = tool.post("content/", comment())

    assert again.status_code == 200
    assert again.json() == filed | {"new": False}
    assert ContentItem.objects.count() == Case.objects.count() == 1


def test_another_text_is_an_edit_and_is_judged_again(tool, filed, comment):
    edited = tool.post("content/", comment(text="I will find you"))

    assert edited.status_code == 200
    assert (edited.json()["new"], edited.json()["revised"]) == (False, True)
    assert edited.json()["severity"] == "critical"
    item = tool.get(f"content/{filed['id']}/").json()
    assert [revision["text"] for revision in item["revisions"]] == [
        "I will find you",
        "What a numpty",
    ]
    assert item["text"] == "I will find you"
    assert item["open_case"]["id"] == filed["case"]["id"]
    assert item["revisions"][1]["evaluations"][0]["flags"][0]["rule"] == "insult"


def test_a_text_that_was_replaced_since_is_told_not_to_be_taken(tool, filed, comment):
    tool.post("content/", comment(text="Sorry about that"))

    repeated = tool.post("content/", comment()).json()
    returned = tool.post("content/", comment(version="3")).json()

    assert (repeated["revised"], repeated["current"]) == (False, False)
    assert (returned["revised"], returned["current"]) == (True, True)
    assert ContentItem.objects.get().current_revision.text == comment()["text"]


def test_a_batch_answers_comment_by_comment(tool, channel, queues, published, comment):
    body = {
        "comments": [
            comment(external_id="c-1"),
            comment(external_id="c-2", text="Thank you"),
            comment(external_id="c-3", likes="many"),
            comment(external_id="c-4", channel="nowhere"),
            comment(external_id="c-1"),
        ]
    }

    answer = tool.post("content/", body)

    assert answer.status_code == 207
    data = answer.json()
    assert [result["status"] for result in data["results"]] == [201, 201, 400, 400, 200]
    assert (data["added"], data["known"], data["flagged"], data["refused"]) == (2, 1, 2, 2)
    assert data["results"][2]["errors"] == [
        {
            "field": "likes",
            "message": "Must be a whole number from 0 to 2147483647, not 4 characters.",
        }
    ]
    assert data["results"][3]["errors"][0]["field"] == "channel"
    assert ContentItem.objects.count() == 2


def test_an_id_twice_in_one_body_with_another_text_is_an_edit(
    tool, channel, queues, published, comment
):
    body = {"comments": [comment(), comment(text="I will find you")]}

    results = tool.post("content/", body).json()["results"]

    assert [(r["content"]["new"], r["content"]["revised"]) for r in results] == [
        (True, False),
        (False, True),
    ]
    assert ContentItem.objects.get().revisions.count() == 2


def test_five_hundred_comments_come_in_a_bounded_number_of_queries(
    tool, channel, queues, published, comment
):
    body = {"comments": [comment(external_id=f"c-{n}", text=f"A numpty {n}") for n in range(500)]}

    with CaptureQueriesContext(connection) as captured:
        answer = tool.post("content/", body)

    inserts = [query for query in captured if query["sql"].startswith("INSERT")]
    # SQLite takes rows in chunks; PostgreSQL in one stream.
    assert len(inserts) < 500 / 4
    assert len(captured) - len(inserts) <= 40
    assert answer.status_code == 200
    assert answer.json()["added"] == 500


def test_a_decision_repeated_under_its_key_is_one_decision(tool, filed):
    first = decide(tool, filed["case"]["id"])
    again = decide(tool, filed["case"]["id"])

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert again["Idempotency-Key"] == "k-1"
    assert Decision.objects.count() == OutboxMessage.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [{"reason": "Another reason."}, {"outcome": "delete"}, {"clause": "EX-02"}, {"message": "Hi"}],
)
def test_a_key_used_for_another_body_is_refused(tool, filed, fields):
    decide(tool, filed["case"]["id"])

    again = decide(tool, filed["case"]["id"], **fields)

    assert again.status_code == 422
    assert again.json()["code"] == "idempotency_key_reused"
    assert Decision.objects.count() == 1


def test_two_tools_may_choose_the_same_key(tool, tool_of, organisation, filed, comment):
    other = tool.post("content/", comment(external_id="c-2")).json()
    decide(tool, filed["case"]["id"], key="1")

    answer = decide(tool_of(organisation), other["case"]["id"], key="1")

    assert answer.status_code == 201


def test_a_decision_needs_a_key(tool, filed):
    answer = decide(tool, filed["case"]["id"], key=None)

    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_missing"
    assert Decision.objects.count() == 0


def test_a_case_decided_meanwhile_is_a_conflict_that_names_the_decision(
    tool, tool_of, organisation, filed
):
    first = decide(tool, filed["case"]["id"]).json()

    late = decide(tool_of(organisation), filed["case"]["id"], outcome="delete")

    assert late.status_code == 409
    assert late.json()["code"] == "case_already_decided"
    assert late.json()["decision_id"] == first["id"]
    assert Decision.objects.count() == 1


def test_a_case_that_changed_since_it_was_read_is_a_conflict(tool, filed, comment):
    tool.post("content/", comment(text="I will find you"))

    answer = decide(tool, filed["case"]["id"], seen_revision=1)

    assert answer.status_code == 409
    assert answer.json()["code"] == "case_changed"


def test_a_case_that_a_colleague_is_on_is_a_conflict(tool, filed, ada):
    from django.utils import timezone

    from moderation.services import casework

    case = Case.objects.get(pk=filed["case"]["id"])
    casework.claim(case=case, by=ada.actor, now=timezone.now())

    answer = decide(tool, case.pk)

    assert answer.status_code == 409
    assert answer.json()["code"] == "case_claimed_by_another"
    assert answer.json()["detail"].startswith("Ada is on this case.")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"clause": None}, 422, "clause_missing"),
        ({"outcome": "reply", "clause": None}, 422, "message_missing"),
        ({"outcome": "block"}, 409, "warning_not_delivered"),
        ({"clause": "EX-99"}, 400, "invalid"),
        ({"outcome": "escalate"}, 400, "invalid"),
        ({"outcome": 5}, 400, "invalid"),
        ({"reason": "   "}, 400, "invalid"),
        ({"reason": 5}, 400, "invalid"),
        ({"reason": "\ud800"}, 400, "invalid"),
        ({"reason": "nul \x00"}, 400, "invalid"),
        ({"seen_revision": "1"}, 400, "invalid"),
        ({"seen_revision": True}, 400, "invalid"),
        ({"outcom\ud800e": "hide"}, 400, "invalid"),
    ],
)
def test_a_ruling_that_cannot_stand_is_refused(tool, filed, fields, status, code):
    answer = decide(tool, filed["case"]["id"], **fields)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Decision.objects.count() == OutboxMessage.objects.count() == 0


def test_a_zero_tolerance_clause_blocks_without_a_warning(tool, filed):
    answer = decide(tool, filed["case"]["id"], outcome="block", clause="EX-02")

    assert answer.status_code == 201
    assert [action["kind"] for action in answer.json()["actions"]] == ["hide", "block"]


def test_a_warning_has_words_of_its_own_and_can_be_repeated(tool, filed):
    first = decide(tool, filed["case"]["id"], outcome="warn")
    again = decide(tool, filed["case"]["id"], outcome="warn")

    assert first.json()["message"].startswith("Your comment went against")
    assert again.json() == first.json()


def test_a_tool_reverses_its_own_decision(tool, filed):
    decision = decide(tool, filed["case"]["id"]).json()

    path = f"decisions/{decision['id']}/reversal/"
    reversal = tool.post(path, {"reason": "It quotes an insult."}, key="k-2")
    again = tool.post(path, {"reason": "It quotes an insult."}, key="k-2")

    assert reversal.status_code == 201
    assert reversal.json()["replaces"] == decision["id"]
    assert reversal.json()["outcome"] == "no_breach"
    assert (again.status_code, again.json()) == (200, reversal.json())
    reversed_ = tool.get(f"decisions/{decision['id']}/").json()
    assert reversed_["standing"] is False
    assert reversed_["actions"][0]["status"] == "cancelled"


def test_a_reversal_under_a_used_key_or_of_a_replaced_decision_is_refused(tool, filed):
    decision = decide(tool, filed["case"]["id"]).json()
    path = f"decisions/{decision['id']}/reversal/"

    same_key = tool.post(path, {"reason": "Mistaken."}, key="k-1")
    assert (same_key.status_code, same_key.json()["code"]) == (422, "idempotency_key_reused")
    assert tool.post(path, {"reason": "Mistaken."}, key="k-2").status_code == 201
    other_reason = tool.post(path, {"reason": "Another."}, key="k-2")
    assert other_reason.status_code == 422
    twice = tool.post(path, {"reason": "Mistaken."}, key="k-3")
    assert (twice.status_code, twice.json()["code"]) == (409, "nothing_to_reverse")
    assert Decision.objects.count() == 2


def test_a_tool_does_not_reverse_a_persons_decision(tool, filed, ada):
    from django.utils import timezone

    from moderation.services import decisions
    from policies.enums import Outcome

    decision = decisions.record(
        case=Case.objects.get(pk=filed["case"]["id"]),
        by=ada.actor,
        ruling=decisions.Ruling(Outcome.NO_BREACH, "Fair.", "form-1"),
        now=timezone.now(),
    )

    answer = tool.post(f"decisions/{decision.pk}/reversal/", {"reason": "No."}, key="k")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert Decision.objects.count() == 1


def test_a_report_opens_a_case_and_counts_a_reporter_once(
    tool, channel, queues, published, comment
):
    item = tool.post("content/", comment(text="Thank you")).json()
    body = {
        "channel": "careers", "external_id": "c-1", "reason": "It is about me.", "reporter": "E-1",
    }  # fmt: skip

    first = tool.post("reports/", body, key="r-1")
    again = tool.post("reports/", {**body, "reason": "Once more."})
    by_id = tool.post("reports/", {"content_id": item["id"], "reason": "Me too."})

    assert [r.status_code for r in (first, again, by_id)] == [201, 200, 201]
    assert first["Idempotency-Key"] == "r-1"
    assert again.json() == first.json() | {"new": False}
    assert by_id.json()["case"] == first.json()["case"]
    case = tool.get(f"cases/{first.json()['case']['id']}/").json()
    assert [report["reason"] for report in case["reports"]] == ["It is about me.", "Me too."]
    assert case["evaluation"] is None


def test_a_report_without_a_reporter_is_known_by_its_key(tool, tool_of, organisation, filed):
    body = {"channel": "careers", "external_id": "c-1", "reason": "It is about me."}

    answers = [tool.post("reports/", body, key=key) for key in ("r-1", "r-1", "r-2")]
    other = tool_of(organisation).post("reports/", body, key="r-1")

    assert [answer.status_code for answer in [*answers, other]] == [201, 200, 201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert Report.objects.count() == 3
    assert "r-1" not in answers[0].json()["reporter"]


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "x"},
        {"reason": "x", "channel": "careers"},
        {"reason": "x", "content_id": "not-an-id"},
        {
            "reason": "x",
            "content_id": "019aa1f0-0000-7000-8000-000000000001",
            "channel": "careers",
        },
        {"content_id": "019aa1f0-0000-7000-8000-000000000001"},
        [],
        "text",
        None,
    ],
)
def test_a_report_names_one_comment_and_a_reason(tool, channel, body):
    answer = tool.post("reports/", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_the_timeline_needs_its_own_scope(tool, tool_of, organisation, filed):
    decide(tool, filed["case"]["id"])
    auditor = tool_of(organisation, Permission.CASE_READ, Permission.AUDIT_READ)

    story = auditor.get(f"cases/{filed['case']['id']}/").json()["timeline"]

    assert [event["type"] for event in story] == [
        "case.opened", "decision.recorded", "action.requested",
    ]  # fmt: skip
    assert story[1]["actor"] == "Casework tool"
    assert "timeline" not in tool.get(f"cases/{filed['case']['id']}/").json()


def test_the_record_names_the_tool(tool, filed):
    event = AuditEvent.objects.get(type="content.ingested")

    assert (event.actor_kind, event.actor_id) == ("token", tool.token.pk)
