"""Digital-cinema synchronisation out of sound, as it comes in.

A bit is decided where its four samples lie: a 1 when their halves differ more than they agree. The decision is made for windows
beginning at every sample, so no bit clock can slip: wherever a sync word shows at one of them, the checksum says whether it is one.
Either polarity reads the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.time.codes.cinema import (
    BIT_SAMPLES,
    PACKET_BITS,
    SAMPLE_RATE_HZ,
    SYNC,
    UNITS,
    CinemaError,
    CinemaPacket,
    bits_to_number,
    packet_bits,
    packets_per_unit,
    parse_packet,
)
from engine.time.rates import FrameRate

Signal = NDArray[np.float32]

_PIECE = 1 << 16
_SPAN = PACKET_BITS * BIT_SAMPLES
_LARGEST = 8.0
_WAITING = 16
_FLOOR = 1e-4
"""Lowest level (peak of a bit) that is looked at; -60 dB under the standard's 0.1."""


@dataclass(frozen=True, slots=True)
class CinemaUnit:
    """One edit unit that was heard.

    Parameters
    ----------
    unit : int
        Edit unit, 0..2**24 - 1.
    rate : FrameRate
    uuid : str
        Of the track.
    at_sample : float
        Where the unit began, in samples from the start of the sound.
    """

    unit: int
    rate: FrameRate
    uuid: str
    at_sample: float


class CinemaDecoder:
    """Reads one channel.

    Parameters
    ----------
    sample_rate_hz : int, default 48000
        48000, or 96000, 144000, 192000, which are averaged down to it.
    rate : FrameRate or None
        Refuse all others; None takes what comes.

    Attributes
    ----------
    refused : int
        Packets of another rate than the given one, or with an impossible one.
    damaged : int
        Sync words whose checksum did not fit.
    """

    def __init__(self, sample_rate_hz: int = SAMPLE_RATE_HZ, rate: FrameRate | None = None) -> None:
        if sample_rate_hz % SAMPLE_RATE_HZ or not 1 <= sample_rate_hz // SAMPLE_RATE_HZ <= 4:
            raise ValueError(
                f"sample rate is {sample_rate_hz} Hz; digital-cinema sync is read at 48000, 96000, 144000 or 192000"
            )
        self.refused = 0
        self.damaged = 0
        self._down = sample_rate_hz // SAMPLE_RATE_HZ
        self._given = rate
        self._rest = np.zeros(0, dtype=np.float32)
        self._held = np.zeros(0, dtype=np.float32)
        self._base = 0  # of `_held`, at 48 kHz
        self._free_from = 0  # packets do not overlap
        self._last: CinemaUnit | None = None
        self._parts: dict[int, bytes] = {}
        self._uuid = ""
        self._waiting: deque[CinemaUnit] = deque(maxlen=_WAITING)

    def push(self, sound: ArrayLike) -> list[CinemaUnit]:
        """Read on; any number of samples. A unit is given out once, when the first of its packets is complete."""
        samples = np.asarray(sound, dtype=np.float32).reshape(-1)
        found: list[CinemaUnit] = []
        for start in range(0, len(samples), _PIECE):
            self._take(samples[start : start + _PIECE])
            for at, packet in self._packets():
                found.extend(self._unit(at, packet))
        return found

    def _take(self, sound: Signal) -> None:
        sound = np.clip(np.nan_to_num(sound, nan=0.0, posinf=_LARGEST, neginf=-_LARGEST), -_LARGEST, _LARGEST)
        if self._down > 1:
            held = np.concatenate([self._rest, sound])
            whole = len(held) // self._down * self._down
            self._rest = held[whole:]
            sound = held[:whole].reshape(-1, self._down).mean(axis=1, dtype=np.float32)
        self._held = np.concatenate([self._held, sound.astype(np.float32, copy=False)])

    def _packets(self) -> list[tuple[int, CinemaPacket]]:
        """Packets in what is held, with the sample (48 kHz) they begin at; lets go of what has been read."""
        x = self._held
        starts = len(x) - _SPAN + 1
        if starts <= 0:
            return []
        pair = x[:-1] + x[1:]
        apart, together = np.abs(pair[:-2] - pair[2:]), np.abs(pair[:-2] + pair[2:])
        bits = (apart > together) & (apart > _FLOOR)
        code = np.zeros(starts, dtype=np.uint16)
        for place in range(16):
            np.left_shift(code, 1, out=code)
            np.bitwise_or(code, bits[BIT_SAMPLES * place : BIT_SAMPLES * place + starts], out=code)
        found = []
        # The same packet often reads at two neighbouring samples: the one in the middle of them is the best guess.
        hits = np.flatnonzero(code == SYNC)
        read: list[tuple[int, CinemaPacket | None]] = []
        for at in hits.tolist():
            number = bits_to_number(bits[at : at + _SPAN - BIT_SAMPLES + 1 : BIT_SAMPLES].tolist())
            try:
                read.append((at, parse_packet(number)))
            except CinemaError:
                read.append((at, None))
        for number, (at, packet) in enumerate(read):
            if packet is None:
                if at + self._base < self._free_from:
                    continue  # inside a packet that was read
                neighbours = read[max(0, number - 2) : number + 3]
                if all(other is None or abs(there - at) > 2 for there, other in neighbours):
                    self.damaged += 1
                continue
            if at + self._base < self._free_from:
                continue
            levels = [
                (float(np.abs(apart[there : there + _SPAN - 3 : BIT_SAMPLES]).sum()), there)
                for there, other in read[number : number + 3]
                if other == packet and there - at <= 2
            ]
            best = max(levels)[1]
            found.append((best + self._base, packet))
            self._free_from = best + self._base + _SPAN - 2 * BIT_SAMPLES
        self._held = x[starts:].copy()
        self._base += starts
        return found

    def _unit(self, at: int, packet: CinemaPacket) -> list[CinemaUnit]:
        """Words a packet completes: its own unit's, if it is the first heard of it, and those that waited for the UUID."""
        rate = packet.rate
        if self._given is not None and rate != self._given:
            self.refused += 1
            return []
        if self._parts.get(packet.part, packet.uuid_part) != packet.uuid_part:
            self._parts.clear()  # another track
            self._uuid = ""
            self._waiting.clear()
        self._parts[packet.part] = packet.uuid_part
        if not self._uuid and len(self._parts) == 4:
            self._uuid = str(UUID(bytes=b"".join(self._parts[part] for part in range(4))))
        place = packet.part % packets_per_unit(rate) * packet_bits(rate) * BIT_SAMPLES
        at_sample = (at - place) * self._down + (self._down - 1) / 2
        unit = CinemaUnit(packet.unit % UNITS, rate, self._uuid, at_sample)
        last = self._last
        length = SAMPLE_RATE_HZ * self._down / rate.count
        known = (
            last is not None
            and (last.unit, last.rate) == (unit.unit, unit.rate)
            and abs(last.at_sample - at_sample) < length / 2
        )
        if not known:
            self._last = unit
            self._waiting.append(unit)
        if not self._uuid:
            return []
        found = [replace(item, uuid=self._uuid) for item in self._waiting]
        self._waiting.clear()
        return found
