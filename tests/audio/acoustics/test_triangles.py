"""Geometry out of GLB files: nodes by name, transforms, quantised corners, and files that lie."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from engine.audio.acoustics.triangles import model_triangles
from engine.errors import InputError
from tests.audio.acoustics.glbs import glb, quad_tree

CORNERS = np.array([[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, -3]], np.float32)
INDEX = np.array([0, 1, 2, 0, 2, 3])


def written(folder: Path, tree: dict, binary: bytes, name: str = "a.glb") -> Path:
    path = folder / name
    path.write_bytes(glb(tree, binary))
    return path


def test_nodes_by_name_in_the_engines_axes(tmp_path: Path) -> None:
    path = written(tmp_path, *quad_tree(CORNERS, INDEX))
    wall = model_triangles([path], ["wall"])
    assert wall.shape == (2, 3, 3)
    assert wall[1].tolist() == [
        [0, 0, 0],
        [2, 0, 1],
        [0, 3, 1],
    ]  # up is z, and what lies behind the viewer's z is ahead
    assert np.array_equal(model_triangles([path], ["house"]), wall)  # with all below it
    assert model_triangles([path], ["*"]).shape == (4, 3, 3)
    assert model_triangles([path], ["la*"])[0, 0].tolist() == [0, 0, -50]
    assert model_triangles([path, path], ["wall"]).shape == (4, 3, 3)


def test_transforms_add_up(tmp_path: Path) -> None:
    tree, binary = quad_tree(CORNERS, INDEX)
    tree["nodes"][0].update(translation=[10, 0, 0], scale=[2, 2, 2])
    half = 0.5**0.5
    tree["nodes"][1].update(
        rotation=[0, half, 0, half]
    )  # a quarter turn about glTF's y: x goes to -z, which is ahead
    wall = model_triangles([written(tmp_path, tree, binary)], ["wall"])
    assert wall[0, 1] == pytest.approx([10.0, 4.0, 0.0], abs=1e-6)
    matrix = np.eye(4)
    matrix[:3, 3] = (1, 2, 3)
    tree["nodes"][1] = {"name": "wall", "mesh": 0, "matrix": matrix.T.ravel().tolist()}
    wall = model_triangles([written(tmp_path, tree, binary)], ["wall"])
    assert wall[0, 0] == pytest.approx([12.0, -6.0, 4.0])


def test_quantised_corners_strips_and_fans(tmp_path: Path) -> None:
    quantised = np.round(CORNERS / 3 * 32767).astype(np.int16)
    tree, binary = quad_tree(quantised, INDEX)
    tree["nodes"][1]["scale"] = [3, 3, 3]
    assert model_triangles([written(tmp_path, tree, binary)], ["wall"])[1, 2] == pytest.approx(
        [0.0, 3.0, 1.0], abs=1e-3
    )
    strip = model_triangles([written(tmp_path, *quad_tree(CORNERS, mode=5))], ["wall"])
    fan = model_triangles([written(tmp_path, *quad_tree(CORNERS, mode=6))], ["wall"])
    assert strip.shape == fan.shape == (2, 3, 3) and fan[1, 0].tolist() == [0, 0, 0]
    assert model_triangles([written(tmp_path, *quad_tree(CORNERS, mode=1))], ["wall"]).shape == (0, 3, 3)


def test_a_name_that_fits_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no node is called roof; the models have house, lawn, wall"):
        model_triangles([written(tmp_path, *quad_tree(CORNERS, INDEX))], ["wall", "roof"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda tree: tree["meshes"][0]["primitives"][0].update(
                extensions={"KHR_draco_mesh_compression": {}}
            ),
            "compressed by KHR_draco",
        ),
        (lambda tree: tree["accessors"][0].update(count=1000), "ends at byte 12000 of"),
        (lambda tree: tree["accessors"][0].update(count=10**12), "at most 30000000"),
        (lambda tree: tree["accessors"][0].update(componentType=77), "KeyError"),
        (lambda tree: tree["accessors"][0].update(sparse={}), "sparse"),
        (lambda tree: tree["nodes"][1].update(children=[0]), "hangs in two places"),
        (lambda tree: tree["nodes"][1].update(mesh=4), "IndexError"),
        (lambda tree: tree["buffers"][0].update(uri="b.bin"), "other files"),
        (lambda tree: tree["nodes"][1].update(matrix=[1, 2]), "ValueError"),
    ],
)
def test_files_that_lie_are_explained(tmp_path: Path, change: object, says: str) -> None:
    tree, binary = quad_tree(CORNERS, INDEX)
    change(tree)  # type: ignore[operator]
    with pytest.raises(InputError, match=says):
        model_triangles([written(tmp_path, tree, binary)], ["wall"])


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "not a GLB"),
        (b"OggS" + b"\0" * 40, "not a GLB"),
        (b"glTF" + b"\1\0\0\0" + b"\0" * 40, "version 1"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_model_is_said(tmp_path: Path, raw: bytes | None, says: str) -> None:
    path = tmp_path / "a.glb"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(InputError, match=says):
        model_triangles([path], ["wall"])


def test_mangled_files_are_read_or_refused(tmp_path: Path) -> None:
    whole = glb(*quad_tree(CORNERS, INDEX))
    chance, path, refused = random.Random(9), tmp_path / "a.glb", 0
    for _ in range(300):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        path.write_bytes(bytes(raw[: chance.choice((len(raw), chance.randrange(len(raw))))]))
        try:
            found = model_triangles([path], ["*"])
        except InputError:
            refused += 1
        else:
            assert np.all(np.isfinite(found))
    assert 100 < refused < 300
