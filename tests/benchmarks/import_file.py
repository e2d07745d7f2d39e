"""Measure `manage.py import_comments` on 100,000 rows: rate, memory, and the pages afterwards.

    python -m tests.benchmarks.import_file [--database sqlite|postgresql] [--number 100000]

The command runs as a process of its own on a tenth of the rows, on all of them, and on all of them
again; memory is the most that each process had resident. The queue page and claims are timed
at the size that results.
"""

from __future__ import annotations

import csv
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import harness
from tests.benchmarks.claims import Claims
from tests.benchmarks.harness import ROOT, Place, Result, milliseconds, per_second, percentile
from tests.benchmarks.queue_page import Pages

# Megabytes: SQLite keeps 64 of pages as its file grows; nothing else may grow with the file.
GOAL_MEMORY, GOAL_MS = 80, 0.1


@dataclass
class Run:
    """One run of the command."""

    rows: int
    seconds: float
    peak_mb: float
    said: str


def main() -> None:
    """Print the table."""
    chosen = harness.options(__doc__, number=100_000, rounds=5).parse_args()
    with harness.console(chosen.database) as place:
        folder = Path(os.environ["CONSOLE_VAR"])  # noqa: TID251 - made for this run
        small = _write(folder / "small.csv", chosen.number // 10, "s")
        large = _write(folder / "large.csv", chosen.number, "l")
        runs = [
            _import(small, place, chosen.number // 10),
            _import(large, place, chosen.number),
            _import(large, place, chosen.number, "--again"),
        ]
        from tests.benchmarks.filling import tidy

        tidy()
        _show(place, runs, chosen)


def _show(place: Place, runs: list[Run], chosen: Any) -> None:
    from moderation.models import Case

    small, large, again = runs
    waiting = Case.objects.in_queue(place.queue).waiting().count()
    pages = Pages(place)
    timed = pages.measure({"page": pages.first()}, chosen.rounds)["page"]
    claimed = Claims(place).claims_for(2.0).latencies
    harness.show(
        f"Import of {chosen.number:,} rows, {chosen.database}",
        [
            Result(f"{small.rows:,} rows", ours=per_second(small.rows, small.seconds),
                   note=f"{small.seconds:.1f} s, {small.peak_mb:.0f} MB"),
            Result(f"{large.rows:,} rows", ours=per_second(large.rows, large.seconds),
                   note=f"{large.seconds:.1f} s, {large.peak_mb:.0f} MB"),
            Result(f"the same {again.rows:,} rows again", ours=per_second(again.rows, again.seconds),
                   note=f"{again.seconds:.1f} s, {again.peak_mb:.0f} MB"),
            Result("MB more for all rows than for a tenth", f"{small.peak_mb:.0f} MB",
                   f"{large.peak_mb:.0f} MB", large.peak_mb - small.peak_mb, GOAL_MEMORY,
                   at_least=False, note="(SQLite's page cache of 64 MB fills)"),
            Result(f"queue page at {waiting:,} waiting, p95 in seconds",
                   milliseconds(statistics.median(timed)), milliseconds(percentile(timed, 0.95)),
                   percentile(timed, 0.95), GOAL_MS, at_least=False, note="(floor column: p50)"),
            Result("claim there, p95 in seconds", milliseconds(statistics.median(claimed)),
                   milliseconds(percentile(claimed, 0.95)), percentile(claimed, 0.95), GOAL_MS,
                   at_least=False, note="(floor column: p50)"),
        ],
    )  # fmt: skip
    for run in runs:
        print(run.said)


def _write(path: Path, number: int, name: str) -> Path:
    """Write a file such as people have: the public comments, repeated under new ids."""
    found = harness.authored()
    rng = random.Random(name)
    rng.shuffle(found)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["comment_id", "author", "date", "text"])
        for n in range(number):
            text, author = found[n % len(found)]
            moment = f"2026-0{1 + n % 8}-{1 + n % 28:02d}T{n % 24:02d}:{n % 60:02d}:00"
            writer.writerow(
                [f"{name}{n}", author or f"a{rng.randrange(number // 3)}", moment, text]
            )
    return path


# What the kernel counts for a process includes what its parent held when it was forked; the memory
# of the program alone is in its own status.
WITH_PEAK = """
import resource, sys
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
try:
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print("peak", peak)
"""


def _import(path: Path, place: Place, rows: int, *more: str) -> Run:
    command = [
        sys.executable, "-c", WITH_PEAK, "import_comments", str(path),
        "--channel", place.channel.slug, "--organisation", place.organisation.slug, *more,
    ]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"The import failed.\n{done.stdout}")
    lines = done.stdout.splitlines()
    said = next((line for line in reversed(lines) if "added" in line), "")
    return Run(rows, seconds, int(lines[-1].split()[1]) / 1024, said)


if __name__ == "__main__":
    main()
