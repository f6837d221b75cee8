"""The GLB reader against our own writer, against panda3d-gltf, and against broken files."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from engine.render import glb
from tests.render.small_scene import box, build, write_glb


def one_triangle() -> dict[str, np.ndarray]:
    return {
        "vertex": np.array([(1.0, 2.0, 3.0), (2.0, 2.0, 3.0), (1.0, 2.0, 4.0)]),
        "normal": np.tile(np.array([0.0, -1.0, 0.0]), (3, 1)),
        "color": np.array([(255, 0, 0, 0), (0, 255, 0, 128), (0, 0, 255, 255)], dtype=np.uint8),
        "bake": np.array([(1.0, 0.25, 0.5, 0.75), (0.8, 0.0, 0.2, 0.4), (0.0, 1.0, 0.6, 0.1)]),
        "sway": np.array([(0.04, 0.1), (0.05, 0.2), (0.0, 0.9)]),
        "index": np.array([0, 1, 2]),
    }


def test_axes_and_columns_come_back(tmp_path: Path) -> None:
    mesh = one_triangle()
    container = glb.open_glb(write_glb(tmp_path / "t.glb", {"tri": mesh}))
    assert glb.needs_full_loader(container) == ""
    assert glb.is_baked(container)
    (node,) = glb.read_nodes(container)
    (part,) = node.parts
    assert node.name == "tri"
    np.testing.assert_allclose(node.matrix, np.eye(4))
    np.testing.assert_allclose(part.vertex, mesh["vertex"], atol=1e-6)
    np.testing.assert_allclose(part.normal, mesh["normal"], atol=1e-6)
    np.testing.assert_array_equal(part.color, mesh["color"])
    assert part.bake is not None
    np.testing.assert_allclose(part.bake / 255.0, mesh["bake"], atol=0.5 / 255.0)
    np.testing.assert_allclose(part.sway, mesh["sway"], atol=1e-6)
    assert part.surface.roughness == pytest.approx(0.7)


def test_panda_gltf_agrees_on_axes_and_flipped_v(tmp_path: Path) -> None:
    """Both loaders must put the same numbers where the shaders look for them."""
    import gltf
    from panda3d.core import GeomVertexReader, NodePath

    mesh = one_triangle()
    path = write_glb(tmp_path / "t.glb", {"tri": mesh})
    geom = NodePath(gltf.load_model(str(path))).find("**/+GeomNode").node().get_geom(0)
    data = geom.get_vertex_data()

    def column(name: str, width: int) -> np.ndarray:
        reader = GeomVertexReader(data, name)
        return np.array([list(reader.get_data4())[:width] for _ in range(data.get_num_rows())])

    np.testing.assert_allclose(column("vertex", 3), mesh["vertex"], atol=1e-5)
    np.testing.assert_allclose(column("texcoord.1", 2), mesh["bake"][:, :2], atol=1e-5)
    np.testing.assert_allclose(column("texcoord.3", 2), mesh["sway"], atol=1e-5)


def test_node_transforms_are_turned_to_engine_axes(tmp_path: Path) -> None:
    path = write_glb(tmp_path / "t.glb", {"tri": one_triangle()})
    raw = bytearray(path.read_bytes())
    (size,) = struct.unpack_from("<I", raw, 12)
    tree = json.loads(bytes(raw[20 : 20 + size]))
    # glTF: 5 m right, 6 m up, 7 m towards the viewer; a quarter turn about its up axis.
    tree["nodes"][0] |= {"translation": [5, 6, 7], "rotation": [0, 0.5**0.5, 0, 0.5**0.5], "scale": [2, 2, 2]}
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    body = bytes(raw[20 + size :])
    head = struct.pack("<4sII", b"glTF", 2, 20 + len(text) + len(body))
    path.write_bytes(head + struct.pack("<I4s", len(text), b"JSON") + text + body)
    (node,) = glb.read_nodes(glb.open_glb(path))
    np.testing.assert_allclose(node.matrix[:3, 3], (5, -7, 6))
    np.testing.assert_allclose(node.matrix @ (1, 0, 0, 1), (5, -5, 6, 1), atol=1e-9)  # right turns to forward


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a GLB file"),
        (b"OggS" + bytes(40), "not a GLB file"),
        (struct.pack("<4sII", b"glTF", 1, 40) + bytes(40), "version 1"),
        (struct.pack("<4sII", b"glTF", 2, 400) + bytes(40), "of 400 bytes"),
        (struct.pack("<4sII", b"glTF", 2, 20) + struct.pack("<I4s", 0, b"BIN\0"), "without a JSON chunk"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "broken.glb"
    path.write_bytes(data)
    with pytest.raises(InputError, match=says):
        glb.open_glb(path)


def test_a_missing_file_names_itself(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.glb: cannot be read"):
        glb.open_glb(tmp_path / "nowhere.glb")


def test_an_index_past_the_vertices_is_refused(tmp_path: Path) -> None:
    mesh = one_triangle() | {"index": np.array([0, 1, 7])}
    with pytest.raises(InputError, match="points past 3 vertices"):
        glb.read_nodes(glb.open_glb(write_glb(tmp_path / "t.glb", {"tri": mesh})))


def test_plain_files_are_not_baked(tmp_path: Path) -> None:
    path = write_glb(tmp_path / "t.glb", {"box": box((0, 0, 0), (1, 1, 1), (200, 200, 200))}, baked=False)
    container = glb.open_glb(path)
    assert not glb.is_baked(container)
    assert glb.read_nodes(container)[0].parts[0].bake is None


def test_what_our_reader_leaves_to_the_full_loader(tmp_path: Path) -> None:
    container = glb.open_glb(write_glb(tmp_path / "t.glb", {"tri": one_triangle()}))
    for key, why in (("animations", "animations"), ("skins", "skins"), ("textures", "textures")):
        changed = glb.Container(container.path, {**container.tree, key: [{}]}, container.binary)
        assert why in glb.needs_full_loader(changed)
    compressed = {**container.tree, "extensionsUsed": ["KHR_draco_mesh_compression"]}
    assert "draco" in glb.needs_full_loader(glb.Container(container.path, compressed, container.binary))


def test_the_small_scene_is_plain(tmp_path: Path) -> None:
    canal, boat = build(tmp_path)
    for path in (canal, boat):
        assert glb.needs_full_loader(glb.open_glb(path)) == ""
    assert {node.name for node in glb.read_nodes(glb.open_glb(canal))} == {"street", "gate", "lanterns"}
