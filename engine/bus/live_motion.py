"""Live motion: forces and turns that come in while the show runs, washed out and added to what a seat is wanted to do.

Read in a thread of its own for each source; the bus is told of the newest sample by a note of kind ``felt``, which is journalled like
every note, so a replay moves the same. In the machine the sample is held until the next one comes, and filtered at the device's rate
by the classical washout (`engine.motion.cueing.washout`). The result is added to the motion role that the device plays (the first of
several), so that a guest's comfort, intensities, doses and all limits hold for it as for what an author wrote.

Nothing that comes in is trusted: what is no number is left out, what no ride does is cut off, and where nothing more is heard for
`stale_ns` the seat is led to rest within `FADE_S`. So it is while the show is held, and it fades in as slowly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.bus.listen_reader import SourceReader
from engine.bus.registry import create_source
from engine.bus.source import Signal, Source, SourceConfig
from engine.errors import Problem, RigError
from engine.experience.live_motion import LiveMotionSpec, Washing
from engine.motion.cueing.values import GRAVITY_MPS2
from engine.motion.cueing.washout import Washout, WashoutParameters
from engine.time.clocks import Clock

FADE_S = 1.0
"""From rest to what is heard, and back."""

MOST_MPS2 = 60.0
MOST_DPS = 720.0
"""What comes in is cut off there, about any axis."""

GAP_NS = 4_000_000
"""Least time between two samples that the bus is told of; what comes between is replaced by what comes after."""

_KEPT_DIGITS = 7
_LARGEST = 1e300
Sample = tuple[float, ...]
Hear = Callable[[str, Sample], None]


def washout_of(washing: Washing, rate_hz: float) -> WashoutParameters:
    """The parameters of a source's filter at a device's rate.

    Raises
    ------
    ValueError
        Too few samples a second for its corners.
    """
    return WashoutParameters(
        rate_hz=rate_hz,
        order=washing.order,
        high_rps=washing.high_rps,
        high_zeta=washing.high_zeta,
        pole_rps=washing.pole_rps,
        low_rps=washing.low_rps,
        turn_rps=washing.turn_rps,
        tilt_dps=washing.tilt_dps,
        force_gain=washing.force_gain,
        turn_gain=washing.turn_gain,
    )


class SampleOf:
    """Gathers what a source says into samples. Pure.

    Parameters
    ----------
    spec : LiveMotionSpec
    """

    def __init__(self, spec: LiveMotionSpec) -> None:
        self._spec = spec
        self._parts: dict[str, list[float]] = {"force": [math.nan] * 3, "turn": [math.nan] * 3}
        if not spec.turn:
            self._parts["turn"] = [0.0] * 3
        self._fresh: set[str] = set()
        self.refused = 0

    def take(self, signal: Signal) -> Sample | None:
        """A new sample (specific force in m/s^2, angular rate in deg/s, of the guest's frame, float[6]); None where there is none.

        Values under different addresses are one sample until each has been said, or one of them again.
        """
        found = self._sample() if signal.address in self._fresh else None
        self._keep(signal)
        if self._fresh.issuperset((*self._spec.force, *self._spec.turn)):
            found = self._sample()
        return found

    def _keep(self, signal: Signal) -> None:
        for what, addresses in (("force", self._spec.force), ("turn", self._spec.turn)):
            if signal.address not in addresses:
                continue
            values = signal.values if len(addresses) == 1 else signal.values[:1]
            if len(values) != (3 if len(addresses) == 1 else 1) or not all(map(_is_number, values)):
                self.refused += 1
                continue
            first = addresses.index(signal.address) if len(addresses) > 1 else 0
            self._parts[what][first : first + len(values)] = [float(value) for value in values]
            self._fresh.add(signal.address)

    def _sample(self) -> Sample | None:
        self._fresh.clear()
        given = (*self._parts["force"], *self._parts["turn"])
        if any(map(math.isnan, given)):
            return None
        force = self._spec.specific_force((given[0], given[1], given[2]))
        turn = self._spec.angular_rate((given[3], given[4], given[5]))
        found = tuple(float(f"{value:.{_KEPT_DIGITS}g}") for value in (*force, *turn))
        if not all(map(math.isfinite, found)):  # a unit may take the largest numbers out of range
            self.refused += 1
            return None
        return found


def _is_number(value: object) -> bool:
    """Whether it is a finite number; an integer may be too long for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -_LARGEST <= value <= _LARGEST


class LiveMotion:
    """One source as the machine has it: what was heard last, and the pose that follows from it.

    Parameters
    ----------
    spec : LiveMotionSpec
    rate_hz : float
        Of the poses: `pose` is called so often.

    Raises
    ------
    ValueError
        The rate is too low for the filter's corners.

    Attributes
    ----------
    last : tuple of float
        The pose given last.
    stale : bool
        Whether nothing has been heard for too long.

    Notes
    -----
    Pure arithmetic on what it is told and when: replays give the same poses, to the bit.
    """

    def __init__(self, spec: LiveMotionSpec, rate_hz: float) -> None:
        self._stale_ns = spec.stale_ns
        self._filter = Washout(washout_of(spec.washing, rate_hz))
        self._step = 1.0 / (FADE_S * rate_hz)
        self._rest = np.array([0.0, 0.0, GRAVITY_MPS2, 0.0, 0.0, 0.0])
        self._sample = self._rest
        self._heard_ns: int | None = None
        self._share = 0.0
        self._for_ns: int | None = None
        self.last: tuple[float, ...] = (0.0,) * 6
        self.stale = True

    def hear(self, sample: Sequence[float], at_ns: int) -> None:
        """Take a sample, float[6] as from `SampleOf`, at a host instant."""
        values = np.asarray(sample, dtype=np.float64)
        if values.shape != (6,) or not np.isfinite(values).all():
            return
        beyond = values - self._rest
        most = np.array([MOST_MPS2] * 3 + [MOST_DPS] * 3)
        self._sample = self._rest + np.minimum(np.maximum(beyond, -most), most)
        self._heard_ns = at_ns

    def pose(self, at_ns: int, wanted: bool) -> tuple[float, ...]:
        """The pose at the next instant, in the order of `engine.units.MOTION_AXES`, m and deg; asked again for the same one, the same.

        Parameters
        ----------
        at_ns : int
            Host instant.
        wanted : bool
            Whether the show runs; else it fades to rest.
        """
        if at_ns == self._for_ns:
            return self.last
        self._for_ns = at_ns
        self.stale = self._heard_ns is None or at_ns - self._heard_ns > self._stale_ns
        goal = 1.0 if wanted and not self.stale else 0.0
        self._share += min(max(goal - self._share, -self._step), self._step)
        given = self._rest + self._share * (self._sample - self._rest)
        (found,) = self._filter.run(given[None, :3], given[None, 3:])
        self.last = tuple(found.tolist())
        return self.last


@dataclass(frozen=True, slots=True)
class LiveMoves:
    """How one device is moved by a source.

    Attributes
    ----------
    name : str
        Of the source.
    motion : LiveMotion
        Shared by the devices of its rate.
    start : int
        Where a motion role that the device plays begins in the state vector.
    """

    name: str
    motion: LiveMotion
    start: int

    def added(self, state: Sequence[float]) -> Sequence[float]:
        """A state with the newest pose added to its motion."""
        found = list(state)
        for axis, value in enumerate(self.motion.last):
            found[self.start + axis] += value
        return found


def make_sources(specs: Sequence[LiveMotionSpec]) -> list[tuple[LiveMotionSpec, Source]]:
    """The sources of a rig's live motion. Opens nothing.

    Raises
    ------
    RigError
        With every mistake of all of them.
    """
    made: list[tuple[LiveMotionSpec, Source]] = []
    problems: list[Problem] = []
    for spec in specs:
        try:
            config = SourceConfig(spec.name, spec.port, spec.settings)
            made.append((spec, create_source(spec.source, config, spec.place)))
        except RigError as error:
            problems.extend(error.problems)
    if problems:
        raise RigError(problems)
    return made


class LiveWatch:
    """Listens to sources of live motion, each in its thread.

    Parameters
    ----------
    specs : sequence of LiveMotionSpec
    clock : Clock
    hear : callable
        Given the source's name and a sample; must not block.
    tell : callable or None
        Given ``(name, "open" or "gone", text)`` when that changes.
    """

    def __init__(
        self,
        specs: Sequence[LiveMotionSpec],
        clock: Clock,
        hear: Hear,
        tell: Callable[[str, str, str], None] | None = None,
    ) -> None:
        self._readers = [
            SourceReader(source, spec.port, clock, _gathering(spec, hear), tell)
            for spec, source in make_sources(specs)
        ]

    def start(self) -> None:
        """Begin to listen."""
        for reader in self._readers:
            reader.start()

    def close(self) -> None:
        """End the threads; one that hangs in a read ends with the process."""
        for reader in self._readers:
            reader.stop()
        for reader in self._readers:
            reader.join()


def _gathering(spec: LiveMotionSpec, hear: Hear) -> Callable[[Signal], None]:
    samples = SampleOf(spec)
    last_ns = -GAP_NS

    def take(signal: Signal) -> None:
        nonlocal last_ns
        found = samples.take(signal)
        if found is not None and signal.at_ns - last_ns >= GAP_NS:
            last_ns = signal.at_ns
            hear(spec.name, found)

    return take
