"""Triangle meshes that carry what the picture needs at every vertex.

Metres, Z up, X right, Y forward (the engine's axes). A mesh also carries the lamps that belong to it, so that
a house placed in a street brings its own light along.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Vec3 = tuple[float, float, float]
Vector = Sequence[float] | Floats

# name: roughness, metalness. Plain PBR viewers get these; our own shader works from the vertex data alone.
MATERIALS: dict[str, tuple[float, float]] = {
    "stone": (0.9, 0.0),
    "wet": (0.34, 0.0),
    "wood": (0.75, 0.0),
    "lacquer": (0.4, 0.0),
    "tile": (0.6, 0.0),
    "plaster": (0.95, 0.0),
    "metal": (0.3, 1.0),
    "cloth": (0.95, 0.0),
    "paper": (0.9, 0.0),
    "leaf": (0.8, 0.0),
    "skin": (0.7, 0.0),
    "earth": (1.0, 0.0),
}
# Leaves, cloth and paper are single sheets seen from both sides.
SHEETS = frozenset({"leaf", "cloth", "paper"})


@dataclass(frozen=True, slots=True)
class Paint:
    """A surface: sRGB albedo 0..1, material name, emission 0..1."""

    rgb: Vec3
    material: str
    glow: float = 0.0

    def toned(self, factor: float) -> Paint:
        """Same surface, albedo multiplied by `factor`."""
        r, g, b = self.rgb
        return replace(self, rgb=(min(1.0, r * factor), min(1.0, g * factor), min(1.0, b * factor)))


def paint(code: str, material: str, glow: float = 0.0) -> Paint:
    """Paint from a "#RRGGBB" code."""
    value = int(code.lstrip("#"), 16)
    return Paint(((value >> 16) / 255.0, (value >> 8 & 255) / 255.0, (value & 255) / 255.0), material, glow)


@dataclass(frozen=True, slots=True)
class Lamp:
    """A source of baked light.

    Parameters
    ----------
    at : position, m
    radius_m : size of the glowing body; halos are four times as wide
    rgb : sRGB of the halo
    group : "a" street, "b" windows and interiors, "c" the scene's hero light
    power : radiant intensity in the bake's units; 3.5 is a street lantern
    halo : listed in the sidecar (a visible lamp) or only part of the bake (the spill of a window)
    phase : 0..1, decorrelates flicker and sway
    """

    at: Vec3
    radius_m: float
    rgb: Vec3
    group: str
    power: float
    halo: bool = True
    phase: float = 0.0


@dataclass(slots=True)
class Part:
    """One run of vertices with one material."""

    pos: Floats
    nrm: Floats
    rgb: Floats
    glow: Floats
    sway: Floats
    tri: Ints
    material: str


@dataclass(slots=True)
class Mesh:
    """Parts, the lamps among them and named points."""

    parts: list[Part] = field(default_factory=list)
    lamps: list[Lamp] = field(default_factory=list)
    points: dict[str, Vec3] = field(default_factory=dict)

    def add(
        self,
        other: Mesh,
        at: Vector = (0.0, 0.0, 0.0),
        *,
        turn_deg: float = 0.0,
        scale: float | Vector = 1.0,
        tilt_deg: float = 0.0,
    ) -> Mesh:
        """Add a copy of `other`: scaled, tilted about X, turned about Z (left positive), moved to `at`."""
        size = np.broadcast_to(np.asarray(scale, dtype=float), (3,))
        c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
        ct, st = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))
        turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ np.array(
            [[1.0, 0.0, 0.0], [0.0, ct, -st], [0.0, st, ct]]
        )
        offset = np.asarray(at, dtype=float)
        mirrored = bool(np.prod(size) < 0)
        for p in other.parts:
            nrm = (p.nrm / size) @ turn.T
            nrm /= np.maximum(np.linalg.norm(nrm, axis=1, keepdims=True), 1e-9)
            tri = p.tri[:, ::-1] if mirrored else p.tri
            self.parts.append(
                Part((p.pos * size) @ turn.T + offset, nrm, p.rgb, p.glow, p.sway, tri, p.material)
            )
        for lamp in other.lamps:
            x, y, z = turn @ (np.asarray(lamp.at) * size) + offset
            self.lamps.append(replace(lamp, at=(float(x), float(y), float(z))))
        for name, point in other.points.items():
            x, y, z = turn @ (np.asarray(point) * size) + offset
            self.points[name] = (float(x), float(y), float(z))
        return self

    def swayed(self, amplitude: float | Callable[[Floats], Floats], phase: float) -> Mesh:
        """Set sway: amplitude in m (constant or a function of the positions) and phase 0..1."""
        for p in self.parts:
            amount = amplitude(p.pos) if callable(amplitude) else np.full(len(p.pos), amplitude)
            p.sway = np.stack([amount, np.full(len(p.pos), phase % 1.0)], axis=1)
        return self

    def triangles(self) -> int:
        """Number of triangles."""
        return sum(len(p.tri) for p in self.parts)


def raw(pos: ArrayLike, nrm: ArrayLike, tri: ArrayLike, coat: Paint, rgb: ArrayLike | None = None) -> Mesh:
    """Mesh from plain arrays; triangles are turned so that they face along their normals."""
    p = np.asarray(pos, dtype=float).reshape(-1, 3)
    n = np.asarray(nrm, dtype=float).reshape(-1, 3)
    n = n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-9)
    t = np.asarray(tri, dtype=np.int64).reshape(-1, 3)
    face = np.cross(p[t[:, 1]] - p[t[:, 0]], p[t[:, 2]] - p[t[:, 0]])
    keep = np.einsum("ij,ij->i", face, face) > 1e-14
    t, face = t[keep], face[keep]
    wrong = np.einsum("ij,ij->i", face, n[t].sum(axis=1)) < 0
    t = np.where(wrong[:, None], t[:, ::-1], t)
    colours = np.broadcast_to(np.asarray(coat.rgb if rgb is None else rgb, dtype=float), (len(p), 3)).copy()
    part = Part(p, n, colours, np.full(len(p), coat.glow), np.zeros((len(p), 2)), t, coat.material)
    return Mesh([part])


def surface(
    points: ArrayLike,
    coat: Paint,
    *,
    closed: bool = False,
    outward: ArrayLike | None = None,
    glow: ArrayLike | None = None,
) -> Mesh:
    """Smooth surface over a grid of points.

    Parameters
    ----------
    points : (rows, columns, 3)
    closed : the columns wrap round (tubes)
    outward : normals are flipped to agree with this direction (one for all, or one per grid point);
        without it the grid's own orientation counts.
    glow : emission per grid point instead of the paint's
    """
    p = np.asarray(points, dtype=float)
    rows, cols = p.shape[:2]
    du = np.gradient(p, axis=0)
    if closed:
        dv = (np.roll(p, -1, axis=1) - np.roll(p, 1, axis=1)) / 2.0
    else:
        dv = np.gradient(p, axis=1)
    n = np.cross(dv, du)
    length = np.linalg.norm(n, axis=2, keepdims=True)
    # A pole (all points of a row together) has no derivative of its own: borrow the neighbouring row's.
    for row, near in ((0, 1), (rows - 1, rows - 2)):
        flat = length[row, :, 0] < 1e-9
        n[row, flat] = n[near, flat]
    n = n / np.maximum(np.linalg.norm(n, axis=2, keepdims=True), 1e-9)
    if outward is not None:
        want = np.broadcast_to(np.asarray(outward, dtype=float), p.shape)
        sign = np.sign(np.einsum("ijk,ijk->ij", n, want))
        n = n * np.where(sign == 0, 1.0, sign)[:, :, None]
    index = np.arange(rows * cols).reshape(rows, cols)
    right = np.roll(index, -1, axis=1) if closed else index[:, 1:]
    left = index if closed else index[:, :-1]
    a, b, c, d = left[:-1].ravel(), right[:-1].ravel(), right[1:].ravel(), left[1:].ravel()
    tri = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    mesh = raw(p.reshape(-1, 3), n.reshape(-1, 3), tri, coat)
    if glow is not None:
        mesh.parts[0].glow = np.asarray(glow, dtype=float).ravel().copy()
    return mesh


def _cuts(length: float, grain: float) -> int:
    return 2 if grain <= 0 else max(2, math.ceil(length / grain) + 1)


def panel(
    corner: ArrayLike,
    along: ArrayLike,
    up: ArrayLike,
    coat: Paint,
    *,
    grain: float = 0.0,
    glow: ArrayLike | None = None,
) -> Mesh:
    """Flat parallelogram with edges `along` and `up`; its normal is along x up.

    Split to cells of at most `grain` m.
    """
    o, a, b = (np.asarray(v, dtype=float) for v in (corner, along, up))
    u = np.linspace(0, 1, _cuts(float(np.linalg.norm(a)), grain))
    v = np.linspace(0, 1, _cuts(float(np.linalg.norm(b)), grain))
    p = o + v[:, None, None] * b + u[None, :, None] * a
    return surface(p, coat, outward=np.cross(a, b), glow=glow)


_FACES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]] = {
    "x": ((-1, 1, -1), (0, -1, 0), (0, 0, 1)),
    "X": ((1, -1, -1), (0, 1, 0), (0, 0, 1)),
    "y": ((-1, -1, -1), (1, 0, 0), (0, 0, 1)),
    "Y": ((1, 1, -1), (-1, 0, 0), (0, 0, 1)),
    "z": ((-1, 1, -1), (1, 0, 0), (0, -1, 0)),
    "Z": ((-1, -1, 1), (1, 0, 0), (0, 1, 0)),
}


def box(centre: Vector, size: Vector, coat: Paint, *, faces: str = "xXyYzZ", grain: float = 0.0) -> Mesh:
    """Axis-aligned box. `faces` lists those built: lower case = towards the negative end."""
    c, s = np.asarray(centre, dtype=float), np.asarray(size, dtype=float)
    mesh = Mesh()
    for name in faces:
        corner, along, up = (np.asarray(v, dtype=float) for v in _FACES[name])
        mesh.add(panel(c + corner * s / 2, along * s, up * s, coat, grain=grain))
    return mesh


def beam(
    a: ArrayLike,
    b: ArrayLike,
    width: float,
    height: float,
    coat: Paint,
    *,
    grain: float = 0.0,
    ends: bool = True,
) -> Mesh:
    """Rectangular bar from a to b, upright as far as it can be."""
    p, q = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    along = q - p
    unit = along / np.linalg.norm(along)
    side = np.cross(unit, (0.0, 0.0, 1.0))
    if np.linalg.norm(side) < 1e-6:
        side = np.array([1.0, 0.0, 0.0])
    side = side / np.linalg.norm(side) * width / 2
    up = np.cross(side, unit)
    up = up / np.linalg.norm(up) * height / 2
    mesh = Mesh()
    for corner, edge in (
        (-side - up, 2 * up),
        (side + up, -2 * up),
        (side - up, -2 * side),
        (-side + up, 2 * side),
    ):
        mesh.add(panel(p + corner, along, edge, coat, grain=grain))
    for part in mesh.parts:
        middle = part.pos - (p + unit * ((part.pos - p) @ unit)[:, None])
        flip = np.einsum("ij,ij->i", part.nrm, middle) < 0
        if flip.mean() > 0.5:
            part.nrm = -part.nrm
            part.tri = part.tri[:, ::-1]
    if ends:
        for at, out in ((p, -unit), (q, unit)):
            corners = np.array([at - side - up, at + side - up, at + side + up, at - side + up])
            mesh.add(raw(corners, np.tile(out, (4, 1)), [[0, 1, 2], [0, 2, 3]], coat))
    return mesh


def tube(
    points: ArrayLike,
    radii: float | Vector,
    coat: Paint,
    *,
    sides: int = 6,
    caps: bool = False,
    squash: float = 1.0,
) -> Mesh:
    """Round bar along a path; `squash` scales the vertical half axis."""
    p = np.asarray(points, dtype=float)
    r = np.broadcast_to(np.asarray(radii, dtype=float), (len(p),))
    tangent = np.gradient(p, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    # One reference direction for the whole path keeps the tube from twisting.
    mean = np.abs(tangent).mean(axis=0)
    reference = np.zeros(3)
    reference[int(np.argmin(mean))] = 1.0
    a = np.cross(tangent, reference)
    a /= np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-9)
    b = np.cross(tangent, a)
    angle = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    ring = np.cos(angle)[None, :, None] * a[:, None] + np.sin(angle)[None, :, None] * b[:, None] * squash
    grid = p[:, None] + ring * r[:, None, None]
    mesh = surface(grid, coat, closed=True, outward=ring)
    if caps:
        for i, out in ((0, -tangent[0]), (-1, tangent[-1])):
            pos = np.concatenate([grid[i], p[i][None]])
            fan = [[k, (k + 1) % sides, sides] for k in range(sides)]
            mesh.add(raw(pos, np.tile(out, (sides + 1, 1)), fan, coat))
    return mesh


def revolve(
    profile: ArrayLike,
    coat: Paint,
    *,
    sides: int = 8,
    glow: Sequence[float] | None = None,
    squash: float = 1.0,
    ribs: float = 0.0,
) -> Mesh:
    """Body of revolution about Z from (radius, height) pairs, bottom to top.

    `ribs` modulates the radius per side.
    """
    q = np.asarray(profile, dtype=float)
    angle = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    r = np.maximum(q[:, 0], 1e-4)[:, None] * (1.0 - ribs * (np.arange(sides) % 2)[None, :])
    grid = np.stack(
        [r * np.cos(angle), r * np.sin(angle) * squash, np.broadcast_to(q[:, 1][:, None], r.shape)], axis=2
    )
    slope = np.gradient(q, axis=0)
    out = np.stack(
        [
            slope[:, 1][:, None] * np.cos(angle),
            slope[:, 1][:, None] * np.sin(angle),
            np.broadcast_to(-slope[:, 0][:, None], r.shape),
        ],
        axis=2,
    )
    lit = None if glow is None else np.repeat(np.asarray(glow, dtype=float), sides)
    return surface(grid, coat, closed=True, outward=out, glow=lit)


def ball(centre: Vector, radii: Vector, coat: Paint, *, sides: int = 8, rings: int = 5) -> Mesh:
    """Ellipsoid."""
    t = np.linspace(-math.pi / 2, math.pi / 2, rings)
    unit = revolve(np.stack([np.cos(t), np.sin(t)], 1), coat, sides=sides)
    return Mesh().add(unit, centre, scale=radii)


def loft(rings: ArrayLike, coat: Paint, *, rgb: ArrayLike | None = None) -> Mesh:
    """Closed rings of equal count, (rows, sides, 3), normals away from each ring's middle."""
    p = np.asarray(rings, dtype=float)
    mesh = surface(p, coat, closed=True, outward=p - p.mean(axis=1, keepdims=True) + 1e-9)
    if rgb is not None:
        mesh.parts[0].rgb = np.repeat(np.asarray(rgb, dtype=float), p.shape[1], axis=0)
    return mesh


def ribbon(points: ArrayLike, side: ArrayLike, coat: Paint, *, normal: ArrayLike | None = None) -> Mesh:
    """Strip along a path; `side` is the half-width vector, one or one a point."""
    p = np.asarray(points, dtype=float)
    s = np.broadcast_to(np.asarray(side, dtype=float), p.shape)
    return surface(np.stack([p - s, p + s], axis=1), coat, outward=normal)
