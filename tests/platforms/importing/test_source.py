"""Compression and encodings."""

import gzip
from pathlib import Path

import pytest

from platforms.importing import Limits, UnreadableFile, examine
from tests.platforms.importing.conftest import Read, reasons, texts

CONTENT = "id,text\n1,Café – “naïve” £5\n2,plain\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (CONTENT.encode(), "UTF-8"),
        (CONTENT.encode("utf-8-sig"), "UTF-8"),
        (CONTENT.encode("cp1252"), "Windows-1252"),
        (CONTENT.encode("utf-16"), "UTF-16"),
        (CONTENT.encode("utf-16-le"), "UTF-16-LE"),
        (CONTENT.encode("utf-16-be"), "UTF-16-BE"),
        (gzip.compress(CONTENT.encode(), mtime=0), "UTF-8, gzip"),
        (gzip.compress(CONTENT[:20].encode(), mtime=0) + gzip.compress(CONTENT[20:].encode(), mtime=0), "UTF-8, gzip"),
    ],
)  # fmt: skip
def test_the_encoding_is_found(read: Read, tmp_path: Path, content, encoding):
    rows = read(content)

    assert texts(rows) == ["Café – “naïve” £5", "plain"]
    assert rows[0].item.external_id == "1"
    assert examine(tmp_path / "file.csv").described() == encoding


def test_a_late_character_decides_as_much_as_an_early_one(read: Read):
    content = (
        b"id,text\n" + (b"1," + b"plain " * 400 + b"\n") * 1_000 + "2,Café\n".encode("cp1252")
    )

    assert texts(read(content))[-1] == "Café"


def test_a_row_that_is_not_utf_8_costs_only_itself(read: Read):
    content = "1,naïve\n2,café\n".encode() + b"3,caf\xe9\n" + "4,“fine”\n".encode()

    rows = read(b"id,text\n" + content)

    assert texts(rows) == ["naïve", "café", "“fine”"]
    assert reasons(rows) == [
        (4, "This row is not readable as UTF-8, in which the rest of the file is.")
    ]


def test_emoji_that_a_database_wrote_in_halves_are_put_together(read: Read):
    halves = "\ud83d\ude00".encode("utf-8", "surrogatepass")

    rows = read(b"id,text\n1,\xc3\xa9 " + halves + b"\n2,lone " + halves[:3] + b"\n")

    assert texts(rows) == ["é 😀", "lone \ufffd"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "no rows"),
        (b"\xef\xbb\xbf", "no rows"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\x01\x00\x00" * 100, "not a text file"),
        (gzip.compress(CONTENT.encode() * 100, mtime=0)[:-20], "cut off"),
        (gzip.compress(CONTENT.encode(), mtime=0)[:-8] + b"12345678", "damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(read: Read, content, words):
    with pytest.raises(UnreadableFile) as refused:
        read(content)

    assert words in refused.value.message


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path):
    for path, words in [(tmp_path / "none.csv", "There is no file"), (tmp_path, "is a folder")]:
        with pytest.raises(UnreadableFile, match=words):
            examine(path)


@pytest.mark.parametrize("limits", [Limits(ratio=200), Limits(unpacked=10_000_000)])
def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path, limits):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"text\n" + b"x" * 40_000_000, mtime=0))

    with pytest.raises(UnreadableFile, match="unpacks to"):
        examine(path, limits=limits)
