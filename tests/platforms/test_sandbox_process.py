"""The sandbox platform as a process of its own: it starts, is killed, and forgets nothing."""

import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from platforms.sandbox import seed
from platforms.sandbox.database import Database
from tests.platforms.test_sandbox_api import SEED

ROOT = Path(__file__).parents[2]
HEADERS = {"Authorization": "Bearer sandbox-token-office", "Idempotency-Key": "k1"}

pytestmark = pytest.mark.slow


@contextmanager
def started(path):
    process = subprocess.Popen(
        [sys.executable, "-m", "platforms.sandbox", "--port", "0", "--database", str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = re.search(r"http://[\d.:]+", process.stdout.readline()).group()
        yield process, address
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "sandbox.sqlite3"
    with Database(path).writing() as db:
        seed.load(db, SEED, now=datetime.now(UTC))
    return path


def test_what_was_answered_survives_a_kill_in_the_middle_of_work(path):
    answered = []
    enough = threading.Event()

    def reply(address):
        with httpx2.Client(base_url=address, headers=HEADERS) as client:
            while True:
                try:
                    answer = client.post("/api/comments/c1/replies", json={"text": "Hello"})
                except httpx2.TransportError:
                    return
                answered.append(answer.json()["id"])
                if len(answered) == 20:
                    enough.set()

    with started(path) as (process, address):
        threads = [threading.Thread(target=reply, args=(address,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert enough.wait(timeout=20)
        process.kill()
        for thread in threads:
            thread.join(timeout=10)

    with started(path) as (_, address), httpx2.Client(base_url=address, headers=HEADERS) as client:
        found = client.get("/api/channels/office/replies?idempotency_key=k1").json()["replies"]
        done = client.get("/api/effects?act=reply").json()["total"]
    assert set(answered) <= {reply["id"] for reply in found}
    assert done == len(found)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_asked(path, how):
    with started(path) as (process, address):
        assert httpx2.get(f"{address}/health").json()["status"] == "ok"

        process.send_signal(how)

        assert process.wait(timeout=5) == 0


def test_a_taken_port_is_said_plainly(path):
    with started(path) as (_, address):
        port = address.rsplit(":", 1)[1]

        second = subprocess.run(
            [sys.executable, "-m", "platforms.sandbox", "--port", port, "--database", str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    assert second.returncode == 1
    assert f"Port {port} cannot be used" in second.stderr


def test_it_knows_nothing_of_the_product():
    code = (
        "import sys, platforms.sandbox.server;"
        "print([m for m in sys.modules if m.startswith(('django', 'platforms.'))])"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert "django" not in loaded
    assert "connectors" not in loaded
