"""Settings for tests: the same product, faster and without a network."""

from config.settings.base import *
from config.settings.logging import configure_logging

SECRET_KEY = "test-only-" + "0" * 40
CREDENTIAL_KEYS = ["dGVzdC1vbmx5LWtleS1ub3QtZm9yLWFueXRoaW5nLSE="]
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = None  # nothing is collected
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["NAME"] = ":memory:"
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA foreign_keys=ON;"
    DATABASES["default"]["CONN_MAX_AGE"] = 0
# Nothing is sent: a test that wants a task's work calls the task.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
INSTALLED_APPS = [*INSTALLED_APPS, "django_linear_migrations"]

configure_logging(level="WARNING", json=False)
