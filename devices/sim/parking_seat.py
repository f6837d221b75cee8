"""A seat that follows its commands late, and goes to its park pose by itself when they stop coming."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from devices.sim.physics import LaggedValue
from engine.bus.driver import Latency

SILENCE_NS = 1_000_000_000
"""Firmware of this kind parks when commands stop; after how long is our choice."""

_STROKES_PER_S = 2.5
"""Full stroke in 0.4 s: 100 mm at 250 mm/s, as the common 4DOF kit has it."""


class Cutter(Protocol):
    """Cuts a stream into raw values of axes."""

    lost_bytes: int

    def feed(self, data: bytes) -> Iterator[tuple[int, ...]]:
        """Take any cut of the stream; yield the values of every whole frame."""
        ...


class ParkingSeat:
    """Axes behind a stream of frames.

    Parameters
    ----------
    cutter : Cutter
    names : sequence of str
        Of the axes in use; further values of a frame are not looked at.
    park : sequence of int
        Raw values it starts from and parks at, one an axis.
    full : int
        Raw values of a whole stroke.
    latency : Latency
        How late it follows.

    Attributes
    ----------
    frames : int
        Commands understood.
    """

    def __init__(
        self, cutter: Cutter, names: Sequence[str], park: Sequence[int], full: int, latency: Latency
    ) -> None:
        self._cutter = cutter
        self._park = tuple(park)
        self._axes = {
            name: LaggedValue(
                float(raw), dead_ns=latency.dead_ns, lag_ns=latency.lag_ns, rate=_STROKES_PER_S * full
            )
            for name, raw in zip(names, self._park, strict=True)
        }
        self._last_ns: int | None = None
        self.frames = 0

    @property
    def lost_bytes(self) -> int:
        """Bytes that belonged to no command."""
        return self._cutter.lost_bytes

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take bytes; it never answers."""
        for raw in self._cutter.feed(data):
            self._settle(at_ns)
            self.frames += 1
            self._last_ns = at_ns
            self._go(raw, at_ns)
        return ()

    def state_at(self, at_ns: int) -> dict[str, float]:
        """Raw position of each axis in use."""
        self._settle(at_ns)
        return {name: axis.at(at_ns) for name, axis in self._axes.items()}

    def _go(self, raw: Sequence[int], at_ns: int) -> None:
        for axis, value in zip(self._axes.values(), raw, strict=False):
            axis.command(float(value), at_ns)

    def _settle(self, at_ns: int) -> None:
        if self._last_ns is not None and at_ns - self._last_ns > SILENCE_NS:
            since_ns, self._last_ns = self._last_ns + SILENCE_NS, None
            self._go(self._park, since_ns)
