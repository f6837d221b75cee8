"""Where every seat has been sent, and where it says it is: rings in shared memory that the bus fills and the viewers read.

A guest's headset sees the room, the seat under the guest moves in it. Whoever draws for that guest has to know where the seat will be
when the picture is seen (`engine.motion.seat_model`), so the bus tells what it commanded, and when it left. Nothing here commands
anything, and the bus never reads it.

Layout, native byte order, all offsets multiples of 8::

    word 0       magic and layout version
    word 1       number of the row table on show; slot = number % 2
    words 8-71   commanded samples ever written, by row
    words 72-135 measured ones
    two table slots: number, length, CRC-32, rows
    MAX_ROWS rings of COMMANDED samples, then MAX_ROWS rings of MEASURED samples

A row is one device that moves one seat. Each sample carries its own sequence number and a CRC-32 over both; the writer fills it, then
moves its row's word, a single aligned 8-byte store. A reader takes samples from where it last was and believes each only when number
and checksum agree: one that is being overwritten, or half written by a writer that was killed, is left out. Nobody waits for anybody.
History is only ever added to, so a bus that was restarted goes on in the same rings.

The parent of a run creates the block, so that it outlives any bus; one bus writes at a time (a muted one computes and tells nothing).
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from types import TracebackType

from engine.errors import InputError
from engine.time.memory import create_shared, open_shared, view_of
from engine.units import MOTION_AXES

Axes = tuple[float, float, float, float, float, float]
"""Surge, sway, heave in m, roll, pitch, yaw in deg (`engine.units.MOTION_AXES`)."""

AT_REST: Axes = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
ALL_AXES = (1 << len(MOTION_AXES)) - 1
"""Mask of `PoseSample.axes` with every axis in it; bit i is ``MOTION_AXES[i]``."""

MAX_ROWS = 64
"""Devices that are told of. Beyond, the first of them are, and it is said once."""
COMMANDED = 256
"""Commands kept a row: 1.28 s at 200 Hz, 0.256 s at 1 kHz."""
MEASURED = 64

_MAGIC = int.from_bytes(b"SNSEAT\x00\x01", "little")
_ROW = struct.Struct("=i32sqqq6d6d")
_TABLE_HEADER = struct.Struct("=QQQ")
_SAMPLE = struct.Struct("=QQ")
_BODY = struct.Struct("=qqq6d")
_NUMBER = struct.Struct("=Q")
_SAMPLE_SIZE = _SAMPLE.size + _BODY.size

_WORD_MAGIC, _WORD_TABLE = 0, 1
_HEAD_COMMANDED, _HEAD_MEASURED = 8, 8 + MAX_ROWS
_WORDS = 8 + 2 * MAX_ROWS
_TABLE_AT = _WORDS * 8
_TABLE_SIZE = (_TABLE_HEADER.size + MAX_ROWS * _ROW.size + 7) // 8 * 8
_COMMANDED_AT = _TABLE_AT + 2 * _TABLE_SIZE
_MEASURED_AT = _COMMANDED_AT + MAX_ROWS * COMMANDED * _SAMPLE_SIZE
BLOCK_SIZE = _MEASURED_AT + MAX_ROWS * MEASURED * _SAMPLE_SIZE

_READ_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A device that moves a seat, as far as its pose can be foretold.

    Attributes
    ----------
    seat : int
        Index in the rig.
    device : str
        The rig's name for it (at most 32 bytes of it).
    dead_ns, lag_ns : int
        How late it follows: dead time, then a first-order lag.
    period_ns : int
        Between two commands.
    velocity, acceleration : tuple of float
        Largest by axis, per s and s^2; 0 where there is no limit or no axis: such an axis is never foretold beyond its last command.
    """

    seat: int
    device: str
    dead_ns: int
    lag_ns: int
    period_ns: int
    velocity: Axes = AT_REST
    acceleration: Axes = AT_REST


@dataclass(frozen=True, slots=True)
class PoseSample:
    """One pose of one device.

    Attributes
    ----------
    number : int
        Counts the samples of a ring from 1; given when it is written.
    at_ns : int
        Host instant at which a command left (that of its tick, unless the bus woke late), or for which a measured pose holds.
    for_ns : int
        Of a command, the show's instant it was computed for: ahead of `at_ns` by the device's lead. Of a measured pose, when it arrived.
    pose : tuple of float
        Out of the governor: inside every limit.
    axes : int
        Mask of the axes that `pose` tells.
    """

    number: int
    at_ns: int
    for_ns: int
    pose: Axes
    axes: int = ALL_AXES


class SeatPoseBlock:
    """The poses of a rig's seats in shared memory: one writer, any number of readers in other processes.

    Made by `create` (which owns the memory and removes it in `close`), by `attach`, or by `local` for one process alone. Not to be
    shared between threads: give each thread its own attachment.

    Attributes
    ----------
    name : str
        What another process attaches to.
    lost_samples : int
        Samples that were overwritten before they were read, or did not hold what they should.
    """

    def __init__(self, memory: SharedMemory | mmap.mmap | bytearray, name: str, *, owner: bool) -> None:
        self._memory = memory
        self._owner = owner
        self._open = True
        self.name = name
        self.lost_samples = 0
        self._view: memoryview = memoryview(memory) if isinstance(memory, bytearray) else view_of(memory)
        self._words = self._view[: _WORDS * 8].cast("Q")
        self._rows: tuple[SeatRow, ...] = ()
        self._rows_number = 0

    @classmethod
    def create(cls, name: str | None = None) -> SeatPoseBlock:
        """Make a new block, under a fresh name unless one is given, with no rows.

        Raises
        ------
        InputError
            When a block of that name exists.
        OutputError
            When the system has no shared memory left.
        """
        memory = create_shared(BLOCK_SIZE, name)
        block = cls(memory, memory.name, owner=True)
        block._words[_WORD_MAGIC] = _MAGIC
        return block

    @classmethod
    def attach(cls, name: str) -> SeatPoseBlock:
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
        if len(view_of(memory)) < BLOCK_SIZE:
            memory.close()
            raise _something_else(name)
        block = cls(memory, name, owner=False)
        if block._words[_WORD_MAGIC] != _MAGIC:
            block.close()
            raise _something_else(name)
        return block

    @classmethod
    def local(cls) -> SeatPoseBlock:
        """The same within one process: tests, offline, inline mode."""
        block = cls(bytearray(BLOCK_SIZE), "local", owner=True)
        block._words[_WORD_MAGIC] = _MAGIC
        return block

    # -- the bus ---------------------------------------------------------------------------------------------

    def claim(self, rows: Sequence[SeatRow]) -> None:
        """Say which devices there are. The same again changes nothing (a bus was restarted); others begin with empty rings.

        Raises
        ------
        ValueError
            For more than `MAX_ROWS`.
        """
        if len(rows) > MAX_ROWS:
            raise ValueError(f"{len(rows)} rows; a block holds {MAX_ROWS}")
        payload = b"".join(_pack_row(row) for row in rows)
        number = self._words[_WORD_TABLE]
        if self._table(number) == payload:
            return
        for word in range(_HEAD_COMMANDED, _WORDS):
            self._words[word] = 0
        number += 1
        start = _TABLE_AT + number % 2 * _TABLE_SIZE
        body = start + _TABLE_HEADER.size
        _TABLE_HEADER.pack_into(self._view, start, number, len(payload), _check(number, payload))
        self._view[body : body + len(payload)] = payload
        self._words[_WORD_TABLE] = number

    def publish(self, row: int, at_ns: int, for_ns: int, pose: Sequence[float]) -> None:
        """Tell a command that has left at `at_ns`, computed for `for_ns`. Bus only; some two microseconds."""
        self._write(_HEAD_COMMANDED + row, _COMMANDED_AT + row * COMMANDED * _SAMPLE_SIZE, COMMANDED,
                    _BODY.pack(at_ns, for_ns, ALL_AXES, *pose))  # fmt: skip

    def publish_measured(
        self, row: int, at_ns: int, arrived_ns: int, pose: Sequence[float], axes: int = ALL_AXES
    ) -> None:
        """Tell a pose that was measured for `at_ns`; `axes` says which of its numbers mean anything. One writer a row."""
        self._write(_HEAD_MEASURED + row, _MEASURED_AT + row * MEASURED * _SAMPLE_SIZE, MEASURED,
                    _BODY.pack(at_ns, arrived_ns, axes, *pose))  # fmt: skip

    # -- whoever draws ---------------------------------------------------------------------------------------

    @property
    def table_number(self) -> int:
        """Changes when there are other rows; numbers of samples then count from 1 again."""
        return int(self._words[_WORD_TABLE])

    @property
    def rows(self) -> tuple[SeatRow, ...]:
        """The devices there are; none before a bus has said so."""
        for _ in range(_READ_ATTEMPTS):
            number = self._words[_WORD_TABLE]
            if number == self._rows_number:
                break
            payload = self._table(number)
            if payload is not None:
                self._rows = tuple(_unpack_row(fields) for fields in _ROW.iter_unpack(payload))
                self._rows_number = number
                break
        return self._rows

    def read(self, row: int, since: int = 0) -> list[PoseSample]:
        """The commands of a row that came after number `since`, oldest first, as far as they are still there."""
        return self._read(
            _HEAD_COMMANDED + row, _COMMANDED_AT + row * COMMANDED * _SAMPLE_SIZE, COMMANDED, since
        )

    def read_measured(self, row: int, since: int = 0) -> list[PoseSample]:
        """The measured poses of a row that came after number `since`, oldest first, as far as they are still there."""
        return self._read(_HEAD_MEASURED + row, _MEASURED_AT + row * MEASURED * _SAMPLE_SIZE, MEASURED, since)

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
            return
        self._view.release()
        if isinstance(self._memory, mmap.mmap):
            self._memory.close()

    def __del__(self) -> None:
        # A process that ends without closing: our view must go before the memory under it does.
        if hasattr(self, "_words"):
            self.close()

    def __enter__(self) -> SeatPoseBlock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- inside ----------------------------------------------------------------------------------------------

    def _table(self, number: int) -> bytes | None:
        """The rows of a table as bytes; None when it is not whole."""
        start = _TABLE_AT + number % 2 * _TABLE_SIZE
        found, length, check = _TABLE_HEADER.unpack_from(self._view, start)
        if found != number or number == 0 or length > MAX_ROWS * _ROW.size:
            return None
        payload = bytes(self._view[start + _TABLE_HEADER.size : start + _TABLE_HEADER.size + length])
        return payload if _check(number, payload) == check else None

    def _write(self, word: int, ring: int, length: int, body: bytes) -> None:
        # Read anew each time: another bus may have written since this one came to be.
        number = self._words[word] + 1
        start = ring + number % length * _SAMPLE_SIZE
        _SAMPLE.pack_into(self._view, start, number, _check(number, body))
        self._view[start + _SAMPLE.size : start + _SAMPLE_SIZE] = body
        self._words[word] = number

    def _read(self, word: int, ring: int, length: int, since: int) -> list[PoseSample]:
        head = self._words[word]
        # The place after the newest is the one that may be written to meanwhile.
        first = max(since, head - length + 1) + 1
        self.lost_samples += max(0, first - since - 1) if since else 0
        found = []
        for number in range(first, head + 1):
            start = ring + number % length * _SAMPLE_SIZE
            there, check = _SAMPLE.unpack_from(self._view, start)
            body = bytes(self._view[start + _SAMPLE.size : start + _SAMPLE_SIZE])
            if there != number or _check(number, body) != check:
                self.lost_samples += 1
                continue
            at_ns, for_ns, axes, *pose = _BODY.unpack(body)
            found.append(PoseSample(number, at_ns, for_ns, (*pose,), axes))
        return found


def _check(number: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(_NUMBER.pack(number)))


def _pack_row(row: SeatRow) -> bytes:
    name = row.device.encode()[:32]
    times = (row.dead_ns, row.lag_ns, row.period_ns)
    return _ROW.pack(row.seat, name, *times, *row.velocity, *row.acceleration)


def _unpack_row(fields: tuple[object, ...]) -> SeatRow:
    seat, name, dead_ns, lag_ns, period_ns, *rest = fields
    return SeatRow(
        seat=seat,  # type: ignore[arg-type]
        device=name.rstrip(b"\0").decode("utf-8", "ignore"),  # type: ignore[attr-defined]
        dead_ns=dead_ns,  # type: ignore[arg-type]
        lag_ns=lag_ns,  # type: ignore[arg-type]
        period_ns=period_ns,  # type: ignore[arg-type]
        velocity=tuple(rest[:6]),  # type: ignore[arg-type]
        acceleration=tuple(rest[6:]),  # type: ignore[arg-type]
    )


def _something_else(name: str) -> InputError:
    return InputError(
        f"shared memory '{name}' holds no seat poses of this version; restart every part of the show"
    )
