"""Renders a show's sound to a WAV file from its transport, faster than it plays.

The file is written as it is made, block by block, so that an hour of show needs no more memory than a minute.
A disk that fills up is an `OutputError` that names the file; what was written is a whole WAV file up to
there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.audio.assembly import ShakerSetup, make_mix
from engine.audio.block import BLOCK
from engine.audio.clips import SAMPLE_RATE_HZ, ClipCache
from engine.audio.formats import WaveFormat, WaveWriter
from engine.audio.grid import Grid
from engine.audio.mixer import MixSettings
from engine.audio.sounds import SoundBook
from engine.errors import OutputError
from engine.experience.audio_rig import STEREO, AudioOutput
from engine.time.segments import Transport

_CHUNK_SAMPLES = SAMPLE_RATE_HZ // 2
_BITS = 24


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a rendering gave.

    Attributes
    ----------
    path : Path
    samples : int
        Per channel.
    peak : float
        Highest sample, linear.
    limited_db : float
        The most the limiter took away.
    """

    path: Path
    samples: int
    peak: float
    limited_db: float


def render_wav(
    path: Path,
    book: SoundBook,
    clips: ClipCache,
    transport: Transport | Callable[[int], Transport],
    from_ns: int,
    to_ns: int,
    *,
    outputs: Sequence[AudioOutput] = (STEREO,),
    settings: MixSettings | None = None,
    shakers: ShakerSetup | None = None,
    progress: Callable[[float], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Rendered:
    """Renders [from_ns, to_ns) of a run.

    Parameters
    ----------
    path : Path
        48 kHz, 24 bit, the channels of the device; BW64 beyond 4 GB, which sixteen channels reach within
        half an hour. Replaced when it exists.
    book, clips : SoundBook, ClipCache
    transport : Transport or callable
        The run's transport at its end; or, where it kept fewer rows than the run had, a function that gives
        the one in force at a host instant.
    from_ns, to_ns : int
        Host time of the run.
    outputs : sequence of AudioOutput
        What the rig's device plays.
    shakers : ShakerSetup, optional
        The rig's audio-band shakers.
    progress : callable, optional
        Called with 0..1 about twice a second of sound.
    say : callable, optional
        As `engine.audio.assembly.stage_of`.

    Returns
    -------
    Rendered

    Raises
    ------
    OutputError
        When the file cannot be written: disk full, no permission, no such folder.
    InputError
        When a sound cannot be read.
    """
    mixer = make_mix(book, clips, outputs, settings=settings, shakers=shakers, say=say)
    grid = Grid(from_ns)
    total = grid.first(to_ns)
    done, peak = 0, 0.0
    fixed = transport if isinstance(transport, Transport) else None

    def history(at_ns: int) -> Transport:
        return transport if isinstance(transport, Transport) else transport(at_ns)

    try:
        with WaveWriter(path, WaveFormat(mixer.channels, SAMPLE_RATE_HZ, _BITS)) as out:
            while done < total:
                count = min(_CHUNK_SAMPLES if fixed is not None else BLOCK, total - done)
                at_ns = grid.ns(done)
                now = fixed if fixed is not None else history(at_ns)
                samples = mixer.render(now, at_ns, count)
                peak = max(peak, float(np.max(np.abs(samples))))
                out.write(samples)
                done += count
                if progress is not None and (done == total or done % _CHUNK_SAMPLES < count):
                    progress(done / total)
    except OutputError as error:
        needed_mb = total * _BITS // 8 * mixer.channels / 1e6
        raise OutputError(f"{error}; the whole needs {needed_mb:.0f} MB") from error
    return Rendered(path, total, peak, mixer.deepest_limit_db)
