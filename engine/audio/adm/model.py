"""The parts of an ADM document, as they stand in it: values only.

Names follow ITU-R BS.2076-2 without its prefix ``audio``. References are ids, since a document may refer to what comes later, or to the
common definitions. Times are exact fractions of a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

Vec3 = tuple[float, float, float]
Kind = Literal["DirectSpeakers", "Matrix", "Objects", "HOA", "Binaural"]
KINDS: Mapping[str, Kind] = {
    "0001": "DirectSpeakers",
    "0002": "Matrix",
    "0003": "Objects",
    "0004": "HOA",
    "0005": "Binaural",
}
SILENT_UID = "ATU_00000000"


@dataclass(frozen=True, slots=True)
class Divergence:
    """Spread over three: 0 none, 1 the two sides only."""

    value: float
    azimuth_range_deg: float | None = None
    position_range: float | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """Where no loudspeaker plays: lowest and highest, azimuth and elevation or X, Y, Z."""

    cartesian: bool
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ScreenLock:
    """Snaps to an edge of the screen: ``left`` or ``right``, ``top`` or ``bottom``, "" none."""

    horizontal: str = ""
    vertical: str = ""


@dataclass(frozen=True, slots=True)
class ObjectBlock:
    """An audioBlockFormat of an object: where and how it is heard from `rtime_s` for `duration_s`.

    Attributes
    ----------
    position : tuple of 3 float
        Azimuth (+ = left), elevation, distance (1: where loudspeakers stand); or X (right), Y (ahead), Z in the unit cube.
    size : tuple of 3 float
        Width, height, depth: degrees, degrees, 0..1; or 0..1 along X, Z, Y.
    gain : float
        Linear.
    interpolation_s : Fraction or None
        How long it glides from the block before; None: all along.
    lock : float or None
        Moves into the nearest loudspeaker within this distance; infinite: into the nearest; None: not.
    """

    rtime_s: Fraction | None
    duration_s: Fraction | None
    position: Vec3
    cartesian: bool = False
    size: Vec3 = (0.0, 0.0, 0.0)
    gain: float = 1.0
    diffuse: float = 0.0
    interpolation_s: Fraction | None = None
    lock: float | None = None
    divergence: Divergence | None = None
    zones: tuple[Zone, ...] = ()
    screen_ref: bool = False
    screen_lock: ScreenLock | None = None
    head_locked: bool = False
    importance: int = 10


@dataclass(frozen=True, slots=True)
class SpeakerBlock:
    """An audioBlockFormat of a loudspeaker's channel.

    Attributes
    ----------
    labels : tuple of str
        As they stand there, URNs and all.
    position : tuple of 3 float
        As of `ObjectBlock`.
    low, high : tuple of 3 (float or None)
        Bounds of the position.
    """

    rtime_s: Fraction | None
    duration_s: Fraction | None
    labels: tuple[str, ...]
    position: Vec3
    cartesian: bool = False
    low: tuple[float | None, float | None, float | None] = (None, None, None)
    high: tuple[float | None, float | None, float | None] = (None, None, None)
    gain: float = 1.0
    screen_lock: ScreenLock | None = None


@dataclass(frozen=True, slots=True)
class HoaBlock:
    """An audioBlockFormat of an Ambisonic channel.

    Attributes
    ----------
    degree, index : int
        What mathematics calls so: n, and m with its sign. (BS.2076 says order and degree.)
    normalization : str
        ``SN3D``, ``N3D`` or ``FuMa``; "" not said here.
    """

    rtime_s: Fraction | None
    duration_s: Fraction | None
    degree: int
    index: int
    normalization: str = ""
    gain: float = 1.0


Block = ObjectBlock | SpeakerBlock | HoaBlock


@dataclass(frozen=True, slots=True)
class ChannelFormat:
    """What one channel is."""

    id: str
    name: str
    kind: Kind
    blocks: tuple[Block, ...] = ()
    low_pass_hz: float | None = None
    high_pass_hz: float | None = None


@dataclass(frozen=True, slots=True)
class PackFormat:
    """Channels that belong together, and packs within."""

    id: str
    name: str
    kind: Kind
    channels: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    normalization: str = ""
    importance: int | None = None


@dataclass(frozen=True, slots=True)
class TrackUid:
    """A track of the file; `channel` or `track_format` says what it is.

    Attributes
    ----------
    track : int
        Channel of the file, from 1; 0 not yet known (it is in the chunk ``chna``).
    """

    id: str
    track: int = 0
    track_format: str = ""
    channel: str = ""
    pack: str = ""


@dataclass(frozen=True, slots=True)
class Object:
    """Tracks with a time and a name; may hold others.

    Attributes
    ----------
    labels : mapping of str to str
        Name by language.
    """

    id: str
    name: str
    start_s: Fraction = Fraction(0)
    duration_s: Fraction | None = None
    packs: tuple[str, ...] = ()
    uids: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    complementary: tuple[str, ...] = ()
    importance: int | None = None
    gain: float = 1.0
    mute: bool = False
    head_locked: bool = False
    offset: Vec3 = (0.0, 0.0, 0.0)
    offset_cartesian: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loudness:
    """Measured: LUFS, LU, dBTP; None where not said."""

    integrated_lufs: float | None = None
    range_lu: float | None = None
    max_true_peak_dbtp: float | None = None
    max_momentary_lufs: float | None = None
    max_short_term_lufs: float | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Objects that tell one thing: dialogue, music."""

    id: str
    name: str
    language: str = ""
    objects: tuple[str, ...] = ()
    dialogue: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    loudness: Loudness | None = None


@dataclass(frozen=True, slots=True)
class ProgrammeFormat:
    """What is listened to as a whole."""

    id: str
    name: str
    language: str = ""
    contents: tuple[str, ...] = ()
    start_s: Fraction = Fraction(0)
    end_s: Fraction | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    loudness: Loudness | None = None


@dataclass(slots=True)
class Document:
    """An ADM document: everything by its id, in the order of the file.

    Attributes
    ----------
    streams : dict of str to str
        Channel (``AC_``) or pack (``AP_``) of a stream format.
    track_formats : dict of str to str
        Stream of a track format.
    notes : list of str
        What was left out or mended, a sentence each.
    """

    programmes: dict[str, ProgrammeFormat] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    objects: dict[str, Object] = field(default_factory=dict)
    packs: dict[str, PackFormat] = field(default_factory=dict)
    channels: dict[str, ChannelFormat] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)
    track_formats: dict[str, str] = field(default_factory=dict)
    uids: dict[str, TrackUid] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
