"""Nothing here points across organisations."""

from django.db import migrations

from common.database import Reference, fence_organisations


class Migration(migrations.Migration):
    dependencies = [("policies", "0002_immutable_versions")]

    operations = [
        fence_organisations(
            Reference("policies_clause", "pack_id", "policies_pack"),
            Reference("policies_rulesetversion", "rule_set_id", "policies_ruleset"),
            Reference("policies_rule", "version_id", "policies_rulesetversion"),
            Reference("policies_rule", "clause_id", "policies_clause"),
        ),
    ]
