"""Stored words of people and what they may do."""

from enum import StrEnum

from django.db import models


class Permission(StrEnum):
    """One thing that somebody may do. Also the scopes of an API token. Values are stored."""

    CONTENT_READ = "content:read"
    CONTENT_SUBMIT = "content:submit"
    CONTENT_IMPORT = "content:import"
    REPORT_FILE = "report:file"
    CASE_READ = "case:read"
    CASE_CLAIM = "case:claim"
    CASE_DECIDE = "case:decide"
    CASE_DECIDE_ESCALATED = "case:decide_escalated"
    CASE_ESCALATE = "case:escalate"
    DECISION_REVERSE = "decision:reverse"
    CHANNEL_READ = "channel:read"
    CHANNEL_MANAGE = "channel:manage"
    DELIVERY_REPLAY = "delivery:replay"
    RULES_READ = "rules:read"
    RULES_EDIT = "rules:edit"
    RULES_APPROVE = "rules:approve"
    AUDIT_READ = "audit:read"
    STATUS_READ = "status:read"
    MEMBERSHIP_MANAGE = "membership:manage"
    TOKEN_MANAGE = "token:manage"  # noqa: S105 - the name of a permission


class RoleName(models.TextChoices):
    """What somebody is to an organisation."""

    MODERATOR = "moderator", "Moderator"
    SENIOR_REVIEWER = "senior_reviewer", "Senior reviewer"
    COMMS_MANAGER = "comms_manager", "Comms manager"
    SUPERVISOR = "supervisor", "Supervisor"
    RECORDS_OFFICER = "records_officer", "Records officer"
    ADMINISTRATOR = "administrator", "Administrator"
    AUDITOR = "auditor", "Read-only auditor"


class Weekday(models.IntegerChoices):
    """Days of the week, as Python counts them."""

    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class Nation(models.TextChoices):
    """Whose bank holidays are kept."""

    ENGLAND = "ENG", "England"
    WALES = "WLS", "Wales"
    SCOTLAND = "SCT", "Scotland"
    NORTHERN_IRELAND = "NIR", "Northern Ireland"
