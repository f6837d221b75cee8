"""The headset and guest parts of a rig file: defaults, units, every mistake with its line."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from engine.errors import RigError
from engine.experience import load_rig
from engine.experience.headset import GuestPolicy, HeadsetSpec, ProfileSpec
from engine.experience.rig import Rig

HEAD = "sensorama_rig: 1\nname: {en: Small}\n"


def loaded(tmp_path: Path, text: str) -> Rig:
    path = tmp_path / "rig.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_rig(path)


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(RigError) as caught:
        loaded(tmp_path, text)
    return [f"{problem.place.line}: {problem.message}" for problem in caught.value.problems]


def test_a_rig_that_says_nothing_has_the_defaults(tmp_path: Path) -> None:
    rig = loaded(tmp_path, "seats: {a: {}}\n")
    assert rig.headset == HeadsetSpec()
    assert rig.guests == GuestPolicy()
    assert rig.seats[0].profile == ProfileSpec()
    assert rig.seats[0].pivot_m == (0.0, 0.0, -0.9)


def test_quantities_become_metres_degrees_and_nanoseconds(tmp_path: Path) -> None:
    rig = loaded(
        tmp_path,
        "seats: {a: {pivot: [0, 5cm, -1.1m], profile: {comfort: gentle, photosensitive: true}}}\n"
        "headset: {form: standing, lift: 10cm, samples: 2, scale: 0.8, hdr: true, depth: false, mask: false, quads: false,"
        " refresh: 90, mirror: both, steady: 0, snap_turn: 45deg, compensate: false,"
        " eye_tracking: true}\n"
        "guests: {on_arrival: [language, comfort], settle: 2s, gone: 500ms, empty_seat: play, ask_for: 12s}\n",
    )
    assert rig.headset == HeadsetSpec(
        "standing", 0.1, 1.6, 2, 0.8, True, False, False, False, 90.0, "both", 0, 45.0, False, True
    )
    assert rig.guests == GuestPolicy(
        ("language", "comfort"), 2_000_000_000, 500_000_000, "play", 12_000_000_000
    )
    assert rig.seats[0].profile == ProfileSpec("gentle", True)
    assert rig.seats[0].pivot_m == (0.0, 0.05, -1.1)
    assert pickle.loads(pickle.dumps(rig)) == rig


def test_a_given_height_holds_for_either_form(tmp_path: Path) -> None:
    rig = loaded(
        tmp_path, "seats: {a: {}}\nheadset: {form: standing, fallback_eye_height: 1.45m, refresh: highest}\n"
    )
    assert rig.headset.eye_height_m == 1.45
    assert rig.headset.refresh_hz is None


@pytest.mark.parametrize("written", ["none", "[]"])
def test_nothing_may_happen_on_arrival(tmp_path: Path, written: str) -> None:
    assert (
        loaded(tmp_path, f"seats: {{a: {{}}}}\nguests: {{on_arrival: {written}}}\n").guests.on_arrival == ()
    )


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        "seats:\n"
        "  a: {profile: {comfort: soft}}\n"
        "headset:\n"
        "  samples: 3\n"
        "  refresh: fast\n"
        "guests:\n"
        "  on_arrival: [language, recentre, language]\n"
        "  settle: 20ms\n"
        "  ask_for: 1s\n",
    )
    assert [line.split(":")[0] for line in found] == ["4", "6", "7", "9", "10", "11"]
    assert "'soft' is not one of full, gentle, still" in found[0]
    assert "language stands in on_arrival twice" in found[3]
    assert "settle is 20 ms" in found[4]
    assert "ask_for is 1 s" in found[5]
