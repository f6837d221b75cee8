"""The moon's shadow falls where geometry says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.render.look import resolve_look
from engine.timeline.model_stage import Stage


def test_a_post_throws_its_shadow(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    path = tmp_path / "pictures.npz"
    arguments = [sys.executable, "-m", "tests.render.shadow_scene", str(path)]
    done = subprocess.run(
        arguments, capture_output=True, text=True, timeout=60, check=False, cwd=pytestconfig.rootpath
    )
    assert done.returncode == 0, done.stderr
    with np.load(path) as kept:
        plain, shadowed = kept["plain"], kept["shadowed"]
    darker = plain - shadowed > 25
    assert 0.005 < darker.mean() < 0.2
    columns = np.nonzero(darker.any(axis=0))[0]
    assert columns.min() > 72  # right of the middle
    open_floor = np.s_[60:, :20]  # keeps its light
    assert plain[open_floor].mean() == pytest.approx(shadowed[open_floor].mean(), abs=2.0)


def test_a_scene_file_may_ask_for_shadows() -> None:
    assert resolve_look(Stage.model_validate({"shadows": True}), {}).shadows
    assert not resolve_look(Stage(), {}).shadows
    with pytest.raises(ValueError, match="shadows"):
        Stage.model_validate({"shadows": 1})
