"""Writes an ADM document: the chunks axml and chna (ITU-R BS.2076, BS.2088).

What is written keeps to what BS.2076-1 already had, so that older readers take it: stream and track formats beside the track UIDs,
decimal times, labels only as elements that they skip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from xml.sax.saxutils import escape, quoteattr

from engine.audio.adm.common import common_channels, common_packs
from engine.audio.adm.model import (
    KINDS,
    Block,
    ChannelFormat,
    Content,
    Document,
    HoaBlock,
    Loudness,
    Object,
    ObjectBlock,
    PackFormat,
    ProgrammeFormat,
    SpeakerBlock,
    TrackUid,
    Vec3,
)
from engine.audio.formats import ChnaRow

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ebuCoreMain xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="urn:ebu:metadata-schema:ebuCore_2015">\n'
    "<coreMetadata><format><audioFormatExtended>\n"
)
_FOOT = "</audioFormatExtended></format></coreMetadata></ebuCoreMain>\n"
_POLAR = ("azimuth", "elevation", "distance")
_CARTESIAN = ("X", "Y", "Z")
_LABEL = {kind: label for label, kind in KINDS.items()}


def axml_of(document: Document, *, rate_hz: int = 48_000, bits: int = 24) -> bytes:
    """The chunk axml of a document; the common definitions are left out.

    Parameters
    ----------
    document : Document
    rate_hz, bits : int
        Of the file, as its track UIDs say.
    """
    packs = [one for key, one in document.packs.items() if key not in common_packs()]
    channels = [one for key, one in document.channels.items() if key not in common_channels()]
    parts: list[Iterable[str]] = [
        *(_programme(one) for one in document.programmes.values()),
        *(_content(one) for one in document.contents.values()),
        *(_object(one) for one in document.objects.values()),
        *(_pack(one) for one in packs),
        *(_channel(one) for one in channels),
        *(_stream(key, ref, document) for key, ref in document.streams.items()),
        *(_track_format(key, stream) for key, stream in document.track_formats.items()),
        *(_uid(one, rate_hz, bits) for one in document.uids.values()),
    ]
    return (_HEAD + "".join(line + "\n" for part in parts for line in part) + _FOOT).encode()


def chna_of(document: Document) -> tuple[ChnaRow, ...]:
    """The chunk chna of a document."""
    return tuple(
        ChnaRow(one.track, one.id, one.track_format or f"{one.channel}_00", one.pack)
        for one in document.uids.values()
        if one.track
    )


def time_text(time: Fraction) -> str:
    """``hh:mm:ss.zzzzzzzzz``, rounded down: the first sample not before it is the same as of the exact time."""
    return _time(time.numerator * 10**9 // time.denominator)


def _time(ns: int) -> str:
    seconds, rest = divmod(ns, 10**9)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}.{rest:09d}"


def _ns(time: Fraction) -> int:
    return time.numerator * 10**9 // time.denominator


def _attributes(pairs: Mapping[str, str | None]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in pairs.items() if value)


def _refs(name: str, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        yield f"<{name}>{key}</{name}>"


def _named(name: str, one_id: str, title: str, more: Mapping[str, str | None] | None = None) -> str:
    return f"<{name}{_attributes({f'{name}ID': one_id, f'{name}Name': title or one_id, **(more or {})})}>"


def _labels(name: str, labels: Mapping[str, str]) -> Iterator[str]:
    for language, text in labels.items():
        yield f"<{name}{_attributes({'language': language})}>{escape(text)}</{name}>"


def _loudness(loudness: Loudness | None) -> Iterator[str]:
    if loudness is None:
        return
    values = {
        "integratedLoudness": loudness.integrated_lufs,
        "loudnessRange": loudness.range_lu,
        "maxTruePeak": loudness.max_true_peak_dbtp,
        "maxMomentary": loudness.max_momentary_lufs,
        "maxShortTerm": loudness.max_short_term_lufs,
    }
    inner = "".join(f"<{name}>{value:.2f}</{name}>" for name, value in values.items() if value is not None)
    yield f'<loudnessMetadata loudnessMethod="ITU-R BS.1770" loudnessRecType="EBU R128">{inner}</loudnessMetadata>'


def _programme(one: ProgrammeFormat) -> Iterator[str]:
    end = None if one.end_s is None else time_text(one.end_s)
    more = {"audioProgrammeLanguage": one.language, "start": time_text(one.start_s), "end": end}
    yield _named("audioProgramme", one.id, one.name, more)
    yield from _labels("audioProgrammeLabel", one.labels)
    yield from _refs("audioContentIDRef", one.contents)
    yield from _loudness(one.loudness)
    yield "</audioProgramme>"


def _content(one: Content) -> Iterator[str]:
    yield _named("audioContent", one.id, one.name, {"audioContentLanguage": one.language})
    yield from _labels("audioContentLabel", one.labels)
    yield from _refs("audioObjectIDRef", one.objects)
    yield from _loudness(one.loudness)
    if one.dialogue is not None:
        kind = ("nonDialogueContentKind", "dialogueContentKind", "mixedContentKind")[one.dialogue]
        yield f'<dialogue {kind}="0">{one.dialogue}</dialogue>'
    yield "</audioContent>"


def _object(one: Object) -> Iterator[str]:
    start_ns = _ns(one.start_s)
    duration = None if one.duration_s is None else _time(_ns(one.start_s + one.duration_s) - start_ns)
    importance = None if one.importance is None else str(one.importance)
    more = {"start": _time(start_ns), "duration": duration, "importance": importance}
    yield _named("audioObject", one.id, one.name, more)
    yield from _labels("audioObjectLabel", one.labels)
    if one.gain != 1.0:
        yield f"<gain>{_number(one.gain)}</gain>"
    if one.mute:
        yield "<mute>1</mute>"
    if one.head_locked:
        yield "<headLocked>1</headLocked>"
    if any(one.offset):
        names = _CARTESIAN if one.offset_cartesian else _POLAR
        for name, value in zip(names, one.offset, strict=True):
            yield f'<positionOffset coordinate="{name}">{_number(value)}</positionOffset>'
    yield from _refs("audioPackFormatIDRef", one.packs)
    yield from _refs("audioObjectIDRef", one.objects)
    yield from _refs("audioComplementaryObjectIDRef", one.complementary)
    yield from _refs("audioTrackUIDRef", one.uids)
    yield "</audioObject>"


def _pack(one: PackFormat) -> Iterator[str]:
    importance = None if one.importance is None else str(one.importance)
    more = {"typeDefinition": one.kind, "typeLabel": _LABEL[one.kind], "importance": importance}
    yield _named("audioPackFormat", one.id, one.name, more)
    yield from _refs("audioChannelFormatIDRef", one.channels)
    yield from _refs("audioPackFormatIDRef", one.packs)
    if one.normalization:
        yield f"<normalization>{one.normalization}</normalization>"
    yield "</audioPackFormat>"


def _channel(one: ChannelFormat) -> Iterator[str]:
    yield _named(
        "audioChannelFormat", one.id, one.name, {"typeDefinition": one.kind, "typeLabel": _LABEL[one.kind]}
    )
    for kind, hz in (("lowPass", one.low_pass_hz), ("highPass", one.high_pass_hz)):
        if hz is not None:
            yield f'<frequency typeDefinition="{kind}">{_number(hz)}</frequency>'
    for number, block in enumerate(one.blocks, 1):
        yield _block(f"AB_{one.id[3:]}_{number:08x}", block)
    yield "</audioChannelFormat>"


def _block(key: str, block: Block) -> str:
    times: dict[str, str | None] = {"audioBlockFormatID": key}
    if block.rtime_s is not None:
        start = _ns(block.rtime_s)
        times["rtime"] = _time(start)
        if block.duration_s is not None:
            # From one written time to the next, so that blocks that follow each other still do.
            times["duration"] = _time(_ns(block.rtime_s + block.duration_s) - start)
    match block:
        case ObjectBlock():
            inner = _object_block(block)
        case SpeakerBlock():
            inner = _speaker_block(block)
        case HoaBlock():
            inner = f"<order>{block.degree}</order><degree>{block.index}</degree>"
            if block.normalization:
                inner += f"<normalization>{block.normalization}</normalization>"
            inner += _gain(block.gain)
    return f"<audioBlockFormat{_attributes(times)}>{inner}</audioBlockFormat>"


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) >= 1e-4 or value == 0 else f"{value:.9f}"


def _gain(gain: float) -> str:
    return "" if gain == 1.0 else f"<gain>{_number(gain)}</gain>"


def _position(position: Vec3, cartesian: bool) -> str:
    names = _CARTESIAN if cartesian else _POLAR
    return "".join(
        f'<position coordinate="{name}">{_number(value)}</position>'
        for name, value in zip(names, position, strict=True)
    )


def _object_block(block: ObjectBlock) -> str:
    out = ["<cartesian>1</cartesian>"] if block.cartesian else []
    out.append(_position(block.position, block.cartesian))
    if block.screen_lock is not None:
        # The lock is an attribute of the coordinate that it overrides.
        for name, edge in (
            ("azimuth", block.screen_lock.horizontal),
            ("elevation", block.screen_lock.vertical),
        ):
            if edge:
                coordinate = {"azimuth": "X", "elevation": "Z"}[name] if block.cartesian else name
                out[-1] = out[-1].replace(
                    f'coordinate="{coordinate}"', f'coordinate="{coordinate}" screenEdgeLock="{edge}"'
                )
    for name, value in zip(("width", "height", "depth"), block.size, strict=True):
        if value:
            out.append(f"<{name}>{_number(value)}</{name}>")
    out.append(_gain(block.gain))
    if block.diffuse:
        out.append(f"<diffuse>{_number(block.diffuse)}</diffuse>")
    if block.lock is not None:
        furthest = "" if block.lock == float("inf") else f' maxDistance="{_number(block.lock)}"'
        out.append(f"<channelLock{furthest}>1</channelLock>")
    if block.divergence is not None:
        wide = block.divergence
        ranges = {
            "azimuthRange": None if wide.azimuth_range_deg is None else _number(wide.azimuth_range_deg),
            "positionRange": None if wide.position_range is None else _number(wide.position_range),
        }
        out.append(f"<objectDivergence{_attributes(ranges)}>{_number(wide.value)}</objectDivergence>")
    if block.interpolation_s is not None:
        length = (
            f' interpolationLength="{_number(float(block.interpolation_s))}"' if block.interpolation_s else ""
        )
        out.append(f"<jumpPosition{length}>1</jumpPosition>")
    if block.zones:
        out.append("<zoneExclusion>")
        for zone in block.zones:
            names = ("X", "Y", "Z") if zone.cartesian else ("Azimuth", "Elevation")
            bounds = {f"min{name}": _number(value) for name, value in zip(names, zone.low, strict=True)}
            bounds |= {f"max{name}": _number(value) for name, value in zip(names, zone.high, strict=True)}
            out.append(f"<zone{_attributes(bounds)}/>")
        out.append("</zoneExclusion>")
    for name, flag in (("screenRef", block.screen_ref), ("headLocked", block.head_locked)):
        if flag:
            out.append(f"<{name}>1</{name}>")
    if block.importance != 10:
        out.append(f"<importance>{block.importance}</importance>")
    return "".join(out)


def _speaker_block(block: SpeakerBlock) -> str:
    out = [f"<speakerLabel>{escape(label)}</speakerLabel>" for label in block.labels]
    if block.cartesian:
        out.append("<cartesian>1</cartesian>")
    out.append(_position(block.position, block.cartesian))
    names = _CARTESIAN if block.cartesian else _POLAR
    for bound, values in (("min", block.low), ("max", block.high)):
        for name, value in zip(names, values, strict=True):
            if value is not None:
                out.append(f'<position coordinate="{name}" bound="{bound}">{_number(value)}</position>')
    out.append(_gain(block.gain))
    return "".join(out)


def _stream(key: str, ref: str, document: Document) -> Iterator[str]:
    name = "audioPackFormat" if ref.startswith("AP_") else "audioChannelFormat"
    more = {"formatDefinition": "PCM", "formatLabel": "0001"}
    yield _named("audioStreamFormat", key, f"PCM_{ref}", more)
    yield f"<{name}IDRef>{ref}</{name}IDRef>"
    yield from _refs(
        "audioTrackFormatIDRef", (track for track, stream in document.track_formats.items() if stream == key)
    )
    yield "</audioStreamFormat>"


def _track_format(key: str, stream: str) -> Iterator[str]:
    yield _named("audioTrackFormat", key, f"PCM_{key}", {"formatDefinition": "PCM", "formatLabel": "0001"})
    yield f"<audioStreamFormatIDRef>{stream}</audioStreamFormatIDRef>"
    yield "</audioTrackFormat>"


def _uid(one: TrackUid, rate_hz: int, bits: int) -> Iterator[str]:
    yield f'<audioTrackUID UID="{one.id}" sampleRate="{rate_hz}" bitDepth="{bits}">'
    yield from _refs("audioTrackFormatIDRef", (one.track_format,) if one.track_format else ())
    yield from _refs("audioChannelFormatIDRef", (one.channel,) if one.channel else ())
    yield from _refs("audioPackFormatIDRef", (one.pack,) if one.pack else ())
    yield "</audioTrackUID>"
