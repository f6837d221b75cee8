"""A rig's sound, checked: what only the whole of `audio_rig_model.AudioDoc` shows to be wrong, and the values the engine runs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine.experience.audio_rig import (
    BUSES,
    DEFAULT_DUCK_DB,
    AdmOscSpec,
    AudioOutput,
    AudioSpec,
    HearingSpec,
    MixSpec,
    OutputKind,
    ShakerSpec,
    SpeakerSpec,
)
from engine.experience.loudspeakers import SHORT_NAMES, SYSTEMS, is_lfe, place_deg
from engine.time.flicks import FLICKS_PER_SECOND, fl_to_ns

if TYPE_CHECKING:
    from engine.experience.audio_rig_model import AdmOscDoc, AudioDoc, HearingDoc, ListedSpeakerDoc, OutputDoc

Path_ = tuple[str | int, ...]
Say = Callable[[Sequence[str | int], str, str], None]

ADM_OSC_PORT = 4001
"""Where renderers listen for ADM-OSC, by its specification."""

_KINDS: Mapping[str, OutputKind] = {"binaural": "binaural", "ambisonic": "ambisonic"}
_DEFAULT_ORDER = 3
# What a key is for; on any other kind it would be silently without effect.
_ONLY_FOR: Mapping[str, OutputKind] = {
    "hrtf": "binaural", "head_radius": "binaural", "order": "ambisonic", "decoder": "speakers", "speakers": "speakers",
}  # fmt: skip
_KIND_WORDS: Mapping[OutputKind, str] = {
    "binaural": "headphones (layout: binaural)",
    "speakers": "loudspeakers",
    "ambisonic": "layout: ambisonic",
}


def build_audio(doc: AudioDoc, seats: Mapping[str, int], folder: Path, say: Say) -> AudioSpec:
    """Settle units and defaults of the sound section.

    Parameters
    ----------
    doc : AudioDoc
    seats : mapping of str to int
        Index of each seat.
    folder : Path
        Where the rig lies; files it names are sought there.
    say : callable
        Takes a path in the file, a message and a hint.

    Returns
    -------
    AudioSpec
        Whatever is wrong was said, and is replaced by something harmless.
    """
    builder = _Builder(doc, seats, folder, say)
    shakers = builder.shakers()
    outputs = builder.outputs()
    builder.claim(outputs, shakers)
    builder.buses()
    duck_db = DEFAULT_DUCK_DB if doc.duck is None else doc.duck
    return AudioSpec(
        layout=(outputs[0].layout or "binaural")
        if doc.layout is None and doc.outputs
        else doc.layout or "stereo",
        device=doc.device,
        preroll_ns=fl_to_ns(doc.preroll),
        shakers=shakers,
        api=doc.api,
        clock=doc.clock,
        outputs=outputs,
        mix=MixSpec(doc.volume, dict(doc.buses), dict(duck_db), doc.ceiling, doc.loudness),
        hearing=_hearing(doc.hearing, say),
        adm_osc=None if doc.adm_osc is None else _adm_osc(doc.adm_osc, say),
    )


class _Builder:
    def __init__(self, doc: AudioDoc, seats: Mapping[str, int], folder: Path, say: Say) -> None:
        self._doc = doc
        self._seats = seats
        self._folder = folder
        self._say = say

    # ---- outputs ---------------------------------------------------------------------------------------------

    def outputs(self) -> tuple[AudioOutput, ...]:
        from engine.experience.audio_rig_model import OutputDoc

        doc = self._doc
        if not doc.outputs:
            layout = doc.layout or "stereo"
            if layout in {"free", "dome"}:
                self._say(
                    ("audio", "layout"),
                    f"layout {layout} needs its loudspeakers listed",
                    "write outputs: [{name: room, layout: free, speakers: {...}}] instead",
                )
                layout = "stereo"
            return (self._output(OutputDoc(name="main", layout=layout), ("audio",)),)
        if doc.layout is not None:
            self._say(
                ("audio", "layout"),
                f"layout {doc.layout} is the short form for one output, and `outputs` lists {len(doc.outputs)}",
                "keep one of the two",
            )
        made: list[AudioOutput] = []
        for index, output in enumerate(doc.outputs):
            at: Path_ = ("audio", "outputs", index)
            if any(output.name == other.name for other in doc.outputs[:index]):
                self._say((*at, "name"), f"there are two outputs {output.name}", "give each its own name")
            made.append(self._output(output, at))
        return tuple(made)

    def _output(self, doc: OutputDoc, at: Path_) -> AudioOutput:
        kind = _KINDS.get(doc.layout, "speakers")
        for key, only in _ONLY_FOR.items():
            if kind != only and getattr(doc, key):
                self._say(
                    (*at, key),
                    f"{key} is for {_KIND_WORDS[only]}; {doc.name} is {doc.layout}",
                    "leave it out",
                )
        channels = doc.channels or []
        for index, channel in enumerate(channels):
            if channel in channels[:index]:
                self._say((*at, "channels"), f"channel {channel} stands in the list twice", "once is enough")
        order = doc.order or _DEFAULT_ORDER
        speakers: tuple[SpeakerSpec, ...] = ()
        if kind == "speakers":
            speakers = self._speakers(doc, at)
            numbers = tuple(speaker.channel for speaker in speakers)
        else:
            count = 2 if kind == "binaural" else (order + 1) ** 2
            if channels and len(channels) != count:
                what = (
                    "headphones have 2 ears" if kind == "binaural" else f"order {order} has {count} channels"
                )
                self._say((*at, "channels"), f"{len(channels)} channels are listed; {what}", f"list {count}")
            numbers = tuple(channels) if len(channels) == count else tuple(range(1, count + 1))
        if doc.seat is not None:
            seat = self._seat(doc.seat, (*at, "seat"))
        else:
            seat = 0 if kind == "binaural" or len(self._seats) == 1 else -1
        return AudioOutput(
            name=doc.name,
            kind=kind,
            seat=seat,
            channels=numbers,
            device=doc.device or self._doc.device,
            api=doc.api or (self._doc.api if doc.device is None else None),
            layout=SHORT_NAMES.get(doc.layout, doc.layout) if kind == "speakers" else "",
            decoder=doc.decoder or ("allrad" if doc.layout == "dome" else "bs2127"),
            speakers=speakers,
            hrtf=self._hrtf(doc, at) if kind == "binaural" else "",
            head_radius_m=doc.head_radius,
            order=order,
            gain_db=doc.gain,
        )

    def _hrtf(self, doc: OutputDoc, at: Path_) -> str:
        if doc.hrtf is None:
            return ""
        path = Path(doc.hrtf).expanduser()
        path = path if path.is_absolute() else self._folder / path
        if path.suffix.lower() != ".sofa":
            self._say((*at, "hrtf"), f"{doc.hrtf!r} is no SOFA file", "give one that ends in .sofa")
        elif not path.is_file():
            self._say(
                (*at, "hrtf"), f"there is no file {doc.hrtf!r} beside the rig", f"it was sought at {path}"
            )
        return str(path)

    # ---- loudspeakers ----------------------------------------------------------------------------------------

    def _speakers(self, doc: OutputDoc, at: Path_) -> tuple[SpeakerSpec, ...]:
        system = SHORT_NAMES.get(doc.layout, doc.layout)
        labels = SYSTEMS.get(system)
        rows: dict[str, ListedSpeakerDoc | None] = dict(doc.speakers)
        if labels is not None:
            for label in doc.speakers:
                if label not in labels:
                    self._say(
                        (*at, "speakers", label),
                        f"{doc.layout} has no loudspeaker {label!r}",
                        f"it has {', '.join(labels)}; a venue that has others writes layout: free",
                    )
            rows = {label: doc.speakers.get(label) for label in labels}
        elif not rows:
            hint = "list them: speakers: {front: {channel: 1, azimuth: 0deg}, ...}"
            self._say((*at, "layout"), f"layout {doc.layout} has no loudspeakers of its own", hint)
            return ()
        present = {label: row for label, row in rows.items() if row is None or not row.absent}
        numbers = self._channels(doc, at, labels, present)
        made: list[SpeakerSpec] = []
        for label, row in present.items():
            made.append(self._speaker(label, row, numbers[label], (*at, "speakers", label)))
        if all(speaker.lfe for speaker in made):
            self._say(
                (*at, "speakers"),
                f"{doc.name} has no loudspeaker but LFEs",
                "list one that sound can come from",
            )
        by_channel: dict[int, str] = {}
        for speaker in made:
            other = by_channel.setdefault(speaker.channel, speaker.name)
            if other != speaker.name:
                self._say(
                    (*at, "speakers", speaker.name),
                    f"channel {speaker.channel} feeds {other} already",
                    f"give {speaker.name} its own",
                )
        return tuple(made)

    def _channels(
        self,
        doc: OutputDoc,
        at: Path_,
        labels: tuple[str, ...] | None,
        present: Mapping[str, ListedSpeakerDoc | None],
    ) -> dict[str, int]:
        """Channel of each loudspeaker: its own, else the output's in order, else counted from 1."""
        in_order = list(labels or present)
        if doc.channels is not None:
            if len(doc.channels) == len(present):
                in_order = list(present)
            elif len(doc.channels) != len(in_order):
                self._say(
                    (*at, "channels"),
                    f"{len(doc.channels)} channels are listed for {len(present)} loudspeakers",
                    f"list {len(present)}, in this order: {', '.join(present)}",
                )
            if len(doc.channels) == len(in_order):
                counted = dict(zip(in_order, doc.channels, strict=True))
            else:
                counted = {label: index + 1 for index, label in enumerate(in_order)}
        else:
            counted = {label: index + 1 for index, label in enumerate(in_order)}
        return {
            label: counted[label] if row is None or row.channel is None else row.channel
            for label, row in present.items()
        }

    def _speaker(self, label: str, row: ListedSpeakerDoc | None, channel: int, at: Path_) -> SpeakerSpec:
        stands = place_deg(label)
        if row is None:
            azimuth, elevation = stands or (0.0, 0.0)
            return SpeakerSpec(label, channel, azimuth, elevation, lfe=is_lfe(label))
        if not label or len(label) > 32 or not label.isprintable():
            self._say(at, f"{label!r} is no name for a loudspeaker", "1 to 32 printable characters")
        lfe = is_lfe(label) if row.lfe is None else row.lfe
        if row.azimuth is None and stands is None and not lfe:
            self._say(
                at, f"{label} does not say where it stands", "give it an azimuth (+ = left): {azimuth: 30deg}"
            )
        azimuth, elevation = stands or (0.0, 0.0)
        return SpeakerSpec(
            label,
            channel,
            azimuth if row.azimuth is None else row.azimuth,
            elevation if row.elevation is None else row.elevation,
            row.distance,
            fl_to_ns(row.delay),
            row.gain,
            row.inverted,
            lfe,
        )

    # ---- the rest --------------------------------------------------------------------------------------------

    def shakers(self) -> tuple[ShakerSpec, ...]:
        made: list[ShakerSpec] = []
        for index, doc in enumerate(self._doc.shakers):
            at: Path_ = ("audio", "shakers", index)
            if any(doc.channel == other.channel for other in made):
                self._say(
                    (*at, "channel"), f"channel {doc.channel} has a shaker already", "give each its own"
                )
            if not doc.low < doc.high:
                self._say(
                    (*at, "low"), f"low is {doc.low:g} Hz, high is {doc.high:g} Hz", "low must be lower"
                )
            seat = 0 if doc.seat is None else max(0, self._seat(doc.seat, (*at, "seat")))
            made.append(
                ShakerSpec(doc.role, doc.channel, seat, doc.gain, doc.low, doc.high, fl_to_ns(doc.latency))
            )
        return tuple(made)

    def buses(self) -> None:
        """Names of buses that there are, and none that would be turned down for itself."""
        for key, rows in (("buses", self._doc.buses), ("duck", self._doc.duck or {})):
            for name, gain_db in rows.items():
                at: Path_ = ("audio", key, name)
                if name not in BUSES:
                    self._say(at, f"there is no bus {name!r}", f"buses are: {', '.join(BUSES)}")
                elif key == "duck" and name == "voice":
                    self._say(at, "the voice would be turned down under itself", "leave it out")
                elif key == "duck" and gain_db > 0:
                    self._say(
                        at, f"duck turns {name} up by {gain_db:g} dB", "write a negative level, as -6db"
                    )

    def claim(self, outputs: Sequence[AudioOutput], shakers: Sequence[ShakerSpec]) -> None:
        """Say where two would speak on one channel of one device."""
        taken: dict[tuple[str | None, str | None, int], str] = {}
        many = bool(self._doc.outputs)
        for index, output in enumerate(outputs):
            at: Path_ = ("audio", "outputs", index) if many else ("audio", "layout")
            others: dict[str, list[int]] = {}
            for channel in dict.fromkeys(output.channels):
                key = (output.device, output.api, channel)
                if key in taken:
                    others.setdefault(taken[key], []).append(channel)
                taken.setdefault(key, output.name)
            for other, channels in others.items():
                self._say(
                    at,
                    f"{output.name} speaks on {_channel_words(channels)} as {other} does",
                    "say `channels` of one of them, or its device",
                )
        for index, shaker in enumerate(shakers):
            holder = taken.get((self._doc.device, self._doc.api, shaker.channel))
            if holder is not None:
                self._say(
                    ("audio", "shakers", index, "channel"),
                    f"channel {shaker.channel} is listened to ({holder})",
                    "give the shaker another",
                )

    def _seat(self, name: str, at: Path_) -> int:
        if name not in self._seats:
            self._say(at, f"there is no seat {name!r}", f"seats are: {', '.join(self._seats)}")
            return -1
        return self._seats[name]


def _channel_words(channels: Sequence[int]) -> str:
    return f"channel{'s' if len(channels) > 1 else ''} {', '.join(map(str, channels))}"


def _hearing(doc: HearingDoc, say: Say) -> HearingSpec:
    if not doc.day <= doc.most:
        say(
            ("audio", "hearing", "most"),
            f"most is {doc.most:g} dB and the level of a whole day {doc.day:g} dB",
            "most must not be lower",
        )
    return HearingSpec(doc.full_scale, doc.most, doc.day, doc.per / FLICKS_PER_SECOND)


def _adm_osc(doc: AdmOscDoc, say: Say) -> AdmOscSpec:
    at = ("audio", "adm_osc")
    hint = f"write udp://host, or udp://host:port ({ADM_OSC_PORT} when none is given)"
    try:
        address = urlsplit(doc.to)
        host, port = address.hostname, address.port
        sound = address.scheme == "udp" and host and port != 0 and not (address.path or address.query)
    except ValueError:  # brackets that do not match, a port that is none
        host, port, sound = None, None, False
    if not sound or host is None:
        say(at, f"{doc.to!r} is no address that objects can be told to", hint)
        return AdmOscSpec(doc.to, doc.rate)
    name = f"[{host}]" if ":" in host else host
    return AdmOscSpec(f"udp://{name}:{port or ADM_OSC_PORT}", doc.rate)
