"""Kills real processes while comments travel the whole way: python -m tests.chaos.run --kills 100 --seed 1.

Needs a PostgreSQL server (DATABASE_URL, or --server) and the program redis-server. Everything else
it starts itself, in a folder, a database and on ports of its own.
"""

import argparse
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.env import env
from tests.chaos import invariants
from tests.chaos.killer import Killer
from tests.chaos.stack import DidNotHappen, Stack, running, wait_for
from tests.chaos.workload import Crowd

QUIET_WITHIN = 300.0
ERRORS = re.compile(
    r"^([A-Za-z_.]+(?:Error|Exception|Refused|NotPermitted|InvalidTransition)\b.*)$", re.MULTILINE
)


@dataclass
class Outcome:
    """How a run went."""

    killed: Counter[str] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    starts: dict[str, int] = field(default_factory=dict)
    looked_up: int = 0
    slowest: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    findings: invariants.Findings = field(default_factory=invariants.Findings)

    @property
    def passed(self) -> bool:
        """Whether nothing was lost and nothing done twice."""
        return self.findings.hold

    def lines(self) -> list[str]:
        """Tell it all."""
        return [
            "Killed",
            *_counted(self.killed),
            "In the middle of",
            *_counted(self.moments),
            "What people did, and what the platform did to them",
            *_counted(self.happened),
            "Programs started (the first start counts)",
            *_counted(Counter(self.starts)),
            f"Deliveries whose outcome had to be looked up: {self.looked_up}",
            f"Slowest answered call: {self.slowest:.1f} s",
            "Seconds: " + ", ".join(f"{name} {value:.0f}" for name, value in self.seconds.items()),
            "Errors in the logs, which killing explains or not",
            *_counted(self.errors),
            "What must hold",
            *self.findings.lines(),
            self.sentence,
        ]

    @property
    def sentence(self) -> str:
        """Say in one line whether it passed."""
        verdict = "PASS" if self.passed else "FAIL"
        written = self.happened["comments written"]
        return f"{verdict}: {self.killed.total()} kills, {written} comments written meanwhile"


def chaos(
    *,
    server_url: str,
    kills: int,
    comments: int,
    seed: int,
    pause: tuple[float, float] = (0.3, 3.0),
    say: Callable[[str], None] = lambda line: None,
    keep_logs: Path | None = None,
) -> Outcome:
    """Start a console, let people work, kill, wait until it is quiet, and look."""
    outcome = Outcome()
    clock = time.monotonic()
    with running(server_url=server_url) as stack:
        outcome.seconds["to start"] = time.monotonic() - clock
        say(f"Up after {outcome.seconds['to start']:.0f} s; killing.")
        expected = kills * (sum(pause) / 2 + 0.8)
        crowd = Crowd(stack, seed=seed, comments=comments, seconds=expected)
        killer = Killer(stack, crowd.account, seed=seed, kills=kills, pause=pause)
        stopped = threading.Event()
        clock = time.monotonic()
        try:
            crowd.start()
            killing = threading.Thread(target=killer.run, args=(stopped,), daemon=True)
            killing.start()
            _follow(killing, killer, crowd, say)
            outcome.seconds["of killing"] = time.monotonic() - clock
            wait_for(lambda: crowd.has_written, QUIET_WITHIN, "the visitors")
            crowd.calm_down()
            clock = time.monotonic()
            _wait_until_quiet(stack, say)
        finally:
            stopped.set()
            crowd.go_home()
            outcome.seconds["until quiet"] = time.monotonic() - clock
            _look(stack, crowd, killer, outcome)
            if keep_logs:
                _keep_logs(stack, keep_logs)
    return outcome


def main() -> int:
    """Run once from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--comments", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--server", default=env.str("DATABASE_URL", default=""), help="a PostgreSQL server"
    )
    parser.add_argument("--logs", type=Path, help="a folder to keep every program's log in")
    options = parser.parse_args()
    if not options.server.startswith("postgres"):
        parser.error("Set DATABASE_URL, or give --server, to a PostgreSQL server.")
    outcome = chaos(
        server_url=options.server,
        kills=options.kills,
        comments=options.comments,
        seed=options.seed,
        say=say,
        keep_logs=options.logs,
    )
    for line in outcome.lines():
        say(line)
    return 0 if outcome.passed else 1


def _follow(
    killing: threading.Thread, killer: Killer, crowd: Crowd, say: Callable[[str], None]
) -> None:
    while killing.is_alive():
        killing.join(timeout=15)
        done = len(crowd.account.decisions)
        say(f"{killer.done} of {killer.kills} kills, {crowd.written} comments, {done} decisions")
    if killer.done < killer.kills:
        message = f"Only {killer.done} of {killer.kills} kills were done."
        raise DidNotHappen(message)


def _wait_until_quiet(stack: Stack, say: Callable[[str], None]) -> None:
    """Wait until nothing moves any more; what never comes to rest is told by the invariants."""
    quiet_since: float | None = None
    until = time.monotonic() + QUIET_WITHIN
    while time.monotonic() < until:
        moving = _moving(stack)
        if any(moving.values()):
            quiet_since = None
        else:
            quiet_since = quiet_since or time.monotonic()
            # Long enough for every bell of the schedule to have rung once more.
            if time.monotonic() - quiet_since > 12:
                return
        time.sleep(1)
    say(f"Not quiet after {QUIET_WITHIN:.0f} s: {_moving(stack)}")


def _moving(stack: Stack) -> dict[str, int]:
    written = {
        (row["id"], row["text"] if row["state"] != "deleted" else "", row["state"])
        for row in stack.platform_rows(
            "SELECT id, text, state FROM comments WHERE author IS NOT NULL"
        )
    }
    kept = {
        (key, text if state != "deleted" else "", state)
        for key, text, state in stack.rows(
            "SELECT i.external_id, r.text, i.source_state FROM moderation_contentitem i"
            " JOIN moderation_contentrevision r ON r.id = i.current_revision_id"
        )
    }
    return {
        "comments not as on the platform": len(written ^ kept),
        "events": stack.number(
            "SELECT count(*) FROM platforms_inboundevent WHERE status = 'pending'"
        ),
        "cases": stack.number("SELECT count(*) FROM moderation_case WHERE status = 'waiting'"),
        "deliveries": stack.number(
            "SELECT count(*) FROM platforms_outboxmessage WHERE next_attempt_at IS NOT NULL OR lease IS NOT NULL"
        ),
        "actions": stack.number(
            "SELECT count(*) FROM moderation_enforcementaction WHERE status IN ('requested', 'accepted', 'unknown')"
        ),
    }


def _look(stack: Stack, crowd: Crowd, killer: Killer, outcome: Outcome) -> None:
    outcome.killed, outcome.moments = killer.killed, killer.moments
    outcome.happened, outcome.slowest = crowd.account.happened, crowd.account.slowest
    outcome.starts = {part.name: part.starts for part in stack.parts.values()}
    outcome.looked_up = stack.number(
        "SELECT count(DISTINCT target_id) FROM audit_auditevent WHERE type = 'delivery.attempted'"
        " AND (data->>'status' = 'unknown' OR data->>'error' = 'outcome_unknown')"
    )
    for name in stack.parts:
        for line in ERRORS.findall(stack.logged(name)):
            outcome.errors[f"{name}: {line[:110]}"] += 1
    outcome.findings = invariants.check(stack, crowd.account)


def _keep_logs(stack: Stack, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in stack.parts:
        (folder / f"{name}.log").write_text(stack.logged(name), encoding="utf-8")


def _counted(counter: Counter[str]) -> list[str]:
    return [f"  {count:>6}  {name}" for name, count in sorted(counter.items())]


def say(line: str) -> None:
    """Write one line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
