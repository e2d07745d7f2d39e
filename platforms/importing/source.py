"""Open a file as text: gzip by its first bytes, and the encoding by what the bytes allow."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from platforms.importing.errors import UnreadableFile

CHUNK = 1024 * 1024
GZIP = b"\x1f\x8b"
NOT_TEXT = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive. Save it as CSV, or take the file out"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook. Save it as CSV"),
    (b"%PDF", "a PDF. Save the table as CSV"),
    (b"BZh", "compressed with bzip2. Unpack it, or use gzip"),
    (b"\xfd7zXZ", "compressed with xz. Unpack it, or use gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd. Unpack it, or use gzip"),
    (b"7z\xbc\xaf", "a 7-Zip archive. Take the file out"),
)
# What surrogateescape leaves of UTF-8 bytes that encode a surrogate: some databases export emoji so.
ESCAPED_SURROGATE = re.compile("\udced[\udca0-\udcbf][\udc80-\udcbf]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may unpack to: none for an operator's file, some for an upload."""

    unpacked: int | None = None
    ratio: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Examination:
    """What a file is, found by reading it once."""

    digest: str
    size: int
    is_compressed: bool
    encoding: str
    undecodable: int

    def described(self) -> str:
        """Name the encoding for a person."""
        names = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
        name = names.get(self.encoding, self.encoding.upper())
        return f"{name}, gzip" if self.is_compressed else name


@dataclass(slots=True)
class Opened:
    """A file open as text. `position` is how many of its bytes on disk are read."""

    text: TextIO
    _raw: BinaryIO

    @property
    def position(self) -> int:
        """Bytes of the file on disk read so far, a buffer ahead of the text."""
        return self._raw.tell()


def examine(path: Path, *, limits: Limits = NO_LIMITS) -> Examination:
    """Read the whole file once: its digest, its compression, its encoding.

    Raises UnreadableFile with a plain sentence when it is not a text file, or too large unpacked.
    """
    with _opening(path) as raw:
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
        size = raw.tell()
    if size == 0:
        message = "The file is empty."
        raise UnreadableFile(message)
    with _bytes(path, limits) as (stream, _raw, is_compressed):
        encoding, undecodable = _encoding(stream)
    return Examination(
        digest=digest,
        size=size,
        is_compressed=is_compressed,
        encoding=encoding,
        undecodable=undecodable,
    )


@contextmanager
def opened(
    path: Path, examination: Examination, *, limits: Limits = NO_LIMITS
) -> Iterator[Opened]:
    """Open an examined file as text with its line ends untouched."""
    with _bytes(path, limits) as (stream, raw, _is_compressed):
        # Bytes that do not decode travel as escapes, so that only their row is refused.
        errors = "replace" if examination.encoding.startswith("utf-16") else "surrogateescape"
        text = io.TextIOWrapper(
            io.BufferedReader(stream, 256 * 1024),
            encoding=examination.encoding,
            errors=errors,
            newline="",
        )
        yield Opened(text=text, _raw=raw)


def repaired(raw: str, encoding: str) -> str | None:
    """Return text whose bytes did not decode in the form nearest to what was meant, or None."""
    if encoding == "cp1252":
        return re.sub("[\udc80-\udcff]", "\ufffd", raw)
    try:
        text = raw.encode("utf-8", "surrogateescape").decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    # Halves that stand side by side are one character; a lone one stays and is replaced later.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@contextmanager
def _opening(path: Path) -> Iterator[io.BufferedReader]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        message = f"There is no file {path}."
        raise UnreadableFile(message) from None
    except IsADirectoryError:
        message = f"{path} is a folder, not a file."
        raise UnreadableFile(message) from None
    except OSError as error:
        message = f"{path} cannot be opened: {error.strerror}."
        raise UnreadableFile(message) from None
    with file:
        yield file


@contextmanager
def _bytes(path: Path, limits: Limits) -> Iterator[tuple[io.RawIOBase, BinaryIO, bool]]:
    with _opening(path) as raw:
        start = raw.read(8)
        raw.seek(0)
        for magic, what in NOT_TEXT:
            if start.startswith(magic):
                message = f"This file is {what}, then import that."
                raise UnreadableFile(message)
        is_compressed = start.startswith(GZIP)
        stream: BinaryIO = gzip.GzipFile(fileobj=raw) if is_compressed else raw  # type: ignore[assignment]
        yield _Guarded(stream, raw, limits if is_compressed else NO_LIMITS), raw, is_compressed


class _Guarded(io.RawIOBase):
    """Bytes whose defects are told in a sentence, and which stop growing beyond the limits."""

    RATIO_FROM = 16 * CHUNK

    def __init__(self, stream: BinaryIO, raw: BinaryIO, limits: Limits) -> None:
        super().__init__()
        self._stream = stream
        self._raw = raw
        self._limits = limits
        self._unpacked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            read: int = self._stream.readinto(buffer)  # type: ignore[attr-defined]
        except EOFError:
            message = "The compressed file ends too early: it was cut off on its way here."
            raise UnreadableFile(message) from None
        except (gzip.BadGzipFile, zlib.error):
            message = "The compressed file is damaged and cannot be unpacked further."
            raise UnreadableFile(message) from None
        self._unpacked += read
        self._check()
        return read

    def _check(self) -> None:
        unpacked, ratio = self._limits.unpacked, self._limits.ratio
        if unpacked is not None and self._unpacked > unpacked:
            message = f"The file unpacks to more than {unpacked // 1_000_000:,} MB. Split it."
            raise UnreadableFile(message)
        packed = max(self._raw.tell(), 1)
        if (
            ratio is not None
            and self._unpacked > self.RATIO_FROM
            and self._unpacked > packed * ratio
        ):
            message = (
                f"The file unpacks to over {ratio} times its size, which no file of comments does."
            )
            raise UnreadableFile(message)


def _encoding(stream: io.RawIOBase) -> tuple[str, int]:
    """Decide on the whole stream: marks first, then UTF-8 where it mostly holds, else Windows-1252."""
    reader = io.BufferedReader(stream, CHUNK)
    start = reader.peek(4096)[:4096]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _drain(reader)
        return "utf-16", 0
    if unmarked := _unmarked_utf_16(start):
        _drain(reader)
        return unmarked, 0
    if start.count(0) > len(start) // 10:
        message = "This is not a text file. Save it as CSV or JSON Lines, then import that."
        raise UnreadableFile(message)
    good, bad = _count_utf_8(reader)
    if bad > good:
        return "cp1252", 0
    return ("utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"), bad


def _unmarked_utf_16(start: bytes) -> str:
    half = max(len(start) // 2, 1)
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return ""


def _count_utf_8(reader: BinaryIO) -> tuple[int, int]:
    """Count the characters beyond ASCII that decode as UTF-8, and the bytes that do not."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    while chunk := reader.read(CHUNK):
        text = decoder.decode(chunk)
        if text.isascii():
            continue
        beyond = len(text) - len(text.encode("ascii", "ignore"))
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            surrogates = len(ESCAPED_SURROGATE.findall(text))
            escapes = len(text) - len(text.encode("utf-8", "ignore").decode("utf-8"))
            bad += escapes - 3 * surrogates
            good += beyond - escapes + surrogates
        else:
            good += beyond
    return good, bad + len(decoder.decode(b"", final=True))


def _drain(reader: BinaryIO) -> None:
    """Read to the end, so that a damaged or boundless file is refused before any row is taken."""
    while reader.read(CHUNK):
        pass
