"""Draws the story graph with the path that was taken, as SVG."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape

from engine.show.report.data import GraphEdge

_COLUMN_PX, _ROW_PX, _BOX_W, _BOX_H = 150, 74, 112, 34


def ranks(scenes: Sequence[str], edges: Sequence[GraphEdge]) -> dict[str, int]:
    """Column of each scene: the longest way to it, edges that go back ignored (a dozen lines, no library)."""
    out: dict[str, list[str]] = {scene: [] for scene in scenes}
    for edge in edges:
        if edge.source in out and edge.target in out:
            out[edge.source].append(edge.target)
    rank: dict[str, int] = {}

    def visit(scene: str, depth: int, on_path: frozenset[str]) -> None:
        if rank.get(scene, -1) >= depth:
            return
        rank[scene] = depth
        for target in out[scene]:
            if target not in on_path:
                visit(target, depth + 1, on_path | {target})

    if scenes:
        visit(scenes[0], 0, frozenset({scenes[0]}))
    for scene in scenes:
        rank.setdefault(scene, max(rank.values(), default=0) + 1)
    return rank


def draw_graph(scenes: Sequence[str], edges: Sequence[GraphEdge], path: Sequence[str]) -> str:
    """The graph as an SVG element; scenes and edges on `path` are lit."""
    rank = ranks(scenes, edges)
    columns: dict[int, list[str]] = {}
    for scene in scenes:
        columns.setdefault(rank[scene], []).append(scene)
    rows = max((len(column) for column in columns.values()), default=1)
    at: dict[str, tuple[float, float]] = {}
    for x, column in columns.items():
        offset = (rows - len(column)) / 2
        for y, scene in enumerate(column):
            at[scene] = (24 + x * _COLUMN_PX, 30 + (y + offset) * _ROW_PX)
    taken = set(itertools.pairwise(path))
    parts: list[str] = []
    names: dict[str, list[str]] = {}
    drawn: set[tuple[str, str, str]] = set()
    for edge in sorted(edges, key=lambda e: (e.source, e.target) in taken):
        key = (edge.source, edge.target, edge.option)
        if edge.source not in at or edge.target not in at or key in drawn:
            continue
        drawn.add(key)
        (x0, y0), (x1, y1) = at[edge.source], at[edge.target]
        lit = (edge.source, edge.target) in taken
        sx, sy, tx, ty = x0 + _BOX_W, y0 + _BOX_H / 2, x1, y1 + _BOX_H / 2
        bend = max(24.0, (tx - sx) / 2)
        parts.append(
            f'<path d="M{sx:.0f} {sy:.0f} C{sx + bend:.0f} {sy:.0f} {tx - bend:.0f} {ty:.0f} {tx:.0f} {ty:.0f}" '
            f'class="{"edge lit" if lit else "edge"}"/>'
        )
        if edge.option:
            # Names stand below each other at the scene they are chosen in; curves that meet would hide them.
            rank_here = names.setdefault(edge.source, [])
            rank_here.append(edge.option)
            parts.append(
                f'<text x="{x0 + 4:.0f}" y="{y0 + _BOX_H + 12 * len(rank_here):.0f}" class="opt{" lit" if lit else ""}">'
                f"{escape(edge.option)}</text>"
            )
    seen = set(path)
    for scene, (left, top) in at.items():
        lit = scene in seen
        order = "·".join(str(i + 1) for i, name in enumerate(path) if name == scene)
        parts.append(
            f'<rect x="{left:.0f}" y="{top:.0f}" width="{_BOX_W}" height="{_BOX_H}" rx="7" class="{"box lit" if lit else "box"}"/>'
            f'<text x="{left + _BOX_W / 2:.0f}" y="{top + 21:.0f}" class="name{" lit" if lit else ""}">{escape(scene)}</text>'
            + (f'<text x="{left + 3:.0f}" y="{top - 4:.0f}" class="order">{order}</text>' if order else "")
        )
    width = 24 + (max(columns, default=0) + 1) * _COLUMN_PX
    height = 30 + rows * _ROW_PX
    return f'<svg class="graph" viewBox="0 0 {width} {height}" role="img" aria-label="story graph">{"".join(parts)}</svg>'
