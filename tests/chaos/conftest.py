"""A server to make databases on."""

import shutil

import pytest

from config.env import env


@pytest.fixture(scope="session")
def server_url() -> str:
    """The PostgreSQL server that DATABASE_URL names; its own database is left alone."""
    url = env.str("DATABASE_URL", default="")
    assert url.startswith("postgres"), "Set DATABASE_URL to a PostgreSQL server."
    assert shutil.which("redis-server"), "redis-server is needed: every test starts its own."
    return url
