"""Curved tiled roofs: hip, or hip and gable, with ribs, ridges, tails, soffit and rafters."""

# ruff: noqa: RUF005 - offsets are added to arrays here, not joined to lists
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .mesh import Floats, Mesh, loft, raw, revolve, surface, tube
from .palette import LACQUER, LACQUER_DARK, PLASTER, RIDGE, TILE, TILE_RIB


@dataclass(frozen=True, slots=True)
class Roof:
    """A roof over a rectangle centred on the origin; the eave line stands at z = 0.

    Parameters
    ----------
    width, depth : eave to eave, m (X, Y)
    rise : eave to ridge, m
    ridge : length of the main ridge, m; 0 makes a pyramid
    gable : share of the slope that the side roofs take; 1 is a plain hip roof
    lift : corner lift, m
    detail : 2 near (ribs all round, discs, rafters), 1 front only, 0 far (plain slopes)
    cut : share of the slope that is built; below 1 a skirt roof that the next storey stands in
    """

    width: float
    depth: float
    rise: float
    ridge: float
    gable: float = 1.0
    lift: float = 0.8
    detail: int = 2
    cut: float = 1.0

    def half_width(self, v: Floats) -> Floats:
        """Half the front slope's width at share v of the slope."""
        t = np.clip(v / self.gable, 0, 1)
        return (self.width * (1 - t) + self.ridge * t) / 2

    def height(self, u: Floats, v: Floats) -> Floats:
        """Height of the tiles at u (-1..1 along the eave) and v (0 eave, 1 ridge)."""
        corner = np.abs(u) ** 4 * (1 - v) ** 2.2
        return self.rise * (0.42 * v + 0.58 * v * v) + self.lift * corner

    def front(self, u: Floats, v: Floats) -> Floats:
        """Point of the front slope (towards -Y)."""
        push = 1 + 0.05 * np.abs(u) ** 5 * (1 - v) ** 2
        x = u * self.half_width(v) * push
        y = -self.depth / 2 * (1 - v) * push
        return np.stack([x, y, self.height(u, v)], axis=-1)

    def side(self, u: Floats, v: Floats) -> Floats:
        """Point of the right side slope (towards +X); v runs to 1 at the gable."""
        w = v * self.gable
        push = 1 + 0.05 * np.abs(u) ** 5 * (1 - w) ** 2
        x = self.half_width(w) * push
        y = u * self.depth / 2 * (1 - w) * push
        return np.stack([x, y, self.height(u, w)], axis=-1)


def _grid(cols: int, rows: int) -> tuple[Floats, Floats]:
    # Denser towards the corners, where the lift bends.
    u = np.linspace(-1, 1, cols)
    u = np.sign(u) * np.abs(u) ** 0.8
    v = np.linspace(0, 1, rows)
    return np.broadcast_to(u[None, :], (rows, cols)), np.broadcast_to(v[:, None], (rows, cols))


def _ribs(roof: Roof, which: str, gap: float) -> Mesh:
    """Half tubes of tile running up one slope, 3 points across, with a disc at the eave."""
    mesh = Mesh()
    span = roof.width if which == "front" else roof.depth
    count = max(3, int(span / gap))
    offsets = (np.arange(count) + 0.5) / count * 2 - 1
    rows = 5 if roof.detail == 2 else 4
    pos, nrm, tri = [], [], []
    base = 0
    for o in offsets:
        across = abs(o) * span / 2
        if which == "front":
            end = 1.0
            if across > roof.ridge / 2:
                end = roof.gable * (roof.width / 2 - across) / max(1e-6, (roof.width - roof.ridge) / 2)
        else:
            end = min(1.0, (1 - across / (roof.depth / 2)) / roof.gable)
        end = min(end, roof.cut)
        if end < 0.06:
            continue
        v = np.linspace(-0.012, end * 0.985, rows)
        half = roof.half_width(v) if which == "front" else roof.depth / 2 * (1 - v * roof.gable)
        u = np.clip(o * span / 2 / np.maximum(half, 1e-6), -1, 1)
        line = roof.front(u, v) if which == "front" else roof.side(u, v)
        axis = np.array([1.0, 0, 0]) if which == "front" else np.array([0, 1.0, 0])
        w = 0.075
        grid = np.stack([line - axis * w, line + np.array([0, 0, 0.11]), line + axis * w], axis=1)
        n = np.stack([-axis + [0, 0, 0.35], np.array([0, -0.25, 1.0]), axis + [0, 0, 0.35]])
        if which == "side":
            n[1] = [0.25, 0, 1.0]
        pos.append(grid.reshape(-1, 3))
        nrm.append(np.tile(n, (rows, 1)))
        idx = np.arange(rows * 3).reshape(rows, 3) + base
        a, b, c, d = idx[:-1, :-1].ravel(), idx[:-1, 1:].ravel(), idx[1:, 1:].ravel(), idx[1:, :-1].ravel()
        tri.append(np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]))
        base += rows * 3
        if roof.detail == 2:
            out = np.array([0, -1.0, 0]) if which == "front" else np.array([1.0, 0, 0])
            angle = np.linspace(0, 2 * math.pi, 5, endpoint=False)
            ring = np.cos(angle)[:, None] * axis + np.sin(angle)[:, None] * np.array([0, 0, 1.0])
            pos.append(line[0] + out * 0.02 + [0, 0, 0.035] + ring * 0.085)
            nrm.append(np.tile(out, (5, 1)))
            tri.append(np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4]]) + base)
            base += 5
    if pos:
        mesh.add(raw(np.concatenate(pos), np.concatenate(nrm), np.concatenate(tri), TILE_RIB))
    return mesh


def owl_tail(size: float) -> Mesh:
    """Ridge-end finial: a fish tail curling inward (towards -X), standing on z = 0."""
    spine = np.array([[0.0, 0, -0.1], [0.16, 0, 0.25], [0.2, 0, 0.6], [0.06, 0, 0.95], [-0.2, 0, 1.12]])
    thick = np.array([0.30, 0.30, 0.22, 0.15, 0.02])
    rings = []
    for p, t in zip(spine, thick, strict=True):
        rings.append(
            [p + [t, 0, 0], p + [0, 0.13 * t / 0.3, 0], p + [-t, 0, 0.05], p + [0, -0.13 * t / 0.3, 0]]
        )
    return Mesh().add(loft(np.array(rings), RIDGE), scale=size)


def tiled_roof(
    roof: Roof, *, soffit_inset: float = 1.0, soffit_drop: float = -0.15, round_about: bool = False
) -> Mesh:
    """Build a roof.

    Parameters
    ----------
    soffit_inset : how far inside the eave the wall head stands, m
    soffit_drop : height of the wall head relative to the eave, m
    round_about : ribs on the back slope too
    """
    near = roof.detail >= 1
    mesh = Mesh()
    cols, rows = (15, 6) if near else (9, 4)
    u, v = _grid(cols, rows)
    front = roof.front(u, v * roof.cut)
    side_cols = cols if roof.depth > 3 else 9
    us, vs = _grid(side_cols, rows)
    side = roof.side(us, vs * roof.cut)
    for turn in (0.0, 180.0):
        mesh.add(surface(front, TILE, outward=(0, -0.3, 1)), turn_deg=turn)
        mesh.add(surface(side, TILE, outward=(0.3, 0, 1)), turn_deg=turn)
    if roof.detail == 2:
        # The back slope of a street house is never seen from the water; towers ask for `round_about`.
        for turn in (0.0, 180.0) if round_about else (0.0,):
            mesh.add(_ribs(roof, "front", 0.34), turn_deg=turn)
        for mirror in (1.0, -1.0):
            mesh.add(_ribs(roof, "side", 0.36), scale=(mirror, 1, 1))
    elif roof.detail == 1:
        mesh.add(_ribs(roof, "front", 0.40))
        for mirror in (1.0, -1.0):
            mesh.add(_ribs(roof, "side", 0.44), scale=(mirror, 1, 1))
    if roof.gable < 0.999 and roof.cut >= 1:
        top = np.array([0.0, 0.0, roof.rise])
        inset = roof.ridge / 2 - 0.25
        y = roof.depth / 2 * (1 - roof.gable)
        z = float(roof.height(np.array(0.0), np.array(roof.gable)))
        for sign in (1, -1):
            corners = np.array(
                [[inset * sign, -y, z - 0.1], [inset * sign, y, z - 0.1], [inset * sign, 0, top[2]]]
            )
            mesh.add(raw(corners, np.tile([sign, 0.0, 0.0], (3, 1)), [[0, 1, 2]], PLASTER.toned(0.8)))
            for s in (1, -1):
                end = np.array([[roof.ridge / 2 * sign, s * y, z], [roof.ridge / 2 * sign, 0, top[2]]])
                mesh.add(tube(end + [0, 0, 0.04], 0.10, RIDGE, sides=4))

    # Eave: tile edge, then the soffit sloping in to the wall head, with rafters below it.
    wall_w, wall_d = roof.width / 2 - soffit_inset, roof.depth / 2 - soffit_inset
    for which, turns in (("front", (0.0, 180.0)), ("side", (0.0, 180.0))):
        line = np.linspace(-1, 1, cols)
        zero = np.zeros_like(line)
        edge = roof.front(line, zero) if which == "front" else roof.side(line, zero)
        if which == "front":
            inner = np.stack([line * wall_w, np.full_like(line, -wall_d), np.full_like(line, soffit_drop)], 1)
            out = np.array([0.0, -1, 0])
        else:
            inner = np.stack([np.full_like(line, wall_w), line * wall_d, np.full_like(line, soffit_drop)], 1)
            out = np.array([1.0, 0, 0])
        low = edge - [0, 0, 0.14]
        for turn in turns:
            mesh.add(surface(np.stack([low, edge + [0, 0, 0.02]]), RIDGE, outward=out), turn_deg=turn)
            mesh.add(
                surface(
                    np.stack([low, low * 0.5 + inner * 0.5 + [0, 0, 0.03], inner]),
                    LACQUER_DARK,
                    outward=(0, 0, -1),
                ),
                turn_deg=turn,
            )
            if roof.detail == 2 and not (turn == 180.0 and which == "front"):
                mesh.add(_rafters(line, low, inner), turn_deg=turn)

    if near:
        mesh.add(_ridges(roof))
    elif roof.ridge > 0.5 and roof.cut >= 1:
        ends = np.array([[-roof.ridge / 2, 0, roof.rise], [roof.ridge / 2, 0, roof.rise]])
        mesh.add(tube(ends + [0, 0, 0.12], 0.22, RIDGE, sides=4))
    return mesh


def _rafters(line: Floats, low: Floats, inner: Floats) -> Mesh:
    length = float(np.abs(low[-1] - low[0]).max())
    count = int(length / 0.5)
    t = (np.arange(count) + 0.5) / count * 2 - 1
    a = np.stack([np.interp(t, line, low[:, k]) for k in range(3)], 1) - [0, 0, 0.02]
    b = np.stack([np.interp(t, line, inner[:, k]) for k in range(3)], 1) - [0, 0, 0.02]
    axis = (low[-1] - low[0]) / np.linalg.norm(low[-1] - low[0])
    axis = np.array([axis[0], axis[1], 0.0])
    w, h = 0.055, np.array([0, 0, -0.11])
    pos = np.stack([a - axis * w, a + h, a + axis * w, b - axis * w, b + h, b + axis * w], axis=1)
    n = np.stack([-axis - [0, 0, 0.3], np.array([0, 0, -1.0]), axis - [0, 0, 0.3]])
    idx = np.arange(count)[:, None, None] * 6 + np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]])[None]
    return raw(pos.reshape(-1, 3), np.tile(np.concatenate([n, n]), (count, 1)), idx, LACQUER.toned(0.85))


def _ridges(roof: Roof) -> Mesh:
    mesh = Mesh()
    if roof.ridge > 0.5 and roof.cut >= 1:
        t = np.linspace(-1, 1, 7)
        sag = 0.18 * np.abs(t) ** 3
        line = np.stack([t * roof.ridge / 2, np.zeros_like(t), roof.rise + 0.16 + sag], 1)
        mesh.add(tube(line, 0.2, RIDGE, sides=6, squash=1.3))
        tail = min(1.25, 0.55 + roof.rise * 0.16)
        for sign in (1, -1):
            at = (sign * (roof.ridge / 2 - 0.1), 0.0, roof.rise + 0.3)
            mesh.add(owl_tail(tail), at, scale=(sign, 1, 1))
    elif roof.cut >= 1:
        knob = [(0.34, -0.25), (0.4, 0.0), (0.16, 0.2), (0.3, 0.45), (0.26, 0.65), (0.05, 0.95), (0.0, 1.05)]
        mesh.add(revolve(knob, RIDGE, sides=8), (0, 0, roof.rise + 0.1))
    v = np.linspace(-0.02, min(roof.gable, roof.cut) * 0.98, 8)
    one = np.ones_like(v)
    hip = roof.front(one, np.clip(v, 0, 1)) + [0, 0, 0.1]
    radius = np.linspace(0.11, 0.15, len(v))
    tip = hip[0] + np.array([0.28, -0.28, 0.26])
    hip = np.concatenate([[tip], hip])
    radius = np.concatenate([[0.05], radius])
    for sx in (1, -1):
        for sy in (1, -1):
            mesh.add(tube(hip, radius, RIDGE, sides=5, squash=1.3), scale=(sx, sy, 1))
            if roof.detail == 2:
                # Ridge beasts: three small knobs in a row near the corner.
                for k in (1, 2):
                    beast = loft(
                        np.array(
                            [
                                [[0.1, 0, 0], [0, 0.07, 0], [-0.1, 0, 0], [0, -0.07, 0]],
                                [[0.1, 0, 0.2], [0, 0.06, 0.2], [-0.06, 0, 0.2], [0, -0.06, 0.2]],
                                [[0.12, 0, 0.36], [0.08, 0.02, 0.36], [0.02, 0, 0.3], [0.08, -0.02, 0.36]],
                            ]
                        ),
                        RIDGE,
                    )
                    p = hip[k] * np.array([sx, sy, 1])
                    mesh.add(beast, p + [0, 0, 0.1], turn_deg=math.degrees(math.atan2(-sy, sx)))
    return mesh
