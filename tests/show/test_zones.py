"""Zones: entered at the flick the path crosses the sphere, by the vehicle, whatever asks when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.show.conduct.zones import zone_entries
from tests.show.fakes import S_FL


class _Line:
    """A path along +Y at `speed_mps`, back again after `turn_s`."""

    def __init__(self, speed_mps: float, turn_s: float = 1e9) -> None:
        self._speed_mps, self._turn_s = speed_mps, turn_s

    def evaluate_many(self, at_fl: np.ndarray) -> np.ndarray:
        t_s = at_fl / S_FL
        y_m = self._speed_mps * np.where(t_s <= self._turn_s, t_s, 2 * self._turn_s - t_s)
        return np.stack([np.zeros_like(y_m), y_m, np.zeros_like(y_m)], axis=1)


def entries(
    path: Any,
    *,
    center: tuple[float, float, float] = (0.0, 10.0, 0.0),
    radius: float = 2.0,
    first: float = 0.0,
    last: float = 60.0,
) -> list[float]:
    program: Any = SimpleNamespace(path_channel=0, bank=path, duration=SimpleNamespace(nominal_fl=30 * S_FL))
    trigger: Any = SimpleNamespace(
        from_fl=int(first * S_FL), to_fl=int(last * S_FL), center_m=center, radius_m=radius
    )
    return [at_fl / S_FL for at_fl in zone_entries(program, trigger)]


def test_a_zone_is_entered_where_the_path_crosses_the_sphere() -> None:
    assert entries(_Line(1.0)) == pytest.approx([8.0], abs=2 / S_FL)


def test_coming_back_enters_again() -> None:
    assert entries(_Line(1.0, turn_s=14.0)) == pytest.approx([8.0, 16.0], abs=2 / S_FL)


def test_a_span_that_begins_inside_is_entered_at_its_beginning_and_one_that_ends_before_never() -> None:
    assert entries(_Line(1.0), first=9.0) == [9.0]
    assert entries(_Line(1.0), last=8.0) == []


def test_passing_by_is_not_entering_and_no_path_enters_nothing() -> None:
    assert entries(_Line(1.0), center=(2.5, 10.0, 0.0)) == []
    program: Any = SimpleNamespace(path_channel=None)
    assert zone_entries(program, SimpleNamespace()) == []  # type: ignore[arg-type]
