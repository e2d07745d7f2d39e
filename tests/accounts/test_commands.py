"""Commands about people, roles, hours and tokens: each by a named person, refused with a sentence."""

import io
from datetime import time

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.enums import RoleName
from accounts.models import ApiToken, Membership, OfficeHours, Organisation, User
from accounts.permissions import actor_for
from audit.models import AuditEvent
from tests.factories.accounts import MembershipFactory

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough secret"
DEV, EVE = "dev@eps.example", "eve@other.example"


@pytest.fixture
def command(monkeypatch):
    """Run a command as a script does, with what it reads from standard input."""

    def run(*words: str, typed: str = PASSWORD) -> str:
        out = io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        call_command(*words, stdout=out, stderr=out)
        return out.getvalue()

    return run


def add(email="new@eps.example", *more, acting=DEV, role="moderator"):
    return ("add_person", email, "--name", "New Person", "--role", role, "--as", acting, *more)


def create(slug="eo", **changed):
    fields = {
        "--name": "Example Ombudsman",
        "--short-name": "EO",
        "--administrator": "first@eo.example",
        "--administrator-name": "First Person",
        **changed,
    }
    return ("create_organisation", slug, *(word for pair in fields.items() for word in pair))


def test_new_organisation_has_queues_and_an_administrator_who_can_sign_in(command, db):
    command(*create())

    organisation = Organisation.objects.get(slug="eo")
    assert organisation.queues.filter(is_default=True).count() == 1
    user = User.objects.get(email="first@eo.example")
    assert user.check_password(PASSWORD)
    assert actor_for(user, organisation.pk) is not None
    assert Client().login(email=user.email, password=PASSWORD)


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (create("eps"), PASSWORD, "an organisation “eps” already"),
        (create("not a slug"), PASSWORD, "slug: "),
        (create(**{"--guidelines-url": "javascript:alert(1)"}), PASSWORD, "guidelines_url: "),
        (create(**{"--administrator": "nobody"}), PASSWORD, "not an e-mail address"),
        (create(**{"--administrator-name": " "}), PASSWORD, "a name of 1 to 200"),
        (create(), "short", "too short"),
        (create(**{"--administrator": DEV}), PASSWORD, "known already"),
    ],
)
def test_organisation_that_cannot_be_is_refused_whole(
    command, dev, organisation, words, typed, sentence
):
    with pytest.raises(CommandError, match=sentence):
        command(*words, typed=typed)

    assert list(Organisation.objects.all()) == [organisation]
    assert User.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_person_added_can_sign_in_and_is_on_the_record(command, dev, organisation):
    command(*add(), "--role", "records_officer")

    user = User.objects.get(email="new@eps.example")
    assert user.check_password(PASSWORD)
    assert set(Membership.objects.filter(user=user).values_list("role", flat=True)) == {
        "moderator",
        "records_officer",
    }
    record = AuditEvent.objects.of_organisation(organisation.pk)
    assert {(event.type, event.actor_label) for event in record} == {
        ("person.added", "Dev"),
        ("membership.granted", "Dev"),
    }
    assert PASSWORD not in str(list(record.values()))


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (add(acting="nobody@eps.example"), PASSWORD, "Nobody with the address"),
        (add(acting="ada@eps.example"), PASSWORD, "does not include managing"),
        (add("x", "--organisation", "other"), PASSWORD, "has no role in “other”. Theirs: eps"),
        (add("ADA@eps.example"), PASSWORD, "known already"),
        (add("not an address"), PASSWORD, "not an e-mail address"),
        (add(), "password1234", "too common"),
        (add(), "new@eps.example", "too similar"),
        (add(), "", "too short"),
    ],
)
def test_person_that_cannot_be_added_is_refused(
    command, dev, ada, other_organisation, words, typed, sentence
):
    with pytest.raises(CommandError, match=sentence):
        command(*words, typed=typed)

    assert User.objects.count() == 2
    assert not AuditEvent.objects.exists()


def test_who_works_for_two_organisations_says_for_which(command, dev, other_organisation):
    MembershipFactory(user=dev.user, organisation=other_organisation, role=RoleName.ADMINISTRATOR)

    with pytest.raises(CommandError, match="Add --organisation, one of: eps, other"):
        command(*add())
    command(*add(), "--organisation", "other")

    assert Membership.objects.get(user__email="new@eps.example").organisation == other_organisation


def test_somebody_switched_off_does_nothing(command, dev, ada):
    User.objects.filter(pk=dev.user.pk).update(is_active=False)

    with pytest.raises(CommandError, match="switched off"):
        command(*add())


def test_role_is_given_and_taken(command, dev, ada, organisation):
    command("grant_role", "ada@eps.example", "supervisor", "--as", DEV)
    command("revoke_role", "ada@eps.example", "moderator", "--as", DEV, "--reason", "Moved on.")

    roles = Membership.objects.current().filter(user=ada.user)
    assert [membership.role for membership in roles] == ["supervisor"]
    event = AuditEvent.objects.get(type="membership.revoked")
    assert (event.actor_label, event.reason, event.data["person"]) == ("Dev", "Moved on.", "Ada")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("ada@eps.example", "supervisor", "--as", DEV, "--reason", "?"), "is not supervisor"),
        (("ada@eps.example", "moderator", "--as", DEV, "--reason", " "), "Say why"),
        (("ada@eps.example", "moderator", "--as", EVE, "--reason", "?"), "is not moderator"),
        (("dev@eps.example", "administrator", "--as", DEV, "--reason", "?"), "Nobody would be"),
    ],
)
def test_role_that_cannot_be_taken_stays(command, dev, ada, eve, words, sentence):
    with pytest.raises(CommandError, match=sentence):
        command("revoke_role", *words)

    assert not Membership.objects.exclude(revoked_at=None).exists()
    assert not AuditEvent.objects.exists()


def test_new_password_ends_every_session(command, dev, ada):
    assert ada.client.get("/queues/").status_code == 200

    command("set_password", "ada@eps.example", "--as", DEV)

    assert ada.client.get("/queues/").status_code == 302
    assert User.objects.get(pk=ada.user.pk).check_password(PASSWORD)
    assert AuditEvent.objects.get(type="person.password_set").actor_label == "Dev"


def test_password_opens_no_door_of_another_organisation(
    command, dev, ada, eve, other_organisation
):
    MembershipFactory(user=ada.user, organisation=other_organisation)

    with pytest.raises(CommandError, match="works for another organisation too"):
        command("set_password", "ada@eps.example", "--as", DEV)
    with pytest.raises(CommandError, match="has no role in your organisation"):
        command("set_password", DEV, "--as", EVE)

    assert not AuditEvent.objects.exists()


def test_office_hours_replace_those_before(command, dev, organisation):
    command("set_office_hours", "Sun 01:00-02:00", "--as", DEV)
    command("set_office_hours", "mon-Tue 9:00-17:00", "Sat 10:00-12:30", "--as", DEV)

    hours = OfficeHours.objects.filter(organisation=organisation).order_by("weekday")
    assert [(row.weekday, row.opens_at, row.closes_at) for row in hours] == [
        (0, time(9), time(17)),
        (1, time(9), time(17)),
        (5, time(10), time(12, 30)),
    ]
    event = AuditEvent.objects.filter(type="office_hours.set").latest("pk")
    assert event.data["hours"][0] == "Monday 09:00 to 17:00"


@pytest.mark.parametrize(
    ("periods", "sentence"),
    [
        (["weekdays"], "is not a period"),
        (["Mon 9-17"], "is not a period"),
        (["Mon 09:00-24:00"], "is not a period"),
        (["Fri-Mon 09:00-17:00"], "counts days backwards"),
        (["Mon 17:00-09:00"], "ends before it begins"),
        (["Mon-Fri 09:00-17:00", "Tue 16:00-18:00"], "overlap"),
    ],
)
def test_hours_that_make_no_sense_are_refused(command, dev, periods, sentence):
    with pytest.raises(CommandError, match=sentence):
        command("set_office_hours", *periods, "--as", DEV)

    assert not OfficeHours.objects.exists()
    assert not AuditEvent.objects.exists()


def a_token(command, *more):
    words = ("--organisation", "eps", "--name", "Casework tool", "--scopes", "case:read", *more)
    return command("issue_token", *words).splitlines()[-1]


def test_token_is_revoked_by_its_prefix(command, dev):
    secret = a_token(command, "--as", DEV)

    said = command("revoke_token", secret[:10], "--as", DEV, "--reason", "Retired.")

    assert secret not in said
    assert ApiToken.objects.get().revoked_by == dev.user
    header = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/cases/", headers=header).status_code == 401
    events = AuditEvent.objects.order_by("pk").values_list("type", "actor_label")
    assert list(events) == [("token.issued", "Dev"), ("token.revoked", "Dev")]


@pytest.mark.parametrize(
    ("prefix", "acting", "sentence"),
    [
        ("mct_nothing", DEV, "No usable token begins with “mct_nothin”. In use: Casework tool"),
        (None, EVE, "In use: none"),
        (None, "ada@eps.example", "does not include managing API tokens"),
    ],
)
def test_token_that_cannot_be_revoked_works_on(command, dev, ada, eve, prefix, acting, sentence):
    secret = a_token(command)

    with pytest.raises(CommandError, match=sentence):
        command("revoke_token", prefix or secret[:10], "--as", acting, "--reason", "?")

    assert ApiToken.objects.get().revoked_at is None


def test_only_administrators_issue_tokens(command, ada):
    with pytest.raises(CommandError, match="managing API tokens"):
        a_token(command, "--as", "ada@eps.example")

    assert not ApiToken.objects.exists()
