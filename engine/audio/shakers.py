"""Audio-band shakers: exciters that take sound, as channels of the mixer beside the two ears.

A shaker on an amplifier is told samples, not amplitude and frequency as a board that makes its own sine. Two things reach it: the
haptic role it renders, as a sine whose amplitude and frequency follow the role, and the sounds on the bus `shakers`, which are
kept from the ears.

Amplitude and frequency are looked up every `STEP` samples (2 ms, a tenth of what a hand tells apart) and glide in between; the
phase runs on, so nothing clicks. Whatever is wanted, amplitude changes by no more than `SLEW_PER_S` and frequency stays in the
band of the exciter. A stop, a mute, or a conductor that is silent leads to silence within one slew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.grid import Grid
from engine.audio.mixer import RESYNC_NS
from engine.experience.rig import ShakerSpec
from engine.time.segments import Transport
from engine.timeline.roles import RoleKind, RoleTable
from engine.units import MODALITIES, db_to_gain

Samples = NDArray[np.float32]

STEP = 96
SLEW_PER_S = 50.0
"""From nothing to full in 20 ms: short enough for a drum, soft enough for the coil's stop."""

DEFAULT_HZ = 40.0
"""Of a role that has a level but no frequency."""


class ShowState(Protocol):
    """The evaluator of `engine.timeline`, as far as shakers need it."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float] | NDArray[np.float64]:
        """State vector of the package at `host_ns` for one seat (-1: the room)."""
        ...


@dataclass(slots=True)
class _Exciter:
    """One channel: what it renders, and where its sine stands."""

    spec: ShakerSpec
    role_index: int
    start: int
    has_frequency: bool
    modality: int
    gain: float
    amplitude: float = 0.0
    hz: float = DEFAULT_HZ
    phase: float = 0.0


class Shakers:
    """Renders the shaker channels of a rig.

    Parameters
    ----------
    specs : sequence of ShakerSpec
        One a channel. Those whose role the package does not have render the bus alone.
    show : ShowState
    roles : RoleTable

    Notes
    -----
    One thread. A run that is rendered twice from its beginning gives the same samples; the phase is carried on, so a block
    does depend on those before it.
    """

    def __init__(self, specs: Sequence[ShakerSpec], show: ShowState, roles: RoleTable) -> None:
        self._show = show
        self._grid: Grid | None = None
        self._made = 0
        self._given = 0
        self._rest: Samples = np.zeros((len(specs), 0), np.float32)
        self._ramp = (np.arange(1, STEP + 1) / STEP).astype(np.float64)
        self._exciters = [_exciter(spec, roles) for spec in specs]

    @property
    def count(self) -> int:
        """How many channels there are."""
        return len(self._exciters)

    def render(self, transport: Transport, host_ns: int, frames: int, *, alive: bool = True) -> Samples:
        """The next `frames` samples.

        Parameters
        ----------
        transport : Transport
        host_ns : int
            When the first of these samples reaches the exciter.
        frames : int
        alive : bool, default True
            False leads to silence: nobody conducts.

        Returns
        -------
        ndarray of float32, shape (frames, count)
        """
        if self._grid is None:
            self._grid = Grid(host_ns)
        elif abs(host_ns - self._grid.ns(self._given)) > RESYNC_NS:
            # Amplitude and phase glide on from where they are, so the clock may simply be moved.
            self._grid = Grid(self._grid.epoch_ns + host_ns - self._grid.ns(self._given))
        parts = [self._rest]
        ready = self._rest.shape[1]
        while ready < frames:
            parts.append(self._step(transport, self._grid, alive))
            self._made += STEP
            ready += STEP
        joined = np.concatenate(parts, axis=1)
        self._rest = joined[:, frames:]
        self._given += frames
        return np.ascontiguousarray(joined[:, :frames].T)

    def _step(self, transport: Transport, grid: Grid, alive: bool) -> Samples:
        out = np.zeros((len(self._exciters), STEP), np.float32)
        end_ns = grid.ns(self._made + STEP)
        states: dict[tuple[int, int], Sequence[float] | NDArray[np.float64]] = {}
        for row, exciter in enumerate(self._exciters):
            spec = exciter.spec
            controls = transport.controls_of(spec.seat, end_ns)
            wanted, hz = 0.0, exciter.hz
            silent = not alive or controls.stopped or exciter.role_index < 0
            if not silent and not controls.muted_roles_mask >> exciter.role_index & 1:
                key = (spec.seat, end_ns + spec.latency_ns)
                if key not in states:
                    states[key] = self._show.levels(transport, key[1], spec.seat)
                wanted = float(states[key][exciter.start])
                if exciter.has_frequency:
                    hz = float(states[key][exciter.start + 1])
                if exciter.modality >= 0:
                    wanted *= controls.intensities[exciter.modality]
            # What is not a number moves nothing.
            wanted = min(max(wanted, 0.0), 1.0) if math.isfinite(wanted) else 0.0
            hz = min(max(hz, spec.low_hz), spec.high_hz) if math.isfinite(hz) else exciter.hz
            out[row] = self._sine(exciter, wanted, hz)
        return out

    def _sine(self, exciter: _Exciter, wanted: float, hz: float) -> NDArray[np.float64]:
        most = SLEW_PER_S * STEP / SAMPLE_RATE_HZ
        before, before_hz = exciter.amplitude, exciter.hz
        after = min(max(wanted, before - most), before + most)
        exciter.amplitude, exciter.hz = after, hz
        if before == 0.0 and after == 0.0:
            exciter.phase = 0.0  # a stroke begins at a crossing, the same one every time
            return np.zeros(STEP)
        if before == 0.0:
            before_hz = hz
        turns = exciter.phase + np.cumsum((before_hz + (hz - before_hz) * self._ramp) / SAMPLE_RATE_HZ)
        exciter.phase = float(turns[-1] % 1.0)
        level = exciter.gain * (before + (after - before) * self._ramp)
        return np.asarray(level * np.sin(2.0 * math.pi * turns))


def _exciter(spec: ShakerSpec, roles: RoleTable) -> _Exciter:
    gain = db_to_gain(spec.gain_db)
    role = roles.get(spec.role)
    if role is None or role.kind not in (RoleKind.HAPTIC, RoleKind.LEVEL):
        return _Exciter(spec, -1, 0, False, -1, gain)
    modality = MODALITIES.index(role.modality) if role.modality else -1
    index = roles.index(spec.role)
    return _Exciter(spec, index, roles.starts[index], role.kind is RoleKind.HAPTIC, modality, gain)
