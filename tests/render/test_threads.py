"""Panda3D belongs to the thread that draws; the worker that reads ahead must not touch it.

Panda3D 1.10 corrupts the heap when vertex data is made in one thread while another draws a scene for the first
time. The crash is a matter of luck, so the rule itself is tested, and fast switching in a process of its own.
"""

from __future__ import annotations

import dataclasses
import gc
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from panda3d.core import GeomVertexData, GraphicsEngine

from engine.errors import InputError
from engine.experience.package import Package
from engine.render import meshes, models
from engine.render.models import ModelStore
from engine.render.viewer import Viewer, ViewerOptions
from tests.render.show import held
from tests.render.small_scene import build
from tests.render.test_models import animated_box

SWITCH = """
import dataclasses, pathlib, sys
from engine.experience.package import load_package
from engine.render.viewer import Viewer, ViewerOptions
from tests.render.show import held

package = load_package(pathlib.Path(sys.argv[1]))
names = [scene.id for scene in package.scenes]
with Viewer(package, ViewerOptions(size=(32, 18), headless=True, quality="test")) as viewer:
    for frame in range(60):
        if frame % 6 == 0:  # all models anew, and every scene but the shown one forgotten
            viewer.stage.drop_scenes()
        near = tuple((frame + step) % len(names) for step in (1, 2))
        shown = held(package, names[frame % len(names)], 1.0)
        viewer.draw(dataclasses.replace(shown, candidates=near), frame)
print("drawn")
"""


@pytest.fixture
def builders(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Threads that made geometry."""
    seen: set[int] = set()

    def watched(*args: Any) -> GeomVertexData:
        seen.add(threading.get_ident())
        return GeomVertexData(*args)

    monkeypatch.setattr(meshes, "GeomVertexData", watched)
    return seen


def test_only_the_drawing_thread_makes_geometry(
    package: Package, builders: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[bool] = []
    original = GraphicsEngine.render_frame
    candidates = (package.scene_index["lamp"],)
    shown = dataclasses.replace(held(package, "water", 1.0), candidates=candidates)
    with Viewer(package, ViewerOptions(size=(32, 18), headless=True, quality="test")) as viewer:

        class Watched:
            def render_frame(self) -> None:
                collected.append(gc.isenabled())
                original(GraphicsEngine.get_global_ptr())

        real = viewer._output.engine
        viewer._output.engine = Watched()  # type: ignore[assignment]
        frame = 0
        while not viewer.ready(candidates) and frame < 10_000:
            viewer.draw(shown, frame)
            frame += 1
        viewer._output.engine = real
        assert viewer.ready(candidates)
    assert builders == {threading.get_ident()}
    assert collected and not any(collected)
    assert gc.isenabled()


def test_a_model_is_built_in_portions(tmp_path: Path, builders: set[int]) -> None:
    canal, boat = build(tmp_path)
    store = ModelStore(tmp_path / "cache")
    store.request([canal, boat])
    steps = 0
    while not store.ready([canal, boat]):
        store.build_some(1)
        steps += 1
    assert steps >= 4  # one mesh each: the canal has three
    store.request([tmp_path / "missing.glb"])
    while not store.ready([tmp_path / "missing.glb"]):
        store.build_some(1)
    with pytest.raises(InputError, match="cannot be read"):
        store.get(tmp_path / "missing.glb")
    store.close()


@pytest.mark.slow
def test_an_animated_file_is_converted_in_another_process(tmp_path: Path) -> None:
    path, cache = animated_box(tmp_path / "box.glb"), tmp_path / "cache"
    read = models._read_ahead(path, cache)
    assert read.nodes is None
    assert [kept.suffix for kept in cache.iterdir()] == [".bam"]


@pytest.mark.slow
def test_switching_scenes_quickly_keeps_the_process_alive(package: Package) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", SWITCH, str(package.path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "drawn"), done.stderr
