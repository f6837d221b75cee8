"""The source of a chase: words in, and what they amount to: a line to follow, a state, a rival.

It knows nothing of the show. Who follows it reads `line`, `state` and `why`, and asks it with `watch` what follows from silence.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from engine.time.chase_line import TRAITS, Candidates, Line
from engine.time.chase_values import ChaseRules, ChaseState
from engine.time.codes.word import CodeWord, Wire
from engine.time.flicks import FL_PER_NS_DEN, FL_PER_NS_NUM
from engine.time.timecode import frames_per_day

#: From a locate on after which no word says that the source runs.
STAND_NS = 150_000_000
_MISSING_NS = 120_000_000
_MISSING_WORDS = 3.5
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


class Source:
    """One source, and whoever else speaks on its wire.

    Parameters
    ----------
    rules : ChaseRules

    Attributes
    ----------
    line : Line or None
        What time it has; None while that is not known.
    state : ChaseState
    why : str
    stream, rival : str or None, str
        The one that is followed; another that wants to be.
    strays : int
        Words that did not fit.
    locks : int
        How often a line was begun.
    told : list of (ChaseState, str)
        Changes nobody has taken yet.
    """

    def __init__(self, rules: ChaseRules) -> None:
        self._rules = rules
        self._traits = TRAITS[rules.wire]
        self._frame_ns = rules.rate.flicks_per_frame * FL_PER_NS_DEN / FL_PER_NS_NUM
        # Edit units of digital-cinema sync are not labels of a day.
        self._day = 0 if rules.wire is Wire.CINEMA else frames_per_day(rules.rate)
        self._counts = (rules.rate.count, rules.rate.drop)
        self.line: Line | None = None
        self.stream: str | None = None
        self.state, self.why = ChaseState.UNLOCKED, "nothing heard yet"
        self.told: list[tuple[ChaseState, str]] = []
        self.rival = ""
        self.strays = 0
        self.locks = 0
        self._crystal = 1.0
        self._tracks: dict[str, _Track] = {}
        self._heard_ns = 0
        self._locked_ns = -_YOUNG_NS
        self._stray_ns: deque[int] = deque(maxlen=5)
        self._rival_ns = 0
        self._due_ns: int | None = None

    @property
    def frame_ns(self) -> float:
        """Length of a frame."""
        return self._frame_ns

    def word(self, word: CodeWord) -> None:
        """Take a word, in the order in which they came."""
        if word.wire is not self._rules.wire or (word.rate.count, word.rate.drop) != self._counts:
            if self.line is None:
                self.set(
                    self.state,
                    f"the source counts {word.rate.label} on {word.wire.value}, the rig says "
                    f"{self._rules.rate.label} on {self._rules.wire.value}",
                )
            return
        source_ns = self._source_ns(word.index)
        at_ns = word.at_ns
        line = self.line
        if line is not None and word.stream == self.stream and word.direction == 1:
            if line.take(at_ns, source_ns):
                self._fitted(word.stream, at_ns)
                return
            self._stray(at_ns)
        track = self._track(word.stream)
        track.seen += 1
        if self.stream is not None and word.stream != self.stream:
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
        line = track.candidates.line(crystal=at_ns - self._locked_ns > _YOUNG_NS or self.line is None)
        if line is not None:
            self._lock(line, stream, at_ns)
        elif track.candidates.runs_back():
            track.candidates.words.clear()
            self._stand("the source runs backwards")
        elif self.state is ChaseState.UNLOCKED:
            self.set(ChaseState.LOCKING, "words come")

    def _fitted(self, stream: str, at_ns: int) -> None:
        self._heard_ns = at_ns
        track = self._tracks[stream]
        if track.candidates.words or track.located_ns is not None or track.back or track.same:
            track.candidates.words.clear()
            track.located_ns = None
            track.back = track.same = 0
        if self.state is ChaseState.FREEWHEEL:
            self.set(ChaseState.LOCKED, "the source is back")

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
                del self._tracks[next(name for name in self._tracks if name != self.stream)]
            track = self._tracks[stream] = _Track(Candidates(self._traits, self._frame_ns))
        return track

    def _stray(self, at_ns: int) -> None:
        self.strays += 1
        self._stray_ns.append(at_ns)
        often = len(self._stray_ns) == self._stray_ns.maxlen
        if often and at_ns - self._stray_ns[0] < _FORGET_RIVAL_NS and self._heard_ns > self._stray_ns[0]:
            self._compete(_SAME_WIRE, at_ns)

    def _compete(self, name: str, at_ns: int) -> None:
        self._rival_ns = at_ns
        if self.rival != name:
            self.rival = name
            self.set(self.state, f"{name or 'an unnamed source'} sends too and is not followed")

    def _lock(self, line: Line, stream: str, at_ns: int) -> None:
        again = self.line is not None
        self._leave_line()
        if line.speed == 1.0 and stream == self.stream:
            # The same machine's crystal: what was learnt of it before still holds.
            line.speed = self._crystal
        self.line, self.stream = line, stream
        self._heard_ns = self._locked_ns = at_ns
        self._stray_ns.clear()
        self.locks += 1
        for track in self._tracks.values():
            track.candidates.words.clear()
            track.located_ns = None
            track.back = track.same = 0
        self.set(ChaseState.LOCKED, "the source jumped or changed its speed" if again else "the source runs")

    def _stand(self, why: str) -> None:
        """The source says that it does not run. What a person has let go of is not held again by that."""
        if self.line is None:
            return
        self._leave_line()
        self.set(ChaseState.HOLD, why)

    def _leave_line(self) -> None:
        line, self.line = self.line, None
        if line is not None and line.rate_count >= line.memory // 2 and abs(line.speed - 1) < _CRYSTAL:
            self._crystal = line.speed

    def set(self, state: ChaseState, why: str) -> None:
        """Take a state, for this reason."""
        if (state, why) != (self.state, self.why):
            self.state, self.why = state, why
            self.told.append((state, why))

    def watch(self, now_ns: int) -> int | None:
        """See what follows from silence.

        Returns
        -------
        int or None
            When to look again, if no word comes before.
        """
        self._due_ns = None
        self._listen_on(now_ns)
        return self._due_ns

    def _listen_on(self, now_ns: int) -> None:
        if self.rival and now_ns - self._rival_ns > _FORGET_RIVAL_NS:
            self.rival = ""
            self.set(self.state, "no other source is heard any more")
        line = self.line
        if line is None:
            track = self._tracks.get(self.stream or "")
            if self.stream is not None and (track is None or now_ns - track.at_ns > self._rules.freewheel_ns):
                self.stream = None  # what stands and says nothing keeps nobody else out
            if self.state is ChaseState.LOCKING:
                last_ns = max((one.at_ns for one in self._tracks.values()), default=0)
                if now_ns - last_ns > _FORGET_WORDS_NS:
                    self.set(ChaseState.UNLOCKED, "no more words")
                else:
                    self._wake(last_ns + _FORGET_WORDS_NS + 1)
            return
        located_ns = self._tracks[self.stream or ""].located_ns
        if located_ns is not None and located_ns > self._heard_ns:
            if now_ns - located_ns >= STAND_NS:
                self._stand("the source stands")
                return
            self._wake(located_ns + STAND_NS)
        period_ns = max(line.period_ns, self._frame_ns * self._traits.frames_a_word)
        missing_ns = max(_MISSING_NS, int(_MISSING_WORDS * period_ns))
        silent_ns = now_ns - self._heard_ns
        if silent_ns <= missing_ns:
            self._wake(self._heard_ns + missing_ns + 1)
            return
        if silent_ns <= self._rules.freewheel_ns:
            self.set(ChaseState.FREEWHEEL, "the source is silent or garbled")
            self._wake(self._heard_ns + self._rules.freewheel_ns + 1)
            return
        self._leave_line()
        self.stream = None
        state = ChaseState.HOLD if self._rules.then == "hold" else ChaseState.JAM
        self.set(state, "the source is lost")

    def _wake(self, at_ns: int) -> None:
        if self._due_ns is None or at_ns < self._due_ns:
            self._due_ns = at_ns
