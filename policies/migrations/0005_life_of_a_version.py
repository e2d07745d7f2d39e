"""The life of a version: drafted, in review, approved, in force, retired; frozen from the moment it is submitted.

The old guards name their columns, and SQLite rebuilds the table for most changes: they are taken down before and put up
again after, with the new columns, the whole table of moves, and the rule that nobody approves what they wrote in.
"""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.ids
from common.database import Reference, fence_organisations, refuse_change, set_aside, undo

IS_DRAFT = (
    "EXISTS (SELECT 1 FROM policies_rulesetversion version WHERE version.id = OLD.version_id"
    " AND version.status = 'draft')"
)
IS_DRAFT_OR_APPROVED = IS_DRAFT.replace("= 'draft'", "IN ('draft', 'approved')")
OLD_VERSION = refuse_change(
    "policies_rulesetversion",
    unless="OLD.status IN ('draft', 'approved')",
    allow_columns=("status", "retired_at", "updated_at"),
)
OLD_RULE = refuse_change("policies_rule", unless=IS_DRAFT_OR_APPROVED)
OLD_FENCE = fence_organisations(
    Reference("policies_rulesetversion", "rule_set_id", "policies_ruleset")
)
OLD_MOVES = import_module("policies.migrations.0004_status_moves").Migration.operations[0]

MOVES = (
    "draft>submitted", "draft>discarded", "submitted>draft", "submitted>approved",
    "approved>draft", "approved>published", "published>retired",
)  # fmt: skip
REFUSALS = (
    (
        "policies_rulesetversion status moves one way",
        (
            "OLD.status <> NEW.status AND (OLD.status || '>' || NEW.status) NOT IN"
            f" ({', '.join(repr(move) for move in MOVES)})"
        ),
    ),
    # What somebody approves is what was submitted.
    (
        "policies_rulesetversion is frozen from its submission on",
        (
            "OLD.status <> 'draft' AND (OLD.digest <> NEW.digest OR OLD.definition <> NEW.definition"
            " OR OLD.summary <> NEW.summary)"
        ),
    ),
    (
        "policies_rulesetversion is approved by somebody who did not write in it",
        (
            "NEW.approved_by_id IS NOT NULL AND EXISTS (SELECT 1 FROM policies_versioneditor editor"
            " WHERE editor.version_id = NEW.id AND editor.user_id = NEW.approved_by_id)"
        ),
    ),
)
BORN = "policies_rulesetversion begins as a draft"
CLOSED = "policies_versioneditor is closed: the version is no draft"


def guard(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            checks = " ".join(
                f"IF {condition} THEN RAISE EXCEPTION '{refusal}' USING ERRCODE = '23001'; END IF;"
                for refusal, condition in REFUSALS
            )
            for name, event, table, body in (
                ("policies_rulesetversion_life", "UPDATE", "policies_rulesetversion", checks),
                (
                    "policies_rulesetversion_born", "INSERT", "policies_rulesetversion",
                    f"IF NEW.status <> 'draft' THEN RAISE EXCEPTION '{BORN}' USING ERRCODE = '23001'; END IF;",
                ),
                (
                    "policies_versioneditor_open", "INSERT", "policies_versioneditor",
                    ("IF NOT EXISTS (SELECT 1 FROM policies_rulesetversion version WHERE version.id ="
                    " NEW.version_id AND version.status = 'draft')"
                    f" THEN RAISE EXCEPTION '{CLOSED}' USING ERRCODE = '23001'; END IF;"),
                ),
            ):  # fmt: skip
                cursor.execute(
                    f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
                    f" $$ BEGIN {body} RETURN NEW; END $$"
                )
                cursor.execute(
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
                )
        else:
            for number, (refusal, condition) in enumerate(REFUSALS):
                cursor.execute(
                    f"CREATE TRIGGER policies_rulesetversion_life_{number} BEFORE UPDATE ON policies_rulesetversion"
                    f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
                )
            cursor.execute(
                "CREATE TRIGGER policies_rulesetversion_born BEFORE INSERT ON policies_rulesetversion"
                f" WHEN NEW.status <> 'draft' BEGIN SELECT RAISE(ABORT, '{BORN}'); END"
            )
            cursor.execute(
                "CREATE TRIGGER policies_versioneditor_open BEFORE INSERT ON policies_versioneditor"
                " WHEN NOT EXISTS (SELECT 1 FROM policies_rulesetversion version WHERE version.id ="
                f" NEW.version_id AND version.status = 'draft') BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END"
            )


def unguard(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            for name in ("rulesetversion_life", "rulesetversion_born", "versioneditor_open"):
                cursor.execute(f"DROP FUNCTION policies_{name}() CASCADE")
        else:
            for name in ("life_0", "life_1", "life_2", "born"):
                cursor.execute(f"DROP TRIGGER policies_rulesetversion_{name}")
            cursor.execute("DROP TRIGGER policies_versioneditor_open")


aside, back = set_aside("policies_rulesetversion")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("policies", "0004_status_moves"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        undo(OLD_VERSION),
        undo(OLD_RULE),
        undo(OLD_FENCE),
        undo(OLD_MOVES),
        aside,
        migrations.CreateModel(
            name="VersionEditor",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("first_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="VersionNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("rule_key", models.SlugField(blank=True, max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("comment", "Comment"),
                            ("returned", "Sent back"),
                            ("withdrawn", "Taken back"),
                        ],
                        default="comment",
                        max_length=10,
                    ),
                ),
                ("written_at", models.DateTimeField()),
                ("text", models.TextField()),
            ],
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="based_on",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="policies.rulesetversion",
            ),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="effective_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="replaces",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="policies.rulesetversion",
            ),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="revision",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="scheduled_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="submitted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="submitted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="summary",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("submitted", "In review"),
                    ("approved", "Approved"),
                    ("published", "Published"),
                    ("retired", "Retired"),
                    ("discarded", "Discarded"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("effective_at__isnull", False), ("status", "approved")),
                fields=("rule_set",),
                name="rule_set_one_scheduled_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("submitted_at__isnull", True), ("submitted_by__isnull", True)),
                    models.Q(("submitted_at__isnull", False), ("submitted_by__isnull", False)),
                    _connector="OR",
                ),
                name="rule_set_version_submitted_by_and_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("effective_at__isnull", True), ("scheduled_by__isnull", True)),
                    models.Q(("effective_at__isnull", False), ("scheduled_by__isnull", False)),
                    _connector="OR",
                ),
                name="rule_set_version_scheduled_by_and_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("effective_at__isnull", True),
                    ("status__in", ["approved", "published", "retired"]),
                    _connector="OR",
                ),
                name="rule_set_version_date_is_of_an_approved",
            ),
        ),
        migrations.AddField(
            model_name="versioneditor",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
            ),
        ),
        migrations.AddField(
            model_name="versioneditor",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="versioneditor",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="editors",
                to="policies.rulesetversion",
            ),
        ),
        migrations.AddField(
            model_name="versionnote",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
            ),
        ),
        migrations.AddField(
            model_name="versionnote",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="policies.rulesetversion",
            ),
        ),
        migrations.AddField(
            model_name="versionnote",
            name="written_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="versioneditor",
            constraint=models.UniqueConstraint(
                fields=("version", "user"), name="version_editor_once"
            ),
        ),
        migrations.AddIndex(
            model_name="versionnote",
            index=models.Index(fields=["version", "written_at"], name="version_note_of_version"),
        ),
        migrations.AddConstraint(
            model_name="versionnote",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="version_note_says_something"
            ),
        ),
        back,
        refuse_change(
            "policies_rulesetversion",
            unless="OLD.status IN ('draft', 'submitted', 'approved')",
            allow_columns=("status", "retired_at", "review_on", "updated_at"),
        ),
        refuse_change("policies_rule", unless=IS_DRAFT),
        refuse_change("policies_versioneditor"),
        refuse_change("policies_versionnote"),
        fence_organisations(
            Reference("policies_rulesetversion", "rule_set_id", "policies_ruleset"),
            Reference("policies_rulesetversion", "based_on_id", "policies_rulesetversion"),
            Reference("policies_rulesetversion", "replaces_id", "policies_rulesetversion"),
            Reference("policies_versioneditor", "version_id", "policies_rulesetversion"),
            Reference("policies_versionnote", "version_id", "policies_rulesetversion"),
        ),
        migrations.RunPython(guard, unguard),
    ]
