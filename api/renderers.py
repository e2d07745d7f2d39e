"""Bodies out: compact JSON in UTF-8."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from rest_framework.renderers import BaseRenderer


class JsonRenderer(BaseRenderer):
    """Writes JSON with the standard library's encoder, which is fast on plain values."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,  # whatever a view answers
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the bytes. A lone surrogate, which UTF-8 cannot hold, becomes its JSON escape."""
        if data is None:
            return b""
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_primitive)
        return text.encode("utf-8", "backslashreplace")


def moment(at: datetime | None) -> str | None:
    """Return a moment as the API writes it: ISO 8601 in UTC."""
    return at.isoformat().replace("+00:00", "Z") if at is not None else None


def _primitive(value: object) -> str:
    if isinstance(value, datetime):
        return moment(value) or ""
    if isinstance(value, UUID | date):
        return str(value)
    message = f"{type(value).__name__} has no JSON form"
    raise TypeError(message)
