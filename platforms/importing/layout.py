"""What a person said about a file: which column is what, whether there is a header, whose time it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from platforms.importing.errors import UnreadableFile
from platforms.importing.fields import Field

UK_TIME = "Europe/London"


@dataclass(frozen=True, slots=True)
class Layout:
    """The reading instructions of one file. Empty when the header says it all.

    `columns` names a column, or its number counted from 0, for a field; "" says that there is none.
    """

    columns: Mapping[Field, str] = field(default_factory=dict)
    header: bool = True
    zone: str = UK_TIME

    @classmethod
    def from_words(
        cls, words: Iterable[str] = (), *, header: bool = True, zone: str = UK_TIME
    ) -> Layout:
        """Read `FIELD=COLUMN` words. Raises UnreadableFile for an unknown field or zone."""
        columns: dict[Field, str] = {}
        for word in words:
            name, equals, column = word.partition("=")
            if not equals:
                message = f"“{word}” is not of the form FIELD=COLUMN."
                raise UnreadableFile(message)
            columns[_field(name)] = column.strip()
        _check_zone(zone)
        return cls(columns=columns, header=header, zone=zone)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Layout:  # Any: JSON
        """Return the layout that `as_json` stored."""
        columns = {_field(name): str(column) for name, column in stored.get("columns", {}).items()}
        zone = str(stored.get("zone", UK_TIME))
        _check_zone(zone)
        return cls(columns=columns, header=bool(stored.get("header", True)), zone=zone)

    def as_json(self) -> dict[str, Any]:  # Any: JSON
        """Return it for storage: always the same for the same instructions, and {} for none."""
        stored: dict[str, Any] = {}
        if self.columns:
            stored["columns"] = {
                name.value: column
                for name, column in sorted(self.columns.items(), key=lambda pair: pair[0].value)
            }
        if not self.header:
            stored["header"] = False
        if self.zone != UK_TIME:
            stored["zone"] = self.zone
        return stored


def _field(name: str) -> Field:
    try:
        return Field(name.strip().lower())
    except ValueError:
        known = ", ".join(Field)
        message = f"There is no field “{name.strip()}”. The fields are: {known}."
        raise UnreadableFile(message) from None


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        message = f"There is no time zone “{zone}”. Give one such as Europe/London or UTC."
        raise UnreadableFile(message) from None
