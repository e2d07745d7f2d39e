"""Stored words of policy, taken from the engine's own."""

from django.db import models

from policies.engine.types import Outcome as EngineOutcome
from policies.engine.types import Severity as EngineSeverity


class Severity(models.TextChoices):
    """How much harm a breach does."""

    LOW = EngineSeverity.LOW.value, "Low"
    MEDIUM = EngineSeverity.MEDIUM.value, "Medium"
    HIGH = EngineSeverity.HIGH.value, "High"
    CRITICAL = EngineSeverity.CRITICAL.value, "Critical"


class Outcome(models.TextChoices):
    """What a moderator can conclude."""

    NO_BREACH = EngineOutcome.NO_BREACH.value, "No breach"
    HIDE = EngineOutcome.HIDE.value, "Hide"
    DELETE = EngineOutcome.DELETE.value, "Delete"
    WARN = EngineOutcome.WARN.value, "Hide and warn the author"
    BLOCK = EngineOutcome.BLOCK.value, "Hide and block the author"
    REPORT = EngineOutcome.REPORT.value, "Hide and report to the platform"
    ESCALATE = EngineOutcome.ESCALATE.value, "Escalate"
    REPLY = EngineOutcome.REPLY.value, "Reply"
    NO_REPLY = EngineOutcome.NO_REPLY.value, "Reviewed, no reply"


class RuleSetStatus(models.TextChoices):
    """The life of a version."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "In review"
    APPROVED = "approved", "Approved"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"
    DISCARDED = "discarded", "Discarded"


class NoteKind(models.TextChoices):
    """What somebody's words about a version are."""

    COMMENT = "comment", "Comment"
    RETURNED = "returned", "Sent back"
    WITHDRAWN = "withdrawn", "Taken back"
