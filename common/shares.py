"""Shares with what they are worth: how many of how many, and the interval in which the truth lies."""

from dataclasses import dataclass
from math import sqrt

# 95 in 100 such intervals hold the true share.
Z = 1.96


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, counted; with Wilson's interval, which stays honest for few and for extremes."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self._interval()[0]

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self._interval()[1]

    def _interval(self) -> tuple[float, float]:
        n = self.whole
        if not n:
            return 0.0, 1.0
        p, z2 = self.part / n, Z * Z
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)
