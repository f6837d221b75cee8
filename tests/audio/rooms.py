"""A small sound book to test the mixer with: tones and noise instead of files, a still listener."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.audio.assembly import make_mix
from engine.audio.clips import SAMPLE_RATE_HZ, ClipCache, clip_of
from engine.audio.device_mix import DeviceMix
from engine.audio.mixer import Mixer, MixSettings
from engine.audio.sounds import Pose, ReactionSounds, SceneSounds, Sound, SoundBook
from engine.time.publisher import TransportWriter
from engine.time.segments import SegmentKind, Transport
from engine.time.shared import LocalBlock

S_FL = 705_600_000
S_NS = 1_000_000_000
TONE_HZ = 997.0
PLAIN = MixSettings(volume_db=0.0)


def tone(seconds: float, hertz: float = TONE_HZ, level: float = 0.25) -> np.ndarray:
    """A sine that starts at phase 0."""
    return (
        level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ)
    ).astype(np.float32)


def noise(seconds: float, seed: int, level: float = 0.05) -> np.ndarray:
    """White noise."""
    rng = np.random.default_rng(seed)
    return (level * rng.standard_normal(round(seconds * SAMPLE_RATE_HZ))).astype(np.float32)


class Room:
    """A cache of made-up clips and the book that names them."""

    def __init__(self) -> None:
        self.clips = ClipCache(Path("."))
        self._scenes: list[SceneSounds] = []

    def sound(self, name: str, samples: np.ndarray, at_s: float = 0.0, **more: object) -> Sound:
        """Keeps the samples under a name and gives a cue for them."""
        self.clips.put(name, clip_of(samples))
        for_s = more.pop("for_s", None)
        for_fl = None if for_s is None else round(float(for_s) * S_FL)  # type: ignore[arg-type]
        return Sound(name, round(at_s * S_FL), for_fl, samples.shape[0], **more)  # type: ignore[arg-type]

    def scene(
        self,
        *sounds: Sound,
        seconds: float = 10.0,
        reactions: tuple[ReactionSounds, ...] = (),
        pose: object = None,
    ) -> None:
        """Adds a scene."""
        where = pose if callable(pose) else lambda _: Pose(0.0, 0.0, 0.0, 0.0)
        self._scenes.append(SceneSounds(tuple(sounds), reactions, round(seconds * S_FL), where))

    @property
    def book(self) -> SoundBook:
        """All scenes so far."""
        return SoundBook(tuple(self._scenes))

    def mixer(self, **more: object) -> Mixer:
        """A mixer over this book."""
        more.setdefault("settings", PLAIN)
        return Mixer(self.book, self.clips, **more)  # type: ignore[arg-type]

    def mix(self, **more: object) -> DeviceMix:
        """What a device plays of it: a pair of loudspeakers."""
        more.setdefault("settings", PLAIN)
        return make_mix(self.book, self.clips, **more)  # type: ignore[arg-type]


def run(*steps: tuple[float, int, float, int, SegmentKind]) -> Transport:
    """A transport from (host second, scene, scene second, speed, kind) rows."""
    block = LocalBlock()
    writer = TransportWriter(block)
    for at_s, scene, scene_s, rate, kind in steps:
        writer.append(
            from_ns=round(at_s * S_NS), scene=scene, at_fl=round(scene_s * S_FL), rate=rate, kind=kind
        )
    return block.read()


def heard(mixer: Mixer, transport: Transport, from_s: float, to_s: float, step: int = 4096) -> np.ndarray:
    """Renders [from_s, to_s) of host time in calls of `step` samples; shape (n, 2)."""
    total = round((to_s - from_s) * SAMPLE_RATE_HZ)
    out = []
    done = 0
    while done < total:
        count = min(step, total - done)
        out.append(mixer.render(transport, round(from_s * S_NS) + done * 62_500 // 3, count))
        done += count
    return np.concatenate(out)
