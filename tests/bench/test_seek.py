"""The seek benchmark runs and says what it promises; how fast is not a test's business."""

from __future__ import annotations

import io
import json

from engine.bench import seek
from engine.time.clocks import ManualClock


def test_rows_on_a_manual_clock() -> None:
    rows = list(seek.measure((200, 400), seeks=5, clock=ManualClock()))
    assert [row["cues"] for row in rows[:2]] == [200, 400]
    assert rows[0]["channels"] == rows[1]["channels"]
    assert rows[1]["bisection_steps"] <= rows[0]["bisection_steps"] + 1
    assert rows[2]["bench"] == "seek-growth"
    assert rows[2]["cues_ratio"] == 2.0


def test_rows_are_json_lines() -> None:
    out = io.StringIO()
    for row in seek.measure((100,), seeks=2, clock=ManualClock()):
        out.write(json.dumps(row) + "\n")
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["bench"] == "seek"


def test_percentiles_take_the_nearest_rank() -> None:
    values = [float(i) for i in range(1, 101)]
    assert seek.percentile(values, 0.5) == 50.0
    assert seek.percentile(values, 0.99) == 99.0
    assert seek.percentile([7.0], 0.99) == 7.0
