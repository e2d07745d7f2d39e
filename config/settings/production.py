"""Settings for a real service: TLS, strict cookies, compressed static files, JSON logs."""

from config.env import required
from config.settings.base import *
from config.settings.logging import configure_logging

SECRET_KEY = required("SECRET_KEY", "a random value of at least 50 characters, kept secret.")
required("DATABASE_URL", "for example postgres://user:password@host:5432/console.")
required("REDIS_URL", "for example redis://host:6379/0.")
required("CREDENTIAL_KEYS", "one or more Fernet keys, comma-separated, newest first.")
required("ALLOWED_HOSTS", "the host names that people type, comma-separated.")

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
# Probes come over plain HTTP from inside the cluster.
SECURE_REDIRECT_EXEMPT = [r"^(health|ready|info|ping)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
IS_DEMONSTRATION = False

configure_logging(level=env.str("LOG_LEVEL", default="INFO"), json=True)
