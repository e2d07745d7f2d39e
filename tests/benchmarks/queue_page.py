"""Measure the queue page inside the process against its bare SQL and an empty Django view.

    python -m tests.benchmarks.queue_page [--database sqlite|postgresql] [--number 100000] [--rounds 7]

The WSGI application is called directly with the cookie of somebody signed in. Every round asks for
each page in turn, so that all see the same machine; times are wall times.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks import harness
from tests.benchmarks.harness import Place, Result, milliseconds, percentile

CALLS = 40
DEPTH = 12_000
GOAL, GOAL_DEPTH, GOAL_SIZE, GOAL_MS = 4.0, 1.3, 1.5, 0.1


def main() -> None:
    """Print the table."""
    chosen = harness.options(__doc__, number=100_000, rounds=7)
    chosen.add_argument("--profile", action="store_true", help="profile the page instead")
    given = chosen.parse_args()
    with harness.console(given.database) as place:
        from tests.benchmarks.filling import fill_queue

        texts = harness.comments(given.number)
        small = min(1_000, given.number)
        fill_queue(place, texts[:small], name="small")
        pages = Pages(place)
        at_small = pages.measure({"page": pages.first()}, given.rounds)
        fill_queue(place, texts[small:], name="large")
        if given.profile:
            pages.profile()
            return
        _show(pages, at_small, given)


def _show(pages: Pages, at_small: dict[str, list[float]], given: Any) -> None:
    deep = pages.at_depth(min(DEPTH, given.number // 2))
    timed = pages.measure({"page": pages.first(), "deep": deep}, given.rounds)
    floor = statistics.median(timed["sql"]) + statistics.median(timed["hello"])
    floor_95 = percentile(timed["sql"], 0.95) + percentile(timed["hello"], 0.95)
    page, small = statistics.median(timed["page"]), statistics.median(at_small["page"])
    size = statistics.median(timed["page"])
    counted = pages.queries(pages.first()), pages.queries(deep)
    results = [
        Result("bare SQL of the page, p50", ours=milliseconds(statistics.median(timed["sql"]))),
        Result("empty Django view, p50", ours=milliseconds(statistics.median(timed["hello"]))),
        Result(
            f"page 1 of {given.number:,} waiting, p50", milliseconds(floor), milliseconds(page),
            page / floor, GOAL, at_least=False,
        ),
        Result(
            "the same, p95", milliseconds(floor_95),
            milliseconds(percentile(timed["page"], 0.95)),
            percentile(timed["page"], 0.95) / floor_95, GOAL, at_least=False,
        ),
        Result(
            f"page at depth {DEPTH:,} / page 1, p50", milliseconds(page),
            milliseconds(statistics.median(timed["deep"])),
            statistics.median(timed["deep"]) / page, GOAL_DEPTH, at_least=False,
        ),
        Result(
            f"page 1 at {given.number:,} / at 1,000, p50", milliseconds(small),
            milliseconds(size), size / small, GOAL_SIZE, at_least=False,
        ),
        Result(
            "page 1 in seconds, p95", ours=milliseconds(percentile(timed["page"], 0.95)),
            ratio=percentile(timed["page"], 0.95), goal=GOAL_MS, at_least=False,
        ),
        Result(
            "statements for page 1 and for the deep page", ours=f"{counted[0]} and {counted[1]}",
            ratio=counted[1] / counted[0], goal=1.0, at_least=False,
        ),
    ]  # fmt: skip
    harness.show(
        f"Queue page, {given.database}: {given.rounds} rounds of {CALLS} requests each", results
    )


class Pages:
    """Requests to the console, and the two halves of their floor."""

    def __init__(self, place: Place) -> None:
        from django.core.handlers.wsgi import WSGIHandler
        from django.core.wsgi import get_wsgi_application
        from django.test import Client, override_settings
        from django.urls import reverse

        from tests.benchmarks import hello

        self._place = place
        self._application = get_wsgi_application()
        with override_settings(MIDDLEWARE=hello.MIDDLEWARE):
            self._bare = WSGIHandler()
        client = Client()
        client.force_login(
            place.moderators[0].user,
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        self._cookie = "; ".join(f"{key}={value.value}" for key, value in client.cookies.items())
        self._url = reverse("moderation:queue_detail", args=[place.queue.pk])
        # The session notes that somebody is there, the caches fill.
        for _ in range(3):
            self.call(self.first())

    def first(self) -> str:
        """Return the address of the first page."""
        return self._url

    def at_depth(self, depth: int) -> str:
        """Return the address of the page that far into the queue."""
        from moderation.models import Case
        from moderation.presenters.queue import position_words
        from moderation.services.desk import Position

        case = Case.objects.in_queue(self._place.queue).waiting().most_urgent_first()[depth]
        words = position_words(Position(case.rank, case.due_at, case.pk))
        return f"{self._url}?after={words}"

    def call(self, url: str) -> bytes:
        """Ask for a page; anything but success ends the run."""
        return _request(self._application, url, self._cookie)

    def sql(self) -> None:
        """Fetch the page's rows and nothing else, straight from the driver."""
        from django.db import connection

        cursor = connection.connection.cursor()
        cursor.execute(self._statement, self._values)
        if len(cursor.fetchall()) != 26:
            raise SystemExit("The bare statement found no page.")
        cursor.close()

    def measure(self, urls: dict[str, str], rounds: int) -> dict[str, list[float]]:
        """Time the pages and their floor, in turn."""
        self._catch_statement()
        works: dict[str, Callable[[], object]] = {
            "sql": self.sql,
            "hello": lambda: _request(self._bare, "/hello/", self._cookie),
        }
        for name, url in urls.items():
            works[name] = lambda url=url: self.call(url)
        timed: dict[str, list[float]] = {name: [] for name in works}
        for work in works.values():
            work()
        for _ in range(rounds * CALLS):
            for name, work in works.items():
                began = time.perf_counter()
                work()
                timed[name].append(time.perf_counter() - began)
        return timed

    def queries(self, url: str) -> int:
        """Count the statements of one page."""
        return len(self._statements(url))

    def profile(self) -> None:
        """Print where the page's time goes."""
        import cProfile
        import pstats

        for statement, _ in self._statements(self._url):
            print(" ".join(statement.split())[:160])
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(200):
            self.call(self._url)
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)

    def _catch_statement(self) -> None:
        """Keep the statement that reads the rows, as the page sends it."""
        (found,) = (
            (statement, values)
            for statement, values in self._statements(self._url)
            if "c.excerpt" in statement
        )
        statement, self._values = found
        from django.db import connection

        self._statement = (
            statement if connection.vendor == "postgresql" else statement.replace("%s", "?")
        )

    def _statements(self, url: str) -> list[tuple[str, Any]]:
        from django.db import connection

        seen: list[tuple[str, Any]] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            seen.append((sql, params))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            self.call(url)
        return seen


def _request(application: Any, url: str, cookie: str) -> bytes:
    path, _, query = url.partition("?")
    answered: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost", "HTTP_COOKIE": cookie, "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(), "wsgi.multithread": False, "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }  # fmt: skip
    response = application(environ, lambda status, headers: answered.append(status))
    body = b"".join(response)
    response.close()
    if not answered[0].startswith("200"):
        raise SystemExit(f"{url} answered {answered[0]}.")
    return body


if __name__ == "__main__":
    main()
