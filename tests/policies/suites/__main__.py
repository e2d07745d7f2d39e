"""Print how the rules of the packs do on the suites.

python -m tests.policies.suites [--missed]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import yaml

from policies.engine import CompiledRuleSet, compile_rule_set, evaluate
from policies.engine.types import Subject
from tests.policies.suites import sentences

PACKS = Path(__file__).resolve().parents[3] / "policies" / "packs"
PENALTIES = frozenset({"hide", "delete", "warn", "block", "report", "escalate"})


def main() -> None:
    """Print recall by clause and false positives by kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--missed", action="store_true", help="print what came out wrong")
    options = parser.parse_args()
    compiled = {
        key: compile_rule_set(yaml.safe_load((PACKS / f"{key}.yaml").read_text(encoding="utf-8")))
        for key in ("hmpps", "ppo")
    }
    breaches, traps = sentences("uk_breaches"), sentences("uk_traps")
    _table("hmpps: breaches caught", compiled["hmpps"], breaches, options.missed, wanted=True)
    for key, rule_set in compiled.items():
        _table(f"{key}: traps punished", rule_set, traps, options.missed, wanted=False)


def punished(text: str, rule_set: CompiledRuleSet) -> list[str]:
    """Return the rules that would do something to a comment or to its author."""
    return [m.rule for m in evaluate(Subject(text), rule_set).matches if m.recommend in PENALTIES]


def _table(
    title: str,
    rule_set: CompiledRuleSet,
    suite: dict[str, list[str]],
    missed: bool,
    *,
    wanted: bool,
) -> None:
    print(title)
    total = held = 0
    for key, texts in suite.items():
        found = {text: punished(text, rule_set) for text in texts}
        count = sum(map(bool, found.values()))
        print(f"  {key:>18}: {count:>4} of {len(texts)}")
        total += len(texts)
        held += count
        if missed:
            for text, rules in found.items():
                if bool(rules) != wanted:
                    print(f"      {json.dumps(text, ensure_ascii=False)} {', '.join(rules)}")
    print(f"  {'all':>18}: {held:>4} of {total} = {held / total:.1%}\n")


if __name__ == "__main__":
    main()
