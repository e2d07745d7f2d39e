"""What the model makes of texts, how far it has come, and its last numbers per organisation."""

import django.db.models.deletion
from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("moderation", "0008_revision_similarity"),
    ]

    operations = [
        migrations.CreateModel(
            name="Score",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scores",
                        to="moderation.contentrevision",
                    ),
                ),
                ("model", models.CharField(max_length=40)),
                ("values", models.JSONField()),
                ("scored_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("revision", "model"), name="score_once"),
                    models.CheckConstraint(
                        condition=models.Q(("model", ""), _negated=True),
                        name="score_names_its_model",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoringMark",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                ("model", models.CharField(max_length=40)),
                ("through", models.UUIDField()),
                ("moved_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "model"), name="scoring_mark_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelTuning",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                ("model", models.CharField(max_length=40)),
                ("calibration", models.JSONField()),
                ("thresholds", models.JSONField()),
                ("decisions", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organisation", "model", "-made_at"], name="model_tuning_in_use"
                    )
                ],
            },
        ),
    ]
