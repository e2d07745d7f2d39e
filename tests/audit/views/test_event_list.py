"""The audit page: the newest first, filtered, for those who may."""

import pytest
from bs4 import BeautifulSoup

from accounts.enums import Permission, RoleName
from accounts.roles import permissions_of
from audit import services as audit
from audit import views
from audit.enums import AuditEventType
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def rows(answer):
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in BeautifulSoup(answer.content, "html.parser").select("tbody tr")
    ]


def test_the_word_of_the_permission_is_the_one_of_accounts():
    assert Permission.AUDIT_READ.value == views.READ


@pytest.mark.parametrize("role", RoleName)
def test_only_roles_that_read_the_record_see_it(member, organisation, role):
    someone = member("Someone", organisation, role)

    answer = someone.client.get("/audit/")

    allowed = Permission.AUDIT_READ in permissions_of([role])
    assert answer.status_code == (200 if allowed else 403)


def test_it_tells_who_did_what_and_why(ben, ada, channel, now):
    audit.record(
        AuditEventType.CHANNEL_PAUSED, actor=ada.actor, at=now, target=channel, reason="Too loud"
    )

    ((when, what, by, clause, reason),) = rows(ben.client.get("/audit/?type=channel.paused"))

    assert (when, what, by, clause, reason) == (
        "18 Nov 2026, 10:00",
        "Paused the channel",
        "Ada",
        "",
        "Too loud",
    )


def test_another_organisation_sees_none_of_it(eve, ada, channel, now):
    audit.record(AuditEventType.CHANNEL_PAUSED, actor=ada.actor, at=now, target=channel)

    answer = eve.client.get(f"/audit/?about={channel.pk}")

    assert rows(answer) == []
    assert "No events match" in answer.content.decode()


def test_pages_lead_on_and_back(ben, channel, now):
    for number in range(views.PAGE * 2 + 10):
        audit.record(
            AuditEventType.CHANNEL_OPENED,
            actor=ben.actor,
            at=now,
            target=channel,
            name=f"n{number:03}",
        )
    address = "/audit/?type=channel.opened"
    first = ben.client.get(address)
    next_ = BeautifulSoup(first.content, "html.parser").select_one("a[rel=next]")["href"]
    second = ben.client.get(next_)
    soup = BeautifulSoup(second.content, "html.parser")
    third = ben.client.get(soup.select_one("a[rel=next]")["href"])
    back = ben.client.get(soup.select_one("a[rel=prev]")["href"])

    assert rows(first)[0][1] == "Opened the channel “n109”"
    assert [len(rows(page)) for page in (first, second, third)] == [50, 50, 10]
    assert rows(back) == rows(first)
    assert not BeautifulSoup(third.content, "html.parser").select("a[rel=next]")
    assert not BeautifulSoup(back.content, "html.parser").select("a[rel=prev]")


def test_filters_by_person_and_case(ben, ada, channel, now):
    case = "01a1fd5b-0000-7000-8000-000000000002"
    audit.record(AuditEventType.CASE_CLAIMED, actor=ada.actor, at=now, case_id=case)
    audit.record(AuditEventType.CASE_CLAIMED, actor=ben.actor, at=now)

    by_person = rows(ben.client.get(f"/audit/?person={ada.user.pk}"))
    of_case = rows(ben.client.get(f"/audit/?case={case}&type=case.claimed"))

    assert [row[2] for row in by_person] == ["Ada"]
    assert [row[2] for row in of_case] == ["Ada"]


@pytest.mark.parametrize(
    "query", ["type=nonsense", "person=x", "case=%00", "older=99999999999999999999", "newer=-1"]
)
def test_nonsense_in_the_address_is_ignored(ben, query):
    assert ben.client.get(f"/audit/?{query}").status_code == 200


def test_reading_changes_nothing(ben):
    before = AuditEvent.objects.count()

    ben.client.get("/audit/")

    assert AuditEvent.objects.count() == before


def test_a_page_takes_few_queries(ben, channel, now, django_assert_max_num_queries):
    for _ in range(60):
        audit.record(AuditEventType.CHANNEL_OPENED, actor=ben.actor, at=now, target=channel)
    ben.client.get("/audit/")

    with django_assert_max_num_queries(5):
        ben.client.get("/audit/")
