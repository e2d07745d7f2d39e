"""Measure the rule engine against the cost of its bare scans, in one run.

    python -m tests.benchmarks.engine [--comments PATH.csv] [--column tweet] [--number 20000]

Without a file of comments, invented ones are generated. Absolute figures describe one machine on
one day; the ratios are what to compare.
"""

from __future__ import annotations

import argparse
import csv
import gc
import random
import re
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import ahocorasick_rs
import re2

from policies.engine import compile_rule_set, evaluate, evaluate_many
from policies.engine.text import fold
from policies.engine.types import Subject

ROUNDS = 5
LISTS = 100
"""Word lists to share the terms between, so that two or three rules ask for each."""

SIZES = ((100, 0, 50), (1_000, 0, 100), (5_000, 0, 300), (5_000, 50, 300), (5_000, 500, 300))
"""Terms, patterns and rules of the sets to measure."""

DOUBLE = re.compile(r"(.)\1+")
WORD = re.compile(r"[a-z]{3,}")


def main() -> None:
    """Print every table."""
    options = _options()
    texts = _comments(options.comments, options.column, options.number)
    print(f"{len(texts):,} comments, mean {statistics.mean(map(len, texts)):.0f} characters\n")
    frequency = Counter(word for text in texts for word in WORD.findall(text.lower()))
    vocabulary = Vocabulary(frequency)
    _compiling(vocabulary, texts)
    _whole(texts, vocabulary)
    _growth(texts, vocabulary)
    _against_alternation(texts, vocabulary)
    _length(vocabulary)
    _hostile(vocabulary)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comments", type=Path, help="a CSV file with one comment per row")
    parser.add_argument("--column", default="tweet", help="its column of text")
    parser.add_argument("--number", type=int, default=20_000, help="most comments to use")
    return parser.parse_args()


def _comments(path: Path | None, column: str, number: int) -> list[str]:
    if path is None:
        print("No --comments file given: judging generated text.")
        return _generated(number)
    if not path.exists():
        sys.exit(f"There is no file {path}.")
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        texts = [row[column] for row in rows if row.get(column)]
    random.Random(1).shuffle(texts)
    return texts[:number]


def _generated(number: int) -> list[str]:
    """Return invented comments with the length and the liveliness of real ones."""
    rng = random.Random(1)
    syllables = [a + b + c for a in "bcdfglmnprst" for b in "aeiou" for c in ("", "n", "r", "st")]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(15_000)]
    weights = [1 / (rank + 5) for rank in range(len(words))]
    extras = ["@someone", "#topic", "https://example.org/a1b2", "sooooo", "&amp;", "5pm!", "£500"]
    texts = []
    for _ in range(number):
        parts = rng.choices(words, weights, k=max(2, int(rng.gauss(14, 6))))
        if rng.random() < 0.6:
            parts.insert(rng.randrange(len(parts)), rng.choice(extras))
        if rng.random() < 0.2:
            parts.append(rng.choice(["\U0001f602", "caf\u00e9", "don\u2019t", "\u201cyes\u201d"]))
        texts.append(" ".join(parts).capitalize())
    return texts


class Vocabulary:
    """Terms and patterns that hit about as often as those of a real policy do."""

    def __init__(self, frequency: Counter[str]) -> None:
        rng = random.Random(2)
        total = sum(frequency.values())
        self.common = [word for word, _ in frequency.most_common(300)]
        rare = [
            word
            for word, count in frequency.items()
            # "yesss" and "soo" are rare words too, but on no policy's list.
            if count <= max(3, total / 150_000) and frequency[DOUBLE.sub(r"\1", word)] <= count
        ]
        rng.shuffle(rare)
        phrases = [" ".join(rng.sample(rare, 2)) for _ in range(20_000)]
        made_up = [a + b for a, b in zip(rare, reversed(rare), strict=True)]
        mixed = [w for trio in zip(rare[:2_000], phrases, made_up, strict=False) for w in trio]
        self._terms = list(dict.fromkeys(mixed + [a + b for a in rare[:400] for b in rare[-300:]]))
        self._rng = rng
        self._rare = rare

    def terms(self, number: int) -> list[str]:
        """Return that many terms; fewer are the beginning of more."""
        return self._terms[:number]

    def patterns(self, number: int) -> list[str]:
        """Return patterns of the sorts that moderation uses."""
        rng = random.Random(3)
        made = []
        for n in range(number):
            a, b = rng.choice(self._rare), rng.choice(self._rare)
            made.append(
                (
                    rf"\b{a}\W{{0,3}}(?:a|the|your|his)?\W{{0,3}}{b}\b",
                    rf"\b{a[0]}[\W_]?{a[1]}[\W_]?{a[2:]}\b",
                    rf"\b{a}\b.{{0,30}}\b{b}(?:s|ed|ing)?\b",
                    rf"\b(?:{a}|{b})(?:shop|deals|store)?\.(?:com|net|info)\b",
                    rf"\b(?:i|we|you)(?:'ll| will| should)? {a} (?:you|him|her|them)\b",
                    rf"\b0?{n % 10}{(n * 7) % 10}\d{{3}}[ -]?\d{{6}}\b",
                )[n % 6]
            )
        return made


def definition(
    terms: list[str], patterns: list[str], rules: int, *, metadata: int = 20
) -> Mapping[str, object]:
    """Return a rule set over the terms: word rules, pattern rules, a third with metadata."""
    lists = {
        f"list-{n}": {"title": f"List {n}", "terms": terms[n::LISTS]}
        for n in range(LISTS)
        if terms[n::LISTS]
    }
    named = {f"p{n}": {"title": f"Pattern {n}", "pattern": p} for n, p in enumerate(patterns)}
    names = [{"words": {"list": name}} for name in lists] + [
        {"pattern": {"name": n}} for n in named
    ]
    made = []
    for n in range(max(rules - metadata, 0)):
        leaf = names[n % len(names)]
        when: object = leaf
        if n % 3 == 1:
            when = {"all": [leaf, {"author": {"signal": "author.breaches", "at_least": n % 4}}]}
        elif n % 3 == 2:
            when = {"any": [leaf, names[(n * 7 + 1) % len(names)]]}
        made.append(_rule(n, when))
    made += [_rule(10_000 + n, _on_facts(n)) for n in range(min(metadata, rules))]
    return {
        "schema": 1, "key": "measured", "title": "Measured", "version": "1",
        "clauses": [{"id": "M-1", "title": "Measured"}], "groups": {"g": {"title": "Measured"}},
        "lists": lists, "patterns": named, "rules": made,
    }  # fmt: skip


def _on_facts(number: int) -> dict[str, object]:
    young = {"author": {"signal": "author.age_days", "at_most": number}}
    again = {"repetition": {"signal": "repeat.same_text", "at_least": 3 + number}}
    return {"all": [young, again]}


def _rule(number: int, when: object) -> dict[str, object]:
    severities = ("low", "medium", "high", "critical")
    return {
        "key": f"rule-{number}", "name": f"Rule {number}", "group": "g", "clause": "M-1",
        "because": "It was measured.", "severity": severities[number % 4], "recommend": "hide",
        "when": when,
    }  # fmt: skip


def _signals(texts: list[str]) -> list[Subject]:
    rng = random.Random(4)
    return [
        Subject(
            text=text,
            platform="sandbox",
            channel="main",
            signals={
                "author.breaches": int(rng.random() < 0.1),
                "author.warnings": 0,
                "author.age_days": rng.randint(0, 3000),
                "author.is_known": 1,
                "repeat.same_text": 1,
                "repeat.same_author": 1,
            },
        )
        for text in texts
    ]


class Bare:
    """What cannot be saved: folding, one scan for terms, one for patterns."""

    def __init__(self, terms: list[str], patterns: list[str]) -> None:
        self._find = ahocorasick_rs.AhoCorasick(
            [fold(term) for term in terms], store_patterns=False
        ).find_matches_as_indexes
        options = re2.Options()
        options.log_errors = False
        options.case_sensitive = False
        options.max_mem = 48 << 20
        self._set = re2.Set.SearchSet(options) if patterns else None
        for pattern in patterns:
            self._set.Add(pattern)
        if self._set:
            self._set.Compile()

    def scan(self, texts: list[str]) -> None:
        """Fold and scan every text, and use nothing of it."""
        find = self._find
        if self._set is None:
            for text in texts:
                find(fold(text), True)
            return
        match = self._set.Match
        for text in texts:
            folded = fold(text)
            find(folded, True)
            match(folded.encode())


def measure(works: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Return each work's median CPU seconds over interleaved rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for name in works:
        works[name]()
    gc.disable()
    for _ in range(rounds):
        for name, work in works.items():
            begun = time.process_time()
            work()
            seconds[name].append(time.process_time() - begun)
        gc.collect()
    gc.enable()
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def _whole(texts: list[str], vocabulary: Vocabulary) -> None:
    print("Full evaluation and its floor (folding + bare scans), microseconds per comment")
    print(
        f"{'terms':>7} {'patterns':>9} {'rules':>6} {'floor':>7} {'full':>7} {'ratio':>6} {'per s':>9} {'flagged':>8}"
    )
    subjects = _signals(texts)
    for terms, patterns, rules in SIZES:
        words, expressions = vocabulary.terms(terms), vocabulary.patterns(patterns)
        compiled = compile_rule_set(definition(words, expressions, rules))
        bare = Bare(words, expressions)
        taken = measure(
            {
                "floor": lambda bare=bare: bare.scan(texts),
                "full": lambda compiled=compiled: evaluate_many(subjects, compiled),
            }
        )
        floor, full = (taken[n] / len(texts) * 1e6 for n in ("floor", "full"))
        flagged = sum(v.is_flagged for v in evaluate_many(subjects, compiled)) / len(texts)
        print(
            f"{terms:>7,} {patterns:>9,} {rules:>6} {floor:>7.2f} {full:>7.2f} "
            f"{full / floor:>6.2f} {1e6 / full:>9,.0f} {flagged:>8.1%}"
        )
    print()


def _growth(texts: list[str], vocabulary: Vocabulary) -> None:
    print("Growth with the number of terms, 20 rules")
    subjects = _signals(texts)
    sets = {
        n: compile_rule_set(definition(vocabulary.terms(n), [], 20, metadata=0))
        for n in (100, 5_000, 50_000)
    }
    taken = measure({str(n): lambda c=c: evaluate_many(subjects, c) for n, c in sets.items()})
    for n in sets:
        print(f"{n:>7,} terms: {taken[str(n)] / len(texts) * 1e6:.2f} microseconds")
    grown, huge = taken["5000"] / taken["100"], taken["50000"] / taken["5000"]
    print(f"5,000 over 100: {grown:.2f}   50,000 over 5,000: {huge:.2f}\n")


def _against_alternation(texts: list[str], vocabulary: Vocabulary) -> None:
    print("Against one standard-library alternation of the same 5,000 terms")
    terms = vocabulary.terms(5_000)
    sample = texts[:300]
    subjects = _signals(sample)
    compiled = compile_rule_set(definition(terms, [], 20, metadata=0))
    alternation = re.compile(rf"\b(?:{'|'.join(map(re.escape, terms))})\b", re.IGNORECASE)
    taken = measure(
        {
            "re": lambda: [list(alternation.finditer(text)) for text in sample],
            "engine": lambda: [evaluate_many(subjects, compiled) for _ in range(20)],
        },
        rounds=3,
    )
    print(f"{taken['re'] / (taken['engine'] / 20):.0f} times faster\n")


def _compiling(vocabulary: Vocabulary, texts: list[str]) -> None:
    """Measure before anything else has used memory."""
    rules = definition(vocabulary.terms(5_000), vocabulary.patterns(500), 300)
    subjects = _signals(texts)
    before = _peak_megabytes()
    begun = time.process_time()
    compiled = compile_rule_set(rules)
    seconds = time.process_time() - begun
    built = _peak_megabytes()
    for subject in subjects:
        evaluate(subject, compiled)
    print(
        f"Compiling 5,000 terms + 500 patterns + 300 rules: {seconds:.2f} s; peak memory grew by "
        f"{built - before:.0f} MB, and by {_peak_megabytes() - built:.0f} MB while judging\n"
    )


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _length(vocabulary: Vocabulary) -> None:
    print("Nanoseconds per character by length of the text")
    compiled = compile_rule_set(definition(vocabulary.terms(5_000), vocabulary.patterns(500), 300))
    rng = random.Random(5)
    for size in (80, 8_000, 800_000):
        text = ""
        while len(text) < size:
            text += " ".join(rng.choices(vocabulary.common, k=max(4, len(text) // 4))) + " "
        print(f"{size:>9,}: {_per_character(text[:size], compiled, 400_000):.1f}")
    print()


def _hostile(vocabulary: Vocabulary) -> None:
    print("Nanoseconds per character of hostile text, at 10,000 and at 1,000,000 characters")
    compiled = compile_rule_set(definition(vocabulary.terms(5_000), vocabulary.patterns(500), 300))
    term = vocabulary.terms(1)[0]
    for name, unit in {
        "plain": "an ordinary comment about nothing ",
        "one letter": "a",
        "a term": f"{term} ",
        "a disguised term": f"{term[0] * 4}{term[1:]} ",
        "single letters": "a b ",
        "marks": "*a",
        "digits": "1a",
        "entities": "&amp;",
        "stacked marks": "a\u0301\u0302\u0303",
        "invisible": "\u200b\u202e",
        "surrogates": "\ud800",
    }.items():
        short, long = (
            _per_character((unit * size)[:size], compiled, 1_000_000 if size > 99_999 else 100_000)
            for size in (10_000, 1_000_000)
        )
        print(f"{name:>18}: {short:>8.1f} {long:>8.1f}   ratio {long / short:.2f}")


def _per_character(text: str, compiled: object, volume: int) -> float:
    subjects = [Subject(text=text)] * max(1, volume // len(text))
    taken = measure({"it": lambda: evaluate_many(subjects, compiled)}, rounds=3)  # type: ignore[arg-type]
    return taken["it"] / len(subjects) / len(text) * 1e9


if __name__ == "__main__":
    main()
