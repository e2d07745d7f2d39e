"""A version's life goes one way: what was published cannot become a draft again and be rewritten."""

from django.db import migrations

REFUSAL = "policies_rulesetversion status moves one way"
# From what was approved on, the definition is what somebody else approved.
REFUSED = """
    (OLD.status IN ('published', 'retired') AND NEW.status IN ('draft', 'approved'))
    OR (OLD.status = 'retired' AND NEW.status = 'published')
    OR (OLD.status = 'approved' AND NEW.status <> 'draft'
        AND (OLD.digest <> NEW.digest OR OLD.definition <> NEW.definition))
"""


def forward(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(f"""
                CREATE FUNCTION policies_rulesetversion_one_way() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = '23001';
                END $$""")
            cursor.execute(
                "CREATE TRIGGER policies_rulesetversion_one_way BEFORE UPDATE"
                f" ON policies_rulesetversion FOR EACH ROW WHEN ({REFUSED})"
                " EXECUTE FUNCTION policies_rulesetversion_one_way()"
            )
        else:
            cursor.execute(
                "CREATE TRIGGER policies_rulesetversion_one_way BEFORE UPDATE"
                f" ON policies_rulesetversion WHEN {REFUSED}"
                f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )


def backward(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION policies_rulesetversion_one_way() CASCADE")
        else:
            cursor.execute("DROP TRIGGER policies_rulesetversion_one_way")


class Migration(migrations.Migration):
    dependencies = [("policies", "0003_organisation_fences")]

    operations = [migrations.RunPython(forward, backward)]
