"""Keeps several programs running as one: starts, restarts with back-off, and stops them all."""

import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config import guard

RESTART_DELAYS = (0.2, 0.5, 1.0, 3.0)
STEADY_AFTER = 10.0
STOP_PATIENCE = 6.0
TAIL_LINES = 12
# What differs between two lines about the same thing: times, numbers, identifiers.
VARYING = re.compile(r"[0-9a-f-]{8,}|\d+")


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C, closed the terminal, or asked the process to end."""


class AlreadyRunning(Exception):
    """Another supervisor holds this folder."""


@dataclass(frozen=True, slots=True)
class Program:
    """Something to keep running. Servers that others need stop `last`."""

    name: str
    command: tuple[str, ...]
    last: bool = False


@dataclass(slots=True)
class Child:
    """A program's process, and when to start it again."""

    program: Program
    process: subprocess.Popen[bytes]
    log: Path
    started: float
    echoed_to: int = 0
    echoed: set[str] = field(default_factory=set)
    failures: int = 0
    restart_at: float | None = None


def identity(pid: int) -> str:
    """Return when process `pid` started, or "" when there is none: a number alone can be reused."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    if Path("/proc/self/stat").exists():
        return ""
    answer = subprocess.run(  # noqa: S603 - a number
        ["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607 - where it is differs by system
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


class Supervisor:
    """Runs programs, one log file each under `folder`/log, and leaves nothing behind.

    A lock lets one supervisor at a time have the folder. A guard process ends the programs when
    the supervisor is killed outright; should the guard be killed too, the next supervisor does it.
    """

    def __init__(self, folder: Path, *, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.state_path = folder / "run.json"
        self.log_folder = folder / "log"
        self.say = say
        self.children: dict[str, Child] = {}
        self.facts: dict[str, object] = {}
        self._busy = False
        self._stop_wanted = False
        self._lock = -1
        self._guard: subprocess.Popen[bytes] | None = None

    # Coming and going

    def __enter__(self) -> "Supervisor":
        self.log_folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        self._clear_remains()
        self._start_guard()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self.stop()
        finally:
            if self._guard and self._guard.stdin:
                with contextlib.suppress(BrokenPipeError):
                    self._guard.stdin.close()
                self._guard.wait()
            self.state_path.unlink(missing_ok=True)
            os.close(self._lock)

    def _start_guard(self) -> None:
        self._guard = subprocess.Popen(  # noqa: S603 - our own file
            [sys.executable, "-I", "-S", guard.__file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
            # While the guard still works, the next supervisor waits.
            pass_fds=(self._lock,),
        )

    def _take_lock(self) -> None:
        self._lock = os.open(self.folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + 3 * guard.PATIENCE
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = self._read_state()
                pid = int(str(holder.get("pid", 0)))
                if (pid and identity(pid) == holder.get("started")) or time.monotonic() > until:
                    os.close(self._lock)
                    raise AlreadyRunning(str(holder.get("address", ""))) from None
                time.sleep(0.1)
            else:
                return

    def _clear_remains(self) -> None:
        """End what a supervisor left that was killed together with its guard."""
        remains = self._read_state().get("children", {})
        groups = [
            int(child["pid"])
            for child in (remains.values() if isinstance(remains, dict) else [])
            if child["started"] and identity(int(child["pid"])) == child["started"]
        ]
        if groups:
            self.say(f"Ending {len(groups)} processes that an earlier run left.")
            guard.end_groups(groups)

    def _read_state(self) -> dict[str, object]:
        try:
            state = json.loads(self.state_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _write_state(self) -> None:
        pids = {name: child.process.pid for name, child in self.children.items()}
        if self._guard and self._guard.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.write(f"{' '.join(map(str, pids.values()))}\n".encode())
                self._guard.stdin.flush()
        children = {name: {"pid": pid, "started": identity(pid)} for name, pid in pids.items()}
        state = {"pid": os.getpid(), "started": identity(os.getpid()), "children": children}
        draft = self.state_path.with_suffix(".new")
        draft.write_text(json.dumps(state | self.facts, indent=1), encoding="utf-8")
        draft.replace(self.state_path)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stop_wanted and number == signal.SIGINT:
            # Asked twice: at once, and the guard sees to the rest.
            for child in self.children.values():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.process.pid, signal.SIGKILL)
            os._exit(130)
        already = self._stop_wanted
        self._stop_wanted = True
        if not self._busy and not already:
            raise StopRequested

    @contextlib.contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Hold back a request to stop until what is being done is written down."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    # Running

    def publish(self, **facts: object) -> None:
        """Write facts about this run (its addresses) where others can read them."""
        self.facts |= facts
        self._write_state()

    def start(self, program: Program) -> None:
        """Start a program for the first time, with a fresh log."""
        log = self.log_folder / f"{program.name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with self._undisturbed():
            process = self._spawn(program, log)
            self.children[program.name] = Child(program, process, log, time.monotonic())
            self._write_state()
        self._heed()

    def _spawn(self, program: Program, log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the commands are in config/run.py
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Its own group: Ctrl-C reaches the supervisor alone, and nothing is left behind.
                start_new_session=True,
            )

    def watch(self) -> None:
        """Look at every program once: echo its errors, start it again if it ended."""
        now = time.monotonic()
        if self._guard and self._guard.poll() is not None:
            self._start_guard()
            self._write_state()
        for child in self.children.values():
            self._echo_errors(child)
            if child.restart_at is None and child.process.poll() is not None:
                self._plan_restart(child, now)
            elif child.restart_at is not None and now >= child.restart_at:
                self._restart(child)
        self._heed()

    def _plan_restart(self, child: Child, now: float) -> None:
        # A server that was killed can leave workers that hold its port.
        guard.end_groups([child.process.pid], patience=1.0)
        steady = now - child.started > STEADY_AFTER
        child.failures = 0 if steady else child.failures + 1
        delay = RESTART_DELAYS[min(child.failures, len(RESTART_DELAYS) - 1)]
        child.restart_at = now + delay
        self.say(f"{child.program.name} {ending(child.process.returncode)}; starting it again.")
        if child.process.returncode > 0:
            for line in self.last_lines(child.program.name):
                self.say(f"  {line}")

    def _restart(self, child: Child) -> None:
        with self._undisturbed():
            child.process = self._spawn(child.program, child.log)
            child.started, child.restart_at = time.monotonic(), None
            self._write_state()

    def failures(self, name: str) -> int:
        """Return how often in a row a program ended soon after its start."""
        return self.children[name].failures

    def pause(self, seconds: float) -> None:
        """Wait, unless asked to stop."""
        self._heed()
        time.sleep(seconds)

    def _heed(self) -> None:
        if self._stop_wanted:
            raise StopRequested

    def _echo_errors(self, child: Child) -> None:
        with contextlib.suppress(OSError), child.log.open("rb") as log:
            log.seek(child.echoed_to)
            new = log.read(200_000)
            child.echoed_to = log.tell()
            lines = new.decode(errors="replace").splitlines()
            for line in filter(is_error, lines):
                # The same error again and again is told once; the log has them all.
                shape = VARYING.sub("", line)
                if shape not in child.echoed:
                    child.echoed.add(shape)
                    self.say(f"{child.program.name}: {line.strip()[:300]}")

    def last_lines(self, name: str, count: int = TAIL_LINES) -> list[str]:
        """Return the end of a program's log."""
        try:
            text = (self.log_folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return text.splitlines()[-count:]

    # Stopping

    def stop(self) -> None:
        """Stop every program: first those that work, then the servers they work with."""
        self._stop_wanted = True
        for last in (False, True):
            chosen = [child for child in self.children.values() if child.program.last is last]
            groups = [child.process.pid for child in chosen]
            for child in chosen:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.process.pid, signal.SIGTERM)
            self._wait_for(chosen, STOP_PATIENCE)
            # Whatever a program itself started goes with it.
            guard.end_groups(groups, patience=1.0)
            self._wait_for(chosen, 2.0)
        self.children.clear()
        self._write_state()

    @staticmethod
    def _wait_for(children: list[Child], patience: float) -> None:
        until = time.monotonic() + patience
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0.0, until - time.monotonic()))


def is_error(line: str) -> bool:
    """Whether a log line is one that a person at the terminal should see."""
    lowered = line[:120].lower()
    return any(
        mark in lowered for mark in ("[error", "[critical", " error ", "error:", "critical")
    )


def ending(code: int) -> str:
    """Say how a process ended, by its return code."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
