"""Bodies in: JSON in UTF-8, bounded, with a sentence about what is wrong with it."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BODY = 5 * 1024 * 1024


class BodyTooLarge(APIException):
    """The body is larger than any call needs."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = (
        f"The body may have {MAX_BODY // (1024 * 1024)} MiB at most. Send it in parts."
    )
    default_code = "body_too_large"


class JsonParser(BaseParser):
    """Reads one JSON value. Numbers that are no JSON (NaN, Infinity) are refused."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # whatever the JSON says
        """Return the value, or raise ParseError or BodyTooLarge."""
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            raise BodyTooLarge
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise BodyTooLarge
        try:
            return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
        except UnicodeDecodeError as error:
            raise ParseError(
                f"The body is not UTF-8: byte {error.start + 1} cannot be read."
            ) from error
        except json.JSONDecodeError as error:
            raise ParseError(
                f"The body is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}."
            ) from error
        except (ValueError, RecursionError) as error:
            raise ParseError(
                "The body is not valid JSON: it nests too deeply or has a number out of range."
            ) from error


def _refuse_constant(name: str) -> None:
    raise ParseError(f"The body is not valid JSON: {name} is not a JSON number.")
