"""Texts judged, judgements and hand-overs never change: a new one is added beside them."""

from django.db import migrations

from common.database import refuse_change


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]

    operations = [
        refuse_change("moderation_contentrevision"),
        refuse_change("moderation_evaluation"),
        refuse_change("moderation_flag"),
        refuse_change("moderation_decision"),
        refuse_change("moderation_escalation"),
    ]
