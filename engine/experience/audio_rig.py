"""What a rig says of its sound, checked: outputs, loudspeakers, devices, levels. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

ClockFrom = Literal["host", "device"]
OutputKind = Literal["binaural", "speakers", "ambisonic"]

BUSES = ("voice", "music", "effects", "shakers")
"""What sounds are mixed by; a scene's sound names one."""
DEFAULT_DUCK_DB: Mapping[str, float] = MappingProxyType({"effects": -6.0, "music": -4.0})
"""What buses are turned down by while somebody speaks."""


@dataclass(frozen=True, slots=True)
class SpeakerSpec:
    """One loudspeaker.

    Attributes
    ----------
    name : str
        Its label of ITU-R BS.2051 (``M+030``, ``U-110``, ``LFE1``) or the venue's own.
    channel : int
        Output channel of the device, from 1.
    azimuth_deg, elevation_deg : float
        As seen from the resting listener, + = left, + = up.
    distance_m : float
    delay_ns : int
        Added, so that all arrive together.
    gain_db : float
    inverted : bool
        Wired the wrong way round: its samples are negated.
    lfe : bool
    """

    name: str
    channel: int
    azimuth_deg: float
    elevation_deg: float
    distance_m: float = 2.0
    delay_ns: int = 0
    gain_db: float = 0.0
    inverted: bool = False
    lfe: bool = False


@dataclass(frozen=True, slots=True)
class AudioOutput:
    """Something that is listened to.

    Attributes
    ----------
    name : str
    kind : str
        ``binaural`` (headphones), ``speakers``, ``ambisonic`` (ACN, SN3D, for somebody else's decoder).
    seat : int
        Whose ears and reactions; -1 the room.
    channels : tuple of int
        Of the device, from 1: the two ears, the Ambisonic channels, or those of `speakers` in their order.
    device, api : str or None
        Part of the device's name, and of its host interface's; None: the rig's.
    layout : str
        BS.2051 system (``0+2+0``, ``4+7+0``...), ``dome`` or ``free``; "" for headphones.
    decoder : str
        ``bs2127`` or ``allrad``: how objects are panned onto the speakers.
    speakers : tuple of SpeakerSpec
        Every loudspeaker there is, also where the rig names the layout alone.
    hrtf : str
        Path of a SOFA file; "" the shipped set.
    head_radius_m : float or None
        Scales the time between the ears; None: as measured.
    order : int
        Of an ambisonic output.
    gain_db : float
    """

    name: str
    kind: OutputKind
    seat: int = 0
    channels: tuple[int, ...] = (1, 2)
    device: str | None = None
    api: str | None = None
    layout: str = ""
    decoder: Literal["bs2127", "allrad"] = "bs2127"
    speakers: tuple[SpeakerSpec, ...] = ()
    hrtf: str = ""
    head_radius_m: float | None = None
    order: int = 3
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class HearingSpec:
    """Protection of guests' ears.

    Attributes
    ----------
    full_scale_db_spl : float or None
        Level at the ear of a full-scale sine, as measured in the venue; None: not known, so the ceiling alone protects.
    most_db_spl : float
        Fast-weighted level, dB(A), that is never exceeded.
    day_db_spl : float
        Level whose dose over `day_s` is 100 % (NIOSH 1998: 85 dB(A), 8 h, 3 dB exchange rate).
    day_s : float
    """

    full_scale_db_spl: float | None = None
    most_db_spl: float = 100.0
    day_db_spl: float = 85.0
    day_s: float = 28_800.0


@dataclass(frozen=True, slots=True)
class AdmOscSpec:
    """Objects' places told to somebody else's renderer (ADM-OSC 1.0): ``udp://host:port``, so many times a second."""

    to: str
    rate_hz: float = 50.0


@dataclass(frozen=True, slots=True)
class MixSpec:
    """Levels of the venue.

    Attributes
    ----------
    volume_db : float
    bus_db, duck_db : mapping of str to float
    ceiling_dbtp : float
        True peak that no output exceeds.
    loudness_lufs : float or None
        What a package is brought to (EBU R 128: -23); None: as authored.
    """

    volume_db: float = 0.0
    bus_db: dict[str, float] = field(default_factory=dict)
    duck_db: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_DUCK_DB))
    ceiling_dbtp: float = -1.0
    loudness_lufs: float | None = -23.0


@dataclass(frozen=True, slots=True)
class ShakerSpec:
    """An exciter on output channel `channel` (from 1) of the sound device; it renders `role` of `seat`."""

    role: str
    channel: int
    seat: int = 0
    gain_db: float = -6.0
    low_hz: float = 20.0
    high_hz: float = 120.0
    latency_ns: int = 0


STEREO = AudioOutput(
    "main",
    "speakers",
    layout="0+2+0",
    speakers=(SpeakerSpec("M+030", 1, 30.0, 0.0), SpeakerSpec("M-030", 2, -30.0, 0.0)),
)
"""What a rig has that says nothing of its sound."""


@dataclass(frozen=True, slots=True)
class AudioSpec:
    """Where the sound goes, how loud, and by whose clock.

    Attributes
    ----------
    layout : str
        As the rig names it, when it has one output; of several the first's.
    device : str or None
        Part of the sound device's name; None: the system's.
    preroll_ns : int
        How long a source takes to open and fill.
    shakers : tuple of ShakerSpec
        On the rig's own device.
    api : str or None
        Part of the name of its host interface.
    clock : str
        ``host``, or ``device``: the first output's sample clock leads the transport.
    outputs : tuple of AudioOutput
        One or more, all heard at once.
    mix : MixSpec
    hearing : HearingSpec
    adm_osc : AdmOscSpec or None
    """

    layout: str = "stereo"
    device: str | None = None
    preroll_ns: int = 200_000_000
    shakers: tuple[ShakerSpec, ...] = ()
    api: str | None = None
    clock: ClockFrom = "host"
    outputs: tuple[AudioOutput, ...] = (STEREO,)
    mix: MixSpec = field(default_factory=MixSpec)
    hearing: HearingSpec = field(default_factory=HearingSpec)
    adm_osc: AdmOscSpec | None = None

    @property
    def lead_ns(self) -> int:
        """How far ahead a sound has to be known: the time to open its source, and the longest that a loudspeaker waits for the others."""
        waits = [speaker.delay_ns for output in self.outputs for speaker in output.speakers]
        return self.preroll_ns + max(waits, default=0)
