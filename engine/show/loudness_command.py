"""``sensorama loudness``: how loud a package is as it is authored, so that every venue can play it at its own level."""

from __future__ import annotations

from engine.audio.assembly import make_mix
from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.book import book_of
from engine.audio.clips import ClipCache
from engine.audio.grid import Grid
from engine.audio.loudness import Loudness, LoudnessMeter
from engine.audio.mixer import MixSettings
from engine.show.options import PlayOptions
from engine.show.sound_check import all_said
from engine.show.sound_run import SoundRun, run_for_sound

_CHUNK = SAMPLE_RATE_HZ // 2
_NO_CEILING_DBTP = 60.0
SLACK_LU = 1.0
"""Routes through a story differ by about that much."""


def loudness_of(run: SoundRun) -> Loudness:
    """Measures a run on a pair of loudspeakers: no gain of a venue, no limiter, ducking as authored.

    Parameters
    ----------
    run : SoundRun
    """
    package = run.production.package
    mix = make_mix(
        book_of(package), ClipCache(package.path), settings=MixSettings(), ceiling_dbtp=_NO_CEILING_DBTP
    )
    meter = LoudnessMeter()
    grid = Grid(0)
    for first in range(0, grid.first(run.end_ns), _CHUNK):
        at_ns = grid.ns(first)
        meter.add(mix.render(run.at(at_ns), at_ns, _CHUNK))
    return meter.result()


def loudness_command(options: PlayOptions) -> int:
    """Measures and says what belongs into the package.

    Returns
    -------
    int
        0; 1 where the package says another loudness.
    """
    run = run_for_sound(options)
    with all_said(run.production.package.path):
        found, said = loudness_of(run), run.production.package.manifest.loudness
    print(
        f"{run.production.package.id}: {found.integrated_lufs:.1f} LUFS integrated, range {found.range_lu:.1f} LU, "
        f"loudest 0.4 s {found.momentary_lufs:.1f}, loudest 3 s {found.short_term_lufs:.1f}, true peak {found.peak_dbtp:.1f} dBTP"
    )
    if found.integrated_lufs < -60.0:
        print("that is silence; there is nothing to write down")
        return 0
    if said is None:
        print(f"write into experience.yaml:  loudness: {found.integrated_lufs:.1f}")
        return 0
    if abs(said - found.integrated_lufs) > SLACK_LU:
        print(f"experience.yaml says {said:g}; write  loudness: {found.integrated_lufs:.1f}")
        return 1
    print(f"experience.yaml says {said:g}, which is near enough")
    return 0
