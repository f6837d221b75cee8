"""HJIF, the interchange form of MPEG haptics (ISO/IEC 23090-31): perceptions, channels, bands, effects, keyframes.

Amplitudes are written as the reference encoder writes those of AHAP: 0.6138 of the perceived intensity for waves,
0.792 for transients, within 65 to 300 Hz. Files by other hands use the whole range; a file in which no wave is louder
than 0.6138 is taken for one of the former.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.experience.haptics.clip import (
    LONGEST_S,
    LOW_HZ,
    MAX_POINTS,
    SPAN_HZ,
    HapticClip,
    HapticFile,
    Knock,
    Point,
    Reading,
    hz_of,
    sharpness_of,
)

WAVE_FULL, TRANSIENT_FULL = 0.6138, 0.792
_DEFAULT_AMPLITUDE, _DEFAULT_HZ = 0.5, 90.0
_TIMESCALE = 1000
_MAX_DEPTH = 8

# Bits of the body part mask (ISO/IEC 23090-31, table of body parts), those that seats and vests have.
_BODY = {0: "", 1: "head_front", 2: "head_back", 4: "head_right", 8: "head_left"}


def read_hjif(data: Any, reading: Reading) -> HapticFile:
    """A file's content: a clip a channel.

    Raises
    ------
    PackageError
        Without perceptions.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("perceptions"), list):
        raise reading.refuse("no perceptions", "an HJIF file has version, timescale and perceptions")
    timescale = reading.number(data, "timescale", _TIMESCALE, low=1.0, high=1e9)
    clips: list[HapticClip] = []
    for perception in reading.rows(data, "perceptions"):
        library = {
            str(row.get("id")): row
            for row in reading.rows(perception, "effect_library")
            if isinstance(row, Mapping)
        }
        for channel in reading.rows(perception, "channels"):
            clips.append(_channel(channel, library, timescale, len(clips), reading))
    if not clips:
        raise reading.refuse("no channel", "a perception has channels with bands")
    return HapticFile(tuple(clips), tuple(reading.notices), str(data.get("description") or ""))


def _channel(
    channel: Any, library: Mapping[Any, Any], timescale: float, number: int, reading: Reading
) -> HapticClip:
    gain = reading.number(channel, "gain", 1.0, low=-64.0, high=64.0)
    gain *= reading.number(channel, "mixing_coefficient", 1.0, low=-64.0, high=64.0)
    found = _Found()
    for band in reading.rows(channel, "bands"):
        kind = band.get("band_type") if isinstance(band, Mapping) else None
        if kind not in ("Transient", "VectorialWave", "Curve", "WaveletWave"):
            reading.say(f"band type {kind!r}", "left out")
            continue
        if kind == "WaveletWave":
            reading.say("a wavelet band", "only its envelope is played, effect by effect")
        for effect in reading.rows(band, "effects"):
            _effect(effect, str(kind), library, timescale, 0.0, found, reading, 0)
    frames, knocks = found.frames, found.knocks
    loudest = max((abs(value) * abs(gain) for _, value, _ in frames), default=0.0)
    wave_full = WAVE_FULL if loudest <= WAVE_FULL + 1e-3 else 1.0
    hardest = max((abs(value) * abs(gain) for _, value, _ in knocks), default=0.0)
    knock_full = TRANSIENT_FULL if hardest <= TRANSIENT_FULL + 1e-3 else 1.0

    def amplitude(value: float, full: float) -> float:
        return min(abs(value * gain) / full, 1.0) ** 2

    frames.sort(key=lambda frame: frame[0])
    name = _name(channel, number, reading)
    return HapticClip(
        name=name,
        amplitude=tuple(Point(t, amplitude(value, wave_full)) for t, value, _ in frames),
        sharpness=tuple(Point(t, sharpness_of(hz)) for t, _, hz in frames if hz is not None),
        knocks=tuple(Knock(t, amplitude(v, knock_full), sharpness_of(hz)) for t, v, hz in sorted(knocks)),
    )


def _name(channel: Any, number: int, reading: Reading) -> str:
    mask = int(reading.number(channel, "body_part_mask", 0.0, low=0.0, high=2**32 - 1))
    text = channel.get("description") if isinstance(channel, Mapping) else None
    if _BODY.get(mask):
        return _BODY[mask]
    if isinstance(text, str) and text and not text.startswith("placeholder"):
        return text
    return "" if number == 0 else f"channel_{number + 1}"


@dataclass(slots=True)
class _Found:
    """Key frames of waves and of transients, and how many effects they come from."""

    frames: list[tuple[float, float, float | None]] = field(default_factory=list)
    knocks: list[tuple[float, float, float]] = field(default_factory=list)
    effects: int = 0


def _effect(
    effect: Any,
    kind: str,
    library: Mapping[Any, Any],
    timescale: float,
    base_s: float,
    found: _Found,
    reading: Reading,
    depth: int,
) -> None:
    if not isinstance(effect, Mapping) or depth > _MAX_DEPTH:
        reading.say(
            "effects refer to each other in a circle" if depth else "an effect is not an object", "left out"
        )
        return
    found.effects += 1
    if found.effects + len(found.frames) + len(found.knocks) > MAX_POINTS:
        # Effects that refer to effects that refer to effects multiply: a page of text could say a billion of them.
        raise reading.refuse(f"more than {MAX_POINTS} effects and key frames on a channel", "split the file")
    begin_s = (
        base_s + reading.number(effect, "position", 0.0, low=0.0, high=LONGEST_S * timescale) / timescale
    )
    form = effect.get("effect_type", "Basis")
    if form == "Reference":
        target = library.get(str(effect.get("id")))
        if target is None:
            reading.say(f"effect {effect.get('id')!r} is not in the library", "left out")
        else:
            _effect({**target, "position": 0}, kind, library, timescale, begin_s, found, reading, depth + 1)
        return
    for inner in reading.rows(effect, "composition"):
        _effect(inner, kind, library, timescale, begin_s, found, reading, depth + 1)
    value, hz = _DEFAULT_AMPLITUDE, None
    for frame in reading.rows(effect, "keyframes"):
        t_s = (
            begin_s
            + reading.number(frame, "relative_position", 0.0, low=0.0, high=LONGEST_S * timescale) / timescale
        )
        if isinstance(frame, Mapping) and "amplitude_modulation" in frame:
            value = reading.number(frame, "amplitude_modulation", _DEFAULT_AMPLITUDE, low=-1.0, high=1.0)
        hz = None
        if isinstance(frame, Mapping) and "frequency_modulation" in frame:
            hz = reading.number(frame, "frequency_modulation", _DEFAULT_HZ, low=0.0, high=10_000.0)
        if kind == "Transient":
            found.knocks.append((t_s, value, hz if hz is not None else _DEFAULT_HZ))
        else:
            found.frames.append((t_s, value, hz))


# ---- writing -------------------------------------------------------------------------------------------------


def write_hjif(clips: tuple[HapticClip, ...], title: str = "") -> str:
    """Clips as text, a channel each, times in milliseconds."""
    channels = [_written(clip, index) for index, clip in enumerate(clips)]
    data = {
        "version": "2023",
        "profile": "Main",
        "level": 1,
        "date": "",
        "description": title,
        "timescale": _TIMESCALE,
        "avatars": [],
        "perceptions": [
            {
                "id": 0,
                "avatar_id": 0,
                "description": "",
                "perception_modality": "Other",
                "reference_devices": [],
                "effect_library": [],
                "channels": channels,
            }
        ],
        "syncs": [],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _written(clip: HapticClip, index: int) -> dict[str, Any]:
    knocks = [
        {
            "relative_position": _ms(knock.t_s),
            "amplitude_modulation": round(TRANSIENT_FULL * math.sqrt(knock.amplitude), 7),
            "frequency_modulation": round(hz_of(knock.sharpness)),
        }
        for knock in clip.knocks
    ]
    limits = {"lower_frequency_limit": round(LOW_HZ), "upper_frequency_limit": round(LOW_HZ + SPAN_HZ)}
    bands: list[dict[str, Any]] = [
        {
            "band_type": "Transient",
            **limits,
            "effects": [{"effect_type": "Basis", "position": 0, "keyframes": knocks}],
        }
    ]
    if clip.amplitude:
        # A key frame has both: where only one of the two curves bends, the other is on its way.
        times = sorted({point.t_s for point in clip.amplitude} | {p.t_s for p in clip.sharpness})
        begin_s, end_s = clip.amplitude[0].t_s, clip.amplitude[-1].t_s
        steps = {p.t_s: p.value for p in clip.amplitude}
        bends = {p.t_s for p in clip.sharpness}
        frames = []
        for t_s in times:
            if not begin_s <= t_s <= end_s:
                continue
            value = steps.get(t_s, clip.amplitude_at(t_s))
            frame: dict[str, Any] = {
                "relative_position": _ms(t_s),
                "amplitude_modulation": round(WAVE_FULL * math.sqrt(value), 7),
            }
            if t_s in bends or t_s == begin_s:
                frame["frequency_modulation"] = round(hz_of(clip.sharpness_at(t_s)))
            frames.append(frame)
        effect = {
            "effect_type": "Basis",
            "position": 0,
            "phase": 0.0,
            "base_signal": "Sine",
            "keyframes": frames,
        }
        bands.append({"band_type": "VectorialWave", **limits, "effects": [effect]})
    return {
        "id": index,
        "description": clip.name or "haptics",
        "gain": 1.0,
        "mixing_coefficient": 1.0,
        "body_part_mask": 0,
        "bands": bands,
    }


def _ms(t_s: float) -> int:
    return round(t_s * _TIMESCALE)
