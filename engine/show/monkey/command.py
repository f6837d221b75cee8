"""``sensorama monkey``: plays, counts, and tells what it found."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import UsageError
from engine.show.folder import explain
from engine.show.monkey.coverage import Coverage
from engine.show.monkey.devices import device_findings
from engine.show.monkey.journal import write_journal
from engine.show.monkey.play import Finding, Play, Player
from engine.show.options import PlayOptions
from engine.show.setup import Phases, Production, produce
from engine.story.graph import build_graph
from engine.story.ways import StoryGraph
from engine.time import ManualClock

#: Of each kind of failure in each scene so many journals are written; the rest would show the same.
_JOURNALS = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What came of all plays; the same for the same package, rig, number and seed."""

    plays: int
    seed: int
    endings: dict[str, int]
    findings: tuple[tuple[Finding, int, str], ...]
    """What is wrong, in how many plays, and the journal of the first of them ("" for none)."""
    never: tuple[str, ...]
    shares: tuple[float, float, float]
    table: tuple[tuple[str, str, int, int], ...]


def monkey_command(
    experience: str, rig: str | None, *, plays: int, seed: int, out: Path | None, devices: bool
) -> int:
    """Play a story many times.

    Parameters
    ----------
    experience : str
        Name or folder.
    rig : str or None
        Name or file.
    plays : int
    seed : int
    out : Path or None
        Folder of the report and the journals; None writes nothing.
    devices : bool
        Whether the devices of every scene are computed, too.

    Returns
    -------
    int
        0 when nothing is wrong, 1 when something is.

    Raises
    ------
    InputError
        A file is wrong.
    OutputError
        What was found cannot be written.
    """
    if not 1 <= plays <= 1_000_000:
        raise UsageError(f"--plays {plays}: 1 to 1000000")
    options = PlayOptions(
        experience, Path(rig) if rig else None, picture=False, sound=False, uncertified=True
    )
    production = produce(options, Phases(ManualClock()))
    graph = build_graph(production.package.story_json, str(production.package.story_path))
    report = monkey(production, options, graph, plays=plays, seed=seed, out=out, devices=devices)
    for line in lines_of(report, production.package.id):
        print(line)
    if out is not None:
        _write(out / "monkey.json", json.dumps(json_of(report), indent=1, ensure_ascii=False) + "\n")
        print(f"report: {out / 'monkey.json'}")
    return 1 if report.findings else 0


def monkey(
    production: Production,
    options: PlayOptions,
    graph: StoryGraph,
    *,
    plays: int,
    seed: int,
    out: Path | None = None,
    devices: bool = True,
) -> Report:
    """Play, and gather what was found; journals of what failed go below `out`."""
    coverage = Coverage()
    player = Player(production, graph.endings(), coverage)
    counted: dict[tuple[str, str], tuple[Finding, int, Play]] = {}
    endings: dict[str, int] = {}
    for number in range(plays):
        play = player.play(number, seed)
        if play.ended is not None and play.ended.how == "ending":
            endings[play.ended.scene] = endings.get(play.ended.scene, 0) + 1
        for finding in dict.fromkeys(play.findings):
            key = (finding.kind, finding.scene)
            first, count, known = counted.get(key, (finding, 0, play))
            # The shortest play that fails is the one that is easiest to look at.
            if count and len(play.path) < len(known.path):
                first, known = finding, play
            counted[key] = (first, count + 1, known)
    rows: list[tuple[Finding, int, str]] = []
    for (kind, scene), (finding, count, play) in sorted(counted.items()):
        name = f"{kind}-{scene or 'beginning'}"
        journal = "" if out is None else str(write_journal(production, options, play, out / name))
        rows.append((finding, count, journal))
    if devices:
        begun = {("", edge.target) for edge in graph.edges if not edge.source and edge.target}
        rows += [(finding, 1, "") for finding in device_findings(production, {*coverage.ways, *begun})]
    return Report(
        plays,
        seed,
        dict(sorted(endings.items())),
        tuple(rows),
        tuple(coverage.never(graph)),
        coverage.share(graph),
        tuple(coverage.table(graph)),
    )


def lines_of(report: Report, name: str) -> list[str]:
    """For a terminal."""
    scenes, options, ways = (f"{share:.0%}" for share in report.shares)
    found = [
        f"{name}: {report.plays} plays, seed {report.seed}; seen: scenes {scenes}, options {options}, ways {ways}",
        f"endings: {', '.join(f'{scene} {count}' for scene, count in report.endings.items()) or 'none'}",
        f"{'scene':24} {'option':20} {'there':>8} {'taken':>8}",
    ]
    found += [
        f"{scene:24} {option or '-':20} {there:8} {taken:8}" for scene, option, there, taken in report.table
    ]
    for finding, count, journal in report.findings:
        where = f" in '{finding.scene}'" if finding.scene else ""
        shown = f"; sensorama replay {journal}" if journal else ""
        found.append(f"{finding.kind}{where}, {count} plays: {finding.text}{shown}")
    found += [f"never: {text}" for text in report.never]
    if not report.findings:
        found.append("nothing broke")
    return found


def json_of(report: Report) -> dict[str, object]:
    """For programs."""
    row = asdict(report)
    row["findings"] = [
        {**asdict(finding), "plays": count, "journal": journal} for finding, count, journal in report.findings
    ]
    row["shares"] = dict(zip(("scenes", "options", "ways"), report.shares, strict=True))
    return row


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise explain(error, path) from error
