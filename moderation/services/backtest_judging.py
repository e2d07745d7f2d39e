"""The comparison behind a backtest: two definitions over the same texts, as live evaluation would judge.

Every text is looked at by a sieve made of the rules that differ; only what it lets through is judged,
by both definitions whole and with the facts that were known when the text came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from moderation.models import Backtest
from moderation.services import held_content
from moderation.services.backtest_counts import Counts
from policies.engine import CompiledRuleSet, compile_rule_set, evaluate_many
from policies.engine.difference import only_rules
from policies.engine.sieve import possible, rests_on_text


@dataclass(frozen=True)
class Comparison:
    """A draft and its baseline, compiled; and the sieves of the rules that are run."""

    rules: frozenset[str]
    draft: CompiledRuleSet
    baseline: CompiledRuleSet | None
    sieves: tuple[CompiledRuleSet, ...]
    """Empty where a rule could hold whatever the text says: then every text is judged."""

    def count(self, stretch: held_content.Stretch) -> Counts:
        """Count what the two say about the texts of a stretch."""
        ids, texts = held_content.texts(stretch)
        counts = Counts(read=len(ids))
        numbers = self._possible(texts)
        wanted = [(UUID(ids[number]), texts[number]) for number in numbers]
        channels = held_content.channels_of(stretch.organisation_id) if wanted else {}
        held = list(held_content.known(stretch.organisation_id, wanted, channels))
        counts.superseded = len(wanted) - len(held)
        subjects = [each.subject for each in held]
        after = evaluate_many(subjects, self.draft)
        before = evaluate_many(subjects, self.baseline) if self.baseline else [None] * len(held)
        for each, draft, baseline in zip(held, after, before, strict=True):
            counts.add(
                revision_id=each.revision_id,
                channel_id=each.channel_id,
                draft=draft,
                baseline=baseline,
                rules=self.rules,
            )
        return counts

    def _possible(self, texts: list[str]) -> list[int]:
        if not self.sieves:
            return list(range(len(texts)))
        if len(self.sieves) == 1:
            return possible(texts, self.sieves[0])
        return sorted({number for sieve in self.sieves for number in possible(texts, sieve)})


@lru_cache(maxsize=4)
def comparison(backtest_id: UUID) -> Comparison:
    """Return a backtest's comparison, compiled once in each process. Raises RuleSetProblems."""
    backtest = Backtest.objects.only("definition", "baseline_definition", "rules_run").get(
        pk=backtest_id
    )
    return compare(
        backtest.definition, backtest.baseline_definition, frozenset(backtest.rules_run)
    )


def compare(
    definition: Mapping[str, Any], baseline: Mapping[str, Any] | None, rules: frozenset[str]
) -> Comparison:
    """Compile two definitions and the sieves of `rules`. Raises RuleSetProblems."""
    sieves: list[tuple[dict[str, Any], CompiledRuleSet]] = []
    for each in (definition, baseline):
        cut = only_rules(each, rules) if each else None
        if cut is not None and cut not in [known for known, _ in sieves]:
            sieves.append((cut, compile_rule_set(cut)))
    compiled = tuple(sieve for _, sieve in sieves)
    return Comparison(
        rules=rules,
        draft=compile_rule_set(definition),
        baseline=compile_rule_set(baseline) if baseline else None,
        sieves=compiled if all(map(rests_on_text, compiled)) else (),
    )
