"""Fitted courses as ordinary channels of a program's bank, so that every follower, seek and replay is what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.motion.cueing.spline import pieces
from engine.motion.cueing.values import Fitted, Floats
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.bank import LevelBank
from engine.timeline.curves import VOID
from engine.timeline.program import Contribution, DerivedMotion, Program


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A fitted course and the program time of its first knot."""

    from_fl: int
    fitted: Fitted


def with_motion(
    program: Program,
    motions: Sequence[tuple[DerivedMotion, Sequence[Stretch]]],
    rest: Sequence[Sequence[float]],
    *,
    is_reaction: bool,
) -> Program:
    """The program with fitted motion among its channels and nothing left to derive.

    Parameters
    ----------
    program
        A scene or reaction.
    motions
        Its derived motions, each with the stretches it was fitted in, ascending.
    rest
        Rest of each motion's role, six values.
    is_reaction
        A reaction that replaces says nothing before and after.
    """
    channels: list[tuple[np.ndarray, Floats, Floats]] = []
    contributions = list(program.contributions)
    for (motion, stretches), resting in zip(motions, rest, strict=True):
        replaces = motion.mix == "replace"
        used = [
            axis
            for axis in range(6)
            if replaces or any(np.any(stretch.fitted.control[:, axis]) for stretch in stretches)
        ]
        first = program.bank.channels + len(channels)
        for axis in used:
            outside = 0.0 if not replaces else VOID if is_reaction else float(resting[axis])
            channels.append(_channel(stretches, axis, outside))
        if used:
            numbers = tuple(range(first, first + len(used)))
            contributions.append(Contribution(motion.role, tuple(used), numbers, motion.mix))
    return replace(
        program,
        bank=_extended(program.bank, channels),
        contributions=tuple(contributions),
        derived=(),
    )


def _channel(stretches: Sequence[Stretch], axis: int, outside: float) -> tuple[np.ndarray, Floats, Floats]:
    """Starts, inverse lengths and coefficients of one axis."""
    starts: list[np.ndarray] = [np.zeros(1, np.int64)]
    inverse: list[Floats] = [np.zeros(1)]
    coefs: list[Floats] = [np.array([[outside, 0.0, 0.0, 0.0]])]
    for stretch in stretches:
        control = stretch.fitted.control[:, axis]
        step_fl = round(FLICKS_PER_SECOND / stretch.fitted.rate_hz)
        found = pieces(control)
        knots = stretch.from_fl + step_fl * np.arange(len(control), dtype=np.int64)
        starts.append(knots)
        inverse.append(np.append(np.full(len(found), 1.0 / step_fl), 0.0))
        coefs.append(np.concatenate((found, [[outside, 0.0, 0.0, 0.0]])))
    # A course that begins where another ends, or at 0, replaces the pause before it.
    t0 = np.concatenate(starts)
    keep = np.append(np.diff(t0) > 0, True)
    t0, inv, coef = t0[keep], np.concatenate(inverse)[keep], np.concatenate(coefs)[keep]
    # A seat that stands still needs one piece for all of it.
    idle = np.append(False, (coef[1:] == 0.0).all(axis=1) & (coef[:-1] == 0.0).all(axis=1))
    inv = np.where((coef[:, 1:] == 0.0).all(axis=1), 0.0, inv)
    return t0[~idle], inv[~idle], coef[~idle]


def _extended(bank: LevelBank, channels: Sequence[tuple[np.ndarray, Floats, Floats]]) -> LevelBank:
    if not channels:
        return bank
    counts = [len(t0) for t0, _, _ in channels]
    more = sum(counts)
    return LevelBank(
        t0_fl=np.concatenate((bank.t0_fl, *(t0 for t0, _, _ in channels))),
        inv_len=np.concatenate((bank.inv_len, *(inv for _, inv, _ in channels))),
        coef=np.concatenate((bank.coef, *(coef for _, _, coef in channels))),
        fire=np.concatenate((bank.fire, np.zeros(more, np.bool_))),
        cue_at_fl=np.concatenate((bank.cue_at_fl, np.zeros(more, np.int64))),
        base=np.concatenate((bank.base, np.zeros(more))),
        starts=np.concatenate((bank.starts, bank.starts[-1] + np.cumsum(counts))),
    )
