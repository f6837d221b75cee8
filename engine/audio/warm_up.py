"""Every path of the arithmetic once, before a device calls: the first of everything costs a block its deadline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.audio.block import BLOCK, SAMPLE_RATE_HZ
from engine.audio.clips import ClipCache, clip_of
from engine.audio.sounds import SceneSounds, SeatPlace, Sound, SoundBook, still
from engine.time.flicks import NS_PER_SECOND
from engine.time.publisher import TransportWriter
from engine.time.segments import SegmentKind, Transport
from engine.time.shared import LocalBlock

WARM_UP_BLOCKS = 20
_SECONDS = 1
_FL_PER_S = 705_600_000


def warm_up_show(book: SoundBook) -> tuple[SoundBook, ClipCache, Transport]:
    """A show of its own in the rooms of another: a sound that stands, one that goes past, a bed, noise that nobody hears.

    Parameters
    ----------
    book : SoundBook
        What will be played.
    """
    clips = ClipCache(Path("."))
    count = _SECONDS * SAMPLE_RATE_HZ
    hiss = np.random.default_rng(0).standard_normal((count, 2)).astype(np.float32) * np.float32(0.01)
    clips.put("mono", clip_of(hiss[:, :1]))
    clips.put("stereo", clip_of(hiss))
    passing = replace(
        Sound("mono", 0, None, count), place=lambda at_fl: (40.0 * at_fl / _FL_PER_S - 4.0, 2.0, 0.0)
    )
    sounds = (
        Sound("mono", 0, None, count, bus="voice", place=SeatPlace(30.0, 10.0, 1.0), fade_in_samples=BLOCK),
        passing,
        Sound("stereo", 0, None, count, bus="music", loop=True),
        Sound("mono", 0, None, count, bus="shakers"),
    )
    show = replace(book, scenes=(SceneSounds(sounds, (), _SECONDS * _FL_PER_S, still),))
    block = LocalBlock()
    TransportWriter(block).append(from_ns=0, scene=0, at_fl=0, rate=1, kind=SegmentKind.START)
    return show, clips, block.read()


def instant_of(block: int) -> int:
    """Host instant of a block of the warm-up."""
    return block * BLOCK * NS_PER_SECOND // SAMPLE_RATE_HZ
