"""Scores and tunings never change, and scores never cross organisations."""

from django.db import migrations

from common.database import Reference, fence_organisations, refuse_change


class Migration(migrations.Migration):
    dependencies = [("moderation", "0009_model_scores")]

    operations = [
        refuse_change("moderation_score"),
        refuse_change("moderation_modeltuning"),
        fence_organisations(
            Reference("moderation_score", "revision_id", "moderation_contentrevision")
        ),
    ]
