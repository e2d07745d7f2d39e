"""Every recorded act. Values are stored for ever: add, never rename."""

from django.db import models


class ActorKind(models.TextChoices):
    """Who can act."""

    PERSON = "person", "Person"
    TOKEN = "token", "Internal tool"
    SYSTEM = "system", "System"


class AuditEventType(models.TextChoices):
    """What happened, as noun.verb-past."""

    SIGNED_IN = "person.signed_in", "Signed in"
    SIGNED_OUT = "person.signed_out", "Signed out"
    MEMBERSHIP_GRANTED = "membership.granted", "Role granted"
    MEMBERSHIP_REVOKED = "membership.revoked", "Role revoked"
    TOKEN_ISSUED = "token.issued", "API token issued"
    TOKEN_REVOKED = "token.revoked", "API token revoked"
    PACK_IMPORTED = "pack.imported", "Policy pack imported"
    RULE_SET_DRAFTED = "rule_set.drafted", "Rule set drafted"
    RULE_SET_APPROVED = "rule_set.approved", "Rule set approved"
    RULE_SET_PUBLISHED = "rule_set.published", "Rule set published"
    RULE_SET_RETIRED = "rule_set.retired", "Rule set retired"
    CHANNEL_OPENED = "channel.opened", "Channel opened"
    CHANNEL_PAUSED = "channel.paused", "Channel paused"
    CHANNEL_RESUMED = "channel.resumed", "Channel resumed"
    CHANNEL_POLLED = "channel.polled", "Channel polled"
    CHANNEL_NEEDS_ATTENTION = "channel.needs_attention", "Channel needs attention"
    IMPORT_STARTED = "import.started", "File import started"
    IMPORT_FINISHED = "import.finished", "File import finished"
    CONTENT_INGESTED = "content.ingested", "Content ingested"
    CONTENT_REVISED = "content.revised", "Content edited at source"
    CONTENT_STATE_CHANGED = "content.state_changed", "State at source changed"
    CONTENT_EVALUATED = "content.evaluated", "Content judged"
    CONTENT_VIEWED = "content.viewed", "Content viewed"
    REPORT_RECEIVED = "report.received", "Report received"
    CASE_OPENED = "case.opened", "Case opened"
    CASE_REOPENED = "case.reopened", "Case reopened"
    CASE_CLAIMED = "case.claimed", "Case claimed"
    CASE_RELEASED = "case.released", "Case released"
    CASE_ESCALATED = "case.escalated", "Case escalated"
    DECISION_RECORDED = "decision.recorded", "Decision recorded"
    DECISION_REVERSED = "decision.reversed", "Decision reversed"
    ACTION_REQUESTED = "action.requested", "Action requested"
    DELIVERY_ATTEMPTED = "delivery.attempted", "Delivery attempted"
    DELIVERY_REPLAYED = "delivery.replayed", "Delivery replayed"
    ENFORCEMENT_SETTLED = "enforcement.settled", "Action settled"
