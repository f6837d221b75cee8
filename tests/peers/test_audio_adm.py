"""ADM masters rendered by us and by the EBU ADM Renderer (ITU-R BS.2127's reference): the same samples.

Two numbers bound the difference: everything but Ambisonics to the last bit of the 24 that the reference writes; Ambisonics to -60 dB, since
its decoder integrates over 5200 points of a design and ours over a finer sphere.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from engine.audio.adm.files import render_file
from engine.audio.formats import WaveReader
from engine.audio.speakers.layouts import LAYOUTS
from engine.bench.ear_renderer import ear_render
from tests.audio.adm.masters import KINDS, make_master

pytestmark = pytest.mark.peer

_LAST_BIT = 2.5e-7


@pytest.fixture(scope="module")
def ear() -> Path:
    program = ear_render(make=True)
    assert program is not None, (
        "the EBU ADM Renderer could not be installed (pip install ear into its own environment)"
    )
    return program


def both(master: Path, layout: str, ear: Path, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Our samples and the reference's."""
    ours, theirs = folder / "ours.wav", folder / "theirs.wav"
    render_file(master, ours, LAYOUTS[layout])
    subprocess.run([ear, "-s", layout, master, theirs], check=True, capture_output=True)
    with WaveReader(ours) as a, WaveReader(theirs) as b:
        return a.read(0, a.frames), b.read(0, b.frames)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everything_but_ambisonics_is_the_same_to_the_last_bit(
    layout: str, ear: Path, tmp_path: Path
) -> None:
    make_master(tmp_path / "master.wav", fields=False)
    ours, theirs = both(tmp_path / "master.wav", layout, ear, tmp_path)
    assert ours.shape == theirs.shape
    assert float(np.abs(ours - theirs).max()) <= _LAST_BIT


@pytest.mark.parametrize("layout", ["0+5+0", "4+7+0", "9+10+3"])
def test_ambisonics_are_decoded_alike(layout: str, ear: Path, tmp_path: Path) -> None:
    make_master(tmp_path / "master.wav", (), beds=False)
    ours, theirs = both(tmp_path / "master.wav", layout, ear, tmp_path)
    error_db = 10 * np.log10(np.mean((ours - theirs) ** 2) / np.mean(theirs**2))
    print(f"{layout}: {error_db:.1f} dB")
    assert error_db < -60


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_object_by_itself(kind: str, ear: Path, tmp_path: Path) -> None:
    make_master(tmp_path / "master.wav", (kind,), beds=False, fields=False, seed=7)
    ours, theirs = both(tmp_path / "master.wav", "4+7+0", ear, tmp_path)
    assert float(np.abs(ours - theirs).max()) <= _LAST_BIT
