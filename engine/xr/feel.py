"""From a package's haptic roles to what the two hands feel at a host instant. Pure; the transport is given.

A package that writes for hands declares the roles `hand.left` and `hand.right`, or `hand.both`, of kind ``haptic``. One that
only shakes the seat is still felt where a rig has no shakers: weaker, and two octaves up, since an actuator in the hand speaks at
160 Hz where a seat's does at 40.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.time.segments import NO_SCENE, Controls, Transport
from engine.timeline.roles import RoleKind, RoleTable
from engine.xr.haptics import Curve

HAND_ROLES: tuple[tuple[str, ...], tuple[str, ...]] = (
    ("hand.left", "hand.both"),
    ("hand.right", "hand.both"),
)
"""By hand, the first of these that the package has."""

SEAT_ROLE = "seat.shaker"
SEAT_RATIO = 0.5
SEAT_PITCH = 4.0

_KEPT = 256  # instants of which a state is kept: more than both hands ask for between two changes


class ShowState(Protocol):
    """The evaluator of `engine.timeline`, as far as hands need it."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> NDArray[np.float64]:
        """State vector of the package at `host_ns` for one seat."""
        ...

    def controlled(self, state: NDArray[np.float64], controls: Controls) -> NDArray[np.float64]:
        """The state after live controls: intensities, muted roles."""
        ...


@dataclass(frozen=True, slots=True)
class Felt:
    """Which role a hand feels, and how.

    Attributes
    ----------
    role : str
        "" for none.
    start : int
        Its amplitude's place in the state vector; a ``haptic`` role's frequency is the next.
    has_frequency : bool
    ratio, pitch : float
        Factors of amplitude and frequency.
    """

    role: str = ""
    start: int = 0
    has_frequency: bool = False
    ratio: float = 1.0
    pitch: float = 1.0


def felt_by(roles: RoleTable, hand: int, *, seat_too: bool = True) -> Felt:
    """Which role of a package a hand feels.

    Parameters
    ----------
    roles : RoleTable
    hand : int
    seat_too : bool, default True
        What shakes the seat stands in for a package without roles for hands. False where the seat does shake.
    """
    for name in HAND_ROLES[hand]:
        role = roles.get(name)
        if role is not None and role.kind in (RoleKind.HAPTIC, RoleKind.LEVEL):
            return Felt(name, roles.slice_of(name).start, role.kind is RoleKind.HAPTIC)
    seat = roles.get(SEAT_ROLE)
    if seat_too and seat is not None and seat.kind is RoleKind.HAPTIC:
        return Felt(SEAT_ROLE, roles.slice_of(SEAT_ROLE).start, True, SEAT_RATIO, SEAT_PITCH)
    return Felt()


class HandFeel:
    """What both hands of a seat feel.

    Parameters
    ----------
    show : ShowState
        `engine.timeline.evaluate.Evaluator`.
    roles : RoleTable
    seat : int
        Index of the seat.
    seat_too : bool, default True
        See `felt_by`.

    Notes
    -----
    An evaluation takes 15 to 40 us; both hands ask for the same instants, so each is evaluated once.
    """

    def __init__(self, show: ShowState, roles: RoleTable, seat: int, *, seat_too: bool = True) -> None:
        self._show = show
        self._seat = seat
        self.felt: Sequence[Felt] = (
            felt_by(roles, 0, seat_too=seat_too),
            felt_by(roles, 1, seat_too=seat_too),
        )
        self._transport = Transport()
        self._states: dict[int, NDArray[np.float64] | None] = {}

    @property
    def revision(self) -> tuple[int, int]:
        """Another one means that what was read before may not hold any more; for `HapticFeed.step`."""
        return (self._transport.generation, self._transport.sequence)

    def take(self, transport: Transport) -> None:
        """What the curves are read from now on."""
        if (transport.generation, transport.sequence) != self.revision or len(self._states) > _KEPT:
            self._states.clear()
        self._transport = transport

    def curve(self, hand: int) -> Curve:
        """The curve of a hand, for `HapticFeed`."""
        felt = self.felt[hand]

        def read(at_ns: int) -> tuple[float, float]:
            state = self._state(at_ns) if felt.role else None
            if state is None:
                return (0.0, 0.0)
            hz = float(state[felt.start + 1]) * felt.pitch if felt.has_frequency else 0.0
            return (float(state[felt.start]) * felt.ratio, hz)

        return read

    def _state(self, at_ns: int) -> NDArray[np.float64] | None:
        """The state at an instant; None while nothing is to be felt: no scene, a hold, a stop."""
        if at_ns in self._states:
            return self._states[at_ns]
        transport = self._transport
        state: NDArray[np.float64] | None = None
        if transport.segments:
            moment = transport.at(at_ns)
            controls = transport.controls_of(self._seat, at_ns)
            if moment.scene != NO_SCENE and moment.rate > 0 and not controls.stopped:
                state = self._show.controlled(self._show.levels(transport, at_ns, self._seat), controls)
        self._states[at_ns] = state
        return state
