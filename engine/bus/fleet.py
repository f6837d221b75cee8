"""Fleets: devices of one kind, commanded together.

A thousand seats cost a thousand times one seat if each is mapped, governed and encoded by itself. Devices of one family with the
same channels, limits, rate and latency form a *fleet* where their driver can encode many at once (`engine.bus.driver.Batched`) and
their roles are laid onto channels one to one. A fleet is cut into *cohorts*, whose instants are spread over the ticks of a period:
1,000 seats at 200 Hz are 200 in each millisecond, not 1,000 in every fifth. A cohort is to the machine what a single device is: it
has instants on the grid, and its frames at an instant are a pure function of the same things, to the same bytes a single device's
would have.

A wide device (a universe of many fixtures) is a cohort by itself even where it is the only one.

Which devices form which cohorts depends on the rig alone, never on their ports: a replay forms the same.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bus.driver import Batched, Channel, Driver, Form, park_values, safe_values
from engine.bus.governor import GovernorBatch
from engine.bus.mapping import DEFAULT_HAPTIC_HZ, Route
from engine.bus.seams import Seams
from engine.bus.seats import LIGHT, NOBODY
from engine.motion.platforms.bounds import LegBounds
from engine.time.segments import Controls

_NS_PER_S = 1_000_000_000
#: Fewer devices than this are cheaper one at a time: an array operation costs a microsecond before it does anything.
LEAST = 6
#: A device with so many channels is worth array operations by itself: a universe of fixtures.
WIDE = 12
#: Values and devices a cohort has at least, where there are enough: below, the operations' own cost counts again.
_VALUES_A_COHORT = 512
_DEVICES_A_COHORT = 8

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Member:
    """A device that may be in a fleet: its index, its driver, what it renders, whether it waits for a permit, its platform's legs, how much
    later than the show it plays.
    """

    index: int
    driver: Driver
    routes: tuple[Route, ...]
    forbidden: bool
    legs: LegBounds | None = None
    phase_ns: int = 0


def form_cohorts(members: Sequence[Member], tick_hz: int) -> tuple[Cohort, ...]:
    """The cohorts of a rig; devices that belong to none are commanded one at a time.

    Parameters
    ----------
    members : sequence of Member
        All devices.
    tick_hz : int
        The grid.
    """
    alike: dict[Hashable, list[Member]] = defaultdict(list)
    for member in members:
        key = _fleet_key(member)
        if key is not None:
            alike[key].append(member)
    cohorts: list[Cohort] = []
    for fleet in alike.values():
        driver = fleet[0].driver
        if len(fleet) < LEAST:
            if len(driver.channels) >= WIDE:
                cohorts.extend(Cohort([member], tick_hz, first_tick=0) for member in fleet)
            continue
        period_ticks = max(1, round(tick_hz / driver.rate_hz))
        values = len(fleet) * len(driver.channels)
        most = min(values // _VALUES_A_COHORT, len(fleet) // _DEVICES_A_COHORT, period_ticks)
        count = max(most, 1)
        for number in range(count):
            share = fleet[number * len(fleet) // count : (number + 1) * len(fleet) // count]
            cohorts.append(Cohort(share, tick_hz, first_tick=number * period_ticks // count))
    return tuple(cohorts)


def _fleet_key(member: Member) -> Hashable | None:
    driver = member.driver
    if not isinstance(driver, Batched) or driver.batch_key is None or not driver.channels:
        return None
    if len({route.seat for route in member.routes}) > 1 or not _one_to_one(member.routes):
        return None
    if not member.routes:
        return None  # it rests, and says so once in a while: there is nothing to map
    return (
        driver.family,
        driver.batch_key,
        driver.channels,
        driver.rate_hz,
        driver.latency,
        driver.keep_alive_ns,
        member.legs,
        member.phase_ns,
    )


def _one_to_one(routes: Sequence[Route]) -> bool:
    """Whether every channel takes one component of one role, so that mapping is picking numbers and scaling them."""
    reached = [channel for route in routes for channel in route.channels]
    return len(reached) == len(set(reached)) and all(_picks(route) is not None for route in routes)


def _picks(route: Route) -> tuple[int | None, ...] | None:
    """By channel of a route, which component of the role it shows (None: the fixed haptic frequency), or that it is more than that."""
    match (route.kind, route.form):
        case ("motion", Form.MOTION):
            return (0, 1, 2, 3, 4, 5)
        case ("color", Form.RGB):
            return (0, 1, 2)
        case ("level", Form.LEVEL) | ("haptic", Form.LEVEL):
            return (0,)
        case ("level", Form.RGB):
            return (0, 0, 0)
        case ("haptic", Form.HAPTIC):
            return (0, 1)
        case ("level", Form.HAPTIC):
            return (0, None)
    return None


class BatchMapper:
    """Lays states onto the channels of many devices: `engine.bus.mapping.Mapper` where it only picks and scales.

    Parameters
    ----------
    channels : sequence of Channel
        Of each of the devices.
    routes : sequence of tuple of Route
        By device.
    """

    def __init__(self, channels: Sequence[Channel], routes: Sequence[tuple[Route, ...]]) -> None:
        shape = (len(routes), len(channels))
        idle = np.array([channel.safe for channel in channels])
        self._fixed = np.ones(shape, dtype=np.bool_)
        self._values = np.tile(idle, (len(routes), 1))
        self._source = np.zeros(shape, dtype=np.intp)
        self._gain = np.ones(shape)
        self._modality = np.full(shape, -1, dtype=np.intp)
        self._role = np.full(shape, -1, dtype=np.int64)
        self._rest = self._values.copy()
        for row, of_device in enumerate(routes):
            for route in of_device:
                picks = _picks(route)
                assert picks is not None
                for place, (channel, pick) in enumerate(zip(route.channels, picks, strict=True)):
                    if pick is None:
                        self._values[row, channel] = DEFAULT_HAPTIC_HZ
                        continue
                    self._fixed[row, channel] = False
                    self._source[row, channel] = route.start + pick
                    self._rest[row, channel] = route.rest[pick]
                    self._role[row, channel] = route.role_index
                    if not (route.form is Form.HAPTIC and place == 1):  # a frequency is not a strength
                        self._gain[row, channel] = route.gain
                        self._modality[row, channel] = route.modality
        self._seats = tuple(of_device[0].seat if of_device else -1 for of_device in routes)
        self._any_fixed = bool(self._fixed.any())
        self._alike = bool((self._source == self._source[0]).all())
        self._columns = _as_slice(self._source[0])
        self._scale: Floats | None = None
        self._for: Controls | None = None
        self._own: Mapping[int, Controls] = NOBODY
        self._muted: Flags | None = None
        self._flat: Rows | None = None
        self._flat_for: tuple[int, Rows | None] = (0, None)

    def map(
        self,
        states: Floats,
        which: Rows | None,
        controls: Controls,
        own: Mapping[int, Controls] = NOBODY,
    ) -> Floats:
        """Channel values wanted by the show.

        Parameters
        ----------
        states : float64[distinct, components]
            State vectors of the package.
        which : intp[devices] or None
            The device's row in `states`; None where each has its own, in order.
        controls : Controls
        own : mapping of int to Controls, default none
            Seats with controls of their own; another object when something in it has changed.

        Returns
        -------
        float64[devices, channels]
            A new array, or a view of `states`.
        """
        if controls is not self._for or own is not self._own:
            self._adopt(controls, own)
        if self._alike:
            found: Floats = states[:, self._columns]
            if which is not None:
                found = found[which] if len(states) > 1 else np.repeat(found, len(which), axis=0)
        else:
            found = states.ravel()[self._indices(states.shape[1], which)]
        if self._muted is not None:
            found = np.where(self._muted, self._rest, found)
        if self._scale is not None:
            found = found * self._scale
        if self._any_fixed:
            found = np.where(self._fixed, self._values, found)
        return found

    def _indices(self, components: int, which: Rows | None) -> Rows:
        """Where in the states, laid end to end, each channel's value is; nearly always the same places as before."""
        if self._flat is None or self._flat_for[0] != components or self._flat_for[1] is not which:
            row = np.arange(len(self._source)) if which is None else which
            self._flat = self._source + (row * components)[:, None]
            self._flat_for = (components, which)
        return self._flat

    def _adopt(self, controls: Controls, own: Mapping[int, Controls]) -> None:
        self._for, self._own = controls, own
        scale = self._gain * np.array([*controls.intensities, 1.0])[self._modality]
        muted = _muted(controls, self._role)
        for row, seat in enumerate(self._seats):
            theirs = own.get(seat) if own else None
            if theirs is not None:
                scale[row] = self._gain[row] * np.array([*theirs.intensities, 1.0])[self._modality[row]]
                muted[row] = _muted(theirs, self._role[row])
        self._scale = None if (scale == 1.0).all() else scale
        self._muted = muted if muted.any() else None


def _muted(controls: Controls, role: NDArray[np.int64]) -> Flags:
    mask = controls.muted_roles_mask
    return np.isin(role, [number for number in range(mask.bit_length()) if mask >> number & 1])


def _as_slice(indices: Rows) -> slice | Rows:
    """Neighbouring columns as a slice: a view costs nothing."""
    if len(indices) and (np.diff(indices) == 1).all():
        return slice(int(indices[0]), int(indices[-1]) + 1)
    return indices


class Cohort:
    """Devices of a fleet that are commanded at the same instants.

    Parameters
    ----------
    members : sequence of Member
        All alike; see `form_cohorts`.
    tick_hz : int
    first_tick : int
        Their first instant.

    Attributes
    ----------
    name : str
        For the journal: the first device's, and how many more there are.
    indices : tuple of int
        The devices, by their place in the rig.
    lit : bool
        Whether any of them is a lamp.
    present, forbidden, faulty, parked : bool[devices]
    """

    def __init__(self, members: Sequence[Member], tick_hz: int, *, first_tick: int) -> None:
        first = members[0].driver
        assert isinstance(first, Batched)
        self.drivers: tuple[Driver, ...] = tuple(member.driver for member in members)
        self.indices = tuple(member.index for member in members)
        self.name = first.name if len(members) == 1 else f"{first.name}+{len(members) - 1}"
        self.family = first.family
        self.seats = tuple(member.routes[0].seat if member.routes else -1 for member in members)
        self.lit = any(route.modality == LIGHT for member in members for route in member.routes)
        self.period_ticks = max(1, round(tick_hz / first.rate_hz))
        self.dt_s = self.period_ticks / tick_hz
        self.lead_ns = first.latency.lead_ns - members[0].phase_ns
        self.next_tick = first_tick
        self.keep_alive_ticks = math.floor(first.keep_alive_ns * tick_hz / _NS_PER_S)
        size = len(members)
        self.governor = GovernorBatch(first.channels, self.dt_s, size, members[0].legs)
        self.seams = Seams()
        self.mapper = BatchMapper(first.channels, [member.routes for member in members])
        self.batch = first.batch(self.drivers)
        self.safe = np.tile(np.array(safe_values(first)), (size, 1))
        self.park = np.tile(np.array(park_values(first)), (size, 1))
        self.present = np.ones(size, dtype=np.bool_)
        self.forbidden = np.array([member.forbidden for member in members], dtype=np.bool_)
        self.faulty = np.zeros(size, dtype=np.bool_)
        self.parked = np.zeros(size, dtype=np.bool_)
        self.digest = hashlib.blake2b(digest_size=16)
        self.frame_count = 0
        self.second = 0
        self._held = bool(self.forbidden.any())
        self._absent = False
        self._last_frames: NDArray[np.uint8] | None = None
        self._last_sent_tick = np.full(size, -(1 << 60), dtype=np.int64)
        self._distinct = tuple(sorted(set(self.seats)))
        place = {seat: row for row, seat in enumerate(self._distinct)}
        self._place = np.array([place[seat] for seat in self.seats], dtype=np.intp)
        self._in_order = self._distinct == self.seats

    def __len__(self) -> int:
        return len(self.drivers)

    @property
    def retired(self) -> bool:
        """Whether every device is where it is to end."""
        return bool(self.parked.all())

    def update_flags(self) -> None:
        """After `present`, `forbidden` or `faulty` were changed."""
        self._held = bool((self.forbidden | self.faulty).any())
        self._absent = not bool(self.present.all())

    def connected(self, row: int) -> None:
        """A device has just connected and rests in park."""
        self.governor.rest_in_park(row)
        self._last_sent_tick[row] = -(1 << 60)

    def resend(self, row: int) -> None:
        """Its next frame goes out whether it has changed or not."""
        self._last_sent_tick[row] = -(1 << 60)

    def wanted(
        self,
        states: Floats,
        which: Rows | None,
        controls: Controls,
        own: Mapping[int, Controls] = NOBODY,
    ) -> Floats:
        """Channel values wanted by the show, or safe ones where it may not have its way."""
        found = self.mapper.map(states, which, controls, own)
        return self.held_safe(found) if self._held else found

    @property
    def held(self) -> bool | Flags:
        """Which devices are held in their safe state; False for none."""
        return self.forbidden | self.faulty if self._held else False

    def held_safe(self, found: Floats) -> Floats:
        """`found`, with safe values for devices that are forbidden or faulty."""
        return np.where((self.forbidden | self.faulty)[:, None], self.safe, found)

    @property
    def goal(self) -> Floats:
        """Where each device is led at the end."""
        return self.held_safe(self.park) if self._held else self.park

    def states_for(
        self, show: Any, levels_of: Any, transport: Any, ahead_ns: int
    ) -> tuple[Floats, Rows | None]:
        """State vectors at an instant: the distinct ones, and which device has which."""
        if levels_of is not None:
            rows, which = levels_of(transport, ahead_ns, self._distinct)
            if which is None:
                return rows, None if self._in_order else self._place
            return rows, which if self._in_order else which[self._place]
        rows = np.array([show.levels(transport, ahead_ns, seat) for seat in self._distinct], dtype=np.float64)
        return rows, None if self._in_order else self._place

    def encode(self, values: Floats) -> tuple[NDArray[np.uint8] | None, Mapping[int, str]]:
        """Frames of all devices, and what went wrong for which; None when nothing could be encoded."""
        try:
            return self.batch.encode(values), {}
        except Exception:
            # One of them has a fault: find out which, the others go on.
            frames: NDArray[np.uint8] | None = None
            faults: dict[int, str] = {}
            for row, (driver, channels) in enumerate(zip(self.drivers, values.tolist(), strict=True)):
                try:
                    (frame,) = driver.encode(channels)
                except Exception as error:
                    faults[row] = f"{type(error).__name__}: {error}"
                    continue
                if frames is None:
                    frames = np.zeros((len(self), len(frame)), dtype=np.uint8)
                frames[row] = np.frombuffer(frame, dtype=np.uint8)
            return frames, faults

    def to_send(self, frames: NDArray[np.uint8], tick: int, faults: Mapping[int, str]) -> Rows | None:
        """Rows whose frames are to go out now; None for all of them."""
        if self.keep_alive_ticks == 0:
            if not self._absent and not faults:
                return None
            go = self.present.copy()
        else:
            last = self._last_frames
            changed = (frames != last).any(axis=1) if last is not None else np.ones(len(self), dtype=np.bool_)
            go = changed | (tick - self._last_sent_tick >= self.keep_alive_ticks)
            go &= self.present
            self._last_frames = frames.copy()
        go[list(faults)] = False
        self._last_sent_tick[go] = tick
        return np.nonzero(go)[0]
