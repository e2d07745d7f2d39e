"""Ends what a supervisor started when the supervisor itself is gone, however it went.

Run as a script with the standard library alone, so that it costs nothing to keep. Each line on
standard input replaces the list of process groups; the end of input means the supervisor is gone.
"""

import os
import signal
import sys
import time

PATIENCE = 5.0


def groups_alive(groups: list[int]) -> list[int]:
    """Return those process groups that still have a member."""
    alive = []
    for group in groups:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            continue
        except PermissionError:  # macOS answers so for a group of zombies
            continue
        alive.append(group)
    return alive


def end_groups(groups: list[int], patience: float = PATIENCE) -> None:
    """Ask process groups to stop, and after `patience` seconds make them."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in groups_alive(groups):
            try:
                os.killpg(group, number)
            except (ProcessLookupError, PermissionError):
                continue
        until = time.monotonic() + patience
        while groups_alive(groups) and time.monotonic() < until:
            time.sleep(0.05)


def main() -> None:
    """Wait for the supervisor to go, then end what it left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        groups = [int(word) for word in line.split()]
    end_groups(groups)


if __name__ == "__main__":
    main()
