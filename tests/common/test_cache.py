"""A cache whose server is away costs nobody their page."""

import pickle
import socket
import time

import pytest
from redis.exceptions import RedisError

from common.cache import ForgivingRedisCache, JsonSerializer
from tests.factories.accounts import UserFactory


@pytest.fixture
def away():
    """A cache whose server does not listen."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield ForgivingRedisCache(f"redis://127.0.0.1:{probe.getsockname()[1]}/0", {})


def test_limits_still_count_while_the_server_is_away(away):
    away.meanwhile.clear()

    away.add("attempts", 0, timeout=60)
    counts = [away.incr("attempts") for _ in range(3)]

    assert counts == [1, 2, 3]
    assert away.get("attempts") == 3
    assert away.get("nothing", "default") == "default"
    assert away.get_or_set("made", lambda: 7) == 7
    with pytest.raises(ValueError, match="nothing"):
        away.incr("nothing")


def test_the_server_itself_can_be_asked(away):
    away.set("kept", "here")

    with pytest.raises(RedisError):
        away.ping()


@pytest.mark.slow
def test_a_server_that_says_nothing_is_waited_for_once():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = {"OPTIONS": {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}}
        cache = ForgivingRedisCache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", options)
        cache.get("first")
        started = time.monotonic()

        for _ in range(50):
            cache.set("next", 1)

    assert time.monotonic() - started < 0.3


@pytest.mark.django_db
def test_people_sign_in_and_guessing_is_stopped_while_the_server_is_away(client, settings, away):
    away.meanwhile.clear()
    settings.CACHES = {
        "default": {
            "BACKEND": "common.cache.ForgivingRedisCache",
            "LOCATION": away._servers,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
    user = UserFactory(email="ada@example.org")
    user.set_password("a long enough secret")
    user.save()
    right = {"login": user.email, "password": "a long enough secret"}

    assert client.post("/sign-in/", right).status_code == 302
    assert client.get("/health").json()["components"]["cache"]["status"] == "DOWN"
    client.post("/sign-out/")
    for _ in range(5):
        client.post("/sign-in/", right | {"password": "wrong"})
    answer = client.post("/sign-in/", right)

    assert answer.status_code == 200
    assert "Too many failed" in answer.content.decode()


@pytest.mark.parametrize("value", [0, 7, True, 1.5, "7", [1.0, 2.0], {"a": None}, None])
def test_what_is_kept_comes_back_as_it_was(value):
    kept = JsonSerializer().dumps(value)

    back = JsonSerializer().loads(str(kept).encode() if isinstance(kept, int) else kept)

    assert back == value
    assert type(back) is type(value)


def test_what_is_read_never_runs():
    with pytest.raises(UnicodeDecodeError):
        JsonSerializer().loads(pickle.dumps("anything"))
