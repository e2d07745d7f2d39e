"""The cast, the clock, and a database that gives back what transactions left."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, settings

from accounts.actors import Actor
from accounts.enums import RoleName
from accounts.models import Organisation, User
from accounts.permissions import actor_for
from moderation.models import Queue
from moderation.services import casework
from platforms import registry
from platforms.connectors.base import Access
from platforms.enums import Platform
from platforms.models import Channel
from policies.models import RuleSetVersion
from policies.services import rulesets
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.moderation import QueueFactory
from tests.factories.platforms import ChannelFactory
from tests.factories.policies import publish
from tests.fakes.connector import FakeConnector
from tests.fakes.platform import FakePlatform

# A busy machine is no fault of the code: how long an example takes decides nothing.
settings.register_profile("console", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("console")

# A Wednesday morning, in office hours.
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Member:
    """One of the cast: a person, what they act as, and a browser where they are signed in."""

    user: User
    actor: Actor
    client: Client


@pytest.fixture
def now() -> datetime:
    """The moment at which a test takes place."""
    return NOW


@pytest.fixture
def organisation(db: None) -> Organisation:
    """The body whose console this is."""
    return OrganisationFactory(name="Example Prison Service", short_name="EPS", slug="eps")


@pytest.fixture
def other_organisation(db: None) -> Organisation:
    """Another body, which must see nothing of the first."""
    return OrganisationFactory(name="Other Regulator", short_name="OR", slug="other")


@pytest.fixture
def member(db: None) -> Callable[..., Member]:
    """Make a person with roles in an organisation, signed in."""

    def make(name: str, organisation: Organisation, *roles: RoleName) -> Member:
        user = UserFactory(name=name, email=f"{name.lower()}@{organisation.slug}.example")
        for role in roles:
            MembershipFactory(user=user, organisation=organisation, role=role)
        actor = actor_for(user, organisation.pk)
        assert actor is not None
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return Member(user=user, actor=actor, client=client)

    return make


@pytest.fixture
def ada(member: Callable[..., Member], organisation: Organisation) -> Member:
    """Moderates."""
    return member("Ada", organisation, RoleName.MODERATOR)


@pytest.fixture
def ben(member: Callable[..., Member], organisation: Organisation) -> Member:
    """Supervises."""
    return member("Ben", organisation, RoleName.SUPERVISOR)


@pytest.fixture
def cara(member: Callable[..., Member], organisation: Organisation) -> Member:
    """Owns the policies."""
    return member("Cara", organisation, RoleName.COMMS_MANAGER)


@pytest.fixture
def dev(member: Callable[..., Member], organisation: Organisation) -> Member:
    """Administers."""
    return member("Dev", organisation, RoleName.ADMINISTRATOR)


@pytest.fixture
def sam(member: Callable[..., Member], organisation: Organisation) -> Member:
    """Reviews what is escalated."""
    return member("Sam", organisation, RoleName.SENIOR_REVIEWER)


@pytest.fixture
def eve(member: Callable[..., Member], other_organisation: Organisation) -> Member:
    """Works for another organisation, with every role there, and must see nothing here."""
    return member("Eve", other_organisation, *RoleName)


@pytest.fixture
def queues(organisation: Organisation) -> dict[str, Queue]:
    """The default queue and the senior reviewers' queue."""
    return {
        "main": QueueFactory(
            organisation=organisation, key="main", name="All comments", is_default=True
        ),
        "senior": QueueFactory(
            organisation=organisation,
            key="senior",
            name="Senior review",
            is_senior=True,
            position=9,
        ),
    }


@pytest.fixture
def channel(organisation: Organisation) -> Channel:
    """A channel on the sandbox platform."""
    return ChannelFactory(organisation=organisation, slug="careers", name="Careers")


@pytest.fixture
def published(cara: Member, ben: Member, now: datetime) -> RuleSetVersion:
    """A published rule set: insults, slurs (zero tolerance), threats, questions, repetition."""
    return publish(drafter=cara.actor, approver=ben.actor, now=now)


@pytest.fixture(autouse=True)
def _clean_process() -> None:
    """Forget what a process keeps between requests."""
    casework._watermarks.clear()
    rulesets.compiled.cache_clear()
    rulesets.rule_rows.cache_clear()
    rulesets.period.cache_clear()
    rulesets.rule_set_of.cache_clear()
    cache.clear()


_lifted: list[str] = []


@pytest.fixture(autouse=True)
def _guards(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lift the database's guards while a transactional test's rows are flushed, then set them again.

    Rows that refuse deletion would refuse the flush too.
    """
    names = set(request.fixturenames)
    uses_database = bool(names & {"db", "transactional_db"}) or bool(
        request.node.get_closest_marker("django_db")
    )
    if not uses_database:
        yield
        return
    marker = request.node.get_closest_marker("django_db")
    transactional = "transactional_db" in names or bool(
        marker and (marker.kwargs.get("transaction") or (marker.args and marker.args[0]))
    )
    request.getfixturevalue("transactional_db" if transactional else "db")
    _set_guards()
    yield
    if transactional:
        _lift_guards()


def _lift_guards() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT DISTINCT event_object_table FROM information_schema.triggers"
                " WHERE trigger_schema = 'public'"
                " UNION SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE NOT t.tgisinternal"
            )
            for (table,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
                _lifted.append(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for name, sql in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
                _lifted.append(sql)


def _set_guards() -> None:
    with connection.cursor() as cursor:
        while _lifted:
            cursor.execute(_lifted.pop())


@pytest.fixture
def take_in(channel: Channel, queues: dict[str, Queue], now: datetime) -> Callable[..., Any]:
    """Let comments arrive on the channel, through the pipeline that every door uses."""
    from tests.builders import comments_arrive

    def arrive(*texts: str, **options: Any) -> Any:
        return comments_arrive(
            options.pop("channel", channel), *texts, now=options.pop("now", now), **options
        )

    return arrive


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    """The sandbox platform's place taken by one held in memory, which can be told to misbehave."""
    fake = FakePlatform()
    fake.access = Access("careers", credentials={"token": "not-a-real-token"})
    monkeypatch.setitem(registry.CONNECTORS, Platform.SANDBOX, FakeConnector.of(fake))
    return fake


@pytest.fixture
def run(now: datetime) -> Callable[..., None]:
    """Let the pipeline's bells ring: poll, ingest, deliver and settle until nothing is due."""
    from tests.builders import run_the_route

    return lambda at=now: run_the_route(now=at)
