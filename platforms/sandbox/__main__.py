"""Run the sandbox platform: python -m platforms.sandbox --port 8090 --database FILE --seed."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from types import FrameType

from platforms.sandbox import seed
from platforms.sandbox.database import Database
from platforms.sandbox.server import make_server


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m platforms.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--database", default="var/sandbox.sqlite3")
    parser.add_argument("--seed", action="store_true", help="load the demonstration's channels")
    options = parser.parse_args()

    database = Database(options.database)
    if options.seed:
        seed.load_folder(database)
    try:
        server = make_server(database, host=options.host, port=options.port)
    except OSError as error:
        print(f"Port {options.port} cannot be used: {error.strerror}.", file=sys.stderr)  # noqa: T201
        return 1

    def stop(number: int, frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this very signal interrupted.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Sandbox platform on http://{options.host}:{server.server_address[1]}/", flush=True)  # noqa: T201
    server.serve_forever(poll_interval=0.2)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
