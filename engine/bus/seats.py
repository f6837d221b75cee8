"""What the bus has to know of the guests: the live controls as they hold for each seat, and whether light must not flash.

A seat whose guest asked for nothing has the plain controls and costs nothing. Light belongs to the room, whichever device it comes
from: while a photosensitive guest sits in it, every lamp is averaged over time, for everybody and on every seat. The milder wish wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.time.profiles import under
from engine.time.segments import Controls, Transport
from engine.units import MODALITIES

LIGHT = MODALITIES.index("light")
NOBODY: Mapping[int, Controls] = MappingProxyType({})
"""No seat has controls of its own."""

_NEVER_NS = 1 << 62


class SeatControls:
    """The controls of the seats that have their own, worked out only when something has changed.

    Attributes
    ----------
    own : mapping of int to Controls
        By seat; the same object as long as nothing has changed.
    calm : bool
        Whether light is averaged.
    """

    __slots__ = ("_controls", "_from_ns", "_profiles", "_until_ns", "calm", "own")

    def __init__(self) -> None:
        self.own: Mapping[int, Controls] = NOBODY
        self.calm = False
        self._profiles: object = ()
        self._controls: Controls | None = None
        self._from_ns = self._until_ns = 0

    def look(self, transport: Transport, controls: Controls, at_ns: int) -> None:
        """Work out what holds at an instant; `controls` are those of the room then."""
        profiles = transport.profiles
        if (
            profiles is self._profiles
            and (controls is self._controls or not profiles)
            and self._from_ns <= at_ns < self._until_ns
        ):
            return
        self._profiles, self._controls = profiles, controls
        self._from_ns = at_ns
        self._until_ns = min(
            (profile.from_ns for profile in profiles if profile.from_ns > at_ns), default=_NEVER_NS
        )
        holding = transport.profiles_at(at_ns) if profiles else {}
        own = {seat: under(controls, row) for seat, row in holding.items() if not row.is_default}
        if own != self.own:
            self.own = own
        self.calm = bool(profiles) and transport.calm_at(at_ns)


class CalmShow:
    """A show whose lamps are averaged over time, for whoever asks for states.

    Parameters
    ----------
    show : ShowState
        With ``calm_levels`` and, for fleets, ``calm_levels_of`` (`engine.timeline.evaluate.Evaluator`).
    """

    def __init__(self, show: Any) -> None:
        self._show = show

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float] | NDArray[np.float64]:
        """As the show's own, with light averaged."""
        found: NDArray[np.float64] = self._show.calm_levels(transport, host_ns, seat)
        return found

    def levels_of(
        self, transport: Transport, host_ns: int, seats: Sequence[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.intp] | None]:
        """As the show's own, with light averaged."""
        found: tuple[NDArray[np.float64], NDArray[np.intp] | None] = self._show.calm_levels_of(
            transport, host_ns, seats
        )
        return found
