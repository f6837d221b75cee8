"""What every timecode reader says: which frame began when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.time.rates import FrameRate
from engine.time.timecode import Timecode, timecode_from_index


class Wire(Enum):
    """The kind of wire a word came over."""

    LTC = "ltc"
    MTC = "mtc"
    ARTNET = "artnet"
    CINEMA = "cinema"


@dataclass(frozen=True, slots=True)
class CodeWord:
    """One timecode word, complete and checked by its codec.

    Parameters
    ----------
    wire : Wire
    at_ns : int
        Host instant at which the frame `index` began (forward) on the wire. The reader has taken off what the wire
        itself delays: LTC names a frame while it passes and is known at its end, MTC needs two frames for a label.
    index : int
        Frames since 00:00:00:00 at `rate`, drop-frame counted out; for digital-cinema sync the edit unit.
    rate : FrameRate
        The rate of the wire's own count (never above 30 but for digital-cinema sync).
    direction : int
        1 forward, -1 reverse, 0 a locate: the source stands there and does not say that it runs.
    speed : float
        Estimated speed of the source against nominal, above 0; 1.0 where the wire does not tell.
    stream : str
        Which of several sources on one wire: sender's address, stream id, UUID of a digital-cinema track; "" for the only one.
    user_bits : bytes
        LTC: eight nibbles, one a byte, user group 1 first; else empty.
    """

    wire: Wire
    at_ns: int
    index: int
    rate: FrameRate
    direction: int = 1
    speed: float = 1.0
    stream: str = ""
    user_bits: bytes = b""

    @property
    def label(self) -> Timecode:
        """The label that was read. Raises ValueError for an index beyond a day (digital-cinema sync only)."""
        return timecode_from_index(self.index, self.rate)
