"""What waited for a model's score is judged a second time, in a row of its own.

The table refuses change: its guards are lifted, and put back over the altered table.
"""

from django.db import migrations, models

from common.database import Reference, fence_for_sqlite, lift, refuse_change

FENCES = fence_for_sqlite(
    Reference("moderation_evaluation", "revision_id", "moderation_contentrevision"),
    Reference("moderation_evaluation", "version_id", "policies_rulesetversion"),
    Reference("moderation_flag", "evaluation_id", "moderation_evaluation"),
    Reference("moderation_case", "evaluation_id", "moderation_evaluation"),
)
REFUSAL = refuse_change("moderation_evaluation")


class Migration(migrations.Migration):
    dependencies = [("moderation", "0010_model_scores_guarded")]

    operations = [
        lift(REFUSAL),
        lift(FENCES),
        migrations.RemoveConstraint(model_name="evaluation", name="evaluation_once"),
        migrations.AddField(
            model_name="evaluation",
            name="stage",
            field=models.CharField(
                choices=[("rules", "On arrival"), ("scores", "After the model's score")],
                db_default="rules",
                default="rules",
                max_length=6,
            ),
        ),
        migrations.AddConstraint(
            model_name="evaluation",
            constraint=models.UniqueConstraint(
                fields=("revision", "version", "stage"), name="evaluation_once_a_stage"
            ),
        ),
        FENCES,
        REFUSAL,
    ]
