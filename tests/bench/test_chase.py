"""The chase benchmark keeps its promise over a few minutes, too, and its rows are what they say."""

from __future__ import annotations

import io
import json

import pytest

from engine.bench import chase
from engine.time.clocks import ManualClock


@pytest.mark.parametrize("ppm", [-100.0, 100.0])
def test_minutes_of_chase_stay_within_the_quarter_frame(ppm: float) -> None:
    rows = list(chase.measure(hours=0.02, ppm=ppm, clock=ManualClock()))
    assert [row["wire"] for row in rows] == ["ltc", "mtc", "artnet", "cinema"]
    for row in rows:
        assert row["max_error_frames"] < row["limit_frames"] == 0.25, row
        assert row["jumps"] == 0, row
        assert row["relock_max_ms"] < 250, row
        assert row["losses"] >= 50


def test_rows_are_json_lines() -> None:
    out = io.StringIO()
    assert chase.main(["--hours", "0.01"], out) == 0
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {row["bench"] for row in rows} == {"chase"} and len(rows) == len(chase.WIRES)


def test_an_error_would_be_seen() -> None:
    """A show that does not slew falls behind by more than the limit: the measure is not blind."""
    under = chase.WIRES[0]
    show = chase.Show(chase.ChaseRules(under.wire, chase.rate_named(under.rate)))
    frames = (show.run_ns(3600 * 10**9) - 3600e9 * (1 - 1e-4)) / 40e6
    assert frames > 0.25
