"""Judging, queueing, deciding, acting."""

from moderation.models.case import Assignment, Case, Escalation
from moderation.models.content import Author, ContentItem, ContentRevision, Post
from moderation.models.decision import Decision
from moderation.models.enforcement import EnforcementAction
from moderation.models.evaluation import Evaluation, Flag, Report
from moderation.models.queue import Queue, RoutingRule

__all__ = [
    "Assignment",
    "Author",
    "Case",
    "ContentItem",
    "ContentRevision",
    "Decision",
    "EnforcementAction",
    "Escalation",
    "Evaluation",
    "Flag",
    "Post",
    "Queue",
    "Report",
    "RoutingRule",
]
