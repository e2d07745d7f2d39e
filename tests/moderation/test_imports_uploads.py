"""Uploaded files: kept, shown before they are imported, taken on by the worker, thrown away."""

import gzip
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from audit.enums import AuditEventType
from audit.models import AuditEvent
from common.errors import NotPermitted
from moderation.models import ContentItem
from moderation.services import imports
from moderation.tasks import continue_imports
from platforms.importing import Layout, UnreadableFile
from platforms.models import ImportRun, ImportStatus

pytestmark = pytest.mark.django_db

TEN = "id,author,text\n" + "".join(f"c{n},Sam,Comment number {n}\n" for n in range(10))


@pytest.fixture
def media(settings, tmp_path: Path) -> Path:
    """Where uploads are kept."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return tmp_path / "uploads" / "imports"


@pytest.fixture
def ready(channel, queues, published, media):
    """A channel whose comments are judged and queued."""
    return channel


def a_file(content: str | bytes = TEN, name: str = "file.csv") -> ContentFile:
    return ContentFile(content.encode() if isinstance(content, str) else content, name=name)


def kept(media: Path) -> list[Path]:
    return [path for path in media.glob("*/*") if path.is_file()]


def test_an_upload_is_imported_by_the_worker_and_then_thrown_away(
    ready, ben, now, media, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        run = imports.accept_upload(
            file=a_file(), channel=ready, layout=Layout(), by=ben.actor, now=now
        ).run
    assert run.status == ImportStatus.RUNNING
    assert len(kept(media)) == 1

    with django_capture_on_commit_callbacks(execute=True):
        continue_imports()

    run.refresh_from_db()
    assert (run.status, run.rows_added, run.stored_as) == (ImportStatus.FINISHED, 10, "")
    assert ContentItem.objects.count() == 10
    assert kept(media) == []
    finished = AuditEvent.objects.get(type=AuditEventType.IMPORT_FINISHED)
    assert finished.actor_label == "Ben"


def test_an_upload_is_shown_before_it_is_imported(ready, ben, now):
    stored_as = imports.store_upload(file=a_file(), by=ben.actor)

    found = imports.preview_stored(stored_as=stored_as, layout=Layout(), by=ben.actor, now=now)
    run = imports.accept_stored(
        stored_as=stored_as, file_name="C:\\Users\\sam\\file.csv", channel=ready, layout=Layout(),
        by=ben.actor, now=now,
    ).run  # fmt: skip

    assert [row.item.text for row in found.rows][:1] == ["Comment number 0"]
    assert len(found.rows) == 5
    assert run.file_name == "file.csv"
    assert not imports.continue_pending(now=now)
    assert ContentItem.objects.count() == 10


def test_work_is_done_in_turns_of_bounded_time(ready, ben, now):
    many = "id,text\n" + "".join(f"{n},words {n}\n" for n in range(imports.BATCH + 10))
    imports.accept_upload(file=a_file(many), channel=ready, layout=Layout(), by=ben.actor, now=now)
    imports.accept_upload(
        file=a_file(), channel=ready, layout=Layout(), by=ben.actor, now=now + timedelta(seconds=1)
    )

    assert imports.continue_pending(now=now + timedelta(seconds=2), seconds=0)
    assert ContentItem.objects.count() == imports.BATCH
    # The other one has its turn before the large one's second.
    assert imports.continue_pending(now=now + timedelta(seconds=3), seconds=0)
    assert ContentItem.objects.count() == imports.BATCH + 10

    assert not imports.continue_pending(now=now + timedelta(seconds=4))
    assert ContentItem.objects.count() == imports.BATCH + 20
    assert not ImportRun.objects.exclude(status=ImportStatus.FINISHED).exists()


def test_the_same_upload_twice_is_one_run(ready, ben, now, media):
    first = imports.accept_upload(
        file=a_file(), channel=ready, layout=Layout(), by=ben.actor, now=now
    )
    second = imports.accept_upload(
        file=a_file(), channel=ready, layout=Layout(), by=ben.actor, now=now
    )

    assert (first.is_new, second.is_new) == (True, False)
    assert first.run.pk == second.run.pk
    assert len(kept(media)) == 1


def test_an_upload_that_is_too_large_is_refused_and_not_kept(ready, ben, now, media, settings):
    settings.IMPORT_MAX_BYTES = 100

    with pytest.raises(imports.ImportRefused, match="larger than"):
        imports.accept_upload(file=a_file(), channel=ready, layout=Layout(), by=ben.actor, now=now)

    assert kept(media) == []
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    "content", [gzip.compress(b"text\n" + b"x" * 40_000_000), "a,b\n1,2\n", b"PK\x03\x04", b""]
)
def test_an_upload_that_cannot_be_read_is_refused_and_not_kept(ready, ben, now, media, content):
    with pytest.raises(UnreadableFile):
        imports.accept_upload(
            file=a_file(content), channel=ready, layout=Layout(), by=ben.actor, now=now
        )

    assert kept(media) == []
    assert not ImportRun.objects.exists()


def test_an_upload_lost_on_the_way_fails_its_run_with_a_sentence(ready, ben, now, media):
    run = imports.accept_upload(
        file=a_file(), channel=ready, layout=Layout(), by=ben.actor, now=now
    ).run
    kept(media)[0].unlink()

    assert not imports.continue_pending(now=now)

    run.refresh_from_db()
    assert run.status == ImportStatus.FAILED
    assert "no longer here" in run.error

    again = imports.accept_upload(
        file=a_file(), channel=ready, layout=Layout(), by=ben.actor, now=now
    ).run
    imports.continue_pending(now=now)
    again.refresh_from_db()
    assert (again.pk, again.status, again.rows_added) == (run.pk, ImportStatus.FINISHED, 10)


def test_an_upload_belongs_to_its_organisation(ready, ben, eve, now):
    stored_as = imports.store_upload(file=a_file(), by=ben.actor)

    for name in (stored_as, "../../../etc/passwd", f"{eve.actor.organisation_id}/../x"):
        with pytest.raises(imports.ImportRefused, match="no longer here"):
            imports.preview_stored(stored_as=name, layout=Layout(), by=eve.actor, now=now)


def test_only_those_who_may_import_upload(ready, ada, media):
    with pytest.raises(NotPermitted):
        imports.store_upload(file=a_file(), by=ada.actor)

    assert kept(media) == []


def test_an_upload_that_nobody_confirmed_is_thrown_away_after_a_day(ready, ben, now, media):
    fresh = imports.store_upload(file=a_file(), by=ben.actor)
    stale = imports.store_upload(file=a_file(), by=ben.actor)
    os.utime(media / fresh, (now.timestamp(), now.timestamp()))
    old = (now - timedelta(days=2)).timestamp()
    os.utime(media / stale, (old, old))

    imports.continue_pending(now=now)

    assert [path.name for path in kept(media)] == [fresh.partition("/")[2]]
