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


@dataclass(frozen=True)
class Bond:
    """What must hold whenever a column is set, beyond the row it points at being there.

    `broken` is SQL that is true where it does not hold, over the row as `changed`; `name` says in
    words what would be wrong.
    """

    table: str
    column: str
    name: str
    broken: str


def same_parent(
    table: str, column: str, parent: str, key: str, *, own: str, also: str = ""
) -> Bond:
    """Return the bond that the row pointed at (`parent`) has our own row's `own` as its `key`.

    `own` is SQL over `changed`. `also` is SQL over `parent` that must be false as well.
    """
    wrong = f"parent.{key} <> {own}" + (f" OR {also}" if also else "")
    return Bond(
        table,
        column,
        f"{table}.{column} belongs elsewhere",
        f"EXISTS (SELECT 1 FROM {parent} parent WHERE parent.id = changed.{column} AND ({wrong}))",
    )


def member(table: str, column: str) -> Bond:
    """Return the bond that the person named has, or once had, a role in the row's organisation.

    A role revoked since counts: what somebody did while they had it stays true.
    """
    return Bond(
        table,
        column,
        f"{table}.{column} is nobody of the organisation",
        f"changed.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM accounts_membership"
        f" WHERE user_id = changed.{column} AND organisation_id = changed.organisation_id)",
    )


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


def lift(guard: migrations.RunPython) -> migrations.RunPython:
    """Take a guard away, to be put back by the same migration once its table is altered."""
    if guard.reverse_code is None:  # pragma: no cover - every guard of this module has a way back
        raise ValueError(guard)
    return migrations.RunPython(guard.reverse_code, guard.code, elidable=False)


def fence_for_sqlite(*references: Reference) -> migrations.RunPython:
    """Fence as `fence_organisations` does, on SQLite alone.

    SQLite rebuilds an altered table: its own triggers are lost, and those of other tables that look
    into it stand in the way. Lift these before, and put them back after; PostgreSQL's stay.
    """

    def forward(vendor: str) -> Iterable[str]:
        return () if vendor == "postgresql" else _each(_sqlite_fence, references)

    def backward(vendor: str) -> Iterable[str]:
        return () if vendor == "postgresql" else _each(_sqlite_unfence, references)

    return migrations.RunPython(_run(forward), _run(backward), elidable=False)


def _each(
    write: Callable[[Reference], Iterable[str]], references: Iterable[Reference]
) -> Iterable[str]:
    return [statement for reference in references for statement in write(reference)]


def _sqlite_unfence(reference: Reference) -> Iterable[str]:
    for event in ("insert", "update"):
        yield f"DROP TRIGGER IF EXISTS {reference.table}_{reference.column}_fence_{event}"


def fence_organisations(*references: Reference) -> migrations.RunPython:
    """Refuse a row that points at a row of another organisation.

    A later migration that adds a reference names every one of its table again.

    PostgreSQL checks inserted rows a whole statement at once, so that bulk loading pays one join
    and not one look-up a row, and an update only when it changes the reference. SQLite checks row
    by row.
    """

    def forward(vendor: str) -> Iterable[str]:
        if vendor == "postgresql":
            for table in dict.fromkeys(reference.table for reference in references):
                yield from _postgresql_fence(table, [r for r in references if r.table == table])
        else:
            yield from _each(_sqlite_fence, references)

    def backward(vendor: str) -> Iterable[str]:
        if vendor == "postgresql":
            for table in dict.fromkeys(reference.table for reference in references):
                yield f"DROP FUNCTION IF EXISTS {table}_fence_insert() CASCADE"
            for reference in references:
                yield f"DROP FUNCTION IF EXISTS {reference.table}_{reference.column}_fence() CASCADE"
        else:
            yield from _each(_sqlite_unfence, references)

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
        CREATE OR REPLACE FUNCTION {table}_fence_insert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {checks}
            RETURN NULL;
        END $$"""
    yield (
        f"CREATE OR REPLACE TRIGGER {table}_fence_insert AFTER INSERT ON {table}"
        f" REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {table}_fence_insert()"
    )
    for reference in references:
        name = f"{table}_{reference.column}_fence"
        yield f"""
            CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (
                    SELECT 1 FROM {reference.parent} parent WHERE parent.id = NEW.{reference.column}
                    AND parent.organisation_id <> NEW.organisation_id
                ) THEN RAISE EXCEPTION '{_refusal(reference)}' USING ERRCODE = '23514'; END IF;
                RETURN NULL;
            END $$"""
        yield (
            f"CREATE OR REPLACE TRIGGER {name}_update AFTER UPDATE OF {reference.column}, organisation_id"
            f" ON {table} FOR EACH ROW WHEN (OLD.{reference.column} IS DISTINCT FROM"
            f" NEW.{reference.column} OR OLD.organisation_id <> NEW.organisation_id)"
            f" EXECUTE FUNCTION {name}()"
        )


def _sqlite_fence(reference: Reference) -> Iterable[str]:
    name = f"{reference.table}_{reference.column}_fence"
    for event in ("INSERT", f"UPDATE OF {reference.column}, organisation_id"):
        yield f"""
            CREATE TRIGGER IF NOT EXISTS {name}_{event.split()[0].lower()}
            BEFORE {event} ON {reference.table} WHEN NEW.{reference.column} IS NOT NULL AND EXISTS (
                SELECT 1 FROM {reference.parent} parent WHERE parent.id = NEW.{reference.column}
                AND parent.organisation_id <> NEW.organisation_id
            ) BEGIN SELECT RAISE(ABORT, '{_refusal(reference)}'); END"""


def bind(*bonds: Bond) -> migrations.RunPython:
    """Refuse a row in which one of the bonds is broken.

    Looked at when a row is inserted and when the column changes, and never again: PostgreSQL
    checks inserted rows a whole statement at once, as for the fences.
    """

    def forward(vendor: str) -> Iterable[str]:
        for bond in bonds:
            yield from _postgresql_bond(bond) if vendor == "postgresql" else _sqlite_bond(bond)

    def backward(vendor: str) -> Iterable[str]:
        for bond in bonds:
            name = f"{bond.table}_{bond.column}_bond"
            for event in ("insert", "update"):
                if vendor == "postgresql":
                    yield f"DROP FUNCTION {name}_{event}() CASCADE"
                else:
                    yield f"DROP TRIGGER IF EXISTS {name}_{event}"

    return migrations.RunPython(_run(forward), _run(backward), elidable=False)


def _postgresql_bond(bond: Bond) -> Iterable[str]:
    name = f"{bond.table}_{bond.column}_bond"
    refuse = f"RAISE EXCEPTION '{bond.name}' USING ERRCODE = '23514'; END IF; RETURN NULL;"
    yield f"""
        CREATE FUNCTION {name}_insert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM added changed WHERE {bond.broken}) THEN {refuse}
        END $$"""
    yield (
        f"CREATE TRIGGER {name}_insert AFTER INSERT ON {bond.table} REFERENCING NEW TABLE AS added"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}_insert()"
    )
    yield f"""
        CREATE FUNCTION {name}_update() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {bond.broken.replace("changed.", "NEW.")} THEN {refuse}
        END $$"""
    yield (
        f"CREATE TRIGGER {name}_update AFTER UPDATE OF {bond.column} ON {bond.table} FOR EACH ROW"
        f" WHEN (NEW.{bond.column} IS NOT NULL"
        f" AND OLD.{bond.column} IS DISTINCT FROM NEW.{bond.column})"
        f" EXECUTE FUNCTION {name}_update()"
    )


def _sqlite_bond(bond: Bond) -> Iterable[str]:
    name = f"{bond.table}_{bond.column}_bond"
    for event in ("INSERT", f"UPDATE OF {bond.column}"):
        yield f"""
            CREATE TRIGGER {name}_{event.split()[0].lower()} BEFORE {event} ON {bond.table}
            WHEN NEW.{bond.column} IS NOT NULL AND {bond.broken.replace("changed.", "NEW.")}
            BEGIN SELECT RAISE(ABORT, '{bond.name}'); END"""
