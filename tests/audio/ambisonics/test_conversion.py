"""Furse-Malham and N3D, there and back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio.ambisonics import degrees, harmonics
from engine.audio.ambisonics.conversion import from_fuma, from_n3d, to_fuma, weights_over_sn3d

AZIMUTH, ELEVATION = math.radians(50), math.radians(25)
AT = (-math.sin(AZIMUTH) * math.cos(ELEVATION), math.cos(AZIMUTH) * math.cos(ELEVATION), math.sin(ELEVATION))


def test_a_source_encoded_by_malhams_formulas_is_ours_after_conversion() -> None:
    flat, up = math.cos(ELEVATION), math.sin(ELEVATION)
    fuma = [
        *(1 / math.sqrt(2), math.cos(AZIMUTH) * flat, math.sin(AZIMUTH) * flat, up),
        *(
            1.5 * up**2 - 0.5,
            math.cos(AZIMUTH) * math.sin(2 * ELEVATION),
            math.sin(AZIMUTH) * math.sin(2 * ELEVATION),
        ),
        *(math.cos(2 * AZIMUTH) * flat**2, math.sin(2 * AZIMUTH) * flat**2, up * (5 * up**2 - 3) / 2),
        math.sqrt(135 / 256) * math.cos(AZIMUTH) * flat * (5 * up**2 - 1),
        math.sqrt(135 / 256) * math.sin(AZIMUTH) * flat * (5 * up**2 - 1),
        math.sqrt(27 / 4) * math.cos(2 * AZIMUTH) * up * flat**2,
        math.sqrt(27 / 4) * math.sin(2 * AZIMUTH) * up * flat**2,
        *(math.cos(3 * AZIMUTH) * flat**3, math.sin(3 * AZIMUTH) * flat**3),
    ]
    for channels, order in ((4, 1), (9, 2), (16, 3)):
        assert from_fuma(channels) @ fuma[:channels] == pytest.approx(harmonics(AT, order), abs=1e-14)


def test_there_and_back() -> None:
    assert np.abs(to_fuma(16) @ from_fuma(16) - np.eye(16)).max() < 1e-14


def test_flat_files_have_no_height() -> None:
    matrix = from_fuma(7)
    assert matrix.shape == (16, 7)
    n, m = degrees(3)
    assert not matrix[np.abs(m) != n].any()


def test_n3d_becomes_sn3d() -> None:
    assert harmonics(AT, 3, "n3d") * from_n3d(16) == pytest.approx(harmonics(AT, 3), abs=1e-14)
    n, m = degrees(3)
    assert weights_over_sn3d("N3D", n, m) * from_n3d(16) == pytest.approx(np.ones(16))
    assert weights_over_sn3d("FuMa", n[:1], m[:1]) == pytest.approx([1 / math.sqrt(2)])


def test_what_is_no_format_is_refused() -> None:
    n, m = degrees(4)
    with pytest.raises(ValueError, match="ends at the third order"):
        weights_over_sn3d("FuMa", n, m)
    with pytest.raises(ValueError, match="none of SN3D"):
        weights_over_sn3d("maxN", n, m)
    with pytest.raises(ValueError, match="no Furse-Malham file"):
        from_fuma(10)
