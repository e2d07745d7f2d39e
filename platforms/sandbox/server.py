"""The WSGI application and a threaded server of the standard library around it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from platforms.sandbox import api, pages
from platforms.sandbox.database import Database
from platforms.sandbox.store import Refusal
from platforms.sandbox.web import Request

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def application(database: Database) -> Application:
    """Return the platform as a WSGI application over one database."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            request = Request.of(environ)
        except Refusal as refusal:
            problem = api.problem(refusal.status, refusal.code, refusal.message)
            return problem.send(start_response)
        for_programs = request.path.startswith("/api/") or request.path == "/health"
        dispatch = api.dispatch if for_programs else pages.dispatch
        return dispatch(database, request).send(start_response)

    return answer


class _Handler(WSGIRequestHandler):
    """Quiet, and gone within a bound of time when a caller says nothing.

    An application that raises ConnectionAbortedError closes the connection without an answer:
    wsgiref takes it for a caller who left.
    """

    timeout = 30

    def get_environ(self) -> dict[str, Any]:
        """Keep the path as it was sent beside the decoded one."""
        return {**super().get_environ(), "sandbox.raw_path": self.path.partition("?")[0]}

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: every page and poll would be a line."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True


class Server(ThreadingMixIn, WSGIServer):
    """One thread for each call; none of them keeps the process alive."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what is our own mistake, not that a caller went away."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def server_bind(self) -> None:
        """Bind without asking a name server who this is, which can take seconds offline."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


def make_server(database: Database, *, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Bind the platform to an address; port 0 takes any that is free."""
    server = Server((host, port), _Handler)
    server.set_app(application(database))
    return server


@contextmanager
def running(database: Database) -> Iterator[str]:
    """Serve from a thread of this process for as long as the block lasts; gives the address."""
    server = make_server(database)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
