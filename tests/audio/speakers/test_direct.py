"""Beds on other layouts than they were made for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio.speakers import LAYOUTS, free_layout, layout
from engine.audio.speakers.direct import DirectSpeakers, label_direction, plain_label


def played(room: str, label: str, made_for: str = "") -> dict[str, float]:
    one = layout(room)
    gains = DirectSpeakers(one).gains(label, made_for=made_for)
    return {one.names[k]: round(float(gains[k]) ** 2, 9) for k in np.flatnonzero(gains)}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_bed_on_its_own_layout_stays_as_it_is(name: str) -> None:
    direct = DirectSpeakers(LAYOUTS[name])
    for column, label in enumerate(LAYOUTS[name].names):
        assert np.flatnonzero(direct.gains(label, made_for=name)).tolist() == [column]
        assert direct.gains(label, made_for=name)[column] == 1


@pytest.mark.parametrize(
    ("room", "label", "made_for", "powers"),
    [
        ("0+2+0", "M+000", "", {"M+030": 0.5, "M-030": 0.5}),
        ("0+2+0", "M-110", "", {"M-030": 0.5}),
        ("0+2+0", "T+000", "9+10+3", {"M+030": 0.25, "M-030": 0.25}),
        ("0+5+0", "M+090", "9+10+3", {"M+030": 0.333333333, "M+110": 0.666666667}),
        ("0+5+0", "M+090", "4+7+0", {"M+030": 0.5, "M+110": 0.5}),
        ("3+7+0", "U-135", "9+10+3", {"U-045": 0.333333333, "UH+180": 0.666666667}),
        ("4+7+0", "U+090", "", {"U+045": 0.5, "U+135": 0.5}),
        ("4+7+0", "LFE1", "", {"LFE1": 1}),
        ("0+5+0", "LFE2", "9+10+3", {"LFE1": 0.5}),
        ("9+10+3", "LFE2", "3+7+0", {"LFE2": 1}),
        ("0+2+0", "LFE1", "0+5+0", {}),
        ("4+7+0", "urn:itu:bs:2051:0:speaker:M-090", "", {"M-090": 1}),
        ("0+5+0", "LFER", "", {"LFE1": 1}),
    ],
)
def test_rules(room: str, label: str, made_for: str, powers: dict[str, float]) -> None:
    assert played(room, label, made_for) == powers


def test_what_no_rule_knows_is_panned_to_where_it_would_stand() -> None:
    dome = DirectSpeakers(free_layout([(f"s{k}", k * 60.0, 0.0, False) for k in range(6)]))
    gains = dome.gains("M+030")
    assert gains**2 == pytest.approx([0.5, 0.5, 0, 0, 0, 0], abs=1e-9)
    assert dome.gains("LFE1") == pytest.approx(np.zeros(6))
    assert dome.gains("no label", at=[-math.sin(math.pi / 3), 0.5, 0.0])[1] == pytest.approx(1)
    subwoofer = DirectSpeakers(free_layout([("front", 0.0, 0.0, False), ("sub", 0.0, 0.0, True)]))
    assert subwoofer.gains("LFE1").tolist() == [0, 1]


def test_labels() -> None:
    assert plain_label("LFEL") == "LFE1"
    assert label_direction("U-090") == pytest.approx([math.cos(math.pi / 6), 0, 0.5])
    assert label_direction("M+SC")[0] < 0
    assert DirectSpeakers(layout("4+7+0")).by_rule("M+SC") is None
