"""Undoing and judging again stay inside one organisation, and what became of a decision is kept."""

from django.db import migrations

from common.database import Reference, bind, fence_organisations, member, refuse_change


class Migration(migrations.Migration):
    dependencies = [("moderation", "0010_version_effects")]

    operations = [
        fence_organisations(
            Reference("moderation_versionundo", "version_id", "policies_rulesetversion"),
            Reference("moderation_undonedecision", "undo_id", "moderation_versionundo"),
            Reference("moderation_undonedecision", "decision_id", "moderation_decision"),
            Reference("moderation_rejudging", "version_id", "policies_rulesetversion"),
        ),
        bind(
            member("moderation_versionundo", "asked_by_id"),
            member("moderation_rejudging", "asked_by_id"),
        ),
        refuse_change("moderation_undonedecision"),
    ]
