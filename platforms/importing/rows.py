"""One record made into an item, or refused with a reason."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from platforms.connectors.base import InboundAuthor, InboundItem, InboundPost, RawEvent
from platforms.enums import ContentKind
from platforms.importing.fields import Columns, Field
from platforms.importing.values import (
    MAX_NAME,
    clean,
    count_of,
    date_of,
    id_of,
    plain,
    text_of,
    url_of,
)

KIND = "import.row"
SKEW = timedelta(days=1)
FROM_THE_FUTURE = "Dated more than a day ahead: taken with the time of the import."
UNDATED = "Without a date: taken with the time of the import."


@dataclass(frozen=True, slots=True)
class Row:
    """One good row: the event exactly as read, and what it says."""

    line: int
    offset: int
    event: RawEvent
    item: InboundItem
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that is not taken."""

    line: int
    offset: int
    reason: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Source:
    """One record's values with the columns that say what they are."""

    columns: Columns
    values: Sequence[Any]  # Any: cells or JSON

    def get(self, field: Field) -> Any:  # Any: a cell or a JSON value
        """Return the field's value, or None when there is no such column."""
        at = self.columns.position.get(field)
        return None if at is None else self.values[at]


class Occurrences:
    """Counts how often the same content came, without growing in memory.

    Rows without an id of their own are told apart by what they say and by their how-manyth
    appearance in the file, which is the same each time that the file is read.
    """

    def __init__(self) -> None:
        # An empty name is a private database on disk that lives as long as its connection.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute("BEGIN")
        self._database.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, times INT) WITHOUT ROWID")

    def count(self, key: bytes) -> int:
        """Return how often `key` has come, this time included."""
        self._database.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1",
            (key,),
        )
        row = self._database.execute("SELECT times FROM seen WHERE key = ?", (key,)).fetchone()
        return int(row[0])

    def close(self) -> None:
        """Drop what was counted."""
        self._database.close()


class Normaliser:
    """Makes records into items for one reading of one file, in the file's order."""

    def __init__(self, *, zone: str, now: datetime) -> None:
        self._zone = ZoneInfo(zone)
        self._now = now
        self._occurrences = Occurrences()

    def close(self) -> None:
        """Release what the counting needs."""
        self._occurrences.close()

    def pass_over(self, source: Source) -> None:
        """Note a record that an earlier reading took, so that later ones get the same ids."""
        if not plain(source.get(Field.ID)).strip():
            self._derived_id(source)

    def item(self, source: Source) -> tuple[InboundItem, tuple[str, ...]]:
        """Return the item with notes about it. Raises ValueError with the reason for a refusal."""
        external_id = id_of(source.get(Field.ID), "comment id") or self._derived_id(source)
        text = text_of(source.get(Field.TEXT))
        published_at, notes = self._published_at(source)
        post = _post(source)
        parent = id_of(source.get(Field.PARENT_ID), "parent id")
        if parent == external_id or (post is not None and parent == post.external_id):
            parent = ""
        item = InboundItem(
            external_id=external_id,
            text=text,
            author=_author(source, external_id),
            kind=ContentKind.REPLY if parent else ContentKind.COMMENT,
            version=_digest(text),
            post=post,
            parent_external_id=parent,
            url=url_of(source.get(Field.URL)),
            published_at=published_at,
            likes=count_of(source.get(Field.LIKES)),
            replies=count_of(source.get(Field.REPLIES)),
        )
        return item, notes

    def _published_at(self, source: Source) -> tuple[datetime | None, tuple[str, ...]]:
        if Field.DATE not in source.columns:
            return None, ()
        found = date_of(source.get(Field.DATE), self._zone)
        if found is None:
            return None, (UNDATED,)
        if found > self._now:
            # A clock that is a little fast is nobody's news; a year ahead is.
            return None, (FROM_THE_FUTURE,) if found - self._now > SKEW else ()
        return found, ()

    def _derived_id(self, source: Source) -> str:
        told = "\x1f".join(
            plain(source.get(field))
            for field in (
                Field.AUTHOR_ID,
                Field.AUTHOR_HANDLE,
                Field.AUTHOR,
                Field.DATE,
                Field.POST_ID,
                Field.POST_TEXT,
                Field.TEXT,
            )
        )
        digest = hashlib.sha256(told.encode("utf-8")).digest()[:16]
        return f"import:{digest.hex()}:{self._occurrences.count(digest)}"


def event_of(item: InboundItem, payload: bytes) -> RawEvent:
    """Return the raw event: an edited text under the same id is another event."""
    return RawEvent(key=f"{item.external_id}:{item.version}", payload=payload, kind=KIND)


def table_payload(names: Sequence[str], values: Sequence[str]) -> bytes:
    """Return a table's row exactly as read, as one ASCII JSON object."""
    return json.dumps(dict(zip(names, values, strict=True))).encode("ascii")


def _author(source: Source, item_id: str) -> InboundAuthor:
    own_id = id_of(source.get(Field.AUTHOR_ID), "author id")
    handle = plain(source.get(Field.AUTHOR_HANDLE)).strip()
    name = plain(source.get(Field.AUTHOR)).strip()
    if own_id:
        external_id = own_id
    elif handle:
        external_id = f"handle:{_bounded(handle.lstrip('@').casefold())}"
    elif name:
        external_id = f"name:{_bounded(name)}"
    else:
        # Strangers are not one person: their histories must not add up.
        external_id = f"unknown:{_bounded(item_id)}"
    return InboundAuthor(
        external_id=external_id,
        handle=clean(handle[:MAX_NAME]),
        display_name=clean(name[:MAX_NAME]),
        url=url_of(source.get(Field.AUTHOR_URL)),
    )


def _post(source: Source) -> InboundPost | None:
    post_id = id_of(source.get(Field.POST_ID), "post id")
    text = plain(source.get(Field.POST_TEXT)).strip()
    url = url_of(source.get(Field.POST_URL))
    if not post_id and not text:
        return None
    return InboundPost(external_id=post_id or f"title:{_digest(text)}", text=text, url=url)


def _bounded(value: str) -> str:
    return value if len(value) <= 280 else _digest(value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]
