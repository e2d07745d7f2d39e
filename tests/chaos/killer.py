"""Somebody who kills processes, at once or in the middle of something."""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg2

from tests.chaos.stack import Stack, some
from tests.chaos.workload import Account

AIM_FOR = 1.5


@dataclass(frozen=True)
class Victim:
    """What can be killed, and how often it is chosen."""

    name: str
    part: str
    weight: int
    child: bool = False
    # Seconds it stays away at most; a child is started again by its parent.
    away: float = 0.0


VICTIMS = (
    Victim("web server", "web", 8, away=1.0),
    Victim("web worker", "web", 16, child=True),
    Victim("worker with processes", "worker-processes", 14, away=2.0),
    Victim("its process", "worker-processes", 20, child=True),
    Victim("worker with threads", "worker-threads", 16, away=2.0),
    Victim("beat", "beat", 8, away=3.0),
    Victim("broker", "redis", 12, away=4.0),
    Victim("platform", "sandbox", 6, away=2.0),
    Victim("connection to the database", "database", 6),
)
CUT_ONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() ORDER BY xact_start NULLS LAST, random() LIMIT 1"
)
BUSY = {
    "a delivery in hand": "SELECT count(*) FROM platforms_outboxmessage WHERE status = 'sending'",
    "a read-back in hand": (
        "SELECT count(*) FROM platforms_outboxmessage WHERE lease IS NOT NULL AND status <> 'sending'"
    ),
    "events waiting": "SELECT count(*) FROM platforms_inboundevent WHERE status = 'pending'",
    "an open transaction": (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    ),
}


@dataclass
class Killer:
    """Kills a number of times, seeded, and remembers what."""

    stack: Stack
    account: Account
    seed: int
    kills: int
    pause: tuple[float, float] = (0.3, 3.0)
    killed: Counter[str] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    done: int = 0

    def run(self, stopped: threading.Event) -> None:
        """Kill, pause, kill again."""
        with contextlib.closing(psycopg2.connect(self.stack.database_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                self._ask = lambda statement: (cursor.execute(statement), cursor.fetchone())[1]
                self._kill_on(stopped)

    def _kill_on(self, stopped: threading.Event) -> None:
        chance = random.Random(self.seed)
        while self.done < self.kills and not stopped.is_set():
            (victim,) = chance.choices(VICTIMS, [victim.weight for victim in VICTIMS])
            moment = self._aim(chance, victim)
            if self._kill(victim, chance):
                self.done += 1
                self.killed[victim.name] += 1
                self.moments[moment] += 1
            stopped.wait(chance.uniform(*self.pause))

    def _kill(self, victim: Victim, chance: random.Random) -> bool:
        if victim.part == "database":
            return self._ask(CUT_ONE) is not None
        part = self.stack.parts[victim.part]
        if not part.is_running:
            return False
        if not victim.child:
            return self.stack.kill(victim.part, away=chance.uniform(0.0, victim.away))
        child = some(chance, part.children())
        return child is not None and self.stack.kill(victim.part, whom=child)

    def _aim(self, chance: random.Random, victim: Victim) -> str:
        """Wait for a moment that hurts, or take the one that is."""
        if victim.part == "web":
            name, holds = "a request in hand", self._is_asked
        else:
            name = chance.choice(list(BUSY))
            holds = self._question(BUSY[name])
        if chance.random() < 0.3:
            return "any moment"
        until = time.monotonic() + AIM_FOR
        while time.monotonic() < until:
            if holds():
                time.sleep(chance.uniform(0.0, 0.05))
                return name
            time.sleep(0.01)
        return "any moment"

    def _is_asked(self) -> bool:
        return self.account.in_flight > 0

    def _question(self, statement: str) -> Callable[[], bool]:
        return lambda: self._ask(statement)[0] > 0
