"""Haptic files: every format read, three written, against pairs that other people's converters made where they are at hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import PackageError, UsageError
from engine.experience.haptics import HapticClip, HapticFile, Knock, Point, read_haptic, write_haptic
from engine.experience.haptics.ahap import read_ahap, write_ahap
from engine.experience.haptics.clip import Reading, hz_of, sharpness_of
from engine.experience.haptics.files import haptic_texts
from engine.experience.haptics.haps import read_haps
from engine.experience.haptics.hjif import read_hjif, write_hjif
from engine.experience.haptics.lofelt import read_lofelt, write_lofelt
from engine.experience.haptics.tact import read_tact
from engine.experience.haptics.tracks import clips_of_scene, import_haptic
from engine.experience.haptics.wav import thinned
from engine.experience.package import load_package
from engine.show.checking import check_command
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.evaluate import Evaluator
from tests.peer_data import peer_files


def event(
    kind: str, t: float, intensity: float = 1.0, sharpness: float = 0.0, length: float | None = None
) -> dict[str, Any]:
    row: dict[str, Any] = {"EventType": kind, "Time": t}
    if length is not None:
        row["EventDuration"] = length
    row["EventParameters"] = [
        {"ParameterID": "HapticIntensity", "ParameterValue": intensity},
        {"ParameterID": "HapticSharpness", "ParameterValue": sharpness},
    ]
    return {"Event": row}


def curve(name: str, t: float, *points: tuple[float, float]) -> dict[str, Any]:
    rows = [{"Time": a, "ParameterValue": b} for a, b in points]
    return {"ParameterCurve": {"ParameterID": name, "Time": t, "ParameterCurveControlPoints": rows}}


def ahap(*pattern: Any) -> HapticClip:
    return read_ahap({"Version": 1.0, "Pattern": list(pattern)}, Reading("x.ahap")).clips[0]


# ---- AHAP ----------------------------------------------------------------------------------------------------


def test_ahap_events_and_curves() -> None:
    clip = ahap(
        event("HapticContinuous", 0.0, 0.8, 0.2, 2.0),
        curve("HapticIntensityControl", 0.0, (0.0, 0.0), (1.0, 1.0), (2.0, 0.5)),
        event("HapticTransient", 0.5, 0.6, 0.9),
    )
    # Perceived intensity is the root of amplitude.
    assert clip.amplitude_at(1.0) == pytest.approx(0.8**2)
    assert clip.amplitude_at(2.0) == pytest.approx(0.4**2, abs=1e-6)
    assert clip.amplitude_at(2.1) == 0.0
    assert clip.sharpness_at(1.0) == pytest.approx(0.2**2)
    assert clip.knocks == (Knock(0.5, pytest.approx((0.6 * 0.5) ** 2), 0.9),)


def test_an_ahap_parameter_whose_name_is_no_text_is_left_out() -> None:
    # Found by fuzzing.
    odd = event("HapticTransient", 0.5, 0.25)
    odd["Event"]["EventParameters"].append({"ParameterID": {"x": 1}, "ParameterValue": 1.0})
    assert ahap(odd) == ahap(event("HapticTransient", 0.5, 0.25))


def test_ahap_events_end_where_they_end_and_the_strongest_counts() -> None:
    clip = ahap(
        event("HapticContinuous", 0.0, 0.5, length=1.0),
        event("HapticContinuous", 0.5, 1.0, length=0.2),
        event("HapticContinuous", 2.0, 0.3, length=1.0),
    )
    found = [clip.amplitude_at(t) for t in (0.4, 0.6, 0.8, 1.5, 2.5)]
    assert found == pytest.approx([0.25, 1.0, 0.25, 0.0, 0.09], abs=1e-6)


def test_both_readings_of_a_curves_times() -> None:
    relative = ahap(
        event("HapticContinuous", 0.0, length=4.0),
        curve("HapticIntensityControl", 2.0, (0.0, 1.0), (1.0, 0.0)),
    )
    absolute = ahap(
        event("HapticContinuous", 0.0, length=4.0),
        curve("HapticIntensityControl", 2.0, (2.0, 1.0), (3.0, 0.0)),
    )
    for clip in (relative, absolute):
        assert [clip.amplitude_at(t) for t in (1.0, 2.0, 3.0, 3.5)] == pytest.approx(
            [1.0, 1.0, 0.0, 0.0], abs=1e-6
        )


points = st.lists(st.integers(0, 60_000), min_size=1, max_size=70, unique=True).flatmap(
    lambda times: st.lists(st.floats(0, 1), min_size=len(times), max_size=len(times)).map(
        lambda values: tuple(Point(t / 1000, v) for t, v in zip(sorted(times), values, strict=True))
    )
)


@st.composite
def clips(draw: st.DrawFn) -> HapticClip:
    """Clips as .haptic files have them: knocks on points of the envelope, not weaker than it."""
    amplitude = draw(points)
    sharpness = draw(st.just(()) | points)
    struck = [p for p in amplitude[1:] if draw(st.booleans())]
    knocks = tuple(Knock(p.t_s, max(p.value, draw(st.floats(0, 1))), draw(st.floats(0, 1))) for p in struck)
    return HapticClip("", amplitude, sharpness, knocks)


@given(clips())
def test_written_ahap_keeps_the_limits_of_the_format(clip: HapticClip) -> None:
    data = json.loads(write_ahap(clip))
    for row in data["Pattern"]:
        if "ParameterCurve" in row:
            rows = row["ParameterCurve"]["ParameterCurveControlPoints"]
            assert 2 <= len(rows) <= 16
            assert row["ParameterCurve"]["Time"] == rows[0]["Time"]
        elif row["Event"]["EventType"] == "HapticContinuous":
            assert 0 < row["Event"]["EventDuration"] <= 30.0


@given(clips())
def test_lofelt_round_trip(clip: HapticClip) -> None:
    back = read_lofelt(json.loads(write_lofelt(clip)), Reading("x.haptic")).clips[0]
    assert [p.t_s for p in back.amplitude] == [p.t_s for p in clip.amplitude]
    assert [p.value for p in back.amplitude] == pytest.approx([p.value for p in clip.amplitude], abs=1e-8)
    assert [p.value for p in back.sharpness] == pytest.approx([p.value for p in clip.sharpness], abs=1e-8)
    assert [(k.t_s, k.sharpness) for k in back.knocks] == [
        (k.t_s, pytest.approx(k.sharpness, abs=1e-8)) for k in clip.knocks
    ]


@given(clips())
def test_hjif_round_trip_within_its_steps(clip: HapticClip) -> None:
    back = read_hjif(json.loads(write_hjif((clip,))), Reading("x.hjif")).clips[0]
    for point in clip.amplitude:
        assert back.amplitude_at(point.t_s) == pytest.approx(point.value, abs=1e-5)
    assert [(k.t_s, k.amplitude) for k in back.knocks] == [
        (k.t_s, pytest.approx(k.amplitude, abs=1e-5)) for k in clip.knocks
    ]
    for knock, was in zip(back.knocks, clip.knocks, strict=True):
        assert knock.sharpness == pytest.approx(was.sharpness, abs=0.5 / 235 + 1e-9)


def test_hjif_by_other_hands() -> None:
    library = {
        "id": 7,
        "effect_type": "Basis",
        "position": 5,
        "keyframes": [{"relative_position": 0, "amplitude_modulation": 1.0, "frequency_modulation": 300}],
    }
    bands = [
        {"band_type": "Transient", "effects": [{"effect_type": "Reference", "id": 7, "position": 500}]},
        {
            "band_type": "Curve",
            "effects": [
                {
                    "position": 1000,
                    "keyframes": [
                        {"relative_position": 0, "amplitude_modulation": 0.0},
                        {"relative_position": 1000, "amplitude_modulation": -1.0},
                    ],
                }
            ],
        },
        {"band_type": "Unheard", "effects": []},
    ]
    data = {
        "timescale": 500,
        "perceptions": [{"effect_library": [library], "channels": [{"gain": 0.9, "bands": bands}]}],
    }
    reading = Reading("x.hjif")
    clip = read_hjif(data, reading).clips[0]
    assert clip.knocks == (Knock(1.0, pytest.approx(0.81), 1.0),)
    assert clip.amplitude_at(4.0) == pytest.approx(0.81)
    assert any("Unheard" in notice.message for notice in reading.notices)


# ---- the others ----------------------------------------------------------------------------------------------


def test_tact_dots_paths_and_texts_for_numbers() -> None:
    def dots(fade: str, begin: int, end: int, value: object) -> dict[str, Any]:
        return {
            "startTime": begin,
            "endTime": end,
            "playbackType": fade,
            "pointList": [{"index": 3, "intensity": value}, {"index": "4", "intensity": 0.1}],
        }

    path = {
        "movingPattern": "CONST_SPEED",
        "pointList": [
            {"x": 0, "y": 0, "intensity": 0.0, "time": 0},
            {"x": 1, "y": 1, "intensity": 1, "time": "1000"},
        ],
    }
    effects = [
        {
            "startTime": 1000,
            "offsetTime": 500,
            "modes": {
                "VestFront": {
                    "mode": "DOT_MODE",
                    "dotMode": {"feedback": [dots("NONE", 0, 400, "0.5"), dots("FADE_OUT", 400, 800, 1)]},
                }
            },
        },
        {"startTime": "0", "modes": {"VestBack": {"mode": "PATH_MODE", "pathMode": {"feedback": [path]}}}},
    ]
    file = read_tact({"project": {"tracks": [{"effects": effects}]}}, Reading("x.tact"))
    front, back = sorted(file.clips, key=lambda clip: clip.name, reverse=True)
    assert (front.name, back.name) == ("VestFront", "VestBack")
    assert [front.amplitude_at(t) for t in (0.9, 1.2, 1.5, 1.6)] == pytest.approx(
        [0.0, 0.5, 0.75, 0.5], abs=1e-3
    )
    assert back.amplitude_at(0.25) == pytest.approx(0.25, abs=1e-3)


def test_haps_notes_and_transients() -> None:
    def keys(*rows: tuple[float, float]) -> dict[str, Any]:
        return {"m_keyframes": [{"m_time": t, "m_value": v} for t, v in rows]}

    notes = [
        {
            "m_startingPoint": 0.5,
            "m_length": 1.0,
            "m_gain": 0.5,
            "m_hapticEffect": {
                "m_type": 1,
                "m_amplitudeModulation": keys((0, 0), (1, 1)),
                "m_frequencyModulation": keys((0, 65), (1, 300)),
            },
        },
        {
            "m_startingPoint": 3.0,
            "m_length": 0.022,
            "m_gain": 1.0,
            "m_hapticEffect": {
                "m_type": 0,
                "m_amplitudeModulation": keys((0, 0.9)),
                "m_frequencyModulation": keys((0, 182.5)),
            },
        },
    ]
    muted = {"m_mute": 1, "m_notes": [{**notes[0], "m_startingPoint": 9.0}]}
    data = {
        "m_gain": 1.0,
        "m_vibration": {"m_gain": 0.8, "m_melodies": [{"m_gain": 1.0, "m_mute": 0, "m_notes": notes}, muted]},
    }
    clip = read_haps(data, Reading("x.haps")).clips[0]
    assert [clip.amplitude_at(t) for t in (0.4, 1.0, 1.5, 2.0)] == pytest.approx([0, 0.2, 0.4, 0], abs=1e-4)
    assert clip.sharpness_at(1.0) == pytest.approx(0.5, abs=1e-6)
    assert clip.knocks == (Knock(3.0, pytest.approx(0.72), 0.5),)


def test_a_recording_gives_its_envelope_and_frequency(tmp_path: Path) -> None:
    import soundfile

    rate = 8000
    t = np.arange(2 * rate) / rate
    level = np.where(t < 1.0, 0.25, 0.75)
    soundfile.write(tmp_path / "buzz.wav", level * np.sin(2 * np.pi * 120 * t), rate)
    clip = read_haptic(tmp_path / "buzz.wav").clips[0]
    assert [clip.amplitude_at(at) for at in (0.5, 1.5)] == pytest.approx([0.25, 0.75], abs=0.03)
    assert hz_of(clip.sharpness_at(0.5)) == pytest.approx(120, abs=3)
    assert len(clip.amplitude) < 30


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.floats(1e-4, 0.3))
def test_thinning_stays_within_its_bound(values: list[float], tolerance: float) -> None:
    given_points = [Point(index * 0.01, value) for index, value in enumerate(values)]
    kept = thinned(given_points, tolerance)
    clip = HapticClip(amplitude=tuple(kept))
    for point in given_points:
        assert abs(clip.amplitude_at(point.t_s) - point.value) <= tolerance + 1e-9


# ---- bad input -----------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Pattern",
                    "Event",
                    "Time",
                    "ParameterCurve",
                    "ParameterCurveControlPoints",
                    "version",
                    "major",
                    "signals",
                    "continuous",
                    "envelopes",
                    "amplitude",
                    "time",
                    "perceptions",
                    "channels",
                    "bands",
                    "effects",
                    "keyframes",
                    "project",
                    "tracks",
                    "modes",
                    "m_vibration",
                    "m_melodies",
                    "m_notes",
                    "m_hapticEffect",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(json_values, st.sampled_from([read_ahap, read_lofelt, read_hjif, read_tact, read_haps]))
def test_whatever_json_says_only_our_own_error_comes_out(data: Any, reader: Any) -> None:
    try:
        file = reader(data, Reading("x"))
    except PackageError as error:
        assert error.problems[0].place.path == "x"
        return
    for clip in file.clips:
        for point in (*clip.amplitude, *clip.sharpness):
            assert 0.0 <= point.value <= 1.0
            assert math.isfinite(point.t_s)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.ahap", b"{", "not JSON"),
        ("a.ahap", b"[" * 100_000, "not JSON"),
        ("a.haptic", b'{"version": {"major": 3}}', "version 3"),
        ("a.haptic", b'{"version": {"major": 1}}', "no amplitude envelope"),
        ("a.hjif", b"{}", "no perceptions"),
        ("a.wav", b"RIFFxxxx", "not readable as sound"),
        ("a.tact", b"\xff\xfe", "not JSON"),
    ],
)
def test_broken_files_are_refused_in_one_line(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PackageError, match=says):
        read_haptic(tmp_path / name)


def test_unknown_suffixes_and_taken_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="formats read are"):
        read_haptic(tmp_path / "a.mp3")
    file = HapticFile((HapticClip(amplitude=(Point(0, 1), Point(1, 0))), HapticClip("back")))
    with pytest.raises(UsageError, match="formats written are"):
        write_haptic(file, tmp_path / "a.wav")
    write_haptic(file, tmp_path / "a.ahap")
    assert (tmp_path / "a_2.ahap").is_file()
    with pytest.raises(UsageError, match="--force"):
        write_haptic(file, tmp_path / "a.ahap")


# ---- scenes --------------------------------------------------------------------------------------------------


def test_a_clip_plays_as_it_says_and_comes_back(tmp_path: Path) -> None:
    clip = HapticClip(
        amplitude=(Point(0.5, 0.2), Point(1.5, 0.8), Point(2.0, 0.8), Point(3.0, 0.0)),
        sharpness=(Point(0.5, 0.0), Point(2.5, 1.0)),
        knocks=(Knock(1.5, 0.9, 0.7),),
    )
    write_haptic(HapticFile((clip,)), tmp_path / "in.haptic")
    made = import_haptic(tmp_path / "in.haptic", tmp_path / "made")
    assert check_command(str(made.place), None) == 0
    package = load_package(made.place)
    show = Evaluator(package.scenes, package.roles)
    no_knocks = 1 << 62
    for at_s in (0.2, 0.6, 1.0, 1.75, 2.4, 2.9, 3.4):
        amplitude, hz = show.levels_at(0, round(at_s * FLICKS_PER_SECOND), run_from_fl=no_knocks)[
            package.roles.slice_of("seat.shaker")
        ]
        assert amplitude == pytest.approx(clip.amplitude_at(at_s), abs=1e-6)
        if clip.amplitude_at(at_s) > 0:
            assert hz == pytest.approx(hz_of(clip.sharpness_at(at_s)), abs=0.01)
    struck = show.levels_at(0, round(1.501 * FLICKS_PER_SECOND))[package.roles.slice_of("seat.shaker")]
    assert struck[0] > 0.85
    back = clips_of_scene(made.place, None, None).clips[0]
    assert [(p.t_s, p.value) for p in back.amplitude] == [
        (pytest.approx(p.t_s, abs=1e-6), pytest.approx(p.value, abs=1e-6)) for p in clip.amplitude
    ]
    assert back.sharpness[0].t_s == pytest.approx(0.5)
    assert back.sharpness[0].value == pytest.approx(0.0, abs=1e-6)
    assert back.knocks == (Knock(1.5, 0.9, 0.7),)


def test_the_round_trip_through_a_scene_is_stable(tmp_path: Path) -> None:
    clip = HapticClip(
        amplitude=(Point(0.1, 0.3), Point(0.9, 0.7)),
        sharpness=(Point(0.1, 0.2), Point(0.5, 0.9)),
        knocks=(Knock(0.9, 0.8, 0.1),),
    )
    write_haptic(HapticFile((clip,)), tmp_path / "one.haptic")
    import_haptic(tmp_path / "one.haptic", tmp_path / "first")
    write_haptic(clips_of_scene(tmp_path / "first", None, None), tmp_path / "two.haptic")
    import_haptic(tmp_path / "two.haptic", tmp_path / "second")
    texts = [
        next(
            iter(
                haptic_texts(
                    HapticFile(clips_of_scene(tmp_path / name, None, None).clips), Path("x.haptic")
                ).values()
            )
        )
        for name in ("first", "second")
    ]
    assert texts[0] == texts[1]


def test_a_bundled_scene_is_exported() -> None:
    file = clips_of_scene("lantern_street", "drum_tower", "seat.shaker")
    assert file.clips[0].knocks or file.clips[0].amplitude
    with pytest.raises(UsageError, match="plays nothing"):
        clips_of_scene("first_light", "shore", None)


# ---- pairs that other people's converters made -------------------------------------------------------------------


def flat(data: Any, path: str = "") -> dict[str, Any]:
    if isinstance(data, dict):
        return {k: v for key, inner in data.items() for k, v in flat(inner, f"{path}/{key}").items()}
    if isinstance(data, list):
        return {k: v for index, inner in enumerate(data) for k, v in flat(inner, f"{path}/{index}").items()}
    return {path: data}


def test_haptic_to_ahap_is_what_the_makers_converter_writes() -> None:
    done = []
    for source in peer_files("haptic/lofelt/ios", "*.haptic"):
        target = source.with_suffix(".ahap")
        if source.stem == "valid_v1_multiple_emphasis":
            target = source.with_name("valid_v1_multiple_transients.ahap")
        expected = flat(json.loads(target.read_text())["Pattern"])
        file = read_haptic(source)
        found = flat(json.loads(write_ahap(file.clips[0], file.title, file.author))["Pattern"])
        assert found.keys() == expected.keys(), source.name
        for key, value in expected.items():
            assert found[key] == (value if isinstance(value, str) else pytest.approx(value, abs=1e-6)), (
                source.name,
                key,
            )
        done.append(source.name)
    print("agree to 1e-6:", ", ".join(done))


def test_every_clip_of_others_is_read() -> None:
    for path in [
        *peer_files("haptic/lofelt/clip-players", "*.haptic"),
        *peer_files("haptic/lofelt/ios", "*.ahap"),
        *peer_files("haptic/mpeg", "*.hjif"),
        *peer_files("haptic/mpeg", "*.wav"),
    ]:
        file = read_haptic(path)
        assert file.clips
        for suffix in (".ahap", ".haptic", ".hjif"):
            for text in haptic_texts(file, Path(f"x{suffix}")).values():
                json.loads(text)
    invalid = read_haptic(next(iter(peer_files("haptic/lofelt/ios", "invalid_fields.ahap"))))
    assert any("ParameterCurves" in notice.message for notice in invalid.notices)


def test_ahap_to_hjif_has_the_reference_encoders_bands_and_amplitudes() -> None:
    (reference,) = peer_files("haptic/mpeg", "16_points.hjif")
    (source,) = peer_files("haptic/lofelt/ios", "16_points.ahap")
    theirs = json.loads(reference.read_text())["perceptions"][0]["channels"][0]["bands"]
    ours = json.loads(write_hjif(read_haptic(source).clips))["perceptions"][0]["channels"][0]["bands"]
    assert [(b["band_type"], b["lower_frequency_limit"], b["upper_frequency_limit"]) for b in ours] == [
        (b["band_type"], b["lower_frequency_limit"], b["upper_frequency_limit"]) for b in theirs
    ]
    rows = zip(ours[1]["effects"][0]["keyframes"], theirs[1]["effects"][0]["keyframes"], strict=True)
    for mine, other in rows:
        assert mine["relative_position"] == other["relative_position"]
        assert mine["amplitude_modulation"] == pytest.approx(other["amplitude_modulation"], abs=1e-5)
    (knock,) = peer_files("haptic/lofelt/ios", "valid_required.ahap")
    (expected,) = peer_files("haptic/mpeg", "valid_required.hjif")
    mine = json.loads(write_hjif(read_haptic(knock).clips))["perceptions"][0]["channels"][0]["bands"][0][
        "effects"
    ][0]
    other = json.loads(expected.read_text())["perceptions"][0]["channels"][0]["bands"][0]["effects"][0]
    assert mine["keyframes"][0]["amplitude_modulation"] == pytest.approx(
        other["keyframes"][0]["amplitude_modulation"], abs=1e-6
    )


def test_sharpness_and_hertz_are_inverse() -> None:
    assert [sharpness_of(hz_of(s)) for s in (0.0, 0.25, 1.0)] == pytest.approx([0.0, 0.25, 1.0])
