"""Nothing here points across organisations."""

from django.db import migrations

from common.database import Reference, fence_organisations


class Migration(migrations.Migration):
    dependencies = [("platforms", "0001_initial")]

    operations = [
        fence_organisations(
            Reference("platforms_inboundevent", "channel_id", "platforms_channel"),
            Reference("platforms_outboxmessage", "channel_id", "platforms_channel"),
            Reference("platforms_importrun", "channel_id", "platforms_channel"),
            Reference("platforms_rejectedrow", "run_id", "platforms_importrun"),
        ),
    ]
