"""Measure detection: python -m tests.benchmarks.detection [--data FOLDER] [--own FILE.csv ...].

For rules alone, and for rules with the model where it is installed: recall and false positives by
category on the development sets in a folder, on the suites beside this file, on the disguises and
on the set of criticism, each with its 95 % Wilson interval and its number of items. The folder's
sets are never part of the repository; where it is absent the others are measured all the same.
Sets of your own are CSV files with the columns text, breach (1 or 0) and clause (may be empty).
See docs/how-to/measure-detection.md.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from policies.classifier import CATEGORIES, Classifier, Scores, load
from policies.classifier.model import DEFAULT_FILE
from policies.engine import CompiledRuleSet, compile_rule_set, evaluate
from policies.engine.types import Match, Outcome, Subject, Verdict
from tests.benchmarks.disguises import FREE_OF_OTHERS, KINDS

ROOT = Path(__file__).resolve().parents[2]
SUITES = Path(__file__).with_name("suites")
PUNITIVE = frozenset({Outcome.HIDE, Outcome.DELETE, Outcome.WARN, Outcome.BLOCK, Outcome.REPORT})
ACTED_ON = PUNITIVE | {Outcome.ESCALATE}
GROUPS = {
    "abuse": {
        "personally-abusive", "disrespectful", "personal-attack", "profane", "harassing",
        "inflammatory", "defamatory", "obscene", "discriminatory", "hateful", "threatening",
    },
    "hate": {"discriminatory", "hateful"},
    "threat": {"threatening"},
    "sexual": {"obscene", "harassing"},
    "self_harm": {"self-harm"},
    "spam": {"advertising", "spam"},
}  # fmt: skip
"""Which of the HMPPS pack's groups answer for a category of the labelled sets."""

CLAUSES = {
    "abuse": "HMPPS-05/07", "hate": "HMPPS-04/05", "threat": "HMPPS-05", "sexual": "HMPPS-05",
    "self_harm": "HMPPS-09", "spam": "HMPPS-10/11",
}  # fmt: skip
PAIRS = 400
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Judge:
    """One way of judging: the rules with or without the model's scores."""

    name: str
    compiled: CompiledRuleSet
    model: Classifier | None

    def verdict(self, text: str) -> Verdict:
        """Return the rules' verdict, with the scores where there is a model."""
        signals = _signals(self.model, text) if self.model else {}
        return evaluate(Subject(text, signals=signals), self.compiled)

    def matches(self, text: str) -> tuple[Match, ...]:
        """Return what recommends to act on the text."""
        return tuple(m for m in self.verdict(text).matches if m.recommend in ACTED_ON)

    def is_punished(self, text: str) -> bool:
        """Tell whether any rule recommends a penalty."""
        return any(m.recommend in PUNITIVE for m in self.verdict(text).matches)


_SCORES: dict[str, Scores] = {}


def _scores(model: Classifier, text: str) -> Scores:
    if text not in _SCORES:
        (_SCORES[text],) = model.score([text])
    return _SCORES[text]


def _signals(model: Classifier, text: str) -> dict[str, float]:
    return {score.id: score.value for score in _scores(model, text).values()}


def main() -> None:
    """Print every table."""
    options = _options()
    compiled = compile_rule_set(
        yaml.safe_load((ROOT / "policies" / "packs" / options.pack).read_text(encoding="utf-8"))
    )
    model = load(options.model)
    judges = [Judge("rules alone", compiled, None)]
    if model is None:
        print(f"No model at {options.model} (or onnxruntime is not installed): rules alone.\n")
    else:
        print(f"Model {model.version}, thresholds (review, priority): {dict(model.thresholds)}\n")
        judges.append(Judge("rules + model", compiled, model))
    for path in options.own:
        _own(path, judges)
    _suite(judges)
    _self_harm(judges)
    _criticism(judges)
    _identity(judges)
    _disguises()
    _development(options.data, judges, options.most)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument(
        "--own", type=Path, nargs="*", default=[], help="CSV: text, breach, clause"
    )
    parser.add_argument("--pack", default="hmpps.yaml", help="the pack to measure")
    parser.add_argument("--model", type=Path, default=DEFAULT_FILE)
    parser.add_argument("--most", type=int, default=0, help="most items of a set; 0 for all")
    return parser.parse_args()


# Figures.


def interval(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share."""
    if not of:
        return 0.0, 1.0
    z, p = 1.96, hits / of
    centre = (p + z * z / (2 * of)) / (1 + z * z / of)
    spread = z / (1 + z * z / of) * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return max(0.0, centre - spread), min(1.0, centre + spread)


def share(hits: int, of: int) -> str:
    """Return a share with its interval and number of items."""
    if not of:
        return "none".center(30)
    low, high = interval(hits, of)
    return f"{hits / of:6.1%} ({low:5.1%} to {high:5.1%}) {of:>6,}"


def _row(label: str, cells: Iterable[str]) -> None:
    print(f"{label:<34}" + "  ".join(cells))


def _head(title: str, judges: Sequence[Judge], what: str) -> None:
    print(f"{title}\n{what:<34}" + "  ".join(f"{judge.name:^31}" for judge in judges))


def _count(texts: Sequence[str], held: Callable[[str], bool]) -> str:
    return share(sum(map(held, texts)), len(texts))


# Sets.


def filled(book: dict, line: str, each: int) -> list[str]:
    """Return a line filled in different ways, the same every time."""
    chance = random.Random(line)
    slots = book["slots"]

    def fill(text: str) -> str:
        return _SLOT.sub(lambda match: chance.choice(slots[match[1]]), text)

    return list(dict.fromkeys(fill(line) for _ in range(each)))


def _book(name: str) -> dict:
    return yaml.safe_load((SUITES / name).read_text(encoding="utf-8"))


def _suite(judges: Sequence[Judge]) -> None:
    book = _book("uk.yaml")
    totals: dict[bool, list[str]] = defaultdict(list)
    _head("UK suite", judges, "recall, by clause")
    for breach in (True, False):
        if not breach:
            _head("UK traps", judges, "false positives, by kind")
        for family in book["families"]:
            if family["breach"] is not breach:
                continue
            texts = [t for line in family["lines"] for t in filled(book, line, book["each"])]
            totals[breach] += texts
            label = f"{family['name']} {family.get('clause', '')}"
            _row(label, (_count(texts, _held(judge, breach)) for judge in judges))
        _row("all", (_count(totals[breach], _held(judge, breach)) for judge in judges))
        print()


def _held(judge: Judge, breach: bool) -> Callable[[str], bool]:
    return (lambda text: bool(judge.matches(text))) if breach else judge.is_punished


def _self_harm(judges: Sequence[Judge]) -> None:
    book = _book("self-harm.yaml")
    _head("Self-harm: detail or urging, against mention (HMPPS-09)", judges, "")
    for column, label in ((0, "detail found"), (1, "mention punished")):
        texts = [t for pair in book["pairs"] for t in filled(book, pair[column], book["each"])]
        _row(label, (_count(texts, _held(judge, column == 0)) for judge in judges))
    print()


def _criticism(judges: Sequence[Judge]) -> None:
    book = yaml.safe_load((ROOT / "policies/packs/criticism.yaml").read_text(encoding="utf-8"))
    _head("Criticism set", judges, "false positives, by kind")
    for kind, texts in book["sentences"].items():
        _row(kind, (_count(texts, judge.is_punished) for judge in judges))
    everything = [text for texts in book["sentences"].values() for text in texts]
    _row("all", (_count(everything, judge.is_punished) for judge in judges))
    print()


def _identity(judges: Sequence[Judge]) -> None:
    book = _book("identity.yaml")
    _head("Neutral sentences about groups", judges, "false positives")
    texts = {
        term: [sentence.format(term=term) for sentence in book["sentences"]]
        for term in book["terms"]
    }
    everything = [text for several in texts.values() for text in several]
    _row("all", (_count(everything, judge.is_punished) for judge in judges))
    worst = []
    for judge in judges:
        counts = {term: sum(map(judge.is_punished, several)) for term, several in texts.items()}
        term = max(counts, key=counts.__getitem__)
        worst.append(f"{counts[term] / len(book['sentences']):6.1%} ({term})".ljust(31))
    _row("the worst single term", worst)
    print()


def _disguises() -> None:
    book = _book("disguises.yaml")
    judge = Judge("rules", compile_rule_set(_a_list_of(book["terms"])), None)
    print(f"Disguised terms of one word list\n{'kind':<34}{'terms found':^31}  clean words hit")

    def measure(steps: Sequence[str], chance: random.Random) -> tuple[int, int, int, int]:
        found = clean = 0
        for words, is_term in ((book["terms"], True), (book["clean"], False)):
            for word in words:
                disguised = word
                for step in steps:
                    disguised = KINDS[step](disguised, chance)
                text = chance.choice(book["carriers"]).format(term=disguised)
                hit = bool(judge.matches(text))
                found += hit and is_term
                clean += hit and not is_term
        return found, len(book["terms"]), clean, len(book["clean"])

    totals = [0, 0, 0, 0]
    plain = measure([], random.Random(0))
    print(f"{'none':<34}{share(*plain[:2])}  {share(*plain[2:])}")
    for kind in KINDS:
        chance = random.Random(kind)
        counts = [
            sum(column)
            for column in zip(*(measure([kind], chance) for _ in range(4)), strict=True)
        ]
        totals = [a + b for a, b in zip(totals, counts, strict=True)]
        print(f"{kind:<34}{share(*counts[:2])}  {share(*counts[2:])}")
    print(f"{'one step, all':<34}{share(*totals[:2])}  {share(*totals[2:])}")
    chance = random.Random("pairs")
    totals = [0, 0, 0, 0]
    pairs = [(a, b) for a in KINDS if a not in FREE_OF_OTHERS for b in KINDS if a != b]
    for pair in chance.sample(pairs, min(PAIRS, len(pairs))):
        totals = [a + b for a, b in zip(totals, measure(pair, chance), strict=True)]
    print(f"{'two steps, all':<34}{share(*totals[:2])}  {share(*totals[2:])}\n")


def _a_list_of(terms: Sequence[str]) -> dict:
    """Return a rule set that looks for the terms and for nothing else about a text."""
    rule = {
        "key": "listed", "name": "Listed", "group": "g", "clause": "M-1", "because": "It is listed.",
        "severity": "low", "recommend": "hide", "when": {"words": {"list": "l"}},
    }  # fmt: skip
    return {
        "schema": 1, "key": "measured", "title": "Measured", "version": "1",
        "clauses": [{"id": "M-1", "title": "Measured"}], "groups": {"g": {"title": "Measured"}},
        "lists": {"l": {"title": "Terms", "terms": list(terms)}}, "patterns": {}, "rules": [rule],
    }  # fmt: skip


def _own(path: Path, judges: Sequence[Judge]) -> None:
    if not path.is_file():
        sys.exit(f"There is no file {path}.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames is None or not {"text", "breach"} <= set(reader.fieldnames):
            sys.exit(f"{path}: the first line should name the columns text, breach and clause.")
        rows = [(row["text"], row["breach"].strip(), row.get("clause") or "") for row in reader]
    wrong = [number for number, row in enumerate(rows, start=2) if row[1] not in {"0", "1"}]
    if wrong:
        sys.exit(f"{path}, row {wrong[0]}: breach should be 1 or 0.")
    _head(f"Your own set {path.name}", judges, "recall, by clause")
    by_clause: dict[str, list[str]] = defaultdict(list)
    for text, breach, clause in rows:
        if breach == "1":
            by_clause[clause or "(no clause)"].append(text)
    for clause, texts in sorted(by_clause.items()):
        _row(clause, (_count(texts, _held(judge, True)) for judge in judges))
    bad = [text for texts in by_clause.values() for text in texts]
    fine = [text for text, breach, _ in rows if breach == "0"]
    _row("all", (_count(bad, _held(judge, True)) for judge in judges))
    _row("false positives", (_count(fine, _held(judge, False)) for judge in judges))
    print()


def _development(data: Path, judges: Sequence[Judge], most: int) -> None:
    if not data.is_dir():
        print(f"There is no folder {data}: the development sets are not measured.")
        return
    from training.examples import gather

    examples = [e for e in gather(data) if e.is_development and e.source != "templates"]
    random.Random(5).shuffle(examples)
    examples = examples[: most or None]
    print(
        f"Development sets in {data}: the tenth that training never saw, {len(examples):,} items"
    )
    for category in CATEGORIES:
        _head(f"{category} ({CLAUSES[category]})", judges, "")
        sides = {
            side: [e.text for e in examples if e.labels.get(category) == side] for side in (1, 0)
        }
        for side, label in ((1, "recall"), (0, "false positives")):
            _row(label, (_count(sides[side], _in(judge, category)) for judge in judges))
        model = judges[-1].model
        if model is not None:
            for number, name in enumerate(("review", "priority")):
                threshold = model.thresholds[category][number]
                cells = (_count(sides[side], _at(model, category, threshold)) for side in (1, 0))
                _row(f"model alone, {name} (recall, false)", cells)
    print()


def _in(judge: Judge, category: str) -> Callable[[str], bool]:
    return lambda text: any(m.group in GROUPS[category] for m in judge.matches(text))


def _at(model: Classifier, category: str, threshold: float) -> Callable[[str], bool]:
    return lambda text: _scores(model, text)[category].value >= threshold


if __name__ == "__main__":
    main()
