"""Two lines through (frame count, instant): a loop where instants are good, a lower envelope where they can only be late.

*Loop*: the delay-locked loop of second order of F. Adriaensen, "Using a DLL to filter time" (Linux Audio Conference 2005). It averages,
so what is only ever late comes out late by its mean.

*Envelope*: a call can come late and never early, so of each quarter of a second the earliest is believed, and a line is laid through
the earliest of the last ten seconds by least squares.

Measured on simulated calls of 256 frames from a device 50 ppm fast, once settled (bias and sd of the instant, sd of the rate): device
times with 6 us of noise through the loop 0.0 and 0.2 us, 0.03 ppm; calls late by 90 us on average through the loop 89 and 2.6 us, 0.5
ppm, through the envelope 1.8 and 0.4 us, 0.1 ppm; late by 575 us with 1 % of 5 ms outliers through the loop 638 and 36 us, 7 ppm,
through the envelope 13 and 2.4 us, 0.5 ppm.
"""

from __future__ import annotations

import math
from collections import deque

_FIRST_HZ, _LAST_HZ = 1.0, 0.05
_FAIR_NS = 100_000.0
_WINDOW_S = 0.25
_WINDOWS = 40
_CRYSTAL = 300e-6
"""Before anything is known of a device's speed it is within this of what it was opened at; crystals are, and so is the fit pulled."""
_BEYOND = 0.001
"""No device is further off: what seems so is a gap."""
_DOUBT_NS = 30_000.0
_EARLY_NS = 500_000.0
_KNOWN_S = 4.0


class Loop:
    """A delay-locked loop whose bandwidth narrows from 1 Hz to 0.05 Hz as it settles.

    Parameters
    ----------
    frame_ns : float
        Length of a frame at the rate the device was opened at.

    Attributes
    ----------
    jitter_ns : float
        Standard deviation of the measured instants around it.
    """

    def __init__(self, frame_ns: float) -> None:
        self._nominal = frame_ns
        self._slope = frame_ns
        self._since_s = 0.0
        self.begin(0, 0.0)

    def begin(self, frame: int, at_ns: float) -> None:
        """Lay it anew through one point, at the speed known so far."""
        self._frame, self._at_ns = frame, at_ns
        # What is known of the speed is not thrown away: only the place is new.
        self._since_s = min(self._since_s, _KNOWN_S)
        self.jitter_ns = 0.0

    @property
    def frame_ns(self) -> float:
        """Length of a frame as measured."""
        return self._slope

    def at(self, frame: int) -> float:
        """Instant of a frame."""
        return self._at_ns + (frame - self._frame) * self._slope

    def take(self, frame: int, at_ns: float) -> None:
        """One more measured instant, of a later frame."""
        count = frame - self._frame
        if count <= 0:
            return
        span_s = count * self._slope * 1e-9
        self._since_s += span_s
        bandwidth_hz = min(max(0.7 / self._since_s, _LAST_HZ), _FIRST_HZ)
        omega = min(2 * math.pi * bandwidth_hz * span_s, 0.5)
        predicted_ns = self._at_ns + count * self._slope
        miss_ns = at_ns - predicted_ns
        # One wild word among good ones pulls no more than a fair one, and makes no more of the jitter.
        bound_ns = max(4 * self.jitter_ns, _FAIR_NS)
        miss_ns = min(max(miss_ns, -bound_ns), bound_ns)
        share = min(1.0, 2 * span_s)
        self.jitter_ns = math.sqrt(self.jitter_ns**2 * (1 - share) + miss_ns**2 * share)
        self._frame = frame
        self._at_ns = predicted_ns + math.sqrt(2.0) * omega * miss_ns
        slope = self._slope + omega * omega * miss_ns / count
        low, high = self._nominal * (1 - _BEYOND), self._nominal * (1 + _BEYOND)
        self._slope = min(max(slope, low), high)


class Envelope:
    """The line under instants that can only be late.

    Parameters
    ----------
    frame_ns : float
        As for `Loop`.

    Attributes
    ----------
    jitter_ns : float
        Root mean square of the lateness, over some hundred calls.
    """

    def __init__(self, frame_ns: float) -> None:
        self._nominal = frame_ns
        self._slope = self._prior = frame_ns
        self._points: deque[tuple[int, float]] = deque(maxlen=_WINDOWS)
        self.begin(0, 0.0)

    def begin(self, frame: int, at_ns: float) -> None:
        """Lay it anew through one point, at the speed known so far."""
        if len(self._points) > _WINDOWS // 4:
            self._prior = self._slope
        self._frame, self._at_ns, self._slope = frame, at_ns, self._prior
        self._points.clear()
        self._window = (frame, 0.0, at_ns)  # first frame, least lateness against the line, its instant
        self._best_frame = frame
        self.jitter_ns = 0.0

    @property
    def frame_ns(self) -> float:
        """Length of a frame as measured."""
        return self._slope

    def at(self, frame: int) -> float:
        """Instant of a frame, were its call not late."""
        return self._at_ns + (frame - self._frame) * self._slope

    def take(self, frame: int, at_ns: float) -> None:
        """One more call, of a later frame."""
        late_ns = at_ns - self.at(frame)
        if late_ns < -_EARLY_NS:
            # No call is early: what the line was made of was late, all of it (a device that stood still and catches up).
            self.begin(frame, at_ns)
            return
        self.jitter_ns = math.sqrt(self.jitter_ns**2 * 0.99 + late_ns**2 * 0.01)
        begun, least_ns, _ = self._window
        if frame == begun or late_ns < least_ns:
            self._window = (begun, late_ns, at_ns)
            self._best_frame = frame
            if late_ns < 0 and len(self._points) < 2:
                # Nothing to average yet: the earliest so far is the line.
                self._frame, self._at_ns = frame, at_ns
                self._window = (begun, 0.0, at_ns)
        if (frame - begun) * self._nominal >= _WINDOW_S * 1e9:
            self._points.append((self._best_frame, self._window[2]))
            self._fit()
            self._window = (frame, math.inf, at_ns)

    def _fit(self) -> None:
        points = self._points
        ref_frame, ref_ns = points[-1]
        offs = [
            (frame - ref_frame, at_ns - ref_ns - (frame - ref_frame) * self._prior) for frame, at_ns in points
        ]
        n = len(offs)
        mean_x = sum(x for x, _ in offs) / n
        mean_y = sum(y for _, y in offs) / n
        spread = sum((x - mean_x) ** 2 for x, _ in offs)
        tilt = sum((x - mean_x) * (y - mean_y) for x, y in offs)
        # A crystal is believed as much as some lateness of the earliest over the time seen so far allows.
        doubt = (max(_DOUBT_NS, self.jitter_ns / 8) / (_CRYSTAL * self._nominal)) ** 2
        tilt /= spread + doubt
        low, high = self._nominal * (1 - _BEYOND), self._nominal * (1 + _BEYOND)
        self._slope = min(max(self._prior + tilt, low), high)
        self._frame = ref_frame
        self._at_ns = ref_ns + mean_y - (self._slope - self._prior) * mean_x
