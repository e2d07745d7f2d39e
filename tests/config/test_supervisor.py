"""The supervisor behind `make run`, with real processes."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.supervisor import identity, is_error

pytestmark = pytest.mark.slow

SCRIPT = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from config.supervisor import AlreadyRunning, Program, StopRequested, Supervisor

    def say(line):
        print(line, flush=True)

    sleeper = (sys.executable, "-c", "import time; time.sleep(60)")
    stubborn = (sys.executable, "-c",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)")
    try:
        with Supervisor(Path(sys.argv[1]), say=say) as supervisor:
            supervisor.publish(address="http://console.example/")
            supervisor.start(Program("server", sleeper, last=True))
            supervisor.start(Program("worker", stubborn if "stubborn" in sys.argv else sleeper))
            say("started")
            while True:
                supervisor.watch()
                supervisor.pause(0.05)
    except StopRequested:
        say("stopped")
    except AlreadyRunning as other:
        say(f"already running at {other}")
        sys.exit(1)
    """
)


class Run:
    """One supervisor in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )

    def lines_until(self, wanted: str) -> list[str]:
        lines: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            lines.append(line.strip())
            if wanted in line:
                return lines
        pytest.fail(f"{wanted!r} was never said: {lines}")

    def pid(self, name: str) -> int:
        state = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        return int(state["children"][name]["pid"])

    def pids(self) -> list[int]:
        return [self.pid("server"), self.pid("worker")]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*arguments: str) -> Run:
        runs.append(Run(tmp_path, *arguments))
        return runs[-1]

    yield start
    for one in runs:
        one.process.kill()
        one.process.wait()
        assert one.process.stdout is not None
        one.process.stdout.close()
    wait_until(lambda: not guards(tmp_path))


def guards(folder: Path) -> bool:
    """Whether a guard still holds the folder."""
    import fcntl

    with (folder / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def wait_until(holds: Callable[[], bool], patience: float = 15.0) -> None:
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    return identity(pid) == "" or is_zombie(pid)


def is_zombie(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_ends_everything(run, number):
    running = run()
    running.lines_until("started")
    pids = running.pids()

    running.process.send_signal(number)

    running.lines_until("stopped")
    assert running.process.wait(10) == 0
    assert all(is_gone(pid) for pid in pids)
    assert not (running.folder / "run.json").exists()


def test_a_program_that_ends_is_started_again(run):
    running = run()
    running.lines_until("started")
    first = running.pid("worker")

    os.kill(first, signal.SIGKILL)

    running.lines_until("worker was ended by SIGKILL; starting it again.")
    wait_until(lambda: running.pid("worker") != first)
    assert not is_gone(running.pid("worker"))


def test_killed_outright_it_leaves_nothing_running(run):
    running = run()
    running.lines_until("started")
    pids = running.pids()

    running.process.kill()

    wait_until(lambda: all(is_gone(pid) for pid in pids))


def test_a_second_interrupt_does_not_wait_for_a_program_that_will_not_stop(run):
    running = run("stubborn")
    running.lines_until("started")
    stubborn = running.pid("worker")
    time.sleep(0.5)  # until the program ignores the request to stop

    running.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    running.process.send_signal(signal.SIGINT)

    assert running.process.wait(2) == 130
    wait_until(lambda: is_gone(stubborn), patience=2)


def test_a_folder_has_one_supervisor_at_a_time(run):
    first = run()
    first.lines_until("started")

    second = run()

    second.lines_until("already running at http://console.example/")
    assert second.process.wait(10) == 1
    assert not any(is_gone(pid) for pid in first.pids())


def test_what_an_earlier_run_left_is_ended_first(run, tmp_path):
    left = subprocess.Popen(["sleep", "60"], start_new_session=True)
    reaper = threading.Thread(target=left.wait)  # as init does for what has lost its parent
    reaper.start()
    state = {"children": {"web": {"pid": left.pid, "started": identity(left.pid)}}}
    (tmp_path / "run.json").write_text(json.dumps(state), encoding="utf-8")

    running = run()

    assert "Ending 1 processes that an earlier run left." in running.lines_until("started")
    reaper.join(5)
    assert left.returncode == -signal.SIGTERM


def test_a_stranger_with_a_number_from_an_earlier_run_is_left_alone(run, tmp_path):
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    state = {"children": {"web": {"pid": stranger.pid, "started": "another time"}}}
    (tmp_path / "run.json").write_text(json.dumps(state), encoding="utf-8")

    run().lines_until("started")

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2026-11-21T08:36:53.082320Z [error    ] delivery_failed", True),
        ("[2026-11-21 08:36:53 +0000] [12] [ERROR] Worker failed to boot.", True),
        ("ModuleNotFoundError: No module named 'x'", True),
        ("2026-11-21T08:36:53.082320Z [warning  ] bell_not_rung", False),
    ],
)
def test_errors_in_logs_are_told_from_the_rest(line, expected):
    assert is_error(line) is expected
