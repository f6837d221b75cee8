"""When a frame of a device is heard, on the host's clock: its frame count, and what it says of its time, as far as that can be believed.

The frame count is what is certain. What a device says of its converter's time is worth more than the instants of its calls where it is
true (PipeWire: 6 us of noise against 112-148), and it often is not: epoch time on one host interface, zero-based on another, the call's
own instant, zero, standing still, no latency in it (measured; portaudio issues 498, 530, 531, 586). So it is held against the frame
count and the calls all the time, and believed only while it agrees:

* both of its instants are finite, go forward, and lie 0 to 0.5 s apart;
* it goes as fast as the calls do, within 400 ppm over four seconds;
* it is steadier than the calls, and a word that lies beside its line is one of few.

Too many words that are not so, and the earliest calls take its place (`ClockState.CALLS`); believing it again takes longer each time.
Its domain does not matter: where it is the host's own it is taken as it stands, else moved there by the smallest difference between
the two within the last second.

A device that asks for more than a second of sound ahead of the host's clock is none (a file, ALSA's null: 260 times real time):
`runs_away`.
"""

from __future__ import annotations

import math
from collections import deque

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.clock.lines import Envelope, Loop
from engine.audio.clock.values import ClockQuality, ClockState

_LONGEST_AHEAD_S = 0.5
_BELIEVED_AFTER = 24
_DOUBTED = 64
_MOST_DOUBTS = 8
_DOUBTED_FIRST_CALLS = 192
_DOUBTED_MOST_CALLS = 1 << 16
_SAME_CLOCK_NS = 500_000.0
_STEADY_NS = 50_000.0
_DISAGREE = 400e-6
_RATES_AFTER_S = 4.0
_STEP_CALLS = 12
"""That many calls in a row beside the line on one side: the device stood still or left something out."""
_RUNS_AWAY_S = 1.0
_LEARN = 0.02


class DeviceClock:
    """Follows one device from the moment at which it is opened.

    Parameters
    ----------
    rate_hz : int
        What it was opened at.
    block : int
        Frames it asks for at a time, about.
    latency_ns : int
        From a call to the converter, as the device announced it; used where a call does not tell.

    Notes
    -----
    Called in the device's own thread; a call costs some ten microseconds. Host times are differences from the first call, so that
    floats keep their digits.
    """

    def __init__(self, rate_hz: int = SAMPLE_RATE_HZ, block: int = 256, latency_ns: int = 0) -> None:
        frame_ns = 1e9 / rate_hz
        self._frame_ns = frame_ns
        self._block_ns = block * frame_ns
        self._latency_ns = float(latency_ns)
        self._told = Loop(frame_ns)
        self._calls = Envelope(frame_ns)
        self._base_ns: int | None = None
        self._frame = 0
        self._shifts: deque[float] = deque(maxlen=192)
        self._before = (-math.inf, -math.inf)
        self._told_since: int | None = None
        self._good = 0
        self._needed = _BELIEVED_AFTER
        self._doubts: deque[bool] = deque(maxlen=_DOUBTED)
        self._believed = False
        self._why = "the device has just been opened"
        self._fresh = True
        self._late_ns = 0.0
        self._calls_beside = self._words_beside = 0
        self._gaps = 0
        self._last_ns = 0
        self.runs_away = False

    @property
    def quality(self) -> ClockQuality:
        """How well its clock is known."""
        if self._base_ns is None:
            return ClockQuality()
        line: Loop | Envelope = self._told if self._believed else self._calls
        early = self._frame * self._frame_ns < 1e9
        if self._believed:
            state = ClockState.DEVICE
        else:
            state = ClockState.STARTING if early else ClockState.CALLS
        ppm = 0.0 if early else (self._frame_ns / line.frame_ns - 1) * 1e6
        return ClockQuality(state, self._why, round(ppm, 3), round(line.jitter_ns), self._gaps)

    @property
    def rate_hz(self) -> float:
        """Its frames in a second of the host, as measured."""
        return 1e9 / (self._told if self._believed else self._calls).frame_ns

    @property
    def frames(self) -> int:
        """How many it has asked for."""
        return self._frame

    def heard_ns(self, host_ns: int, now_s: float, dac_s: float, frames: int) -> int:
        """Host instant at which the first of the frames asked for reaches the converter.

        Parameters
        ----------
        host_ns : int
            When the call came.
        now_s, dac_s : float
            What the device says of the call's instant and of the converter's, in seconds of any epoch (PortAudio's `currentTime` and
            `outputBufferDacTime`).
        frames : int
            Asked for in this call.

        Returns
        -------
        int
            Never earlier than the one before it.
        """
        if self._base_ns is None:
            self._base_ns = host_ns
            self._calls.begin(0, 0.0)
        call_ns = float(host_ns - self._base_ns)
        frame = self._frame
        self._frame += frames
        self._take_call(frame, call_ns)
        self._judge(frame, call_ns, now_s, dac_s)
        if self._believed:
            at_ns = self._told.at(frame)
            # Should its word fail, the calls go on from here.
            self._latency_ns += (at_ns - self._calls.at(frame) - self._latency_ns) * _LEARN
        else:
            at_ns = self._calls.at(frame) + self._latency_ns
        heard_ns = max(self._base_ns + round(at_ns), self._last_ns)
        self._last_ns = heard_ns
        return heard_ns

    def _take_call(self, frame: int, call_ns: float) -> None:
        calls = self._calls
        self.runs_away = frame * self._frame_ns - call_ns > _RUNS_AWAY_S * 1e9
        self._late_ns = late_ns = call_ns - calls.at(frame)
        bound_ns = 2 * self._block_ns + 5 * min(calls.jitter_ns, self._block_ns)
        # A late call is followed by early ones that catch up; a device that stood still never does.
        self._calls_beside = self._calls_beside + 1 if late_ns > bound_ns else 0
        if self._calls_beside >= _STEP_CALLS:
            self._calls_beside = 0
            calls.begin(frame, call_ns)
            if not self._believed:
                self._gap()
        elif not self._calls_beside:
            calls.take(frame, call_ns)

    def _gap(self) -> None:
        self._gaps += 1
        if self._believed:
            self._why = "the device left a gap"

    def _judge(self, frame: int, call_ns: float, now_s: float, dac_s: float) -> None:
        doubt = self._doubt(now_s, dac_s)
        if not doubt:
            doubt = self._take_word(frame, dac_s * 1e9 + self._shift_ns(call_ns - now_s * 1e9))
            if not doubt:
                self._before = (now_s, dac_s)  # only what is believed is held against the next
                doubt = self._doubt_of_line(frame)
        self._count(doubt)

    def _shift_ns(self, shift_ns: float) -> float:
        """What to add to the device's own time for host time since the first call."""
        self._shifts.append(shift_ns)
        least_ns = min(self._shifts)
        own_ns = -float(self._base_ns or 0)
        return own_ns if abs(least_ns - own_ns) < _SAME_CLOCK_NS else least_ns

    def _take_word(self, frame: int, at_ns: float) -> str:
        """A word that makes sense by itself; what is wrong with it beside those before."""
        told = self._told
        if self._told_since is None:
            told.begin(frame, at_ns)
            self._told_since = frame
            return ""
        off_ns = at_ns - told.at(frame)
        bound_ns = self._block_ns / 2 + 3 * min(told.jitter_ns, self._block_ns)
        if abs(off_ns) <= bound_ns:
            self._words_beside = 0
            told.take(frame, at_ns)
            if self._fresh:
                self._latency_ns = at_ns - self._calls.at(frame)
            return ""
        self._words_beside += 1
        # Where the calls are late by as much, it is the device that stood still and not its word that is wrong.
        gap = abs(off_ns - self._late_ns) < bound_ns or self._calls_beside > 0
        if self._words_beside >= _STEP_CALLS:
            self._words_beside = 0
            told.begin(frame, at_ns)
            self._told_since = frame
            if self._believed:
                self._gap()
        return "" if gap else f"its time jumps by {off_ns / 1e6:+.1f} ms"

    def _doubt(self, now_s: float, dac_s: float) -> str:
        """What is wrong with what it says in this call; "" for nothing."""
        if not (math.isfinite(now_s) and math.isfinite(dac_s)):
            return "it tells no time"
        if dac_s == 0.0 or now_s == 0.0:
            return "it tells no time"
        if now_s < self._before[0] or dac_s <= self._before[1]:
            return "its time stands still or goes back"
        if not 0.0 < dac_s - now_s < _LONGEST_AHEAD_S:
            return f"it says a sample needs {(dac_s - now_s) * 1000:.1f} ms to its converter"
        return ""

    def _doubt_of_line(self, frame: int) -> str:
        jitter_ns, calls_ns = self._told.jitter_ns, self._calls.jitter_ns
        if jitter_ns > max(_STEADY_NS, calls_ns * (0.7 if self._believed else 0.5)):
            return f"its time jitters by {jitter_ns / 1e6:.2f} ms, no less than its calls"
        if frame * self._frame_ns > _RATES_AFTER_S * 1e9 and self._told_since is not None:
            since_s = (frame - self._told_since) * self._frame_ns * 1e-9
            off = self._calls.frame_ns / self._told.frame_ns - 1
            if since_s > _RATES_AFTER_S and abs(off) > _DISAGREE:
                return f"its time goes {off * 1e6:+.0f} ppm beside its frame count"
        return ""

    def _count(self, doubt: str) -> None:
        self._doubts.append(bool(doubt))
        if len(self._doubts) == _DOUBTED and all(self._doubts):
            # Perhaps it was the first word that was wrong, or its epoch is another one now.
            self._before, self._told_since = (-math.inf, -math.inf), None
        self._good = 0 if doubt else self._good + 1
        if self._believed:
            if doubt and sum(self._doubts) > _MOST_DOUBTS:
                self._believed = False
                self._needed = min(max(_DOUBTED_FIRST_CALLS, 4 * self._needed), _DOUBTED_MOST_CALLS)
                self._why = f"the device's word is not believed: {doubt}; the calls are counted instead"
        elif self._good >= self._needed:
            self._believed = True
            self._fresh = False
            self._doubts.clear()
            self._why = "the device's time agrees with its frame count"
        elif doubt and self._fresh and len(self._doubts) == _DOUBTED:
            self._fresh = False
            self._why = f"the device's word is not believed: {doubt}; the calls are counted instead"
