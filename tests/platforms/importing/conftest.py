"""Reading a file given as text or bytes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platforms.importing import Layout, Reading, Rejection, Row, examine

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
Read = Callable[..., list[Row | Rejection]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a whole file: `read(content, "text=tweet", header=False)`."""

    def read(
        content: str | bytes, *words: str, skip: int = 0, name: str = "file.csv", **options
    ) -> list[Row | Rejection]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        layout = Layout.from_words(words, **options)
        with Reading(path, examine(path), layout, now=NOW) as reading:
            return list(reading.rows(skip=skip))

    return read


def texts(rows: list[Row | Rejection]) -> list[str]:
    """The texts of the good rows."""
    return [row.item.text for row in rows if isinstance(row, Row)]


def reasons(rows: list[Row | Rejection]) -> list[tuple[int, str]]:
    """Line and reason of each rejected row."""
    return [(row.line, row.reason) for row in rows if isinstance(row, Rejection)]
