"""What an audio process says of its device's clock, for the show, a desk or a bench in other processes: a sequence-locked block.

Layout, native byte order::

    word 0   magic and layout version
    word 1   sequence of the reading on show; slot = sequence % 2
    slot 0   sequence, CRC-32 of (sequence, payload), payload
    slot 1   the same

As in `engine.time.shared`: the writer fills the slot that is not on show and then moves word 1; a reader believes a slot only when its
sequence and checksum agree, so neither a writer caught in the middle nor one that was killed there hands out a mixture. Nobody waits.

The parent of a run makes the block, so that it outlives an audio process that is started again; its name follows from the transport's
(`clock_name`).
"""

from __future__ import annotations

import mmap
import struct
import zlib
from dataclasses import dataclass, field
from multiprocessing.shared_memory import SharedMemory
from types import TracebackType

from engine.audio.clock.meter import STEPS, Load
from engine.audio.clock.values import ClockQuality, ClockState
from engine.errors import InputError
from engine.time.memory import create_shared, open_shared, view_of

_MAGIC = int.from_bytes(b"SNDACK\x00\x01", "little")
_PAYLOAD = struct.Struct(f"=qqqdddddiiqqqq96s{STEPS}q")
_HEAD = struct.Struct("=QQ")
_SEQUENCE = struct.Struct("=Q")
_FIRST_SLOT = 64
_SLOT_SIZE = (_HEAD.size + _PAYLOAD.size + 63) // 64 * 64
BLOCK_SIZE = _FIRST_SLOT + 2 * _SLOT_SIZE
_WHY_BYTES = 96
_READ_ATTEMPTS = 4
_STATES = tuple(ClockState)


def clock_name(transport_name: str, number: int = 0) -> str:
    """Name of the clock's block of one of a run's audio processes, counted from 0, beside the transport's."""
    return f"{transport_name}-dac{number}"


@dataclass(frozen=True, slots=True)
class ClockReading:
    """One look at a device's clock.

    Attributes
    ----------
    told_ns : int
        Host instant of this reading; 0: nothing has been told yet.
    frame : int
        A frame of the device, counted from when it was opened.
    heard_ns : int
        Host instant at which that frame reaches the converter.
    rate_hz : float
        Frames in a host second, as measured.
    quality : ClockQuality
    trim_ppm : float
        How much faster than the device the show is read.
    error_ns : float
        When the next frame is heard minus what the show has for it.
    opened : int
        How many devices have been opened in a row: a changed number is another clock.
    load : Load
    """

    told_ns: int = 0
    frame: int = 0
    heard_ns: int = 0
    rate_hz: float = 0.0
    quality: ClockQuality = field(default_factory=ClockQuality)
    trim_ppm: float = 0.0
    error_ns: float = 0.0
    opened: int = 0
    load: Load = field(default_factory=Load)


def encode_reading(reading: ClockReading) -> bytes:
    """Bytes of a reading (native byte order: both ends are on one machine)."""
    quality, load = reading.quality, reading.load
    # Cut within the room there is, and never in the middle of a character.
    why = quality.why.encode()[:_WHY_BYTES].decode(errors="ignore").encode()
    return _PAYLOAD.pack(
        reading.told_ns,
        reading.frame,
        reading.heard_ns,
        reading.rate_hz,
        quality.ppm,
        quality.jitter_ns,
        reading.trim_ppm,
        reading.error_ns,
        _STATES.index(quality.state),
        reading.opened,
        quality.gaps,
        load.blocks,
        load.over << 32 | load.underruns,
        load.worst_ns,
        why,
        *load.counts,
    )


def decode_reading(data: bytes) -> ClockReading:
    """Inverse of `encode_reading`.

    Raises
    ------
    ValueError
        When the length or a field is out of its range.
    """
    try:
        told_ns, frame, heard_ns, rate_hz, ppm, jitter_ns, trim_ppm, error_ns, state, opened, gaps, *rest = (
            _PAYLOAD.unpack(data)
        )
    except struct.error as error:
        raise ValueError(f"not a reading of a clock: {error}") from error
    if not 0 <= state < len(_STATES):
        raise ValueError(f"a clock has no state number {state}")
    blocks, late, worst_ns, why, *counts = rest
    return ClockReading(
        told_ns,
        frame,
        heard_ns,
        rate_hz,
        ClockQuality(_STATES[state], why.rstrip(b"\0").decode(errors="replace"), ppm, jitter_ns, gaps),
        trim_ppm,
        error_ns,
        opened,
        Load(blocks, late >> 32, late & 0xFFFFFFFF, worst_ns, counts),
    )


class ClockBlock:
    """A device's clock in shared memory: one writer, any number of readers. Made by `create` (which removes it in `close`) or `attach`.

    Attributes
    ----------
    rejected_reads : int
        Reads that gave up after a few copies and handed out the last good value.
    """

    def __init__(self, memory: SharedMemory | mmap.mmap, name: str, *, owner: bool) -> None:
        self._memory = memory
        self._owner = owner
        self._open = True
        self.name = name
        self.rejected_reads = 0
        self._view: memoryview = view_of(memory)
        self._words = self._view[:_FIRST_SLOT].cast("Q")
        self._cached = ClockReading()

    @classmethod
    def create(cls, name: str | None = None) -> ClockBlock:
        """Make a new block.

        Raises
        ------
        InputError
            When a block of that name exists.
        OutputError
            When the system has no shared memory left.
        """
        memory = create_shared(BLOCK_SIZE, name)
        block = cls(memory, memory.name, owner=True)
        block._words[0] = _MAGIC
        return block

    @classmethod
    def attach(cls, name: str) -> ClockBlock:
        """Open the block that another process made.

        Raises
        ------
        InputError
            When there is none of that name, or it is something else.
        """
        try:
            memory = open_shared(name)
        except (FileNotFoundError, ValueError):
            raise InputError(f"no shared memory block '{name}'; the show that made it has ended") from None
        block = cls(memory, name, owner=False)
        if block._words[0] != _MAGIC:
            block.close()
            raise InputError(
                f"shared memory '{name}' holds no clock of this version; restart every part of the show"
            )
        return block

    def publish(self, reading: ClockReading) -> None:
        """Put a reading on show. Writer only; about ten microseconds, nothing is kept."""
        payload = encode_reading(reading)
        sequence = self._words[1] + 1
        start = _FIRST_SLOT + sequence % 2 * _SLOT_SIZE
        checksum = zlib.crc32(payload, zlib.crc32(_SEQUENCE.pack(sequence)))
        _HEAD.pack_into(self._view, start, sequence, checksum)
        self._view[start + _HEAD.size : start + _HEAD.size + len(payload)] = payload
        self._words[1] = sequence

    def read(self) -> ClockReading:
        """The last whole reading; the one from before when the block is damaged or always in use."""
        for _ in range(_READ_ATTEMPTS):
            sequence = self._words[1]
            if sequence == 0:
                return self._cached
            start = _FIRST_SLOT + sequence % 2 * _SLOT_SIZE
            found, checksum = _HEAD.unpack_from(self._view, start)
            payload = bytes(self._view[start + _HEAD.size : start + _HEAD.size + _PAYLOAD.size])
            if found != sequence or zlib.crc32(payload, zlib.crc32(_SEQUENCE.pack(sequence))) != checksum:
                continue
            try:
                self._cached = decode_reading(payload)
            except ValueError:
                break  # a checksum that agrees by chance; the value is not believed either
            return self._cached
        self.rejected_reads += 1
        return self._cached

    def close(self) -> None:
        """Let go of the memory; the creator also removes it. A second call does nothing."""
        if not self._open:
            return
        self._open = False
        self._words.release()
        if isinstance(self._memory, SharedMemory):
            self._memory.close()
            if self._owner:
                self._memory.unlink()
        else:
            self._view.release()
            self._memory.close()

    def __del__(self) -> None:
        # A process that ends without closing: our view must go before the memory under it does.
        if hasattr(self, "_words"):
            self.close()

    def __enter__(self) -> ClockBlock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
