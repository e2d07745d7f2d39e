"""The real servers, for the tests marked `bluesky`."""

import pytest

from tests.contracts.bluesky.harness import BlueskyHarness
from tests.contracts.bluesky.network import Network
from tests.contracts.bluesky.recorded import RecordedServer


@pytest.fixture(scope="session")
def network():
    found = Network.running()
    if found is None:
        pytest.fail(
            "The Bluesky servers are not running: tests/contracts/bluesky/servers/start.sh"
        )
    yield found
    found.close()


@pytest.fixture
def harness(network):
    made = BlueskyHarness(network)
    yield made
    made.close()


@pytest.fixture
def recorded(httpserver):
    return RecordedServer(httpserver)
