"""Stored words of judging, queueing, deciding and acting."""

from django.db import models


class CaseStatus(models.TextChoices):
    """Where a case stands."""

    WAITING = "waiting", "Waiting"
    DECIDED = "decided", "Decided"
    CLOSED = "closed", "Closed without decision"


class CaseOrigin(models.TextChoices):
    """Why a case was opened."""

    FLAG = "flag", "Flagged by a rule"
    REPORT = "report", "Reported"
    PERSON = "person", "Raised by a colleague"
    EDIT = "edit", "Edited after a decision"
    REVIEW = "review", "To be read by a person"


class EvaluationStage(models.TextChoices):
    """When a text was judged: on arrival by the rules, or again once a model had scored it."""

    RULES = "rules", "On arrival"
    SCORES = "scores", "After the model's score"


class ClaimEnd(models.TextChoices):
    """How a claim ended."""

    DECIDED = "decided", "Decided"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"
    ESCALATED = "escalated", "Escalated"


class ActionKind(models.TextChoices):
    """What is done about content or its author."""

    HIDE = "hide", "Hide"
    UNHIDE = "unhide", "Unhide"
    DELETE = "delete", "Delete"
    WARN = "warn", "Warn"
    BLOCK = "block", "Block"
    UNBLOCK = "unblock", "Unblock"
    REPORT = "report", "Report to the platform"
    REPLY = "reply", "Reply"


class ActionStatus(models.TextChoices):
    """Where an enforcement action stands. Nothing shows as done before it is verified."""

    REQUESTED = "requested", "Requested"
    ACCEPTED = "accepted", "Accepted"
    VERIFIED = "verified", "Verified"
    UNKNOWN = "unknown", "Outcome unknown"
    FAILED = "failed", "Failed"
    NOT_POSSIBLE = "not_possible", "Not possible here"
    CANCELLED = "cancelled", "Cancelled"


class ReportSource(models.TextChoices):
    """Who told us."""

    PUBLIC = "public", "Member of the public"
    STAFF = "staff", "Staff"
    TOOL = "tool", "Internal tool"


class BacktestStatus(models.TextChoices):
    """The life of a backtest."""

    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class BacktestScope(models.TextChoices):
    """Which rules a backtest runs."""

    CHANGES = "changes", "Only the rules that differ"
    EVERYTHING = "everything", "Every rule"


class ChunkStatus(models.TextChoices):
    """Whether a stretch of texts is counted."""

    LEASED = "leased", "Handed out"
    DONE = "done", "Counted"


class ShadowEnd(models.TextChoices):
    """Why a shadow run ended."""

    DUE = "due", "Its end date came"
    STOPPED = "stopped", "Stopped"
    CHANGED = "changed", "The version changed"
    PUBLISHED = "published", "The version was published"


class Stratum(models.TextChoices):
    """From what a text was drawn."""

    FLAGGED = "flagged", "Flagged texts"
    UNFLAGGED = "unflagged", "Unflagged texts"
    RULE = "rule", "Flags of one rule"


class LabelAnswer(models.TextChoices):
    """What somebody says about a text."""

    YES = "yes", "Yes"
    NO = "no", "No"
    UNSURE = "unsure", "Unsure"
