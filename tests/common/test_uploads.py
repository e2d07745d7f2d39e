"""Forms with files: refused by their announced size before a byte of them is kept."""

from collections.abc import Iterator

import pytest
from django.conf import settings as project
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client

from common.uploads import AROUND

pytestmark = pytest.mark.django_db

BOUNDARY = "a-boundary"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, settings) -> Iterator[list[int]]:
    """What was written to disk, piece by piece; every file goes there."""
    pieces: list[int] = []
    receive = TemporaryFileUploadHandler.receive_data_chunk

    def counted(self: TemporaryFileUploadHandler, raw_data: bytes, start: int) -> None:
        pieces.append(len(raw_data))
        receive(self, raw_data, start)

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", counted)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    settings.IMPORT_MAX_BYTES = 200_000
    return pieces


def send(client: Client, path: str, size: int):
    """Send a form with one file of that size."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
    body = head.encode() + b"a" * size + f"\r\n--{BOUNDARY}--\r\n".encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return client.generic("POST", path, body, content_type=kind)


def test_a_stranger_sends_no_file_worth_keeping(kept):
    stranger = Client(enforce_csrf_checks=True)
    stranger.get("/sign-in/")

    answer = send(stranger, "/sign-in/", AROUND + 1)

    assert answer.status_code == 413
    assert "has not signed in" in answer.content.decode()
    assert kept == []


def test_a_small_form_of_a_stranger_is_read(kept):
    assert send(Client(), "/sign-in/", 100).status_code == 200


def test_somebody_signed_in_sends_what_an_import_may_have(ben, kept, settings):
    assert send(ben.client, "/imports/", settings.IMPORT_MAX_BYTES).status_code == 422

    assert sum(kept) == settings.IMPORT_MAX_BYTES


def test_somebody_signed_in_sends_no_more_than_that(ben, kept, settings):
    answer = send(ben.client, "/imports/", settings.IMPORT_MAX_BYTES + AROUND)

    assert answer.status_code == 413
    assert "The file is larger than 0 MB" in answer.content.decode()
    assert kept == []


def test_the_gate_stands_first():
    assert project.FILE_UPLOAD_HANDLERS[0] == "common.uploads.Gate"
