"""Credentials at rest."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def cipher() -> MultiFernet:
    """Return the cipher over CREDENTIAL_KEYS: the first key encrypts, all of them decrypt."""
    if not settings.CREDENTIAL_KEYS:
        message = "Set CREDENTIAL_KEYS: one or more Fernet keys, comma-separated, newest first."
        raise ImproperlyConfigured(message)
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])


class CredentialsUnreadable(Exception):
    """None of the keys in CREDENTIAL_KEYS opens what is stored."""


class Credentials(Mapping[str, str]):
    """What opens one channel, decrypted only when it is asked for.

    So pages and lists never decrypt anything, and a lost key stops the channels that need it rather
    than every query that meets their rows.
    """

    def __init__(self, encrypted: str) -> None:
        self.encrypted = encrypted
        self._opened: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._open()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._open())

    def __len__(self) -> int:
        return len(self._open())

    def __repr__(self) -> str:
        return "<Credentials>"

    def __deepcopy__(self, _memo: object) -> "Credentials":
        return Credentials(self.encrypted)

    def _open(self) -> dict[str, str]:
        if self._opened is None:
            try:
                opened = cipher().decrypt(self.encrypted.encode())
            except InvalidToken as error:
                message = "Stored credentials cannot be read with the keys in CREDENTIAL_KEYS."
                raise CredentialsUnreadable(message) from error
            self._opened = dict(json.loads(opened))
        return self._opened


if TYPE_CHECKING:
    _Text = models.TextField[Mapping[str, str], Mapping[str, str]]
else:
    _Text = models.TextField


class EncryptedJSONField(_Text):
    """A mapping kept encrypted; never put it in a log, an export or a page."""

    def from_db_value(self, value: str | None, *_args: Any) -> Mapping[str, str]:
        """Wrap, to be decrypted when it is needed."""
        return Credentials(value) if value else {}

    def to_python(self, value: Any) -> dict[str, str]:
        """Accept a mapping."""
        return dict(value or {})

    def get_prep_value(self, value: Any) -> str:
        """Encrypt with the newest key; what cannot be decrypted stays as it is."""
        try:
            plain = dict(value or {})
        except CredentialsUnreadable:
            kept: str = value.encrypted
            return kept
        if not plain:
            return ""
        return cipher().encrypt(json.dumps(plain).encode()).decode()
