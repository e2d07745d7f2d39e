"""A file read from its first row to its last, without ever holding more than one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Self, TextIO

from platforms.importing import objects, tables
from platforms.importing.errors import UnreadableFile
from platforms.importing.fields import Columns, Field, resolve
from platforms.importing.layout import Layout
from platforms.importing.lines import Broken, excerpt
from platforms.importing.rows import Normaliser, Rejection, Row, Source, event_of, table_payload
from platforms.importing.source import NO_LIMITS, Examination, Limits, examine, opened

SAMPLE = 1024 * 1024
SAMPLE_OBJECTS = 100


@dataclass(frozen=True, slots=True)
class Form:
    """What a file turned out to be: a table with its dialect, or JSON."""

    name: str
    dialect: tables.Dialect | None = None
    names: tuple[str, ...] = ()
    # Of a table, the columns of every row; of JSON, those of the first rows together.
    columns: Columns | None = None


class Reading:
    """One reading of one examined file. A context manager; iterate over `rows`.

    Raises UnreadableFile when the file or its layout cannot be worked with as a whole.
    """

    def __init__(
        self,
        path: Path,
        examination: Examination,
        layout: Layout,
        *,
        now: datetime,
        limits: Limits = NO_LIMITS,
    ) -> None:
        self._path = path
        self._examination = examination
        self._layout = layout
        self._limits = limits
        self._stack = ExitStack()
        self._normaliser = Normaliser(zone=layout.zone, now=now)
        self._stack.callback(self._normaliser.close)
        self.form = self._recognise()
        self._opened = self._stack.enter_context(opened(path, examination, limits=limits))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    @property
    def position(self) -> int:
        """Bytes of the file on disk read so far."""
        return min(self._opened.position, self._examination.size)

    def rows(self, *, skip: int = 0) -> Iterator[Row | Rejection]:
        """Go through the rows in their order, passing quickly over the first `skip`. Call once."""
        text = self._opened.text
        if self.form.dialect is not None:
            return self._table_rows(text, self.form.dialect, skip)
        return self._object_rows(text, skip)

    def _recognise(self) -> Form:
        with opened(self._path, self._examination, limits=self._limits) as file:
            sample = file.text.read(SAMPLE)
        if not sample.strip("\ufeff \t\r\n"):
            message = "The file has no rows."
            raise UnreadableFile(message)
        if objects.looks_like_list(sample):
            return self._object_form("JSON list")
        if objects.looks_like_lines(sample):
            return self._object_form("JSON Lines")
        return self._table_form(sample)

    def _object_form(self, name: str) -> Form:
        found: dict[str, None] = {}
        reason = "it holds no objects"
        with opened(self._path, self._examination, limits=self._limits) as file:
            for record in islice(self._objects(file.text, name), SAMPLE_OBJECTS):
                if isinstance(record, Broken):
                    reason = f"line {record.line}: {record.reason}"
                else:
                    found.update(dict.fromkeys(record.names))
        if not found:
            message = (
                "This looks like JSON, but is neither one object on each line nor one list of objects"
                f" ({reason.rstrip('.')})."
            )
            raise UnreadableFile(message)
        columns = resolve(tuple(found), self._layout.columns)
        return Form(name=name, names=tuple(found), columns=columns)

    def _table_form(self, sample: str) -> Form:
        dialect = tables.sniff(sample)
        with opened(self._path, self._examination, limits=self._limits) as file:
            first = next(self._table(file.text, dialect), None)
        if not isinstance(first, tables.Cells):
            reason = first.reason if first else ""
            message = f"The first row cannot be read. {reason}".strip()
            raise UnreadableFile(message)
        if self._layout.header:
            names = _distinct(first.values)
            columns = resolve(first.values, self._layout.columns)
        else:
            names = tuple(str(at) for at in range(len(first.values)))
            columns = _numbered(names, self._layout.columns)
        return Form(
            name=dialect.described(),
            dialect=dialect,
            names=names,
            columns=Columns(position=columns.position, names=names),
        )

    def _table(self, text: TextIO, dialect: tables.Dialect) -> Iterator[tables.Cells | Broken]:
        return tables.records(text, dialect, encoding=self._examination.encoding)

    def _objects(self, text: TextIO, name: str) -> Iterator[objects.Members | Broken]:
        cut = objects.list_records if name == "JSON list" else objects.line_records
        return cut(text, encoding=self._examination.encoding)

    def _table_rows(
        self, text: TextIO, dialect: tables.Dialect, skip: int
    ) -> Iterator[Row | Rejection]:
        columns = self.form.columns
        assert columns is not None  # noqa: S101 - a table's form always has them
        found = self._table(text, dialect)
        header: list[str] | None = None
        if self._layout.header:
            first = next(found, None)
            header = first.values if isinstance(first, tables.Cells) else None
        for offset, record in enumerate(found):
            if isinstance(record, Broken):
                if offset >= skip:
                    yield _broken(record, offset)
                continue
            if header is not None and _same(record.values, header):
                # Files put together from several carry their header again.
                if offset >= skip:
                    reason = "This is the header again, not a comment."
                    yield Rejection(record.line, offset, reason, excerpt(record.raw))
                continue
            source = Source(columns, record.values)
            if offset < skip:
                self._normaliser.pass_over(source)
                continue
            try:
                item, notes = self._normaliser.item(source)
            except ValueError as error:
                yield Rejection(record.line, offset, str(error), excerpt(record.raw))
                continue
            payload = table_payload(self.form.names, record.values)
            yield Row(record.line, offset, event_of(item, payload), item, notes)

    def _object_rows(self, text: TextIO, skip: int) -> Iterator[Row | Rejection]:
        known: dict[tuple[str, ...], Columns] = {}
        for offset, record in enumerate(self._objects(text, self.form.name)):
            if isinstance(record, Broken):
                if offset >= skip:
                    yield _broken(record, offset)
                continue
            columns = known.get(record.names)
            if columns is None:
                columns = resolve(record.names, self._layout.columns, is_complete=False)
                if len(known) < 1000:
                    known[record.names] = columns
            source = Source(columns, record.values)
            if offset < skip:
                self._normaliser.pass_over(source)
                continue
            try:
                item, notes = self._normaliser.item(source)
            except ValueError as error:
                yield Rejection(record.line, offset, str(error), excerpt(record.raw))
                continue
            event = event_of(item, objects.payload_of(record))
            yield Row(record.line, offset, event, item, notes)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would make of a file, from its first rows."""

    form: str
    encoding: str
    columns: tuple[str, ...]
    mapping: tuple[tuple[str, str], ...]
    rows: tuple[Row | Rejection, ...]
    problems: tuple[str, ...]


def preview(
    path: Path,
    layout: Layout,
    *,
    now: datetime,
    rows: int = 5,
    limits: Limits = NO_LIMITS,
) -> Preview:
    """Show what would come of a file, with what a person should look at before they import it."""
    examination = examine(path, limits=limits)
    with Reading(path, examination, layout, now=now, limits=limits) as reading:
        first = list(islice(reading.rows(), 200))
        form = reading.form
    columns = form.columns
    return Preview(
        form=form.name,
        encoding=examination.described(),
        columns=form.names,
        mapping=columns.described() if columns else (),
        rows=tuple(first[:rows]),
        problems=tuple(_problems(first, columns, examination)),
    )


def _problems(
    rows: Sequence[Row | Rejection], columns: Columns | None, examination: Examination
) -> Iterator[str]:
    if columns is not None:
        if Field.ID not in columns:
            yield "No column holds the comments’ ids. They are told apart by what they say."
        if Field.DATE not in columns:
            yield "No column holds dates. Every comment counts as written at the time of the import."
        if not {Field.AUTHOR, Field.AUTHOR_ID, Field.AUTHOR_HANDLE} & set(columns.position):
            yield "No column holds the authors. Nobody’s history will show."
    if examination.undecodable:
        yield "Some rows are not readable as UTF-8 and will be rejected."
    texts: dict[str, str] = {}
    for row in rows:
        if isinstance(row, Row):
            before = texts.setdefault(row.item.external_id, row.item.text)
            if before != row.item.text:
                yield (
                    f"The id “{row.item.external_id}” comes with different texts. Later ones count as"
                    " edits of the first. Is this column really the comment’s id?"
                )
                break
    rejected = sum(isinstance(row, Rejection) for row in rows)
    if rejected:
        yield f"{rejected} of the first {len(rows)} rows would be rejected."
    if not rows:
        yield "There are no rows below the header."


def _broken(record: Broken, offset: int) -> Rejection:
    return Rejection(record.line, offset, record.reason, record.excerpt)


def _same(values: list[str], header: list[str]) -> bool:
    return values[1:] == header[1:] and values[0].lstrip("\ufeff") == header[0]


def _distinct(header: Sequence[str]) -> tuple[str, ...]:
    """Return the header with every name present and different, so that no value is lost."""
    names: dict[str, None] = {}
    for at, cell in enumerate(header):
        name = cell.strip().strip("\ufeff")
        if not name or name in names:
            name = f"{name or 'column'} ({at})"
        while name in names:
            name += "*"
        names[name] = None
    return tuple(names)


def _numbered(names: tuple[str, ...], chosen: Mapping[Field, str]) -> Columns:
    if not chosen.get(Field.TEXT):
        message = (
            "A file without a header needs the number of the column with the text, counted from 0:"
            f" text=0 to text={len(names) - 1}."
        )
        raise UnreadableFile(message)
    return resolve(names, chosen)
