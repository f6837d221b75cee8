"""The benchmark of moving objects runs and says what it promises; how fast is not a test's business."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.binaural import SphereHead
from engine.audio.block import AFTER, BEFORE, BLOCK
from engine.audio.kernels import kernels
from engine.bench import audio_objects
from engine.bench.audio_objects import Scene, carried, time_ours


def test_a_line_says_who_how_many_and_how_long() -> None:
    line = time_ours(4, 3, kernels("numpy"), SphereHead(30.0))
    assert line["renderer"] == "sensorama (numpy)"
    assert (line["sources"], line["blocks"]) == (4, 3)
    assert 0 < float(str(line["median_us"])) <= float(str(line["p99.9_us"]))


def test_blocks_follow_each_other_without_a_gap() -> None:
    scene = Scene(5)
    pcm = np.zeros((5, BEFORE + BLOCK + AFTER), np.float32)
    one, two = scene.block(7, pcm), scene.block(8, pcm)
    np.testing.assert_array_equal(one.at_m[1], two.at_m[0])
    np.testing.assert_array_equal(one.gain[1], two.gain[0])
    assert np.abs(one.delay).max() <= 64
    apart = one.delay[1] - two.delay[0]  # whole samples, by which the files are read elsewhere
    np.testing.assert_allclose(apart, np.rint(apart), atol=1e-9)


def test_what_a_core_carries_lies_between_measurements() -> None:
    deadline_us = audio_objects._DEADLINE_NS / 1e3
    lines = [
        {"sources": count, "median_us": 0.1 * deadline_us * factor}
        for count, factor in ((64, 1), (128, 4), (256, 10))
    ]
    assert carried(lines) == pytest.approx(192.0)
    assert carried(lines[:2]) == pytest.approx(192.0)
