"""Runs the whole console on one machine: python -m config.run, which is what `make run` does."""

import argparse
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from config.env import VAR_DIR, broker_socket, env, redis_url
from config.supervisor import AlreadyRunning, Program, StopRequested, Supervisor

READY_WITHIN = 90.0
DEMONSTRATION = VAR_DIR / "demo.json"


class DidNotStart(Exception):
    """A part of the console would not start."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a browser finds the console and the sandbox platform."""

    host: str
    port: int
    sandbox_port: int

    @property
    def console(self) -> str:
        """The console's first page."""
        return f"http://{self._shown_host}:{self.port}/"

    @property
    def sandbox(self) -> str:
        """The sandbox platform's first page. It always listens on this machine alone."""
        return f"http://127.0.0.1:{self.sandbox_port}/"

    @property
    def _shown_host(self) -> str:
        return "localhost" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - shown, not bound


def main() -> int:
    """Start everything, keep it running, and stop it when asked."""
    parser = argparse.ArgumentParser(prog="python -m config.run", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="the console's port")
    parser.add_argument("--sandbox-port", type=int, default=8090, help="the sandbox platform's")
    parser.add_argument(
        "--stop-with-parent", action="store_true", help="stop when the calling program is gone"
    )
    options = parser.parse_args()
    env.ENVIRON["DJANGO_SETTINGS_MODULE"] = "config.settings.development"
    env.ENVIRON["PYTHONUNBUFFERED"] = "1"
    parent = os.getppid() if options.stop_with_parent else None
    try:
        with Supervisor(VAR_DIR, say=say) as supervisor:
            addresses = Addresses(
                host=options.host,
                port=free_port(options.host, options.port, "the console"),
                sandbox_port=free_port("127.0.0.1", options.sandbox_port, "the sandbox platform"),
            )
            start(supervisor, addresses)
            while parent is None or os.getppid() == parent:
                supervisor.watch()
                supervisor.pause(0.25)
    except StopRequested:
        say("Stopped. What was decided is kept; `make run` goes on from here.")
    except AlreadyRunning as other:
        say(f"The console is already running{f' at {other}' if str(other) else ''}.")
        return 1
    except DidNotStart as problem:
        say(str(problem))
        return 1
    return 0


def start(supervisor: Supervisor, addresses: Addresses) -> None:
    """Bring up every part, in the order in which they need one another."""
    supervisor.publish(address=addresses.console, sandbox=addresses.sandbox)
    with step("Preparing the database"):
        # The servers start while the database is brought up to date.
        for program in servers(addresses):
            supervisor.start(program)
        prepare_database()
    with step("Loading the demonstration"):
        wait_for_broker(supervisor)
        load_demonstration(addresses)
    with step("Starting"):
        # The pages first, by themselves: what loads beside them keeps them waiting.
        supervisor.start(web(addresses))
        wait_for_web(supervisor, addresses)
    for line in welcome(addresses):
        say(line)
    for program in background():
        supervisor.start(program)


def servers(addresses: Addresses) -> Iterator[Program]:
    """What the console's own processes talk to: a broker, unless one is configured, and a platform."""
    from config.embedded import embedded_broker_command, embedded_broker_is_available

    if not redis_url() and embedded_broker_is_available():
        yield Program("broker", embedded_broker_command(), last=True)
    sandbox = (
        "--port",
        str(addresses.sandbox_port),
        "--database",
        str(VAR_DIR / "sandbox.sqlite3"),
    )
    yield Program("sandbox", (*python("platforms.sandbox"), *sandbox, "--seed"), last=True)


def web(addresses: Addresses) -> Program:
    """The console's pages and API."""
    return Program(
        "web",
        (
            *python("gunicorn"),
            "config.wsgi",
            *("--bind", f"{addresses.host}:{addresses.port}"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload"),
            *("--graceful-timeout", "3", "--log-level", "warning", "--no-control-socket"),
        ),
    )


def background() -> Iterator[Program]:
    """Worker and scheduler, processes of their own as in production."""
    (VAR_DIR / "beat").mkdir(parents=True, exist_ok=True)
    celery = (*python("celery"), "-A", "config.celery", "--quiet")
    yield Program(
        "worker",
        (
            *celery,
            *("worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle"),
        ),
    )
    schedule = str(VAR_DIR / "beat" / "schedule")
    yield Program(
        "beat",
        (*celery, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING"),
    )


def python(module: str) -> tuple[str, ...]:
    """Return the command that runs a module with this very Python."""
    return (sys.executable, "-m", module)


def prepare_database() -> None:
    """Bring the embedded database up to date."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def load_demonstration(addresses: Addresses) -> None:
    """Load what the demonstration lacks; what people did in it stays."""
    from django.core.management import call_command
    from django.db import connections

    call_command("load_demo", sandbox_url=addresses.sandbox.rstrip("/"))
    connections.close_all()


def wait_for_broker(supervisor: Supervisor) -> None:
    """Wait until the embedded broker takes connections."""
    until = time.monotonic() + READY_WITHIN
    while "broker" in supervisor.children and time.monotonic() < until:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(broker_socket()))
            return
        check_alive(supervisor, "broker")
        supervisor.pause(0.05)


def wait_for_web(supervisor: Supervisor, addresses: Addresses) -> None:
    """Wait until the console says that it is ready."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        if answers_ready(addresses):
            return
        check_alive(supervisor, "web")
        supervisor.pause(0.1)
    log = "\n  ".join(supervisor.last_lines("web"))
    message = f"The console did not answer within {READY_WITHIN:.0f} seconds.\n  {log}"
    raise DidNotStart(message)


def answers_ready(addresses: Addresses) -> bool:
    """Whether the console answers that it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", addresses.port, timeout=5)
    try:
        connection.request("GET", "/ready", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def check_alive(supervisor: Supervisor, name: str) -> None:
    """Give up on a part that keeps ending as soon as it starts."""
    supervisor.watch()
    if supervisor.failures(name) >= 3:
        log = VAR_DIR / "log" / f"{name}.log"
        message = f"{name.capitalize()} does not start; its log is {log}."
        raise DidNotStart(message)


def free_port(host: str, wanted: int, what_for: str) -> int:
    """Return the wanted port, or the next one that is free, and say so."""
    for port in range(wanted, min(wanted + 50, 65536)):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((host, port))
                if port != wanted:
                    say(f"Port {wanted} is taken; {what_for} uses {port}.")
                return port
    message = f"No port from {wanted} on is free for {what_for}; choose another with PORT or SANDBOX_PORT."
    raise DidNotStart(message)


def welcome(addresses: Addresses) -> Iterator[str]:
    """Say where the console is and who can sign in."""
    demonstration = json.loads(DEMONSTRATION.read_text(encoding="utf-8"))
    people = demonstration["people"]
    fields = ("name", "role", "organisation", "email")
    widths = {field: max(len(person[field]) for person in people) for field in fields}
    yield ""
    yield f"The console is at          {addresses.console}"
    yield f"The sandbox platform is at {addresses.sandbox}"
    yield ""
    yield f"Sign in as any of these; the password of each is  {demonstration['password']}"
    yield ""
    for person in people:
        row = "  ".join(person[field].ljust(widths[field]) for field in fields)
        yield f"  {row.rstrip()}"
    yield ""
    yield f"Logs are in {VAR_DIR / 'log'}. Ctrl-C stops everything."


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    started = time.monotonic()
    sys.stdout.write(f"{name} ... ")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        say("")
        raise
    say(f"done in {time.monotonic() - started:.1f} s")


def say(line: str) -> None:
    """Write one line to the person at the terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
