"""Effect and haptic files by strangers: refused or mended in words, in bounded time, whatever they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.errors import PackageError
from engine.experience.haptics.clip import HapticClip, Point, loudest
from engine.experience.haptics.files import READABLE, read_haptic, write_haptic
from engine.experience.haptics.tracks import import_haptic
from engine.experience.scene_writer import quoted
from engine.experience.sem.read import read_sem
from engine.experience.sem.tracks import tracks_of

SEM = (
    '<SEM xmlns="urn:mpeg:mpeg-v:2010:01-SEDL-NS" xmlns:sev="urn:mpeg:mpeg-v:2010:01-SEV-NS" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:si="urn:mpeg:mpeg21:2003:01-DIA-XSI-NS" '
    'si:timeScale="90000">'
)


def sem(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "film.sem"
    path.write_text(f"{SEM}{body}</SEM>", encoding="utf-8")
    return path


def test_references_to_references_do_not_multiply_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.experience.sem.read._MAX_TAKEN", 2000)
    rows = "".join(
        f'<GroupOfEffects id="g{n}">' + f'<ReferenceEffect uri="#g{n + 1}"/>' * 10 + "</GroupOfEffects>"
        for n in range(12)
    )
    declared = (
        f'<Declarations>{rows}<Effect id="g12" xsi:type="sev:WindType" intensity-value="0.5"/></Declarations>'
    )
    with pytest.raises(PackageError, match="effects, groups and references"):
        read_sem(sem(tmp_path, f'{declared}<ReferenceEffect uri="#g0" si:pts="0"/>'))


@pytest.mark.parametrize("often", ["-25", "0", "1e-9", "1e8", "nan"])
def test_rates_that_cannot_be_are_left_out(tmp_path: Path, often: str) -> None:
    body = (
        f'<Effect xsi:type="sev:FlashType" si:pts="0" duration="90000" frequency="{often}" intensity-value="1"/>'
        f'<Effect xsi:type="sev:PassiveKinestheticMotionType" si:pts="0" duration="90000" timeSamples="{often}">'
        '<TrajectorySamples xmlns:m="urn:mpeg:mpeg7:schema:2004" m:dim="3 3">0 0 0 1 0 0 0 0 0</TrajectorySamples></Effect>'
    )
    read = read_sem(sem(tmp_path, body))
    assert [(effect.frequency_hz, effect.rate_hz) for effect in read.effects] == [(None, None)] * 2
    cues = [cue for track in tracks_of(read.effects).tracks for cue in track.cues]
    assert cues and all(cue["at"].fl >= 0 for cue in cues)
    times = [[key[0].fl for key in cue["keys"]] for cue in cues if "keys" in cue]
    assert times and all(row == sorted(set(row)) for row in times)


def test_an_encoding_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "film.sem"
    for name in ("idna", "undefined", "base64", "no-such"):
        path.write_bytes(f'<?xml version="1.0" encoding="{name}"?><a>..\x7f</a>'.encode() + b"\xff")
        with pytest.raises(PackageError, match=f"not readable as {name}"):
            read_sem(path)


def test_a_text_in_many_pieces_is_read_at_once(tmp_path: Path) -> None:
    rows = "1 0 0\n" * 60_000
    body = (
        '<Effect xsi:type="sev:PassiveKinestheticMotionType" si:pts="0" timeSamples="100">'
        f"<TrajectorySamples>{rows}</TrajectorySamples></Effect>"
    )
    (effect,) = read_sem(sem(tmp_path, body)).effects
    assert effect.element.children[0].text == rows


@pytest.mark.parametrize("suffix", [suffix for suffix in READABLE if suffix not in (".wav", ".flac")])
def test_numbers_too_large_for_a_float(tmp_path: Path, suffix: str) -> None:
    huge = 10**400
    content: dict[str, Any] = {
        ".ahap": {"Pattern": [{"Event": {"EventType": "HapticTransient", "Time": huge}}]},
        ".haptic": {
            "version": {"major": 1},
            "signals": {"continuous": {"envelopes": {"amplitude": [{"time": huge, "amplitude": 1}]}}},
        },
        ".hjif": {"timescale": huge, "perceptions": [{"channels": [{"bands": []}]}]},
        ".tact": {"project": {"tracks": [{"effects": [{"startTime": huge}]}]}},
        ".haps": {"m_vibration": {"m_gain": huge}},
    }[suffix]
    path = tmp_path / f"x{suffix}"
    path.write_text(json.dumps(content))
    try:
        assert any("not a number" in notice.message for notice in read_haptic(path).notices)
    except PackageError as error:
        assert "a number is needed" in str(error)


def hjif(tmp_path: Path, library: list[Any], effects: list[Any]) -> Path:
    band = {"band_type": "VectorialWave", "effects": effects}
    perception = {"effect_library": library, "channels": [{"bands": [band]}]}
    path = tmp_path / "x.hjif"
    path.write_text(json.dumps({"perceptions": [perception]}))
    return path


def test_an_effect_whose_id_is_a_list(tmp_path: Path) -> None:
    keys = [{"relative_position": 0, "amplitude_modulation": 0.5}]
    path = hjif(
        tmp_path, [{"id": [1], "keyframes": keys}], [{"effect_type": "Reference", "id": [1]}, {"id": {}}]
    )
    (clip,) = read_haptic(path).clips
    assert len(clip.amplitude) == 1


def test_effects_of_effects_do_not_multiply_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.experience.haptics.hjif.MAX_POINTS", 2000)
    library = [{"id": n, "composition": [{"effect_type": "Reference", "id": n + 1}] * 40} for n in range(8)]
    with pytest.raises(PackageError, match="effects and key frames"):
        read_haptic(hjif(tmp_path, library, [{"effect_type": "Reference", "id": 0}]))


def test_thousands_of_short_notes_cost_what_overlaps(tmp_path: Path) -> None:
    effects = [
        {
            "startTime": 20 * n,
            "modes": {
                "VestFront": {
                    "mode": "DOT_MODE",
                    "dotMode": {
                        "feedback": [{"startTime": 0, "endTime": 30, "pointList": [{"intensity": 0.5}]}]
                    },
                }
            },
        }
        for n in range(5000)
    ]
    path = tmp_path / "long.tact"
    path.write_text(json.dumps({"project": {"tracks": [{"effects": effects}]}}))
    (clip,) = read_haptic(path).clips
    assert clip.amplitude_at(1.0) == 0.5 and clip.length_s == pytest.approx(4999 * 0.02 + 0.03, abs=1e-5)


def test_the_loudest_of_several_counts() -> None:
    a = HapticClip(amplitude=(Point(0.0, 0.2), Point(2.0, 0.2)))
    b = HapticClip(amplitude=(Point(1.0, 0.0), Point(3.0, 1.0)))
    assert loudest([b, HapticClip(), a], [0.0, 1.0, 2.0, 2.5, 3.0, 4.0]) == [0.2, 0.2, 0.5, 0.75, 1.0, 0.0]


@pytest.mark.parametrize(
    "title",
    ["plain", 'a "b" \\ c', "钟 🔔", "a\x7fb\x85c\u2028d\x00e\n", "half \ud83d of a pair", "\U000e0001"],
)
def test_any_title_gives_an_experience_that_can_be_read(tmp_path: Path, title: str) -> None:
    read = yaml.safe_load(quoted(title))
    assert read == title.replace("\ud83d", "?").replace("\U000e0001", "\ufffd")
    path = tmp_path / "x.ahap"
    path.write_text(json.dumps({"Metadata": {"Project": title}, "Pattern": []}))
    write_haptic(read_haptic(path), tmp_path / "x.haptic")
    assert read_haptic(tmp_path / "x.haptic").title in (title, title.replace("\ud83d", "?"))
    import_haptic(path, tmp_path / "made")
    manifest = yaml.safe_load((tmp_path / "made" / "experience.yaml").read_text(encoding="utf-8"))
    assert manifest["title"]["en"] == read
