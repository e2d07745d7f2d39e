"""CSV and TSV as people really have them."""

import csv
import io
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.importing import Layout, Reading, Row, UnreadableFile, examine
from platforms.importing.lines import MAX_ROW
from tests.platforms.importing.conftest import NOW, Read, reasons, texts

any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip() != ""
)


def written(rows: list[list[str]], **dialect) -> str:
    file = io.StringIO()
    csv.writer(file, **dialect).writerows(rows)
    return file.getvalue()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(st.tuples(st.integers(0, 10**9), any_text), max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_read(read: Read, rows, delimiter, end, encoding):
    content = written(
        [["id", "text"], *[[f"c{number}", text] for number, text in rows]],
        delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL,
    )  # fmt: skip

    found = read(content.encode(encoding))

    assert reasons(found) == []
    assert [(row.item.external_id, row.item.text) for row in found] == [
        (f"c{number}", text.replace("\x00", "\ufffd")) for number, text in rows
    ]


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.text('",;\t\n\rax\x00é') | st.binary(max_size=300))
def test_no_file_makes_the_reader_stumble(read: Read, content):
    try:
        rows = read(content, "text=0", header=False)
    except UnreadableFile:
        return
    assert [row.offset for row in rows] == list(range(len(rows)))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_row_knows_the_line_it_starts_on_despite_line_breaks_in_quotes(read: Read, end):
    content = end.join(["id,text", 'a,"one', "two", "", 'three"', "", "b,four", 'c,""', "d,five"])

    rows = read(content)

    assert [(row.line, row.offset) for row in rows] == [(2, 0), (7, 1), (8, 2), (9, 3)]
    assert texts(rows) == [f"one{end}two{end}{end}three", "four", "five"]
    assert reasons(rows) == [(8, "The text is empty.")]


def test_doubled_quotation_marks_are_one(read: Read):
    assert texts(read('id,text\n1,"He said ""no"""\n')) == ['He said "no"']


def test_quotation_marks_that_were_never_doubled_are_kept_where_the_row_comes_out_even(read: Read):
    rows = read('id,text,likes\n1,"He said "no" to me",3\n2,fine,4\n')

    assert texts(rows) == ['He said "no" to me', "fine"]


def test_a_quotation_mark_that_is_never_closed_costs_one_row(read: Read):
    rows = read('id,text\n1,"never closed\n2,fine\n3,fine too\n')

    assert texts(rows) == ["fine", "fine too"]
    assert reasons(rows) == [
        (2, "A quotation mark opens on this line and is not closed as it should be.")
    ]


def test_a_stray_quotation_mark_does_not_swallow_the_rows_up_to_the_next(read: Read):
    rows = read('id,text\n1,"stray\n2,fine\n3,"quoted, fine"\n4,fine\n')

    assert [row.item.external_id for row in rows if isinstance(row, Row)] == ["2", "3", "4"]


def test_a_ragged_row_is_refused_and_the_rest_goes_on(read: Read):
    rows = read("id,text,likes\n1,one\n2,two,2\n3,a, b,3\n4,four,4,,\n")

    assert texts(rows) == ["two", "four"]
    assert reasons(rows) == [
        (2, "This row has 2 columns where the first has 3."),
        (4, "This row has 4 columns where the first has 3."),
    ]


def test_a_row_of_nothing_is_no_row(read: Read):
    assert texts(read("id,text\n,\n \n\n1,one\n,\n")) == ["one"]


def test_a_header_in_the_midst_is_told_as_such(read: Read):
    rows = read("id,text\n1,one\n\ufeffid,text\n2,two\n")

    assert texts(rows) == ["one", "two"]
    assert reasons(rows) == [(3, "This is the header again, not a comment.")]


def test_null_characters_are_replaced_and_kept_in_the_raw_event(read: Read):
    (row,) = read("id,text\n1,a\x00b\n")

    assert row.item.text == "a\ufffdb"
    assert row.event.payload == b'{"id": "1", "text": "a\\u0000b"}'


def test_a_text_of_more_than_a_megabyte_is_refused(read: Read):
    rows = read(f"id,text\n1,{'x' * 1_000_000}\n2,{'é' * 500_001}\n3,fine\n")

    assert reasons(rows) == [(3, "The text is longer than 1 MB: 1,000,002 bytes.")]
    assert len(texts(rows)[0]) == 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_row_beyond_all_bounds_is_refused_without_being_held(read: Read, quote):
    content = f"id,text\n1,{quote}{'x' * (3 * MAX_ROW)}{quote}\n2,fine\n"

    rows = read(content)

    assert texts(rows) == ["fine"]
    assert reasons(rows) == [(2, "This row is longer than 8 MB.")]


def test_tabs_without_quoting_keep_their_quotation_marks(read: Read):
    rows = read(
        'ham\t"So he said\nspam\tfree" entry\nham\t"hi" she said\n', "text=1", header=False
    )

    assert texts(rows) == ['"So he said', 'free" entry', '"hi" she said']


def test_tabs_with_quoting_may_hold_line_breaks(read: Read):
    rows = read('id\ttext\n1\t"one\ntwo"\n2\tthree\n')

    assert texts(rows) == ["one\ntwo", "three"]


def test_semicolons_with_commas_in_the_text(read: Read):
    rows = read("Comment ID;Message;Likes\n1;well, yes, maybe;3\n2;no, no;1\n")

    assert [(row.item.text, row.item.likes) for row in rows] == [
        ("well, yes, maybe", 3),
        ("no, no", 1),
    ]


def test_one_column_of_texts(read: Read):
    assert texts(read('text\none\n"two, three"\n')) == ["one", "two, three"]


def test_columns_of_the_same_name_lose_nothing(read: Read):
    (row,) = read("text,note,note,\nhello,a,b,c\n")

    assert row.event.payload == (
        b'{"text": "hello", "note": "a", "note (2)": "b", "column (3)": "c"}'
    )


@pytest.mark.slow
def test_memory_stays_flat(tmp_path: Path):
    def peak(rows: int) -> int:
        path = tmp_path / "large.csv"
        path.write_text("author,text\n" + f"somebody,{'words ' * 400}\n" * rows)
        tracemalloc.start()
        with Reading(path, examine(path), Layout(), now=NOW) as reading:
            assert sum(1 for _row in reading.rows()) == rows
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(1_500), peak(6_000)

    assert large < small * 1.1


@pytest.mark.parametrize("piece", [',"a', '""",', '"a"b,', ',""'])
def test_a_line_of_marks_takes_time_by_its_length(read: Read, piece: str):
    line = piece * 100_000

    started = time.perf_counter()
    read(f"author,text\n{line}\nsomebody,hello\n")

    assert time.perf_counter() - started < 5
