"""ADM files: opened with their programme, rendered to files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.audio.adm.document import read_document
from engine.audio.adm.headphones import EarRenderer
from engine.audio.adm.items import Programme, programme_of
from engine.audio.adm.model import Document
from engine.audio.adm.renderer import LayoutRenderer
from engine.audio.block import BLOCK, SAMPLE_RATE_HZ, STAGE_LATENCY, Stage
from engine.audio.formats import WaveFormat, WaveReader, WaveWriter
from engine.audio.speakers.layouts import Layout
from engine.errors import InputError
from engine.units import db_to_gain

_AT_ONCE = 16_384


def is_adm(path: Path) -> bool:
    """Whether a file says by ADM what its tracks are."""
    if path.suffix.lower() not in (".wav", ".bw64", ".rf64"):
        return False
    with WaveReader(path) as file:
        return "chna" in file.chunks


def document_of(file: WaveReader) -> Document:
    """The ADM document of an open file.

    Raises
    ------
    InputError
        When there is none, or it is damaged.
    """
    rows, axml = file.chna(), file.axml()
    if not rows:
        raise InputError(
            f"{file.path}: has no ADM: there is no chna chunk among {', '.join(map(ascii, file.chunks))}; export it as ADM BW64"
        )
    return read_document(axml, rows, path=file.path)


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """What a rendering gave.

    Attributes
    ----------
    path : Path
    frames : int
    rate_hz : int
    channels : tuple of str
    peak : float
        Highest magnitude, linear; above 1 it was clipped.
    notes : tuple of str
        About the file.
    """

    path: Path
    frames: int
    rate_hz: int
    channels: tuple[str, ...]
    peak: float
    notes: tuple[str, ...]


def render_file(
    source: Path,
    target: Path,
    layout: Layout | Stage,
    *,
    programme: str = "",
    language: str = "",
    least_importance: int = 0,
    gain_db: float = 0.0,
    bits: int = 24,
    progress: Callable[[float], None] | None = None,
) -> RenderedFile:
    """Renders an ADM file to a layout's channels, or to two ears.

    Parameters
    ----------
    source, target : Path
    layout : Layout or Stage
        Loudspeakers; or a pair of ears, which hear files of 48 kHz.
    programme, language, least_importance
        See `programme_of`.
    gain_db : float
    bits : int
        16, 24, or 32 (float, which nothing clips).
    progress : callable, optional
        Called with 0..1 now and then.

    Raises
    ------
    InputError
        When the file cannot be read.
    OutputError
        When the result cannot be written.
    """
    with WaveReader(source) as file:
        chosen: Programme = programme_of(
            document_of(file), programme, language=language, least_importance=least_importance, path=source
        )
        renderer: LayoutRenderer | EarRenderer
        if isinstance(layout, Layout):
            renderer = LayoutRenderer(chosen, layout, file.format.rate_hz)
            names, late, step = layout.names, renderer.latency, _AT_ONCE
        else:
            if file.format.rate_hz != SAMPLE_RATE_HZ:
                raise InputError(
                    f"{source}: {file.format.rate_hz} Hz; headphones are rendered at {SAMPLE_RATE_HZ}, convert it first"
                )
            renderer = EarRenderer(chosen, layout, file.format.rate_hz)
            names, late, step = ("left", "right"), STAGE_LATENCY, BLOCK
        form = WaveFormat(len(names), file.format.rate_hz, bits, "float" if bits == 32 else "pcm")
        gain = db_to_gain(gain_db)
        total = file.frames + late
        with WaveWriter(target, form) as out:
            for first in range(0, total, step):
                # Ears' blocks are all as long; what lies behind the end is silence.
                count = step if isinstance(renderer, EarRenderer) else min(step, total - first)
                # What comes out first belongs before the beginning.
                made = renderer.process(file.read(first, count), first)[max(0, late - first) : total - first]
                out.write(made * np.float32(gain) if gain != 1.0 else made)
                if progress is not None and first // _AT_ONCE != (first + count) // _AT_ONCE:
                    progress(min(1.0, (first + count) / total))
            return RenderedFile(
                target, out.frames, form.rate_hz, names, out.peak,
                (*file.notes, *chosen.notes, *renderer.notes),
            )  # fmt: skip
