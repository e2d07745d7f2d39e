"""What belongs together within an organisation, and who may be named in its records."""

from django.db import migrations

from common.database import bind, member, same_parent


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("moderation", "0003_organisation_fences"),
    ]

    operations = [
        bind(
            same_parent(
                "moderation_contentitem",
                "current_revision_id",
                "moderation_contentrevision",
                "content_item_id",
                own="changed.id",
            ),
            same_parent(
                "moderation_decision",
                "revision_id",
                "moderation_contentrevision",
                "content_item_id",
                own="(SELECT content_item_id FROM moderation_case WHERE id = changed.case_id)",
            ),
            same_parent(
                "moderation_case",
                "standing_decision_id",
                "moderation_decision",
                "case_id",
                own="changed.id",
                also="EXISTS (SELECT 1 FROM moderation_decision WHERE replaces_id = parent.id)",
            ),
            member("moderation_case", "claimed_by_id"),
            member("moderation_assignment", "claimed_by_id"),
            member("moderation_decision", "made_by_id"),
            member("moderation_escalation", "made_by_id"),
        ),
    ]
