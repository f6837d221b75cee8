"""The bench of the kinematics says what it is to say."""

from __future__ import annotations

import io
import json

import pytest

from engine.bench.kinematics import main, measure
from engine.time.clocks import ManualClock


def test_each_platform_goes_every_way_and_comes_back() -> None:
    rows = list(measure(200, 1, ManualClock()))
    assert {(row["platform"], row["way"]) for row in rows} == {
        (platform, way)
        for platform in ("hexapod", "heave_pitch_roll")
        for way in ("legs", "rates", "poses", "clip", "there and back")
    }
    back = [row for row in rows if row["way"] == "there and back"]
    assert [row["failures"] for row in back] == [0, 0]
    assert all(row["worst_residual_m"] < row["limit_m"] for row in back)


def test_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    assert main(["--poses", "50", "--rounds", "1"], out) == 0
    assert {json.loads(line)["bench"] for line in out.getvalue().splitlines()} == {"kinematics"}
