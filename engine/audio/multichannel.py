"""Sound files of many channels in a scene: what each channel is, and their samples as a clip has them.

A bed for loudspeakers, an Ambisonic field, or an ADM master of objects, beds and fields. What is not the file's own order is said in the
name by which a clip is asked for: ``forest.wav::fuma``, ``street.wav::adm``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.adm.files import document_of
from engine.audio.adm.items import HoaItem, ObjectItem, Programme, SpeakerItem, programme_of
from engine.audio.adm.mix import GainTracks
from engine.audio.adm.model import HoaBlock
from engine.audio.adm.object_gains import moved, vector_of
from engine.audio.adm.timeline import Stretch, stretches
from engine.audio.ambisonics.conversion import from_fuma, from_n3d, weights_over_sn3d
from engine.audio.block import BED_CHANNELS, BED_ORDER
from engine.audio.formats import WaveReader
from engine.audio.formats.channels import BY_COUNT, NAMED, VORBIS, from_mask
from engine.audio.speakers.coordinates import to_polar
from engine.audio.speakers.direct import plain_label
from engine.errors import InputError

Samples = NDArray[np.float32]
Vec3 = tuple[float, float, float]

MARK = "::"
FIELDS = ("ambix", "n3d", "fuma")
MOST_BYTES = 1 << 30
"""Of a decoded sound: an hour of one channel and a half, or a minute and a half of 64."""
WAVES = (".wav", ".bw64", ".rf64", ".amb")
_AT_M = 2.0


@dataclass(frozen=True, slots=True)
class MovingPlace:
    """Where an ADM object is over its file's time: its blocks' places, straight from one to the next.

    Attributes
    ----------
    stretches : tuple of Stretch
        At 48 kHz.
    places : tuple of (x, y, z)
        Metres in the vehicle's frame, of each block.
    """

    stretches: tuple[Stretch, ...]
    places: tuple[Vec3, ...]

    def at(self, sample: int) -> Vec3:
        """The place at a sample of the file; before and after its time, the nearest there is."""
        for one in self.stretches:
            if sample < one.last:
                share = one.share_last - one.share_first
                along = one.share_first + share * max(0, sample - one.first) / max(1, one.last - one.first)
                a, b = self.places[one.before], self.places[one.after]
                x, y, z = (p + (q - p) * along for p, q in zip(a, b, strict=True))
                return x, y, z
        return self.places[-1] if self.places else (0.0, _AT_M, 0.0)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a file of many channels holds.

    Attributes
    ----------
    channel : int
        Of an object, its channel in the clip; -1 of a bed.
    labels : tuple of str
        Of a bed, what each channel of the clip is (`engine.audio.sounds.Sound.labels`).
    place : MovingPlace or None
        Of an object.
    spread_deg : float
    """

    channel: int
    labels: tuple[str, ...] = ()
    place: MovingPlace | None = None
    spread_deg: float = 0.0


def parts_of(path: Path, channels: str = "") -> tuple[str, tuple[Part, ...]]:
    """What a file holds.

    Parameters
    ----------
    path : Path
    channels : str
        What a cue says of it: a layout, ``ambix``, ``n3d``, ``fuma``; "" nothing.

    Returns
    -------
    mark : str
        What belongs behind the file's name when its clip is asked for: "", or ``::adm``.
    parts : tuple of Part
        Empty for an ordinary sound of one or two channels.

    Raises
    ------
    InputError
        When the file cannot be read, or nobody could know what its channels are.
    """
    if path.suffix.lower() in WAVES and not channels:
        with WaveReader(path) as file:
            if "chna" in file.chunks:
                return f"{MARK}adm", _Master(file).parts()
            if file.format.fuma:
                channels = "fuma"
    count, form = _count(path)
    if channels in FIELDS:
        columns = _field_matrix(path, count, channels).shape[0]
        return f"{MARK}{channels}", (
            Part(-1, tuple(f"ACN{acn}" for acn in range(min(columns, BED_CHANNELS)))),
        )
    if channels:
        labels = NAMED[channels]
        if len(labels) != count:
            raise InputError(
                f"{path}: {count} channels, {channels} has {len(labels)}; say another layout or export it again"
            )
        return "", (Part(-1, labels),) if count > 2 else ()
    if count <= 2:
        return "", ()
    known = _known_labels(path, count, form)
    if known is None:
        raise InputError(
            f"{path}: {count} channels, and the file does not say what they are; write `channels:` with one of "
            f"{', '.join((*NAMED, *FIELDS))}"
        )
    return "", (Part(-1, known),)


def decode_many(path: Path, what: str, cleaned: list[bool] | None = None) -> tuple[Samples, int]:
    """Samples of a marked name.

    Parameters
    ----------
    path : Path
        Without its mark.
    what : str
        ``adm``, ``ambix``, ``n3d`` or ``fuma``.
    cleaned : list of bool, optional
        As `read_sound`.

    Returns
    -------
    samples : ndarray of float32, shape (n, channels)
    rate_hz : int

    Raises
    ------
    InputError
    """
    if what == "adm":
        with WaveReader(path) as file:
            made = _Master(file).samples()
            if cleaned is not None and file.unsound:
                cleaned.append(True)
            return made, file.format.rate_hz
    samples, rate_hz = read_sound(path, cleaned)
    matrix = _field_matrix(path, samples.shape[1], what)[:BED_CHANNELS]
    return np.asarray(samples @ matrix.T.astype(np.float32), np.float32), rate_hz


def read_sound(path: Path, cleaned: list[bool] | None = None) -> tuple[Samples, int]:
    """All of a file, whatever libsndfile reads, or BW64.

    Parameters
    ----------
    path : Path
    cleaned : list of bool, optional
        Takes True where samples were no numbers, or infinite, and are silence instead.

    Raises
    ------
    InputError
        Missing, no sound, too long to be held in memory; a rate that cannot be meant.
    """
    import soundfile

    try:
        with soundfile.SoundFile(str(path)) as file:
            too_large(path, file.frames, file.channels, file.samplerate)
            samples, rate_hz = file.read(dtype="float32", always_2d=True), int(file.samplerate)
    except (OSError, soundfile.LibsndfileError) as error:
        if path.suffix.lower() not in WAVES or not path.is_file():
            raise InputError(f"{path}: cannot be read as sound ({error}); use FLAC or WAV") from error
        with WaveReader(path) as wave:
            too_large(path, wave.frames, wave.format.channels, wave.format.rate_hz)
            samples, rate_hz = wave.read(0, wave.frames), wave.format.rate_hz
            if cleaned is not None and wave.unsound:
                cleaned.append(True)
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        if cleaned is not None:
            cleaned.append(True)
    return np.asarray(samples, np.float32), rate_hz


def header_of(path: Path) -> tuple[int, int, int]:
    """Frames, channels, rate of a file.

    Raises
    ------
    InputError
        Missing or no sound.
    """
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (OSError, soundfile.LibsndfileError) as error:
        if path.suffix.lower() not in WAVES or not path.is_file():
            raise InputError(f"{path}: cannot be read as sound ({error}); use FLAC or WAV") from error
        with WaveReader(path) as wave:
            return wave.frames, wave.format.channels, wave.format.rate_hz
    return int(info.frames), int(info.channels), int(info.samplerate)


def too_large(path: Path, frames: int, channels: int, rate_hz: int) -> None:
    """Refuses what could not be held in memory, or has a rate that nothing has.

    Raises
    ------
    InputError
    """
    if not 4_000 <= rate_hz <= 768_000:
        raise InputError(f"{path}: {rate_hz} samples a second; 4000 to 768000 are allowed, export it again")
    size = frames * channels * 4 * max(1.0, 48_000 / rate_hz)
    if size > MOST_BYTES:
        raise InputError(
            f"{path}: {frames / rate_hz:.0f} s of {channels} channels take {size / 1e9:.1f} GB when they are decoded; at most "
            f"{MOST_BYTES / 1e9:.1f} are held, cut it into several sounds, or render it to fewer channels (sensorama mixdown)"
        )


def _count(path: Path) -> tuple[int, str]:
    import soundfile

    _, count, _ = header_of(path)
    try:
        return count, str(soundfile.info(str(path)).subtype)
    except (OSError, soundfile.LibsndfileError):
        return count, ""


def _known_labels(path: Path, count: int, form: str) -> tuple[str, ...] | None:
    """Labels by the format's own rule, or by the file's mask."""
    if form in ("VORBIS", "OPUS"):
        return VORBIS.get(count)
    if path.suffix.lower() in WAVES:
        with WaveReader(path) as file:
            if file.format.mask:
                return from_mask(file.format.mask, count)
    return BY_COUNT.get(count)


def _field_matrix(path: Path, count: int, what: str) -> NDArray[np.float64]:
    """From a file's channels to ACN, SN3D."""
    try:
        if what == "fuma":
            return from_fuma(count)
        scale = from_n3d(count)  # also tells whether there is such an order
    except ValueError as error:
        raise InputError(f"{path}: {error}; say another `channels:` or export it again") from error
    return np.diag(scale) if what == "n3d" else np.eye(count)


class _Master:
    """An ADM master as a clip: objects' channels first, with their gains over time in them, then beds', then a field's."""

    def __init__(self, file: WaveReader) -> None:
        self._file = file
        programme: Programme = programme_of(document_of(file), path=file.path)
        self._objects = [item for item in programme.items if isinstance(item, ObjectItem)]
        self._beds = [item for item in programme.items if isinstance(item, SpeakerItem)]
        self._fields = [item for item in programme.items if isinstance(item, HoaItem)]
        self._channels = len(self._objects) + len(self._beds) + (BED_CHANNELS if self._fields else 0)

    def parts(self) -> tuple[Part, ...]:
        """Its objects, then its beds and its field as one."""
        found = []
        for number, item in enumerate(self._objects):
            when = stretches(item.blocks, item.common, 48_000, [])
            places = []
            wide = 0.0
            for block in item.blocks:
                position = moved(block, item.common)
                x, y, z = vector_of(to_polar(*position) if block.cartesian else position, False)
                places.append((x * _AT_M, y * _AT_M, z * _AT_M))
                size = max(block.size[0], block.size[1]) * (180.0 if block.cartesian else 0.5)
                wide = max(wide, min(180.0, size), 180.0 * block.diffuse)
            found.append(Part(number, place=MovingPlace(tuple(when), tuple(places)), spread_deg=wide))
        labels = [""] * len(self._objects)
        for bed in self._beds:
            labels.append(plain_label(bed.blocks[0].labels[0]) if bed.blocks and bed.blocks[0].labels else "")
        if self._fields:
            labels += [f"ACN{acn}" for acn in range(BED_CHANNELS)]
        if len(labels) > len(self._objects):
            found.append(Part(-1, tuple(labels)))
        return tuple(found)

    def samples(self) -> Samples:
        """All channels, shape (n, channels)."""
        file = self._file
        too_large(file.path, file.frames, max(self._channels, file.format.channels), file.format.rate_hz)
        rate_hz = file.format.rate_hz
        out = np.zeros((file.frames, self._channels), np.float32)
        sound = file.read(0, file.frames)
        singles: list[ObjectItem | SpeakerItem] = [*self._objects, *self._beds]
        for column, item in enumerate(singles):
            when = stretches(item.blocks, item.common, rate_hz, [], glides=isinstance(item, ObjectItem))
            gains = np.array([[block.gain * item.common.gain] for block in item.blocks])
            GainTracks([(when, gains)], 1).mix(
                sound[:, item.track : item.track + 1], 0, out[:, column : column + 1]
            )
        for field in self._fields:
            weights = weights_over_sn3d(field.normalization, np.array(field.degrees), np.array(field.indices))
            whole = HoaBlock(field.rtime_s, field.block_duration_s, 0, 0)
            when = stretches([whole], field.common, rate_hz, [], glides=False)
            for track, degree, index, gain, weight in zip(
                field.tracks, field.degrees, field.indices, field.gains, weights, strict=True
            ):
                if degree <= BED_ORDER:
                    column = len(singles) + degree * degree + degree + index
                    level = np.array([[gain * field.common.gain / weight]])
                    GainTracks([(when, level)], 1).mix(
                        sound[:, track : track + 1], 0, out[:, column : column + 1]
                    )
        return out
