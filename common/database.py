"""What Django's migrations do not say by themselves: rows that refuse change, and fences between organisations.

Every guard is written for both databases, PostgreSQL and SQLite, and undone by the reverse migration.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import connection, migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


@dataclass(frozen=True)
class Reference:
    """A foreign key whose two ends must belong to the same organisation."""

    table: str
    column: str
    parent: str


def _run(statements: Callable[[str], Iterable[str]]) -> Callable[..., None]:
    def apply(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements(schema_editor.connection.vendor):
            # Not schema_editor.execute: a percent sign or a semicolon inside a trigger is meant.
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(statement)

    return apply


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [
            column.name for column in connection.introspection.get_table_description(cursor, table)
        ]


def refuse_change(
    table: str, *, unless: str = "", allow_columns: tuple[str, ...] = ()
) -> migrations.RunPython:
    """Make rows of `table` refuse UPDATE and DELETE: what they record stays true for ever.

    `unless` is SQL over OLD under which change is still allowed (a draft, say).
    `allow_columns` may change even then; every other column may not.
    """
    refusal = f"{table} rows never change"
    guarded = f"NOT ({unless})" if unless else "true"

    def forward(vendor: str) -> Iterable[str]:
        if vendor == "postgresql":
            changed = " OR ".join(
                f"OLD.{column} IS DISTINCT FROM NEW.{column}"
                for column in _columns(table)
                if column not in allow_columns
            )
            yield f"""
                CREATE FUNCTION {table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'TRUNCATE' THEN
                        RAISE EXCEPTION '{refusal}' USING ERRCODE = '23001';
                    END IF;
                    IF TG_OP = 'DELETE' THEN
                        IF {guarded} THEN RAISE EXCEPTION '{refusal}' USING ERRCODE = '23001'; END IF;
                        RETURN OLD;
                    END IF;
                    IF {guarded} AND ({changed}) THEN
                        RAISE EXCEPTION '{refusal}' USING ERRCODE = '23001';
                    END IF;
                    RETURN NEW;
                END $$"""
            yield (
                f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change()"
            )
            if not unless:
                yield (
                    f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}"
                    f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse_change()"
                )
        else:
            changed = " OR ".join(
                f'OLD."{column}" IS NOT NEW."{column}"'
                for column in _columns(table)
                if column not in allow_columns
            )
            yield (
                f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table}"
                f" WHEN {guarded} AND ({changed}) BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )
            yield (
                f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table}"
                f" WHEN {guarded} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )

    def backward(vendor: str) -> Iterable[str]:
        if vendor == "postgresql":
            yield f"DROP FUNCTION {table}_refuse_change() CASCADE"
        else:
            yield f"DROP TRIGGER IF EXISTS {table}_refuse_update"
            yield f"DROP TRIGGER IF EXISTS {table}_refuse_delete"

    return migrations.RunPython(_run(forward), _run(backward), elidable=False)


def fence_organisations(*references: Reference) -> migrations.RunPython:
    """Refuse a row that points at a row of another organisation.

    PostgreSQL checks inserted rows a whole statement at once, so that bulk loading pays one join
    and not one look-up a row, and an update only when it changes the reference. SQLite checks row
    by row.
    """

    def forward(vendor: str) -> Iterable[str]:
        if vendor == "postgresql":
            for table in dict.fromkeys(reference.table for reference in references):
                yield from _postgresql_fence(table, [r for r in references if r.table == table])
        else:
            for reference in references:
                yield from _sqlite_fence(reference)

    def backward(vendor: str) -> Iterable[str]:
        if vendor == "postgresql":
            for table in dict.fromkeys(reference.table for reference in references):
                yield f"DROP FUNCTION {table}_fence_insert() CASCADE"
            for reference in references:
                yield f"DROP FUNCTION {reference.table}_{reference.column}_fence() CASCADE"
        else:
            for reference in references:
                yield f"DROP TRIGGER IF EXISTS {reference.table}_{reference.column}_fence_insert"
                yield f"DROP TRIGGER IF EXISTS {reference.table}_{reference.column}_fence_update"

    return migrations.RunPython(_run(forward), _run(backward), elidable=False)


def _refusal(reference: Reference) -> str:
    return f"{reference.table}.{reference.column} crosses organisations"


def _postgresql_fence(table: str, references: list[Reference]) -> Iterable[str]:
    checks = "".join(
        f"""
            IF EXISTS (
                SELECT 1 FROM added JOIN {reference.parent} parent
                ON parent.id = added.{reference.column}
                WHERE parent.organisation_id <> added.organisation_id
            ) THEN RAISE EXCEPTION '{_refusal(reference)}' USING ERRCODE = '23514'; END IF;"""
        for reference in references
    )
    yield f"""
        CREATE FUNCTION {table}_fence_insert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {checks}
            RETURN NULL;
        END $$"""
    yield (
        f"CREATE TRIGGER {table}_fence_insert AFTER INSERT ON {table}"
        f" REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {table}_fence_insert()"
    )
    for reference in references:
        name = f"{table}_{reference.column}_fence"
        yield f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (
                    SELECT 1 FROM {reference.parent} parent WHERE parent.id = NEW.{reference.column}
                    AND parent.organisation_id <> NEW.organisation_id
                ) THEN RAISE EXCEPTION '{_refusal(reference)}' USING ERRCODE = '23514'; END IF;
                RETURN NULL;
            END $$"""
        yield (
            f"CREATE TRIGGER {name}_update AFTER UPDATE OF {reference.column}, organisation_id"
            f" ON {table} FOR EACH ROW WHEN (OLD.{reference.column} IS DISTINCT FROM"
            f" NEW.{reference.column} OR OLD.organisation_id <> NEW.organisation_id)"
            f" EXECUTE FUNCTION {name}()"
        )


def _sqlite_fence(reference: Reference) -> Iterable[str]:
    name = f"{reference.table}_{reference.column}_fence"
    for event in ("INSERT", f"UPDATE OF {reference.column}, organisation_id"):
        yield f"""
            CREATE TRIGGER {name}_{event.split()[0].lower()} BEFORE {event} ON {reference.table}
            WHEN NEW.{reference.column} IS NOT NULL AND EXISTS (
                SELECT 1 FROM {reference.parent} parent WHERE parent.id = NEW.{reference.column}
                AND parent.organisation_id <> NEW.organisation_id
            ) BEGIN SELECT RAISE(ABORT, '{_refusal(reference)}'); END"""
