"""Kills at the points that hurt most, each brought about on purpose."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import psycopg2
import pytest

from tests.chaos.browser import Browser, csrf_of
from tests.chaos.stack import LEASE_SECONDS, Stack, add_beat, running, wait_for
from tests.chaos.workload import sample_texts

pytestmark = [pytest.mark.servers, pytest.mark.slow]

BODY, CHANNEL = "hmpps", "hmpps-careers"
SOON = LEASE_SECONDS + 40.0
VERIFIED = (
    "SELECT count(*) FROM moderation_enforcementaction a JOIN moderation_decision d ON d.id = a.decision_id"
    " WHERE d.case_id = %s AND a.status = 'verified'"
)
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
DECISIONS = "SELECT count(*) FROM moderation_decision WHERE case_id = %s"


@pytest.fixture(scope="module")
def stack(server_url: str) -> Iterator[Stack]:
    """One console for all points; each test has a comment of its own."""
    with running(server_url=server_url) as stack:
        wait_for(lambda: waiting(stack), SOON, "the first cases")
        yield stack


@pytest.fixture
def case(stack: Stack) -> str:
    """A case nobody has touched, once every part is back from the test before."""
    stack.wait_for_parts()
    stack.wait_for_web()
    return waiting(stack)[0]


def waiting(stack: Stack) -> list[str]:
    """Return the waiting cases of the channel."""
    rows = stack.rows(
        "SELECT c.id::text FROM moderation_case c JOIN platforms_channel h ON h.id = c.channel_id"
        " WHERE c.status = 'waiting' AND h.slug = %s AND c.claimed_by_id IS NULL ORDER BY c.id",
        CHANNEL,
    )
    return [key for (key,) in rows]


def decide(
    stack: Stack, case: str, outcome: str, *, key: str = "", patience: float = 30
) -> httpx2.Response:
    """Decide a case as an internal tool."""
    ruling = {"outcome": outcome, "reason": "Against the guideline.", "clause": "HMPPS-06"}
    if outcome == "reply":
        ruling["message"] = "Thank you for asking."
    return httpx2.post(
        f"{stack.console}/api/v1/cases/{case}/decision/",
        json=ruling,
        headers={
            "Authorization": f"Bearer {stack.tokens[BODY]}",
            "Idempotency-Key": key or uuid4().hex,
        },
        timeout=patience,
        trust_env=False,
    )


def misbehave(stack: Stack, act: str, kind: str, seconds: float = 0.0) -> None:
    """Have the platform go wrong once."""
    fault = {"act": act, "kind": kind, "times": 1, "seconds": seconds}
    answer = httpx2.put(f"{stack.sandbox}/api/faults", json={"faults": [fault]}, trust_env=False)
    assert answer.is_success


def effects(stack: Stack, act: str, case: str) -> int:
    """Count how often the platform really did something about the case's comment."""
    ((target,),) = stack.rows(
        "SELECT i.external_id FROM moderation_case c JOIN moderation_contentitem i ON i.id = c.content_item_id"
        " WHERE c.id = %s",
        case,
    )
    where = {"act": act, "target": target}
    answer = httpx2.get(f"{stack.sandbox}/api/effects", params=where, trust_env=False)
    return int(answer.json()["total"])


def kill_workers(stack: Stack) -> None:
    """Kill every process that could be delivering."""
    for name in ("worker-processes", "worker-threads"):
        for child in stack.parts[name].children():
            stack.kill(name, whom=child)
        stack.kill(name)


def status_of_delivery(stack: Stack, case: str) -> list[str]:
    """Return how the case's deliveries stand."""
    rows = stack.rows(
        "SELECT m.status FROM platforms_outboxmessage m JOIN moderation_enforcementaction a"
        " ON a.outbox_message_id = m.id JOIN moderation_decision d ON d.id = a.decision_id WHERE d.case_id = %s",
        case,
    )
    return [status for (status,) in rows]


@pytest.mark.parametrize(("outcome", "act"), [("reply", "reply"), ("delete", "delete")])
def test_worker_killed_between_the_effect_and_its_note(stack, case, outcome, act):
    misbehave(stack, act, "lose", seconds=2.5)  # done, and the answer does not come for a while
    assert decide(stack, case, outcome).status_code == 201
    wait_for(lambda: effects(stack, act, case), SOON, "the effect")

    kill_workers(stack)

    assert status_of_delivery(stack, case) == ["sending"]
    wait_for(lambda: stack.number(VERIFIED, case) == 1, SOON, "the look")
    assert effects(stack, act, case) == 1


def test_worker_killed_while_the_platform_is_still_at_it(stack, case):
    misbehave(stack, "reply", "slow", seconds=2.5)  # it is done after the worker is gone
    assert decide(stack, case, "reply").status_code == 201
    wait_for(lambda: status_of_delivery(stack, case) == ["sending"], SOON, "the delivery")
    time.sleep(0.5)

    kill_workers(stack)

    assert effects(stack, "reply", case) == 0
    wait_for(lambda: stack.number(VERIFIED, case) == 1, SOON, "the look")
    assert effects(stack, "reply", case) == 1


def test_platform_killed_before_it_answers(stack, case):
    misbehave(stack, "reply", "lose", seconds=2.5)
    assert decide(stack, case, "reply").status_code == 201
    wait_for(lambda: effects(stack, "reply", case), SOON, "the effect")

    stack.kill("sandbox", away=1.0)

    wait_for(lambda: stack.number(VERIFIED, case) == 1, SOON, "the look")
    assert effects(stack, "reply", case) == 1


def test_decision_is_answered_at_once_with_the_broker_dead(stack, case):
    stack.kill("redis", away=8.0)
    started = time.monotonic()

    answer = decide(stack, case, "hide")

    took = time.monotonic() - started
    assert (answer.status_code, took < 3) == (201, True), (
        f"{answer.status_code} after {took:.1f} s"
    )
    assert not stack.parts["redis"].is_running
    wait_for(lambda: stack.number(VERIFIED, case) == 1, SOON, "the action")
    assert effects(stack, "hide", case) == 1


def test_decision_is_answered_with_the_broker_frozen(stack, case):
    with frozen(stack, "redis"):
        started = time.monotonic()
        answer = decide(stack, case, "hide")
        took = time.monotonic() - started

    assert (answer.status_code, took < 10) == (201, True), (
        f"{answer.status_code} after {took:.1f} s"
    )
    wait_for(lambda: stack.number(VERIFIED, case) == 1, SOON, "the action")
    assert effects(stack, "hide", case) == 1


def test_pages_are_served_and_forms_taken_with_the_broker_dead(stack, case):
    person = next(each for each in stack.people() if each["role"] == "Supervisor")
    with Browser(stack.console, email=person["email"], password=person["password"]) as browser:
        stack.kill("redis", away=20.0)
        browser.sign_in()
        answers = [
            browser.client.get(path) for path in ("/", "/status/", "/channels/", f"/cases/{case}/")
        ]
        token = csrf_of(answers[-1].text)
        claimed = browser.post(f"/cases/{case}/claim/", token)

        assert not stack.parts["redis"].is_running
    assert [answer.status_code for answer in answers] == [200] * 4
    assert claimed.status_code == 302
    assert max(answer.elapsed.total_seconds() for answer in [*answers, claimed]) < 5


def test_comments_come_in_with_the_broker_killed_again_and_again(stack):
    post = stack.platform_rows("SELECT id FROM posts WHERE channel = ?", CHANNEL)[0]["id"]
    text = sample_texts()[BODY, True][0]
    written = set()
    for number in range(5):
        said = {
            "post": post,
            "text": f"{text} ({number})",
            "author": {"id": f"b{number}", "name": "Bo"},
        }
        answer = httpx2.post(f"{stack.sandbox}/api/visitors/comments", json=said, trust_env=False)
        written.add(answer.json()["id"])
        stack.kill("redis", away=0.5)
        time.sleep(1.5)

    kept = (
        "SELECT count(*) FROM moderation_case c JOIN moderation_contentitem i ON i.id = c.content_item_id"
        " WHERE i.external_id = ANY(%s)"
    )
    wait_for(lambda: stack.number(kept, list(written)) == 5, SOON, "their cases")


def test_web_killed_before_a_decision_is_in(stack, case):
    key = uuid4().hex
    with contextlib.closing(psycopg2.connect(stack.database_url)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM moderation_case WHERE id = %s FOR UPDATE", [case])
            asking = Asking(stack, case, key)
            wait_for(lambda: stack.number(BLOCKED), SOON, "the decision to wait for its case")
            kill_web(stack)
        connection.rollback()
    asking.join()

    assert asking.answer is None
    stack.wait_for_web()
    assert decide(stack, case, "hide", key=key).status_code in {200, 201}
    assert stack.number(DECISIONS, case) == 1
    wait_for(lambda: stack.number(VERIFIED, case) == 1, SOON, "the action")
    assert effects(stack, "hide", case) == 1


def test_web_killed_after_a_decision_is_in_and_before_its_answer(stack, case):
    key = uuid4().hex
    time.sleep(6)  # until nobody is silent about an earlier broken broker
    with frozen(stack, "redis"):  # the decision is in, and its bell keeps the answer back
        asking = Asking(stack, case, key)
        wait_for(lambda: stack.number(DECISIONS, case), SOON, "the decision")
        kill_web(stack)
    asking.join()

    assert asking.answer is None
    stack.wait_for_web()
    again = decide(stack, case, "hide", key=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert stack.number(DECISIONS, case) == 1
    wait_for(lambda: stack.number(VERIFIED, case) == 1, SOON, "the action")
    assert effects(stack, "hide", case) == 1


def test_two_schedulers_do_nothing_twice(stack, case):
    add_beat(stack, "second-beat")
    stack.kill("beat")
    assert decide(stack, case, "warn").status_code == 201

    wait_for(lambda: stack.number(VERIFIED, case) == 2, SOON, "both actions")
    time.sleep(11)  # until both have rung every bell once more

    assert (effects(stack, "hide", case), effects(stack, "warn", case)) == (1, 1)


class Asking:
    """A decision asked for in another thread, by somebody who may never hear."""

    def __init__(self, stack: Stack, case: str, key: str) -> None:
        self.answer: int | None = None
        self._thread = threading.Thread(target=self._ask, args=(stack, case, key))
        self._thread.start()

    def _ask(self, stack: Stack, case: str, key: str) -> None:
        with contextlib.suppress(httpx2.TransportError):
            self.answer = decide(stack, case, "hide", key=key).status_code

    def join(self) -> None:
        """Wait until it is over."""
        self._thread.join()


def kill_web(stack: Stack) -> None:
    """Kill the web server and every worker of it."""
    children = stack.parts["web"].children()
    stack.kill("web")
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


@contextlib.contextmanager
def frozen(stack: Stack, name: str) -> Iterator[None]:
    """Let a part hang: connections stand and nothing answers."""
    stack.wait_for_parts()
    process = stack.parts[name].process
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
