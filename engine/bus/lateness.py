"""Lateness counted in log-spaced bins: no memory growth in hours of show, quantiles good to 9 %."""

from __future__ import annotations

import math
from collections.abc import Sequence

_PER_OCTAVE = 8  # 2**(1/8) = 1.09: a quantile is read to 9 %
_OCTAVES = 36  # up to 69 s
BINS = _PER_OCTAVE * _OCTAVES


class LatenessHistogram:
    """Counts of lateness.

    Notes
    -----
    Bin i holds latenesses in ``2**(i/8) .. 2**((i+1)/8)`` ns; early or zero counts as bin 0.
    """

    __slots__ = ("_counts", "count", "max_ns")

    def __init__(self) -> None:
        self._counts = [0] * BINS
        self.count = 0
        self.max_ns = 0

    def add(self, lateness_ns: int, times: int = 1) -> None:
        """Count one, or several of the same."""
        self.count += times
        self.max_ns = max(self.max_ns, lateness_ns)
        if lateness_ns <= 1:
            self._counts[0] += times
            return
        self._counts[min(int(math.log2(lateness_ns) * _PER_OCTAVE), BINS - 1)] += times

    def quantile_ns(self, share: float) -> int:
        """Upper edge of the bin in which the `share` quantile (0..1) lies; 0 while nothing is counted."""
        if self.count == 0:
            return 0
        wanted = share * self.count
        seen = 0
        for index, count in enumerate(self._counts):
            seen += count
            if seen >= wanted:
                return min(round(2.0 ** ((index + 1) / _PER_OCTAVE)), max(self.max_ns, 1))
        return self.max_ns

    def bins(self) -> list[tuple[int, int]]:
        """Non-empty bins as (upper edge in ns, count)."""
        return [(round(2.0 ** ((i + 1) / _PER_OCTAVE)), n) for i, n in enumerate(self._counts) if n]

    def merge(self, other: LatenessHistogram) -> None:
        """Add another's counts to this one."""
        self._counts = [a + b for a, b in zip(self._counts, other._counts, strict=True)]
        self.count += other.count
        self.max_ns = max(self.max_ns, other.max_ns)

    @classmethod
    def of(cls, latenesses_ns: Sequence[int]) -> LatenessHistogram:
        """A histogram of given values."""
        made = cls()
        for value in latenesses_ns:
            made.add(value)
        return made

    def summary(self) -> dict[str, object]:
        """Quantiles and bins for the journal and the report; times in ns."""
        return {
            "count": self.count,
            "p50_ns": self.quantile_ns(0.5),
            "p99_ns": self.quantile_ns(0.99),
            "p999_ns": self.quantile_ns(0.999),
            "max_ns": self.max_ns,
            "bins": self.bins(),
        }
