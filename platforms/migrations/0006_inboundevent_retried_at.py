from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("platforms", "0005_outbox_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="inboundevent",
            name="retried_at",
            field=models.DateTimeField(null=True),
        ),
    ]
