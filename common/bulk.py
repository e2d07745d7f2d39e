"""Adding many rows at once, leaving out those already there, and saying which were new.

PostgreSQL takes rows by COPY (several times the rate of multi-row inserts), into a staging table
first where some of them are there already; SQLite takes inserts of a few rows. Both answer with
the keys of the rows really added.
"""

import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction

# Rows in one statement on SQLite, which binds at most 32,766 values by default.
SQLITE_CHUNKS = (128, 16, 1)
# PostgreSQL's code for a row that is there already.
UNIQUE_VIOLATION = "23505"


def insert_new(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> set[Any]:
    """Insert `rows` of `columns` (attribute names, "id" among them) and return the ids added.

    A row that meets a unique constraint is left out; every other refusal of the database raises.
    Values are Python's: str, int, bool, datetime, UUID, bytes, dict, list, None.
    """
    if not rows:
        return set()
    fields, quoted = _named(model, columns)
    table = model._meta.db_table
    if connection.vendor != "postgresql":
        return _insert(table, fields, quoted, rows, tail="ON CONFLICT DO NOTHING RETURNING id")
    if _copied(table, quoted, rows):
        at = columns.index("id")
        return {row[at] for row in rows}
    staging = f"staging_{table}"
    with connection.cursor() as cursor:
        # One staging table a connection, empty at the end of every transaction.
        cursor.execute(
            f'CREATE TEMP TABLE IF NOT EXISTS "{staging}" (LIKE "{table}") ON COMMIT DELETE ROWS'
        )
        cursor.execute(f'DELETE FROM "{staging}"')
        _copy(staging, quoted, rows)
        cursor.execute(
            f'INSERT INTO "{table}" ({quoted}) SELECT {quoted} FROM "{staging}"'
            f" ON CONFLICT DO NOTHING RETURNING id"
        )
        return {row[0] for row in cursor.fetchall()}


def insert_all(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert `rows` of `columns`; any refusal of the database raises and nothing is added."""
    if not rows:
        return
    fields, quoted = _named(model, columns)
    table = model._meta.db_table
    if connection.vendor != "postgresql":
        _insert(table, fields, quoted, rows, tail="")
        return
    _copy(table, quoted, rows)


def _copied(table: str, quoted: str, rows: Sequence[Sequence[Any]]) -> bool:
    """Copy the rows straight in; False, and nothing added, when one of them is there already.

    New rows are the rule, and staging them costs as much again.
    """
    try:
        with transaction.atomic():
            _copy(table, quoted, rows)
    except IntegrityError as error:
        if getattr(error.__cause__, "pgcode", "") != UNIQUE_VIOLATION:
            raise
        return False
    return True


def _copy(table: str, quoted: str, rows: Sequence[Sequence[Any]]) -> None:
    # COPY is the driver's own: its refusals are made Django's here.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f'COPY "{table}" ({quoted}) FROM STDIN', _stream(rows))


def _named(model: type[models.Model], columns: Sequence[str]) -> tuple[list[Any], str]:
    by_attribute = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_attribute[name] for name in columns]
    return fields, ", ".join(f'"{field.column}"' for field in fields)


def _stream(rows: Sequence[Sequence[Any]]) -> io.StringIO:
    """Write rows as COPY reads them, column by column: the values of one are of the same sort."""
    columns = [_column(values) for values in zip(*rows, strict=True)]
    return io.StringIO("\n".join(map("\t".join, zip(*columns, strict=True))) + "\n")


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_needs_escape = re.compile(r"[\\\t\n\r]").search


def _column(values: Sequence[Any]) -> list[str]:
    # Many rows share their organisation, their moments and their statuses: as long as `values` hold
    # them, their identity says that they are the same, and saves writing them again.
    known: dict[int, str] = {}
    written = []
    for value in values:
        text = known.get(id(value))
        if text is None:
            text = known[id(value)] = _text(value)
        written.append(text)
    return written


def _text(value: Any) -> str:
    kind = type(value)
    if kind is UUID:
        return value.hex
    if kind is int:
        return str(value)
    if value is None:
        return "\\N"
    if value is True:
        return "t"
    if value is False:
        return "f"
    if kind is str:
        text = value
    elif isinstance(value, bytes):
        return "\\\\x" + value.hex()
    elif isinstance(value, datetime):
        return value.isoformat()
    elif isinstance(value, dict | list):
        text = json.dumps(value) if value else ("{}" if kind is dict else "[]")
    else:
        text = str(value)
    return text.translate(_ESCAPES) if _needs_escape(text) else text


def _insert(
    table: str, fields: Sequence[Any], quoted: str, rows: Sequence[Sequence[Any]], *, tail: str
) -> set[Any]:
    prepare = [_sqlite_converter(field) for field in fields]
    values = [
        [convert(value) for convert, value in zip(prepare, row, strict=True)] for row in rows
    ]
    one = "(" + ", ".join(["%s"] * len(fields)) + ")"
    added: set[Any] = set()
    with connection.cursor() as cursor:
        # Not row by row, because inside a savepoint each statement keeps notes of its own; and in
        # chunks of few sizes, because the driver keeps the statements that it has seen.
        for chunk in _chunks(values):
            cursor.execute(
                f'INSERT INTO "{table}" ({quoted}) VALUES {", ".join([one] * len(chunk))} {tail}',
                [value for row in chunk for value in row],
            )
            if tail:
                added |= {UUID(hex=row[0]) for row in cursor.fetchall()}
    return added


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    at = 0
    for size in SQLITE_CHUNKS:
        while len(rows) - at >= size:
            yield rows[at : at + size]
            at += size


def _sqlite_converter(field: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.UUIDField):
        return lambda value: value.hex if value is not None else None
    if isinstance(field, models.JSONField):
        return json.dumps
    if isinstance(field, models.DateTimeField):
        # A batch shares a few moments: each is converted once.
        known: dict[Any, str | None] = {None: None}

        def convert(value: Any) -> str | None:
            if value not in known:
                known[value] = connection.ops.adapt_datetimefield_value(value)
            return known[value]

        return convert
    return lambda value: value
