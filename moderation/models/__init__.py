"""Judging, queueing, deciding, acting."""

from moderation.models.backtest import Backtest, BacktestChunk
from moderation.models.case import Assignment, Case, Escalation
from moderation.models.content import Author, ContentItem, ContentRevision, Post
from moderation.models.decision import Decision
from moderation.models.enforcement import EnforcementAction
from moderation.models.evaluation import Evaluation, Flag, Report
from moderation.models.label import Label, MeasureSettings, Sample, SampledItem
from moderation.models.queue import Queue, RoutingRule
from moderation.models.shadow import ShadowDifference, ShadowRun, ShadowTally
from moderation.models.version_effects import Rejudging, UndoneDecision, VersionUndo

__all__ = [
    "Assignment",
    "Author",
    "Backtest",
    "BacktestChunk",
    "Case",
    "ContentItem",
    "ContentRevision",
    "Decision",
    "EnforcementAction",
    "Escalation",
    "Evaluation",
    "Flag",
    "Label",
    "MeasureSettings",
    "Post",
    "Queue",
    "Rejudging",
    "Report",
    "RoutingRule",
    "Sample",
    "SampledItem",
    "ShadowDifference",
    "ShadowRun",
    "ShadowTally",
    "UndoneDecision",
    "VersionUndo",
]
