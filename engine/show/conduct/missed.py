"""Which one-shots a jump leaves out, and which of them are still going where it lands.

What a seek rebuilds or re-enters by itself (levels, media that resume) is not missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.timeline.program import Program

#: Cues named in one event of the journal; the rest is counted.
MOST_NAMED = 50


def missed_between(program: Program, from_fl: int, to_fl: int) -> list[dict[str, Any]]:
    """One-shots of the half-open [from_fl, to_fl) that a jump from its beginning to its end never runs across.

    Returns
    -------
    list of dict
        By time: ``at_fl``, ``kind``, ``name``, ``track`` and ``cue`` (places in the scene file); a level cue with
        ``seek: fire`` is a ``pulse`` and has its instant alone.
    """
    if to_fl <= from_fl:
        return []
    entered = {(cue.track, cue.cue) for cue, _ in program.media.active(to_fl, to_fl) if cue.at_fl >= from_fl}
    found = [
        {"at_fl": cue.at_fl, "kind": cue.kind, "name": cue.name, "track": cue.track, "cue": cue.cue}
        for cue in program.events.crossed(from_fl, to_fl)
        if (cue.track, cue.cue) not in entered
    ]
    known = {cue.at_fl for cue in program.events.crossed(from_fl, to_fl) if cue.kind == "transient"}
    bank = program.bank
    if bank.fire.any():
        starts = np.unique(bank.cue_at_fl[bank.fire])
        pulses = starts[(starts >= from_fl) & (starts < to_fl)].tolist()
        found += [{"at_fl": int(at_fl), "kind": "pulse"} for at_fl in pulses if at_fl not in known]
    found.sort(key=lambda row: (row["at_fl"], row.get("track", -1), row.get("cue", -1)))
    return found


def still_going(program: Program, to_fl: int) -> int | None:
    """Start of the earliest one-shot that is still going at `to_fl`, or None."""
    starts = [cue.at_fl for cue, _ in program.media.active(to_fl) if not cue.resume]
    bank = program.bank
    if bank.channels and bank.fire.any():
        pieces = bank.find(to_fl)
        starts += bank.cue_at_fl[pieces[bank.fire[pieces]]].tolist()
    return int(min(starts)) if starts else None


def named(cues: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Fields for the journal: the first cues, and how many there are."""
    return {"missed": len(cues), "cues": list(cues[:MOST_NAMED])}
