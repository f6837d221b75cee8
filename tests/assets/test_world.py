"""The shipped models hold what the scenes name, are valid, and stay within their budgets; the generator repeats itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assets.generators.world.__main__ import STAGES
from assets.generators.world.boat import tea_tray
from assets.generators.world.figures import POSES, cat, figure
from assets.generators.world.glb import (
    VERTEX,
    Node,
    Primitive,
    read_glb,
    to_ushort,
    unit_normals,
    weld,
    write_glb,
)
from assets.generators.world.lantern import COLOURS, SHAPES, lantern
from assets.generators.world.mesh import MATERIALS, Lamp, Mesh, box, paint, panel
from assets.generators.world.noise import rng, value_noise
from assets.generators.world.stage import FILE_LIMIT_BYTES, Stage, build

MODELS = Path(__file__).resolve().parents[2] / "experiences" / "lantern_street" / "models"
GENERATOR = Path(__file__).resolve().parents[2] / "assets" / "generators" / "world"
TRIANGLES_MAX = 250_000
BOAT_TRIANGLES = (2_500, 15_000)
NODES = {
    "boat": {"lantern_prow"},
    "lock": {"gate_left", "gate_right", "bell"},
    "market": {f"wake_{k}" for k in range(1, 6)},
    "drum_square": {"drum"},
    "garden": {"chime"},
    "lake": {f"sky_{k}" for k in range(11)},
    "lane": {"home_lantern"},
}
# Where the scenes expect their targets, m.
POINTS = {
    "lock": {"bell": (4.15, 8.4, 5.1)},
    "market": {"wake_1": (-4.5, 14.0, 3.2), "wake_5": (-4.5, 46.0, 3.2)},
    "drum_square": {"drum": (0.0, 62.0, 9.0)},
    "garden": {"chime": (4.5, 36.0, 3.4)},
}


def shipped(stage: str) -> tuple[dict[str, object], list[tuple[dict[str, object], list[Node]]]]:
    """Sidecar and parsed files of a stage."""
    sidecar = json.loads((MODELS / f"{stage}.stage.json").read_text(encoding="utf-8"))
    files = [read_glb((MODELS.parent / name).read_bytes()) for name in sidecar["models"]]
    return sidecar, files


@pytest.mark.parametrize("stage", STAGES)
def test_shipped_files_are_valid_and_within_budget(stage: str) -> None:
    sidecar, files = shipped(stage)
    total = 0
    names: list[str] = []
    for document, nodes in files:
        assert document["asset"]["version"] == "2.0"  # type: ignore[index]
        for node in nodes:
            names.append(node.name)
            for part in node.primitives:
                assert part.material in MATERIALS
                assert part.tri.min() >= 0
                assert part.tri.max() < len(part.vertices)
                assert np.isfinite(part.vertices["pos"]).all()
                length = np.linalg.norm(unit_normals(part.vertices), axis=1)
                assert abs(length - 1.0).max() < 0.02, f"{stage} {node.name} {part.material}"
                total += len(part.tri)
    assert len(names) == len(set(names)), "a node name occurs twice"
    assert NODES.get(stage, set()) <= set(names)
    low, high = BOAT_TRIANGLES if stage == "boat" else (20_000, TRIANGLES_MAX)
    assert low <= total <= high
    for name in sidecar["models"]:  # type: ignore[attr-defined]
        assert (MODELS.parent / name).stat().st_size <= FILE_LIMIT_BYTES


@pytest.mark.parametrize("stage", STAGES)
def test_accessor_bounds_hold(stage: str) -> None:
    _, files = shipped(stage)
    for document, nodes in files:
        accessors = document["accessors"]
        meshes = {m["name"]: m for m in document["meshes"]}  # type: ignore[attr-defined]
        for node in nodes:
            for part, raw_part in zip(node.primitives, meshes[node.name]["primitives"], strict=True):
                stated = accessors[raw_part["attributes"]["POSITION"]]  # type: ignore[index]
                pos = part.vertices["pos"]
                y_up = np.stack([pos[:, 0], pos[:, 2], -pos[:, 1]], axis=1)
                assert np.allclose(y_up.min(axis=0), stated["min"], atol=1e-5)
                assert np.allclose(y_up.max(axis=0), stated["max"], atol=1e-5)


@pytest.mark.parametrize("stage", STAGES)
def test_sidecar_is_complete(stage: str) -> None:
    sidecar, _ = shipped(stage)
    lamps = np.array(sidecar["lamps"], dtype=float)
    assert lamps.shape[1] == 9
    assert set(lamps[:, 7]) <= {0.0, 1.0, 2.0}
    assert (lamps[:, 3] > 0).all()
    assert all(len(card) == 5 for card in sidecar["mist"])  # type: ignore[attr-defined]
    for name, at in POINTS.get(stage, {}).items():
        point = np.array(sidecar["points"][name])  # type: ignore[index]
        assert np.linalg.norm(point - at) < 0.8, f"{stage}: {name} is at {point}, the scene looks at {at}"


def test_no_orphan_files() -> None:
    listed = {
        Path(name).name
        for path in MODELS.glob("*.stage.json")
        for name in json.loads(path.read_text(encoding="utf-8"))["models"]
    }
    assert listed == {path.name for path in MODELS.glob("*.glb")}
    assert {path.name.removesuffix(".stage.json") for path in MODELS.glob("*.stage.json")} == set(STAGES)


def test_every_file_has_a_row_with_source_and_licence() -> None:
    rows = [
        line
        for line in (GENERATOR / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `models/")
    ]
    globs = {row.split("`")[1].removeprefix("models/"): row for row in rows}
    for path in MODELS.iterdir():
        row = next((row for glob, row in globs.items() if path.match(glob)), None)
        assert row is not None, f"{path.name} has no row in the generator's README"
        assert "Apache-2.0" in row and "assets/generators/world" in row


def small_stage() -> Stage:
    mesh = Mesh().add(panel((-2, 0, 0), (4, 0, 0), (0, 4, 0), paint("#8B8880", "stone"), grain=1.0))
    mesh.add(box((0, 2, 0.5), (1, 1, 1), paint("#7A2C22", "lacquer")))
    mesh.add(lantern("globe", "red", phase=0.3), (0, 2, 2.5))
    return Stage("small", mesh, {"cup": (tea_tray(), (0.0, 2.0, 1.0))}, [(0.0, 2.0, 0.0, 4.0, 2.0)])


def test_same_source_same_bytes() -> None:
    pytest.importorskip("embreex", reason="bakes need embreex, a build-time library")
    assert build(small_stage(), rays=6).files == build(small_stage(), rays=6).files


def test_bake_lights_the_near_side_and_shades_the_far_one() -> None:
    pytest.importorskip("embreex", reason="bakes need embreex, a build-time library")
    mesh = Mesh().add(panel((-6, 0, 0), (12, 0, 0), (0, 4, 0), paint("#8B8880", "stone"), grain=1.0))
    mesh.add(box((0, 2, 1), (0.2, 6, 2), paint("#7A2C22", "lacquer"), grain=1.0))
    mesh.lamps.append(Lamp((2.0, 2.0, 1.0), 0.2, (1.0, 0.6, 0.3), "b", 4.0))
    files = build(Stage("wall", mesh), rays=6).files
    _, nodes = read_glb(files["wall.glb"])
    floor = next(p for n in nodes for p in n.primitives if p.material == "stone").vertices
    light = floor["uv2"][:, 0] / 65535.0
    assert light[floor["pos"][:, 0] > 1].mean() > 3 * light[floor["pos"][:, 0] < -1].mean()
    assert floor["uv1"][:, 1].max() == 0, "group a got light of a lamp in group b"


def test_round_trip_keeps_axes_and_turns_v_twice() -> None:
    v = np.zeros(3, VERTEX)
    v["pos"] = [(1, 2, 3), (4, 5, 6), (7, 8, 10)]
    v["nrm"][:, :3] = (0, 0, 127)
    v["uv1"] = to_ushort(np.array([(0.25, 0.75)] * 3))
    data = write_glb(
        [Node("n", (1.0, 2.0, 3.0), (Primitive(v, np.array([[0, 1, 2]]), "stone"),))], generator="test"
    )
    document, nodes = read_glb(data)
    assert document["nodes"][0]["translation"] == [1.0, 3.0, -2.0]
    assert nodes[0].at == (1.0, 2.0, 3.0)
    assert (nodes[0].primitives[0].vertices == v).all()


def test_reader_refuses_a_torn_file() -> None:
    v = np.zeros(3, VERTEX)
    data = write_glb(
        [Node("n", (0.0, 0.0, 0.0), (Primitive(v, np.array([[0, 1, 2]]), "stone"),))], generator="test"
    )
    with pytest.raises(ValueError, match="not a GLB"):
        read_glb(data[:-4])


def test_weld_keeps_the_shape() -> None:
    v = np.zeros(6, VERTEX)
    v["pos"][:, 0] = [0, 1, 2, 0, 1, 5]
    kept, tri = weld(v, np.array([[0, 1, 2], [3, 4, 2]]))
    assert len(kept) == 3
    assert (kept["pos"][tri][:, :, 0] == [[0, 1, 2], [0, 1, 2]]).all()


@pytest.mark.parametrize("pose", POSES)
def test_every_pose_stands_on_the_ground_and_repeats(pose: str) -> None:
    one, two = figure(5, pose), figure(5, pose)
    low = min(float(p.pos[:, 2].min()) for p in one.parts)
    high = max(float(p.pos[:, 2].max()) for p in one.parts)
    assert -1.2 < low < 0.06  # a fishing line and carried baskets hang lower than the feet
    assert 1.0 < high < 2.9
    assert all((a.pos == b.pos).all() for a, b in zip(one.parts, two.parts, strict=True))


@pytest.mark.parametrize("shape", SHAPES)
def test_lanterns_hang_from_their_hook_and_carry_one_lamp(shape: str) -> None:
    for colour in COLOURS:
        mesh = lantern(shape, colour)
        top = max(float(p.pos[:, 2].max()) for p in mesh.parts)
        assert 0.0 < top < 0.05
        assert len(mesh.lamps) == 1
        assert mesh.lamps[0].at[2] < 0


def test_unknown_lantern_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="drum, globe"):
        lantern("star")


def test_mirroring_keeps_faces_outward() -> None:
    mesh = Mesh().add(cat(), scale=(-1.0, 1.0, 1.0))
    for part in mesh.parts:
        p = part.pos[part.tri]
        face = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
        assert (np.einsum("ij,ij->i", face, part.nrm[part.tri].sum(axis=1)) >= -1e-9).all()


def test_noise_is_bounded_and_repeats() -> None:
    points = rng(1, 2).uniform(-50, 50, (200, 3))
    a, b = value_noise(points, 3.0), value_noise(points, 3.0)
    assert (a == b).all()
    assert a.min() >= 0.0
    assert a.max() <= 1.0
