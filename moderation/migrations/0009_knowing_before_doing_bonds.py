"""Backtests, shadow runs, samples and labels name nobody who never belonged to the organisation."""

from django.db import migrations

from common.database import bind, member


class Migration(migrations.Migration):
    dependencies = [("moderation", "0008_revision_similarity")]

    operations = [
        bind(
            member("moderation_backtest", "started_by_id"),
            member("moderation_backtest", "cancelled_by_id"),
            member("moderation_shadowrun", "started_by_id"),
            member("moderation_shadowrun", "ended_by_id"),
            member("moderation_sample", "drawn_by_id"),
            member("moderation_label", "labelled_by_id"),
        ),
    ]
