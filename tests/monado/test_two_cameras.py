"""A whole scene, on the graphics that headsets take: one cull for both eyes draws what two cameras draw."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.monado

# Leaves against the sky and lanterns in the water; a street of wares; a room.
SCENES = ("willow_bend", "market", "tea_house")


def test_one_cull_draws_what_two_cameras_draw(pytestconfig: pytest.Config) -> None:
    arguments = [sys.executable, "-m", "tests.render.headset.street_drawn", *SCENES]
    done = subprocess.run(
        arguments, capture_output=True, text=True, timeout=300, check=False, cwd=pytestconfig.rootpath
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["kind"] == "glx"
    assert set(found["apart"]) == set(SCENES)
    assert max(found["apart"].values()) <= 1e-4, found
