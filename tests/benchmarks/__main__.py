"""Run the benchmarks: every figure beside its floor, from one run.

    make bench                                    all of them
    make bench ARGS="queue claims"                these
    make bench ARGS="ingest -- --rounds 9"        with options of their own
    make bench ARGS=--list                        what there is

On SQLite, and on the PostgreSQL server that DATABASE_URL names where it names one. Each benchmark
makes a database of its own and drops it; DATABASE_URL's own database is not touched. Close what
else the machine does: ratios stand a busy machine, absolute figures do not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from tests.benchmarks.harness import DATA, POSTGRESQL, ROOT, SQLITE, server_url

# Name: the module, and whether it uses a database.
BENCHMARKS = {
    "engine": ("tests.benchmarks.engine", False),
    "ingest": ("tests.benchmarks.ingest", True),
    "queue": ("tests.benchmarks.queue_page", True),
    "claims": ("tests.benchmarks.claims", True),
    "backtest": ("tests.benchmarks.backtest", True),
    "import": ("tests.benchmarks.import_file", True),
}


def main() -> int:
    """Run what was asked for; each in a process of its own, because settings are for a process."""
    parser = argparse.ArgumentParser(
        prog="make bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--database", choices=(SQLITE, POSTGRESQL), help="only this one")
    arguments = sys.argv[1:]
    ours, own = arguments, []
    if "--" in arguments:
        place = arguments.index("--")
        ours, own = arguments[:place], arguments[place + 1 :]
    chosen = parser.parse_args(ours)
    if unknown := set(chosen.names) - BENCHMARKS.keys():
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    if chosen.list:
        for name, (module, _) in BENCHMARKS.items():
            print(f"{name:<8} python -m {module}")
        return 0
    _say_what_is_missing(chosen.database)
    failed = 0
    for name in chosen.names or BENCHMARKS:
        for command in _commands(name, chosen.database):
            print(f"\n== {' '.join(['python', *command[1:], *own])}", flush=True)
            failed += subprocess.run([*command, *own], cwd=ROOT, check=False).returncode != 0
    return 1 if failed else 0


def _commands(name: str, database: str | None) -> list[list[str]]:
    module, uses_database = BENCHMARKS[name]
    command = [sys.executable, "-m", module]
    if not uses_database:
        real = DATA / "davidson.csv"
        return [[*command, "--comments", str(real)] if real.exists() else command]
    kinds = [database] if database else [SQLITE, *([POSTGRESQL] if server_url() else [])]
    return [[*command, "--database", kind] for kind in kinds]


def _say_what_is_missing(database: str | None) -> None:
    if not server_url() and database != SQLITE:
        print("DATABASE_URL names no PostgreSQL server: only SQLite is measured.")
    if not DATA.is_dir():
        print(f"There are no public comment sets in {DATA}: comments are generated.")


if __name__ == "__main__":
    sys.exit(main())
