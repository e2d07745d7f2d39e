"""Tries `make run` as a stranger would: python3 tests/config/smoke.py. Uses the standard library alone.

In a fresh clone with an empty home it starts the console, signs in, waits for the first cases,
presses Ctrl-C, starts it again, kills the supervisor, and each time looks for anything left running.
"""

import http.client
import http.cookiejar
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST_START_WITHIN = 180.0
SECOND_START_WITHIN = 20.0
CASES_WITHIN = 120.0
STOP_WITHIN = 15.0
# What a network needs to be reached; everything else of this environment stays behind.
KEPT_VARIABLES = re.compile(
    r"^(PATH|LANG|PIP_.*|UV_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|.*_proxy)$", re.IGNORECASE
)


class Console:
    """One `make run` in a session of its own, as in a terminal."""

    def __init__(self, clone: Path, home: Path, ports: tuple[int, int]) -> None:
        self.clone = clone
        self.port = ports[0]
        kept = {key: value for key, value in os.environ.items() if KEPT_VARIABLES.match(key)}  # noqa: TID251
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            ["make", "run", f"PORT={ports[0]}", f"SANDBOX_PORT={ports[1]}"],
            cwd=clone,
            env=kept | {"HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> "Console":
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(STOP_WITHIN)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            say(f"  | {line.rstrip()}")

    def wait_until_started(self, patience: float) -> float:
        """Wait for the welcome, and return how many seconds it took."""
        wait_for(
            lambda: (
                any("Ctrl-C stops everything" in line for line in self.said)
                or self.process.poll() is not None
            ),
            patience,
            "the console to start",
        )
        if self.process.poll() is not None:
            fail("make run ended by itself.")
        return time.monotonic() - self.started

    def press_ctrl_c(self) -> float:
        """Interrupt the whole foreground group, as a terminal does; return how long it took to end."""
        started = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(STOP_WITHIN)
        return time.monotonic() - started

    def kill_supervisor(self) -> None:
        """Kill the supervisor outright: no clean-up of its own runs."""
        state = json.loads((self.clone / "var" / "run.json").read_text(encoding="utf-8"))
        os.kill(state["pid"], signal.SIGKILL)
        self.process.wait(STOP_WITHIN)


def main() -> int:
    """Run the whole trial; end with 1 and a sentence at the first thing that does not hold."""
    with tempfile.TemporaryDirectory(prefix="console-smoke-") as folder:
        clone, home = Path(folder) / "clone", Path(folder) / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        ports = (free_port(), free_port())

        with Console(clone, home, ports) as console:
            first = console.wait_until_started(FIRST_START_WITHIN)
            sign_in(clone, ports[0])
            wait_for(lambda: cases(clone) > 0, CASES_WITHIN, "the first case")
            stopped = console.press_ctrl_c()
        expect_nothing_left(clone)
        kept = cases(clone)

        with Console(clone, home, ports) as console:
            second = console.wait_until_started(SECOND_START_WITHIN)
            if cases(clone) < kept:
                fail(f"{kept} cases became {cases(clone)} over a restart.")
            sign_in(clone, ports[0])
            console.kill_supervisor()
        wait_for(
            lambda: not left_running(clone), STOP_WITHIN, "everything to end with the supervisor"
        )
    say(
        f"make run: first start {first:.1f} s, second {second:.1f} s, Ctrl-C {stopped:.1f} s,"
        f" {kept} cases kept, nothing left running."
    )
    return 0


def sign_in(clone: Path, port: int) -> None:
    """Sign in as the first demonstration person and open the first page."""
    demonstration = json.loads((clone / "var" / "demo.json").read_text(encoding="utf-8"))
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(cookies)
    # Not signed in, the first page leads to the sign-in page.
    with browser.open(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        address, page = answer.geturl(), answer.read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if token is None:
        fail(f"No sign-in form at {address}.")
    form = {
        "csrfmiddlewaretoken": token[1],
        "login": demonstration["people"][0]["email"],
        "password": demonstration["password"],
    }
    request = urllib.request.Request(
        address, data=urllib.parse.urlencode(form).encode(), headers={"Referer": address}
    )
    with browser.open(request, timeout=20) as answer:
        page = answer.read().decode()
        if "csrfmiddlewaretoken" in page and 'name="password"' in page:
            fail("The demonstration's password does not sign in.")
        if answer.status != http.client.OK:
            fail(f"The first page after sign-in answered {answer.status}.")


def cases(clone: Path) -> int:
    """Count the cases in the embedded database."""
    path = clone / "var" / "console.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
        (count,) = database.execute("SELECT count(*) FROM moderation_case").fetchone()
    return int(count)


def left_running(clone: Path) -> list[str]:
    """Return the commands of processes that run from the clone."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(clone) in line]


def expect_nothing_left(clone: Path) -> None:
    """Fail when something still runs."""
    left = left_running(clone)
    if left:
        fail("Left running:\n" + "\n".join(left))


def wait_for(holds: Callable[[], object], patience: float, what_for: str) -> None:
    """Wait until `holds()`, or fail."""
    until = time.monotonic() + patience
    while not holds():
        if time.monotonic() > until:
            fail(f"Waited {patience:.0f} seconds for {what_for}.")
        time.sleep(0.2)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fail(why: str) -> None:
    """End the trial."""
    say(f"make run: {why}")
    sys.exit(1)


def say(line: str) -> None:
    """Write one line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
