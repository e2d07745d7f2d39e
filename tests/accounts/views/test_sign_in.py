"""Signing in and out, staying signed in, and for which organisation."""

import json
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client

from accounts.enums import RoleName
from audit.enums import AuditEventType
from audit.models import AuditEvent
from moderation.models import Case
from moderation.services import casework
from tests.builders import a_case
from tests.conftest import NOW
from tests.factories.accounts import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"


@pytest.fixture
def person(organisation):
    user = UserFactory(name="Ada", email="ada@example.org")
    user.set_password(PASSWORD)
    user.save()
    MembershipFactory(user=user, organisation=organisation, role=RoleName.MODERATOR)
    return user


def sign_in(client, *, login="ada@example.org", password=PASSWORD, **extra):
    return client.post("/sign-in/", {"login": login, "password": password, **extra})


def told(type_):
    return list(AuditEvent.objects.filter(type=type_))


def is_signed_in(client):
    return client.get("/channels/").status_code == 200


class TestSigningIn:
    @pytest.mark.parametrize("login", ["ada@example.org", "ADA@Example.org"])
    def test_the_right_password_opens_the_console_and_is_recorded(
        self, client, person, organisation, login
    ):
        answer = sign_in(client, login=login)

        assert answer.status_code == 302
        assert is_signed_in(client)
        (event,) = told(AuditEventType.SIGNED_IN)
        assert (event.organisation_id, event.actor_label) == (organisation.pk, "Ada")

    def test_a_wrong_password_does_not(self, client, person):
        answer = sign_in(client, password="wrong")

        assert answer.status_code == 200
        summary = BeautifulSoup(answer.content, "html.parser").select_one(
            ".govuk-error-summary__list a[href='#id_login']"
        )
        assert summary.get_text() == "Enter the email address and password of your account."
        assert not is_signed_in(client)
        assert told(AuditEventType.SIGNED_IN) == []

    def test_an_unknown_address_reads_like_a_wrong_password(self, client, person):
        def problem(answer):
            soup = BeautifulSoup(answer.content, "html.parser")
            return soup.select_one(".govuk-error-summary__list").get_text(strip=True)

        assert problem(sign_in(client, login="nobody@example.org")) == problem(
            sign_in(client, password="wrong")
        )

    def test_guessing_is_stopped(self, client, person):
        for _ in range(5):
            sign_in(client, password="wrong")

        answer = sign_in(client)

        assert "Too many failed" in answer.content.decode()
        assert not is_signed_in(client)

    def test_a_flood_of_attempts_gets_the_page_that_says_so(self, client, person):
        answers = [
            sign_in(client, login=f"n{number}@example.org", password="x") for number in range(40)
        ]

        assert answers[-1].status_code == 429
        assert "Too many tries" in answers[-1].content.decode()

    def test_attempts_are_counted_by_the_address_that_the_proxy_tells(
        self, client, person, settings
    ):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for number in range(40):
            client.post(
                "/sign-in/",
                {"login": f"n{number}@example.org", "password": "x"},
                headers={"X-Forwarded-For": "1.2.3.4, 192.0.2.1"},
            )

        answer = client.post(
            "/sign-in/",
            {"login": person.email, "password": PASSWORD},
            headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.2"},
        )

        assert answer.status_code == 302

    def test_the_header_is_not_believed_without_a_proxy(self, client, person):
        answers = [
            client.post(
                "/sign-in/",
                {"login": f"n{number}@example.org", "password": "x"},
                headers={"X-Forwarded-For": f"192.0.2.{number}"},
            )
            for number in range(40)
        ]

        assert answers[-1].status_code == 429

    def test_a_closed_account_is_told_so(self, client, person):
        person.is_active = False
        person.save()

        answer = client.post(
            "/sign-in/", {"login": person.email, "password": PASSWORD}, follow=True
        )

        assert "Your account is closed" in answer.content.decode()
        assert not is_signed_in(client)

    def test_it_leads_to_where_the_person_wanted(self, client, person):
        asked = client.get("/channels/")

        answer = sign_in(client, next="/channels/")

        assert asked.url == "/sign-in/?next=/channels/"
        assert answer.url == "/channels/"

    def test_it_never_leads_off_the_console(self, client, person):
        assert sign_in(client, next="https://example.com/").url == "/"

    def test_a_form_from_elsewhere_is_refused_with_an_explanation(self, person):
        answer = sign_in(Client(enforce_csrf_checks=True))

        assert answer.status_code == 403
        assert "This page was open for too long" in answer.content.decode()

    def test_there_is_no_sign_up_and_no_reset(self, client):
        assert client.get("/sign-up/").status_code == 404
        assert "sign up" not in client.get("/sign-in/").content.decode().lower()

    def test_the_cookie_is_kept_from_scripts_and_ends_with_the_browser(self, client, person):
        sign_in(client)

        cookie = client.cookies["sessionid"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["max-age"] == ""

    def test_somebody_without_a_role_gets_a_reason(self, client):
        user = UserFactory(name="New", email="new@example.org")
        user.set_password(PASSWORD)
        user.save()

        sign_in(client, login="new@example.org")

        answer = client.get("/channels/")
        assert answer.status_code == 403
        assert "have no role in any organisation yet" in answer.content.decode()
        assert told(AuditEventType.SIGNED_IN)[0].organisation_id is None

    def test_the_password_can_be_asked_for_again(self, client, person):
        sign_in(client)

        wrong = client.post("/sign-in/confirm/", {"password": "wrong"})
        right = client.post("/sign-in/confirm/", {"password": PASSWORD})

        assert (wrong.status_code, right.status_code) == (200, 302)


class TestDemonstration:
    @pytest.fixture
    def people(self, tmp_path, settings):
        settings.VAR_DIR = tmp_path
        (tmp_path / "demo.json").write_text(
            json.dumps(
                {
                    "password": "shared-secret",
                    "people": [
                        {
                            "name": "Ada",
                            "email": "ada@example.org",
                            "role": "Moderator",
                            "organisation": "EPS",
                        }
                    ],
                }
            )
        )

    def test_a_stranger_sees_who_can_sign_in(self, client, people, settings):
        settings.IS_DEMONSTRATION = True

        page = client.get("/sign-in/").content.decode()

        assert "shared-secret" in page
        assert "ada@example.org" in page
        assert "Demonstration." in page

    def test_a_real_service_never_shows_them(self, client, people, settings):
        settings.IS_DEMONSTRATION = False

        page = client.get("/sign-in/").content.decode()

        assert "shared-secret" not in page
        assert "Demonstration." not in page

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"people": 3}'])
    def test_a_broken_file_breaks_nothing(self, client, tmp_path, settings, text):
        settings.VAR_DIR, settings.IS_DEMONSTRATION = tmp_path, True
        (tmp_path / "demo.json").write_text(text)

        assert client.get("/sign-in/").status_code == 200


class TestSigningOut:
    def test_the_page_asks_first(self, ada):
        answer = ada.client.get("/sign-out/")

        assert answer.status_code == 200
        assert is_signed_in(ada.client)
        assert told(AuditEventType.SIGNED_OUT) == []

    def test_it_lets_go_of_every_claim_and_is_recorded(
        self, ada, channel, queues, published, now, organisation
    ):
        case = casework.claim(case=a_case(channel, now=now), by=ada.actor, now=now)

        answer = ada.client.post("/sign-out/", follow=True)

        assert "1 claimed case is free for others" in answer.content.decode()
        assert Case.objects.get(pk=case.pk).claimed_by is None
        assert not is_signed_in(ada.client)
        (event,) = told(AuditEventType.SIGNED_OUT)
        assert (event.organisation_id, event.data) == (organisation.pk, {"how": "asked"})

    def test_nobody_signed_in_is_sent_to_sign_in(self, client, db):
        assert client.post("/sign-out/").status_code == 302


class TestTimeOut:
    def test_an_hour_without_a_sign_ends_the_session(self, ada):
        with time_machine.travel(NOW, tick=False):
            assert is_signed_in(ada.client)
        with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
            answer = ada.client.get("/channels/", follow=True)

        assert answer.redirect_chain[-1][0] == "/sign-in/?next=/channels/"
        assert "signed out after an hour without activity" in answer.content.decode()
        assert told(AuditEventType.SIGNED_OUT)[0].data == {"how": "idle"}

    def test_activity_keeps_it_alive_but_not_beyond_twelve_hours(self, ada):
        for minutes in range(0, 12 * 60, 50):
            with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
                assert is_signed_in(ada.client), minutes
        with time_machine.travel(NOW + timedelta(hours=12, minutes=1), tick=False):
            assert not is_signed_in(ada.client)

        assert told(AuditEventType.SIGNED_OUT)[0].data == {"how": "too_long"}

    def test_a_page_that_polls_by_itself_is_no_activity(self, ada):
        for minutes in range(0, 60, 10):
            with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
                ada.client.get("/channels/", headers={"X-Background": "true"})
        with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
            assert not is_signed_in(ada.client)

    def test_it_writes_the_session_at_most_once_a_minute(self, ada, django_assert_num_queries):
        with time_machine.travel(NOW, tick=False):
            is_signed_in(ada.client)
        # Session, person, memberships: nothing is written.
        with (
            time_machine.travel(NOW + timedelta(seconds=30), tick=False),
            django_assert_num_queries(3),
        ):
            ada.client.get("/privacy/")


class TestOrganisations:
    def test_a_person_switches_between_their_own(self, ada, other_organisation, organisation):
        MembershipFactory(user=ada.user, organisation=other_organisation, role=RoleName.AUDITOR)

        before = ada.client.get("/channels/").content.decode()
        ada.client.post("/organisation/", {"organisation": str(other_organisation.pk)})
        after = ada.client.get("/channels/").content.decode()

        assert "Example Prison Service" in before
        assert "(Moderator)" in before
        assert "Other Regulator" in after
        assert "(Read-only auditor)" in after

    @pytest.mark.parametrize("wanted", ["theirs", "", "nonsense"])
    def test_another_is_not_found(self, eve, organisation, wanted):
        value = str(organisation.pk) if wanted == "theirs" else wanted

        answer = eve.client.post("/organisation/", {"organisation": value})

        assert answer.status_code == 404
        assert "Other Regulator" in eve.client.get("/channels/").content.decode()

    def test_a_revoked_role_ends_it_at_once(self, ada):
        ada.user.memberships.update(revoked_at=NOW, revoked_by=ada.user)

        assert ada.client.get("/channels/").status_code == 403

    def test_nothing_changes_on_get(self, ada):
        assert ada.client.get("/organisation/").status_code == 405
