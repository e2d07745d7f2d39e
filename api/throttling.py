"""How often a caller may call: a fixed window per token, counted in the cache."""

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.actors import Actor

if TYPE_CHECKING:
    # REST framework imports this module while it loads its views.
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

SECONDS = {"sec": 1, "min": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a token has left in the current window."""

    limit: int
    remaining: int
    seconds_left: int

    def headers(self) -> dict[str, str]:
        """Return the headers that tell a caller."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.seconds_left),
        }


class TokenRateThrottle(BaseThrottle):
    """Counts calls by token. With the cache away nothing is counted and nobody is refused."""

    allowance: Allowance | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count this call; callers without a token are refused before they count."""
        if not isinstance(request.user, Actor):
            return True
        limit, seconds = _rate()
        now = time.time()
        key = f"api-calls:{request.user.id}:{int(now // seconds)}"
        try:
            cache.add(key, 0, timeout=seconds + 5)
            count = cache.incr(key)
        except (RedisError, OSError, ValueError) as error:
            logger.warning("calls_not_counted", extra={"error": type(error).__name__})
            return True
        self.allowance = Allowance(
            limit=limit,
            remaining=max(0, limit - count),
            seconds_left=max(1, int(seconds - now % seconds)),
        )
        request._request.api_allowance = self.allowance  # type: ignore[attr-defined]
        return count <= limit

    def wait(self) -> float | None:
        """Return the seconds until the next window."""
        return self.allowance.seconds_left if self.allowance else None


def _rate() -> tuple[int, int]:
    rates: dict[str, str] = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]  # type: ignore[assignment]
    count, period = rates["token"].split("/")
    return int(count), SECONDS[period]
