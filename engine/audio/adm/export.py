"""A show as an ADM master: every voice an object, its beds as beds, the rest an Ambisonic field.

What is heard at the resting guest's place is written: distance, occlusion and levels are in the samples, directions in the
metadata.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.adm.build import Builder, Part
from engine.audio.adm.capture import Heard, Survey, Tracks
from engine.audio.adm.document import read_document
from engine.audio.adm.items import programme_of
from engine.audio.adm.model import Document, Loudness, ObjectBlock
from engine.audio.adm.renderer import LayoutRenderer
from engine.audio.adm.write import axml_of, chna_of
from engine.audio.block import BED_CHANNELS, BED_ORDER, SAMPLE_RATE_HZ
from engine.audio.formats import WaveFormat, WaveWriter
from engine.audio.formats.channels import NAMED
from engine.audio.loudness import LoudnessMeter, channel_weights
from engine.audio.speakers.layouts import LAYOUTS

Samples = NDArray[np.float32]

MOST_TRACKS = 128
"""Of a cinema master."""
_AT_ONCE = SAMPLE_RATE_HZ // 2
_HEADROOM = 0.98
_BED_ORDER_OF_NAMES = NAMED["22.2"] + ("M+110", "M-110", "U+030", "U-030", "U+110", "U-110")


class Source(Protocol):
    """A mixer with a capture for its only output."""

    def render(self, first: int, frames: int) -> object:
        """Makes the next samples; what they are is taken by the capture."""
        ...


MakeSource = Callable[[Survey | Tracks], Source]
"""Builds the same mixer anew around a capture."""


@dataclass(frozen=True, slots=True)
class Titles:
    """Words about a show.

    Attributes
    ----------
    title : str
    by_language : mapping of str to str
    language : str
        Spoken in this run.
    name_of : callable
        Name and bus of a voice by its key; default ``Object 3`` in effects.
    """

    title: str
    by_language: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    name_of: Callable[[int], tuple[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    path : Path
    frames, tracks, objects : int
    beds : tuple of str
        Labels of the bed's channels.
    field : bool
        Whether it has an Ambisonic bed of order 3.
    lowered_db : float
        By how much everything was turned down so that no track clips; 0 or less.
    in_field : int
        Voices for which there was no track left.
    loudness : Loudness or None
    """

    path: Path
    frames: int
    tracks: int
    objects: int
    beds: tuple[str, ...]
    field: bool
    lowered_db: float
    in_field: int
    loudness: Loudness | None


def export_adm(
    path: Path,
    make_source: MakeSource,
    frames: int,
    titles: Titles,
    *,
    bits: int = 24,
    most_tracks: int = MOST_TRACKS,
    measure: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Exported:
    """Writes a master.

    Parameters
    ----------
    path : Path
        Replaced when it exists.
    make_source : callable
        Makes the mixer; called twice.
    frames : int
        Length, at 48 kHz.
    titles : Titles
    bits : int
        16 or 24.
    most_tracks : int
        Of the file.
    measure : bool
        Measures the master as played on 4+7+0 and writes its loudness into it.
    progress : callable, optional
        Called with 0..1.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    survey = Survey()
    _run(make_source(survey), frames, lambda share: progress(share / 2) if progress else None)
    survey.heard = [one for one in survey.heard if one.first < frames and one.last > 0]
    beds = tuple(name for name in _BED_ORDER_OF_NAMES if name in survey.beds)
    beds += tuple(sorted(survey.beds - set(beds)))
    rest = most_tracks - len(beds) - BED_CHANNELS
    objects = survey.allot(max(0, rest))
    heard = [one for one in survey.heard if one.track >= 0]
    lowered = min(1.0, _HEADROOM / survey.peak) if survey.peak > 0 else 1.0
    document = _document(heard, objects, beds, survey.field, frames, titles)
    tracks = Tracks(survey.heard, objects, beds, survey.field)
    form = WaveFormat(max(1, tracks.count), SAMPLE_RATE_HZ, bits)
    # Measured as it is read: with the common definitions, which beds and fields refer to and which a document does not hold.
    measured = (
        _Measured(read_document(axml_of(document, bits=bits), chna_of(document)))
        if measure and tracks.count
        else None
    )
    source = make_source(tracks)
    loudness: Loudness | None = None
    with WaveWriter(path, form) as out:

        def put(first: int, made: Samples) -> None:
            low, high = max(0, out.frames - first), min(len(made), frames - first)
            if first > out.frames:
                out.write(np.zeros((min(first, frames) - out.frames, form.channels), np.float32))
                low = 0
            if low < high:
                part = made[low:high] * np.float32(lowered)
                if measured is not None:
                    measured.add(part, out.frames)
                out.write(part)

        def drain(share: float) -> None:
            made = tracks.taken()
            if made:
                # The mixer's blocks follow one another; what is done with them is done at once.
                joined = np.concatenate([samples for _, samples in made])
                put(made[0][0], joined if tracks.count else np.zeros((len(joined), 1), np.float32))
            if progress is not None:
                progress(0.5 + share / 2)

        _run(source, frames, drain)
        if out.frames < frames:
            put(out.frames, np.zeros((frames - out.frames, form.channels), np.float32))
        if measured is not None:
            loudness = measured.result()
            document = _document(heard, objects, beds, survey.field, frames, titles, loudness)
        out.add_adm(chna_of(document), axml_of(document, bits=bits))
    return Exported(
        path, frames, tracks.count, len(heard), beds, survey.field, 20 * float(np.log10(lowered)),
        len(survey.heard) - len(heard), loudness,
    )  # fmt: skip


class _Measured:
    """Loudness of a master as it is written, on 4+7+0."""

    def __init__(self, document: Document) -> None:
        on = LAYOUTS["4+7+0"]
        self._renderer = LayoutRenderer(programme_of(document), on, SAMPLE_RATE_HZ)
        places = [None if one.lfe else (one.azimuth_deg, one.elevation_deg) for one in on.speakers]
        self._meter = LoudnessMeter(channel_weights(places))

    def add(self, samples: Samples, first: int) -> None:
        """The next samples, shape (n, tracks)."""
        self._meter.add(self._renderer.process(samples, first))

    def result(self) -> Loudness:
        """Of everything so far; what silence has no figure for is not said."""
        found = self._meter.result()
        values = (
            found.integrated_lufs,
            found.range_lu,
            found.peak_dbtp,
            found.momentary_lufs,
            found.short_term_lufs,
        )
        return Loudness(*(round(value, 2) if math.isfinite(value) else None for value in values))


def _run(source: Source, frames: int, after: Callable[[float], None]) -> None:
    for first in range(0, frames, _AT_ONCE):
        count = min(_AT_ONCE, frames - first)
        source.render(first, count)
        after((first + count) / frames)


def blocks_of(one: Heard, frames: int) -> tuple[int, int, list[ObjectBlock]]:
    """First sample, last, and blocks of an object; times from its first sample."""
    first, last = max(0, one.first), min(frames, one.last)
    found: list[ObjectBlock] = []
    begin = first
    # A block glides to its place, so each is where the next point is; a first one, short, says where it begins.
    points = [point for point in one.path if point[0] < last]
    edges = [min(first + 1, last), *(point[0] for point in points[1:] if point[0] > first + 1)]
    shown = [points[0], *(point for point in points[1:] if point[0] > first + 1)]
    for edge, (_, azimuth, elevation, spread) in zip(edges, shown, strict=True):
        found.append(_block(begin - first, edge - first, azimuth, elevation, spread))
        begin = edge
    if begin < last:
        _, azimuth, elevation, spread = shown[-1]
        found.append(_block(begin - first, last - first, azimuth, elevation, spread))
    return first, last, found


def _block(begin: int, end: int, azimuth_deg: float, elevation_deg: float, spread_deg: float) -> ObjectBlock:
    wide = min(360.0, 2 * spread_deg)
    return ObjectBlock(
        Fraction(begin, SAMPLE_RATE_HZ), Fraction(end - begin, SAMPLE_RATE_HZ),
        (round(azimuth_deg, 4), round(elevation_deg, 4), 1.0), size=(wide, wide, 0.0),
    )  # fmt: skip


_CONTENT = {"voice": "Dialogue", "music": "Music", "effects": "Effects"}


def _document(
    heard: list[Heard],
    objects: int,
    beds: tuple[str, ...],
    with_field: bool,
    frames: int,
    titles: Titles,
    loudness: Loudness | None = None,
) -> Document:
    """What the tracks are: objects first, which share tracks, then the bed, then the field."""
    builder = Builder()
    whole = Fraction(frames, SAMPLE_RATE_HZ)
    for number, one in enumerate(heard, 1):
        first, last, blocks = blocks_of(one, frames)
        name, bus = titles.name_of(one.key) if titles.name_of is not None else (f"Object {number}", "effects")
        content = _CONTENT.get(bus, "Effects")
        language = titles.language if content == "Dialogue" else ""
        start, length = Fraction(first, SAMPLE_RATE_HZ), Fraction(last - first, SAMPLE_RATE_HZ)
        builder.track_count = one.track
        builder.add_object(Part(name, content, language, start, length), blocks)
    builder.track_count = objects
    if beds:
        builder.add_bed(Part("Bed", "Beds", duration_s=whole), beds)
    if with_field:
        builder.add_field(Part("Field", "Beds", duration_s=whole), BED_ORDER)
    return builder.finish(
        titles.title, titles=titles.by_language, languages=(titles.language,) if titles.language else (),
        duration_s=whole, loudness=loudness,
    )  # fmt: skip
