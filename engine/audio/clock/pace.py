"""A device's frames out of a mix's samples: follower and reader together, for whatever device there is at the moment.

Either way round:

* the *host* leads (the rule): the show's clock is the host's, the sound is read at a trim;
* the *device* leads (`leads`): its frames are the grid's samples, to the bit, and the show's rate follows it
  (`engine.show.sound_clock`); what is left of a difference is told to the show, not trimmed.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.clock.follower import Follower
from engine.audio.clock.publishing import ClockMeter
from engine.audio.clock.trimmed import Pull, Samples, TrimmedReader
from engine.audio.grid import Grid

_QUIET = 1e-4
"""-80 dBFS: at 2 % for a moment, what is softer than this is heard by nobody."""


class Mix(Protocol):
    """What counts the samples of a show; `engine.audio.mixer.Mixer` is one."""

    @property
    def grid(self) -> Grid | None:
        """Where its samples lie; None before the first."""
        ...

    @property
    def given(self) -> int:
        """Grid sample of the next one it gives."""
        ...


class Pace:
    """Reads a mix at the pace of a device.

    Parameters
    ----------
    channels : int
    meter : ClockMeter
        Is told of trim and error.
    leads : bool
        Whether the device leads the show.

    Notes
    -----
    One thread, the one that asks for sound.
    """

    def __init__(self, channels: int, meter: ClockMeter, *, leads: bool = False) -> None:
        self._channels = channels
        self._meter = meter
        self._leads = leads
        self._rate_hz = 0
        self._follower = Follower()
        self._reader = TrimmedReader(channels)
        self._zero = 0
        self._quiet = False

    @property
    def jumps(self) -> int:
        """How often the place in the show had to jump on this device."""
        return self._follower.jumps

    def read(self, heard_ns: int, frames: int, rate_hz: int, pull: Pull, mix: Mix) -> Samples:
        """The next frames of the device.

        Parameters
        ----------
        heard_ns : int
            When the first of them is heard.
        frames : int
        rate_hz : int
            What the device was opened at.
        pull : callable
            ``pull(host_ns, count)``: the next samples of the mix.
        mix : Mix
            Whose samples these are; of several that are pulled together, one.

        Returns
        -------
        ndarray of float32, shape (frames, channels)
        """
        if self._leads and rate_hz == SAMPLE_RATE_HZ:
            out = pull(heard_ns, frames)
            self._meter.trim_ppm = 0.0
            self._meter.error_ns = float(heard_ns - _grid(mix).ns(mix.given - frames))
            return out
        if rate_hz != self._rate_hz:
            self._begin(rate_hz, mix)
        trim = self._follower.next(heard_ns, frames, quiet=self._quiet)
        out = self._reader.read(trim, frames, pull, lambda host_ns: _grid(mix).place(host_ns) - self._zero)
        self._quiet = bool(np.abs(out).max(initial=0.0) < _QUIET)
        self._meter.trim_ppm = self._follower.trim_ppm
        self._meter.error_ns = self._follower.error_ns
        return out

    def changed(self) -> None:
        """Another device asks from here on: its clock is new, and the mix goes on at the next sample that it has not given."""
        self._rate_hz = 0

    def _begin(self, rate_hz: int, mix: Mix) -> None:
        self._rate_hz = rate_hz
        self._zero = mix.given
        at_ns = None if mix.grid is None else mix.grid.ns(mix.given)
        self._follower = Follower(rate_hz, at_ns=at_ns)
        self._reader = TrimmedReader(self._channels, SAMPLE_RATE_HZ / rate_hz)


def _grid(mix: Mix) -> Grid:
    if mix.grid is None:
        raise RuntimeError("a mix lays its grid when its first samples are pulled")
    return mix.grid
