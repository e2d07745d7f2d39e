"""What a backtest counts: added up text by text, kept as JSON, merged in any order to the same sums.

Examples are a sample by chance that needs no luck: every text has a number worked out from its id,
and the smallest numbers are kept. So the sample is the same however the work was cut up, and
merging samples of the parts gives the sample of the whole.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self
from uuid import UUID

from policies.engine.types import Match, Verdict

# Kept of newly flagged and of no longer flagged texts: over all rules, and of each rule.
EXAMPLES = 40
EXAMPLES_OF_A_RULE = 5
SPANS = 20

Json = dict[str, Any]
# number, revision, channel, spans
Example = list[Any]


@dataclass
class Counts:
    """Sums over some texts. `new`: flagged by the draft only; `gone`: by the baseline only."""

    read: int = 0
    superseded: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    """Where only some rules are run, `draft` and `baseline` leave out what only the others flag."""
    by_channel: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_rule: dict[str, dict[str, Counter[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )
    """Rule, channel, what: the sums of a rule are those over its channels."""
    unknown: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Rule: how many texts it could not be decided about (under ""), and which facts lacked."""
    examples: dict[str, dict[str, list[Example]]] = field(
        default_factory=lambda: {"new": {}, "gone": {}}
    )
    """Sort, rule ("" for the texts as a whole): the sample."""

    def add(
        self,
        *,
        revision_id: UUID,
        channel_id: UUID,
        draft: Verdict,
        baseline: Verdict | None,
        rules: frozenset[str],
    ) -> None:
        """Count one text; `rules` are the keys that are run."""
        for gap in draft.unknown:
            if gap.rule in rules:
                self.unknown[gap.rule].update(["", *gap.missing])
        before = {match.rule: match for match in baseline.matches} if baseline else {}
        after = {match.rule: match for match in draft.matches}
        if not before and not after:
            return
        channel = str(channel_id)
        kinds = [
            kind
            for kind, holds in (
                ("draft", bool(after)),
                ("baseline", bool(before)),
                ("new", bool(after) and not before),
                ("gone", bool(before) and not after),
            )
            if holds
        ]
        self.texts.update(kinds)
        self.by_channel[channel].update(kinds)
        number = int.from_bytes(blake2b(revision_id.bytes, digest_size=6).digest(), "big")
        for sort in {"new", "gone"} & set(kinds):
            matches = (after if sort == "new" else before).values()
            self._show(sort, "", [number, str(revision_id), channel, _spans(matches)], EXAMPLES)
        for key in rules & (before.keys() | after.keys()):
            sums = self.by_rule[key][channel]
            sums.update(draft=key in after, baseline=key in before)
            if key in after and key in before:
                continue
            sort = "new" if key in after else "gone"
            sums[sort] += 1
            match = after.get(key) or before[key]
            example = [number, str(revision_id), channel, _spans([match])]
            self._show(sort, key, example, EXAMPLES_OF_A_RULE)

    def merge(self, other: Self) -> None:
        """Add the sums of other texts."""
        self.read += other.read
        self.superseded += other.superseded
        self.texts.update(other.texts)
        for channel, sums in other.by_channel.items():
            self.by_channel[channel].update(sums)
        for key, channels in other.by_rule.items():
            for channel, sums in channels.items():
                self.by_rule[key][channel].update(sums)
        for key, gaps in other.unknown.items():
            self.unknown[key].update(gaps)
        for sort, by_rule in other.examples.items():
            for key, examples in by_rule.items():
                for example in examples:
                    self._show(sort, key, example, EXAMPLES_OF_A_RULE if key else EXAMPLES)

    def of_rule(self, key: str) -> Counter[str]:
        """Return the sums of one rule over all channels."""
        total: Counter[str] = Counter()
        for sums in self.by_rule.get(key, {}).values():
            total.update(sums)
        return total

    def as_json(self) -> Json:
        """Return it as it is stored."""
        return {
            "read": self.read,
            "superseded": self.superseded,
            "texts": self.texts,
            "by_channel": self.by_channel,
            "by_rule": self.by_rule,
            "unknown": self.unknown,
            "examples": self.examples,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        counts = cls(read=stored["read"], superseded=stored["superseded"])
        counts.texts.update(stored["texts"])
        for channel, sums in stored["by_channel"].items():
            counts.by_channel[channel].update(sums)
        for key, channels in stored["by_rule"].items():
            for channel, sums in channels.items():
                counts.by_rule[key][channel].update(sums)
        for key, gaps in stored["unknown"].items():
            counts.unknown[key].update(gaps)
        counts.examples = {
            sort: {key: list(found) for key, found in by_rule.items()}
            for sort, by_rule in stored["examples"].items()
        }
        return counts

    def _show(self, sort: str, key: str, example: Example, most: int) -> None:
        kept = self.examples[sort].setdefault(key, [])
        if len(kept) == most and kept[-1][0] <= example[0]:
            return
        kept.append(example)
        kept.sort(key=lambda each: each[:2])
        del kept[most:]


def merged(parts: Iterable[Mapping[str, Any]]) -> Counts:
    """Return the sums of stored parts."""
    whole = Counts()
    for part in parts:
        whole.merge(Counts.from_json(part))
    return whole


def _spans(matches: Iterable[Match]) -> list[list[Any]]:
    spans = [
        [span.start, span.end, match.name] for match in matches for span in match.spans[:SPANS]
    ]
    return spans[:SPANS]
