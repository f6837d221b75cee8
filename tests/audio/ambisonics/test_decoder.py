"""All-round decoding: power, direction, agreement with BS.2127's reference."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.ambisonics import degrees, encode, harmonics
from engine.audio.ambisonics.decoder import Decoder, max_re_weights, sphere
from engine.audio.speakers import PointSourcePanner, directions, free_layout, layout

DOME = free_layout(
    [(f"h{k}", k * 30.0, 0.0, False) for k in range(12)]
    + [(f"m{k}", k * 45.0, 30.0, False) for k in range(8)]
    + [(f"t{k}", k * 90.0, 60.0, False) for k in range(4)]
)


def test_the_sphere_integrates() -> None:
    points, weights = sphere(20)
    assert weights.sum() == pytest.approx(1)
    assert np.abs(weights @ points).max() < 1e-15
    assert (weights @ points[:, 2] ** 2) == pytest.approx(1 / 3)


def test_max_re_weights_fall_with_the_degree() -> None:
    assert max_re_weights(3) == pytest.approx([1, 0.8610, 0.6119, 0.3040], abs=1e-4)
    assert max_re_weights(0) == pytest.approx([1])


def test_the_mean_power_is_one_and_lfe_is_silent() -> None:
    room = layout("4+7+0")
    decoder = Decoder(PointSourcePanner(room).gains, 30)
    points, weights = sphere(30)
    for max_re in (False, True):
        matrix = decoder.matrix(3, max_re=max_re)
        played = harmonics(points, 3) @ matrix.T
        assert weights @ (played**2).sum(axis=1) == pytest.approx(1)
        assert not matrix[room.names.index("LFE1")].any()


def test_the_matrix_is_the_references() -> None:
    # `ear` 2.1.0 (BSD-3-Clause-Clear), hoa.allrad_design on 5200 points of a spherical design, order 1, first row M+030.
    matrix = Decoder(PointSourcePanner(layout("0+5+0")).gains).matrix(1)
    assert matrix[:3] == pytest.approx(np.array(REFERENCE), abs=3e-4)


def test_content_in_other_weights_decodes_to_the_same() -> None:
    decoder = Decoder(PointSourcePanner(layout("0+5+0")).gains, 20)
    n, m = degrees(2)
    at = directions(70.0, 10.0)
    plain = decoder.matrix(2) @ harmonics(at, 2)
    assert decoder.matrix_of(n, m, normalization="N3D") @ harmonics(at, 2, "n3d") == pytest.approx(plain)
    order = np.array([3, 1, 0, 2])
    some = decoder.matrix_of(n[order], m[order])
    assert some == pytest.approx(decoder.matrix(1)[:, order])
    with pytest.raises(ValueError, match="between -degree and degree"):
        decoder.matrix_of(np.array([1]), np.array([2]))


def test_a_dome_hears_a_source_where_it_is() -> None:
    standing = DOME.directions()
    matrix = Decoder(PointSourcePanner(DOME).gains, 40).matrix(3, max_re=True)
    points, _ = sphere(12)
    points = points[points[:, 2] > 0.1]
    power = (encode(points, 3) @ matrix.T) ** 2
    energy = power @ standing / power.sum(axis=1, keepdims=True)
    energy /= np.linalg.norm(energy, axis=1, keepdims=True)
    error_deg = np.degrees(np.arccos(np.clip((energy * points).sum(axis=1), -1, 1)))
    print(
        f"rE of a 24-loudspeaker dome, order 3: mean {error_deg.mean():.1f}, most {error_deg.max():.1f} deg"
    )
    assert error_deg.mean() < 4


REFERENCE = [
    [0.25062, 0.31068, 2e-05, 0.30755],
    [0.25062, -0.31069, 1e-05, 0.30756],
    [0.16522, 1e-05, -4e-05, 0.26546],
]
