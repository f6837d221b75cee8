"""From a finished run to its report page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.errors import InputError
from engine.experience.package import Package
from engine.show.conduct.conductor import Conductor, Ended
from engine.show.folder import RunFolder
from engine.show.motion_figures import motion_figures
from engine.show.record import RunRecord
from engine.show.report import Curve, GraphEdge, ReportData, render_report
from engine.show.setup import Production
from engine.story.graph import build_graph

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "ending": ("The show played to its ending", "演出圆满结束"),
    "stopped": ("The show was stopped by a person", "演出由人员停止"),
    "interrupted": ("The show was interrupted", "演出被中断"),
    "failed": ("The show failed", "演出失败"),
}


def edges_of(production: Production) -> list[GraphEdge]:
    """Ways between scenes, from the compiled story."""
    graph = build_graph(production.package.story_json)
    return [GraphEdge(edge.source, edge.target, edge.option) for edge in graph.edges]


def scene_order(production: Production, edges: Sequence[GraphEdge], first: str) -> list[str]:
    """Scenes in the order the story meets them, unreachable ones last."""
    order = [first] if first else []
    for scene in order:
        order.extend(
            edge.target
            for edge in edges
            if edge.source == scene
            and edge.target not in order
            and edge.target in production.package.scene_index
        )
    order.extend(scene.id for scene in production.package.scenes if scene.id not in order)
    return order


def _machine_made(package: Package) -> list[tuple[tuple[str, str], str]]:
    """How many tracks a machine has made, where any is: whoever shows it ought to know."""
    programs = [program for scene in package.scenes for program in (scene, *scene.reactions)]
    count = sum(len(program.machine_made) for program in programs)
    return [(("Machine-made tracks", "机器生成的轨道"), str(count))] if count else []


def _motions(production: Production, scenes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Figures of what was derived in some scenes, and why there are none: a log may have gone since the show began."""
    if production.unfitted is None:
        return [], []
    try:
        return motion_figures(production.unfitted, production.rig, scenes), []
    except InputError as error:
        return [], [f"wanted and given seat motion cannot be shown: {error}"]


def write_report(
    *,
    production: Production,
    folder: RunFolder,
    record: RunRecord,
    conductor: Conductor,
    ended: Ended,
    curves: Sequence[Curve],
    how: Sequence[tuple[tuple[str, str], str]],
) -> None:
    """Write ``report.html``.

    Raises
    ------
    OutputError
        The disk is full.
    """
    package = production.package
    titles = package.title
    outcome = OUTCOMES[ended.how]
    detail = f": {ended.scene}" if ended.how == "ending" else (f": {ended.reason}" if ended.reason else "")
    duration_s = (ended.at_ns - record.epoch_ns) / 1e9
    edges = edges_of(production)
    first = conductor.beats[0][0] if conductor.beats else ""
    motions, unshown = _motions(production, [scene for scene, _ in conductor.beats])
    data = ReportData(
        title=(titles.get("en", package.id), titles.get("zh", "")),
        outcome=(outcome[0] + detail, outcome[1] + detail),
        ok=ended.how != "failed",
        facts=[
            *how,
            (("Length", "时长"), f"{int(duration_s // 60)} min {duration_s % 60:.1f} s"),
            (("Language", "语言"), production.language),
            (("Rig", "场地设备"), production.rig.name.get("en", "")),
            (("Package", "内容包"), f"{package.id} {package.hash[:12]}"),
            *_machine_made(package),
        ],
        beats=[((at_ns - record.epoch_ns) / 1e9, scene) for scene, at_ns in conductor.beats],
        duration_s=duration_s,
        choices=conductor.choices,
        scenes=scene_order(production, edges, first),
        edges=edges,
        warnings=[*record.warnings, *unshown],
        stills=record.stills,
        curves=curves,
        lateness=record.lateness,
        motions=motions,
    )
    folder.write(folder.report, render_report(data).encode("utf-8"))
