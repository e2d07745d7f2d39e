"""The life of a version through its pages: copied, sent, sent back, approved, published, retired."""

from datetime import timedelta

import pytest
import time_machine

from accounts.enums import RoleName
from audit.models import AuditEvent
from policies.models import VersionNote
from policies.services import dates, drafts, rulesets
from policies.tasks import publish_due
from tests.conftest import NOW
from tests.factories.policies import approve
from tests.policies.views.conftest import form_of, fresh, text_of

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def page(version):
    return f"/rules/{version.pk}/"


def act(client, version, name, **fields):
    return client.post(f"/rules/{version.pk}/{name}/", fields, follow=True)


@pytest.mark.clause("ICO-10")
def test_a_version_goes_the_whole_way_by_two_people(cara, ben, published, organisation):
    act(cara.client, published, "copy")
    draft = published.rule_set.versions.get(number=2)
    sent = act(
        cara.client, draft, "submit", **form_of(cara.client.get(page(draft)), f"{page(draft)}submit/")
        | {"summary": "Fewer words."}
    )  # fmt: skip
    assert "You wrote in this version, so another person approves it." in text_of(sent)

    shown = ben.client.get(page(draft))
    assert "What changed, and why: Fewer words." in text_of(shown)
    act(ben.client, draft, "approve", **form_of(shown, f"{page(draft)}approve/"))
    fields = form_of(cara.client.get(page(draft)), f"{page(draft)}publish/")
    answer = act(cara.client, draft, "publish", **fields | {"review_on": "2027-11-01"})

    draft = fresh(draft)
    assert draft.status == "published"
    assert (draft.approved_by, draft.published_by, draft.published_at) == (
        ben.user,
        cara.user,
        NOW,
    )
    assert draft.review_on.isoformat() == "2027-11-01"
    assert fresh(published).status == "retired"
    assert rulesets.in_force(organisation.pk, now=NOW) == [draft.pk]
    assert "It is in force" in text_of(answer)
    assert list(
        AuditEvent.objects.filter(target_id=draft.pk).order_by("pk").values_list("type", flat=True)
    ) == ["rule_set.drafted", "rule_set.submitted", "rule_set.approved", "rule_set.published"]


def test_the_version_that_was_changed_meanwhile_is_not_approved(cara, ben, draft):
    drafts.submit(version=draft, revision=1, summary="First.", by=cara.actor, now=NOW)
    read = form_of(ben.client.get(page(draft)), f"{page(draft)}approve/")
    drafts.back_to_draft(version=draft, reason="One more.", by=cara.actor, now=NOW)
    changed = fresh(draft)
    rule = {**changed.definition["rules"][0], "because": "Another reason."}
    from policies.editor.definition import digest_of

    drafts.save_rule(
        version=changed, key="insult", rule=rule,
        seen=digest_of(changed.definition["rules"][0]), by=cara.actor, now=NOW,
    )  # fmt: skip
    drafts.submit(
        version=changed,
        revision=fresh(changed).revision,
        summary="Second.",
        by=cara.actor,
        now=NOW,
    )

    answer = act(ben.client, draft, "approve", **read)

    assert "was changed after you opened it. Nothing is approved" in text_of(answer)
    assert fresh(draft).status == "submitted"
    assert fresh(draft).approved_by is None


def test_a_draft_that_was_changed_meanwhile_is_not_sent(cara, draft):
    answer = act(cara.client, draft, "submit", revision="7", summary="Mine.")

    assert "Nothing was sent" in text_of(answer)
    assert fresh(draft).status == "draft"


def test_whoever_wrote_in_it_cannot_approve_it_even_after_others_sent_it(
    cara, draft, member, organisation
):
    other = member("Dora", organisation, RoleName.COMMS_MANAGER)
    rule = {**draft.definition["rules"][0], "because": "Dora's words."}
    from policies.editor.definition import digest_of

    drafts.save_rule(
        version=draft, key="insult", rule=rule, seen=digest_of(draft.definition["rules"][0]),
        by=other.actor, now=NOW,
    )  # fmt: skip
    drafts.submit(version=draft, revision=2, summary="Ours.", by=cara.actor, now=NOW)

    for person in (cara, other):
        answer = person.client.post(f"{page(draft)}approve/", {"digest": fresh(draft).digest})
        assert answer.status_code == 403
    assert fresh(draft).status == "submitted"


def test_it_is_sent_back_with_a_reason_and_its_editor_reads_it(cara, ben, draft):
    drafts.submit(version=draft, revision=1, summary="Please.", by=cara.actor, now=NOW)

    act(ben.client, draft, "return", reason="The examples are thin.")

    assert fresh(draft).status == "draft"
    assert (fresh(draft).submitted_by, fresh(draft).approved_by) == (None, None)
    text = text_of(cara.client.get(page(draft)))
    assert "Sent back by Ben" in text
    assert "The examples are thin." in text


def test_a_reason_is_asked_for(ben, cara, draft):
    drafts.submit(version=draft, revision=1, summary="Please.", by=cara.actor, now=NOW)

    answer = ben.client.post(f"{page(draft)}return/", {"reason": " "})

    assert answer.status_code == 422
    assert "Say why, in a few words" in text_of(answer)
    assert fresh(draft).status == "submitted"


def test_comments_go_between_editor_and_approver(cara, ben, ada, draft):
    act(ben.client, draft, "comment", text="Why this one?", rule="insult")

    assert "Comment on “Insult” by Ben" in text_of(cara.client.get(page(draft)))
    assert VersionNote.objects.get().rule_key == "insult"
    assert ada.client.post(f"{page(draft)}comment/", {"text": "Me too"}).status_code == 403
    assert VersionNote.objects.count() == 1


def test_a_draft_with_failing_examples_cannot_be_sent(cara, draft):
    from policies.editor.definition import digest_of

    rule = draft.definition["rules"][0]
    bad = {**rule, "examples": {"match": ["Lovely day"], "no_match": []}}
    drafts.save_rule(
        version=draft, key="insult", rule=bad, seen=digest_of(rule), by=cara.actor, now=NOW
    )

    shown = text_of(cara.client.get(page(draft)))
    answer = act(cara.client, draft, "submit", revision="2", summary="Anyway.")

    assert "1 example comes out other than written" in shown
    assert "Send it for approval" not in shown
    assert "should have matched and did not" in text_of(answer)
    assert fresh(draft).status == "draft"


def test_going_back_to_an_earlier_version_needs_a_second_person_too(cara, ben, published, draft):
    approve(version=draft, editor=cara.actor, approver=ben.actor, now=NOW)
    rulesets.publish(version=draft, by=cara.actor, now=NOW)

    act(cara.client, published, "copy")

    back = published.rule_set.versions.get(number=3)
    assert (back.status, back.based_on, back.replaces) == ("draft", published, draft)
    assert back.definition == published.definition


def test_what_somebody_published_meanwhile_is_not_undone_by_accident(cara, ben, published, draft):
    other = drafts.start(source=published, by=cara.actor, now=NOW)
    for version in (draft, other):
        approve(version=version, editor=cara.actor, approver=ben.actor, now=NOW)
    rulesets.publish(version=draft, by=cara.actor, now=NOW)
    url = f"{page(other)}publish/"
    shown = cara.client.get(page(other))
    fields = form_of(shown, url) | {"review_on": "2027-01-01"}

    refused = act(cara.client, other, "publish", **fields)

    assert "Version 2 came into force after this one was begun" in text_of(shown)
    assert "its changes are not in here" in text_of(refused)
    assert (fresh(other).status, fresh(draft).status) == ("approved", "published")

    act(cara.client, other, "publish", **fields | {"confirm": "on"})

    assert (fresh(other).status, fresh(draft).status) == ("published", "retired")


@pytest.mark.clause("ICO-10")
def test_a_version_comes_into_force_on_its_date_once(cara, ben, published, draft):
    approve(version=draft, editor=cara.actor, approver=ben.actor, now=NOW)
    fields = {"when": "later", "on": "2026-12-01", "at": "09:00", "review_on": "2027-12-01"}
    answer = act(cara.client, draft, "publish", **fields)
    assert "Comes into force on 1 Dec 2026, 09:00" in text_of(answer)

    publish_due()
    assert fresh(draft).status == "approved"
    with time_machine.travel(NOW + timedelta(days=20), tick=False):
        publish_due()
        publish_due()

    assert (fresh(draft).status, fresh(published).status) == ("published", "retired")
    assert fresh(draft).published_by == cara.user
    events = AuditEvent.objects.filter(target_id=draft.pk, type="rule_set.published")
    assert [event.actor_label for event in events] == ["Moderation console"]


def test_a_date_is_taken_back(cara, ben, draft):
    approve(version=draft, editor=cara.actor, approver=ben.actor, now=NOW)
    dates.schedule(version=draft, effective_at=NOW + timedelta(days=2), by=cara.actor, now=NOW)

    act(cara.client, draft, "unschedule")

    assert fresh(draft).effective_at is None
    assert dates.due(NOW + timedelta(days=9)) == []


def test_one_date_a_rule_set(cara, ben, published, draft):
    other = drafts.start(source=published, by=cara.actor, now=NOW)
    for version in (draft, other):
        approve(version=version, editor=cara.actor, approver=ben.actor, now=NOW)
    later = NOW + timedelta(days=2)
    dates.schedule(version=draft, effective_at=later, by=cara.actor, now=NOW)

    answer = act(cara.client, other, "publish", when="now", review_on="2027-01-01")

    assert "Version 2 is set to come into force on" in text_of(answer)
    assert fresh(other).status == "approved"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"when": "later", "review_on": "2027-01-01"}, "Choose the day from which it is in force"),
        ({"when": "now"}, "Choose the day on which these rules are reviewed"),
        ({"when": "later", "on": "31/31/2026", "review_on": "2027-01-01"}, "Type the day"),
    ],
)
def test_dates_are_asked_for_in_plain_words(cara, ben, draft, fields, why):
    approve(version=draft, editor=cara.actor, approver=ben.actor, now=NOW)

    answer = cara.client.post(f"{page(draft)}publish/", fields)

    assert answer.status_code == 422
    assert why in text_of(answer)
    assert fresh(draft).status == "approved"


def test_a_day_that_has_passed_is_refused(cara, ben, draft):
    approve(version=draft, editor=cara.actor, approver=ben.actor, now=NOW)

    answer = act(
        cara.client, draft, "publish", when="later", on="2026-11-01", review_on="2027-01-01"
    )

    assert "Choose a moment that is still to come" in text_of(answer)


@pytest.mark.clause("ICO-10")
def test_the_owner_is_reminded_of_the_review_and_notes_it(cara, ben, ada, published):
    dates.record_review(
        version=published, review_on=NOW.date() + timedelta(days=30), reason="Set.",
        by=cara.actor, now=NOW,
    )  # fmt: skip
    assert "Due for review" not in text_of(cara.client.get("/rules/"))

    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        for person in (cara, ada):
            person.client.force_login(person.user, backend=BACKEND)
        for path in ("/rules/", "/status/"):
            text = text_of(cara.client.get(path))
            assert "Due for review: Example guidelines" in text, path
            assert "You own these rules." in text, path
        assert "Their owner is Cara." in text_of(ada.client.get("/rules/"))
        act(cara.client, published, "review", review_on="2027-12-01", reason="Nothing to change.")
        assert "Due for review" not in text_of(cara.client.get("/rules/"))

    assert fresh(published).review_on.isoformat() == "2027-12-01"
    event = AuditEvent.objects.filter(type="rule_set.reviewed").latest("pk")
    assert event.reason == "Nothing to change."


@pytest.mark.clause("ICO-10")
def test_the_owner_changes_to_somebody_who_may_edit(cara, ben, published, member, organisation):
    other = member("Dora", organisation, RoleName.COMMS_MANAGER)

    refused = cara.client.post(
        f"{page(published)}owner/", {"owner": ben.user.pk, "reason": "Try."}
    )
    act(cara.client, published, "owner", owner=other.user.pk, reason="On leave.")

    assert refused.status_code == 422
    published.rule_set.refresh_from_db()
    assert published.rule_set.owner == other.user


def test_rules_are_taken_out_of_force(ben, published, organisation):
    act(ben.client, published, "retire", reason="Wrong body.")

    assert fresh(published).status == "retired"
    assert rulesets.in_force(organisation.pk, now=NOW) == []


def test_a_draft_is_discarded_and_stays_readable(cara, draft):
    act(cara.client, draft, "discard", reason="Not needed.")

    assert fresh(draft).status == "discarded"
    assert "Go back to this version" in text_of(cara.client.get(page(draft)))


ACTS = (
    "copy", "submit", "withdraw", "discard", "return", "approve", "publish", "unschedule", "retire",
    "review", "owner", "comment",
)  # fmt: skip


@pytest.mark.parametrize("name", ACTS)
def test_another_organisation_does_nothing_here(eve, published, draft, name):
    before = AuditEvent.objects.count()

    for version in (published, draft):
        answer = eve.client.post(
            f"{page(version)}{name}/",
            {"reason": "x", "text": "x", "summary": "x", "revision": 1, "digest": version.digest},
        )
        assert answer.status_code == 404
    assert AuditEvent.objects.count() == before
    assert (fresh(published).status, fresh(draft).status) == ("published", "draft")
