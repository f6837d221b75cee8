"""How loud a show is, piece by piece: as the venue plays it, on a pair of loudspeakers, through its limiter.

Every scene is rendered alone by the product's own mixer, from silence to its end and as long as its sounds ring out behind it; so is every
reaction. What is kept is the weighted power of each tenth of a second (ITU-R BS.1770: K-weighting; IEC 61672: A-weighting), and the true
peak. Over a seam the scene before still sounds, and a reaction may come at any instant at which its trigger listens: amplitudes add at
the worst, ``(sqrt p + sqrt q)^2``. Of several languages the louder one counts, tenth by tenth.

A filter's memory over a seam is that of the sound which goes on there, so it is in the rendered tail.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import __version__
from engine.audio.assembly import make_mix, settings_of
from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.book import book_of
from engine.audio.clips import ClipCache
from engine.audio.device_mix import DeviceMix
from engine.audio.grid import Grid
from engine.audio.hearing import a_weighting
from engine.audio.loudness.meter import K_WEIGHTING
from engine.audio.loudness.true_peak import TruePeak
from engine.audio.sounds import SceneSounds, SoundBook
from engine.experience import Package
from engine.safety.certificate.contributions.values import Contribution, Material, Measured, Reading
from engine.safety.certificate.pieces import Piece, PieceWay
from engine.safety.paths.values import Additive, Highest, Windowed
from engine.time import NO_SCENE, LocalBlock, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND, fl_to_ns
from engine.timeline.program import Program

Floats = NDArray[np.float64]

STEP_S = 0.1
_STEP = round(STEP_S * SAMPLE_RATE_HZ)
#: How long a scene is listened to after the last of its sounds: reverberation is over by then.
_TAIL_S = 5.0
#: BS.1770: loudness is -0.691 LUFS plus ten times the logarithm of the weighted mean square.
_OFFSET_DB = -0.691
#: Equal energy at 85 dB(A) for eight hours is a whole dose; 3 dB for half the time.
_DOSE_DB, _DOSE_S = 85.0, 8.0 * 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """One scene or reaction, and what rings on.

    Attributes
    ----------
    k, a : float64[n]
        Mean square of each tenth of a second, K- and A-weighted, over both channels.
    peak : float
        True peak, linear.
    rings_s : float
        How long at most a sound of it goes on after the scene is left; what rooms add to that is over in `_TAIL_S`.
    """

    k: Floats
    a: Floats
    peak: float
    rings_s: float = 0.0


def sound_costs(material: Material, full_scale_db: float | None) -> Contribution:
    """Loudest seconds, true peak, and the noise dose where full scale is known in dB SPL.

    Raises
    ------
    InputError
        A sound cannot be read.
    """
    package = material.package
    books: list[SoundBook] = []
    scenes = [_heard(material, package, number, books) for number in range(len(package.scenes))]
    reactions = _reactions(material)
    pieces = _over_one_another(material, scenes, reactions)
    measured = [
        _loudest(material, "loudness_short", 3.0, pieces),
        _loudest(material, "loudness_momentary", 0.4, pieces),
        Measured(
            "true_peak",
            "dBTP",
            (),
            Highest("true_peak", [row.peak**2 for row in pieces]),
            Reading(level=True),
        ),
    ]
    notes = ["sound is measured on a pair of loudspeakers, through the limiter, at the venue's levels"]
    if full_scale_db is None:
        notes.append("how loud full scale is at the guest is not said (full_scale_db): no noise dose")
    else:
        # A sine at full scale has a mean square of a half.
        per_s = 2.0 * 10.0 ** ((full_scale_db - _DOSE_DB) / 10.0) / _DOSE_S * 100.0
        doses = [float(row.a.sum() * STEP_S * per_s) for row in pieces]
        after = [
            float(pieces[way.source].after_a.sum() * STEP_S * per_s)
            if way.source >= 0 and way.target < 0
            else 0.0
            for way in material.pieces.ways
        ]
        measured.append(Measured("noise_dose", "%", (), Additive("noise_dose", doses, after)))
    if any(reactions.values()):
        notes.append(
            f"{sum(map(len, reactions.values()))} reactions sound: counted at every instant at which they may come"
        )
    return Contribution(tuple(measured), tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class _Set:
    """A reaction that may be set off between two positions, no more often than once in `spacing_fl`."""

    from_fl: int
    to_fl: int
    spacing_fl: int
    heard: Heard


@dataclass(frozen=True, slots=True, eq=False)
class _Loud:
    """A piece with all that may sound over it, tenth by tenth, and what rings on where the show ends with it."""

    k: Floats
    a: Floats
    peak: float
    after_k: Floats = field(default_factory=lambda: np.zeros(0))
    after_a: Floats = field(default_factory=lambda: np.zeros(0))


def _over_one_another(
    material: Material,
    scenes: Sequence[Heard],
    reactions: dict[int, list[_Set]],
) -> list[_Loud]:
    """Every piece with what may still sound of all those before it, however many seams ago they began.

    Courses are amplitudes, which add: K-weighted, A-weighted, and the peak; one column a tenth from the piece's beginning on.
    """
    pieces, ways = material.pieces.pieces, material.pieces.ways
    counts = [max(1, -(-piece.to_fl * 10 // FLICKS_PER_SECOND) - _tenth(piece.from_fl)) for piece in pieces]
    own = [_course(scenes[piece.scene], _tenth(piece.from_fl)) for piece in pieces]
    set_off = [_set_off(piece, reactions.get(number, ())) for number, piece in enumerate(pieces)]
    come: list[Floats] = [np.zeros((3, 0)) for _ in pieces]

    def going_on(way: PieceWay) -> Floats:
        source = pieces[way.source]
        least = max(
            1, _tenth(min(source.leave_from_fl if way.early else source.to_fl, source.to_fl) - source.from_fl)
        )
        within = (
            way.target >= 0 and source.scene == pieces[way.target].scene and pieces[way.target].from_fl > 0
        )
        rings = round(_TAIL_S / STEP_S) + math.ceil(scenes[source.scene].rings_s / STEP_S)
        # Within a scene its own course goes on.
        parts = [
            own[way.source][:, least : least if within else None],
            set_off[way.source][:, least:],
            come[way.source][:, least:],
        ]
        if way.early:
            # Left later, it is further on: what is still to come at the worst.
            parts = [np.maximum.accumulate(row[:, ::-1], axis=1)[:, ::-1] for row in parts]
        parts[0] = parts[0][:, :rings]
        return _sum(*parts)

    # What rings is shorter by a piece with every way, so this ends, also in a loop.
    while True:
        found = list(come)
        for way in ways:
            if way.source >= 0 and way.target >= 0:
                found[way.target] = _higher(found[way.target], going_on(way))
        if all(np.array_equal(one, other) for one, other in zip(come, found, strict=True)):
            break
        come = found
    ceiling = 10.0 ** (material.rig.audio.mix.ceiling_dbtp / 20.0)
    made = []
    for number, count in enumerate(counts):
        over = [part[:, :count] for part in (own[number], set_off[number], come[number])]
        total = _sum(np.zeros((3, count)), *over)
        ends = [going_on(way) for way in ways if way.source == number and way.target < 0]
        after = _higher(np.zeros((3, 0)), *ends)
        made.append(
            _Loud(
                total[0] ** 2,
                total[1] ** 2,
                min(float(sum(part[2].max(initial=0.0) for part in over)), ceiling),
                after[0] ** 2,
                after[1] ** 2,
            )
        )
    return made


def _course(heard: Heard, first: int) -> Floats:
    k, a = np.sqrt(heard.k[first:]), np.sqrt(heard.a[first:])
    return np.stack((k, a, np.full(len(k), heard.peak)))


def _set_off(piece: Piece, reactions: Sequence[_Set]) -> Floats:
    """What reactions may add, from the piece's beginning until the last of them is over."""
    found = np.zeros((3, 0))
    for one in reactions:
        begin = max(0, _tenth(one.from_fl - piece.from_fl))
        end = _tenth(max(0, one.to_fl - piece.from_fl)) + 1 + len(one.heard.k)
        course = np.zeros((3, end))
        alone = _course(one.heard, 0)
        # Set off again before it is over, it sounds over itself: each of them at another part of it.
        apart = max(1, _tenth(one.spacing_fl))
        for part in range(0, alone.shape[1], apart):
            course[:, begin:] += alone[:, part : part + apart].max(axis=1, keepdims=True)
        found = _sum(found, course)
    return found


def _sum(*courses: Floats) -> Floats:
    total = np.zeros((3, max(course.shape[1] for course in courses)))
    for course in courses:
        total[:, : course.shape[1]] += course
    return total


def _higher(*courses: Floats) -> Floats:
    highest = np.zeros((3, max(course.shape[1] for course in courses)))
    for course in courses:
        part = highest[:, : course.shape[1]]
        np.maximum(part, course, out=part)
    return highest


def _loudest(material: Material, measure: str, window_s: float, pieces: Sequence[_Loud]) -> Measured:
    """The most weighted energy in a window, told as loudness."""
    steps = round(window_s / STEP_S)
    inside, head, tail, total, least_s = [], [], [], [], []
    for row, piece in zip(pieces, material.pieces.pieces, strict=True):
        grown = np.concatenate(([0.0], np.cumsum(row.k))) * STEP_S
        early = piece.leave_from_fl < piece.to_fl
        most, rung = _most(row.k, steps), _most(row.after_k, steps)
        # Where the show ends with it, it rings on.
        whole = np.concatenate((row.k, row.after_k))
        inside.append(most + rung if early else _most(whole, steps))
        head.append(float(row.k[:steps].sum() * STEP_S + rung if early else whole[:steps].sum() * STEP_S))
        tail.append(most if early else float(grown[-1] - grown[max(0, len(grown) - 1 - steps)]))
        total.append(float(grown[-1]))
        least_s.append(max(1e-3, (min(piece.leave_from_fl, piece.to_fl) - piece.from_fl) / FLICKS_PER_SECOND))
    across = [
        _over(pieces, way.source, way.target, steps, tail, head, early=way.early)
        for way in material.pieces.ways
    ]
    costs = Windowed(measure, window_s, inside, head, tail, total, least_s, (), across)
    offset_db = _OFFSET_DB - 10.0 * np.log10(window_s)
    return Measured(measure, "LUFS", (), costs, Reading(level=True, offset_db=float(offset_db)))


def _most(powers: Floats, steps: int) -> float:
    """The most energy in a window."""
    grown = np.concatenate(([0.0], np.cumsum(powers))) * STEP_S
    return float((grown[steps:] - grown[:-steps]).max()) if len(grown) > steps else float(grown[-1])


def _over(
    pieces: Sequence[_Loud],
    source: int,
    target: int,
    steps: int,
    tail: Sequence[float],
    head: Sequence[float],
    *,
    early: bool,
) -> float:
    """The most energy in a window over one seam."""
    if source < 0 or target < 0:
        return head[target] if target >= 0 else tail[source]
    if early:
        return tail[source] + head[target]
    before = np.concatenate(([0.0], np.cumsum(pieces[source].k[::-1][:steps]))) * STEP_S
    whole = np.concatenate((pieces[target].k, pieces[target].after_k))
    after = np.concatenate(([0.0], np.cumsum(whole[:steps]))) * STEP_S
    # A window with k to k + 1 tenths before the seam has at most `steps - k` behind it.
    return float(
        max(before[min(k + 1, len(before) - 1)] + after[min(steps - k, len(after) - 1)] for k in range(steps))
    )


def _tenth(at_fl: int) -> int:
    return int(at_fl * 10 // FLICKS_PER_SECOND)


def _part(powers: Floats, count: int) -> Floats:
    found = np.zeros(count)
    found[: len(powers)] = powers
    return found


def _reactions(material: Material) -> dict[int, list[_Set]]:
    """By piece, between which positions a reaction with sound may be set off."""
    found: dict[int, list[_Set]] = {}
    heard: dict[tuple[int, int], Heard] = {}
    for number, piece in enumerate(material.pieces.pieces):
        program = material.evaluator.programs[piece.scene]
        for trigger in program.triggers:
            reaction = trigger.do.reaction
            from_fl, to_fl = max(trigger.from_fl, piece.from_fl), min(trigger.to_fl, piece.to_fl)
            if reaction < 0 or to_fl <= from_fl:
                continue
            sounding = program.reactions[reaction]
            if not any(cue.kind in ("audio", "line") for cue in sounding.media.cues):
                continue
            key = (piece.scene, reaction)
            if key not in heard:
                alone = replace(sounding, id=program.id, index=0, acoustics=program.acoustics)
                one = replace(material.package, scenes=(alone,))
                heard[key] = _heard(material, one, 0, [], f"{program.id}/{sounding.id}")
            spacing_fl = max(trigger.cooldown_fl, trigger.dwell_fl, FLICKS_PER_SECOND // 4)
            found.setdefault(number, []).append(_Set(from_fl, to_fl, spacing_fl, heard[key]))
    return found


def _heard(
    material: Material, package: Package, number: int, books: list[SoundBook], name: str = ""
) -> Heard:
    """Render a scene, or a reaction in its place, in every language; kept from one judgement to the next.

    The package's book of sounds is read when the first scene asks for it, and kept in `books`.
    """
    program = package.scenes[number]
    if not any(cue.kind in ("audio", "line") for cue in program.media.cues):
        return Heard(np.zeros(1), np.zeros(1), 0.0)
    mix = material.rig.audio.mix
    said = (
        __version__,
        material.package.hash,
        name or program.id,
        repr(mix),
        material.package.manifest.loudness,
    )
    file = hashlib.sha256(repr(said).encode()).hexdigest()[:32]
    known = _load(file) if material.package.hash else None
    if known is not None:
        return known
    if not books:
        books.append(book_of(package))
    spoken = any(cue.kind == "line" for cue in program.media.cues)
    languages = range(len(package.languages)) if spoken else range(1)
    rings_s, over_s = _ringing(books[0].scenes[program.index])
    made = [_rendered(material, package, program, books[0], language, over_s) for language in languages]
    length = max(len(one.k) for one in made)
    k, a = (
        np.max([_part(row, length) for row in rows], axis=0)
        for rows in ([m.k for m in made], [m.a for m in made])
    )
    found = Heard(k, a, max(one.peak for one in made), rings_s)
    if material.package.hash:
        _save(file, found)
    return found


def _ringing(sounds: SceneSounds) -> tuple[float, float]:
    """How long at most one of a scene's sounds goes on once the scene is left, and how long after its end; s."""
    rings_s, over_s = 0.0, 0.0
    for sound in sounds.sounds:
        if sound.loop or not sound.tail:
            fade_s = sound.fade_out_samples / SAMPLE_RATE_HZ
            rings_s, over_s = max(rings_s, fade_s), max(over_s, fade_s)
            continue
        lengths = [sound.length_samples, *(length for _, length in sound.by_language.values())]
        length_s = max(0, max(lengths) - sound.skip_samples) / SAMPLE_RATE_HZ
        rings_s = max(rings_s, length_s)
        if sound.at_fl < sounds.duration_fl:
            over_s = max(over_s, length_s - (sounds.duration_fl - sound.at_fl) / FLICKS_PER_SECOND)
    return rings_s, over_s


def _rendered(
    material: Material, package: Package, program: Program, book: SoundBook, language: int, over_s: float
) -> Heard:
    from scipy.signal import sosfilt

    settings = settings_of(material.rig.audio.mix, material.package.manifest.loudness)
    ceiling_dbtp = material.rig.audio.mix.ceiling_dbtp
    mixer: DeviceMix = make_mix(book, ClipCache(package.path), settings=settings, ceiling_dbtp=ceiling_dbtp)
    block = LocalBlock()
    writer = TransportWriter(block)
    end_ns = fl_to_ns(program.duration.nominal_fl)
    writer.control(from_ns=0, language=language)
    writer.append(from_ns=0, scene=program.index, at_fl=0, rate=1, beat=0)
    writer.append(from_ns=end_ns, scene=NO_SCENE, at_fl=0, rate=1, beat=1)
    transport = block.read()
    grid = Grid(0)
    filters = (np.asarray(K_WEIGHTING), a_weighting())
    states = [np.zeros((len(sos), 2, 2)) for sos in filters]
    powers: tuple[list[float], list[float]] = ([], [])
    peak = TruePeak(2)
    chunk = 5 * _STEP
    for first in range(0, grid.first(end_ns) + round((over_s + _TAIL_S) * SAMPLE_RATE_HZ), chunk):
        samples = np.nan_to_num(mixer.render(transport, grid.ns(first), chunk).astype(np.float64)[:, :2])
        peak.add(samples)
        for row, sos in enumerate(filters):
            output, states[row] = sosfilt(sos, samples, axis=0, zi=states[row])
            powers[row].extend(((output * output).reshape(5, -1).sum(axis=1) / _STEP).tolist())
    return Heard(np.array(powers[0]), np.array(powers[1]), peak.peak)


def _folder() -> Path:
    """The user's cache folder (`SENSORAMA_CACHE` overrides)."""
    own = os.environ.get("SENSORAMA_CACHE")
    if own:
        return Path(own) / "loudness"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "sensorama" / "loudness"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "sensorama" / "loudness"


def _load(name: str) -> Heard | None:
    try:
        with np.load(_folder() / f"{name}.npz", allow_pickle=False) as found:
            k, a, peak, rings_s = found["k"], found["a"], float(found["peak"]), float(found["rings_s"])
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        return None
    sound = (
        k.shape == a.shape
        and k.ndim == 1
        and np.isfinite(k).all()
        and np.isfinite(a).all()
        and np.isfinite(peak)
        and np.isfinite(rings_s)
    )
    return Heard(k, a, peak, rings_s) if sound else None


def _save(name: str, heard: Heard) -> None:
    """Keep figures, whole or not at all; a folder that cannot be written to costs the time again and nothing else."""
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=_folder(), suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, k=heard.k, a=heard.a, peak=heard.peak, rings_s=heard.rings_s)
            Path(part).replace(_folder() / f"{name}.npz")
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError:
        return
