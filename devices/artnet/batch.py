"""Packets of many universes at once, byte for byte those of `ArtnetDriver.encode`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from devices.artnet.codec import Dmx, encode

_HEADER = 18  # bytes before the slots of an ArtDmx
_SEQUENCE = 12  # the byte that counts packets


class ArtnetBatch:
    """Encodes for devices of one universe each, patched alike.

    Parameters
    ----------
    universes : sequence of int
        Of the devices.
    slots : int
        Slots sent.
    puts : sequence of (universe, slot, full level, squared)
        Per channel; see `devices.dmx.fixtures.Patch.puts`.
    next_sequence : sequence of callable
        Counts a device's packets.
    """

    def __init__(
        self,
        universes: Sequence[int],
        slots: int,
        puts: Sequence[tuple[int, int, int, bool]],
        next_sequence: Sequence[Callable[[], int]],
    ) -> None:
        self._next_sequence = tuple(next_sequence)
        packets = [encode(Dmx(universe, bytes(slots))) for universe in universes]
        self._frames = np.array([np.frombuffer(packet, dtype=np.uint8) for packet in packets])
        at = np.array([_HEADER + slot for _, slot, _, _ in puts], dtype=np.intp)
        self._full = np.array([float(full) for _, _, full, _ in puts])
        squared = np.array([square for _, _, _, square in puts], dtype=np.bool_)
        self._squared = np.nonzero(squared)[0]
        self._fine = np.nonzero(self._full > 255)[0]
        self._coarse = np.nonzero(self._full <= 255)[0]
        self._at = at
        steps = np.diff(at)
        # Fixtures side by side, 8 bits each, are one run of bytes.
        self._run = slice(int(at[0]), int(at[-1]) + 1) if not len(self._fine) and (steps == 1).all() else None

    def encode(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Packets that show `values` (0..1), one a row; sequence 0."""
        frames = self._frames
        frames[:, _SEQUENCE] = 0
        if len(self._squared):
            values = values.copy()
            values[:, self._squared] *= values[:, self._squared]
        levels = np.rint(values * self._full)
        if self._run is not None:
            frames[:, self._run] = levels
            return frames
        frames[:, self._at[self._coarse]] = levels[:, self._coarse]
        if len(self._fine):
            fine = levels[:, self._fine].astype(np.uint16)
            frames[:, self._at[self._fine]] = fine >> 8
            frames[:, self._at[self._fine] + 1] = fine & 0xFF
        return frames

    def stamp(self, frames: NDArray[np.uint8], rows: NDArray[np.intp] | None) -> None:
        """Give each packet its universe's next sequence number."""
        for row in range(len(frames)) if rows is None else rows.tolist():
            frames[row, _SEQUENCE] = self._next_sequence[row]()
