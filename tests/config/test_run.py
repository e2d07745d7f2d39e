"""What `make run` decides before it starts anything."""

import socket
from collections.abc import Iterator

import pytest

from config.run import Addresses, background, free_port, web


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_passed_over_and_said_so(taken_port, capsys):
    port = free_port("127.0.0.1", taken_port, "the console")

    assert port > taken_port
    assert f"Port {taken_port} is taken; the console uses {port}." in capsys.readouterr().out


def test_a_free_port_is_used_in_silence(taken_port, capsys):
    first = free_port("127.0.0.1", taken_port, "the console")
    capsys.readouterr()

    assert free_port("127.0.0.1", first, "the console") == first
    assert capsys.readouterr().out == ""


def test_listening_everywhere_is_shown_as_an_address_that_a_browser_knows():
    addresses = Addresses(host="0.0.0.0", port=8000, sandbox_port=8090)

    assert addresses.console == "http://localhost:8000/"


def test_the_pages_start_before_what_works_behind_them():
    addresses = Addresses(host="127.0.0.1", port=8000, sandbox_port=8090)

    assert web(addresses).name == "web"
    assert [program.name for program in background()] == ["worker", "beat"]
