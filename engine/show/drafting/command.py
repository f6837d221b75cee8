"""``sensorama draft motion``: words in, words out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from engine.errors import UsageError
from engine.experience.single_scene import refuse_taken
from engine.show.drafting.draft import DraftOptions, draft_motion, write_draft
from engine.time import Clock, MonotonicClock
from engine.time.flicks import FLICKS_PER_SECOND, format_fl
from engine.units import parse_angle_deg, parse_length_m


def run_draft(args: argparse.Namespace) -> int:
    """Run ``draft motion`` of parsed words."""
    try:
        options = DraftOptions(
            parse_length_m(args.travel),
            parse_angle_deg(args.tilt),
            parse_angle_deg(args.field),
            args.sensitivity,
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    return draft_command(args.inputs, args.out, options)


def draft_command(
    inputs: Sequence[str], out: str, options: DraftOptions, *, clock: Clock | None = None
) -> int:
    """Draft, write, and say what was found and how fast.

    Raises
    ------
    UsageError
        Where something is there already, before anything is read.
    """
    paths = [Path(name) for name in inputs]
    target = Path(out)
    refuse_taken(target)
    clock = MonotonicClock() if clock is None else clock
    from_ns = clock.now_ns()
    draft = draft_motion(paths, options)
    took_s = (clock.now_ns() - from_ns) / 1e9
    for line in draft.found:
        print(line)
    if not draft.tracks:
        print("nothing to feel was found; nothing is written")
        return 1
    write_draft(draft, paths, target)
    length_s = draft.duration_fl / FLICKS_PER_SECOND
    speed = f", {length_s / took_s:.1f} times as fast as it plays" if took_s > 0.0 else ""
    print(
        f"{target}: {len(draft.tracks)} machine-made tracks, {format_fl(draft.duration_fl)}; analysed in {took_s:.2f} s{speed}"
    )
    if target.suffix == ".yaml":
        roles = dict.fromkeys(track.role.text.strip() for track in draft.tracks if track.role is not None)
        print("declare these roles in experience.yaml where they are not yet:")
        for text in roles:
            print(f"  {text}")
    else:
        print(f"look at it with: sensorama check {target}; play it with: sensorama play {target}")
    return 0
