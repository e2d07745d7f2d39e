"""Every address there is: who gets in, what it writes, and what every answer carries.

The addresses come from the resolver, so that a new one is tested on the day it is added: it must
name the permission it asks for, or stand on the short lists below.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from accounts.enums import Permission, RoleName
from accounts.models import ApiToken, Membership
from accounts.roles import ROLE_PERMISSIONS
from audit.models import AuditEvent
from moderation.models import Decision
from moderation.services import (
    backtests,
    casework,
    decisions,
    labelling,
    rejudging,
    version_effects,
)
from moderation.views.imports import Upload
from platforms.models import ImportRun, OutboxMessage
from policies.enums import Outcome
from policies.models import Clause
from tests.builders import a_case
from tests.factories.platforms import InboundEventFactory

pytestmark = pytest.mark.django_db

# What a stranger may read: nothing here knows anybody or anything.
PUBLIC = {
    "ping", "ready", "health", "info", "robots", "security_contact", "accessibility", "privacy", "cookies",
    "account_login", "account_inactive",
}  # fmt: skip
# What everybody who is signed in may use for themselves, whatever their roles.
FOR_EVERYBODY = {
    "account_logout", "account_reauthenticate", "organisation_switch", "moderation:home",
}  # fmt: skip
# The description of the API is the same for all who have signed in or hold a token.
DESCRIPTION = {"api-v1:openapi-json", "api-v1:openapi-yaml", "api-v1:docs"}
# The app below accounts cannot use the decorator; its view asks by itself.
ASKED_INSIDE = {"audit:event_list": Permission.AUDIT_READ}
NO_ADDRESS = ""  # what is under api/ and no address of it
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Address:
    """One address of the console."""

    route: str
    name: str
    view: Any

    @property
    def scopes(self) -> dict[str, Permission] | None:
        """What each method of an API view needs; None for pages."""
        view = getattr(self.view, "cls", None)
        return dict(view.required) if view is not None else None

    @property
    def permission(self) -> Permission | None:
        """What a page needs."""
        return ASKED_INSIDE.get(self.name) or getattr(self.view, "required_permission", None)

    def path(self, world: Any) -> str:
        """Return the address with ids of things that exist."""
        path = self.route
        for word, value in {**world.ids, "pk": world.pk_of(self.name)}.items():
            path = path.replace(f"<uuid:{word}>", str(value)).replace(f"<str:{word}>", str(value))
        assert "<" not in path, f"{self.name} has a part that this test cannot fill in"
        return f"/{path}"


def addresses(resolver: Any = None, prefix: str = "", space: str = "") -> Iterator[Address]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern, route, inner)
        else:
            yield Address(
                route, f"{space}{pattern.name}" if pattern.name else "", pattern.callback
            )


ALL = list(addresses())
PAGES = [each for each in ALL if each.scopes is None]
API = [each for each in ALL if each.scopes]
OPEN = PUBLIC | FOR_EVERYBODY | DESCRIPTION
GUARDED = [each for each in PAGES if each.name not in OPEN]


def name(address: Address) -> str:
    return address.route or "home"


@pytest.fixture
def world(channel, queues, published, ada, ben, cara, organisation, now):
    """One of everything that has a page."""
    case = a_case(channel, now=now)
    decided = a_case(channel, "You plonker", now=now)
    casework.claim(case=decided, by=ada.actor, now=now)
    decision = decisions.record(
        case=decided,
        by=ada.actor,
        ruling=decisions.Ruling(
            outcome=Outcome.HIDE,
            reason="It insults a colleague.",
            submission_key=uuid4().hex,
            clause=Clause.objects.get(organisation=organisation, reference="EX-01"),
        ),
        now=now,
    )
    run = ImportRun.objects.create(
        organisation=organisation, channel=channel, file_name="comments.csv", digest="0" * 64,
        started_by=ben.user, started_at=now,
    )  # fmt: skip
    backtest = backtests.start(version=published, by=cara.actor, now=now)
    labelling.draw(rule_set=published.rule_set, by=cara.actor, now=now)
    pks = {
        "api-v1:content": case.content_item_id, "api-v1:case": case.pk,
        "api-v1:case-decision": case.pk, "api-v1:decision": decision.pk,
        "api-v1:decision-reversal": decision.pk,
    }  # fmt: skip
    return SimpleNamespace(
        ids={
            "channel_id": channel.pk,
            "version_id": published.pk,
            "rule_key": "insult",
            "section": "lists",
            "list_key": "insults",
            "queue_id": queues["main"].pk,
            "case_id": case.pk,
            "author_id": case.author_id,
            "run_id": run.pk,
            "backtest_id": backtest.pk,
            "rule_set_id": published.rule_set_id,
            "message_id": OutboxMessage.objects.latest("pk").pk,
            "event_id": InboundEventFactory(channel=channel).pk,
            "undo_id": version_effects.start(
                version=published, by=ben.actor, reason="Too wide.", now=now
            ).pk,
            "rejudging_id": rejudging.start(
                version=published, by=cara.actor, reason="New rules.", now=now
            ).pk,
            "token": Upload(f"{organisation.pk}/{'0' * 32}", "a.csv", str(channel.pk)).signed(),
        },
        pk_of=lambda name: pks.get(name, case.pk),
    )


def send(client: Client, method: str, path: str, **extra: Any) -> Any:
    body = {} if method == "get" else {"data": "{}", "content_type": "application/json"}
    return getattr(client, method)(path, **body, **extra)


def everything() -> tuple[int, ...]:
    return (AuditEvent.objects.count(), Decision.objects.count(), OutboxMessage.objects.count())


# What is declared


def test_every_page_names_its_permission_or_stands_on_a_list():
    assert [each.name for each in GUARDED if each.permission is None] == []


def test_every_method_of_the_api_names_its_scope():
    undeclared = [
        (each.route, method)
        for each in ALL
        if each.scopes is not None and each.name not in DESCRIPTION | {NO_ADDRESS}
        for method in METHODS
        if hasattr(each.view.cls, method) and method.upper() not in each.scopes
    ]

    assert undeclared == []


def test_the_lists_name_nothing_that_is_gone():
    assert OPEN | ASKED_INSIDE.keys() <= {each.name for each in ALL}


def test_only_the_lists_are_open_to_strangers():
    """Signing in is asked of every page unless its view says otherwise; these may say so."""
    opened = {
        each.name
        for each in PAGES
        if getattr(each.view, "login_required", True) is False and each.name not in DESCRIPTION
    }

    assert opened == PUBLIC


# Who gets in


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_stranger_gets_nowhere(client, world, method):
    before = everything()
    for each in ALL:
        if each.name in PUBLIC:
            continue
        answer = send(client, method, each.path(world))

        if each.scopes is None:
            is_refused = answer.status_code == 302 and answer.url.startswith("/sign-in/?next=/")
            is_refused |= each.name == "api-v1:docs" and answer.status_code == 405
        else:
            is_refused = answer.status_code == (404 if each.name == NO_ADDRESS and not each.scopes
                                                else 401)  # fmt: skip
        assert is_refused, (method, each.route, answer.status_code)
    assert everything() == before


@pytest.mark.slow
@pytest.mark.parametrize("role", list(RoleName))
def test_a_role_opens_what_its_permissions_say_and_no_more(member, organisation, world, role):
    someone = member("Someone", organisation, role)
    for each in GUARDED:
        for method in ("get", "post"):
            answer = send(someone.client, method, each.path(world))

            may = each.permission in ROLE_PERMISSIONS[role]
            # A method that the page does not take is told before the permission is asked for.
            expected = answer.status_code == 405 or (answer.status_code != 403) == may
            assert expected, (role, method, each.route, answer.status_code)
    for each in API:
        # A session is no token: the API takes no cookie, so that no other site can use it.
        for method in ("get", "post"):
            assert send(someone.client, method, each.path(world)).status_code == 401, each.route


@pytest.mark.slow
def test_somebody_without_a_role_sees_no_page(ada, world):
    Membership.objects.filter(user=ada.user).delete()
    for each in GUARDED:
        answers = {
            send(ada.client, method, each.path(world)).status_code for method in ("get", "post")
        }

        assert answers <= {403, 405}, each.route


@pytest.mark.slow
def test_another_organisation_finds_nothing(eve, world):
    """With every role of her own: what has an id that is not hers does not exist for her."""
    before = everything()
    for each in GUARDED:
        if "<" not in each.route:
            continue
        for method in ("get", "post"):
            answer = send(eve.client, method, each.path(world))

            assert answer.status_code in {404, 405}, (method, each.route, answer.status_code)
    assert everything() == before


@pytest.mark.slow
def test_lists_of_another_organisation_show_nothing_of_this_one(eve, world):
    for each in GUARDED:
        if "<" in each.route:
            continue
        page = eve.client.get(each.path(world)).content.decode()

        for secret in ("Careers", "Example Prison Service", "numpty", "Ada", "comments.csv"):
            assert secret not in page, (each.route, secret)


@pytest.mark.slow
def test_a_token_gets_in_with_the_scope_and_no_other(tool_of, organisation, world):
    with_all_but = {
        needed: tool_of(organisation, *(scope for scope in Permission if scope != needed))
        for needed in Permission
    }
    with_only = {needed: tool_of(organisation, needed) for needed in Permission}
    for each in API:
        for method, needed in each.scopes.items():
            refused = send(with_all_but[needed].client, method.lower(), each.path(world))
            let_in = send(with_only[needed].client, method.lower(), each.path(world))

            assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
            assert let_in.status_code not in {401, 403}, (method, each.route)


@pytest.mark.slow
@pytest.mark.parametrize("end", ["expired", "revoked", "unknown"])
def test_a_token_that_has_ended_gets_nowhere(tool, dev, now, world, end):
    token = ApiToken.objects.filter(pk=tool.token.pk)
    if end == "expired":
        token.update(expires_at=tool.token.issued_at)
    elif end == "revoked":
        token.update(revoked_at=now, revoked_by=dev.user)
    else:
        token.update(digest="0" * 64)

    for each in API:
        for method in each.scopes:
            answer = send(tool.client, method.lower(), each.path(world))
            assert answer.status_code == 401, (method, each.route)
    assert tool.get("openapi.json").status_code == 401


# What it writes


@pytest.mark.slow
def test_a_form_of_another_site_changes_nothing(member, organisation, world):
    someone = member("Someone", organisation, *RoleName)
    client = Client(enforce_csrf_checks=True)
    client.cookies = someone.client.cookies
    before = everything()

    for each in PAGES:
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(each.path(world))

            assert answer.status_code in {403, 405}, (method, each.route, answer.status_code)
    assert everything() == before


@pytest.mark.slow
def test_reading_a_page_writes_nothing(member, organisation, world):
    someone = member("Someone", organisation, *RoleName)
    # The first request of a session notes its beginning.
    someone.client.get("/privacy/")

    for each in PAGES:
        with CaptureQueriesContext(connection) as queries:
            for method in ("get", "head"):
                answer = getattr(someone.client, method)(each.path(world))
                if hasattr(answer, "streaming_content"):
                    b"".join(answer.streaming_content)

        assert written(queries) == [], each.route


@pytest.mark.slow
def test_reading_by_the_api_writes_nothing(tool, world):
    # The first call of a minute notes when the token was last used.
    tool.get("channels/")

    for each in API:
        with CaptureQueriesContext(connection) as queries:
            tool.client.get(each.path(world))

        assert written(queries) == [], each.route


def written(queries: Any) -> list[str]:
    return [
        query["sql"]
        for query in queries.captured_queries
        if query["sql"].lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "COPY"))
    ]


# What every answer carries


@pytest.mark.slow
def test_every_answer_carries_the_headers(member, organisation, world):
    signed_in, stranger = member("Someone", organisation, *RoleName).client, Client()
    for each in sorted(ALL, key=lambda each: each.name == "account_logout"):
        path = each.path(world)
        assert "no-store" in signed_in.get(path).headers["Cache-Control"], each.route
        for client in (signed_in, stranger):
            for answer in (client.get(path), client.post(path), client.get(f"{path}nowhere")):
                check_headers(answer, each.route)


def check_headers(answer: Any, where: str) -> None:
    directives = {
        part.split()[0]: part.split()[1:]
        for part in answer.headers["Content-Security-Policy"].split("; ")
    }
    assert "unsafe" not in json.dumps(directives), where
    assert directives == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }, where
    assert answer.headers["X-Content-Type-Options"] == "nosniff", where
    assert answer.headers["X-Frame-Options"] == "DENY", where
    assert answer.headers["Referrer-Policy"] == "same-origin", where
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert "camera=()" in answer.headers["Permissions-Policy"], where
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow", where
    assert answer.headers.keys().isdisjoint({"Access-Control-Allow-Origin", "X-Powered-By"}), where


def test_cookies_cannot_be_read_by_scripts_or_sent_by_other_sites(client, ada):
    ada.user.set_password("a long enough secret")
    ada.user.save()
    client.get("/sign-in/")
    client.post("/sign-in/", {"login": ada.user.email, "password": "a long enough secret"})
    client.get("/queues/")
    client.get("/sign-out/")
    set_so_far = dict(client.cookies)
    client.post("/sign-out/")

    assert set_so_far.keys() == {"sessionid", "csrftoken"}
    for cookie in {**set_so_far, **client.cookies}.values():
        if cookie.value:
            assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax"), cookie.key
            assert not cookie["domain"]


def test_sessions_begin_and_end_with_the_person(client, ada):
    ada.user.set_password("a long enough secret")
    ada.user.save()
    client.get("/sign-in/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    client.post("/sign-in/", {"login": ada.user.email, "password": "a long enough secret"})
    signed_in = client.cookies["sessionid"].value

    assert signed_in != planted
    assert client.get("/queues/").status_code == 200

    client.post("/sign-out/")
    client.cookies["sessionid"] = signed_in
    assert client.get("/queues/").status_code == 302


def test_somebody_deactivated_is_out_at_once(ada):
    assert ada.client.get("/queues/").status_code == 200

    ada.user.is_active = False
    ada.user.save()

    assert ada.client.get("/queues/").status_code == 302


def test_nobody_switches_to_an_organisation_that_is_not_theirs(ada, other_organisation):
    answer = ada.client.post("/organisation/", {"organisation": other_organisation.pk})

    assert answer.status_code == 404
    session = ada.client.session
    session["organisation"] = str(other_organisation.pk)
    session.save()
    assert "Other Regulator" not in ada.client.get("/channels/").content.decode()
