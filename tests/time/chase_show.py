"""A source and a show for the chase's tests: words made from a known position, and a transport that obeys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from engine.time import FrameRate, LocalBlock, SegmentKind, TransportWriter, rate_named
from engine.time.chase import Chase
from engine.time.chase_values import Change, ChaseRules, ChaseState, Hold, Jump, Outcome, Resume, SetRate
from engine.time.codes.word import CodeWord, Wire

S_NS = 1_000_000_000
RATE_OF = {Wire.LTC: "25", Wire.MTC: "30", Wire.ARTNET: "25", Wire.CINEMA: "24"}
STEP = {Wire.LTC: 1, Wire.MTC: 2, Wire.ARTNET: 1, Wire.CINEMA: 1}


def frame_ns(rate: FrameRate) -> float:
    return rate.flicks_per_frame * 625 / 441


def words(
    rules: ChaseRules,
    count: int,
    *,
    from_ns: int = S_NS,
    index: int = 0,
    speed: float = 1.0,
    stream: str = "",
    jitter: Callable[[int], int] = lambda k: 0,
) -> list[CodeWord]:
    """`count` words of a source that runs at `speed` and has frame `index` at `from_ns`."""
    step = STEP[rules.wire]
    length_ns = frame_ns(rules.rate) / speed
    return [
        CodeWord(
            rules.wire,
            from_ns + round(k * step * length_ns) + jitter(k),
            index + k * step,
            rules.rate,
            stream=stream,
        )
        for k in range(count)
    ]


def rules_for(wire: Wire = Wire.LTC, **changes: object) -> ChaseRules:
    return replace(ChaseRules(wire, rate_named(RATE_OF[wire])), **changes)  # type: ignore[arg-type]


@dataclass
class Played:
    """A show that does what the chase says; `log` has what it said and when."""

    rules: ChaseRules
    log: list[tuple[int, Outcome]] = field(default_factory=list)
    now_ns: int = 0

    def __post_init__(self) -> None:
        self.chase = Chase(self.rules)
        self.writer = TransportWriter(LocalBlock())
        self.writer.append(from_ns=0, scene=0, at_fl=10**12)  # far from the scene's beginning: no jump is cut
        self.until(1)

    def until(self, to_ns: int) -> None:
        """Time passes; nobody says a word."""
        for _ in range(100_000):
            due_ns = self.chase.next_due_ns()
            if self.log and (due_ns is None or due_ns > to_ns):
                break
            self.now_ns = max(self.now_ns, due_ns or 0)
            self._advance()
        else:
            raise AssertionError("the chase asks to be asked for ever")
        self.now_ns = max(self.now_ns, to_ns)

    def hear(self, said: Iterable[CodeWord], began: Iterable[CodeWord] | None = None) -> Played:
        """Words, each known one word after it began; `began` are the words as they really were, where stamps are wrong."""
        said = list(said)
        for word, true in zip(said, said if began is None else began, strict=True):
            known_ns = true.at_ns + int(frame_ns(self.rules.rate) * STEP[self.rules.wire])
            heard_ns = max(self.now_ns, known_ns)
            self.until(heard_ns)
            self.chase.word(word)
            self._advance()
        return self

    def _advance(self) -> None:
        for outcome in self.chase.advance(self.now_ns, self.writer.transport):
            self.log.append((self.now_ns, outcome))
            from_ns = self.now_ns + self.rules.lead_ns
            match outcome:
                case SetRate(rate) | Resume(rate):
                    assert rate > 0
                    self.writer.set_rate(from_ns, rate)
                case Hold():
                    self.writer.set_rate(from_ns, 0)
                case Jump(by_fl, _, rate):
                    assert rate > 0
                    at_fl = self.writer.transport.at(from_ns).at_fl + by_fl
                    self.writer.append(
                        from_ns=from_ns, scene=0, at_fl=at_fl, rate=rate, kind=SegmentKind.SEEK
                    )

    # ---- what came of it -----------------------------------------------------------------------------------

    def said(self, kind: type) -> list[Outcome]:
        return [outcome for _, outcome in self.log if isinstance(outcome, kind)]

    @property
    def states(self) -> list[ChaseState]:
        found: list[ChaseState] = []
        for outcome in self.said(Change):
            assert isinstance(outcome, Change)
            if not found or found[-1] is not outcome.quality.state:
                found.append(outcome.quality.state)
        return found

    @property
    def state(self) -> ChaseState:
        return self.chase.quality.state

    @property
    def rates(self) -> list[Fraction]:
        return [o.rate for _, o in self.log if isinstance(o, SetRate | Resume | Jump)]

    def run_ns(self, host_ns: int) -> float:
        return self.writer.transport.run_fl(host_ns) * 625 / 441

    def error_ns(self, word: CodeWord) -> float:
        """Source minus show, bias taken off, at the instant of a word."""
        source_ns = (word.index - self.rules.start_index) * frame_ns(self.rules.rate) + self.rules.offset_ns
        return source_ns + self.chase.quality.bias_ns - self.run_ns(word.at_ns)
