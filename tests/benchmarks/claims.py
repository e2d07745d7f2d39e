"""Measure claiming the next case against a bare UPDATE of one row, by 1, 4 and 16 clients at once.

    python -m tests.benchmarks.claims [--database sqlite|postgresql] [--number 100000] [--claims 20000]

A claim here is the whole of `casework.claim_next`: the case taken, the assignment and the audit
event written, the case read, all committed. The bare UPDATE sets the same columns of one row by its
key, straight through the driver, and commits. Both take turns; every client is a process.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

from tests.benchmarks import harness
from tests.benchmarks.harness import POSTGRESQL, Place, Result, milliseconds, percentile

CLIENTS = (1, 4, 16)
PEOPLE = 8_000
SAMPLE = 400
GOAL, GOAL_SPREAD, GOAL_SNAPSHOT, GOAL_MS = 0.3, 10.0, 1.5, 0.1


@dataclass
class Ran:
    """What clients did in one go."""

    seconds: float
    latencies: list[float]
    taken: list[Any]

    @property
    def rate(self) -> float:
        """Return calls a second."""
        return len(self.latencies) / self.seconds


def main() -> None:
    """Print the tables."""
    parser = harness.options(__doc__, number=100_000, rounds=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each turn")
    parser.add_argument("--claims", type=int, default=20_000, help="while a snapshot is open")
    parser.add_argument("--profile", action="store_true", help="profile claims instead")
    chosen = parser.parse_args()
    with harness.console(chosen.database) as place:
        from tests.benchmarks.filling import fill_queue

        fill_queue(place, harness.comments(chosen.number), name="claims")
        bench = Claims(place)
        if chosen.profile:
            bench.profile()
            return
        results = []
        for clients in CLIENTS:
            results += _against_update(bench, clients, chosen)
        if len(set(bench.taken)) != len(bench.taken):
            raise SystemExit("The same case was given to two people.")
        results.append(
            Result("cases given twice", ours=f"0 of {len(bench.taken):,}", ratio=0, goal=0,
                   at_least=False)
        )  # fmt: skip
        if chosen.database == POSTGRESQL:
            results.append(_under_snapshot(bench, chosen.claims))
        harness.show(
            f"Claim the next of {chosen.number:,}, {chosen.database}: {chosen.rounds} rounds of"
            f" {chosen.seconds:g} s",
            results,
        )


def _against_update(bench: Claims, clients: int, chosen: Any) -> list[Result]:
    ours, bare = [], []
    for _ in range(chosen.rounds):
        bare.append(bench.run(bench.update, clients, seconds=chosen.seconds))
        ours.append(bench.run(bench.claim, clients, seconds=chosen.seconds))
    latencies = [latency for ran in ours for latency in ran.latencies]
    p50, p95 = statistics.median(latencies), percentile(latencies, 0.95)
    ratio = statistics.median(a.rate / b.rate for a, b in zip(ours, bare, strict=True))
    return [
        Result(
            f"claim + case + audit / UPDATE, {clients} client{'' if clients == 1 else 's'}",
            f"{statistics.median(ran.rate for ran in bare):,.0f}/s",
            f"{statistics.median(ran.rate for ran in ours):,.0f}/s",
            ratio, GOAL,
        ),
        Result(
            "  p95 / p50", milliseconds(p50), milliseconds(p95), p95 / p50, GOAL_SPREAD,
            at_least=False,
        ),
        Result(
            "  p95 in seconds", ours=milliseconds(p95), ratio=p95, goal=GOAL_MS, at_least=False
        ),
    ]  # fmt: skip


def _under_snapshot(bench: Claims, claims: int) -> Result:
    import psycopg2
    from django.db import connections

    fresh = bench.run(bench.claim, 1, calls=SAMPLE)
    parameters = connections["default"].get_connection_params()
    connections.close_all()
    for unknown in ("cursor_factory", "context"):
        parameters.pop(unknown, None)
    reader = psycopg2.connect(**parameters)
    cursor = reader.cursor()
    cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    cursor.execute("SELECT count(*) FROM moderation_case")
    bench.run(bench.claim, 4, calls=claims // 4)
    after = bench.run(bench.claim, 1, calls=SAMPLE)
    reader.rollback()
    reader.close()
    before, later = statistics.median(fresh.latencies), statistics.median(after.latencies)
    return Result(
        f"p50 after {claims:,} claims under an open snapshot / fresh", milliseconds(before),
        milliseconds(later), later / before, GOAL_SNAPSHOT, at_least=False,
    )  # fmt: skip


class Claims:
    """Clients that claim, and clients that update rows of a clone of the cases."""

    def __init__(self, place: Place) -> None:
        from django.conf import settings
        from django.db import connection

        self._place = place
        self._people = _people(place)
        self._handed_out = 0
        self._cap = settings.CLAIM_CAP
        self.taken: list[Any] = []
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("CREATE TABLE bare_case (LIKE moderation_case INCLUDING ALL)")
            else:
                cursor.execute("CREATE TABLE bare_case AS SELECT * FROM moderation_case WHERE 0")
                cursor.execute("CREATE UNIQUE INDEX bare_case_key ON bare_case (id)")
            cursor.execute("INSERT INTO bare_case SELECT * FROM moderation_case")
            cursor.execute("SELECT id FROM bare_case")
            self._keys = [row[0] for row in cursor.fetchall()]

    def claims_for(self, seconds: float) -> Ran:
        """Let one client claim for a while."""
        return self.run(self.claim, 1, seconds=seconds)

    def run(
        self,
        work: Callable[[int, int], Callable[[], Any]],
        clients: int,
        *,
        seconds: float = 0.0,
        calls: int = 0,
    ) -> Ran:
        """Let clients work side by side for a while, or until each made that many calls."""
        from django.db import connections

        connections.close_all()
        context = multiprocessing.get_context("fork")
        ready, go = context.Barrier(clients + 1), context.Barrier(clients + 1)
        share = (len(self._people) - self._handed_out) // clients
        needed = -(-calls // self._cap) + 1 if calls else share
        workers, pipes = [], []
        for client in range(clients):
            receive, send = context.Pipe(duplex=False)
            begin = self._handed_out + client * needed
            arguments = (work, begin, begin + needed, seconds, calls, ready, go, send)
            workers.append(context.Process(target=self._client, args=arguments))
            pipes.append(receive)
        for worker in workers:
            worker.start()
        ready.wait()
        began = time.perf_counter()
        go.wait()
        answers = [pipe.recv() for pipe in pipes]
        took = time.perf_counter() - began
        for worker in workers:
            worker.join()
        taken = [key for _, keys in answers for key in keys]
        if work == self.claim:
            self.taken += taken
            self._people = self._free()
        return Ran(took, [latency for found, _ in answers for latency in found], taken)

    def claim(self, first: int, last: int) -> Callable[[], Any]:
        """Return what claims one case, for the people of that stretch by turns."""
        from moderation.services import casework

        people = [actor for actor in self._people[first:last] for _ in range(self._cap)]
        turns = iter(people)
        queue = self._place.queue

        def act() -> Any:
            case = casework.claim_next(queue=queue, by=next(turns), now=datetime.now(tz=UTC))
            if case is None:
                raise SystemExit("The queue is empty: use a larger --number.")
            return case.pk

        return act

    def update(self, first: int, last: int) -> Callable[[], Any]:
        """Return what updates one row by its key and commits, straight through the driver."""
        from django.db import connection

        connection.ensure_connection()
        is_postgresql = connection.vendor == "postgresql"
        sign = "%s" if is_postgresql else "?"
        cursor = connection.connection.cursor()
        start = first * self._cap % len(self._keys)
        keys = cycle((self._keys[start:] + self._keys[:start])[: (last - first) * self._cap])
        person = self._people[0].user.pk
        by = person if is_postgresql else person.hex
        statement = (
            f"UPDATE bare_case SET claimed_by_id = {sign}, claimed_at = {sign},"
            f" claim_expires_at = {sign}, updated_at = {sign} WHERE id = {sign}"
        )

        def act() -> None:
            now = datetime.now(tz=UTC)
            later = now + timedelta(minutes=15)
            times = (now, later, now) if is_postgresql else (str(now), str(later), str(now))
            cursor.execute(statement, (by, *times, next(keys)))

        return act

    def profile(self) -> None:
        """Print where a claim's time goes."""
        import cProfile
        import pstats

        from django.db import connection

        act = self.claim(0, 200)
        seen: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            seen.append(" ".join(sql.split())[:160])
            return execute(sql, params, many, context)

        act()
        with connection.execute_wrapper(note):
            act()
        print(*seen, sep="\n")
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(1_000):
            act()
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)

    def _client(
        self,
        work: Callable[[int, int], Callable[[], Any]],
        first: int,
        last: int,
        seconds: float,
        calls: int,
        ready: Any,
        go: Any,
        send: Any,
    ) -> None:
        from django.db import connections

        connections["default"].ensure_connection()
        act = work(first, last)
        latencies: list[float] = []
        taken: list[Any] = []
        ready.wait()
        go.wait()
        end = time.perf_counter() + seconds
        while len(latencies) < calls if calls else time.perf_counter() < end:
            began = time.perf_counter()
            taken.append(act())
            latencies.append(time.perf_counter() - began)
        send.send((latencies, taken))
        connections.close_all()

    def _free(self) -> list[Any]:
        """Return the people who hold nothing, so that nobody comes near the cap."""
        from moderation.models import Case

        busy = set(
            Case.objects.filter(claimed_by__isnull=False)
            .order_by()
            .values_list("claimed_by_id", flat=True)
            .distinct()
        )
        return [actor for actor in self._people if actor.user.pk not in busy]


def _people(place: Place) -> list[Any]:
    """Return many moderators: one person holds only so many cases at once."""
    from accounts.enums import RoleName
    from accounts.models import Membership, User
    from accounts.permissions import actor_with_roles

    people = User.objects.bulk_create(
        [
            User(email=f"claimer-{n}@bench.example", name=f"Claimer {n}", password="!")
            for n in range(PEOPLE)
        ],
        batch_size=1_000,
    )
    now = datetime.now(tz=UTC)
    Membership.objects.bulk_create(
        [
            Membership(
                organisation=place.organisation, user=user, role=RoleName.MODERATOR, granted_at=now
            )
            for user in people
        ],
        batch_size=1_000,
    )
    return [actor_with_roles(user, place.organisation.pk, ["moderator"]) for user in people]


if __name__ == "__main__":
    main()
