"""In which order commands about one thing go out, and what was found gone."""

import django.db.models.deletion
from django.db import migrations, models

from common.database import Reference, fence_organisations


class Migration(migrations.Migration):
    dependencies = [
        ("platforms", "0004_outbox_message_failed"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="gone_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="after",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followers",
                to="platforms.outboxmessage",
            ),
        ),
        fence_organisations(
            Reference("platforms_outboxmessage", "channel_id", "platforms_channel"),
            Reference("platforms_outboxmessage", "after_id", "platforms_outboxmessage"),
        ),
    ]
