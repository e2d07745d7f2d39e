"""Addresses with nonsense in them: told off plainly, or read as nothing, and never a fault of ours."""

import pytest
from django.db import transaction
from django.test import Client

from accounts.enums import RoleName
from tests.architecture.test_access import ALL, Address, world

__all__ = ["world"]

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NIL = "00000000-0000-7000-8000-000000000000"
JUNK = [
    "%00", "a%00b", "%ED%A0%80", "%FF%FE", "a" * 5000, "9" * 5000, "9" * 19, "-1", "1e999", "NaN",
    "%E2%80%AE", "%27%22%3E%3Cscript%3E", "%2e%2e%2f%2e%2e%2fetc", "%0d%0aX-Evil:%20yes",
    "%D9%A1%D9%A2", f"%7B{NIL}%7D", "2026-W01-1T00:00%2B00:00",
    "0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z",
    f"0.-62135596800000000.{NIL}", f"1.9223372036854775807.{NIL}", f"99999.0.{NIL}",
    f"-62135596800000000.{NIL}", f"-70000000000000000.{NIL}", f"{'9' * 5000}.{NIL}",
    "cD0lMDA=", "cD0lRUQlQTAlODA=", "bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk=", "cj0xJnA9JTAw", "-bz0",
]  # fmt: skip
# Every parameter that a view reads from an address.
PARAMETERS = {
    "moderation:queue_detail": ("after", "before", "severity", "clause", "channel", "claimed"),
    "moderation:queue_news": ("since",),
    "moderation:case_detail": ("thread",),
    "moderation:author_detail": ("older", "newer"),
    "moderation:import_list": ("before",),
    "moderation:import_detail": ("after",),
    "moderation:status": ("before",),
    "policies:version_compare": ("with",),
    "policies:list_detail": ("find",),
    "policies:term_edit": ("term",),
    "audit:event_list": ("type", "person", "case", "about", "older", "newer"),
    "account_login": ("next",),
    "account_reauthenticate": ("next",),
    "api-v1:docs": ("next",),
    "api-v1:cases": ("queue", "status", "severity", "cursor", "page_size"),
    "api-v1:clauses": ("cursor", "page_size"),
    "api-v1:rule-sets": ("cursor", "page_size"),
    "api-v1:channels": ("cursor", "page_size"),
    "api-v1:queues": ("cursor", "page_size"),
}
ADDRESSES = {each.name: each for each in ALL if each.name}


def ask(client: Client, path: str) -> int:
    """GET `path`; a fault leaves the surrounding transaction usable."""
    with transaction.atomic():
        answer = client.get(path)
        transaction.set_rollback(True)
    assert "X-Evil" not in answer.headers
    return answer.status_code


@pytest.mark.parametrize("name", PARAMETERS)
def test_nonsense_in_parameters_is_no_fault_of_ours(member, organisation, world, tool, name):
    address: Address = ADDRESSES[name]
    someone = member("Someone", organisation, *RoleName)
    client = (
        tool.client if address.scopes else Client() if name == "account_login" else someone.client
    )
    client.raise_request_exception = False
    path = address.path(world)
    names = PARAMETERS[name]

    faults = [
        (name, parameter, junk[:40])
        for junk in JUNK
        for parameter in (names if len(names) < 3 or "%00" in junk else ("&".join(names),))
        if ask(client, f"{path}?{parameter.replace('&', f'={junk}&')}={junk}") >= 500
    ]

    assert faults == []


def test_nonsense_in_addresses_is_no_fault_of_ours(member, organisation, world, tool):
    someone = member("Someone", organisation, *RoleName)
    for junk in ("%00", "%ED%A0%80", "%FF", "a" * 3000, "..%2F..", f"{NIL}%00", "%0d%0a"):
        for start in (
            "",
            "queues/",
            "cases/",
            "imports/new/",
            "imports/",
            "api/v1/cases/",
            "rules/",
        ):
            for client in (someone.client, tool.client):
                assert ask(client, f"/{start}{junk}/") in {302, 400, 404}, (start, junk)


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example",
        "javascript:alert(1)", "data:text/html,x", " //evil.example", "http:evil.example",
        "https:///evil.example", "/%09/evil.example", "\t//evil.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/confirm/"])
def test_signing_in_never_leads_elsewhere(client, ada, evil, path):
    ada.user.set_password("a long enough secret")
    ada.user.save()
    if path == "/sign-in/confirm/":
        client = ada.client
        client.force_login(ada.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    fields = {"login": ada.user.email, "password": "a long enough secret", "next": evil}

    answer = client.post(path, fields, headers={"Referer": "https://evil.example/"})

    assert answer.status_code == 302
    assert answer.url.startswith("/")
    assert not answer.url.startswith(("//", "/\\", "/\t"))


@pytest.mark.parametrize(
    "path", ["/organisation/", "/status/actions/{message_id}/", "/imports/{run_id}/resume/"]
)
def test_acts_lead_to_our_own_pages_whatever_the_referrer_says(member, organisation, world, path):
    someone = member("Someone", organisation, *RoleName)

    answer = someone.client.post(
        path.format(**world.ids),
        {"organisation": organisation.pk, "reason": "Try."},
        headers={"Referer": "https://evil.example/"},
    )

    assert answer.status_code == 302
    assert answer.url.startswith("/")
    assert "evil" not in answer.url
