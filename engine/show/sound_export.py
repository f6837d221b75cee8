"""A show's sound, after one run on the manual clock: as an ADM master, or mixed down to one output."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.audio.adm.capture import Survey, Tracks
from engine.audio.adm.export import Exported, Titles, export_adm
from engine.audio.assembly import settings_of
from engine.audio.block import BLOCK
from engine.audio.book import book_of
from engine.audio.clips import ClipCache
from engine.audio.grid import Grid
from engine.audio.mixer import Mixer
from engine.audio.offline import render_wav
from engine.experience.audio_rig import AudioOutput
from engine.show.options import PlayOptions
from engine.show.sound_check import all_said
from engine.show.sound_run import SoundRun, run_for_sound


def mixdown_show(options: PlayOptions, out: Path, to: str, output: AudioOutput) -> list[str]:
    """Plays a show once and renders what one output plays; returns what there is to tell.

    Raises
    ------
    InputError
        When the show cannot be played.
    OutputError
        When the file cannot be written.
    """
    run = run_for_sound(options)
    package = run.production.package
    with all_said(package.path, out):
        made = render_wav(
            out, book_of(package), ClipCache(package.path), run.at, 0, run.end_ns,
            outputs=(output,), settings=settings_of(run.production.rig.audio.mix, run.production.package.manifest.loudness),
        )  # fmt: skip
    peak_db = 20 * np.log10(max(made.peak, 1e-9))
    order = f" ({' '.join(one.name for one in output.speakers)})" if output.speakers else ""
    return [
        f"{made.path}: {to}, {len(output.channels)} channels{order}, {made.samples / 48_000:.1f} s, peak {peak_db:.1f} dBFS, "
        f"limited by {made.limited_db:.1f} dB at most"
    ]


class _Show:
    """A mixer around a capture, run over a show that is over."""

    def __init__(self, run: SoundRun, capture: Survey | Tracks) -> None:
        package = run.production.package
        self._run = run
        self.mixer = Mixer(
            book_of(package), ClipCache(package.path), outputs=(capture,),  # type: ignore[arg-type]
            settings=settings_of(run.production.rig.audio.mix, run.production.package.manifest.loudness), seat=0,
        )  # fmt: skip
        self._grid = Grid(0)

    def render(self, first: int, frames: int) -> None:
        """See `engine.audio.adm.export.Source`."""
        for sample in range(first, first + frames, BLOCK):
            at_ns = self._grid.ns(sample)
            self.mixer.render(self._run.at(at_ns), at_ns, min(BLOCK, first + frames - sample))


def export_show(options: PlayOptions, out: Path, *, bits: int = 24, most_tracks: int = 128) -> Exported:
    """Plays a show once and writes what is heard as an ADM master.

    Raises
    ------
    InputError
        When the show cannot be played.
    OutputError
        When the file cannot be written.
    """
    run = run_for_sound(options)
    package = run.production.package
    shows: list[_Show] = []

    def make(capture: Survey | Tracks) -> _Show:
        shows.append(_Show(run, capture))
        return shows[-1]

    def name_of(key: int) -> tuple[str, str]:
        voice = shows[0].mixer.voice_of(key)
        return (f"Object {key}", "effects") if voice is None else (Path(voice.file).stem, voice.sound.bus)

    titles = Titles(
        package.title.get(run.production.language, package.id),
        dict(package.title),
        run.production.language,
        name_of,
    )
    with all_said(package.path, out):
        return export_adm(out, make, Grid(0).first(run.end_ns), titles, bits=bits, most_tracks=most_tracks)
