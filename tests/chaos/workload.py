"""What people do meanwhile: visitors write and edit, moderators decide and take back, a platform falters."""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

import httpx2
import yaml

from tests.chaos.stack import BODIES, ROOT, SLOWEST_ANSWER, Stack

PATIENCE = httpx2.Timeout(30.0, connect=3.0)
OUTCOMES = {
    "hide": 30, "warn": 20, "reply": 15, "block": 8, "report": 10, "delete": 8, "no_breach": 6, "no_reply": 3,
}  # fmt: skip
TAKEN_BACK = 0.25
EDITED = 0.2
GOES_WRONG = ("error", "throttle", "down", "slow", "lose")
WRITES = ("hide", "unhide", "delete", "block", "unblock", "reply", "warn", "report")


@dataclass
class Account:
    """What was acknowledged to whom. Only what the console answered counts."""

    decisions: dict[str, str] = field(default_factory=dict)
    reversals: dict[str, str] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    unexpected: list[str] = field(default_factory=list)
    in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str, number: int = 1) -> None:
        """Note that something happened."""
        with self.lock:
            self.happened[what] += number

    def note(self, took: float) -> None:
        """Note how long an answered call took."""
        with self.lock:
            self.slowest = max(self.slowest, took)


class Crowd:
    """All these people, in threads, until they are told to go home."""

    def __init__(self, stack: Stack, *, seed: int, comments: int, seconds: float) -> None:
        self.stack = stack
        self.comments = comments
        self.seconds = seconds
        self.account = Account()
        self.written = 0
        self._chance = random.Random(seed)
        self._home = threading.Event()
        self._calm = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Let everybody begin."""
        self._run(self._visit)
        self._run(self._falter)
        for body in BODIES:
            for _ in range(2):
                seed = self._chance.random()
                self._run(lambda body=body, seed=seed: self._moderate(body, seed))

    def calm_down(self) -> None:
        """Let the platform behave; visitors have said what they had to say."""
        self._calm.set()
        self._retried(lambda: self._put_faults([]))

    def go_home(self) -> None:
        """Let everybody finish what they are at."""
        self._home.set()
        for thread in self._threads:
            thread.join(timeout=60)

    @property
    def has_written(self) -> bool:
        """Whether the visitors are done."""
        return self.written >= self.comments

    def _run(self, act: Callable[[], None]) -> None:
        thread = threading.Thread(target=act, daemon=True)
        thread.start()
        self._threads.append(thread)

    # Visitors

    def _visit(self) -> None:
        """Write comments over the time there is, and change some of them soon after."""
        chance = random.Random(self._chance.random())
        posts = self.stack.platform_rows("SELECT id, channel FROM posts")
        texts = sample_texts()
        standing: list[str] = []
        pause = self.seconds / max(self.comments, 1)
        with httpx2.Client(
            base_url=self.stack.sandbox, timeout=PATIENCE, trust_env=False
        ) as client:
            for number in itertools.count(1):
                if self.written >= self.comments or self._home.is_set():
                    return
                post = chance.choice(posts)
                body = post["channel"].partition("-")[0]
                flagged = chance.random() < 0.6
                text = f"{chance.choice(texts[body, flagged])} ({number})"
                # Few authors write often, so that warnings, blocks and repetition happen too.
                author = (
                    f"v{chance.randrange(self.comments)}"
                    if chance.random() < 0.7
                    else f"often{number % 7}"
                )
                said = {
                    "post": post["id"],
                    "text": text,
                    "author": {"id": author, "name": f"Visitor {author}"},
                }
                answer = self._try(
                    lambda said=said: client.post("/api/visitors/comments", json=said)
                )
                if answer is not None and answer.is_success:
                    standing.append(answer.json()["id"])
                    self.written += 1
                    self.account.count("comments written")
                elif answer is not None and answer.status_code == 403:
                    self.account.count("comments refused to the blocked")
                if standing and chance.random() < EDITED:
                    flagged = chance.random() < 0.5
                    text = f"{chance.choice(texts[body, flagged])} (edited {number})"
                    path = f"/api/visitors/comments/{chance.choice(standing[-30:])}"
                    answer = self._try(lambda p=path, t=text: client.patch(p, json={"text": t}))
                    if answer is not None and answer.is_success:
                        self.account.count("comments edited")
                self._home.wait(pause * chance.uniform(0.2, 1.5))

    def _try(self, call: Callable[[], httpx2.Response]) -> httpx2.Response | None:
        try:
            return call()
        except httpx2.TransportError:
            self._home.wait(0.3)
            return None

    # Moderators: tools that repeat a submission under its key until they know what became of it

    def _moderate(self, body: str, seed: float) -> None:
        chance = random.Random(seed)
        headers = {"Authorization": f"Bearer {self.stack.tokens[body]}"}
        clauses: list[dict[str, Any]] = []
        mine: list[str] = []
        with httpx2.Client(
            base_url=f"{self.stack.console}/api/v1/",
            headers=headers,
            timeout=PATIENCE,
            trust_env=False,
        ) as client:
            while not self._home.is_set():
                if not clauses:
                    answer = self._asked(lambda: client.get("clauses/"))
                    clauses = answer.json()["results"] if answer is not None else []
                    continue
                waiting = self._asked(lambda: client.get("cases/", params={"status": "waiting"}))
                cases = waiting.json()["results"] if waiting is not None else []
                if mine and chance.random() < TAKEN_BACK / (1 + 2 * bool(cases)):
                    self._take_back(client, mine.pop(chance.randrange(len(mine))))
                if not cases:
                    self._home.wait(0.5)
                    continue
                ruling = _ruling(chance, chance.choice(cases), clauses)
                made = self._decide(client, ruling)
                if made is not None and chance.random() < TAKEN_BACK:
                    mine.append(made)
                self._home.wait(chance.uniform(0.0, 0.4))

    def _decide(self, client: httpx2.Client, ruling: dict[str, Any]) -> str | None:
        case = ruling.pop("case")
        answer = self._submitted(client, f"cases/{case}/decision/", ruling)
        if answer is None or not answer.is_success:
            return None
        made = answer.json()
        with self.account.lock:
            self.account.decisions[made["id"]] = case
        self.account.count(f"decided: {ruling['outcome']}")
        return made["id"]

    def _take_back(self, client: httpx2.Client, decision: str) -> None:
        reason = {"reason": "Taken back: it was said of nobody in particular."}
        answer = self._submitted(client, f"decisions/{decision}/reversal/", reason)
        if answer is not None and answer.is_success:
            with self.account.lock:
                self.account.reversals[answer.json()["id"]] = decision
            self.account.count("decisions reversed")

    def _submitted(
        self, client: httpx2.Client, path: str, body: dict[str, Any]
    ) -> httpx2.Response | None:
        """Send until an answer says what became of it: done, or refused."""
        key = {"Idempotency-Key": uuid4().hex}
        began = time.monotonic()
        while time.monotonic() - began < 240:
            started = time.monotonic()
            try:
                with self.account.lock:
                    self.account.in_flight += 1
                answer = client.post(path, json=body, headers=key)
            except httpx2.TransportError:
                self.account.count("answers lost by the console's clients")
                time.sleep(0.3)
                continue
            finally:
                with self.account.lock:
                    self.account.in_flight -= 1
            if answer.status_code < 500:
                self.account.note(time.monotonic() - started)
                if answer.headers.get("Idempotency-Replayed"):
                    self.account.count("repeated submissions recognised")
                if answer.status_code not in {200, 201, 409, 422}:
                    self.account.unexpected.append(
                        f"{answer.status_code} {path} {answer.text[:200]}"
                    )
                elif not answer.is_success:
                    self.account.count(f"refused: {answer.json().get('code', answer.status_code)}")
                return answer
            self.account.count(f"answers {answer.status_code}")
            time.sleep(0.3)
        self.account.unexpected.append(f"no answer for four minutes: {path}")
        return None

    def _asked(self, call: Callable[[], httpx2.Response]) -> httpx2.Response | None:
        started = time.monotonic()
        answer = self._try(call)
        if answer is not None and answer.is_success:
            self.account.note(time.monotonic() - started)
            return answer
        self._home.wait(0.3)
        return None

    # The platform

    def _falter(self) -> None:
        """Lose answers, break, throttle and be slow, now here, now there."""
        chance = random.Random(self._chance.random())
        while not self._calm.wait(chance.uniform(1.0, 4.0)):
            kind = chance.choice(GOES_WRONG)
            act = chance.choice((*WRITES, *WRITES, "look", "fetch"))
            times = 1 if act in {"look", "fetch"} else chance.choice((1, 1, 2))
            seconds = 1 if kind == "throttle" else chance.uniform(0.2, SLOWEST_ANSWER)
            fault = {"act": act, "kind": kind, "times": times, "seconds": seconds}
            if self._try(lambda fault=fault: self._put_faults([fault])) is not None:
                self.account.count(f"faults: {kind}")

    def _put_faults(self, faults: list[dict[str, Any]]) -> httpx2.Response:
        url = f"{self.stack.sandbox}/api/faults"
        return httpx2.put(url, json={"faults": faults}, timeout=PATIENCE, trust_env=False)

    def _retried(self, call: Callable[[], httpx2.Response]) -> None:
        while self._try(call) is None:
            time.sleep(0.2)


def _ruling(
    chance: random.Random, case: dict[str, Any], clauses: list[dict[str, Any]]
) -> dict[str, Any]:
    (outcome,) = chance.choices(list(OUTCOMES), list(OUTCOMES.values()))
    clause = case["clause"] or chance.choice(clauses)["reference"]
    if outcome == "block":
        strict = [entry["reference"] for entry in clauses if entry["zero_tolerance"]]
        outcome, clause = ("block", strict[0]) if strict else ("hide", clause)
    ruling = {
        "case": case["id"],
        "outcome": outcome,
        "reason": "It goes against the guideline named here.",
        "seen_revision": case["revision"],
    }
    if outcome not in {"no_breach", "no_reply", "reply"}:
        ruling["clause"] = clause
    if outcome == "reply":
        ruling["message"] = f"Thank you for asking. Somebody will look into {case['id']}."
    return ruling


@cache
def sample_texts() -> dict[tuple[str, bool], list[str]]:
    """Return what a body's visitors say, flagged and not: the examples of its policy pack."""
    texts: dict[tuple[str, bool], list[str]] = {}
    for body in BODIES:
        path = ROOT / "policies" / "packs" / f"{body}.yaml"
        rules = yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
        for flagged, name in ((True, "match"), (False, "no_match")):
            found = [text for rule in rules for text in rule.get("examples", {}).get(name, [])]
            texts[body, flagged] = [text for text in found if isinstance(text, str)]
    return texts
