"""Both eyes drawn at once, against two cameras; and copied into images like a runtime's, against the codes that were drawn."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.render.headset.eyes_drawn import COLOR, DEPTH, SIZE_PX

Kept = Mapping[str, Any]
# At most one pixel in ten thousand may be another. With one set of draw calls a channel that is off by one code value is not
# another yet: the right eye's place in the picture takes one multiplication more.
OTHERS = 1e-4
ROUNDING = {"shared": 0, "instances": 1}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Kept:
    """Everything drawn, by a process of its own."""
    path = tmp_path_factory.mktemp("eyes") / "eyes.npz"
    arguments = [sys.executable, "-m", "tests.render.headset.eyes_drawn", str(path)]
    done = subprocess.run(
        arguments, capture_output=True, text=True, timeout=120, check=False, cwd=pytestconfig.rootpath
    )
    assert done.returncode == 0, done.stderr
    with np.load(path) as found:
        return {name: found[name] for name in found.files}


def left_half(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, : SIZE_PX[0]]


def right_half(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, SIZE_PX[0] :]


def linear(codes: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1, written as the standard does."""
    ratio = codes.astype(np.float64) / 255.0
    return np.where(ratio <= 0.04045, ratio / 12.92, ((ratio + 0.055) / 1.055) ** 2.4)


def encoded(light: np.ndarray) -> np.ndarray:
    """The way back, as a ratio of the highest code."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1.0 / 2.4) - 0.055)


@pytest.mark.parametrize("samples", [0, 4])
@pytest.mark.parametrize("way", ["shared", "instances"])
def test_every_way_draws_what_two_cameras_draw(kept: Kept, way: str, samples: int) -> None:
    """Sky, stars, water and its mirror image, mist, sparks, petals, panels, veil and a hand; eyes canted and lopsided."""
    oracle, drawn = kept[f"cameras_{samples}"], kept[f"{way}_{samples}"]
    apart = np.abs(drawn.astype(np.int16) - oracle.astype(np.int16)).max(axis=2)
    others = apart > ROUNDING[way]
    assert others.mean() <= OTHERS, np.argwhere(others)[:8]
    assert np.abs(kept[f"{way}_{samples}_depth"] - kept[f"cameras_{samples}_depth"]).max() < 1e-5


def test_the_eyes_see_different_things_in_both_halves(kept: Kept) -> None:
    """Or the comparison above would compare nothing with nothing; a resolve has been seen to lose one half."""
    for samples in (0, 4):
        left, right = left_half(kept[f"cameras_{samples}"]), right_half(kept[f"cameras_{samples}"])
        for half in (left, right):
            assert half[:, :, :3].max(axis=2).mean() > 20
            assert len(np.unique(half[:, :, :3].reshape(-1, 3), axis=0)) > 500
        assert (np.abs(left.astype(np.int16) - right) > 8).mean() > 0.05
    assert int(kept["shared_4_samples"]) == 4
    assert int(kept["shared_0_samples"]) == 1


def test_multisamples_smooth_edges(kept: Kept) -> None:
    plain, smooth = kept["shared_0"].astype(np.int16), kept["shared_4"].astype(np.int16)
    assert 0.005 < (np.abs(plain - smooth).max(axis=2) > 8).mean() < 0.4


def test_half_floats_draw_the_same_picture(kept: Kept) -> None:
    apart = np.abs(kept["shared_4_hdr"].astype(np.int16) - kept["shared_4"]).max(axis=2)
    assert (apart > 2).mean() <= 0.005  # bytes round at each blending, half floats do not
    assert (kept["shared_4_hdr"] != kept["shared_4"]).any()


def test_alpha_is_one_everywhere(kept: Kept) -> None:
    """Water, mist and panels blend; a runtime that blends by our alpha must not see through them."""
    assert (kept["shared_4"][:, :, 3] == 255).all()
    assert all((kept[f"eye_{eye}_{name}"][:, :, 3] == 1.0).all() for eye in (0, 1) for name in COLOR)


@pytest.mark.parametrize("eye", [0, 1])
def test_each_eye_goes_into_its_own_image(kept: Kept, eye: int) -> None:
    half = (left_half, right_half)[eye](kept["shared_4"])
    copied = np.rint(kept[f"eye_{eye}_srgb8_alpha8"] * 255.0)
    assert (copied == half).all()


def test_every_code_goes_as_it_is_into_an_srgb_format(kept: Kept) -> None:
    red = np.rint(kept["ramp_srgb8_alpha8"][:, :, 0] * 255.0)
    assert (red == np.arange(256)).all()


@pytest.mark.parametrize(
    ("name", "step"), [("rgba8", 1.0 / 255.0), ("rgba16", 1.0 / 65535.0), ("rgba16f", 2.0**-10)]
)
def test_every_code_is_decoded_once_for_a_linear_format(kept: Kept, name: str, step: float) -> None:
    """A compositor takes these as linear light; half a step of the format is all that may be lost.

    Some drivers cut half floats off instead of rounding them, which loses a whole step (2^-11 below 1).
    """
    expected = linear(np.arange(256))
    for row in kept[f"ramp_{name}"]:
        assert np.abs(row[:, 0] - expected).max() <= 0.5 * step + 1e-5
        assert np.abs(row[:, 1] - expected[::-1]).max() <= 0.5 * step + 1e-5


def test_sheets_are_premultiplied_in_linear_light(kept: Kept) -> None:
    alpha = 128.0 / 255.0
    light = linear(np.arange(256)) * alpha
    stored = kept["layer_rgba16f"][1]
    assert np.abs(stored[:, 3] - alpha).max() < 1e-3
    assert np.abs(stored[:, 0] - light).max() < 0.006  # the sheet's own byte holds half as many steps
    # As a compositor reads it: decoded from sRGB, then blended.
    read = linear(kept["layer_srgb8_alpha8"][1][:, 0] * 255.0)
    assert np.abs(read - light).max() < 0.008
    assert np.abs(kept["layer_srgb8_alpha8"][1][:, 0] - encoded(light)).max() < 0.03


@pytest.mark.parametrize("name", list(DEPTH))
def test_depth_goes_into_every_format(kept: Kept, name: str) -> None:
    for eye, half in ((0, left_half), (1, right_half)):
        expected = half(kept["shared_4_depth"])
        assert expected.min() < 0.95 < expected.max()
        assert np.abs(kept[f"eye_{eye}_{name}"] - expected).max() <= 1.0 / 65535.0


def test_a_copy_lands_where_it_is_sent(kept: Kept) -> None:
    placed = kept["placed_srgb8_alpha8"]
    assert (placed[3:, 5 : 5 + SIZE_PX[0]] == right_half(kept["shared_4"])).all()
    assert (placed[:3] == 77).all()
    assert (placed[:, :5] == 77).all()
    assert (placed[:, 5 + SIZE_PX[0] :] == 77).all()
    decoded = kept["placed_rgba8"]
    expected = linear(right_half(kept["shared_4"])[:, :, :3]) * 255.0
    assert np.abs(decoded[3:, 5 : 5 + SIZE_PX[0], :3] - expected).max() <= 0.51
    assert (decoded[:3] == 77).all()
    assert (decoded[:, :5] == 77).all()


def test_opengl_is_left_as_it_was_found(kept: Kept) -> None:
    before, after = kept["state"]
    assert (before == after).all()
    before, after = kept["state_after_refusal"]
    assert (before == after).all()
    assert int(kept["gl_error"]) == 0
    assert (kept["next_frame_left"] == kept["eye_0_srgb8_alpha8"]).all()


def test_a_wrong_image_is_refused_with_the_next_step(kept: Kept) -> None:
    assert "0x81a6" in str(kept["refused"])
    assert "Choose another" in str(kept["refused"])


def test_depth_that_was_not_kept_is_refused_with_the_next_step(kept: Kept) -> None:
    assert "depth=True" in str(kept["shared_4_hdr_depth"])


def test_hidden_areas_are_not_drawn(kept: Kept) -> None:
    shown, masked, unmasked = kept["instances_0"], kept["masked"], kept["unmasked"]
    assert (masked[:, :37, :3] == 0).mean() > 0.9  # panels and veil know no depth and may lie over it
    assert (masked[:, 37:] == shown[:, 37:]).all()
    assert (unmasked == shown).all()
