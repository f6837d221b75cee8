"""Light that does not flash: values averaged over time, for guests whom flashing may harm.

What is asked for
-----------------
A flash is a pair of opposing changes in relative luminance of 10 % or more of the maximum; more than three of them within a second
are to be avoided (WCAG 2.2, success criterion 2.3.1 and its "general flash and red flash thresholds"; ITU-R BT.1702 has the same
three a second). So nothing above 3 Hz may swing by 10 %.

The average
-----------
A trailing raised-cosine (Hann) window of `WINDOW_NS` = 0.8 s. For any course of a value within 0..1:

===============================  =======  ========  ========
window                           box 1/3  box 2/3   Hann 0.8
===============================  =======  ========  ========
ripple of a square wave, 3..30   0.334    0.190     0.035
four flashes within any second   0.281    0.156     0.016
===============================  =======  ========  ========

The second row is the largest swing that four flashes (eight changes, evenly spread over a second) can have for *any* input, found by
linear programming over all inputs; `tests/timeline/test_calm.py` does it again. A box of a third of a second, which takes out exactly
3 Hz, is not enough just above it. With a factor of three to six in hand, a tone curve that is steep in the dark does not undo it.

The average is taken over stretches between which nothing jumps (the pieces of the curves that lamps and picture follow, seams, starts
and ends of reactions), at most `STEP_NS` long, each with the weight that the window has over it. Plain samples would not do: a strobe
in step with them comes out as a flicker of one sample more or less (measured: swings of 0.2 with 240 samples a second).

The price is 0.4 s of delay for light, and a start or a cut that fades over 0.8 s. It is a pure function of the transport and the instant:
it looks back at what was really on show, over seams, holds and seeks, so a person who scrubs cannot make it flash either. For 0.8 s
after a seek it is not what playing up to there would have given; that is the point.

What it cannot do: a film, a moving node, a shaking camera, a lamp whose own strobe is on a channel. See `engine/show/README.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.time.flicks import FL_PER_NS_DEN, FL_PER_NS_NUM
from engine.time.segments import NO_SCENE, Segment, Transport
from engine.timeline.roles import RoleKind, RoleTable

if TYPE_CHECKING:
    from engine.timeline.program import Program

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW_NS = 800_000_000
#: Longest stretch that one value stands for, where no curve jumps.
STEP_NS = 20_000_000
#: Jumps closer together than this are one: 1,000 stretches in a window at most.
_LEAST_NS = 800_000


@dataclass(frozen=True, slots=True, eq=False)
class Breaks:
    """Where the curves that could flash may jump, ascending int64: positions in a scene, and of each of its reactions."""

    scene_fl: Ints
    reactions_fl: tuple[Ints, ...]


def breaks_of(program: Program, roles: RoleTable) -> Breaks:
    """Of one program: starts of the pieces of every curve that a lamp or a picture follows."""
    shown = _shown_roles(roles)
    return Breaks(
        _breaks(program, shown),
        tuple(
            np.union1d(_breaks(reaction, shown), [0, reaction.duration.nominal_fl])
            for reaction in program.reactions
        ),
    )


def _breaks(program: Program, shown: frozenset[int]) -> Ints:
    bank, starts = program.bank, program.bank.starts
    channels = {
        channel
        for contribution in program.contributions
        if contribution.role in shown
        for channel in contribution.channels
    }
    pieces = [bank.t0_fl[starts[channel] : starts[channel + 1]] for channel in sorted(channels)]
    return np.unique(np.concatenate(pieces)) if pieces else np.zeros(0, np.int64)


def _shown_roles(roles: RoleTable) -> frozenset[int]:
    return frozenset(
        number for number, role in enumerate(roles) if role.kind in (RoleKind.LEVEL, RoleKind.COLOR)
    )


def calm_stretches(
    transport: Transport,
    host_ns: int,
    breaks: Sequence[Breaks],
    duration_fl: Callable[[int, int], int],
) -> tuple[list[int], Floats]:
    """Instants whose values stand for the time before `host_ns`, and their weights.

    Parameters
    ----------
    transport : Transport
    host_ns : int
        End of the window.
    breaks : sequence of Breaks
        By scene.
    duration_fl : callable
        Of a reaction: ``duration_fl(scene, reaction)``.

    Returns
    -------
    list of int
        The middle of each stretch, ascending.
    float64[stretches]
        They add up to 1.
    """
    begin_ns = host_ns - WINDOW_NS
    cuts = list(range(begin_ns, host_ns + 1, STEP_NS))
    pieces = transport.pieces(begin_ns, host_ns)
    for segment, from_ns, to_ns in pieces:
        cuts.append(from_ns)
        if segment.scene == NO_SCENE or segment.held:
            continue
        low_fl, high_fl = sorted((segment.at_fl_of(from_ns), segment.at_fl_of(to_ns)))
        jumps = _between(breaks[segment.scene].scene_fl, low_fl, high_fl)
        cuts.extend(transport.host_ns_of(segment, at_fl) for at_fl in jumps)
    for row in transport.reactions:
        if row.from_ns >= host_ns:
            continue
        jumps_fl = breaks[row.scene].reactions_fl[row.reaction]
        if transport.run_fl(begin_ns) - row.run_fl >= duration_fl(row.scene, row.reaction):
            continue  # rung out, as nearly all have
        cuts.append(max(row.from_ns, begin_ns))
        for segment, from_ns, to_ns in pieces:
            if segment.rate_num > 0:
                first_fl, last_fl = (segment.run_fl_of(at_ns) - row.run_fl for at_ns in (from_ns, to_ns))
                jumps = _between(jumps_fl, first_fl, last_fl)
                cuts.extend(_host_ns_of_run(segment, row.run_fl + at_fl) for at_fl in jumps)
    return _weighted(cuts, begin_ns, host_ns)


def _between(jumps_fl: Ints, low_fl: int, high_fl: int) -> list[int]:
    first = jumps_fl.searchsorted(low_fl, side="left")
    return list(map(int, jumps_fl[first : jumps_fl.searchsorted(high_fl, side="right")]))


def _host_ns_of_run(segment: Segment, run_fl: int) -> int:
    scale_num, scale_den = FL_PER_NS_NUM * segment.rate_num, FL_PER_NS_DEN * segment.rate_den
    return segment.from_ns - (-(run_fl - segment.run_fl) * scale_den // scale_num)


def _weighted(cuts: Sequence[int], begin_ns: int, host_ns: int) -> tuple[list[int], Floats]:
    edges = [begin_ns]
    for cut in sorted(cuts):
        if cut - edges[-1] >= _LEAST_NS and cut < host_ns:
            edges.append(cut)
    edges.append(host_ns)
    middles = [(low + high) // 2 for low, high in pairwise(edges)]
    x = np.array([edge - begin_ns for edge in edges]) / WINDOW_NS
    # Integral of the raised cosine 1 - cos(2 pi x) over each stretch.
    return middles, np.diff(x - np.sin(2.0 * np.pi * x) / (2.0 * np.pi))


def flashing_components(roles: RoleTable, *, picture: bool) -> NDArray[np.bool_]:
    """Components of the state vector that could flash, bool[roles.size].

    Parameters
    ----------
    roles : RoleTable
    picture : bool
        False: what lamps show, roles of the modality ``light``. True: whatever level or colour a picture may follow, fog and rain
        included.
    """
    return np.array(
        [
            role.kind in (RoleKind.LEVEL, RoleKind.COLOR) and (picture or role.modality == "light")
            for role in roles
            for _ in range(role.size)
        ],
        dtype=np.bool_,
    )
