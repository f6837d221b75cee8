"""Late reverberation: one tail a room, all into the Ambisonic bed as a field from everywhere.

What enters a tail is each object's emission by its share (`Room.send`); what leaves it is heard as far as the listener is inside the
room. A scene that changes leaves its tail ringing at the level it had, while the next scene's room fills: rooms cross over by themselves,
as they do when one walks through a door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audio.acoustics.doppler import SOUND_MPS
from engine.audio.acoustics.fdn import Tail
from engine.audio.acoustics.fdn_design import network
from engine.audio.acoustics.room import Room
from engine.audio.kernels import mix_ramped

Samples = NDArray[np.float32]


class Reverberation:
    """The tails of all rooms of a package.

    Parameters
    ----------
    rooms : sequence of Room
        Numbered by their place here; the same room may be in several scenes.
    which : str
        As `engine.audio.kernels.kernels`.

    Notes
    -----
    One thread. The only part of a scene's acoustics with a memory: `memory` samples, after which nothing that went in is heard. A mixer
    that must sound after a seek as if it had played up to there feeds it that many samples first.
    """

    def __init__(self, rooms: Sequence[Room], which: str = "") -> None:
        self.rooms = tuple(rooms)
        self._tails = [Tail(network(room.rt60_s, room.free_path_m / SOUND_MPS), which) for room in self.rooms]
        self._fields = [tail.design.field.astype(np.float32) for tail in self._tails]
        self._heard: list[float | None] = [None] * len(self.rooms)

    @property
    def memory(self) -> int:
        """Samples that the longest tail remembers."""
        return max((tail.design.memory for tail in self._tails), default=0)

    @property
    def ringing(self) -> bool:
        """Whether any tail has something left to be heard."""
        return any(tail.ringing for tail in self._tails)

    def forget(self) -> None:
        """All tails are silent from here on."""
        for tail in self._tails:
            tail.forget()
        self._heard = [None] * len(self.rooms)

    def add(
        self, emission: Samples, send: Samples, heard: Mapping[int, tuple[float, float]], hoa: Samples
    ) -> None:
        """Adds one block's reverberation to the bed.

        Parameters
        ----------
        emission : ndarray of float32, shape (S, n)
            From the `Emitter`, wholly demoted objects too.
        send : ndarray of float32, shape (2, S, R)
            Share of it that goes into each of the R rooms, at both ends of the block (`SceneAcoustics.sends`).
        heard : mapping of int to (float, float)
            Output level at both ends (`SceneAcoustics.heard`), of the rooms whose scene is on. The others ring on at the level they had.
        hoa : ndarray of float32, shape (16, n)
            `Beds.hoa`; added to.
        """
        if not self.rooms:
            return
        rows = np.flatnonzero(np.any(send > 0.0, axis=(0, 2)))
        feeds = None
        if rows.size:
            feeds = mix_ramped(emission[rows], *(np.ascontiguousarray(send[end, rows]) for end in (0, 1)))
        n = hoa.shape[1]
        silence = np.zeros(n, np.float32)
        for number, tail in enumerate(self._tails):
            before = self._heard[number]
            start, stop = heard.get(number, (before or 0.0, before or 0.0))
            # A guest may be somewhere else at once, after a seek or in the next scene; a tail that rings goes there from where it was.
            start = start if before is None else before
            self._heard[number] = stop
            lines = tail.run(silence if feeds is None else feeds[number])
            if not tail.ringing or (start == 0.0 and stop == 0.0):
                continue
            level: Samples | np.float32 = np.float32(start)
            if start != stop:
                level = level + np.float32((stop - start) / n) * np.arange(n, dtype=np.float32)
            hoa += (self._fields[number] @ lines.T) * level
