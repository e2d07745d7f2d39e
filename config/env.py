"""The only code that reads the environment. A missing variable fails here, by name, with the remedy."""

import hashlib
import tempfile
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environ.Env().str("CONSOLE_VAR", default=str(BASE_DIR / "var")))

# FileAwareEnv also takes NAME_FILE: a mounted secret instead of a value in the environment.
env = environ.FileAwareEnv()


def required(name: str, remedy: str) -> str:
    """Return the variable `name`, or fail at start with what to do about it."""
    value = env.str(name, default="")
    if not value:
        message = f"Set {name}: {remedy}"
        raise ImproperlyConfigured(message)
    return value


def broker_socket() -> Path:
    """Where the embedded broker listens. Unix socket paths are limited to about 100 characters."""
    socket = VAR_DIR / "broker.sock"
    if len(str(socket)) < 100:
        return socket
    digest = hashlib.sha256(str(VAR_DIR).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"console-{digest}.sock"


def redis_url() -> str:
    """The address of Redis, or "" when the embedded broker is used."""
    return env.str("REDIS_URL", default="")


def broker_url() -> str:
    """Celery's broker: Redis where REDIS_URL names one, else the embedded broker's socket."""
    return redis_url() or f"redis+socket://{broker_socket()}"


def cache_url() -> str:
    """The cache's address: another database of the same server."""
    if configured := env.str("CACHE_URL", default=""):
        return configured
    if redis_url():
        base, _, number = redis_url().rpartition("/")
        return f"{base}/{int(number) + 1}" if number.isdigit() else f"{redis_url()}/1"
    return f"unix://{broker_socket()}?db=1"
