"""Drift: the sound follows the show's clock by being read a few millionths faster or slower.

A device's converter and the host's clock differ by some tens of ppm, 50 ppm are 180 ms in an hour. The converter cannot be steered, so
the show's position in the sound is: one ratio for everything that is read, too small to be heard as pitch (300 ppm are 0.52 cent) and
changing too slowly to be heard as a bend (50 ppm a second).

    error = when the next frame is heard - what the show has for it
    ratio = 1 + learnt drift + what takes the error up

*Small errors* are taken up within some seconds, as far as trim and slew allow, and braked in time: speed is at most what the slew can
still take back over the way that is left (``sqrt(2 a e)``), so it never swings over. *What is always there* is drift: the I of a PI
controller, but learnt from the device's time itself (an observer of second order, critically damped) and not from the error, since an
error that takes minutes to take up would be learnt as drift and thrown back. *Beyond 80 ms*, 267 s at full trim, the position jumps,
once several blocks agree. *After a gap* of the device, which everybody has heard, 20 ms are enough to jump: a trim would
carry the error along for minutes. *In silence* a pitch is not heard, and errors are taken up at 2 %: by trim and not by a jump, so that no
attack after the silence is left out.
"""

from __future__ import annotations

import math

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.clock.values import Trim

MOST_PPM = 300.0
SLEW_PPM_S = 50.0
JUMP_NS = 80_000_000
GAP_JUMP_NS = 20_000_000
QUIET_PPM = 20_000.0
_QUIET_SLEW_PPM_S = 100_000.0
_CALM_S = 0.1
"""How long nothing must have been heard before silence is believed."""
_SETTLE_S = 4.0
"""Time constant with which a small error goes; long against jitter of the device's clock, short against its drift."""
_AGREE_S = 0.05
"""For how long an error must stay beyond `JUMP_NS`: one wrong word of a device moves nothing."""
_LEARN_S = 6.0
"""Time constant with which drift is learnt."""
_GAP_S = 0.005
"""A step of the device's time that is no drift: it stood still, or its time was put right."""
_GAP_LASTS_S = 0.5
_PPM = 1e-6


class Follower:
    """Says where to read, block after block.

    Parameters
    ----------
    rate_hz : int, default 48000
        What the device was opened at.
    at_ns : int, optional
        Where the show's sound has got to (another device played until now); default: where the first block is heard.
    most_ppm, slew_ppm_s : float
        Bounds of the trim and of its change per second.
    jump_ns : int
        Beyond this the position jumps.

    Attributes
    ----------
    jumps : int
        How often it did.
    error_ns : float
        When the next frame is heard minus what the show has for it, when last asked.

    Notes
    -----
    Knows no clock: what it is told is all it goes by. One thread.
    """

    def __init__(
        self,
        rate_hz: int = SAMPLE_RATE_HZ,
        *,
        at_ns: int | None = None,
        most_ppm: float = MOST_PPM,
        slew_ppm_s: float = SLEW_PPM_S,
        jump_ns: int = JUMP_NS,
    ) -> None:
        self._frame_ns = 1e9 / rate_hz
        self._nominal = SAMPLE_RATE_HZ / rate_hz
        self._most = most_ppm * _PPM
        self._slew = slew_ppm_s * _PPM
        self._jump_ns = jump_ns
        self._base_ns = at_ns
        self._at_ns = 0.0  # of the next frame, after `_base_ns`: floats of nanoseconds since boot lose digits
        self._drift = 0.0
        self._seen_ns = 0.0  # what the observer of drift expects of the device, against its frame count
        self._counted_ns = 0.0
        self._observed = False
        self._after_gap_s = 0.0
        self._speed = 0.0
        self._calm_s = 0.0
        self._beyond_s = 0.0
        self.jumps = 0
        self.error_ns = 0.0

    @property
    def trim_ppm(self) -> float:
        """How much faster than the device everything is read at the moment."""
        return self._speed / _PPM

    @property
    def drift_ppm(self) -> float:
        """What it has learnt of the difference between the two clocks."""
        return self._drift / _PPM

    def next(self, heard_ns: int | None, frames: int, *, quiet: bool = False) -> Trim:
        """Where to read the next frames.

        Parameters
        ----------
        heard_ns : int or None
            Host instant at which the first of them reaches the converter, as smooth as it is known (`DeviceClock`); None while that is
            not known: go on as before.
        frames : int
            1 or more.
        quiet : bool
            Nothing audible was in the block before.

        Returns
        -------
        Trim
        """
        if frames < 1:
            raise ValueError(f"a block has 1 frame or more, got {frames}")
        span_s = frames * self._frame_ns * 1e-9
        jump = False
        if self._base_ns is None:
            if heard_ns is None:
                raise ValueError("where the sound begins is not known: the first block needs its instant")
            self._base_ns = heard_ns
        if heard_ns is not None:
            error_ns = (heard_ns - self._base_ns) - self._at_ns
            self._learn(heard_ns - self._base_ns - self._counted_ns, span_s)
            bound_ns = min(self._jump_ns, GAP_JUMP_NS) if self._after_gap_s > 0 else self._jump_ns
            self._after_gap_s -= span_s
            self._beyond_s = self._beyond_s + span_s if abs(error_ns) > bound_ns else 0.0
            if self._beyond_s >= _AGREE_S:
                self._at_ns += error_ns
                self.jumps += 1
                self._beyond_s = 0.0
                jump, error_ns = True, 0.0
            self.error_ns = error_ns
            self._calm_s = self._calm_s + span_s if quiet else 0.0
            self._steer(error_ns * 1e-9, span_s, quiet=self._calm_s >= _CALM_S)
        self._counted_ns += frames * self._frame_ns
        whole_ns = math.floor(self._at_ns)
        trim = Trim(
            host_ns=self._base_ns + whole_ns,
            ratio=self._nominal * (1.0 + self._speed),
            part_ns=self._at_ns - whole_ns,
            span_ns=frames * self._frame_ns * (1.0 + self._speed),
            jump=jump,
        )
        self._at_ns += trim.span_ns
        return trim

    def _steer(self, error_s: float, span_s: float, *, quiet: bool) -> None:
        most = QUIET_PPM * _PPM if quiet else self._most
        slew = _QUIET_SLEW_PPM_S * _PPM if quiet else self._slew
        step = slew * span_s
        # Sound came back: not by the slew, which would take minutes from 2 %; what was silent has no pitch to bend yet.
        self._speed = min(max(self._speed, -most), most)
        settle_s = 0.5 if quiet else _SETTLE_S
        size = abs(error_s)
        correction = math.copysign(min(size / settle_s, math.sqrt(1.6 * slew * size)), error_s)
        wanted = min(max(self._drift + correction, -most), most)
        self._speed += min(max(wanted - self._speed, -step), step)

    def _learn(self, off_ns: float, span_s: float) -> None:
        """Drift, from how far the device's time is beside its frame count by now."""
        if not self._observed:
            self._observed, self._seen_ns = True, off_ns
            return
        self._seen_ns += self._drift * span_s * 1e9
        miss_ns = off_ns - self._seen_ns
        if abs(miss_ns) > _GAP_S * 1e9:
            self._seen_ns = off_ns
            self._after_gap_s = _GAP_LASTS_S
            return
        self._seen_ns += miss_ns * 2 * span_s / _LEARN_S
        self._drift += miss_ns * 1e-9 * span_s / (_LEARN_S * _LEARN_S)
        self._drift = min(max(self._drift, -self._most), self._most)
