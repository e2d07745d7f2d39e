"""What probes are told."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from config import health

pytestmark = pytest.mark.django_db


@pytest.fixture
def fresh_process(monkeypatch):
    """A process that has not looked at the migrations yet."""
    monkeypatch.setattr(health, "_migrations_applied", False)


def test_ping_answers_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/ping")

    assert response.status_code == 200
    assert response.content == b"pong"


def test_ready_holds_when_the_database_is_there_and_up_to_date(client, fresh_process):
    response = client.get("/ready")

    assert response.status_code == 200
    assert response.json()["components"] == {
        "database": {"status": "UP", "detail": connection.vendor},
        "migrations": {"status": "UP", "detail": "applied"},
    }


def test_ready_refuses_while_a_migration_waits(client, fresh_process):
    MigrationRecorder(connection).migration_qs.filter(app="moderation").latest("id").delete()

    response = client.get("/ready")

    assert response.status_code == 503
    assert response.json()["components"]["migrations"]["status"] == "DOWN"


def test_a_lost_broker_is_told_by_health_and_does_not_stop_pages(client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    assert client.get("/ready").status_code == 200
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json()["components"]["broker"]["status"] == "DOWN"


def test_info_names_the_build_and_no_secret(client, settings):
    settings.BUILD_COMMIT = "0123abc"

    response = client.get("/info")

    assert response.json()["build"] == {"version": "development", "commit": "0123abc"}
    assert settings.SECRET_KEY not in response.content.decode()


@pytest.mark.parametrize("address", ["/ping", "/ready", "/health", "/info"])
def test_probes_open_no_session_and_are_not_cached(client, address):
    response = client.get(address)

    assert "Set-Cookie" not in response.headers
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("address", ["/ping", "/ready", "/health", "/info"])
def test_probes_change_nothing(client, address):
    assert client.post(address).status_code == 405
