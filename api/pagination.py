"""Pages that stay true while rows arrive: a cursor, never an offset."""

from uuid import UUID

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor
from rest_framework.pagination import CursorPagination as BaseCursorPagination
from rest_framework.request import Request


class CursorPagination(BaseCursorPagination):
    """Newest first by identifier, which sorts by time; 50 a page, 200 at most."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Read the cursor and refuse one that this API did not make."""
        encoded = request.query_params.get(self.cursor_query_param)
        message = {"cursor": "This is not a cursor that this API gave. Start without one."}
        if encoded is None:
            return None
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                UUID(str(cursor.position))
        except (NotFound, ValueError) as error:
            raise ValidationError(message) from error
        return cursor

    def get_page_size(self, request: Request) -> int | None:
        """Read the page size and refuse one out of range."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= self.max_page_size):
            raise ValidationError(
                {"page_size": f"Give a whole number from 1 to {self.max_page_size}."}
            )
        return int(asked)

    def links(self) -> dict[str, str | None]:
        """Return the addresses of the pages on both sides."""
        return {"next": self.get_next_link(), "previous": self.get_previous_link()}
