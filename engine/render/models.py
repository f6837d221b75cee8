"""Models from GLB files: our fast reader for plain geometry, panda3d-gltf with a cache for everything else.

A model comes in two steps. *Reading* is file and numpy work and happens in one worker thread. *Building* makes
Panda3D's objects and happens in the thread that draws, a few megabytes a frame. The worker touches nothing of
Panda3D, not even objects that nobody else has seen: with Panda3D 1.10 vertex data made in one thread while
another one draws a scene for the first time corrupted the heap in about half of all fast runs.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Container, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from panda3d.core import (
    BamFile,
    CullFaceAttrib,
    Filename,
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

FRAME_BUDGET_BYTES = 2_000_000
"""How much geometry is built in one frame; about a millisecond."""

_ALL = 1 << 62


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


@dataclass(frozen=True, slots=True, eq=False)
class _ReadNode:
    """A node whose meshes are packed."""

    node: glb.Node
    meshes: tuple[meshes.PackedMesh, ...]
    children: tuple[_ReadNode, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReadModel:
    """A model read but not built.

    Attributes
    ----------
    path : Path
    baked : bool
        It carries baked light.
    sidecar : Sidecar
    nodes : tuple or None
        None for a file of panda3d-gltf, which reads and builds at once.
    """

    path: Path
    baked: bool
    sidecar: sidecar.Sidecar
    nodes: tuple[_ReadNode, ...] | None


def read_model(path: Path, screens: Container[str] = ()) -> ReadModel:
    """Read a GLB; any thread may do this.

    Parameters
    ----------
    path : Path
        The file.
    screens : container of str
        Nodes that videos show on: they and what is below them keep their texture coordinates.

    Raises
    ------
    InputError
        When the file is missing or broken.
    """
    container = glb.open_glb(path)
    beside = sidecar.read_sidecar(sidecar.sidecar_path(path))
    if glb.needs_full_loader(container):
        return ReadModel(path, False, beside, None)
    baked = glb.is_baked(container)
    return ReadModel(
        path,
        baked,
        beside,
        tuple(_read_node(node, baked, screens, False) for node in glb.read_nodes(container)),
    )


def _read_node(node: glb.Node, baked: bool, screens: Container[str], screen: bool) -> _ReadNode:
    screen = screen or node.name in screens
    packed = tuple(_pack(part, baked, screen) for part in node.parts)
    return _ReadNode(
        node, packed, tuple(_read_node(child, baked, screens, screen) for child in node.children)
    )


def _pack(part: glb.Part, baked: bool, screen: bool) -> meshes.PackedMesh:
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
    if screen and part.uv is not None:
        columns["texcoord"] = part.uv
    return meshes.pack_mesh(columns, part.index)


def load_model(path: Path, cache: Path | None = None, screens: Container[str] = ()) -> LoadedModel:
    """Read and build a GLB. Only the thread that draws may do this.

    Parameters
    ----------
    path : Path
        The file.
    cache : Path, optional
        Folder of converted files; default `cache_folder()`.
    screens : container of str
        As for `read_model`.

    Raises
    ------
    InputError
        When the file is missing or broken.
    """
    building = _Building(read_model(path, screens), cache or cache_folder())
    while building.model is None:
        building.advance(_ALL)
    return building.model


class _Building:
    """A model on its way from read to built."""

    def __init__(self, read: ReadModel, cache: Path) -> None:
        self._read = read
        self._cache = cache
        self._root = ModelRoot(read.path.stem)
        self._steps = self._build(self._root, read.nodes or ())
        self.model: LoadedModel | None = None

    def advance(self, budget_bytes: int) -> int:
        """Build until the budget is used up or `model` is there; gives what was used of it."""
        read = self._read
        if read.nodes is None:
            found = _load_with_panda(read.path, self._cache)
            self.model = LoadedModel(read.path, found, False, read.sidecar)
            return budget_bytes
        used = 0
        for size_bytes in self._steps:
            used += size_bytes
            if used >= budget_bytes:
                return used
        self.model = LoadedModel(read.path, self._root, read.baked, read.sidecar)
        return used

    def _build(self, parent: PandaNode, nodes: Sequence[_ReadNode]) -> Iterator[int]:
        """Add nodes under a parent; yields the size of each mesh after it was built."""
        for item in nodes:
            node = item.node
            made: PandaNode
            if item.meshes:
                made = GeomNode(node.name)
                for part, mesh in zip(node.parts, item.meshes, strict=True):
                    made.add_geom(meshes.build_geom(mesh), _state(part.surface, self._read.baked))
                    yield mesh.size_bytes
            else:
                made = PandaNode(node.name)
            if not np.allclose(node.matrix, np.eye(4)):
                made.set_transform(TransformState.make_mat(LMatrix4(*node.matrix.T.reshape(-1))))
            parent.add_child(made)
            yield from self._build(made, item.children)


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


def _kept(path: Path, cache: Path) -> Path:
    """Where the converted form of a file is kept: under the hash of its content."""
    digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    return cache / f"{digest}-{_CACHE_VERSION}.bam"


def _load_with_panda(path: Path, cache: Path) -> PandaNode:
    """Load through panda3d-gltf, keeping the converted file."""
    kept = _kept(path, cache)
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
    `request` may be called at any time and returns at once, `build_some` once a frame. `get` blocks until the
    model is there. All belong to the thread that draws; only the reading runs in the worker.
    """

    def __init__(self, cache: Path | None = None, screens: Container[str] = ()) -> None:
        self._cache = cache or cache_folder()
        self._screens = screens
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")
        self._reading: dict[Path, Future[ReadModel]] = {}
        self._building: dict[Path, _Building] = {}
        self._built: dict[Path, LoadedModel] = {}

    def request(self, paths: Sequence[Path]) -> None:
        """Start loading what is not loaded yet."""
        for path in paths:
            if path not in self._built and path not in self._building and path not in self._reading:
                self._reading[path] = self._worker.submit(_read_ahead, path, self._cache, self._screens)

    def build_some(self, budget_bytes: int = FRAME_BUDGET_BYTES) -> None:
        """Build a little of what has been read; a mesh is never split, so the budget may be passed by one."""
        for path in [path for path, future in self._reading.items() if future.done()]:
            if self._reading[path].exception() is None:  # an error waits for `get`
                self._building[path] = _Building(self._reading.pop(path).result(), self._cache)
        while self._building and budget_bytes > 0:
            path, building = next(iter(self._building.items()))
            budget_bytes -= building.advance(budget_bytes)
            self._keep(path, building)

    def ready(self, paths: Sequence[Path]) -> bool:
        """Whether all of these can be had, or their errors, without waiting."""
        return all(
            path in self._built or (path in self._reading and _failed(self._reading[path])) for path in paths
        )

    def get(self, path: Path) -> LoadedModel:
        """A model, waiting for it if need be; its error if it failed."""
        self.request([path])
        if path in self._reading:
            read = self._reading[path].result()
            self._building[path] = _Building(read, self._cache)
            del self._reading[path]
        while path not in self._built:
            building = self._building[path]
            building.advance(_ALL)
            self._keep(path, building)
        return self._built[path]

    def _keep(self, path: Path, building: _Building) -> None:
        if building.model is not None:
            self._built[path] = building.model
            del self._building[path]

    def close(self) -> None:
        """Stop the worker; reading that has begun is finished first."""
        self._worker.shutdown(wait=True, cancel_futures=True)


def _failed(future: Future[ReadModel]) -> bool:
    return future.done() and future.exception() is not None


def _read_ahead(path: Path, cache: Path, screens: Container[str] = ()) -> ReadModel:
    """The worker's task: read, and have panda3d-gltf convert in a process of its own, since that takes seconds."""
    read = read_model(path, screens)
    if read.nodes is None and not _kept(path, cache).is_file():
        # Whatever goes wrong there goes wrong again in this process, where it is reported.
        subprocess.run(
            [sys.executable, "-m", "engine.render.convert", str(path), str(cache)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    return read
