"""All that one sound device plays: headphones of some seats, loudspeakers, shakers, each on its channels.

A mixer renders for everybody who hears the same: a seat hears its own guest's reactions, the room hears everybody's. All of them
read the same transport and count the same samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.grid import Grid
from engine.audio.mixer import HeadAt, Mixer
from engine.audio.overload import Overload
from engine.audio.shakers import Shakers
from engine.experience.rig import ShakerSpec
from engine.time.segments import Transport
from engine.units import db_to_gain

Samples = NDArray[np.float32]

_SHAKER_CEILING = 0.891  # -1 dBFS: the amplifier behind is set for full scale, and two sources may add up


@dataclass(frozen=True, slots=True)
class Listeners:
    """A mixer and where its channels go.

    Attributes
    ----------
    mixer : Mixer
    seat : int or None
        Whose head turns in it; None: nobody's.
    columns : tuple of int
        Channel of the device, from 0, of each of the mixer's.
    """

    mixer: Mixer
    seat: int | None
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Exciters:
    """The shakers of a device.

    Attributes
    ----------
    low : Mixer
        The shakers' bus, one channel.
    shakers : Shakers
        Their roles.
    specs : tuple of ShakerSpec
    """

    low: Mixer
    shakers: Shakers
    specs: tuple[ShakerSpec, ...]


class DeviceMix:
    """What a device plays.

    Parameters
    ----------
    listeners : sequence of Listeners
        At least one, where there are no exciters.
    exciters : Exciters, optional
    """

    def __init__(self, listeners: Sequence[Listeners], exciters: Exciters | None = None) -> None:
        self._listeners = tuple(listeners)
        self._exciters = exciters
        columns = [column for one in self._listeners for column in one.columns]
        if exciters is not None:
            columns += [spec.channel - 1 for spec in exciters.specs]
            self._gains = np.array([db_to_gain(spec.gain_db) for spec in exciters.specs], np.float32)
        self.channels = max(columns) + 1

    @property
    def late_clips(self) -> int:
        """Sounds that came late from disk."""
        return sum(mixer.late_clips for mixer in self.mixers)

    @property
    def resyncs(self) -> int:
        """Clock corrections."""
        return max(mixer.resyncs for mixer in self.mixers)

    @property
    def late_seams(self) -> int:
        """Sounds that met before it was known how alike they are."""
        return sum(mixer.likenesses.late for mixer in self.mixers)

    @property
    def unsound(self) -> int:
        """How often something was no number, or infinite, and was silenced."""
        return sum(mixer.unsound for mixer in self.mixers)

    @property
    def deepest_limit_db(self) -> float:
        """The most a limiter has taken away so far."""
        return max(mixer.deepest_limit_db for mixer in self.mixers)

    @property
    def mixers(self) -> tuple[Mixer, ...]:
        """All of them, the shakers' last."""
        low = () if self._exciters is None else (self._exciters.low,)
        return (*(one.mixer for one in self._listeners), *low)

    @property
    def grid(self) -> Grid | None:
        """Where its samples lie; None before the first."""
        return self.mixers[0].grid

    @property
    def given(self) -> int:
        """Grid sample of the next one it gives."""
        return self.mixers[0].given

    @property
    def overloads(self) -> tuple[Overload, ...]:
        """What demotes objects when the machine cannot keep up."""
        return tuple(mixer.overload for mixer in self.mixers if mixer.overload is not None)

    def wanted(self, transport: Transport, host_ns: int) -> list[str]:
        """Files to have decoded."""
        return self.mixers[0].wanted(transport, host_ns)

    def render(
        self,
        transport: Transport,
        host_ns: int,
        frames: int,
        heads: Mapping[int, HeadAt] | None = None,
        *,
        alive: bool = True,
    ) -> Samples:
        """The next `frames` samples.

        Parameters
        ----------
        transport : Transport
        host_ns : int
            When the first is heard.
        frames : int
        heads : mapping of int to callable, optional
            Heads by seat; who is missing rests.
        alive : bool
            False leads the shakers to silence: nobody conducts.

        Returns
        -------
        ndarray of float32, shape (frames, channels)
        """
        out = np.zeros((frames, self.channels), np.float32)
        for one in self._listeners:
            head = None if heads is None or one.seat is None else heads.get(one.seat)
            out[:, one.columns] += one.mixer.render(transport, host_ns, frames, head)
        if self._exciters is not None:
            self._shake(self._exciters, transport, host_ns, out, alive)
        return out

    def _shake(
        self, exciters: Exciters, transport: Transport, host_ns: int, out: Samples, alive: bool
    ) -> None:
        low = exciters.low.render(transport, host_ns, out.shape[0])[:, 0]
        shaken = exciters.shakers.render(transport, host_ns, out.shape[0], alive=alive)
        if alive and not transport.controls_at(host_ns).stopped:
            shaken = shaken + low[:, None] * self._gains
        for spec, row in zip(exciters.specs, shaken.T, strict=True):
            out[:, spec.channel - 1] = np.clip(row, -_SHAKER_CEILING, _SHAKER_CEILING)
