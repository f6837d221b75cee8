"""A live show in a few lines, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.show.conduct.conductor import Conductor
from engine.show.setup import Production
from engine.show.status import DeviceLine, Status


def live_status(
    production: Production,
    conductor: Conductor,
    now_ns: int,
    devices: Sequence[DeviceLine],
    parts: Sequence[str],
    notes: Mapping[str, str],
) -> Status:
    """Where the show is at `now_ns`, what may be chosen, and how its devices and parts are."""
    moment = conductor.moment(now_ns)
    commit_ns = conductor.next_commit_ns()
    window = conductor.window_view(now_ns)
    words = ""
    if window is not None:
        shares = zip(window.options, window.dwell_ratio, strict=True)
        words = "choice: " + "  ".join(f"{option} {ratio:3.0%}" for option, ratio in shares)
    package = production.package
    return Status(
        title=package.title.get(production.language, package.id),
        scene=conductor.program.id if conductor.program else "",
        at_fl=moment.at_fl,
        run_fl=moment.run_fl,
        next_scene=conductor.next_scene,
        held=moment.rate == 0,
        window=words,
        devices=devices,
        next_commit_fl=None if commit_ns is None else max(0, (commit_ns - now_ns) * 441 // 625),
        notes=notes,
        parts=parts,
    )
