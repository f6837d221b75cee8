"""The transport between processes: a sequence-locked block of shared memory with a checksum.

Layout, native byte order, all offsets multiples of 8::

    word 0   magic and layout version
    word 1   sequence of the snapshot on show; slot = sequence % 2
    word 2   heartbeat of the writer, host ns
    slot 0   sequence, length, CRC-32 of (sequence, payload), payload
    slot 1   the same

The writer fills the slot that is not on show, then moves word 1, a single aligned 8-byte store. A reader
copies the slot word 1 names and believes it only when the slot's own sequence and checksum agree, so neither
a writer caught in the middle (or killed there), nor a processor that reorders stores, nor a stray write can
hand out a mixture: the reader keeps what it had and counts. It never waits.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from multiprocessing.shared_memory import SharedMemory
from types import TracebackType

from engine.errors import InputError
from engine.time.memory import create_shared, open_shared, view_of
from engine.time.profiles import MAX_PROFILES, SeatProfile
from engine.time.publisher import MAX_CANDIDATES, MAX_CONTROLS, MAX_REACTIONS, MAX_SEGMENTS
from engine.time.segments import Controls, ReactionRow, Segment, SegmentKind, Transport
from engine.units import MODALITIES

_MAGIC = int.from_bytes(b"SNTRNS\x00\x02", "little")
_HEADER = struct.Struct("=qqHHHHH")
_SEGMENT = struct.Struct("=qqiqqqiqqq")
_REACTION = struct.Struct("=qiiiqq")
_CONTROLS = struct.Struct(f"=qq?i16s{len(MODALITIES)}d")
_CANDIDATE = struct.Struct("=i")
_PROFILE = struct.Struct(f"=iqqi??i{len(MODALITIES)}d")
_SLOT_HEADER = struct.Struct("=QQQ")
_SEQUENCE = struct.Struct("=Q")

_PAYLOAD_MAX = (
    _HEADER.size
    + MAX_SEGMENTS * _SEGMENT.size
    + MAX_REACTIONS * _REACTION.size
    + MAX_CONTROLS * _CONTROLS.size
    + MAX_CANDIDATES * _CANDIDATE.size
    + MAX_PROFILES * _PROFILE.size
)
_FIRST_SLOT = 64
_SLOT_SIZE = (_SLOT_HEADER.size + _PAYLOAD_MAX + 63) // 64 * 64
BLOCK_SIZE = _FIRST_SLOT + 2 * _SLOT_SIZE
_WORD_MAGIC, _WORD_SEQUENCE, _WORD_HEARTBEAT = 0, 1, 2

# A reader that lost the race copies again; the writer needs some ten microseconds per publication, so losing
# this often in a row means damage, not a race.
_READ_ATTEMPTS = 4


def encode_transport(transport: Transport) -> bytes:
    """Bytes of a snapshot (native byte order: both ends are on one machine)."""
    parts = [
        _HEADER.pack(
            transport.generation,
            transport.sequence,
            len(transport.segments),
            len(transport.reactions),
            len(transport.controls),
            len(transport.candidates),
            len(transport.profiles),
        )
    ]
    for s in transport.segments:
        row = (
            s.index,
            s.from_ns,
            s.scene,
            s.at_fl,
            s.rate_num,
            s.rate_den,
            s.kind,
            s.beat,
            s.run_fl,
            s.run_from_fl,
        )
        parts.append(_SEGMENT.pack(*row))
    for r in transport.reactions:
        parts.append(_REACTION.pack(r.index, r.scene, r.reaction, r.seat, r.run_fl, r.from_ns))
    for c in transport.controls:
        mask = c.muted_roles_mask.to_bytes(16, "little")
        parts.append(_CONTROLS.pack(c.version, c.from_ns, c.stopped, c.language, mask, *c.intensities))
    parts.extend(_CANDIDATE.pack(candidate) for candidate in transport.candidates)
    for p in transport.profiles:
        parts.append(
            _PROFILE.pack(
                p.seat,
                p.version,
                p.from_ns,
                p.comfort,
                p.photosensitive,
                p.present,
                p.language,
                *p.intensities,
            )
        )
    return b"".join(parts)


def decode_transport(data: bytes) -> Transport:
    """Inverse of `encode_transport`.

    Raises
    ------
    ValueError
        When the lengths do not add up or a field is out of its range.
    """
    try:
        generation, sequence, n_segments, n_reactions, n_controls, n_candidates, n_profiles = (
            _HEADER.unpack_from(data)
        )
        ends = [_HEADER.size]
        for count, row in (
            (n_segments, _SEGMENT),
            (n_reactions, _REACTION),
            (n_controls, _CONTROLS),
            (n_candidates, _CANDIDATE),
            (n_profiles, _PROFILE),
        ):
            ends.append(ends[-1] + count * row.size)
        if ends[-1] != len(data):
            raise ValueError(f"a transport of {ends[-1]} bytes was announced, {len(data)} are there")
        segments = tuple(_segment(row) for row in _SEGMENT.iter_unpack(data[ends[0] : ends[1]]))
        reactions = tuple(ReactionRow(*row) for row in _REACTION.iter_unpack(data[ends[1] : ends[2]]))
        controls = tuple(
            Controls(row[0], row[1], row[2], row[5:], row[3], int.from_bytes(row[4], "little"))
            for row in _CONTROLS.iter_unpack(data[ends[2] : ends[3]])
        )
        candidates = tuple(row[0] for row in _CANDIDATE.iter_unpack(data[ends[3] : ends[4]]))
        profiles = tuple(
            SeatProfile(row[0], row[1], row[2], row[7:], row[3], row[4], row[6], row[5])
            for row in _PROFILE.iter_unpack(data[ends[4] : ends[5]])
        )
    except struct.error as error:
        raise ValueError(f"not a transport: {error}") from error
    return Transport(generation, sequence, segments, reactions, controls, candidates, profiles)


def _segment(row: tuple[int, ...]) -> Segment:
    index, from_ns, scene, at_fl, rate_num, rate_den, kind, beat, run_fl, run_from_fl = row
    return Segment(
        index, from_ns, scene, at_fl, rate_num, rate_den, SegmentKind(kind), beat, run_fl, run_from_fl
    )


class TransportBlock:
    """The transport in shared memory: one writer, any number of readers in other processes.

    Made by `create` (which owns the memory and removes it in `close`) or by `attach`. Not to be shared
    between threads: give each thread its own attachment.

    Attributes
    ----------
    torn_reads : int
        Copies that had to be taken again because the writer was at work.
    rejected_reads : int
        Reads that gave up after a few copies and handed out the last good value.
    """

    def __init__(self, memory: SharedMemory | mmap.mmap, name: str, *, owner: bool) -> None:
        self._memory = memory
        self._owner = owner
        self._open = True
        self.name = name
        self.torn_reads = 0
        self.rejected_reads = 0
        self._view: memoryview = view_of(memory)
        # Windows and macOS round the size up to whole pages; only our own part is a multiple of words for
        # certain.
        self._words = self._view[:_FIRST_SLOT].cast("Q")
        self._cached = Transport()
        self._cached_sequence = 0

    @classmethod
    def create(cls, name: str | None = None) -> TransportBlock:
        """Make a new block, under a fresh name unless one is given, holding an empty transport.

        Raises
        ------
        InputError
            When a block of that name exists: another show is running, or one ended without tidying up.
        OutputError
            When the system has no shared memory left.
        """
        memory = create_shared(BLOCK_SIZE, name)
        block = cls(memory, memory.name, owner=True)
        block._words[_WORD_MAGIC] = _MAGIC
        return block

    @classmethod
    def attach(cls, name: str) -> TransportBlock:
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
        if block._words[_WORD_MAGIC] != _MAGIC:
            block.close()
            raise InputError(
                f"shared memory '{name}' holds no transport of this version; restart every part of the show"
            )
        block.read()
        return block

    def publish(self, transport: Transport) -> None:
        """Put `transport` on show. Writer only."""
        payload = encode_transport(transport)
        if len(payload) > _PAYLOAD_MAX:
            raise ValueError(
                f"a transport of {len(payload)} bytes exceeds the block's {_PAYLOAD_MAX}; keep fewer rows"
            )
        sequence = self._words[_WORD_SEQUENCE] + 1
        start = self._slot_start(sequence)
        checksum = zlib.crc32(payload, zlib.crc32(_SEQUENCE.pack(sequence)))
        body = start + _SLOT_HEADER.size
        _SLOT_HEADER.pack_into(self._view, start, sequence, len(payload), checksum)
        self._view[body : body + len(payload)] = payload
        self._words[_WORD_SEQUENCE] = sequence

    def read(self) -> Transport:
        """The last whole snapshot; the one from before when the block is damaged or always in use."""
        for _ in range(_READ_ATTEMPTS):
            sequence = self._words[_WORD_SEQUENCE]
            if sequence == self._cached_sequence:
                return self._cached
            transport = self._copy(sequence)
            if transport is not None:
                self._cached, self._cached_sequence = transport, sequence
                return transport
            self.torn_reads += 1
        self.rejected_reads += 1
        return self._cached

    def beat(self, now_ns: int) -> None:
        """Say that the writer is alive at `now_ns`."""
        self._words[_WORD_HEARTBEAT] = now_ns

    def heartbeat_ns(self) -> int:
        """Host instant of the writer's last beat; 0 before the first."""
        return self._words[_WORD_HEARTBEAT]

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

    def __enter__(self) -> TransportBlock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _slot_start(self, sequence: int) -> int:
        return _FIRST_SLOT + sequence % 2 * _SLOT_SIZE

    def _copy(self, sequence: int) -> Transport | None:
        start = self._slot_start(sequence)
        slot_sequence, length, checksum = _SLOT_HEADER.unpack_from(self._view, start)
        if slot_sequence != sequence or length > _PAYLOAD_MAX:
            return None
        payload = bytes(self._view[start + _SLOT_HEADER.size : start + _SLOT_HEADER.size + length])
        if zlib.crc32(payload, zlib.crc32(_SEQUENCE.pack(sequence))) != checksum:
            return None
        try:
            return decode_transport(payload)
        except ValueError:
            return None  # a checksum that agrees by chance (1 in 2**32); the value is not believed either


class LocalBlock:
    """The same interface within one process: tests, offline rendering, inline mode."""

    def __init__(self) -> None:
        self.name = "local"
        self.torn_reads = 0
        self.rejected_reads = 0
        self._transport = Transport()
        self._heartbeat_ns = 0

    def publish(self, transport: Transport) -> None:
        """Put `transport` on show."""
        self._transport = transport

    def read(self) -> Transport:
        """The snapshot on show."""
        return self._transport

    def beat(self, now_ns: int) -> None:
        """Say that the writer is alive at `now_ns`."""
        self._heartbeat_ns = now_ns

    def heartbeat_ns(self) -> int:
        """Host instant of the writer's last beat; 0 before the first."""
        return self._heartbeat_ns

    def close(self) -> None:
        """Nothing to let go of; here so that both blocks are closed alike."""
