"""A whole console of its own: database, broker, sandbox platform, web, workers and scheduler as processes."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
import psycopg2

ROOT = Path(__file__).resolve().parents[2]
PYTHON = (sys.executable, "-m")
CELERY = (*PYTHON, "celery", "-A", "config.celery", "--quiet")
BRIDLE = ("--without-gossip", "--without-mingle", "--loglevel", "WARNING")
START_WITHIN = 90.0
# A delivery or poll that died is taken over after this. The sandbox is never told to be slower.
LEASE_SECONDS = 12
SLOWEST_ANSWER = 3.0
POLL_EVERY_SECONDS = 2
SCOPES = "content:read,case:read,case:decide,case:decide_escalated,decision:reverse,rules:read"
BODIES = ("hmpps", "ppo")


class DidNotHappen(Exception):
    """Something was waited for and did not come."""


@dataclass(eq=False)
class Part:
    """One program of the console and the process that it runs as."""

    name: str
    command: tuple[str, ...]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    restart_at: float | None = 0.0
    starts: int = 0

    @property
    def is_running(self) -> bool:
        """Whether its first process lives."""
        return self.process is not None and self.process.poll() is None

    def start(self, environment: dict[str, str]) -> None:
        """Start it in a session of its own, so that all it starts can be found again."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.restart_at = None
        self.starts += 1

    def children(self) -> list[int]:
        """Return the processes that the first one started."""
        if not self.is_running or self.process is None:
            return []
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(OSError):
            return [int(word) for word in path.read_text().split()]
        return []

    def kill(self, *, whom: int | None = None) -> bool:
        """Kill -9 the first process, or one that it started."""
        if self.process is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(whom or self.process.pid, signal.SIGKILL)
            return True
        return False

    def end(self) -> None:
        """End it with all that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.restart_at = None


@dataclass(eq=False)
class Stack:
    """Everything that runs, where it is, and how to look into it."""

    folder: Path
    database_url: str
    ports: dict[str, int]
    environment: dict[str, str]
    parts: dict[str, Part] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def console(self) -> str:
        """The console's address."""
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def sandbox(self) -> str:
        """The platform's address."""
        return f"http://127.0.0.1:{self.ports['sandbox']}"

    @property
    def is_on_postgresql(self) -> bool:
        """Whether the database is a server."""
        return self.database_url.startswith("postgres")

    # Looking

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the console's database, past the console."""
        if not self.is_on_postgresql:
            path = self.database_url.removeprefix("sqlite:///")
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
                return db.execute(statement.replace("%s", "?"), values).fetchall()
        with contextlib.closing(psycopg2.connect(self.database_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []

    def number(self, statement: str, *values: object) -> int:
        """Ask the console's database for one number."""
        return int(self.rows(statement, *values)[0][0])

    def platform_rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Ask the platform's own file: what is there really happened."""
        path = self.folder / "sandbox.sqlite3"
        with contextlib.closing(sqlite3.connect(path, timeout=20)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(statement, values)]

    def logged(self, name: str) -> str:
        """Return what a part wrote."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def people(self) -> list[dict[str, str]]:
        """Return who can sign in, with the password of all."""
        known = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        return [{**person, "password": known["password"]} for person in known["people"]]

    # Running

    def manage(self, *words: str) -> str:
        """Run a management command and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            message = f"manage.py {words[0]}: {done.stderr[-2000:]}"
            raise DidNotHappen(message)
        return done.stdout.strip()

    def add(self, name: str, *command: str) -> Part:
        """Add a program and start it; from then on it is started again whenever it ends."""
        part = Part(name, command, self.folder / f"{name}.log")
        with self._lock:
            part.start(self.environment)
            self.parts[name] = part
        return part

    def keep_running(self) -> None:
        """Start again what ended, as a process manager would; runs in a thread of its own."""
        while not self._stopping.wait(0.05):
            with self._lock:
                for part in self.parts.values():
                    self._care_for(part)

    def _care_for(self, part: Part) -> None:
        if part.is_running:
            return
        if part.restart_at is None:
            # It ended by itself, or somebody killed it without saying when it may come back.
            part.restart_at = time.monotonic() + 0.2
        elif time.monotonic() >= part.restart_at and not self._stopping.is_set():
            part.start(self.environment)

    def kill(self, name: str, *, away: float = 0.0, whom: int | None = None) -> bool:
        """Kill -9 a part's first process, which stays away for a while, or one of its children."""
        part = self.parts[name]
        with self._lock:
            if not part.kill(whom=whom):
                return False
            if whom is None and part.process is not None:
                part.process.wait()
                part.restart_at = time.monotonic() + away
        return True

    def stop(self) -> None:
        """End everything."""
        self._stopping.set()
        with self._lock:
            for part in reversed(self.parts.values()):
                part.end()

    def wait_for_parts(self, patience: float = START_WITHIN) -> None:
        """Wait until every part runs and the broker answers: a kill may still keep one away."""
        wait_for(
            lambda: all(part.is_running for part in self.parts.values()) and self.broker_answers(),
            patience,
            "every part",
        )

    def broker_answers(self) -> bool:
        """Whether the broker is up and has read back what it kept."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.ports["redis"]), timeout=2) as connection,
        ):
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False

    def wait_for_web(self, patience: float = START_WITHIN) -> None:
        """Wait until the console says that it is ready."""
        wait_for(self.answers, patience, "the console")

    def answers(self) -> bool:
        """Whether the console says that it is ready."""
        with contextlib.suppress(httpx2.TransportError):
            return httpx2.get(f"{self.console}/ready", timeout=5, trust_env=False).is_success
        return False


@contextlib.contextmanager
def running(
    *,
    server_url: str = "",
    workers: bool = True,
    seed: bool = True,
    settings: dict[str, str] | None = None,
) -> Iterator[Stack]:
    """Bring up a console in a folder and a database of its own; nothing of it is left afterwards.

    Without `server_url`, a PostgreSQL server's address, the database is an SQLite file.
    """
    folder = Path(tempfile.mkdtemp(prefix="console-chaos-"))
    name = f"chaos_{uuid.uuid4().hex[:12]}"
    try:
        database_url = f"sqlite:///{folder / 'console.sqlite3'}"
        if server_url:
            _administer(server_url, f"CREATE DATABASE {name}")
            database_url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
        stack = _stack(folder, database_url, settings or {})
        try:
            _start(stack, workers=workers, seed=seed)
            yield stack
        finally:
            stack.stop()
    finally:
        if server_url:
            _administer(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(holds: Callable[[], object], patience: float, what_for: str) -> float:
    """Wait until `holds()` and return how many seconds that took."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > patience:
            message = f"Waited {patience:.0f} seconds for {what_for}."
            raise DidNotHappen(message)
        time.sleep(0.1)
    return time.monotonic() - started


def free_ports(*names: str) -> dict[str, int]:
    """Return a free port for each name."""
    with contextlib.ExitStack() as stack:
        probes = {name: stack.enter_context(socket.socket()) for name in names}
        for probe in probes.values():
            probe.bind(("127.0.0.1", 0))
        return {name: int(probe.getsockname()[1]) for name, probe in probes.items()}


def _stack(folder: Path, database_url: str, settings: dict[str, str]) -> Stack:
    ports = free_ports("web", "redis", "sandbox")
    inherited = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251
        if name in {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV"}
    }
    environment = {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
        "CONSOLE_VAR": str(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": f"redis://127.0.0.1:{ports['redis']}/0",
        "DELIVERY_LEASE_SECONDS": str(LEASE_SECONDS),
        "POLL_LEASE_SECONDS": str(LEASE_SECONDS),
        "PYTHONUNBUFFERED": "1",
        **settings,
    }
    return Stack(folder, database_url, ports, environment)


def _start(stack: Stack, *, workers: bool, seed: bool) -> None:
    add_redis(stack)
    sandbox = (
        "--port",
        str(stack.ports["sandbox"]),
        "--database",
        str(stack.folder / "sandbox.sqlite3"),
    )
    stack.add("sandbox", *PYTHON, "platforms.sandbox", *sandbox, *(["--seed"] if seed else []))
    stack.manage("migrate", "--verbosity", "0")
    stack.manage("load_demo", "--sandbox-url", stack.sandbox)
    for body in BODIES:
        stack.tokens[body] = stack.manage(
            "issue_token", "--organisation", body, "--name", "Chaos driver", "--scopes", SCOPES
        )
    if stack.is_on_postgresql:
        stack.rows("UPDATE platforms_channel SET poll_every_seconds = %s", POLL_EVERY_SECONDS)
    add_web(stack)
    if workers:
        stack.add("worker-processes", *CELERY, "worker", "-n", "processes@%h", "-c", "2", *BRIDLE)
        threads = ("--pool", "threads", "-c", "4")
        stack.add("worker-threads", *CELERY, "worker", "-n", "threads@%h", *threads, *BRIDLE)
        add_beat(stack, "beat")
    threading.Thread(target=stack.keep_running, daemon=True).start()
    stack.wait_for_web()


def add_redis(stack: Stack) -> Part:
    """Start a broker that keeps what it was told over a kill."""
    folder = stack.folder / "redis"
    folder.mkdir(exist_ok=True)
    keep = ("--appendonly", "yes", "--appendfsync", "everysec", "--save", "")
    where = ("--bind", "127.0.0.1", "--port", str(stack.ports["redis"]), "--dir", str(folder))
    return stack.add("redis", shutil.which("redis-server") or "redis-server", *where, *keep)


def add_web(stack: Stack) -> Part:
    """Start the web server as production has it."""
    return stack.add(
        "web",
        *(*PYTHON, "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{stack.ports['web']}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
        *("--graceful-timeout", "3", "--log-level", "warning", "--no-control-socket"),
    )


def add_beat(stack: Stack, name: str) -> Part:
    """Start a scheduler. Two may run: a bell that rings twice does nothing twice."""
    schedule = str(stack.folder / f"{name}-schedule")
    return stack.add(
        name, *CELERY, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING"
    )


def _administer(server_url: str, statement: str) -> None:
    connection = psycopg2.connect(urlunsplit(urlsplit(server_url)._replace(path="/postgres")))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def some(chance: random.Random, given: Sequence[Any]) -> Any:
    """Choose one, or None where there is none."""
    return chance.choice(given) if given else None
