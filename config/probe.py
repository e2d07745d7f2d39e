"""Asks the web server in the same container whether it is ready. A script: it imports nothing of ours."""

import http.client
import os
import pathlib
import sys

PORT = 8000


def main() -> int:
    """Return 0 when the web server is ready, as container health checks expect."""
    # The host name must be one that the service answers to.
    host = _hosts().split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=4)
    try:
        connection.request("GET", "/ready", headers={"Host": host})
        return int(connection.getresponse().status != http.HTTPStatus.OK)
    except (OSError, http.client.HTTPException):
        return 1


def _hosts() -> str:
    """Return ALLOWED_HOSTS, or what the file says that ALLOWED_HOSTS_FILE names, as config/env.py reads it."""
    named = os.environ.get("ALLOWED_HOSTS_FILE")  # noqa: TID251 - no settings here
    if named:
        try:
            return pathlib.Path(named).read_text(encoding="utf-8").strip()
        except OSError:
            return "localhost"
    return os.environ.get("ALLOWED_HOSTS", "localhost")  # noqa: TID251 - no settings here


if __name__ == "__main__":
    sys.exit(main())
