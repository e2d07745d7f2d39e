"""The container's own health check, against a real server."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import probe


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers /ready as the test says, to the right host name only."""

    status = 200

    def do_GET(self) -> None:
        known = self.headers["Host"] == "console.example.gov.uk" and self.path == "/ready"
        self.send_response(self.status if known else 400)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture
def server(monkeypatch) -> Iterator[type[Answer]]:
    monkeypatch.setenv("ALLOWED_HOSTS", "console.example.gov.uk,other.example.gov.uk")
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as running:
        monkeypatch.setattr(probe, "PORT", running.server_address[1])
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield Answer
        running.shutdown()
        thread.join()
    Answer.status = 200


def test_a_ready_server_is_healthy(server):
    assert probe.main() == 0


def test_the_host_name_may_lie_in_a_file(server, monkeypatch, tmp_path):
    file = tmp_path / "hosts"
    file.write_text("console.example.gov.uk,other.example.gov.uk\n")
    monkeypatch.delenv("ALLOWED_HOSTS")
    monkeypatch.setenv("ALLOWED_HOSTS_FILE", str(file))

    assert probe.main() == 0


def test_a_server_that_is_not_ready_is_unhealthy(server):
    server.status = 503

    assert probe.main() == 1


def test_no_server_is_unhealthy(monkeypatch):
    monkeypatch.setattr(probe, "PORT", 1)

    assert probe.main() == 1


def test_it_needs_nothing_but_the_standard_library():
    """It runs several times a minute in every container: it may not load the console."""
    command = [sys.executable, "-I", "-S", str(Path(probe.__file__)), "--help"]

    assert subprocess.run(command, check=False, capture_output=True).stderr == b""
