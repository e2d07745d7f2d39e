"""A body at work, for journeys and clauses."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Organisation
from moderation.services import queues as queue_services
from moderation.views import furniture
from platforms.sandbox.database import Database
from platforms.sandbox.server import running
from tests.conftest import Member
from tests.factories.policies import publish
from tests.journeys.world import World, shipped


@pytest.fixture
def make_world(
    organisation: Organisation, cara: Member, ben: Member, dev: Member, tmp_path: Path
) -> Iterator[Callable[[str], World]]:
    """Put a shipped pack in force for a body with one channel on a running sandbox."""
    furniture.forget()
    platform = Database(tmp_path / "sandbox.sqlite3")
    with running(platform) as address:

        def make(pack: str) -> World:
            publish(
                drafter=cara.actor,
                approver=ben.actor,
                now=timezone.now(),
                definition=shipped(pack),
            )
            queue_services.set_up(by=dev.actor, plans=queue_services.plans_for(pack))
            world = World(organisation, platform, address, pack)
            world.open_channel()
            return world

        yield make


@pytest.fixture
def hmpps(make_world: Callable[[str], World]) -> World:
    """The prison service, under its guidelines."""
    return make_world("hmpps")


@pytest.fixture
def ppo(make_world: Callable[[str], World]) -> World:
    """The ombudsman, under its policy."""
    return make_world("ppo")


@pytest.fixture
def ico(make_world: Callable[[str], World]) -> World:
    """The data protection regulator, under its policy."""
    return make_world("ico")


@pytest.fixture
def police(make_world: Callable[[str], World]) -> World:
    """Two police forces, under their policy."""
    return make_world("police")
