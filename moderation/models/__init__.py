"""Judging, queueing, deciding, acting."""

from moderation.models.backtest import Backtest, BacktestChunk
from moderation.models.case import Assignment, Case, Escalation
from moderation.models.content import Author, ContentItem, ContentRevision, Post
from moderation.models.decision import Decision
from moderation.models.enforcement import EnforcementAction
from moderation.models.evaluation import Evaluation, Flag, Report
from moderation.models.label import Label, MeasureSettings, Sample, SampledItem
from moderation.models.queue import Queue, RoutingRule
from moderation.models.score import ModelTuning, Score, ScoringMark
from moderation.models.shadow import ShadowDifference, ShadowRun, ShadowTally

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
    "ModelTuning",
    "Post",
    "Queue",
    "Report",
    "RoutingRule",
    "Sample",
    "SampledItem",
    "Score",
    "ScoringMark",
    "ShadowDifference",
    "ShadowRun",
    "ShadowTally",
]
