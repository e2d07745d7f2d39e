"""The pieces that pages are made of, as the templates in templates/components/ read them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Tag:
    """A status in words; the colour only underlines it."""

    label: str
    colour: str = "grey"


@dataclass(frozen=True, slots=True)
class Alert:
    """A message about the page. `kind`: information, success, warning, error."""

    kind: str
    title: str
    text: str = ""
    url: str = ""
    url_label: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number worth a box. `css`: "", app-figures__bad, app-figures__good."""

    label: str
    value: str
    note: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One pair of a summary list; an empty value shows as not known."""

    label: str
    value: str
    url: str = ""
    is_external: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """One act, or why it cannot be done."""

    label: str
    url: str
    enabled: bool = True
    why_not: str = ""
    variant: str = ""
    key: str = ""
    key_label: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Forwards and back, by keys and never by number."""

    previous_url: str = ""
    next_url: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The heading of a column."""

    label: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str = ""
    url: str = ""
    is_number: bool = False
    tag: Tag | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A plain table; the first cell of a row is its heading."""

    caption: str
    heads: list[Head]
    rows: list[list[Cell]]

    @property
    def labelled(self) -> list[list[tuple[Head, Cell]]]:
        """The rows with the heading of each cell, which a narrow screen shows beside it."""
        return [list(zip(self.heads, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of a timeline. `text` may hold a person's own words."""

    title: str
    when: str
    when_iso: str
    by: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a filter."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class FilterField:
    """One choice that narrows a list."""

    name: str
    label: str
    options: list[Choice]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter in use and the address without it."""

    label: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class Search:
    """A word that narrows a list."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters of a list."""

    action: str
    fields: list[FilterField]
    clear_url: str
    chosen: list[Chosen] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)
    search: Search | None = None


def iso(moment: datetime) -> str:
    """Return a moment for machines: "2026-11-21T09:14:00Z"."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# Characters that turn the words around them, so that a page reads otherwise than it was written.
_TURNING = {
    point: f"⟨U+{point:04X}⟩" for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def in_order(text: str) -> str:
    """Return somebody's words with what would turn them around written out."""
    return text if text.isascii() else text.translate(_TURNING)
