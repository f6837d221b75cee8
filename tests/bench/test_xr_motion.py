"""The residual of motion compensation: the figures it has to reach, so that no change worsens them unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from engine.bench import xr_motion
from engine.bench.xr_motion import CASES, Case, measure_case, measure_twin

BY_NAME: Mapping[str, Case] = {case.name: case for case in CASES}


def case(name: str, seconds: float = 2.0) -> dict[str, float]:
    found = measure_case(BY_NAME[name], seconds)
    return {key: value for key, value in found.items() if isinstance(value, float)}


@pytest.mark.parametrize(
    "name", ["as stated", "quick: dead 5 ms, lag 10 ms", "rough", "rough, quick: dead 5 ms, lag 10 ms"]
)
def test_a_tenth_of_a_millimetre_and_a_hundredth_of_a_degree_where_the_latency_is_right(name: str) -> None:
    found = case(name)
    assert found["with_worst_mm"] < 0.1 and found["with_worst_deg"] < 0.01
    assert found["without_worst_mm"] > 100.0 and found["without_worst_deg"] > 5.0


@pytest.mark.parametrize("name", ["latency +5 ms", "latency -5 ms"])
def test_two_millimetres_with_five_milliseconds_of_error(name: str) -> None:
    assert 0.5 < case(name)["with_worst_mm"] < 2.0


def test_measurements_find_the_error() -> None:
    found = measure_case(BY_NAME["latency +5 ms, measured"], 0.5)
    assert found["learnt_ms"] == pytest.approx(5.0, abs=0.1)
    assert found["with_worst_mm"] < 0.1  # type: ignore[operator]


def test_a_head_on_a_twin_that_moves_from_the_bytes_of_the_bus() -> None:
    found = measure_twin(1.0)
    assert found["with_worst_mm"] < 0.1 and found["with_worst_deg"] < 0.01  # type: ignore[operator]
    assert found["without_worst_mm"] > 100.0  # type: ignore[operator]


def test_it_prints_a_line_a_case(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(xr_motion, "measure", lambda seconds: [{"bench": "xr_motion", "seconds": seconds}])
    assert xr_motion.main(["--seconds", "3"]) == 0
    assert json.loads(capsys.readouterr().out) == {"bench": "xr_motion", "seconds": 3.0}


def test_costs_are_told() -> None:
    costs = xr_motion.measure_costs(rounds=50)
    assert costs["tell_us"] > 0.0 and costs["foretell_us"] > 0.0  # type: ignore[operator]
