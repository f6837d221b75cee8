"""``sensorama export adm`` and ``sensorama mixdown``: a show's sound, or an ADM master's, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.audio.adm.files import RenderedFile, is_adm, render_file
from engine.audio.assembly import stage_of
from engine.audio.block import BED_CHANNELS
from engine.audio.formats.values import MOST_CHANNELS
from engine.audio.speakers.layouts import LAYOUTS, SHORT_NAMES, Layout, layout
from engine.errors import UsageError
from engine.experience.audio_rig import AudioOutput, SpeakerSpec

if TYPE_CHECKING:
    from engine.show.options import PlayOptions

HEADPHONES = "binaural"


def output_of(name: str) -> AudioOutput:
    """An output for a file: ``binaural``, ``ambisonic``, or a layout by its name (``7.1.4``, ``4+7+0``); its channels in order.

    Raises
    ------
    UsageError
        No such layout; with those there are.
    """
    if name == HEADPHONES:
        return AudioOutput("mixdown", "binaural", seat=0, channels=(1, 2))
    if name == "ambisonic":
        return AudioOutput("mixdown", "ambisonic", seat=0, channels=tuple(range(1, 17)), order=3)
    found = _layout(name)
    speakers = tuple(
        SpeakerSpec(one.name, number, one.azimuth_deg, one.elevation_deg, lfe=one.lfe)
        for number, one in enumerate(found.speakers, 1)
    )
    channels = tuple(range(1, len(speakers) + 1))
    return AudioOutput("mixdown", "speakers", seat=0, channels=channels, layout=found.name, speakers=speakers)


def _layout(name: str) -> Layout:
    if name not in LAYOUTS and name not in SHORT_NAMES:
        raise UsageError(
            f"--to {name}: no such layout; there are {HEADPHONES}, ambisonic, {', '.join(SHORT_NAMES)}, {', '.join(LAYOUTS)}"
        )
    return layout(name)


def mixdown(
    source: str, out: Path, to: str, options: PlayOptions, *, programme: str = "", gain_db: float = 0.0
) -> list[str]:
    """Renders a show, or an ADM master, to a file; returns what there is to tell.

    Raises
    ------
    InputError
        When it cannot be read, or there is no such layout.
    OutputError
        When it cannot be written.
    """
    if not -120.0 <= gain_db <= 60.0:
        raise UsageError(f"--gain {gain_db:g}: -120 to 60 dB")
    path = Path(source)
    if path.is_file():
        if out.exists() and out.samefile(path):
            raise UsageError(f"--out {out} is the master itself, which would be lost; name another file")
        if not is_adm(path):
            raise UsageError(f"{source}: no ADM master (a BW64 file with a chna chunk), and no experience")
        if to == "ambisonic":
            raise UsageError(
                "--to ambisonic: a master is rendered to loudspeakers or headphones; only a show to Ambisonics"
            )
        target: Layout = _layout(to if to != HEADPHONES else "0+2+0")
        made = render_file(
            path, out, target if to != HEADPHONES else stage_of(output_of(to)), programme=programme,
            language=options.language or "", gain_db=gain_db,
        )  # fmt: skip
        return _told_of_file(made)
    if programme or gain_db:
        raise UsageError(
            "--programme and --gain are for an ADM master; how loud a show is its rig says (--rig, audio: volume)"
        )
    from engine.show.sound_export import mixdown_show

    return mixdown_show(options, out, to, output_of(to))


def _told_of_file(made: RenderedFile) -> list[str]:
    peak_db = 20 * np.log10(max(made.peak, 1e-9))
    lines = [*made.notes]
    if peak_db > 0:
        lines.append(f"it was clipped: {peak_db:+.1f} dB above full scale; lower it by --gain {-peak_db:.1f}")
    lines.append(
        f"{made.path}: {' '.join(made.channels)}; {made.frames / made.rate_hz:.1f} s at {made.rate_hz} Hz, peak {peak_db:.1f} dBFS"
    )
    return lines


def export_command(options: PlayOptions, out: str, *, force: bool, bits: int, tracks: int) -> int:
    """Export, and say what was written."""
    from engine.show.sound_export import export_show

    if not BED_CHANNELS < tracks <= MOST_CHANNELS:
        raise UsageError(
            f"--tracks {tracks}: {BED_CHANNELS + 1} to {MOST_CHANNELS}; the Ambisonic field alone has {BED_CHANNELS}"
        )
    path = _free(out, force)
    made = export_show(options, path, bits=bits, most_tracks=tracks)
    if made.in_field:
        print(
            f"{made.in_field} voices found none of the {tracks} tracks free; they are in the Ambisonic field"
        )
    if made.lowered_db < 0:
        print(f"everything is {-made.lowered_db:.1f} dB quieter than in the show, so that no track clips")
    parts = [f"{made.objects} objects"]
    parts += [f"a bed of {len(made.beds)} channels"] if made.beds else []
    parts += ["an Ambisonic field of order 3"] if made.field else []
    if made.loudness is not None and made.loudness.integrated_lufs is not None:
        peak_dbtp = made.loudness.max_true_peak_dbtp
        peak = "" if peak_dbtp is None else f", true peak {peak_dbtp:.1f} dBTP"
        print(f"as played on 4+7+0: {made.loudness.integrated_lufs:.1f} LUFS{peak}")
    print(f"{path}: {', '.join(parts)} on {made.tracks} tracks, {made.frames / 48_000:.1f} s")
    return 0


def mixdown_command(
    options: PlayOptions, out: str, to: str, *, force: bool, programme: str, gain_db: float
) -> int:
    """Mix down, and say what was written."""
    for line in mixdown(
        options.experience, _free(out, force), to, options, programme=programme, gain_db=gain_db
    ):
        print(line)
    return 0


def _free(out: str, force: bool) -> Path:
    path = Path(out)
    if path.exists() and not force:
        raise UsageError(f"{out} is there already; --force replaces it")
    if path.is_dir():
        raise UsageError(f"{out} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"{out}: there is no folder {path.parent}; make it, or name another")
    return path
