"""A simulated room: loudspeakers with a delay, a level, a wiring and a band each, reflections, noise, and a microphone that can be carried
about. The twin of a venue's sound device; it uses no randomness but its seed's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.commission.link import refuse_clipped
from engine.audio.commission.response import fast_length
from engine.units import db_to_gain

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]
Spectrum = NDArray[np.complex128]

SOUND_MPS = 343.0
_LFE_HZ = 120.0
_LOUDSPEAKER_HZ = 70.0
_NEAR_M = 0.25


@dataclass(frozen=True, slots=True)
class RoomSpeaker:
    """A loudspeaker that stands in the room.

    Attributes
    ----------
    name : str
    channel : int
        Which it is wired to, from 1.
    at_m : tuple of 3 float
        From the resting listener's head: right, ahead, up.
    gain_db : float
    late_s : float
        Beyond the way through the air: of its amplifier or network.
    inverted : bool
    lfe : bool
        Plays below 120 Hz only.
    """

    name: str
    channel: int
    at_m: tuple[float, float, float]
    gain_db: float = 0.0
    late_s: float = 0.0
    inverted: bool = False
    lfe: bool = False


class SimulatedRoom:
    """A `SoundLink` into a room that is not there.

    Parameters
    ----------
    speakers : sequence of RoomSpeaker
    channels : int
        Of the device.
    latency : int, default 512
        Samples that everything is late.
    noise_dbfs : float, default -80
        RMS of the microphone's noise.
    rt60_s : float, default 0.25
        Of the room's diffuse sound; 0: none.
    diffuse_db : float, default -12
        Energy of the diffuse sound against the direct sound from 1 m.
    microphone_db : float, default 0
        Gain of the microphone's input: full scale from a loudspeaker 1 m away at full scale.
    seed : int

    Attributes
    ----------
    microphone_m : tuple of 3 float
        Where the microphone is; it may be carried about between two calls of `play`.
    glitch : tuple of int
        Samples of the next recording that are lost, each with the one after it: a device that stumbles.
    """

    def __init__(
        self,
        speakers: Sequence[RoomSpeaker],
        channels: int,
        *,
        latency: int = 512,
        noise_dbfs: float = -80.0,
        rt60_s: float = 0.25,
        diffuse_db: float = -12.0,
        microphone_db: float = 0.0,
        seed: int = 1,
    ) -> None:
        self.speakers = tuple(speakers)
        self.microphone_m = (0.0, 0.0, 0.0)
        self.glitch: tuple[int, ...] = ()
        self.loudest = 0.0
        self._channels = channels
        self._latency = latency
        self._noise = db_to_gain(noise_dbfs)
        self._gain = db_to_gain(microphone_db)
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._tail = self._diffuse(rt60_s, diffuse_db)

    @property
    def description(self) -> str:
        """One line for people."""
        return f"a simulated room with {len(self.speakers)} loudspeakers on {self._channels} channels"

    @property
    def channels(self) -> int:
        """Of the device."""
        return self._channels

    @property
    def listens(self) -> bool:
        """It has a microphone."""
        return True

    def near(self, name: str) -> None:
        """Carry the microphone to a hand before a loudspeaker; to the listener's place when it is none of the room's."""
        for speaker in self.speakers:
            if speaker.name == name:
                away = math.dist(speaker.at_m, (0.0, 0.0, 0.0))
                share = max(0.0, 1.0 - _NEAR_M / max(away, _NEAR_M))
                self.microphone_m = (
                    speaker.at_m[0] * share, speaker.at_m[1] * share, speaker.at_m[2] * share,
                )  # fmt: skip
                return
        self.microphone_m = (0.0, 0.0, 0.0)

    def play(self, sound: Samples) -> Samples:
        """See `SoundLink`."""
        n = sound.shape[0]
        self.loudest = max(self.loudest, float(np.max(np.abs(sound), initial=0.0)))
        heard: Floats = np.asarray(self._noise * self._rng.standard_normal(n))
        length = fast_length(n + self._tail.size + SAMPLE_RATE_HZ // 8)
        hz: Floats = np.asarray(np.fft.rfftfreq(length, 1 / SAMPLE_RATE_HZ), np.float64)
        total: Spectrum = np.zeros(hz.size, np.complex128)
        for speaker in self.speakers:
            if not 1 <= speaker.channel <= sound.shape[1] or not np.any(sound[:, speaker.channel - 1]):
                continue
            played: Spectrum = np.asarray(np.fft.rfft(sound[:, speaker.channel - 1], length), np.complex128)
            total = total + played * self._path(speaker, hz)
        both = total * (1.0 + np.fft.rfft(self._tail, length))
        heard = heard + self._gain * np.asarray(np.fft.irfft(both, length))[:n]
        for at in self.glitch:
            heard[at : n - 2] = heard[at + 2 : n].copy()
        self.glitch = ()
        out = np.clip(heard, -1.0, 1.0).astype(np.float32)
        refuse_clipped(out)
        return out

    def _path(self, speaker: RoomSpeaker, hz: Floats) -> Spectrum:
        distance_m = max(0.1, math.dist(speaker.at_m, self.microphone_m))
        late_s = distance_m / SOUND_MPS + speaker.late_s + self._latency / SAMPLE_RATE_HZ
        gain = db_to_gain(speaker.gain_db) / distance_m * (-1.0 if speaker.inverted else 1.0)
        path = gain * np.exp(-2j * np.pi * hz * late_s)
        s = 1j * hz
        if speaker.lfe:  # Linkwitz-Riley of order 4: both halves of a crossover add up in phase
            return np.asarray(path * (_LFE_HZ**2 / (s**2 + math.sqrt(2) * _LFE_HZ * s + _LFE_HZ**2)) ** 2)
        return np.asarray(path * (s**2 / (s**2 + math.sqrt(2) * _LOUDSPEAKER_HZ * s + _LOUDSPEAKER_HZ**2)))

    def _diffuse(self, rt60_s: float, diffuse_db: float) -> Floats:
        """A decaying noise that begins 3 ms after the direct sound."""
        if rt60_s <= 0:
            return np.zeros(1)
        n = round(rt60_s * SAMPLE_RATE_HZ)
        tail = self._rng.standard_normal(n) * np.exp(-math.log(1000.0) * np.arange(n) / n)
        tail[: round(0.003 * SAMPLE_RATE_HZ)] = 0.0
        return np.asarray(tail * db_to_gain(diffuse_db) / math.sqrt(float(np.sum(tail**2))))
