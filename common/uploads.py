"""Files in forms: bounded before the first byte of them is kept, and from people signed in only."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# The form's other fields and the marks between them.
AROUND = 64 * 1024


class Gate(FileUploadHandler):
    """Refuses a form with files by its announced size, before Django writes it to disk.

    The check for forged requests reads the form, and so all its files, before anybody asks who sends it.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:  # Any: Django's own
        """Refuse strangers beyond a small form, and everybody beyond the largest import."""
        assert self.request is not None  # noqa: S101 - Django sets it
        is_known = (
            getattr(self.request, "user", None) is not None and self.request.user.is_authenticated
        )
        bound = (settings.IMPORT_MAX_BYTES if is_known else 0) + AROUND
        if int(self.request.META.get("CONTENT_LENGTH") or 0) > bound:
            most = f"{settings.IMPORT_MAX_BYTES // 1_000_000:,} MB"
            message = (
                f"The file is larger than {most}, the most that is taken here. Split it, or compress it."
                if is_known
                else "This form is larger than any that is taken from somebody who has not signed in."
            )
            raise RequestDataTooBig(message)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass everything on."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""
