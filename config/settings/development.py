"""Settings for one machine without servers: what `make run` uses. Never for real personal data."""

from config.embedded import embedded_broker_is_available, local_secret
from config.env import VAR_DIR, redis_url
from config.settings.base import *
from config.settings.logging import configure_logging

VAR_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = env.str("SECRET_KEY", default="") or local_secret("secret-key")
CREDENTIAL_KEYS = CREDENTIAL_KEYS or [local_secret("credential-key", fernet=True)]
DEBUG = env.bool("DEBUG", default=False)
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
STATIC_ROOT = None  # nothing is collected: files are served from where they are kept
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
IS_DEMONSTRATION = True

if not redis_url() and not embedded_broker_is_available():
    # No wheel of the embedded broker for this machine: files carry the bells, the database the cache.
    (VAR_DIR / "broker" / "control").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "broker"),
        "data_folder_out": str(VAR_DIR / "broker"),
        "control_folder": str(VAR_DIR / "broker" / "control"),
        "polling_interval": 0.05,
    }
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": VAR_DIR / "cache",
        }
    }

configure_logging(level=env.str("LOG_LEVEL", default="WARNING"), json=False)
