"""The rule engine: a pure function from a subject and a compiled rule set to a verdict."""

from policies.engine.compile import CompiledRuleSet, compile_rule_set
from policies.engine.evaluate import evaluate, evaluate_many
from policies.engine.examples import ExampleFailure
from policies.engine.explain import sentence
from policies.engine.problems import Problem, RuleSetProblems

__all__ = [
    "CompiledRuleSet",
    "ExampleFailure",
    "Problem",
    "RuleSetProblems",
    "compile_rule_set",
    "evaluate",
    "evaluate_many",
    "sentence",
]
