"""The demonstration's comments are credible: most are harmless, and every rule group has its day."""

from __future__ import annotations

import json
from itertools import chain

import pytest

from policies.engine import evaluate
from policies.engine.types import Subject
from tests.policies.packs.conftest import PACKS, PENALTIES, SEEDED

SEED = PACKS.parents[1] / "platforms" / "sandbox" / "seed"


def _comments(key):
    channels = json.loads((SEED / f"{key}.json").read_text(encoding="utf-8"))
    return [c for channel in channels for post in channel["posts"] for c in post["comments"]]


@pytest.mark.parametrize("key", SEEDED)
def test_replies_stand_under_an_earlier_comment_of_their_post(key):
    channels = json.loads((SEED / f"{key}.json").read_text(encoding="utf-8"))
    posts = list(chain.from_iterable(channel["posts"] for channel in channels))

    assert len(channels) == 2
    assert len(posts) >= 5
    for post in posts:
        ages = {comment["id"]: comment["minutes_ago"] for comment in post["comments"]}
        for comment in post["comments"]:
            assert comment["minutes_ago"] < ages.get(comment.get("parent"), post["minutes_ago"])


@pytest.mark.parametrize("key", SEEDED)
def test_about_a_third_is_penalised(compiled, key):
    comments = _comments(key)
    verdicts = [evaluate(Subject(text=comment["text"]), compiled[key]) for comment in comments]
    penalised = [v for v in verdicts if any(m.recommend in PENALTIES for m in v.matches)]

    assert len(comments) >= 140
    assert 0.25 <= len(penalised) / len(comments) <= 0.4


@pytest.mark.parametrize(
    ("key", "clauses"),
    [
        ("hmpps", {f"HMPPS-{number:02d}" for number in (2, *range(4, 12), 15, 16, 17, 18)}),
        ("ppo", {f"PPO-{number:02d}" for number in (2, 4, 5, 6, 7, 9, 10)}),
    ],
)
def test_every_clause_about_comments_is_met(compiled, key, clauses):
    met = {
        match.clause
        for comment in _comments(key)
        for match in evaluate(Subject(text=comment["text"]), compiled[key]).matches
    }

    assert clauses <= met
