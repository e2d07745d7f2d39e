"""Values as people and platforms write them, made into ours. Each raises ValueError with a reason."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

MAX_TEXT_BYTES = 1_000_000
MAX_ID = 300
MAX_NAME = 200
MAX_URL = 500
MAX_COUNT = 2_147_483_647
# Earlier ones are what programs write for "none".
FIRST_YEAR = 1970

SURROGATE = re.compile("[\ud800-\udfff]")
UK_DATE = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:,?[ T]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([ap]m)?)?",
    re.IGNORECASE,
)
WRITTEN_DATES = (
    "%a %b %d %H:%M:%S %z %Y",
    "%d %B %Y %H:%M",
    "%d %b %Y %H:%M",
    "%d %B %Y",
    "%d %b %Y",
    "%d %B %Y %I:%M %p",
    "%d %b %Y %I:%M %p",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d, %Y, %I:%M %p",
    "%B %d, %Y, %I:%M %p",
    "%b %d, %Y, %I:%M:%S %p",
    "%B %d, %Y at %I:%M %p",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M:%S UTC",
)
COUNT = re.compile(r"(\d+(?:[.,]\d+)*)\s*([km])?", re.IGNORECASE)


def clean(value: str) -> str:
    """Return text that every database takes: NUL and lone surrogates become U+FFFD."""
    if "\x00" in value:
        value = value.replace("\x00", "\ufffd")
    if value.isascii():
        return value
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return SURROGATE.sub("\ufffd", value)
    return value


def plain(value: Any) -> str:  # Any: a cell or a JSON value
    """Return a scalar as text, cleaned; "" for null, a list or an object."""
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    return str(value)


def text_of(value: Any) -> str:  # Any: a cell or a JSON value
    """Return the comment's text exactly, or say why there is none to judge."""
    if isinstance(value, (dict, list, bool)):
        message = "The text is not written as text."
        raise ValueError(message)
    text = plain(value)
    if not text.strip():
        message = "The text is empty."
        raise ValueError(message)
    if len(text) * 4 > MAX_TEXT_BYTES:
        size = len(text.encode("utf-8"))
        if size > MAX_TEXT_BYTES:
            message = f"The text is longer than 1 MB: {size:,} bytes."
            raise ValueError(message)
    return text


def id_of(value: Any, what: str) -> str:  # Any: a cell or a JSON value
    """Return an id, or refuse one that no platform gives."""
    found = plain(value).strip()
    if len(found) > MAX_ID:
        message = f"The {what} is longer than {MAX_ID} characters."
        raise ValueError(message)
    return found


def count_of(value: Any) -> int:  # Any: a cell or a JSON value
    """Return a number of likes or replies: 12, 1,234 or 1.2K. What is no number counts as none."""
    found = COUNT.fullmatch(plain(value).strip())
    if not found:
        return 0
    digits, unit = found.group(1), (found.group(2) or "").lower()
    try:
        if unit:
            number = float(digits.replace(",", ".")) * {"k": 1_000, "m": 1_000_000}[unit]
        else:
            grouped = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", digits)
            number = float(grouped.replace(",", "."))
    except (ValueError, OverflowError):
        return 0
    return int(min(number, MAX_COUNT))


def url_of(value: Any) -> str:  # Any: a cell or a JSON value
    """Return a web address, or "" for anything that is not safe to link to."""
    found = plain(value).strip()
    is_web = found.lower().startswith(("https://", "http://"))
    return found if is_web and len(found) <= MAX_URL and not re.search(r"\s", found) else ""


def date_of(value: Any, zone: ZoneInfo) -> datetime | None:  # Any: a cell or a JSON value
    """Return the moment in UTC, None for an empty value. A time without a zone is in `zone`."""
    written = plain(value).strip()
    if not written:
        return None
    try:
        found = _iso(written) or _epoch(written) or _uk(written) or _written(written)
        if found is not None and found.year >= FIRST_YEAR:
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    message = f"The date “{written[:60]}” cannot be read."
    raise ValueError(message)


def _iso(written: str) -> datetime | None:
    # "20201101" and the like are ISO too, but bare digits are told from seconds since 1970 below.
    if len(written) < 8 or written[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _epoch(written: str) -> datetime | None:
    if len(written) in (8, 14) and written.isdecimal():
        # 20201101 or 20201101103000: eight digits of seconds would be the early 1970s.
        return datetime.strptime(written, "%Y%m%d%H%M%S"[: 6 if len(written) == 8 else None])  # noqa: DTZ007
    if not re.fullmatch(r"\d{9,18}(\.\d{1,9})?", written):
        return None
    number = float(written)
    for limit, unit in ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000)):
        if number < limit:
            return datetime.fromtimestamp(number / unit, UTC)
    return None


def _uk(written: str) -> datetime | None:
    found = UK_DATE.fullmatch(written)
    if not found:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if half := (found.group(7) or "").lower():
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return datetime(year + 2000 if year < 100 else year, month, day, hour, minute, second)  # noqa: DTZ001


def _written(written: str) -> datetime | None:
    for pattern in WRITTEN_DATES:
        try:
            return datetime.strptime(written, pattern)  # noqa: DTZ007 - the caller gives the zone
        except ValueError:
            continue
    if re.search(r"\d\s*[ap]\.?m\b", written, re.IGNORECASE):
        return None  # the parser of e-mail dates drops "PM": half a day off, and nobody told
    try:
        return parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError):
        return None
