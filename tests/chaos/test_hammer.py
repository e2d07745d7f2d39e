"""Browsers that press “claim next” as fast as they can, all at once, through the web server."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from tests.chaos.browser import Browser, csrf_of
from tests.chaos.stack import Stack, running, wait_for

pytestmark = pytest.mark.slow

CLAIMERS = ("Moderator", "Senior reviewer", "Supervisor")
QUEUES = (
    "SELECT q.id, count(*) FROM moderation_queue q JOIN moderation_case c ON c.queue_id = q.id"
    " JOIN accounts_organisation o ON o.id = q.organisation_id"
    " WHERE c.status = 'waiting' AND c.claimed_by_id IS NULL AND o.slug = 'hmpps' GROUP BY q.id ORDER BY 2 DESC"
)


def hammer(stack: Stack, browsers: int) -> tuple[list[str], int]:
    """Empty a queue with several browsers; return what each claim showed, and what waited before."""
    key, waiting = stack.rows(QUEUES)[0]
    queue = UUID(str(key))
    people = [
        person
        for person in stack.people()
        if person["organisation"] == "HMPPS" and person["role"] in CLAIMERS
    ]
    barrier = threading.Barrier(browsers)

    def press(number: int) -> list[str]:
        person = people[number % len(people)]
        with Browser(stack.console, email=person["email"], password=person["password"]) as browser:
            browser.sign_in()
            token = csrf_of(browser.client.get(f"/queues/{queue}/").text)
            barrier.wait(timeout=60)
            return list(claims(browser, f"/queues/{queue}/claim/", token))

    with ThreadPoolExecutor(browsers) as pool:
        shown = [case for seen in pool.map(press, range(browsers)) for case in seen]
    return shown, waiting


def claims(browser: Browser, path: str, token: str) -> Iterator[str]:
    """Claim the next case until nothing waits; give the cases shown."""
    while True:
        answer = browser.post(path, token)
        assert answer.status_code == 302, f"{browser.email}: {answer.status_code}"
        found = re.search(r"/cases/([0-9a-f-]{36})/", answer.headers["Location"])
        if found is None:
            return
        yield found[1]


def check(stack: Stack) -> None:
    """Hammer with two browsers, then, on another queue, with eight."""
    wait_for(lambda: len(stack.rows(QUEUES)) > 1, 120, "cases in two queues")
    wait_for(lambda: not pending(stack), 120, "all of them")
    for browsers in (2, 8):
        shown, waiting = hammer(stack, browsers)

        assert [case for case, times in Counter(shown).items() if times > 1] == []
        assert len(shown) == waiting > 0


def pending(stack: Stack) -> int:
    """Count events that are still to be read."""
    known = stack.number("SELECT count(*) FROM moderation_contentitem")
    here = stack.platform_rows("SELECT count(*) AS count FROM comments WHERE author IS NOT NULL")
    return int(here[0]["count"]) - known


@pytest.mark.servers
def test_browsers_hammering_claim_next_never_see_one_case_twice(server_url):
    with running(server_url=server_url, settings={"CLAIM_CAP": "10000"}) as stack:
        check(stack)


@pytest.mark.servers
def test_browsers_hammering_claim_next_never_see_one_case_twice_on_sqlite():
    with running(settings={"CLAIM_CAP": "10000"}) as stack:
        check(stack)
