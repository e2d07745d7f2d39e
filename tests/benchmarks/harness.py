"""What every benchmark stands on: a database of its own, the demonstration in it, and a table to print.

Everything is made for one run and thrown away with it; nothing of the console in use is touched.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True)
class Place:
    """The demonstration's first organisation, ready to take comments."""

    organisation: Any
    channel: Any
    queue: Any
    moderators: tuple[Any, ...]
    system: Any


@dataclass(frozen=True)
class Result:
    """One line of the table. `goal` and `ratio` are numbers; `at_least` says on which side is good."""

    what: str
    floor: str = ""
    ours: str = ""
    ratio: float | None = None
    goal: float | None = None
    at_least: bool = True
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the goal is met, in words."""
        if self.goal is None or self.ratio is None:
            return ""
        good = self.ratio >= self.goal if self.at_least else self.ratio <= self.goal
        return "met" if good else "NOT MET"


def show(title: str, results: Sequence[Result]) -> None:
    """Print a table."""
    print(f"\n{title}")
    heads = ("what", "floor", "ours", "ratio", "goal", "")
    lines = [
        (
            entry.what,
            entry.floor,
            entry.ours,
            "" if entry.ratio is None else f"{entry.ratio:.2f}",
            "" if entry.goal is None else f"{'>=' if entry.at_least else '<='} {entry.goal:g}",
            " ".join(filter(None, (entry.verdict, entry.note))),
        )
        for entry in results
    ]
    widths = [max(len(line[n]) for line in [heads, *lines]) for n in range(5)]
    for line in [heads, *lines]:
        cells = [line[0].ljust(widths[0])]
        cells += [line[n].rjust(widths[n]) for n in range(1, 5)]
        print("  ".join([*cells, line[5]]).rstrip())
    sys.stdout.flush()


def options(description: str | None, *, number: int, rounds: int) -> argparse.ArgumentParser:
    """Return the options that all benchmarks share."""
    parser = argparse.ArgumentParser(
        description=(description or "").partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--database",
        choices=(SQLITE, POSTGRESQL),
        default=POSTGRESQL if server_url() else SQLITE,
        help="which database to measure on",
    )
    parser.add_argument("--number", type=int, default=number, help="comments or cases")
    parser.add_argument("--rounds", type=int, default=rounds, help="interleaved rounds")
    return parser


def server_url() -> str:
    """Return the address of the PostgreSQL server to use, or ""."""
    # The benchmarks make databases beside the one that is named here, before settings exist.
    url = os.environ.get("DATABASE_URL", "")  # noqa: TID251
    return url if url.startswith(("postgres://", "postgresql://", "pgsql://")) else ""


@contextmanager
def console(kind: str) -> Iterator[Place]:
    """Make a database, migrate it, load the demonstration; drop everything afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="console-bench-"))
    made = _make_database(kind, folder)
    environment = os.environ  # noqa: TID251 - read by config.env, below
    environment["DATABASE_URL"] = made
    environment["CONSOLE_VAR"] = str(folder)
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings.development"
    environment["LOG_LEVEL"] = "ERROR"
    environment.pop("REDIS_URL", None)
    began = time.monotonic()
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("load_demo")
        print(f"{describe(kind)}; database made in {time.monotonic() - began:.0f} s")
        yield _place()
    finally:
        from django.db import connections

        connections.close_all()
        if kind == POSTGRESQL:
            _drop_database(made)
        shutil.rmtree(folder, ignore_errors=True)


def describe(kind: str) -> str:
    """Say what is measured, where and when."""
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{datetime.now(tz=UTC):%Y-%m-%d %H:%M} UTC, {kind}, Python {platform.python_version()},"
        f" {os.cpu_count()} CPUs ({_processor()}){load}"
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _make_database(kind: str, folder: Path) -> str:
    if kind == SQLITE:
        return f"sqlite:///{folder / 'console.sqlite3'}"
    url = server_url()
    if not url:
        sys.exit("Set DATABASE_URL to a PostgreSQL server to measure on.")
    name = f"console_bench_{uuid4().hex[:12]}"
    _on_server(url, f'CREATE DATABASE "{name}"')
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _drop_database(url: str) -> None:
    name = urlsplit(url).path.lstrip("/")
    server = urlunsplit(urlsplit(url)._replace(path="/postgres"))
    _on_server(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _on_server(url: str, statement: str) -> None:
    import psycopg2

    parts = urlsplit(url)._replace(scheme="postgresql")
    connection = psycopg2.connect(urlunsplit(parts))
    connection.autocommit = True
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


def _place() -> Place:
    from accounts import actors
    from accounts.models import Organisation, User
    from accounts.permissions import actor_for
    from moderation.models import Queue
    from platforms.models import Channel

    organisation = Organisation.objects.get(slug="hmpps")
    people = User.objects.filter(memberships__organisation=organisation).distinct()
    found = [actor_for(user, organisation.pk) for user in people.order_by("email")]
    moderators = tuple(a for a in found if a is not None and a.may(_claiming()))
    return Place(
        organisation=organisation,
        channel=Channel.objects.filter(organisation=organisation).order_by("slug").first(),
        queue=Queue.objects.get(organisation=organisation, is_default=True),
        moderators=moderators,
        system=actors.system(organisation.pk),
    )


def _claiming() -> Any:
    from accounts.enums import Permission

    return Permission.CASE_CLAIM


# Comments


def comments(number: int) -> list[str]:
    """Return that many comments: real ones, shuffled and repeated; else invented ones."""
    texts = [text for text, _ in authored()]
    random.Random(1).shuffle(texts)
    return [texts[n % len(texts)] for n in range(number)]


def authored() -> list[tuple[str, str]]:
    """Return the public sets that are here, as (text, author or ""), or invented comments."""
    found: list[tuple[str, str]] = []
    for path in sorted(DATA.glob("*.csv")) if DATA.is_dir() else []:
        if path.name == "davidson.csv":
            found += [(row["tweet"], "") for row in _rows(path)]
        elif path.name.startswith("Youtube"):
            found += [(row["CONTENT"], row["AUTHOR"]) for row in _rows(path)]
    fox = DATA / "fox.json"
    if fox.exists():
        for line in fox.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.append((row["text"], row["user"]))
    if found:
        print(f"{len(found):,} real comments from {DATA.name}/")
        return found
    print(f"There are no public comment sets in {DATA}: the comments are generated.")
    from tests.benchmarks.engine import _generated

    return [(text, "") for text in _generated(20_000)]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        yield from csv.DictReader(file)


# Measuring


def interleaved(
    works: Mapping[str, Callable[[], object]], rounds: int, *, cpu: bool
) -> dict[str, float]:
    """Return each work's median seconds over rounds in which all take turns."""
    clock = time.process_time if cpu else time.perf_counter
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            began = clock()
            work()
            taken[name].append(clock() - began)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def peak_mb() -> float:
    """Return the most memory that this process has had resident, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def per_second(count: int, seconds: float) -> str:
    """Write a rate: "12,300/s"."""
    return f"{count / seconds:,.0f}/s"


def milliseconds(seconds: float) -> str:
    """Write a short time: "1.25 ms"."""
    return f"{seconds * 1000:.2f} ms"
