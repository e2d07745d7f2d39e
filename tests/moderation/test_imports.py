"""File imports as a service: taken batch by batch, resumed exactly, never twice."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from audit.enums import AuditEventType
from audit.models import AuditEvent
from common.errors import NotPermitted
from moderation.models import Case, ContentItem, ContentRevision
from moderation.services import imports
from platforms.enums import ChannelStatus, InboundSource
from platforms.importing import Layout, UnreadableFile
from platforms.models import ImportRun, ImportStatus, InboundEvent, RejectedRow

pytestmark = pytest.mark.django_db

TEN = "id,author,text\n" + "".join(f"c{n},Sam,Comment number {n}\n" for n in range(10))


@pytest.fixture
def ready(channel, queues, published):
    """A channel whose comments are judged and queued."""
    return channel


@pytest.fixture
def import_file(tmp_path: Path, ready, ben, now) -> Callable[..., ImportRun]:
    """Import a whole file: `import_file(content, batch_size=2)`."""

    def import_file(
        content, *words, name="file.csv", batch_size=imports.BATCH, again=False, **layout
    ):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        run = imports.start(
            path=path, file_name=name, channel=ready, layout=Layout.from_words(words, **layout),
            by=ben.actor, now=now,
        ).run  # fmt: skip
        if again:
            imports.restart(run=run, by=ben.actor, now=now)
        if run.status == ImportStatus.RUNNING:
            with imports.Session(run, path, now=now, batch_size=batch_size) as session:
                while session.take_next(by=ben.actor, now=now):
                    pass
                run = session.run
        return run

    return import_file


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return (run.rows_read, run.rows_added, run.rows_known, run.rows_rejected)


def test_comments_of_a_file_are_judged_and_queued(import_file, now):
    run = import_file("id,author,text\n1,Sam,What a numpty\n2,Alex,Lovely day\n")

    assert counts(run) == (2, 2, 0, 0)
    assert run.status == ImportStatus.FINISHED
    assert run.finished_at == now
    assert run.bytes_read == run.bytes_total > 0
    assert ContentItem.objects.count() == 2
    assert Case.objects.get().content_item.external_id == "1"
    event = InboundEvent.objects.get(revisions__content_item__external_id="1")
    assert bytes(event.payload) == b'{"id": "1", "author": "Sam", "text": "What a numpty"}'
    assert event.source == InboundSource.IMPORT


def test_start_and_finish_are_recorded_with_who_did_it(import_file, ben):
    run = import_file(TEN)

    events = AuditEvent.objects.filter(target_id=run.pk).order_by("id")
    assert [event.type for event in events] == [
        AuditEventType.IMPORT_STARTED,
        AuditEventType.IMPORT_FINISHED,
    ]
    assert {event.actor_label for event in events} == {"Ben"}
    assert events[1].data["added"] == 10


def test_the_same_file_twice_adds_nothing(import_file):
    first = import_file(TEN, name="a.csv")
    second = import_file(TEN, name="renamed.csv")

    assert first.pk == second.pk
    assert ContentItem.objects.count() == 10
    assert AuditEvent.objects.filter(type=AuditEventType.IMPORT_STARTED).count() == 1


@pytest.mark.parametrize("content", [TEN, TEN.replace("id,", "number,").replace("c", "x")])
def test_the_same_file_read_again_adds_nothing(import_file, content):
    import_file(content)
    run = import_file(content, again=True)

    assert counts(run) == (10, 0, 10, 0)
    assert ContentItem.objects.count() == ContentRevision.objects.count() == 10


def test_another_file_with_the_same_comments_adds_only_what_is_new(import_file):
    import_file(TEN)
    run = import_file(TEN + "c10,Sam,One more\n")

    assert counts(run) == (11, 1, 10, 0)


def test_an_edited_comment_in_a_later_file_is_a_new_revision(import_file):
    import_file(TEN)
    import_file(TEN.replace("Comment number 3", "What a plonker"))

    item = ContentItem.objects.get(external_id="c3")
    assert item.current_revision.text == "What a plonker"
    assert item.revisions.count() == 2
    assert Case.objects.get().content_item == item


def test_the_same_id_twice_in_one_file_is_one_comment(import_file):
    run = import_file("id,text\n1,hello\n1,hello\n1,hello again\n")

    assert counts(run) == (3, 2, 1, 0)
    assert ContentItem.objects.get().current_revision.text == "hello again"


def test_rejected_rows_are_kept_with_line_and_reason(import_file, tmp_path):
    run = import_file('id,text,date\n1,"a\nb",\n2,,\n3,fine,\n4,=1+1,someday\n', batch_size=2)

    assert counts(run) == (4, 2, 0, 2)
    assert list(run.rejected.order_by("line").values_list("line", "reason")) == [
        (4, "The text is empty."),
        (6, "The date “someday” cannot be read."),
    ]
    assert imports.write_rejected(run=run, path=tmp_path / "rejected.csv") == 2
    assert (tmp_path / "rejected.csv").read_text("utf-8-sig").splitlines() == [
        "line,reason,row",
        "4,The text is empty.,\"2,,\"",
        "6,The date “someday” cannot be read.,\"4,=1+1,someday\"",
    ]  # fmt: skip


def test_rejections_on_one_line_are_told_together(import_file):
    run = import_file('[{"text": ""}, 5, {"text": ""}, {"text": "fine"}, 7]', batch_size=2)

    assert run.rows_rejected == 4
    assert run.rejected.get().reason.count("\n") == 3


def test_a_formula_in_a_rejected_row_does_not_run_in_a_spreadsheet(import_file):
    run = import_file("text,date\n=cmd(),someday\n")

    assert list(imports.rejected_table(run=run))[1][2] == "'=cmd(),someday"


def test_bad_rows_of_every_kind_never_stop_the_rest(import_file):
    content = (
        b"id,text\n1,\xf0\x9f\x98\x80 na\xc3\xafve\n2,nul\x00l\n3,caf\xe9\n4\n"
        + "5,\u202ereversed\u202c\n".encode()
        + b"6," + b"x" * 1_000_001 + b"\n7,\xed\xa0\xbd lone\n" + b"x" * 400 + b",id\n8,fine\n"
    )  # fmt: skip

    run = import_file(content)

    assert counts(run) == (9, 5, 0, 4)
    texts = dict(ContentItem.objects.values_list("external_id", "current_revision__text"))
    assert texts == {
        "1": "😀 naïve",
        "2": "nul\ufffdl",
        "5": "\u202ereversed\u202c",
        "7": "\ufffd lone",
        "8": "fine",
    }


REFUSE_NUMBER_7 = {
    "sqlite": [
        (
            "CREATE TRIGGER refuse_poison BEFORE INSERT ON moderation_contentrevision"
            " WHEN NEW.text LIKE '%number 7%' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    ],
    "postgresql": [
        (
            "CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END $$"
        ),
        (
            "CREATE TRIGGER refuse_poison BEFORE INSERT ON moderation_contentrevision FOR EACH ROW"
            " WHEN (NEW.text LIKE '%number 7%') EXECUTE FUNCTION refuse_poison()"
        ),
    ],
}


def test_a_row_that_the_database_refuses_is_rejected_alone(import_file):
    with connection.cursor() as cursor:
        for statement in REFUSE_NUMBER_7[connection.vendor]:
            cursor.execute(statement)

    run = import_file(TEN)

    assert counts(run) == (10, 9, 0, 1)
    assert run.rejected.get().line == 9
    assert not ContentItem.objects.filter(external_id="c7").exists()


def test_an_interrupted_import_goes_on_where_it_stopped(ready, ben, now, tmp_path, import_file):
    path = tmp_path / "file.csv"
    path.write_text(TEN)
    run = imports.start(
        path=path, file_name="file.csv", channel=ready, layout=Layout(), by=ben.actor, now=now
    ).run
    with imports.Session(run, path, now=now, batch_size=3) as session:
        session.take_next(by=ben.actor, now=now)

    resumed = import_file(TEN, batch_size=3)

    assert resumed.pk == run.pk
    assert counts(resumed) == (10, 10, 0, 0)


def test_a_batch_and_its_progress_are_lost_together(ready, ben, now, tmp_path, import_file):
    path = tmp_path / "file.csv"
    path.write_text(TEN)
    run = imports.start(
        path=path, file_name="file.csv", channel=ready, layout=Layout(), by=ben.actor, now=now
    ).run

    def take_next_but_be_killed() -> None:
        with transaction.atomic():
            session.take_next(by=ben.actor, now=now)
            raise KeyboardInterrupt

    with imports.Session(run, path, now=now, batch_size=4) as session:
        session.take_next(by=ben.actor, now=now)
        with pytest.raises(KeyboardInterrupt):
            take_next_but_be_killed()

    run.refresh_from_db()
    assert (run.rows_read, ContentItem.objects.count()) == (4, 4)
    assert counts(import_file(TEN, batch_size=4)) == (10, 10, 0, 0)


@pytest.mark.parametrize("has_ids", [True, False])
def test_resuming_keeps_the_ids_of_rows_that_have_none(import_file, ready, ben, now, has_ids):
    same = "author,text\n" + "Sam,the same\n" * 10
    content = TEN if has_ids else same
    import_file(content)
    run = ImportRun.objects.get()
    before = set(ContentItem.objects.values_list("external_id", flat=True))
    imports.restart(run=run, by=ben.actor, now=now)

    again = import_file(content, batch_size=3)

    assert counts(again) == (10, 0, 10, 0)
    assert set(ContentItem.objects.values_list("external_id", flat=True)) == before
    assert len(before) == 10


def test_two_processes_never_take_the_same_rows(ready, ben, now, tmp_path):
    path = tmp_path / "file.csv"
    path.write_text(TEN)
    run = imports.start(
        path=path, file_name="file.csv", channel=ready, layout=Layout(), by=ben.actor, now=now
    ).run
    other = ImportRun.objects.get()
    with (
        imports.Session(run, path, now=now, batch_size=6) as mine,
        imports.Session(other, path, now=now, batch_size=6) as theirs,
    ):
        mine.take_next(by=ben.actor, now=now)
        with pytest.raises(imports.ImportTakenOver):
            theirs.take_next(by=ben.actor, now=now)
        while mine.take_next(by=ben.actor, now=now):
            pass

    assert counts(mine.run) == (10, 10, 0, 0)
    assert AuditEvent.objects.filter(type=AuditEventType.IMPORT_FINISHED).count() == 1


def test_a_file_that_changed_meanwhile_is_not_mixed_with_the_first(ready, ben, now, tmp_path):
    path = tmp_path / "file.csv"
    path.write_text(TEN)
    run = imports.start(
        path=path, file_name="file.csv", channel=ready, layout=Layout(), by=ben.actor, now=now
    ).run
    path.write_text(TEN + "c11,Sam,more\n")

    with pytest.raises(UnreadableFile, match="has changed"):
        imports.Session(run, path, now=now)


def test_gzip_imports_as_its_contents_do(import_file):
    run = import_file(gzip.compress(TEN.encode()), name="file.csv.gz")

    assert counts(run) == (10, 10, 0, 0)


def test_nothing_is_recorded_for_a_file_that_cannot_be_read(import_file):
    with pytest.raises(UnreadableFile):
        import_file("a,b\n1,2\n")

    assert not ImportRun.objects.exists()
    assert not AuditEvent.objects.filter(type=AuditEventType.IMPORT_STARTED).exists()


def test_only_those_who_may_import_do(ready, ada, eve, now, tmp_path):
    path = tmp_path / "file.csv"
    path.write_text(TEN)

    with pytest.raises(NotPermitted):
        imports.start(
            path=path, file_name="f", channel=ready, layout=Layout(), by=ada.actor, now=now
        )
    with pytest.raises(imports.ImportRefused):
        imports.start(
            path=path, file_name="f", channel=ready, layout=Layout(), by=eve.actor, now=now
        )

    assert not ImportRun.objects.exists()


def test_a_closed_channel_takes_no_file(import_file, ready):
    ready.status = ChannelStatus.CLOSED
    ready.save()

    with pytest.raises(imports.ImportRefused, match="is closed"):
        import_file(TEN)

    assert not RejectedRow.objects.exists()
