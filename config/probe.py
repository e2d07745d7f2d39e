"""Asks the web server in the same container whether it is ready. A script: it imports nothing of ours."""

import http.client
import os
import sys

PORT = 8000


def main() -> int:
    """Return 0 when the web server is ready, as container health checks expect."""
    # The host name must be one that the service answers to.
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]  # noqa: TID251 - no settings here
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=4)
    try:
        connection.request("GET", "/ready", headers={"Host": host})
        return int(connection.getresponse().status != http.HTTPStatus.OK)
    except (OSError, http.client.HTTPException):
        return 1


if __name__ == "__main__":
    sys.exit(main())
