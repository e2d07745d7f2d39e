"""The settings of a real service: what they refuse to start without, and what they promise browsers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = {
    "SECRET_KEY": "only-for-this-test-abcdefghijklmnopqrstuvwxyz-0123456789",
    "DATABASE_URL": "sqlite://:memory:",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "CREDENTIAL_KEYS": "b25seS1mb3ItdGhpcy1jaGVjay0wMTIzNDU2Nzg5YWI=",
    "ALLOWED_HOSTS": "console.example.gov.uk",
}
ASK = """
import django, json
django.setup()
from django.conf import settings
from django.test import Client
names = [name for name in dir(settings) if name.startswith(("SESSION_COOKIE", "CSRF_COOKIE", "SECURE_"))]
found = {name: getattr(settings, name) for name in names} | {"DEBUG": settings.DEBUG}
client = Client(headers={"host": "console.example.gov.uk"})
plain, safe = client.get("/robots.txt"), client.get("/robots.txt", secure=True)
found["plain"] = [plain.status_code, plain.headers.get("Location")]
found["hsts"] = safe.headers["Strict-Transport-Security"]
found["hosts"] = settings.ALLOWED_HOSTS
found["people"] = __import__("accounts.views").views.demonstration_people()
print(json.dumps(found, default=str))
"""


def production(*command: str, without: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,  # noqa: TID251 - what a process is started with
        **NEEDED,
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
    }
    environment.pop(without, None)
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", NEEDED)
def test_it_does_not_start_without(name):
    answer = production("-c", "import django; django.setup()", without=name)

    assert answer.returncode != 0
    assert f"Set {name}: " in answer.stderr


@pytest.mark.slow
def test_django_finds_nothing_to_say_about_deploying_it():
    answer = production("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert answer.returncode == 0, answer.stderr


@pytest.mark.slow
def test_what_it_promises_browsers():
    answer = production("-c", ASK)
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout.splitlines()[-1])

    assert found["DEBUG"] is False
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["CSRF_COOKIE_NAME"].startswith("__Host-")
    # What the prefix asks for: secure, for the whole host, and for this host alone.
    for kind in ("SESSION", "CSRF"):
        assert found[f"{kind}_COOKIE_SECURE"] is True
        assert found[f"{kind}_COOKIE_HTTPONLY"] is True
        assert found[f"{kind}_COOKIE_SAMESITE"] == "Lax"
        assert found[f"{kind}_COOKIE_PATH"] == "/"
        assert found[f"{kind}_COOKIE_DOMAIN"] is None
    assert found["plain"] == [301, "https://console.example.gov.uk/robots.txt"]
    assert "max-age=31536000; includeSubDomains" in found["hsts"]
    assert found["hosts"] == ["console.example.gov.uk"]
    assert found["people"] == []
