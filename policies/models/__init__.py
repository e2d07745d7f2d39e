"""What is not allowed, and the published rules that recognise it."""

from policies.models.pack import Clause, Pack
from policies.models.ruleset import Rule, RuleSet, RuleSetVersion, VersionEditor, VersionNote

__all__ = ["Clause", "Pack", "Rule", "RuleSet", "RuleSetVersion", "VersionEditor", "VersionNote"]
