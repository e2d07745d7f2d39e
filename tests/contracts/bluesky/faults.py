"""A door before a real server that lets every call through, until it is told to do otherwise once."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

from platforms.enums import Capability
from tests.contracts.harness import Fault

RECORD_OF = {
    Capability.HIDE: ("putRecord", "app.bsky.feed.threadgate"),
    Capability.UNHIDE: ("putRecord", "app.bsky.feed.threadgate"),
    Capability.BLOCK: ("putRecord", "app.bsky.graph.block"),
    Capability.UNBLOCK: ("deleteRecord", "app.bsky.graph.block"),
    Capability.REPLY: ("putRecord", "app.bsky.feed.post"),
    Capability.REPORT: ("createReport", ""),
    Capability.FETCH: ("listNotifications", ""),
}
REFUSALS = {
    Fault.SERVER_ERROR: (500, {"error": "InternalServerError", "message": "Internal"}),
    Fault.THROTTLED: (429, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}),
    Fault.REFUSED: (403, {"error": "Forbidden", "message": "Forbidden"}),
    Fault.EXPIRED: (401, {"error": "AuthenticationRequired", "message": "Required"}),
}


class Door:
    """Passes calls on to `target`. An armed fault strikes the next call it is meant for."""

    def __init__(self, target: str) -> None:
        self.calls: list[str] = []
        self.exchanges: list[tuple[str, str, bytes, int, bytes]] = []
        self._fault: tuple[Fault, Capability] | None = None
        self._client = httpx2.Client(base_url=target, timeout=30)
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                door.handle(self)

            do_POST = do_GET  # noqa: N815 - the standard library's name

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def arm(self, fault: Fault, kind: Capability) -> None:
        self._fault = (fault, kind)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._client.close()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.calls.append(request.path.split("?")[0].rsplit("/", 1)[1])
        fault = self._struck(request.path, body)
        if fault is Fault.DOWN:
            request.close_connection = True
            return
        if fault in REFUSALS:
            status, answer = REFUSALS[fault]
            extra = {"ratelimit-reset": str(int(time.time()) + 60)} if status == 429 else {}
            self._answer(request, status, json.dumps(answer).encode(), extra)
            return
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() in {"authorization", "content-type", "atproto-proxy"}
        }
        passed = self._client.request(
            request.command, request.path, content=body or None, headers=headers
        )
        if fault is Fault.LOST_ANSWER:
            request.close_connection = True
            return
        self.exchanges.append(
            (request.command, request.path, body, passed.status_code, passed.content)
        )
        self._answer(request, passed.status_code, passed.content, {})

    def _struck(self, path: str, body: bytes) -> Fault | None:
        if self._fault is None:
            return None
        fault, kind = self._fault
        call, collection = RECORD_OF[kind]
        meant = call in path and collection.encode() in body
        # A server that is down is so for the reads before a write as well.
        if meant or (fault is Fault.DOWN and "Session" not in path):
            self._fault = None
            return fault
        return None

    def _answer(
        self, request: BaseHTTPRequestHandler, status: int, body: bytes, extra: dict[str, str]
    ) -> None:
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        for name, value in extra.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
