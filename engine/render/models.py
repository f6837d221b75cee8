"""Models from GLB files: our fast reader for plain geometry, panda3d-gltf with a cache for everything else.

Loading happens in one worker thread; the main thread only attaches finished nodes. Reading is pure numpy and
file work, building Geoms touches only objects that no other thread has seen yet, which Panda3D allows.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from panda3d.core import (
    BamFile,
    CullFaceAttrib,
    Filename,
    Geom,
    GeomNode,
    InternalName,
    LColor,
    LMatrix4,
    Material,
    MaterialAttrib,
    ModelRoot,
    NodePath,
    PandaNode,
    RenderState,
    TransformState,
    TransparencyAttrib,
)

from engine.errors import InputError
from engine.render import glb, meshes, sidecar

# Raise when the cached form changes, so that old files are not read any more.
_CACHE_VERSION = 2


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A model ready to attach: its node, whether it carries baked light, and its sidecar."""

    path: Path
    root: PandaNode
    baked: bool
    sidecar: sidecar.Sidecar


def cache_folder() -> Path:
    """The user's cache folder for converted models (`SENSORAMA_CACHE` overrides)."""
    override = os.environ.get("SENSORAMA_CACHE")
    if override:
        return Path(override) / "models"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))
    return base / "sensorama" / "models"


def load_model(path: Path, cache: Path | None = None) -> LoadedModel:
    """Load a GLB.

    Parameters
    ----------
    path : Path
        The file.
    cache : Path, optional
        Folder of converted files; default `cache_folder()`.

    Raises
    ------
    InputError
        When the file is missing or broken.
    """
    container = glb.open_glb(path)
    beside = sidecar.read_sidecar(sidecar.sidecar_path(path))
    if glb.needs_full_loader(container):
        return LoadedModel(path, _load_with_panda(path, cache or cache_folder()), False, beside)
    baked = glb.is_baked(container)
    root = ModelRoot(path.stem)
    for node in glb.read_nodes(container):
        root.add_child(_build(node, baked))
    return LoadedModel(path, root, baked, beside)


def _build(node: glb.Node, baked: bool) -> PandaNode:
    made: PandaNode
    if node.parts:
        made = GeomNode(node.name)
        for part in node.parts:
            made.add_geom(_geom(part, baked), _state(part.surface, baked))
    else:
        made = PandaNode(node.name)
    if not np.allclose(node.matrix, np.eye(4)):
        made.set_transform(TransformState.make_mat(LMatrix4(*node.matrix.T.reshape(-1))))
    for child in node.children:
        made.add_child(_build(child, baked))
    return made


def _geom(part: glb.Part, baked: bool) -> Geom:
    columns: dict[str, npt.NDArray[np.generic]] = {
        "vertex": part.vertex,
        "normal": part.normal,
        "color": part.color,
    }
    if baked:
        bake = part.bake
        if bake is None:  # a plain part in a baked file: open to the sky, no lantern near
            bake = np.tile(np.array([255, 0, 0, 0], dtype=np.uint8), (len(part.vertex), 1))
        columns |= {"bake": bake, "sway": part.sway}
    return meshes.make_geom(columns, part.index)


def _state(surface: glb.Surface, baked: bool) -> RenderState:
    material = Material()
    material.set_base_color(LColor(*surface.base))
    material.set_metallic(surface.metallic)
    material.set_roughness(surface.roughness)
    material.set_emission(LColor(*surface.emission, 0.0))
    state = RenderState.make(MaterialAttrib.make(material))
    if surface.two_sided:
        state = state.set_attrib(CullFaceAttrib.make(CullFaceAttrib.M_cull_none))
    if surface.blend and not baked:
        state = state.set_attrib(TransparencyAttrib.make(TransparencyAttrib.M_alpha))
    return state


def _load_with_panda(path: Path, cache: Path) -> PandaNode:
    """Load through panda3d-gltf, keeping the converted file under the hash of its content."""
    digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    kept = cache / f"{digest}-{_CACHE_VERSION}.bam"
    if kept.is_file():
        bam = BamFile()
        if bam.open_read(Filename.from_os_specific(str(kept))):
            node = bam.read_node()
            if node is not None:
                return node
        # A torn or foreign cache file: convert again and replace it.
    import gltf

    _mend_interpolation()
    try:
        node = gltf.load_model(str(path))
    except (KeyError, IndexError, ValueError, RuntimeError, AssertionError) as error:
        raise InputError(
            f"{path}: the glTF loader cannot read it ({error}). Check it with a glTF validator"
        ) from error
    root = NodePath(node)
    for found in root.find_all_matches("**/+GeomNode"):
        _drop_tangents(found.node())
    try:
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_suffix(f".{os.getpid()}.tmp")
        if root.write_bam_file(Filename.from_os_specific(str(unfinished))):
            os.replace(unfinished, kept)
    except OSError:
        return node  # a read-only home only costs the next start some time
    return node


def _mend_interpolation() -> None:
    """Give panda3d-gltf 1.3.0 a working interpolation between animation keys.

    Its `get_lerp_factor` takes the larger of the factor and 1 where it means the smaller, so every frame
    shows the key that is still to come: an object with two keys stands at its goal from the start.
    """
    from gltf import _converter

    if _converter.get_lerp_factor(0.5, 0.0, 1.0) == 1:
        _converter.get_lerp_factor = _lerp_factor


def _lerp_factor(at_s: float, last_s: float, next_s: float) -> float:
    return min(max((at_s - last_s) / (next_s - last_s), 0.0), 1.0)


def _drop_tangents(node: GeomNode) -> None:
    """Take the loader's 16-byte tangent column out; no shader of ours reads it."""
    tangent = InternalName.get_tangent()
    for number in range(node.get_num_geoms()):
        data = node.get_geom(number).get_vertex_data()
        if data.has_column(tangent):
            node.modify_geom(number).set_vertex_data(data.replace_column(tangent, 0, 0, 0))


class ModelStore:
    """Models by path, loaded once, in the background on request.

    Notes
    -----
    `request` may be called at any time and returns at once. `get` blocks until the model is there. Both
    belong to the main thread; only the loading itself runs in the worker.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")
        self._found: dict[Path, Future[LoadedModel]] = {}

    def request(self, paths: Sequence[Path]) -> None:
        """Start loading what is not loaded yet."""
        for path in paths:
            if path not in self._found:
                self._found[path] = self._worker.submit(load_model, path, self._cache)

    def ready(self, paths: Sequence[Path]) -> bool:
        """Whether all of these can be had without waiting."""
        return all(path in self._found and self._found[path].done() for path in paths)

    def get(self, path: Path) -> LoadedModel:
        """A model, waiting for it if need be; its error if it failed."""
        self.request([path])
        return self._found[path].result()

    def close(self) -> None:
        """Stop the worker; loading that has begun is finished first."""
        self._worker.shutdown(wait=True, cancel_futures=True)
