"""What every page has around it: navigation by role, headers, and pages for when something is wrong."""

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import SuspiciousOperation
from django.test import RequestFactory
from django.views.defaults import server_error

from accounts.enums import RoleName
from common import views

pytestmark = pytest.mark.django_db


def navigation(client):
    soup = BeautifulSoup(client.get("/channels/").content, "html.parser")
    return [link.get_text(strip=True) for link in soup.select("#navigation a")]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (RoleName.MODERATOR, ["Queues", "Channels", "Rules", "Status"]),
        (RoleName.SENIOR_REVIEWER, ["Queues", "Channels", "Rules", "Status"]),
        (RoleName.COMMS_MANAGER, ["Queues", "Channels", "Rules", "Import", "Status"]),
        (RoleName.SUPERVISOR, ["Queues", "Channels", "Rules", "Import", "Status", "Audit"]),
        (RoleName.RECORDS_OFFICER, ["Queues", "Channels", "Rules", "Status", "Audit"]),
        (RoleName.ADMINISTRATOR, ["Queues", "Channels", "Rules", "Import", "Status", "Audit"]),
        (RoleName.AUDITOR, ["Queues", "Channels", "Rules", "Status", "Audit"]),
    ],
)
def test_navigation_shows_what_the_role_may_open(member, organisation, role, expected):
    someone = member("Someone", organisation, role)

    assert navigation(someone.client) == expected


@pytest.mark.parametrize("path", ["/accessibility/", "/privacy/", "/cookies/", "/sign-in/"])
def test_public_pages_need_no_sign_in(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/queues/", "/channels/", "/rules/", "/audit/", "/imports/", "/status/"]
)
def test_every_other_page_does(client, path):
    answer = client.get(path)

    assert answer.status_code == 302
    assert answer.url == f"/sign-in/?next={path}"


def test_pages_of_people_signed_in_are_never_kept(ada):
    assert "no-store" in ada.client.get("/channels/").headers["Cache-Control"]
    assert "no-store" in ada.client.get("/privacy/").headers["Cache-Control"]


def test_search_engines_are_asked_to_stay_away(client):
    assert client.get("/robots.txt").content.decode() == "User-agent: *\nDisallow: /\n"
    assert client.get("/sign-in/").headers["X-Robots-Tag"] == "noindex, nofollow"


def test_the_page_about_cookies_names_those_that_are_set(client, settings):
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"

    assert "__Host-sessionid" in client.get("/cookies/").content.decode()


def test_an_unknown_address_keeps_the_frame(ada):
    answer = ada.client.get("/nowhere/")

    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()
    assert "Sign out" in answer.content.decode()


def test_a_refusal_says_why(ada):
    answer = ada.client.get("/audit/")

    assert answer.status_code == 403
    assert "Your role in this organisation does not include this page." in answer.content.decode()


def test_a_malformed_request_is_answered_plainly(rf):
    request = rf.get("/")

    answer = views.bad_request(request, SuspiciousOperation("secret detail"))

    assert answer.status_code == 400
    assert "secret detail" not in answer.content.decode()


def test_the_page_for_our_own_faults_needs_nothing():
    answer = server_error(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "Sorry, there is a problem with the console" in answer.content.decode()
