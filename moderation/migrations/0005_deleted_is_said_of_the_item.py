"""An item that is gone is "deleted", whoever deleted it. Changes no column."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Reword one choice."""

    dependencies = [("moderation", "0004_bonds")]

    operations = [
        migrations.AlterField(
            model_name="contentitem",
            name="source_state",
            field=models.CharField(
                choices=[
                    ("live", "Visible"),
                    ("hidden", "Hidden"),
                    ("held", "Held by the platform"),
                    ("deleted", "Deleted"),
                ],
                default="live",
                max_length=8,
            ),
        ),
    ]
