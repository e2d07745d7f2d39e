"""What was published stays as it was: a decision made years ago can still show the rule and clause it rested on."""

from django.db import migrations

from common.database import refuse_change


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [
        refuse_change(
            "policies_rulesetversion",
            unless="OLD.status IN ('draft', 'approved')",
            allow_columns=("status", "retired_at", "updated_at"),
        ),
        refuse_change(
            "policies_rule",
            unless=(
                "EXISTS (SELECT 1 FROM policies_rulesetversion version WHERE version.id = OLD.version_id"
                " AND version.status IN ('draft', 'approved'))"
            ),
        ),
        refuse_change("policies_clause", allow_columns=("is_current", "updated_at")),
    ]
