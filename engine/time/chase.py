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

Source: behaviour of chasing machines, SMPTE RP 136; EBU Tech 3097 for labels and their errors.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.time.chase_line import TRAITS, Candidates, Line
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
from engine.time.codes.word import CodeWord, Wire
from engine.time.flicks import FL_PER_NS_DEN, FL_PER_NS_NUM
from engine.time.segments import NO_SCENE, Moment
from engine.time.timecode import frames_per_day

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
#: From a locate on after which no word says that the source runs.
STAND_NS = 150_000_000
# What was asked of the show is seen in its transport after this, whatever stood in between.
_OBEYED_NS = 200_000_000
_FORGET_RIVAL_NS = 2_000_000_000
_FORGET_WORDS_NS = 1_000_000_000
_YOUNG_NS = 3_000_000_000
_STREAMS = 8
# No crystal is further off than this; what is, is a speed.
_CRYSTAL = 1e-3
_STANDING_WORDS = 3
_SAME_WIRE = "another source on the same wire"


@dataclass(slots=True)
class _Track:
    """What is known of one stream beside the line."""

    candidates: Candidates
    at_ns: int = 0
    source_ns: float = 0.0
    same: int = 0
    back: int = 0
    located_ns: int | None = None
    seen: int = 0


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
        self._traits = TRAITS[rules.wire]
        self._frame_ns = rules.rate.flicks_per_frame * FL_PER_NS_DEN / FL_PER_NS_NUM
        # Edit units of digital-cinema sync are not labels of a day.
        self._day = 0 if rules.wire is Wire.CINEMA else frames_per_day(rules.rate)
        self._counts = (rules.rate.count, rules.rate.drop)
        self._slew = rules.slew_ppm * 1e-6
        self._line: Line | None = None
        self._stream: str | None = None
        self._crystal = 1.0
        self._tracks: dict[str, _Track] = {}
        self._state, self._why = ChaseState.UNLOCKED, "nothing heard yet"
        self._told: list[tuple[ChaseState, str]] = []
        if running:
            self._set(ChaseState.JAM, "the show runs already")
        self._heard_ns = 0
        self._locked_ns = -_YOUNG_NS
        self._stray_ns: deque[int] = deque(maxlen=5)
        self._strays = 0
        self._rival, self._rival_ns = "", 0
        self._bias_ns = bias_ns
        self._error_ns = 0
        self._holding = held
        self._asked_ns = -_OBEYED_NS
        self._rate = rate
        self._rate_ns = 0
        self._steer_ns = 0
        self._correcting = False
        self._fresh = False
        self._turns = 0
        self._catch_up = 0.0
        self._catch_ns = 0.0
        self._due_ns: int | None = None

    # ---- what it knows -----------------------------------------------------------------------------------------

    @property
    def quality(self) -> ChaseQuality:
        """How well the source is known and followed."""
        line = self._line
        return ChaseQuality(
            state=self._state,
            why=self._why,
            ppm=0.0 if line is None else round((line.speed - 1) * 1e6, 2),
            jitter_ns=0.0 if line is None else round(line.sigma_ns),
            error_ns=self._error_ns,
            bias_ns=self._bias_ns,
            stream=self._stream or "",
            rival=self._rival,
            strays=self._strays,
        )

    def next_due_ns(self) -> int | None:
        """When `advance` has something to do even if no word comes; None: not before a word comes."""
        return self._due_ns

    # ---- words -------------------------------------------------------------------------------------------------

    def word(self, word: CodeWord) -> None:
        """Take a word, in the order in which they came."""
        if word.wire is not self._rules.wire or (word.rate.count, word.rate.drop) != self._counts:
            if self._line is None:
                self._set(
                    self._state,
                    f"the source counts {word.rate.label} on {word.wire.value}, the rig says "
                    f"{self._rules.rate.label} on {self._rules.wire.value}",
                )
            return
        source_ns = self._source_ns(word.index)
        at_ns = word.at_ns
        line = self._line
        if line is not None and word.stream == self._stream and word.direction == 1:
            if line.take(at_ns, source_ns):
                self._fitted(word.stream, at_ns)
                return
            self._stray(at_ns)
        track = self._track(word.stream)
        track.seen += 1
        if self._stream is not None and word.stream != self._stream:
            if track.seen >= _STANDING_WORDS:
                self._compete(word.stream, at_ns)
            return
        if word.direction == 0:
            if track.located_ns is None:
                track.located_ns = at_ns
            # A datagram that came twice says the same; only another place begins the count anew.
            if source_ns != track.source_ns or track.same >= _STANDING_WORDS:
                track.candidates.words.clear()
            track.same = track.same + 1 if source_ns == track.source_ns else 0
        elif word.direction < 0:
            track.back += 1
            track.candidates.words.clear()
            if track.back >= self._traits.words:
                self._stand("the source runs backwards")
        else:
            self._consider(track, word.stream, at_ns, source_ns)
        track.at_ns, track.source_ns = at_ns, source_ns

    def _consider(self, track: _Track, stream: str, at_ns: int, source_ns: float) -> None:
        """A forward word that is on no line."""
        track.back = 0
        track.located_ns = None  # it runs, wherever
        track.same = track.same + 1 if source_ns == track.source_ns and at_ns > track.at_ns else 0
        if track.same >= _STANDING_WORDS:
            track.candidates.words.clear()
            self._stand("the source stands")
            return
        track.candidates.add(at_ns, source_ns)
        # A line at speed 1 that broke when it was young was not one.
        line = track.candidates.line(crystal=at_ns - self._locked_ns > _YOUNG_NS or self._line is None)
        if line is not None:
            self._lock(line, stream, at_ns)
        elif track.candidates.runs_back():
            track.candidates.words.clear()
            self._stand("the source runs backwards")
        elif self._state is ChaseState.UNLOCKED:
            self._set(ChaseState.LOCKING, "words come")

    def _fitted(self, stream: str, at_ns: int) -> None:
        self._heard_ns = at_ns
        track = self._tracks[stream]
        if track.candidates.words or track.located_ns is not None or track.back or track.same:
            track.candidates.words.clear()
            track.located_ns = None
            track.back = track.same = 0
        if self._state is ChaseState.FREEWHEEL:
            self._set(ChaseState.LOCKED, "the source is back")

    def _source_ns(self, index: int) -> float:
        frames = index - self._rules.start_index
        if self._day:
            # A source may begin a quarter of a day before the start, and go on over midnight.
            quarter = self._day // 4
            frames = (frames + quarter) % self._day - quarter
        return frames * self._frame_ns + self._rules.offset_ns

    def _track(self, stream: str) -> _Track:
        track = self._tracks.get(stream)
        if track is None:
            if len(self._tracks) >= _STREAMS:
                del self._tracks[next(name for name in self._tracks if name != self._stream)]
            track = self._tracks[stream] = _Track(Candidates(self._traits, self._frame_ns))
        return track

    def _stray(self, at_ns: int) -> None:
        self._strays += 1
        self._stray_ns.append(at_ns)
        often = len(self._stray_ns) == self._stray_ns.maxlen
        if often and at_ns - self._stray_ns[0] < _FORGET_RIVAL_NS and self._heard_ns > self._stray_ns[0]:
            self._compete(_SAME_WIRE, at_ns)

    def _compete(self, name: str, at_ns: int) -> None:
        self._rival_ns = at_ns
        if self._rival != name:
            self._rival = name
            self._set(self._state, f"{name or 'an unnamed source'} sends too and is not followed")

    def _lock(self, line: Line, stream: str, at_ns: int) -> None:
        again = self._line is not None
        self._leave_line()
        if line.speed == 1.0 and stream == self._stream:
            # The same machine's crystal: what was learnt of it before still holds.
            line.speed = self._crystal
        self._line, self._stream = line, stream
        self._heard_ns = self._locked_ns = at_ns
        self._stray_ns.clear()
        self._fresh, self._turns = True, 0
        for track in self._tracks.values():
            track.candidates.words.clear()
            track.located_ns = None
            track.back = track.same = 0
        self._set(ChaseState.LOCKED, "the source jumped or changed its speed" if again else "the source runs")

    def _stand(self, why: str) -> None:
        """The source says that it does not run. What a person has let go of is not held again by that."""
        if self._line is None:
            return
        self._leave_line()
        self._set(ChaseState.HOLD, why)

    def _leave_line(self) -> None:
        line, self._line = self._line, None
        if line is not None and line.rate_count >= line.memory // 2 and abs(line.speed - 1) < _CRYSTAL:
            self._crystal = line.speed

    def _set(self, state: ChaseState, why: str) -> None:
        if (state, why) != (self._state, self._why):
            self._state, self._why = state, why
            self._told.append((state, why))

    # ---- decisions ---------------------------------------------------------------------------------------------

    def advance(self, now_ns: int, show: ShowTime) -> Sequence[Outcome]:
        """Say what is to be done at `now_ns`, given where the show is going to be when it obeys."""
        self._due_ns = None
        self._watch(now_ns)
        moment = show.at(now_ns + self._rules.lead_ns)
        over = moment.scene == NO_SCENE and moment.segment.index >= 0
        asked = [] if over else self._decide(now_ns, moment)
        if asked:
            self._asked_ns = now_ns
        changes = []
        if self._told:
            quality = self.quality
            changes = [Change(replace(quality, state=state, why=why)) for state, why in self._told]
            self._told.clear()
        return [*changes, *asked]

    def run_fast(self, by_fl: int) -> None:
        """So much of a jump the show did not make, because one-shots lie in between: run there instead, late."""
        self._bias_ns += by_fl * FL_PER_NS_DEN // FL_PER_NS_NUM
        self._catch_up = LATE_CATCH_UP
        self._catch_ns += by_fl * FL_PER_NS_DEN / FL_PER_NS_NUM

    def _watch(self, now_ns: int) -> None:
        """What follows from silence."""
        if self._rival and now_ns - self._rival_ns > _FORGET_RIVAL_NS:
            self._rival = ""
            self._set(self._state, "no other source is heard any more")
        line = self._line
        if line is None:
            track = self._tracks.get(self._stream or "")
            if self._stream is not None and (
                track is None or now_ns - track.at_ns > self._rules.freewheel_ns
            ):
                self._stream = None  # what stands and says nothing keeps nobody else out
            if self._state is ChaseState.LOCKING:
                last_ns = max((one.at_ns for one in self._tracks.values()), default=0)
                if now_ns - last_ns > _FORGET_WORDS_NS:
                    self._set(ChaseState.UNLOCKED, "no more words")
                else:
                    self._wake(last_ns + _FORGET_WORDS_NS + 1)
            return
        located_ns = self._tracks[self._stream or ""].located_ns
        if located_ns is not None and located_ns > self._heard_ns:
            if now_ns - located_ns >= STAND_NS:
                self._stand("the source stands")
                return
            self._wake(located_ns + STAND_NS)
        period_ns = max(line.period_ns, self._frame_ns * self._traits.frames_a_word)
        missing_ns = max(120_000_000, int(3.5 * period_ns))
        silent_ns = now_ns - self._heard_ns
        if silent_ns <= missing_ns:
            self._wake(self._heard_ns + missing_ns + 1)
            return
        if silent_ns <= self._rules.freewheel_ns:
            self._set(ChaseState.FREEWHEEL, "the source is silent or garbled")
            self._wake(self._heard_ns + self._rules.freewheel_ns + 1)
            return
        self._leave_line()
        self._stream = None
        state = ChaseState.HOLD if self._rules.then == "hold" else ChaseState.JAM
        self._set(state, "the source is lost")

    def _wake(self, at_ns: int) -> None:
        if self._due_ns is None or at_ns < self._due_ns:
            self._due_ns = at_ns

    def _decide(self, now_ns: int, moment: Moment) -> list[Outcome]:
        runs = moment.rate > 0
        settled = now_ns - self._asked_ns >= _OBEYED_NS
        if self._holding and runs and settled:
            self._holding = False
            if self._line is None:
                self._set(ChaseState.JAM, "a person let the show go on")
        line = self._line
        if line is None:
            self._catch_up = 0.0
            if self._state is not ChaseState.JAM:
                return self._hold(self._why)
            if self._holding:
                self._holding = False
                return [self._resume(Fraction(1), now_ns)]
            return [] if self._rate == 1 else [self._publish(Fraction(1), now_ns)]
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
        if line.turns != self._turns:
            # So many words agree on another speed that it is one.
            self._fresh, self._turns = True, line.turns
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
