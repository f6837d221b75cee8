"""What a hand feels, from a curve over host time to pulses a little ahead of it. Pure: no clock, no runtime.

A curve says amplitude (0..1) and frequency at any host instant. `HapticFeed.step`, called once a frame, looks along the curve from
now on and orders what the actuator is to play next, in the form it takes:

simple
    One vibration replaces the one before. It is ordered when the curve moves away from what plays, or before that runs out; it
    lasts a little longer than until the next look, so that the motor does not stutter, and ends where the curve does.
envelope
    Amplitudes at every `grid_ns` of the next `block_ns`, and `overlap_ns` more: the block after replaces it while it still plays.
pcm
    Samples, appended without a gap so that `ahead_ns` of them wait in the runtime. Phase runs on from block to block; where the
    curve changes under what has been sent, samples are made anew from now on, with the phase that plays now.

Whatever was sent is compared with the curve only when the caller says that the curve may have changed (`revision`): a hold, a
seek, a reaction, a mute. Silence from now on is ordered at once, not at the end of a block.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from engine.xr.runtime import HapticForm, HapticPulse

Curve: TypeAlias = Callable[[int], tuple[float, float]]
"""Host nanoseconds to (amplitude 0..1, frequency in hertz; 0: the actuator's own)."""

_MS = 1_000_000
_COARSE = 0.08  # a motor's strength is told apart no finer, and each new order makes it start again
_HEARD = 0.01  # less is nothing: below a hundredth no hand controller moves


@dataclass(frozen=True, slots=True)
class HapticStop:
    """What plays on this hand is to end now."""

    hand: int


HapticOrder: TypeAlias = HapticPulse | HapticStop


@dataclass(frozen=True, slots=True)
class HapticSetup:
    """How a hand is fed.

    Attributes
    ----------
    hand : int
    form : {"pcm", "envelope", "simple"}
        `InputPort.haptic_form`.
    pcm_rate_hz : float
        `InputPort.pcm_rate_hz`; above 0 for "pcm".
    gain : float
        0..1, of the guest's profile.
    latency_ns : int
        From the order to the hand; the curve is read this much ahead.
    grid_ns : int
        Between two readings of the curve; 5 ms, since a hand tells no less apart in strength.
    pulse_ns, simple_gap_ns : int
        Of the simple form: length of a vibration, and the least time between two.
    block_ns, overlap_ns : int
        Of the envelope form.
    ahead_ns, chunk_ns : int
        Of samples: how far ahead, and how many at least at a time.
    low_hz, high_hz : float
        What an actuator of a hand plays.
    usual_hz : float
        Of samples whose curve says no frequency: most actuators resonate there.
    """

    hand: int
    form: HapticForm = "simple"
    pcm_rate_hz: float = 0.0
    gain: float = 1.0
    latency_ns: int = 0
    grid_ns: int = 5 * _MS
    pulse_ns: int = 80 * _MS
    simple_gap_ns: int = 20 * _MS
    block_ns: int = 200 * _MS
    overlap_ns: int = 60 * _MS
    ahead_ns: int = 80 * _MS
    chunk_ns: int = 20 * _MS
    low_hz: float = 20.0
    high_hz: float = 500.0
    usual_hz: float = 160.0

    def __post_init__(self) -> None:
        if self.form == "pcm" and not self.pcm_rate_hz >= 2.0 * self.grid_hz:
            raise ValueError(
                f"samples at {self.pcm_rate_hz:g} Hz are fewer than two a reading of the curve; "
                f"ask the port for pcm_rate_hz (at least {2.0 * self.grid_hz:g} Hz), or use another form"
            )
        if not 0.0 <= self.gain <= 1.0:
            raise ValueError(f"gain {self.gain:g} is outside 0..1")
        if min(self.grid_ns, self.pulse_ns, self.block_ns, self.ahead_ns, self.chunk_ns) <= 0:
            raise ValueError("lengths of blocks must be above 0 ns")
        if not 0.0 < self.low_hz <= self.usual_hz <= self.high_hz:
            raise ValueError(
                f"an actuator from {self.low_hz:g} to {self.high_hz:g} Hz does not usually play {self.usual_hz:g} Hz; "
                "low_hz, usual_hz and high_hz must rise"
            )
        if self.overlap_ns < 0 or self.latency_ns < 0 or self.chunk_ns > self.ahead_ns:
            raise ValueError(
                "overlap and latency must not be negative, and a chunk not longer than what is ahead"
            )

    @property
    def grid_hz(self) -> float:
        """Readings a second."""
        return 1e9 / self.grid_ns


@dataclass(frozen=True, slots=True)
class _Point:
    """The curve at an instant, as it was sent; `turns` is the phase there, in turns."""

    at_ns: int
    amplitude: float
    hz: float
    turns: float = 0.0


class HapticFeed:
    """Feeds one hand.

    Parameters
    ----------
    setup : HapticSetup
    curve : callable
        Host nanoseconds to (amplitude, frequency). Asked for instants up to a block ahead.

    Notes
    -----
    Deterministic: the same calls give the same orders. One thread.
    """

    def __init__(self, setup: HapticSetup, curve: Curve) -> None:
        self.setup = setup
        self._curve = curve
        self._revision: object = None
        self._sent: list[_Point] = []
        self._until_ns = 0
        self._ordered_ns = 0
        self._look_ns = 0
        self._readings: dict[int, tuple[float, float]] = {}

    def step(
        self, now_ns: int, period_ns: int, revision: object = None, *, active: bool = True
    ) -> tuple[HapticOrder, ...]:
        """What to order now.

        Parameters
        ----------
        now_ns : int
            Host time of the call.
        period_ns : int
            Until about when it is called again: a frame.
        revision : object
            Equal to the one before: the curve is what it was. For the transport's generation and sequence, for example.
        active : bool, default True
            False (not focused, nobody wears it, nobody conducts): silence, and nothing is remembered.

        Returns
        -------
        tuple of HapticPulse or HapticStop
            At most one, in fact; to be given to the port in order.
        """
        if not active:
            return self.stop(now_ns)
        if revision != self._revision:
            self._revision, self._look_ns = revision, 0
            self._readings.clear()
            if self._is_stale(now_ns):
                if all(point.amplitude == 0.0 for point in self._points(now_ns, self._until_ns)):
                    return self.stop(now_ns)
                return self._order(now_ns, period_ns, anew=True)
        self._forget_readings(now_ns)
        orders = self._order(now_ns, period_ns, anew=False)
        self._read_ahead(now_ns, period_ns)
        return orders

    def stop(self, now_ns: int) -> tuple[HapticOrder, ...]:
        """Silence from now on; an order only if something plays."""
        playing = self._until_ns > now_ns
        self._sent, self._until_ns, self._look_ns = [], 0, 0
        self._readings.clear()
        return (HapticStop(self.setup.hand),) if playing else ()

    # ---- the curve

    def _reading(self, at_ns: int) -> tuple[float, float]:
        """The curve when what is ordered for a grid instant is felt, within what an actuator plays; read once a revision."""
        known = self._readings.get(at_ns)
        if known is None:
            amplitude, hz = self._curve(at_ns + self.setup.latency_ns)
            amplitude = min(max(amplitude, 0.0), 1.0) * self.setup.gain if math.isfinite(amplitude) else 0.0
            hz = (
                min(max(hz, self.setup.low_hz), self.setup.high_hz) if math.isfinite(hz) and hz > 0.0 else 0.0
            )
            known = self._readings[at_ns] = (amplitude if amplitude >= _HEARD else 0.0, hz)
        return known

    def _read(self, at_ns: int) -> tuple[float, float]:
        """The curve between two readings, as a straight line; a frequency that one of them leaves out is the other's."""
        grid_ns = self.setup.grid_ns
        before_ns = at_ns // grid_ns * grid_ns
        amplitude, hz = self._reading(before_ns)
        if at_ns == before_ns:
            return (amplitude, hz)
        part = (at_ns - before_ns) / grid_ns
        amplitude_after, hz_after = self._reading(before_ns + grid_ns)
        hz, hz_after = hz or hz_after, hz_after or hz
        return (amplitude + (amplitude_after - amplitude) * part, hz + (hz_after - hz) * part)

    def _points(self, from_ns: int, to_ns: int) -> list[_Point]:
        """The curve at `from_ns` and every grid step after, up to and with the first that is not before `to_ns`."""
        step_ns = self.setup.grid_ns
        count = -(-(to_ns - from_ns) // step_ns) + 1
        return [_Point(at, *self._read(at)) for at in range(from_ns, from_ns + count * step_ns, step_ns)]

    def _read_ahead(self, now_ns: int, period_ns: int) -> None:
        """Read a few instants of the next block now, so that no frame has to read a whole one (some 50, at 30 us each)."""
        setup = self.setup
        if setup.form == "simple":
            return
        until_ns = now_ns + setup.ahead_ns + 2 * period_ns
        if setup.form == "envelope":
            until_ns = self._look_ns + period_ns + setup.block_ns + setup.overlap_ns
        at_ns = now_ns // setup.grid_ns * setup.grid_ns
        left = 2 + 2 * period_ns // setup.grid_ns
        while at_ns <= until_ns and left:
            if at_ns not in self._readings:
                self._reading(at_ns)
                left -= 1
            at_ns += setup.grid_ns

    def _forget_readings(self, before_ns: int) -> None:
        if self._readings and next(iter(self._readings)) < before_ns - 50 * self.setup.grid_ns:
            self._readings = {
                at: known for at, known in self._readings.items() if at >= before_ns - self.setup.grid_ns
            }

    def _is_stale(self, now_ns: int) -> bool:
        """Whether what was sent and has yet to play is not what the curve says any more."""
        return any(
            _differs(point, *self._read(point.at_ns))
            for point in self._sent
            if now_ns <= point.at_ns < self._until_ns
        )

    # ---- forms

    def _order(self, now_ns: int, period_ns: int, *, anew: bool) -> tuple[HapticOrder, ...]:
        if self.setup.form == "pcm":
            return self._order_samples(now_ns, period_ns, anew)
        if self.setup.form == "envelope":
            return self._order_envelope(now_ns, anew)
        return self._order_simple(now_ns, period_ns)

    def _order_simple(self, now_ns: int, period_ns: int) -> tuple[HapticOrder, ...]:
        setup = self.setup
        rests_ns = self._until_ns - now_ns if self._sent else 0
        soon = self._points(now_ns, now_ns + max(0, period_ns - setup.grid_ns))
        strongest = max(soon, key=_strength)
        if strongest.amplitude == 0.0:
            return self.stop(now_ns) if rests_ns > period_ns else ()
        if rests_ns > 0:
            moved = _differs(self._sent[0], strongest.amplitude, strongest.hz, by=_COARSE)
            waited = now_ns - self._ordered_ns >= setup.simple_gap_ns
            runs_out = rests_ns <= 2 * period_ns
            goes_on = runs_out and self._until_ns <= self._last_ns(now_ns, now_ns + 2 * period_ns)
            if not (moved and waited) and not goes_on:
                return ()
        # To the end of the stroke, where that comes before the pulse's own; a tap below 10 ms moves no motor.
        length_ns = max(setup.pulse_ns, 3 * period_ns)
        end_ns = min(now_ns + length_ns, self._last_ns(now_ns, now_ns + length_ns) + setup.grid_ns)
        end_ns = max(end_ns, now_ns + 2 * setup.grid_ns)
        self._keep([_Point(now_ns, strongest.amplitude, strongest.hz)], now_ns, end_ns)
        return (HapticPulse(setup.hand, end_ns - now_ns, strongest.amplitude, strongest.hz),)

    def _last_ns(self, from_ns: int, to_ns: int) -> int:
        """When the curve is above rest last, within a span; its beginning if never."""
        lasting = [point.at_ns for point in self._points(from_ns, to_ns) if point.amplitude > 0.0]
        return lasting[-1] if lasting else from_ns

    def _order_envelope(self, now_ns: int, anew: bool) -> tuple[HapticOrder, ...]:
        setup = self.setup
        if now_ns < self._look_ns and not anew:
            return ()
        self._look_ns = now_ns + setup.block_ns
        points = self._points(now_ns, now_ns + setup.block_ns + setup.overlap_ns - setup.grid_ns)
        while points and points[-1].amplitude == 0.0:
            points.pop()
        first_ns = next((point.at_ns for point in points if point.amplitude > 0.0), None)
        if first_ns is None or first_ns >= now_ns + setup.block_ns:
            return ()  # the next look comes in time, and knows more
        strongest = max(points, key=_strength)
        end_ns = points[-1].at_ns + setup.grid_ns
        self._keep(points, now_ns, end_ns)
        return (
            HapticPulse(
                setup.hand,
                end_ns - now_ns,
                strongest.amplitude,
                strongest.hz,
                envelope=tuple(point.amplitude for point in points),
            ),
        )

    def _order_samples(self, now_ns: int, period_ns: int, anew: bool) -> tuple[HapticOrder, ...]:
        setup = self.setup
        goes_on = bool(self._sent) and self._until_ns > now_ns and not anew
        if now_ns < self._look_ns and not goes_on and not anew:
            return ()
        if goes_on and self._until_ns - now_ns >= setup.ahead_ns + period_ns - setup.chunk_ns:
            return ()
        start = self._sent[-1] if goes_on else self._where(now_ns)
        from_ns = start.at_ns if goes_on else now_ns
        to_ns = max(now_ns + setup.ahead_ns + period_ns, from_ns + setup.chunk_ns)
        points = self._points(from_ns, to_ns)
        if all(point.amplitude == 0.0 for point in points) and start.amplitude == 0.0:
            if not goes_on:
                self._sent, self._look_ns = [], now_ns + setup.ahead_ns // 2
            return ()
        points[0] = _Point(from_ns, start.amplitude, start.hz, start.turns)
        samples, points = _samples(points, setup)
        kept = [point for point in self._sent if point.at_ns < from_ns] if goes_on else []
        self._sent = [point for point in kept if point.at_ns >= now_ns - 2 * setup.grid_ns] + points
        self._until_ns = points[-1].at_ns
        self._ordered_ns = now_ns
        strongest = max(points, key=_strength)
        return (
            HapticPulse(
                setup.hand,
                points[-1].at_ns - from_ns,
                strongest.amplitude,
                strongest.hz,
                pcm=samples,
                append=goes_on,
            ),
        )

    def _where(self, now_ns: int) -> _Point:
        """Amplitude and phase of what plays now, or rest with phase 0: what is made anew goes on from there."""
        place = bisect_right([point.at_ns for point in self._sent], now_ns)
        if place == 0 or now_ns >= self._until_ns:
            hz = self._read(now_ns)[1] or self.setup.usual_hz
            return _Point(now_ns, 0.0, hz)
        before = self._sent[place - 1]
        after = self._sent[place] if place < len(self._sent) else before
        part = (now_ns - before.at_ns) / (after.at_ns - before.at_ns) if after.at_ns > before.at_ns else 0.0
        seconds = (now_ns - before.at_ns) * 1e-9
        hz = before.hz + (after.hz - before.hz) * part
        return _Point(
            now_ns,
            before.amplitude + (after.amplitude - before.amplitude) * part,
            hz,
            (before.turns + seconds * (before.hz + hz) / 2.0) % 1.0,
        )

    def _keep(self, points: list[_Point], now_ns: int, until_ns: int) -> None:
        self._sent, self._until_ns, self._ordered_ns = points, until_ns, now_ns


def _strength(point: _Point) -> float:
    return point.amplitude


def _differs(sent: _Point, amplitude: float, hz: float, *, by: float = 0.03) -> bool:
    """Whether a hand could tell: in strength, or a sixth in pitch (the difference limen of vibration is 15 to 30 %)."""
    if abs(sent.amplitude - amplitude) > by or (amplitude == 0.0) != (sent.amplitude == 0.0):
        return True
    if sent.hz <= 0.0 or hz <= 0.0:
        return False
    return abs(math.log(hz / sent.hz)) > 0.15


def _samples(points: list[_Point], setup: HapticSetup) -> tuple[tuple[float, ...], list[_Point]]:
    """A sine along readings: amplitude and frequency glide from one to the next, phase runs on.

    The points come back where whole samples end, each with the phase there, so that blocks join without a gap or a step.
    """
    rate_hz = setup.pcm_rate_hz
    origin_ns, turns = points[0].at_ns, points[0].turns
    made: list[float] = []
    kept = [points[0]]
    # Where readings leave a frequency out, the one before is kept; a rest has none.
    hz_before = points[0].hz or setup.usual_hz
    for before, after in pairwise(points):
        hz_after = after.hz or hz_before
        wanted = round((after.at_ns - origin_ns) * 1e-9 * rate_hz)
        count = wanted - len(made)
        for number in range(count):
            part = number / count
            amplitude = before.amplitude + (after.amplitude - before.amplitude) * part
            made.append(amplitude * math.sin(2.0 * math.pi * turns))
            turns += (hz_before + (hz_after - hz_before) * part) / rate_hz
        if before.amplitude == 0.0 == after.amplitude:
            turns = 0.0  # a stroke begins at a crossing, the same one every time
        turns %= 1.0
        hz_before = hz_after
        kept.append(_Point(origin_ns + round(len(made) / rate_hz * 1e9), after.amplitude, hz_after, turns))
    return tuple(made), kept
