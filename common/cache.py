"""A cache that may go away: what it keeps can be done without, so no page fails for want of it."""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# After a call that failed nobody waits for the server again for this long.
SILENCE_SECONDS = 5.0
# So many that a flood of attempts does not push out the counts that are to stop it.
MEANWHILE_ENTRIES = 50_000


class JsonSerializer:
    """Keeps JSON: whoever can write to the server must not be able to run code here by it."""

    def dumps(self, value: Any) -> int | bytes:  # whatever the cache keeps
        """Return whole numbers as they are, for counting, and the rest as JSON."""
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:  # whatever the cache keeps
        """Return what `dumps` was given."""
        return json.loads(data)


def _forgiving(name: str) -> Callable[..., Any]:  # whatever the cache keeps
    def call(self: "ForgivingRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self.silent_until:
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                self.silent_until = time.monotonic() + SILENCE_SECONDS
                logger.warning("cache_away", extra={"error": type(error).__name__})
        return getattr(self.meanwhile, name)(*args, **kwargs)

    call.__name__ = name
    return call


class ForgivingRedisCache(RedisCache):
    """Redis; and while it is away, the memory of this process.

    So people can sign in and work, and limits on sign-in attempts still count, if process by process.
    """

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        options = {"serializer": JsonSerializer, **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})
        self.meanwhile = LocMemCache("meanwhile", {"OPTIONS": {"MAX_ENTRIES": MEANWHILE_ENTRIES}})
        self.silent_until = 0.0

    add = _forgiving("add")
    get = _forgiving("get")
    set = _forgiving("set")
    touch = _forgiving("touch")
    delete = _forgiving("delete")
    get_many = _forgiving("get_many")
    set_many = _forgiving("set_many")
    delete_many = _forgiving("delete_many")
    has_key = _forgiving("has_key")
    incr = _forgiving("incr")
    clear = _forgiving("clear")

    def ping(self) -> None:
        """Ask the server itself; raises when it is away."""
        self._cache.get_client(None, write=True).ping()
