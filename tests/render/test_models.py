"""Loading: the plain reader, panda3d-gltf with its cache, clips, and the store's worker."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from panda3d.core import NodePath

from engine.errors import InputError
from engine.render.look import resolve_look
from engine.render.models import ModelStore, load_model
from engine.render.picture import Picture, Shot
from tests.render.small_scene import box, build, write_glb


def animated_box(path: Path) -> Path:
    """A box on one bone that moves 4 m to the right within 2 s."""
    write_glb(path, {"lift": box((-1, -1, 0), (1, 1, 2), (200, 80, 60))}, baked=False)
    raw = path.read_bytes()
    (size,) = struct.unpack_from("<I", raw, 12)
    tree = json.loads(raw[20 : 20 + size])
    blob = bytearray(raw[28 + size :])

    def accessor(values: np.ndarray, kind: str, component: int, **more: object) -> int:
        tree["bufferViews"].append({"buffer": 0, "byteOffset": len(blob), "byteLength": values.nbytes})
        blob.extend(values.tobytes())
        view = len(tree["bufferViews"]) - 1
        tree["accessors"].append(
            {"bufferView": view, "componentType": component, "count": len(values), "type": kind, **more}
        )
        return len(tree["accessors"]) - 1

    attributes = tree["meshes"][0]["primitives"][0]["attributes"]
    count = tree["accessors"][attributes["POSITION"]]["count"]
    attributes["WEIGHTS_0"] = accessor(np.tile(np.array([1, 0, 0, 0], "<f4"), (count, 1)), "VEC4", 5126)
    attributes["JOINTS_0"] = accessor(np.zeros((count, 4), "<u2"), "VEC4", 5123)
    times = accessor(np.array([0.0, 2.0], "<f4"), "SCALAR", 5126, min=[0.0], max=[2.0])
    places = accessor(np.array([(0, 0, 0), (4, 0, 0)], "<f4"), "VEC3", 5126)
    tree["nodes"] = [
        {"name": "lift", "mesh": 0, "skin": 0},
        {"name": "bone"},
        {"name": "rig", "children": [0, 1]},
    ]
    tree["scenes"] = [{"nodes": [2]}]
    tree["skins"] = [{"joints": [1], "skeleton": 2}]
    tree["animations"] = [
        {
            "name": "main",
            "samplers": [{"input": times, "output": places, "interpolation": "LINEAR"}],
            "channels": [{"sampler": 0, "target": {"node": 1, "path": "translation"}}],
        }
    ]
    tree["buffers"] = [{"byteLength": len(blob)}]
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    blob.extend(bytes(-len(blob) % 4))
    head = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(blob))
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(blob), b"BIN\0")
    path.write_bytes(head + chunks + bytes(blob))
    return path


def test_a_baked_file_keeps_its_node_names(tmp_path: Path) -> None:
    canal, _boat = build(tmp_path)
    model = load_model(canal)
    assert model.baked
    assert len(model.sidecar.lamps) == 6
    root = NodePath(model.root)
    for name in ("street", "gate", "lanterns"):
        assert not root.find(f"**/{name}").is_empty()
    low, high = root.get_tight_bounds()
    assert (low.x, high.x) == pytest.approx((-14, 14))
    assert (low.y, high.y) == pytest.approx((0, 60))


def test_an_animated_file_is_converted_once(tmp_path: Path) -> None:
    path = animated_box(tmp_path / "box.glb")
    cache = tmp_path / "cache"
    first = load_model(path, cache)
    assert not first.baked
    (kept,) = cache.iterdir()
    stamp = kept.stat().st_mtime_ns
    again = load_model(path, cache)
    assert kept.stat().st_mtime_ns == stamp
    assert NodePath(again.root).get_tight_bounds() == NodePath(first.root).get_tight_bounds()
    for found in NodePath(again.root).find_all_matches("**/+GeomNode"):
        assert not found.node().get_geom(0).get_vertex_data().has_column("tangent")


def test_a_torn_cache_file_is_replaced(tmp_path: Path) -> None:
    path = animated_box(tmp_path / "box.glb")
    cache = tmp_path / "cache"
    load_model(path, cache)
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    load_model(path, cache)
    assert kept.stat().st_size > 100


@pytest.mark.parametrize(
    ("seconds", "loop", "x"), [(0.0, False, 0.0), (1.0, False, 2.0), (9.0, False, 4.0), (3.0, True, 2.0)]
)
def test_clips_stand_where_the_show_says(tmp_path: Path, seconds: float, loop: bool, x: float) -> None:
    model = load_model(animated_box(tmp_path / "box.glb"), tmp_path / "cache")
    picture = Picture(grain=0.0, dither=False, twin=False)
    look = resolve_look({}, {})
    picture.add_scene(0, [model], None, look)
    picture.show(0)
    picture.apply(Shot(at_s=0.0, look=look, clips=(("main", seconds, loop),)))
    for character in picture.root.find_all_matches("**/+Character"):
        character.node().force_update()
    low, high = picture.root.find("**/world").get_tight_bounds()
    assert (low.x + high.x) / 2 == pytest.approx(x, abs=0.1)


def test_the_store_loads_in_the_background(tmp_path: Path) -> None:
    canal, boat = build(tmp_path)
    store = ModelStore(tmp_path / "cache")
    store.request([canal, boat])
    assert store.get(boat).path == boat
    assert store.get(canal) is store.get(canal)
    assert store.ready([canal, boat])
    with pytest.raises(InputError, match="cannot be read"):
        store.get(tmp_path / "missing.glb")
    store.close()
