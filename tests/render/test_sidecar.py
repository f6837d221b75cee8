"""Lamps and mist beside a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.render.sidecar import Sidecar, joined, nearest_lamps, read_sidecar, sidecar_path
from tests.render.small_scene import LANTERNS, build


def test_reads_what_the_generator_writes(tmp_path: Path) -> None:
    canal, _boat = build(tmp_path)
    found = read_sidecar(sidecar_path(canal))
    assert [lamp.at for lamp in found.lamps] == [tuple(at) for at in LANTERNS]
    assert found.mist[0].height_m == 2.6
    assert found.points["bell"] == (4, 20, 4)
    assert len(joined([found, found]).lamps) == 2 * len(LANTERNS)


def test_no_sidecar_is_an_empty_one(tmp_path: Path) -> None:
    assert read_sidecar(tmp_path / "none.stage.json") == Sidecar()


@pytest.mark.parametrize("text", ["{", '{"lamps": [[1, 2]]}', '{"mist": 3}'])
def test_a_broken_sidecar_names_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.stage.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.stage\.json: not a stage sidecar"):
        read_sidecar(path)


@given(st.integers(0, 60), st.floats(-5, 5))
def test_streaks_come_and_go_without_a_jump(seed: int, x: float) -> None:
    """Whatever lamps enter or leave the chosen ones, their weight is next to nothing at that moment."""
    places = np.random.default_rng(seed).uniform(-30, 30, (40, 3))

    def weights(at: float) -> np.ndarray:
        chosen, weight = nearest_lamps(places, (at, 0.0, 1.6), 24)
        full = np.zeros(40)
        full[chosen] = weight
        return full

    assert np.abs(weights(x) - weights(x + 1e-4)).max() < 1e-3


def test_few_lamps_are_all_drawn_in_full() -> None:
    chosen, weight = nearest_lamps(np.zeros((5, 3)), (0, 0, 0))
    assert len(chosen) == 5
    assert (weight == 1.0).all()
