"""Puts a platform held in memory where the registry expects a connector's class."""

from platforms.connectors.base import Access
from tests.fakes.platform import FakePlatform


class FakeConnector:
    """Answers every channel with the same fake platform."""

    def __init__(self, fake: FakePlatform) -> None:
        self._fake = fake

    @classmethod
    def of(cls, fake: FakePlatform) -> "FakeConnector":
        """Return a stand-in for a connector class."""
        return cls(fake)

    def __call__(self, access: Access) -> FakePlatform:
        self._fake.is_closed = False
        return self._fake

    @property
    def capabilities(self) -> object:
        """What the fake platform can do at this moment."""
        return self._fake.capabilities
