"""What probes and operators ask: is it alive, can it serve, what is wrong, which build is it.

None of these needs a sign-in, opens a session or reveals a secret.
"""

import platform
import time
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import django
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

STARTED = time.monotonic()
BROKER_PATIENCE_SECONDS = 2


class Finding(NamedTuple):
    """What one check found: whether it holds, and a word about it that is safe to show."""

    holds: bool
    word: str


def check_database() -> Finding:
    """Ask the database for a number."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Finding(False, type(error).__name__)
    return Finding(True, connection.vendor)


_migrations_applied = False


def check_migrations() -> Finding:
    """Ask whether the tables are those that this code expects. Once true it stays true."""
    global _migrations_applied
    if not _migrations_applied:
        try:
            executor = MigrationExecutor(connection)
            waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError as error:
            return Finding(False, type(error).__name__)
        if waiting:
            return Finding(False, f"{len(waiting)} not applied")
        _migrations_applied = True
    return Finding(True, "applied")


def check_cache() -> Finding:
    """Write a value to the cache and read it back."""
    try:
        # While its server is away the cache forgives: ask the server itself.
        getattr(cache, "ping", lambda: None)()
        cache.set("health", "here", timeout=10)
        found = cache.get("health") == "here"
    except (RedisError, OSError) as error:
        return Finding(False, type(error).__name__)
    return Finding(found, "answers" if found else "forgets")


def check_broker() -> Finding:
    """Connect to the broker. Without it nothing is lost, only slower: rows wait for it."""
    broker = Connection(
        settings.CELERY_BROKER_URL,
        connect_timeout=BROKER_PATIENCE_SECONDS,
        transport_options={
            **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
            "socket_connect_timeout": BROKER_PATIENCE_SECONDS,
            "socket_timeout": BROKER_PATIENCE_SECONDS,
        },
    )
    try:
        with broker:
            broker.ensure_connection(
                max_retries=1, interval_start=0, timeout=BROKER_PATIENCE_SECONDS
            )
    except (KombuError, OSError) as error:
        return Finding(False, type(error).__name__)
    return Finding(True, "answers")


def _answer(checks: dict[str, Callable[[], Finding]]) -> JsonResponse:
    findings = {name: check() for name, check in checks.items()}
    holds = all(finding.holds for finding in findings.values())
    components = {
        name: {"status": "UP" if finding.holds else "DOWN", "detail": finding.word}
        for name, finding in findings.items()
    }
    return JsonResponse(
        {"status": "UP" if holds else "DOWN", "components": components},
        status=200 if holds else 503,
    )


@login_not_required
@never_cache
@require_safe
def ping(request: HttpRequest) -> HttpResponse:
    """Answer that the process lives. Touches nothing, so that a slow database restarts nobody."""
    return HttpResponse("pong", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer whether this process can serve pages. A lost broker does not stop it."""
    return _answer({"database": check_database, "migrations": check_migrations})


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer how everything that the console needs is."""
    return _answer(
        {
            "database": check_database,
            "migrations": check_migrations,
            "cache": check_cache,
            "broker": check_broker,
        }
    )


@login_not_required
@never_cache
@require_safe
def info(request: HttpRequest) -> JsonResponse:
    """Answer which build this is and how long it has run."""
    return JsonResponse(
        {
            "build": {"version": settings.BUILD_VERSION, "commit": settings.BUILD_COMMIT},
            "python": platform.python_version(),
            "django": django.get_version(),
            "database": connection.vendor,
            "uptime_seconds": round(timedelta(seconds=time.monotonic() - STARTED).total_seconds()),
        }
    )


urlpatterns = [
    path("ping", ping, name="ping"),
    path("ready", ready, name="ready"),
    path("health", health, name="health"),
    path("info", info, name="info"),
]
