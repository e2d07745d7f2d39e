"""Nothing here points across organisations."""

from django.db import migrations

from common.database import Reference, fence_organisations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0002_immutable_records")]

    operations = [
        fence_organisations(
            Reference("moderation_post", "channel_id", "platforms_channel"),
            Reference("moderation_contentitem", "channel_id", "platforms_channel"),
            Reference("moderation_contentitem", "author_id", "moderation_author"),
            Reference("moderation_contentitem", "post_id", "moderation_post"),
            Reference(
                "moderation_contentitem", "current_revision_id", "moderation_contentrevision"
            ),
            Reference("moderation_contentrevision", "content_item_id", "moderation_contentitem"),
            Reference("moderation_contentrevision", "inbound_event_id", "platforms_inboundevent"),
            Reference("moderation_evaluation", "revision_id", "moderation_contentrevision"),
            Reference("moderation_evaluation", "version_id", "policies_rulesetversion"),
            Reference("moderation_flag", "evaluation_id", "moderation_evaluation"),
            Reference("moderation_flag", "rule_id", "policies_rule"),
            Reference("moderation_flag", "clause_id", "policies_clause"),
            Reference("moderation_report", "content_item_id", "moderation_contentitem"),
            Reference("moderation_routingrule", "queue_id", "moderation_queue"),
            Reference("moderation_case", "content_item_id", "moderation_contentitem"),
            Reference("moderation_case", "channel_id", "platforms_channel"),
            Reference("moderation_case", "author_id", "moderation_author"),
            Reference("moderation_case", "queue_id", "moderation_queue"),
            Reference("moderation_case", "evaluation_id", "moderation_evaluation"),
            Reference("moderation_case", "standing_decision_id", "moderation_decision"),
            Reference("moderation_assignment", "case_id", "moderation_case"),
            Reference("moderation_escalation", "case_id", "moderation_case"),
            Reference("moderation_escalation", "from_queue_id", "moderation_queue"),
            Reference("moderation_escalation", "to_queue_id", "moderation_queue"),
            Reference("moderation_escalation", "clause_id", "policies_clause"),
            Reference("moderation_decision", "case_id", "moderation_case"),
            Reference("moderation_decision", "revision_id", "moderation_contentrevision"),
            Reference("moderation_decision", "clause_id", "policies_clause"),
            Reference("moderation_decision", "rule_set_version_id", "policies_rulesetversion"),
            Reference("moderation_decision", "replaces_id", "moderation_decision"),
            Reference("moderation_decision", "made_by_token_id", "accounts_apitoken"),
            Reference("moderation_enforcementaction", "decision_id", "moderation_decision"),
            Reference("moderation_enforcementaction", "channel_id", "platforms_channel"),
            Reference("moderation_enforcementaction", "content_item_id", "moderation_contentitem"),
            Reference("moderation_enforcementaction", "author_id", "moderation_author"),
            Reference("moderation_enforcementaction", "undoes_id", "moderation_enforcementaction"),
            Reference(
                "moderation_enforcementaction", "outbox_message_id", "platforms_outboxmessage"
            ),
        ),
    ]
