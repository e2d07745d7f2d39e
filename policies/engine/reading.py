"""Read parts of a definition, noting every mistake in plain English instead of stopping at one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from policies.engine.problems import Problem

_E = TypeVar("_E", bound=StrEnum)
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")

Node = Mapping[str, Any]  # Any: a parsed YAML or JSON mapping, whose values are checked here


def listed(words: Collection[str], joiner: str = "or") -> str:
    """Return "a, b or c"."""
    items = [str(word) for word in words]
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {joiner} {items[-1]}"


class Reader:
    """Checked access to parsed values; each method returns a usable default after a mistake."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def note(self, where: str, message: str) -> None:
        """Record a mistake."""
        self.problems.append(Problem(where, message))

    def mapping(
        self,
        value: object,
        where: str,
        *,
        required: Collection[str] = (),
        optional: Collection[str] = (),
    ) -> Node:
        """Return a mapping with known fields only."""
        if not isinstance(value, Mapping):
            self.note(where, f"should hold named fields, not {kind_of(value)}.")
            return {}
        known = [*required, *optional]
        for name in value:
            if name not in known:
                self.note(where, f"has no field “{name}”.{self._suggest(name, known)}")
        for name in required:
            if value.get(name) is None:
                self.note(where, f"needs the field “{name}”.")
        return value

    def _suggest(self, name: object, known: Collection[str]) -> str:
        near = difflib.get_close_matches(str(name), list(known), n=1)
        if near:
            return f" Did you mean “{near[0]}”?"
        return f" It can have {listed(sorted(known), 'and')}." if known else " It takes no fields."

    def named(self, value: object, where: str) -> Iterator[tuple[str, object]]:
        """Yield the entries of a mapping from keys that people chose."""
        if value is None:
            return
        if not isinstance(value, Mapping):
            self.note(where, f"should be a set of named entries, not {kind_of(value)}.")
            return
        for key, entry in value.items():
            if not isinstance(key, str) or not _SLUG.fullmatch(key):
                self.note(
                    where, f"“{key}” is not a usable name: use small letters, digits and hyphens."
                )
                continue
            yield key, entry

    def items(self, value: object, where: str, *, filled: bool = True) -> list[Any]:
        """Return a list; an empty one is a mistake unless `filled` is False."""
        if value is None and not filled:
            return []
        if not isinstance(value, list | tuple):
            self.note(where, f"should be a list, not {kind_of(value)}.")
            return []
        if filled and not value:
            self.note(where, "is empty.")
        return list(value)

    def texts(self, value: object, where: str, *, filled: bool = True) -> list[str]:
        """Return a list of texts."""
        found = []
        for number, item in enumerate(self.items(value, where, filled=filled), start=1):
            text = self.text(item, f"{where}, item {number}")
            if text:
                found.append(text)
        return found

    def text(self, value: object, where: str, *, default: str = "") -> str:
        """Return a text that is not blank; absent means the default."""
        if value is None:
            return default
        if not isinstance(value, str):
            self.note(
                where, f"should be text, not {kind_of(value)}. Put it between quotation marks."
            )
            return default
        if not value.strip():
            self.note(where, "is blank.")
        return value.strip()

    def slug(self, value: object, where: str) -> str:
        """Return a name made of small letters, digits and hyphens."""
        text = self.text(value, where)
        if text and not _SLUG.fullmatch(text):
            self.note(
                where, f"“{text}” is not a usable key: use small letters, digits and hyphens."
            )
        return text

    def boolean(self, value: object, where: str, *, default: bool = False) -> bool:
        """Return true or false; absent means the default."""
        if value is None:
            return default
        if not isinstance(value, bool):
            self.note(where, f"should be true or false, not {kind_of(value)}.")
            return default
        return value

    def number(
        self, value: object, where: str, *, default: float, least: float, most: float
    ) -> float:
        """Return a number between two bounds; absent means the default."""
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.note(where, f"should be a number, not {kind_of(value)}.")
            return default
        if not least <= value <= most:
            self.note(where, f"should be between {least:g} and {most:g}, not {value:g}.")
            return default
        return value

    def whole(self, value: object, where: str, *, default: int, least: int, most: int) -> int:
        """Return a whole number between two bounds; absent means the default."""
        number = self.number(value, where, default=default, least=least, most=most)
        if number != int(number):
            self.note(where, f"should be a whole number, not {number:g}.")
        return int(number)

    def choice(self, value: object, where: str, options: type[_E], *, default: _E) -> _E:
        """Return one of a fixed set of words; absent means the default."""
        if value is None:
            return default
        try:
            return options(str(value))
        except ValueError:
            self.note(where, f"“{value}” is not one of {listed([str(o) for o in options])}.")
            return default


def kind_of(value: object) -> str:
    """Name a value's kind in the words of somebody editing YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "named fields"
    return "a date" if type(value).__name__ in ("date", "datetime") else "that"
