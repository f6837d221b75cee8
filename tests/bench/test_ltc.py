"""The benchmark of linear timecode, short."""

from __future__ import annotations

import json

import pytest

from engine.bench.ltc import CONDITIONS, main


def test_every_condition_is_read_without_a_loss(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "0.4", "--times", "1"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    rows = [row for row in rows if "condition" in row]
    assert [row["condition"] for row in rows] == [condition.name for condition in CONDITIONS]
    assert all(row["missing"] == row["wrong"] == 0 and row["times_real_time"] > 0 for row in rows)
