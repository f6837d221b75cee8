"""The chase: a show follows a timecode. A machine without a clock: fed with words and told the time.

    words --coherent?--> a line through them --compare with the show--> hold, resume, rate, jump

What it never does: believe one word. A line is begun by several that agree (`engine.time.chase_line`), and only a line
moves the show. A word beside the line is a stray; when as many strays in a row as begin a line agree with each
other, the source has jumped and the new line holds.

Rules
-----
*Time.* Source time is ``timecode - start + offset``; the show's is its run time. An operator's seek and a jump of ours do
not move run time, so each jump is also written down in the *bias*, and ``source + bias == run time`` is what the chase
keeps. How much of a jump the show could really make is the conductor's affair; for the chase it is done with, so it never
asks for the same jump twice.

*Small errors* are taken up at most at `slew_ppm` beside the source's own speed. *Errors above* `jump_over_ns` are a jump, once,
because the line behind it is coherent already. While the show stands it may *start* half a second late, or `jump_over_ns` if
that is more (a lock takes some words): then it starts where it stands and runs up to a quarter faster until it is there,
so that no cue of its beginning is lost. A show that is ahead of a starting source waits for it.

*Holds.* A source that stands (locates, repeated labels), runs backwards, or is before `start` holds the show: it never
runs backwards. A source that is lost lets it freewheel, then holds or jams it. From a jam it is taken again when coherent.

*People.* A hold by the operator is seen in the show's own rate: nothing is decided until it goes on, then the show catches up
like after any jump. When a person lets the show go on while the source holds it, that is a jam.

*Several sources.* The stream that is locked stays; any other is named as the rival. It may only be taken after the first has
been away for the whole freewheel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from engine.time.chase_line import Line
from engine.time.chase_source import Source
from engine.time.chase_values import (
    Change,
    ChaseQuality,
    ChaseRules,
    ChaseState,
    Hold,
    Jump,
    Outcome,
    Resume,
    SetRate,
    ShowTime,
)
from engine.time.codes.word import CodeWord
from engine.time.flicks import FL_PER_NS_DEN, FL_PER_NS_NUM
from engine.time.segments import NO_SCENE, Moment

_RATE_STEPS = 10_000_000  # published rates are whole tenths of a ppm
_CATCH_UP = 1.25
# A lock takes up to 170 ms, twice that when a word in it is bad: no reason to leave out cues of the beginning.
_START_NS = 500_000_000
#: Fastest a show runs to be late for its one-shots rather than without them, against the source.
LATE_CATCH_UP = 2.0
#: Least time between two changes of speed while locked; the transport keeps 64 rows.
STEER_NS = 1_000_000_000
_LOOK_NS = 500_000_000
_LONGEST_CORRECTION_NS = 8_000_000_000
# Followers that cannot run at another speed (sound) move from row to row: none lasts longer than this, or than it takes to be
# so far off.
_REFRESH_NS = 60_000_000_000
_REFRESH_OFF_NS = 10_000_000
_DEAD_NS = 300_000.0
_DEAD_PARTS = 40
_ENOUGH_PPM = 20e-6
# What was asked of the show is seen in its transport after this, whatever stood in between.
_OBEYED_NS = 200_000_000


class Chase:
    """Follows one source.

    Parameters
    ----------
    rules : ChaseRules
    bias_ns : int
        What jumps of an earlier chase of the same show have made it.
    rate : Fraction
        The show's present rate while it runs.
    held : bool
        An earlier chase holds the show.
    running : bool
        The show runs already (it was taken over): it goes on until the source is known, instead of waiting for it.
    """

    def __init__(
        self,
        rules: ChaseRules,
        *,
        bias_ns: int = 0,
        rate: Fraction = Fraction(1),
        held: bool = False,
        running: bool = False,
    ) -> None:
        self._rules = rules
        self._source = Source(rules)
        self._frame_ns = self._source.frame_ns
        self._slew = rules.slew_ppm * 1e-6
        if running:
            self._source.set(ChaseState.JAM, "the show runs already")
        self._bias_ns = bias_ns
        self._error_ns = 0
        self._holding = held
        self._asked_ns = -_OBEYED_NS
        self._rate = rate
        self._rate_ns = 0
        self._steer_ns = 0
        self._correcting = False
        self._fresh = False
        self._known = (0, 0)
        self._catch_up = 0.0
        self._catch_ns = 0.0
        self._due_ns: int | None = None

    # ---- what it knows -----------------------------------------------------------------------------------------

    @property
    def quality(self) -> ChaseQuality:
        """How well the source is known and followed."""
        line = self._source.line
        return ChaseQuality(
            state=self._source.state,
            why=self._source.why,
            ppm=0.0 if line is None else round((line.speed - 1) * 1e6, 2),
            jitter_ns=0.0 if line is None else round(line.sigma_ns),
            error_ns=self._error_ns,
            bias_ns=self._bias_ns,
            stream=self._source.stream or "",
            rival=self._source.rival,
            strays=self._source.strays,
        )

    def next_due_ns(self) -> int | None:
        """When `advance` has something to do even if no word comes; None: not before a word comes."""
        return self._due_ns

    # ---- words and decisions -----------------------------------------------------------------------------------

    def word(self, word: CodeWord) -> None:
        """Take a word, in the order in which they came."""
        self._source.word(word)

    def advance(self, now_ns: int, show: ShowTime) -> Sequence[Outcome]:
        """Say what is to be done at `now_ns`, given where the show is going to be when it obeys."""
        self._due_ns = self._source.watch(now_ns)
        moment = show.at(now_ns + self._rules.lead_ns)
        over = moment.scene == NO_SCENE and moment.segment.index >= 0
        asked = [] if over else self._decide(now_ns, moment)
        if asked:
            self._asked_ns = now_ns
        changes = []
        if self._source.told:
            quality = self.quality
            changes = [Change(replace(quality, state=state, why=why)) for state, why in self._source.told]
            self._source.told.clear()
        return [*changes, *asked]

    def run_fast(self, by_fl: int) -> None:
        """So much of a jump the show did not make, because one-shots lie in between: run there instead, late."""
        self._bias_ns += by_fl * FL_PER_NS_DEN // FL_PER_NS_NUM
        self._catch_up = LATE_CATCH_UP
        self._catch_ns += by_fl * FL_PER_NS_DEN / FL_PER_NS_NUM

    def _wake(self, at_ns: int) -> None:
        if self._due_ns is None or at_ns < self._due_ns:
            self._due_ns = at_ns

    def _decide(self, now_ns: int, moment: Moment) -> list[Outcome]:
        runs = moment.rate > 0
        settled = now_ns - self._asked_ns >= _OBEYED_NS
        if self._holding and runs and settled:
            self._holding = False
            if self._source.line is None:
                self._source.set(ChaseState.JAM, "a person let the show go on")
        line = self._source.line
        if line is None:
            self._catch_up = 0.0
            if self._source.state is not ChaseState.JAM:
                return self._hold(self._source.why)
            if self._holding:
                self._holding = False
                return [self._resume(Fraction(1), now_ns)]
            return [] if self._rate == 1 else [self._publish(Fraction(1), now_ns)]
        known = (self._source.locks, line.turns)
        if known != self._known:
            # A line is new, or so many words agree on another speed that it is one.
            self._fresh, self._known = True, known
        at_ns = now_ns + self._rules.lead_ns
        source_ns = line.at(at_ns)
        if source_ns < 0:
            self._wake(max(now_ns + 1, line.when(0.0) - self._rules.lead_ns))
            return self._hold("the source is before the show's start")
        error_ns = source_ns + self._bias_ns - moment.run_fl * FL_PER_NS_DEN / FL_PER_NS_NUM
        self._error_ns = round(error_ns)
        if self._holding:
            return self._start(now_ns, source_ns, error_ns, line)
        if not runs:
            self._wake(now_ns + _LOOK_NS)
            return []  # the operator holds the show
        if self._catch_up and error_ns <= self._catch_ns + self._rules.jump_over_ns:
            return self._run_up(now_ns, source_ns, error_ns, line)
        if abs(error_ns) > self._rules.jump_over_ns:
            return [self._jump(now_ns, source_ns, error_ns, line)]
        return self._steer(now_ns, error_ns, line)

    def _hold(self, why: str) -> list[Outcome]:
        if self._holding:
            return []
        self._holding = True
        self._catch_up = 0.0
        return [Hold(why)]

    def _start(self, now_ns: int, source_ns: float, error_ns: float, line: Line) -> list[Outcome]:
        """The show stands and the source runs."""
        if abs(error_ns) > max(self._rules.jump_over_ns, _START_NS):
            self._holding = False
            return [self._jump(now_ns, source_ns, error_ns, line)]
        if error_ns < -1000:
            self._wake(now_ns + int(-error_ns / line.speed) + 1)
            return []
        self._holding = False
        rate = line.speed
        if error_ns > _DEAD_NS:
            self._catch_up, self._catch_ns = _CATCH_UP, error_ns
            rate *= _CATCH_UP
            self._wake(now_ns + int(error_ns / (rate - line.speed)))
        return [self._resume(_exact(rate), now_ns)]

    def _run_up(self, now_ns: int, source_ns: float, error_ns: float, line: Line) -> list[Outcome]:
        """Faster than the source, until the error is gone."""
        if error_ns < -self._rules.jump_over_ns:
            self._catch_up = 0.0
            return [self._jump(now_ns, source_ns, error_ns, line)]
        if error_ns < 50_000:
            self._catch_up = 0.0
            return [self._publish(_exact(line.speed), now_ns)]
        self._catch_ns = min(self._catch_ns, error_ns)
        rate = line.speed * self._catch_up
        self._wake(now_ns + max(1, int(error_ns / (float(self._rate) - line.speed or 1.0))))
        if now_ns - self._rate_ns >= STEER_NS and abs(rate - float(self._rate)) > 0.01:
            self._wake(now_ns + int(error_ns / (rate - line.speed)))
            return [self._publish(_exact(rate), now_ns)]
        if float(self._rate) <= line.speed:
            return [self._publish(_exact(rate), now_ns)]
        return []

    def _jump(self, now_ns: int, source_ns: float, error_ns: float, line: Line) -> Jump:
        by_fl = round(error_ns * FL_PER_NS_NUM / FL_PER_NS_DEN)
        self._bias_ns -= by_fl * FL_PER_NS_DEN // FL_PER_NS_NUM
        self._catch_up = self._catch_ns = 0.0
        self._rate, self._rate_ns = _exact(line.speed), now_ns
        self._steer_ns = now_ns + _OBEYED_NS
        self._wake(self._steer_ns)
        self._correcting = self._fresh = False
        return Jump(by_fl, round(source_ns * FL_PER_NS_NUM / FL_PER_NS_DEN), self._rate)

    def _steer(self, now_ns: int, error_ns: float, line: Line) -> list[Outcome]:
        """Small errors, and the source's own speed."""
        if now_ns < self._steer_ns and not self._fresh:
            self._wake(self._steer_ns)
            return []
        words = min(line.count, line.rate_count)
        noise_ns = line.sigma_ns / words**0.5
        dead_ns = max(_DEAD_NS, self._frame_ns / _DEAD_PARTS, 3 * noise_ns)
        correction, lasts_ns = 0.0, _LOOK_NS
        if abs(error_ns) > (dead_ns / 3 if self._correcting else dead_ns):
            lasts_ns = max(STEER_NS, int(abs(error_ns) / self._slew))
            correction = error_ns / lasts_ns
            lasts_ns = min(lasts_ns, _LONGEST_CORRECTION_NS)
        enough = max(_ENOUGH_PPM, 10 * noise_ns / (words * line.period_ns))
        rate = line.speed + correction
        now_rate = float(self._rate)
        same = not correction and not self._correcting and abs(rate - now_rate) < enough
        off = abs(now_rate - 1)
        refresh_ns = max(STEER_NS, min(_REFRESH_NS, int(_REFRESH_OFF_NS / off) if off else _REFRESH_NS))
        young = now_ns - self._rate_ns < refresh_ns
        if same and not self._fresh and (young or self._rate == 1):
            self._steer_ns = now_ns + _LOOK_NS
            self._wake(self._steer_ns)
            return []
        if not self._fresh:
            # Between two locks the speed moves by the slew at most, whatever single words say.
            rate = min(max(rate, now_rate - self._slew), now_rate + self._slew)
        self._fresh = False
        self._correcting = correction != 0.0
        self._steer_ns = now_ns + max(lasts_ns, STEER_NS if correction else _LOOK_NS)
        self._wake(self._steer_ns)
        exact = _exact(rate)
        if exact == self._rate and young:
            return []
        self._steer_ns = max(self._steer_ns, now_ns + STEER_NS)
        return [self._publish(exact, now_ns)]

    def _publish(self, rate: Fraction, now_ns: int) -> SetRate:
        self._rate, self._rate_ns = rate, now_ns
        return SetRate(rate)

    def _resume(self, rate: Fraction, now_ns: int) -> Resume:
        self._rate, self._rate_ns = rate, now_ns
        self._fresh = self._correcting = False
        self._steer_ns = now_ns + _LOOK_NS
        self._wake(self._steer_ns)
        return Resume(rate)


def _exact(rate: float) -> Fraction:
    return Fraction(round(rate * _RATE_STEPS), _RATE_STEPS)
