"""Four hours of chase against a source whose clock is 100 ppm off, for each wire; and how long a lock takes.

Run ``python -m engine.bench.chase``. Everything is on the manual clock: words are made from a known line plus jitter, and the
show's error is what its transport says against that very line. Prints one JSON line for each wire; nothing here depends on the
machine but the seconds it took.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any, TextIO

from engine.time.chase import Chase
from engine.time.chase_values import (
    Change,
    ChaseRules,
    ChaseState,
    Hold,
    Jump,
    Outcome,
    Resume,
    SetRate,
)
from engine.time.clocks import Clock, MonotonicClock
from engine.time.codes.word import CodeWord, Wire
from engine.time.flicks import FL_PER_NS_DEN, FL_PER_NS_NUM
from engine.time.publisher import TransportWriter
from engine.time.rates import rate_named
from engine.time.segments import SegmentKind
from engine.time.shared import LocalBlock

HOURS = 4.0
PPM = 100.0
_S_NS = 1_000_000_000
_LOOK_EVERY_NS = _S_NS
_SETTLE_NS = 10 * _S_NS
_LOSSES = 50


@dataclass(frozen=True, slots=True)
class WireUnderTest:
    """One wire as a machine sends it.

    Parameters
    ----------
    wire : Wire
    rate : str
    jitter_ns : int
        Of the words' stamps, uniform to both sides.
    frames : int
        Frames from word to word.
    known_after : float
        Frames after which a word is known.
    """

    wire: Wire
    rate: str
    jitter_ns: int
    frames: int
    known_after: float


WIRES: Sequence[WireUnderTest] = (
    WireUnderTest(Wire.LTC, "25", 300_000, 1, 1.0),
    WireUnderTest(Wire.MTC, "29.97df", 1_500_000, 2, 1.75),
    WireUnderTest(Wire.ARTNET, "30", 5_000_000, 1, 0.0),
    WireUnderTest(Wire.CINEMA, "24", 100_000, 1, 0.25),
)


class Show:
    """A show of one endless scene that does what a chase says, a lead after it was said."""

    def __init__(self, rules: ChaseRules) -> None:
        self.chase = Chase(rules)
        self._lead_ns = rules.lead_ns
        self._writer = TransportWriter(LocalBlock())
        self._writer.append(from_ns=0, scene=0)
        self.rows = self.jumps = 0
        self.locked_ns: list[int] = []

    def advance(self, now_ns: int) -> None:
        """Ask the chase, and obey."""
        for outcome in self.chase.advance(now_ns, self._writer.transport):
            self._obey(outcome, now_ns)

    def until(self, now_ns: int) -> None:
        """Everything that is due before `now_ns`, each thing at its instant."""
        due_ns = self.chase.next_due_ns()
        while due_ns is not None and due_ns < now_ns:
            self.advance(due_ns)
            due_ns = self.chase.next_due_ns()

    def run_ns(self, host_ns: int) -> float:
        """Run time."""
        return self._writer.transport.run_fl(host_ns) * FL_PER_NS_DEN / FL_PER_NS_NUM

    def _obey(self, outcome: Outcome, now_ns: int) -> None:
        from_ns = now_ns + self._lead_ns
        match outcome:
            case SetRate(rate) | Resume(rate):
                self._writer.set_rate(from_ns, rate)
                self.rows += 1
            case Hold():
                self._writer.set_rate(from_ns, 0)
            case Jump(by_fl, _, rate):
                at_fl = self._writer.transport.at(from_ns).at_fl + by_fl
                self._writer.append(from_ns=from_ns, scene=0, at_fl=at_fl, rate=rate, kind=SegmentKind.SEEK)
                self.jumps += 1
            case Change(quality):
                if quality.state is ChaseState.LOCKED:
                    self.locked_ns.append(now_ns)


def measure(hours: float = HOURS, ppm: float = PPM, clock: Clock | None = None) -> Iterator[dict[str, Any]]:
    """One row for each wire.

    Parameters
    ----------
    hours
        Of chase.
    ppm
        How much faster the source's clock runs than the host's.
    clock
        For the seconds it took; default the monotonic clock.
    """
    watch = MonotonicClock() if clock is None else clock
    for under in WIRES:
        begin_ns = watch.now_ns()
        row = _hours(under, round(hours * 3600) * _S_NS, ppm)
        locks_ms = sorted(_locks(under))
        row |= {
            "relock_p50_ms": round(locks_ms[len(locks_ms) // 2], 1),
            "relock_max_ms": round(locks_ms[-1], 1),
            "losses": len(locks_ms),
            "took_s": round((watch.now_ns() - begin_ns) / 1e9, 2),
        }
        yield row


def _hours(under: WireUnderTest, until_ns: int, ppm: float) -> dict[str, Any]:
    rate = rate_named(under.rate)
    frame_ns = rate.flicks_per_frame * FL_PER_NS_DEN / FL_PER_NS_NUM
    step_ns = frame_ns / (1 + ppm * 1e-6)
    known_ns = int(under.known_after * frame_ns)
    draw = random.Random(under.rate)
    show = Show(ChaseRules(under.wire, rate))
    show.advance(0)
    chase, uniform, jitter_ns = show.chase, draw.uniform, under.jitter_ns
    wire, frames = under.wire, under.frames
    errors: list[float] = []
    look_ns = _SETTLE_NS
    index, at_ns = 0, _S_NS
    while at_ns < until_ns:
        stamp_ns = at_ns + int(uniform(-jitter_ns, jitter_ns))
        heard_ns = max(stamp_ns, at_ns) + known_ns
        due_ns = chase.next_due_ns()
        if due_ns is not None and due_ns < heard_ns:
            show.until(heard_ns)
        chase.word(CodeWord(wire, stamp_ns, index, rate))
        if index < 400:
            show.advance(heard_ns)
        if at_ns >= look_ns:
            errors.append((show.run_ns(at_ns) - index * frame_ns) / frame_ns)
            look_ns += _LOOK_EVERY_NS
        index += frames
        at_ns = _S_NS + int(index * step_ns)
    sizes = sorted(abs(error) for error in errors)
    return {
        "bench": "chase",
        "wire": wire.value,
        "rate": under.rate,
        "hours": round(until_ns / 3600 / _S_NS, 3),
        "source_ppm": ppm,
        "jitter_ms": jitter_ns / 1e6,
        "words": index // frames,
        "max_error_frames": round(sizes[-1], 4),
        "p99_error_frames": round(quantiles(sizes, n=100)[98], 4),
        "limit_frames": 0.25,
        "jumps": show.jumps,
        "rows": show.rows,
        "found_ppm": chase.quality.ppm,
    }


def _locks(under: WireUnderTest) -> Iterator[float]:
    """Milliseconds from the first frame after a loss to the lock, at every phase of the loss."""
    rate = rate_named(under.rate)
    frame_ns = rate.flicks_per_frame * FL_PER_NS_DEN / FL_PER_NS_NUM
    draw = random.Random(f"{under.rate} lost")
    show = Show(ChaseRules(under.wire, rate, freewheel_ns=500_000_000))
    show.advance(0)
    begin_ns = _S_NS
    for loss in range(_LOSSES + 1):
        show.locked_ns.clear()
        for number in range(50):
            index = round((begin_ns - _S_NS) / frame_ns) + number * under.frames
            at_ns = begin_ns + int(number * under.frames * frame_ns)
            stamp_ns = at_ns + int(draw.uniform(-under.jitter_ns, under.jitter_ns))
            heard_ns = max(stamp_ns, at_ns) + int(under.known_after * frame_ns)
            show.until(heard_ns)
            # A reader of Art-Net cannot tell from one packet that the source runs.
            direction = 0 if number == 0 and under.wire is Wire.ARTNET else 1
            show.chase.word(CodeWord(under.wire, stamp_ns, index, rate, direction))
            show.advance(heard_ns)
        if loss:
            yield (show.locked_ns[0] - begin_ns) / 1e6
        begin_ns += 5 * _S_NS + draw.randrange(_S_NS)
        show.until(begin_ns)


def main(words: Sequence[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Print the rows as JSON lines."""
    parser = argparse.ArgumentParser(description="four hours of chase, for each wire")
    parser.add_argument("--hours", type=float, default=HOURS)
    parser.add_argument("--ppm", type=float, default=PPM)
    args = parser.parse_args(words)
    for row in measure(args.hours, args.ppm):
        out.write(json.dumps(row) + "\n")
        out.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
