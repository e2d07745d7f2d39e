"""Just enough of a web framework: a request, a response, and routes by method and pattern."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from platforms.sandbox.store import Refusal

LARGEST_BODY = 256 * 1024
SAME_SITE = frozenset({"", "none", "same-origin"})

HEADERS = (
    (
        "Content-Security-Policy",
        (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
            " base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """One call, its body already read within bounds."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, Any]) -> Request:
        """Read a request from a WSGI environment."""
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            raise Refusal(400, "bad_request", "The length is not a number.") from None
        if not 0 <= length <= LARGEST_BODY:
            raise Refusal(413, "too_large", "The request is too large.")
        decoded = environ.get("PATH_INFO") or "/"
        return cls(
            method=environ["REQUEST_METHOD"],
            # Still quoted where the server keeps it: an id may hold a slash.
            path=environ.get("sandbox.raw_path") or quote(decoded.encode("latin-1", "replace")),
            query=_fields(environ.get("QUERY_STRING", "")),
            headers={
                name[5:].replace("_", "-").lower(): value
                for name, value in environ.items()
                if name.startswith("HTTP_")
            },
            body=environ["wsgi.input"].read(length) if length else b"",
            base_url=f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', 'localhost')}",
        )

    def form(self) -> Mapping[str, str]:
        """Return a form's fields; refuses a form that another site's page sent."""
        if self.headers.get("sec-fetch-site", "") not in SAME_SITE or self._foreign_origin():
            raise Refusal(403, "other_site", "That form came from another site.")
        return _fields(self.body.decode("utf-8", "replace"))

    def _foreign_origin(self) -> bool:
        origin = self.headers.get("origin", "")
        return origin not in {"", self.base_url}

    def json(self) -> Any:
        """Return the body as JSON, or refuse it."""
        try:
            return json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            raise Refusal(400, "bad_json", "The body is not JSON.") from None

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object, or refuse it."""
        given = self.json()
        if not isinstance(given, dict):
            raise Refusal(400, "bad_json", "The body is not a JSON object.")
        return given


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = field(default_factory=tuple)

    @classmethod
    def of_json(cls, data: Any, *, status: int = 200) -> Response:
        """Answer with JSON."""
        body = json.dumps(data, ensure_ascii=False).encode()
        return cls(status, body, "application/json", (("Cache-Control", "no-store"),))

    @classmethod
    def see_other(cls, location: str) -> Response:
        """Answer a form by showing a page."""
        return cls(303, headers=(("Location", location),))

    def send(self, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer over WSGI."""
        headers = [("Content-Type", self.content_type), ("Content-Length", str(len(self.body)))]
        phrase = HTTPStatus(self.status).phrase
        start_response(f"{self.status} {phrase}", [*headers, *HEADERS, *self.headers])
        return [self.body]


Handler = Callable[..., Response]


class Routes:
    """Handlers by method and pattern; `{name}` in a pattern is one segment of the path."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, pattern: str) -> Callable[[Handler], Handler]:
        """Register the decorated handler."""
        regex = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern))

        def register(handler: Handler) -> Handler:
            self._routes.append((method, regex, handler))
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        """Return what answers a call; raises Refusal."""
        known = False
        for its_method, regex, handler in self._routes:
            match = regex.fullmatch(path)
            if match and its_method == method:
                return handler, {name: unquote(v) for name, v in match.groupdict().items()}
            known = known or match is not None
        if known:
            raise Refusal(405, "method", "That cannot be done here.")
        raise Refusal(404, "not_found", "There is nothing here.")


def _fields(encoded: str) -> dict[str, str]:
    try:
        parsed = parse_qs(encoded, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise Refusal(400, "bad_request", "The form has too many fields.") from None
    return {name: values[-1] for name, values in parsed.items()}
