"""What a moving seat does to its guest, piece by piece: vibration, sickness dose, accelerations, turns and tilts.

Commanded poses come from the bus' own governor (`engine.safety.certificate.courses`), accelerations from their second derivatives at
the guest's head, weightings from ISO 2631-1 (`engine.motion.exposure`). What is commanded is judged, not what is felt on a seat that
follows late or rattles: measure those.

How a piece becomes a cost that holds on every path
---------------------------------------------------
Let y = h * a be a weighted acceleration. Filters are linear, so over one piece, whatever came before::

    y = (h * a_canonical, from rest)  +  (h * d, d = a_really - a_canonical)  +  (what still rings from before)

The first is computed once a piece. The second differs from zero only while the governor has not caught up, and is computed for every way
in; the piece is charged with the worst of them. The third is bounded by the graph (`engine.safety.paths.values.PowerSum`). Minkowski's
inequality adds their norms. A reaction may come whenever its trigger listens, and as often as its cooldown allows: it adds the norm of its
own motion so often, and again to what rings on, since it may still move when the next scene has begun.

A running r.m.s. is told by the energy in any second: of the canonical course by its own samples, of the rest by the norms above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.experience import Rig
from engine.motion.cueing.values import GRAVITY_MPS2
from engine.motion.exposure.envelope import low_passed, share
from engine.motion.exposure.guest import GuestMotion, guest_motion
from engine.motion.exposure.metrics import SICK_PER_DOSE
from engine.motion.exposure.norms import Norms, Ringing
from engine.safety.certificate.contributions.repeats import Repeat, repeats_of
from engine.safety.certificate.contributions.traces import Trace, trace_of
from engine.safety.certificate.contributions.values import Material, Measured, Reading
from engine.safety.certificate.contributions.windows import WINDOW_S, Course, windowed
from engine.safety.certificate.courses import Courses, Mover, movers_of
from engine.safety.certificate.pieces import Pieces
from engine.safety.certificate.profile import Profile
from engine.safety.certificate.routes import path_graph
from engine.safety.paths.bounds import ringing_in
from engine.safety.paths.values import Additive, Costs, Highest, PowerSum, Ratio
from engine.time.flicks import FLICKS_PER_SECOND

Floats = NDArray[np.float64]

AXES = ("x", "y", "z")
_WEIGHTING = {"x": "Wd", "y": "Wd", "z": "Wk"}
#: How far before and behind a beginning the spline through its samples is followed: its memory falls to a millionth.
_AROUND_S = 0.3
#: Longer than this nothing is looked for over a seam.
_LASTING_S = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class MotionContribution:
    """What moving seats add.

    Attributes
    ----------
    measured : tuple of Measured
    notes : tuple of str
    traces : mapping
        By the seats that move alike: one `Trace` a piece, for the report.
    """

    measured: tuple[Measured, ...]
    notes: tuple[str, ...]
    traces: dict[tuple[str, ...], tuple[Trace, ...]]


def motion_costs(material: Material, profile: Profile) -> MotionContribution:
    """Judge every kind of seat that moves.

    Where no seat moves, every measure is nought for the room: that is measured, too.
    """
    measured: list[Measured] = []
    notes: list[str] = []
    traces: dict[tuple[str, ...], tuple[Trace, ...]] = {}
    for mover, seats in _alike(material):
        judge = _Judge(material, profile, mover, seats)
        measured += judge.measured()
        notes += judge.notes()
        traces[seats] = judge.traces
    if not traces:
        measured += [
            Measured(name, unit, (), costs, reading)
            for name, unit, costs, reading in _nothing(material.pieces)
        ]
    return MotionContribution(tuple(measured), tuple(dict.fromkeys(notes)), traces)


def head_of(rig: Rig, seat: int, profile: Profile) -> tuple[float, float, float]:
    """The guest's head from the centre of rotation: as the profile says, else as the rig has it for the headset."""
    if profile.head_m is not None:
        return profile.head_m
    x, y, z = rig.seats[seat].pivot_m
    return (-x, -y, -z)


def _alike(material: Material) -> list[tuple[Mover, tuple[str, ...]]]:
    """Devices that are commanded alike, once, with the names of their seats: a thousand seats of an array are one question."""
    found: dict[object, tuple[Mover, list[str]]] = {}
    rig = material.rig
    for mover in movers_of(material.devices, material.tick_hz):
        routes = tuple(
            (route.role_index, route.start, route.form, route.channels, route.gain, route.modality)
            for route in mover.routes
        )
        seats = {route.seat for route in mover.routes}
        pivots = tuple(sorted(rig.seats[seat].pivot_m for seat in seats if seat >= 0))
        key = (
            tuple(map(repr, mover.driver.channels)),
            routes,
            mover.tick_s,
            id(mover.legs) if mover.legs else 0,
            pivots,
        )
        names = found.setdefault(key, (mover, []))[1]
        names += [rig.seats[seat].name if seat >= 0 else mover.driver.name for seat in sorted(seats)]
    return [(mover, tuple(names)) for mover, names in found.values()]


class _Judge:
    """One kind of seat."""

    def __init__(self, material: Material, profile: Profile, mover: Mover, seats: tuple[str, ...]) -> None:
        self._material, self._mover, self._seats = material, mover, seats
        seat = max(route.seat for route in mover.routes)
        self._head_m = (
            head_of(material.rig, seat, profile) if seat >= 0 else (profile.head_m or (0.0, 0.0, 0.0))
        )
        self._courses = Courses(material.evaluator, material.pieces, mover)
        pieces = material.pieces.pieces
        self._least_s = [
            (min(piece.leave_from_fl, piece.to_fl) - piece.from_fl) / FLICKS_PER_SECOND for piece in pieces
        ]
        self._whole_s = [(piece.to_fl - piece.from_fl) / FLICKS_PER_SECOND for piece in pieces]
        self._motions = [self._felt(course) for course in self._courses.canonical]
        rate_hz = self._motions[0].rate_hz if self._motions else 2000.0
        self._ringing = {name: Ringing(name, rate_hz) for name in ("Wd", "Wk", "Wf")}
        self._profile = profile
        # A beginning is followed for some seconds only: what is to last longer is held to its level for as long as that.
        self._rows = [replace(row, for_s=min(row.for_s, _LASTING_S)) for row in profile.envelope]
        self._peaks = [self._highest_of(motion) for motion in self._motions]
        self._way_peaks: dict[int, Floats] = {}
        self._ways: dict[tuple[int, str], _Extra] = {}
        self._unjoined = 0
        self._begin()
        self._longest_s = 0.0
        self._repeats = self._reactions()
        self.traces: tuple[Trace, ...] = ()

    def measured(self) -> list[Measured]:
        """Every measure of this kind of seat."""
        found: list[Measured] = []
        weighed: dict[str, list[Norms]] = {}
        for axis, name in enumerate(AXES):
            ringing = self._ringing[_WEIGHTING[name]]
            norms = [ringing.weigh(motion.acceleration[axis]) for motion in self._motions]
            weighed[name] = norms
            squares = self._norms(f"energy_{name}", name, ringing, norms, 2.0)
            doses = self._norms(f"vdv_{name}", name, ringing, norms, 4.0)
            found.append(self._said(f"vibration_{name}", "m/s2", self._mean(squares), Reading(root=2.0)))
            found.append(self._said(f"vdv_{name}", "m/s^1.75", doses))
            found.append(
                self._said(
                    f"mtvv_{name}", "m/s2", self._seconds(name, ringing, norms, squares), Reading(root=2.0)
                )
            )
        ringing = self._ringing["Wf"]
        sick = [ringing.weigh(motion.acceleration[2]) for motion in self._motions]
        weighed["sick"] = sick
        dose = self._norms("msdv_z", "sick", ringing, sick, 2.0)
        found.append(self._said("msdv_z", "m/s^1.5", dose))
        found.append(self._said("sickness", "%", dose, Reading(factor=SICK_PER_DOSE)))
        for row, (name, unit) in enumerate(_PEAKS if self._profile.envelope else _PEAKS[:-1]):
            found.append(self._said(name, unit, self._highest(name, row)))
        self.traces = tuple(
            trace_of(motion, {name: norms[number] for name, norms in weighed.items()})
            for number, motion in enumerate(self._motions)
        )
        return found

    def notes(self) -> list[str]:
        """What was treated conservatively, or looked at here and there only."""
        found = []
        early = sum(way.early for way in self._material.pieces.ways)
        if early:
            found.append(
                f"{early} ways may be taken anywhere in a stretch: seats were judged at instants 0.25 s apart in it"
            )
        if self._unjoined:
            found.append(
                f"{self._unjoined} scenes are over before a seat has caught up with them: what follows begins from there only once"
            )
        many = {repeat.reaction for repeats in self._repeats.values() for repeat in repeats}
        if many:
            found.append(
                f"{len(many)} reactions move seats: counted as often as they can come, at the worst instant"
            )
        return found

    # -- inside ----------------------------------------------------------------------------------------------

    def _felt(self, poses: Floats) -> GuestMotion:
        return guest_motion(poses, self._mover.tick_s, self._head_m)

    def _highest_of(self, motion: GuestMotion, first: int = 0, at_once: bool = False) -> Floats:
        """`_peaks` from sample `first` on, and the share of the site's envelope over all of it: what is sustained may begin before.

        With `at_once`, levels of the envelope count however shortly they last.
        """
        profile = self._profile
        acceleration_g = low_passed(motion.acceleration / GRAVITY_MPS2, motion.rate_hz, profile.low_pass_hz)
        found = _peaks(motion, acceleration_g, first)
        if profile.envelope:
            rows = [replace(row, for_s=0.0) for row in self._rows] if at_once else self._rows
            found[-1] = share(acceleration_g, motion.rate_hz, rows)
        return found

    def _begin(self) -> None:
        """What every way into a piece adds: the worst of its beginnings."""
        tick_s = self._mover.tick_s
        longest_s = max((row.for_s for row in self._rows), default=0.0)
        around = round((_AROUND_S + longest_s) / tick_s)
        for beginning in self._courses.beginnings():
            self._unjoined += not beginning.joined
            target = self._material.pieces.ways[beginning.way].target
            canonical = self._courses.canonical[target]
            head = len(beginning.poses)
            onward = canonical[head : head + around]
            before = beginning.before[-around:]
            really = self._felt(np.concatenate((before, beginning.poses, onward)))
            alone = self._felt(
                np.concatenate((np.tile(canonical[:1], (len(before), 1)), canonical[: head + around]))
            )
            first = round(len(before) * tick_s * really.rate_hz)
            # The end of the piece before is known here better than there, where nothing followed.
            peaks = self._highest_of(really, max(0, first - round(3 * tick_s * really.rate_hz)))
            known = self._way_peaks.get(beginning.way)
            self._way_peaks[beginning.way] = peaks if known is None else np.maximum(known, peaks)
            if head == 0:
                continue
            difference = (really.acceleration - alone.acceleration)[:, first:]
            for axis, name in ((0, "x"), (1, "y"), (2, "z"), (2, "sick")):
                ringing = self._ringing[_WEIGHTING.get(name, "Wf")]
                extra = _Extra.of(
                    ringing.weigh(difference[axis]), ringing, difference.shape[1] / really.rate_hz
                )
                key = (target, name)
                self._ways[key] = extra if key not in self._ways else self._ways[key].worst(extra)

    def _reactions(self) -> dict[int, tuple[Repeat, ...]]:
        """By piece, what its reactions add and how often."""
        moving = {route.role_index for route in self._mover.routes}
        by_piece = repeats_of(self._material, moving)
        for number, repeats in by_piece.items():
            scene = self._material.evaluator.programs[self._material.pieces.pieces[number].scene]
            for repeat in repeats:
                felt = self._felt(self._courses.of_reaction(scene.reactions[repeat.reaction]))
                self._longest_s = max(self._longest_s, felt.acceleration.shape[1] / felt.rate_hz)
                for axis, name in ((0, "x"), (1, "y"), (2, "z"), (2, "sick")):
                    ringing = self._ringing[_WEIGHTING.get(name, "Wf")]
                    one = _Extra.of(ringing.weigh(felt.acceleration[axis]), ringing, 0.0)
                    # Where it replaces what is there instead of adding to it, that is gone for as long.
                    lost = 1.0 if repeat.adds else 2.0
                    key = (number, name)
                    known = self._ways.get(key, _NO_EXTRA)
                    self._ways[key] = known.and_also(one, repeat.times * lost)
                # Levels that are sustained do not add up: what lasts in the scene may be raised by the reaction's highest instant.
                peaks = self._highest_of(felt, at_once=True)
                self._peaks[number] = self._peaks[number] + peaks
        return by_piece

    def _norms(
        self, measure: str, name: str, ringing: Ringing, norms: Sequence[Norms], power: float
    ) -> PowerSum:
        factor = 1.0 if power == 2.0 else ringing.l4_per_l2
        own, tail, decay = [], [], []
        for number, norm in enumerate(norms):
            extra = self._ways.get((number, name), _NO_EXTRA)
            own.append(float(norm.l2 if power == 2.0 else norm.l4) + (extra.l2 if power == 2.0 else extra.l4))
            least_s = self._least_s[number]
            left = extra.ring * ringing.decay(max(0.0, least_s - extra.length_s))
            after = extra.l2_after if power == 2.0 else extra.l4_after
            tail.append(factor * (self._ring_at_its_end(number, name, ringing, norm) + left) + after)
            # What a reaction still does when the next scene has begun does not fade before it is over.
            decay.append(ringing.decay(max(0.0, least_s - self._longest_s)))
        return PowerSum(measure, power, own, tail, decay)

    def _ring_at_its_end(self, number: int, name: str, ringing: Ringing, norm: Norms) -> float:
        """What rings on; where a piece may be left early, no less than from any instant of it."""
        piece = self._material.pieces.pieces[number]
        if piece.leave_from_fl >= piece.to_fl:
            return float(norm.ring)
        axis = 2 if name == "sick" else AXES.index(name)
        motion = self._motions[number]
        first = round(self._least_s[number] * motion.rate_hz)
        return max(float(norm.ring), ringing.highest_ring(motion.acceleration[axis], first))

    def _mean(self, squares: PowerSum) -> Ratio:
        into = self._ringing_into(squares)
        above = [(own + ring) ** 2 for own, ring in zip(squares.own, into, strict=True)]
        return Ratio(squares.name, above, [max(least, 1e-3) for least in self._least_s])

    def _seconds(self, name: str, ringing: Ringing, norms: Sequence[Norms], squares: PowerSum) -> Costs:
        into = self._ringing_into(squares)
        courses = [
            Course(
                np.square(norm.output),
                ringing.rate_hz,
                self._ways.get((number, name), _NO_EXTRA).l2 + into[number],
            )
            for number, norm in enumerate(norms)
        ]
        return windowed(f"mtvv_{name}", self._material.pieces, courses, self._least_s)

    def _ringing_into(self, squares: PowerSum) -> Floats:
        """The most that rings into each piece from before."""
        graph = path_graph(
            self._material.pieces, [program.id for program in self._material.evaluator.programs]
        )
        out = ringing_in(graph, squares)
        into = np.zeros(len(graph.stops))
        for way in self._material.pieces.ways:
            if way.source >= 0 and way.target >= 0:
                into[way.target] = max(into[way.target], out[way.source])
        return into

    def _highest(self, name: str, row: int) -> Highest:
        ways = [
            float(self._way_peaks[number][row]) if number in self._way_peaks else 0.0
            for number in range(len(self._material.pieces.ways))
        ]
        return Highest(name, [float(peaks[row]) for peaks in self._peaks], ways)

    def _said(self, measure: str, unit: str, costs: Costs, reading: Reading | None = None) -> Measured:
        return Measured(measure, unit, self._seats, costs, reading or Reading())


@dataclass(frozen=True, slots=True)
class _Extra:
    """Norms of what is added to a piece's own course.

    Attributes
    ----------
    l2, l4 : float
        Of all its output, whenever it comes.
    ring : float
        L2 of what rings on after its end.
    length_s : float
        How long after the piece's beginning it ends.
    l2_after, l4_after : float
        Of what may still come after the piece's end, wherever that is.
    """

    l2: float = 0.0
    l4: float = 0.0
    ring: float = 0.0
    length_s: float = 0.0
    l2_after: float = 0.0
    l4_after: float = 0.0

    @classmethod
    def of(cls, norms: Norms, ringing: Ringing, length_s: float) -> _Extra:
        ring = float(norms.ring)
        l4 = (float(norms.l4) ** 4 + (ring * ringing.l4_per_l2) ** 4) ** 0.25
        return cls(float(np.hypot(norms.l2, ring)), l4, ring, length_s)

    def worst(self, other: _Extra) -> _Extra:
        """Either of the two, never both."""
        return _Extra(
            max(self.l2, other.l2),
            max(self.l4, other.l4),
            max(self.ring, other.ring),
            max(self.length_s, other.length_s),
            max(self.l2_after, other.l2_after),
            max(self.l4_after, other.l4_after),
        )

    def and_also(self, other: _Extra, times: float) -> _Extra:
        """Both, the other so often and whenever it likes: all of it may come after the piece's end as well."""
        return _Extra(
            self.l2 + times * other.l2,
            self.l4 + times * other.l4,
            self.ring,
            self.length_s,
            self.l2_after + times * other.l2,
            self.l4_after + times * other.l4,
        )


_NO_EXTRA = _Extra()

#: Rows of `_peaks`.
_PEAKS = (
    ("acceleration_x", "g"),
    ("acceleration_y", "g"),
    ("acceleration_z", "g"),
    ("onset", "g/s"),
    ("turn_rate", "deg/s"),
    ("tilt", "deg"),
    ("envelope", ""),
)


def _peaks(motion: GuestMotion, acceleration_g: Floats, first: int) -> Floats:
    """Highest values from sample `first` on, float64[len(_PEAKS)]."""
    acceleration = acceleration_g[:, first:]
    rise = np.diff(acceleration, axis=1) * motion.rate_hz
    onset = float(np.sqrt((rise**2).sum(axis=0)).max(initial=0.0))
    turn = float(np.sqrt((motion.turn[:, first:] ** 2).sum(axis=0)).max(initial=0.0))
    tilt = float(motion.tilt_deg[first:].max(initial=0.0))
    return np.array([*np.abs(acceleration).max(axis=1, initial=0.0), onset, turn, tilt, 0.0])


def _nothing(pieces: Pieces) -> list[tuple[str, str, Costs, Reading]]:
    """Every measure of motion, where nothing moves."""
    none = [0.0] * len(pieces.pieces)
    rows: list[tuple[str, str, Costs, Reading]] = []
    for name in AXES:
        rows += [
            (f"{kind}_{name}", unit, Additive(f"{kind}_{name}", none), Reading())
            for kind, unit in (("vibration", "m/s2"), ("vdv", "m/s^1.75"), ("mtvv", "m/s2"))
        ]
    rows += [
        ("msdv_z", "m/s^1.5", Additive("msdv_z", none), Reading()),
        ("sickness", "%", Additive("sickness", none), Reading()),
    ]
    return rows + [(name, unit, Highest(name, none), Reading()) for name, unit in _PEAKS]


__all__ = ["AXES", "WINDOW_S", "MotionContribution", "head_of", "motion_costs"]
