"""Gather labelled examples from a data folder and from the templates, split once and for all."""

from __future__ import annotations

import csv
import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from policies.classifier.categories import CATEGORIES
from policies.classifier.text import prepare

TEMPLATES = Path(__file__).with_name("templates.yaml")
SPLITS = 10
"""One tenth of the examples is for development: calibration, thresholds, figures."""

NOISE = 0.12
"""The share of filled templates that is seen once more with a slip or a disguise in it."""

_DISGUISES = str.maketrans("aeios", "@310$")

_SELF_HARM = re.compile(r"suicid|kill (?:your|my|him|her)self|kys|hang|cutting|overdose|self.harm")
_LINK = re.compile(r"https?:|www\.|subscribe|\.com|click|bit\.ly")
_SLOT = re.compile(r"\{(\w+)\}")
_MAX_LENGTH = 300

Labels = dict[str, int]


@dataclass(frozen=True, slots=True)
class Example:
    """A text as the model reads it; a category without a label is not learnt from it."""

    text: str
    labels: Labels
    source: str
    is_development: bool


def is_development(key: str) -> bool:
    """Tell on which side of the split a text falls: the same for every run and machine."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % SPLITS == 0


def gather(data: Path) -> list[Example]:
    """Return every example, each text once, in an order that is always the same."""
    seen: set[str] = set()
    examples = []
    for source, limit, rows in _sources(data):
        kept = 0
        for text, labels, key in rows:
            if not text or len(text) > _MAX_LENGTH or text in seen:
                continue
            seen.add(text)
            examples.append(Example(text, labels, source, is_development(key)))
            kept += 1
            if kept == limit:
                break
    return examples


Rows = Iterator[tuple[str, Labels, str]]


def _sources(data: Path) -> Iterator[tuple[str, int, Rows]]:
    """Yield each set with the most examples to take from it.

    Large sets are cut so that none drowns the others, and so that training fits an hour of one
    core; the cut is by a hash of the text, not by its place in the file.
    """
    yield "templates", 20_000, _templates()
    yield "emoji hate", 5_400, _from(data, "hmbuild_train.csv", _emoji)
    yield "emoji hate", 600, _from(data, "hmbuild_validation.csv", _emoji)
    yield "sexism, hateful", 2_400, _from(data, "edos.csv", _sexist)
    yield "sexism, not", 1_600, _from(data, "edos.csv", _not_sexist)
    yield "tweets, hate", 1_200, _from(data, "davidson.csv", _tweet("0"))
    yield "tweets, offensive", 900, _from(data, "davidson.csv", _tweet("1"))
    yield "tweets, neither", 1_200, _from(data, "davidson.csv", _tweet("2"))
    yield "misogyny", 600, _from(data, "guest.csv", _misogyny)
    yield "news comments, toxic spans", 1_600, _spans(data)
    yield "news comments, hate", 700, _fox(data)
    yield "talk pages", 600, _from(data, "cat_gn.csv", _talk)
    yield "conversation", 900, _from(data, "convabuse_train.csv", _conversation)
    yield "conversation", 300, _from(data, "convabuse_valid.csv", _conversation)
    for name in ("Youtube01-Psy.csv", "Youtube02-KatyPerry.csv", "Youtube03-LMFAO.csv"):
        yield "video comments", 1_000, _from(data, name, _video)
    yield "short messages", 1_000, _messages(data)


Reader = Callable[[dict[str, str]], tuple[str, Labels] | None]


def _from(data: Path, name: str, read: Reader) -> Rows:
    with (data / name).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = [pair for row in csv.DictReader(file) if (pair := read(row)) is not None]
    yield from _finished(rows)


def _finished(rows: list[tuple[str, Labels]]) -> Rows:
    prepared = [(prepare(text), labels) for text, labels in rows]
    prepared.sort(key=lambda row: hashlib.sha256(row[0].encode()).digest())
    for text, labels in prepared:
        yield text, _with_assumed(text, labels), text


def _with_assumed(text: str, labels: Labels) -> Labels:
    """Add what no set labels but what is safe to assume of its ordinary texts."""
    assumed = dict(labels)
    if not _SELF_HARM.search(text):
        assumed.setdefault("self_harm", 0)
    if not _LINK.search(text):
        assumed.setdefault("spam", 0)
    return assumed


def _emoji(row: dict[str, str]) -> tuple[str, Labels] | None:
    hateful = int(row["label_gold"])
    labels = {"hate": hateful, "threat": int(row["type"] == "threateninglanguage")}
    if hateful:
        labels["abuse"] = 1
    return row["text"], labels


def _sexist(row: dict[str, str]) -> tuple[str, Labels] | None:
    kind = row["label_category"][:1]
    if kind not in {"1", "2", "4"}:
        return None
    labels = {"hate": 1, "threat": int(kind == "1")}
    if row["label_vector"].startswith(("1.", "2.2")):
        labels["abuse"] = 1
    return row["text"], labels


def _not_sexist(row: dict[str, str]) -> tuple[str, Labels] | None:
    if row["label_sexist"] != "not sexist":
        return None
    return row["text"], {"hate": 0}


def _tweet(wanted: str) -> Reader:
    labels: Labels = {
        "0": {"hate": 1, "abuse": 1},
        "1": {"hate": 0},
        "2": dict.fromkeys(("hate", "abuse", "threat", "sexual"), 0),
    }[wanted]

    def read(row: dict[str, str]) -> tuple[str, Labels] | None:
        return (row["tweet"].lstrip('!" '), labels) if row["class"] == wanted else None

    return read


def _misogyny(row: dict[str, str]) -> tuple[str, Labels] | None:
    if row["level_1"] == "Misogynistic":
        if row["level_2"] == "Misogynistic_pejorative":
            return row["body"], {"abuse": 1}
        return row["body"], {"hate": 1}
    if row["level_2"] == "Nonmisogynistic_personal_attack":
        return row["body"], {"abuse": 1, "hate": 0}
    return row["body"], {"hate": 0}


def _talk(row: dict[str, str]) -> tuple[str, Labels] | None:
    if row["label"] == "1":
        return row["text"], {"abuse": 1}
    if float(row["api"] or 1) < 0.2:
        return row["text"], dict.fromkeys(("abuse", "hate", "threat", "sexual"), 0)
    return None


def _conversation(row: dict[str, str]) -> tuple[str, Labels] | None:
    def votes(suffix: str) -> float:
        # An annotator who judged twice is written as "0, 1".
        cast = [
            float(vote)
            for key, value in row.items()
            if key.partition("_")[2] == suffix
            for vote in value.split(",")
            if vote.strip()
        ]
        return sum(cast) / len(cast) if cast else 0.0

    abusive = votes("is_abuse.-1") + votes("is_abuse.-2") + votes("is_abuse.-3")
    labels = {"sexual": int(votes("sex_harassment") > 0.5)}
    if abusive >= 0.6:
        labels["abuse"] = 1
    elif abusive <= 0.1:
        labels |= {"abuse": 0, "threat": 0, "hate": 0}
    return row["user"], labels


def _video(row: dict[str, str]) -> tuple[str, Labels] | None:
    return row["CONTENT"], {"spam": int(row["CLASS"]), "threat": 0}


def _messages(data: Path) -> Rows:
    with (data / "sms.tsv").open(encoding="utf-8", newline="") as file:
        rows = [line.rstrip("\n").split("\t", 1) for line in file]
    yield from _finished(
        [(row[1], {"spam": int(row[0] == "spam"), "hate": 0}) for row in rows if len(row) == 2]
    )


def _fox(data: Path) -> Rows:
    with (data / "fox.json").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    yield from _finished([(row["text"], {"hate": int(row["label"])}) for row in rows])


def _spans(data: Path) -> Rows:
    """Read comments with toxic spans: a type counts where half of the annotators marked it."""
    with (data / "tspans_ann.csv").open(encoding="utf-8", newline="") as file:
        comment_of = {row["annotation"]: row["comment_id"] for row in csv.DictReader(file)}
    marks: dict[str, dict[str, set[str]]] = {}
    voters: dict[str, set[str]] = {}
    for annotation, comment in comment_of.items():
        voters.setdefault(comment, set()).add(annotation)
    with (data / "tspans_spans.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            comment = comment_of.get(row["annotation"], "")
            marks.setdefault(comment, {}).setdefault(row["type"], set()).add(row["annotation"])
    rows = []
    with (data / "tspans_comments.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            comment = row["comment_id"]
            if comment not in voters:
                continue
            share = {
                kind: len(who) / len(voters[comment])
                for kind, who in marks.get(comment, {}).items()
            }
            labels = _span_labels(share)
            if labels:
                rows.append((row["comment_text"], labels))
    yield from _finished(rows)


def _span_labels(share: dict[str, float]) -> Labels:
    labels: Labels = {}
    for category, kind in (
        ("abuse", "Insult"),
        ("hate", "Identity based Attack"),
        ("threat", "Threat"),
    ):
        if share.get(kind, 0) >= 0.5:
            labels[category] = 1
        elif share.get(kind, 0) == 0:
            labels[category] = 0
    if not share:
        labels["sexual"] = 0
    return labels


def _templates() -> Rows:
    """Fill the templates. A line falls on one side of the split with all that it becomes."""
    book = yaml.safe_load(TEMPLATES.read_text(encoding="utf-8"))
    for family in book["families"]:
        slots = {**book["slots"], **family.get("slots", {})}
        masked = set(family.get("mask", ()))
        labels = {name: 0 for name in CATEGORIES if name not in masked} | family["labels"]
        for line in family["lines"]:
            # Seeded by the line itself: adding a line changes nothing about the others.
            chance = random.Random(line)
            draws = book["times"] * family["per_line"]
            for text in {_said(_fill(line, slots, chance), book, chance): 0 for _ in range(draws)}:
                yield prepare(text), labels, line
                if chance.random() < NOISE:
                    yield prepare(_misspelt(text, chance)), labels, line


def _said(line: str, book: dict[str, list[str]], chance: random.Random) -> str:
    """Return the line as people write: with something before or after it, or nothing."""
    before = chance.choice(book["before"]) if chance.random() < 0.3 else ""
    after = chance.choice(book["after"]) if chance.random() < 0.3 else ""
    return f"{before} {line} {after}".strip()


def _fill(line: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    return _SLOT.sub(lambda match: _fill(chance.choice(slots[match[1]]), slots, chance), line)


def _misspelt(text: str, chance: random.Random) -> str:
    """Return the text with one of its longer words misspelt or disguised."""
    words = text.split(" ")
    longer = [number for number, word in enumerate(words) if len(word) > 3]
    if not longer:
        return text
    number = chance.choice(longer)
    word = words[number]
    at = chance.randrange(1, len(word) - 1)
    words[number] = chance.choice(
        (
            word[:at] + word[at + 1 :],
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word.translate(_DISGUISES),
        )
    )
    return " ".join(words)
