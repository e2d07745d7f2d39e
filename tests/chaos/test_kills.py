"""Nothing is lost and nothing done twice, whatever is killed."""

import pytest

from tests.chaos.run import chaos

pytestmark = [pytest.mark.servers, pytest.mark.slow]


def test_nothing_is_lost_or_done_twice_when_anything_is_killed(server_url):
    outcome = chaos(server_url=server_url, kills=15, comments=60, seed=7, pause=(0.2, 1.5))

    assert outcome.passed, "\n" + "\n".join(outcome.lines())
    assert outcome.killed.total() == 15
