"""The transport: which scene runs from which host instant, at which position and rate. Pure values, no clock.

Rules
-----
*In force.* The segment in force at host instant t is the one with the HIGHEST INDEX whose ``from_ns <= t``:
what was published last wins. A hold published for T_h therefore supersedes a commit already published for a
later instant::

    index 4  scene A  |--------------------------------
    index 5  scene B                  |----------------     published ahead
    index 6  hold A          |-------------------------     published later, for an earlier instant
    in force   4 4 4 4 4 4 4 6 6 6 6 6 6 6 6 6 6 6 6 6 6

*Position* at t is ``at_fl + floor((t - from_ns) in flicks * rate)``, in integers, exact.

*Run time* is the integral of max(rate, 0) over host time since the run began: a hold stops it, a seek does
not move it. Reactions are placed on run time, so they stop with a hold and outlive a scene change.

*One-shots* fire when time runs over them: a cue at p fires if and only if a span with a positive rate has
``a_fl <= p < b_fl``. Spans are half open and neighbouring ones share their ends, so a pause at p followed by
a resume fires p exactly once, and a seek over p never does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction

from engine.time.flicks import FL_PER_NS_DEN, FL_PER_NS_NUM
from engine.time.profiles import SeatProfile, newest_by_seat, under
from engine.units import MODALITIES

NO_SCENE = -1
ROOM = -1


class SegmentKind(IntEnum):
    """How a segment came about, which decides what of the past it carries on."""

    START = 0
    """A scene begins (a branch, or the first scene)."""
    CONTINUE = 1
    """The same scene goes on: hold, resume, change of speed. The continuous run is not broken."""
    LOOP = 2
    """A hold loop goes round again: the position steps back, reactions live on."""
    SEEK = 3
    """An operator moved the position: reactions end, one-shots in between never fire."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One row of the transport.

    Parameters
    ----------
    index : int
        Counts up from 0 over the run; the higher index wins.
    from_ns : int
        Host instant from which it holds.
    scene : int
        Index into the package's scenes; -1 for nothing (before the start, after the end).
    at_fl : int
        Position in the scene at `from_ns`.
    rate_num, rate_den : int
        Show time per host time, exact; 0/1 is held; the denominator is positive.
    kind : SegmentKind
        How it came about.
    beat : int
        Ordinal of the story's beat in this run.
    run_fl : int
        Run time at `from_ns`.
    run_from_fl : int
        Scene position at which the present continuous run began.
    """

    index: int
    from_ns: int
    scene: int
    at_fl: int
    rate_num: int
    rate_den: int
    kind: SegmentKind
    beat: int
    run_fl: int
    run_from_fl: int

    def __post_init__(self) -> None:
        if self.rate_den <= 0:
            raise ValueError(f"a segment's rate denominator must be 1 or more, got {self.rate_den}")

    @property
    def rate(self) -> Fraction:
        """Show time per host time."""
        return Fraction(self.rate_num, self.rate_den)

    @property
    def held(self) -> bool:
        """Whether the position stands still."""
        return self.rate_num == 0

    def at_fl_of(self, host_ns: int) -> int:
        """Position this segment gives for `host_ns`, whether or not it is in force then."""
        return self.at_fl + _elapsed_fl(host_ns - self.from_ns, self.rate_num, self.rate_den)

    def run_fl_of(self, host_ns: int) -> int:
        """Run time this segment gives for `host_ns`, whether or not it is in force then."""
        return self.run_fl + _elapsed_fl(host_ns - self.from_ns, max(self.rate_num, 0), self.rate_den)


BEFORE_START = Segment(-1, 0, NO_SCENE, 0, 0, 1, SegmentKind.START, 0, 0, 0)
"""In force before the first segment of a run."""


def _elapsed_fl(elapsed_ns: int, rate_num: int, rate_den: int) -> int:
    return elapsed_ns * FL_PER_NS_NUM * rate_num // (FL_PER_NS_DEN * rate_den)


@dataclass(frozen=True, slots=True)
class ReactionRow:
    """A reaction laid over the show from an instant on.

    Parameters
    ----------
    index : int
        Counts up from 0 over the run.
    scene : int
        Scene that declares the reaction.
    reaction : int
        Index into that scene's reactions.
    seat : int
        Seat it is for; -1 for the room.
    run_fl : int
        Run time at which it starts.
    from_ns : int
        Host instant before which it is not heard of.
    """

    index: int
    scene: int
    reaction: int
    seat: int
    run_fl: int
    from_ns: int


@dataclass(frozen=True, slots=True)
class Controls:
    """Live controls: everything a person may change that is not the story.

    Parameters
    ----------
    version : int
        Counts up; the highest version whose `from_ns` has come is the one that holds.
    from_ns : int
        Host instant from which it holds.
    stopped : bool
        The stop latch. Only a person clears it.
    intensities : tuple of float
        0..1 per modality, in the order of `MODALITIES`.
    language : int
        Index into the package's languages.
    muted_roles_mask : int
        Bit i mutes role i; at most 128 roles.
    """

    version: int = 0
    from_ns: int = 0
    stopped: bool = False
    intensities: tuple[float, ...] = (1.0,) * len(MODALITIES)
    language: int = 0
    muted_roles_mask: int = 0

    def __post_init__(self) -> None:
        if len(self.intensities) != len(MODALITIES):
            raise ValueError(
                f"{len(MODALITIES)} intensities needed ({', '.join(MODALITIES)}), got {self.intensities}"
            )
        for name, value in zip(MODALITIES, self.intensities, strict=True):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"intensity of {name} is {value}, allowed 0.0 to 1.0")

    def intensity(self, modality: str) -> float:
        """Intensity 0..1 of a modality by name."""
        return self.intensities[MODALITIES.index(modality)]

    def muted(self, role: int) -> bool:
        """Whether the role with this index is muted."""
        return bool(self.muted_roles_mask >> role & 1)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the transport says about one host instant.

    Parameters
    ----------
    segment : Segment
        The one in force.
    scene : int
        Scene index; -1 for nothing.
    at_fl : int
        Position in the scene.
    run_fl : int
        Run time.
    rate : Fraction
        Show time per host time.
    """

    segment: Segment
    scene: int
    at_fl: int
    run_fl: int
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one segment: positions [a_fl, b_fl) passed during host time [from_ns, to_ns)."""

    segment: Segment
    a_fl: int
    b_fl: int
    from_ns: int
    to_ns: int


@dataclass(frozen=True, slots=True)
class Overlay:
    """A reaction that is sounding: its row and the position in its own timeline."""

    row: ReactionRow
    at_fl: int


@dataclass(frozen=True, slots=True)
class OverlaySpan:
    """A stretch of one reaction: its own positions [a_fl, b_fl) passed during host time [from_ns, to_ns)."""

    row: ReactionRow
    segment: Segment
    a_fl: int
    b_fl: int
    from_ns: int
    to_ns: int


DurationOf = Callable[[int, int], int]
"""Duration in flicks of reaction number (second argument) of scene number (first argument)."""


@dataclass(frozen=True, slots=True)
class Transport:
    """An immutable snapshot of everything followers need to know; all questions about time are asked here.

    Parameters
    ----------
    generation : int
        Version of the package; a hot reload raises it.
    sequence : int
        Counts publications.
    segments : tuple of Segment
        Recent and coming rows, in index order.
    reactions : tuple of ReactionRow
        Recent and coming reactions, in index order.
    controls : tuple of Controls
        Recent and coming controls, in version order; empty means the defaults.
    candidates : tuple of int
        Scenes that may come next, to be loaded ahead.
    profiles : tuple of SeatProfile
        Seats that differ from the default, in version order.

    Notes
    -----
    Answers about the past reach back as far as the rows kept (`oldest_ns`). Asked about earlier, it says
    `BEFORE_START`.
    """

    generation: int = 0
    sequence: int = 0
    segments: tuple[Segment, ...] = ()
    reactions: tuple[ReactionRow, ...] = ()
    controls: tuple[Controls, ...] = (Controls(),)
    candidates: tuple[int, ...] = ()
    profiles: tuple[SeatProfile, ...] = ()
    _effective: tuple[Segment, ...] = field(init=False, repr=False, compare=False)
    _effective_ns: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Rows that are ever in force: those that start before every later published row does. Their starts
        # increase, so a bisection finds the one for an instant.
        effective: list[Segment] = []
        for segment in reversed(self.segments):
            if not effective or segment.from_ns < effective[-1].from_ns:
                effective.append(segment)
        effective.reverse()
        object.__setattr__(self, "_effective", tuple(effective))
        object.__setattr__(self, "_effective_ns", tuple(segment.from_ns for segment in effective))

    @property
    def oldest_ns(self) -> int | None:
        """Earliest host instant this snapshot knows about; None before a run."""
        return self._effective_ns[0] if self._effective_ns else None

    def segment_at(self, host_ns: int) -> Segment:
        """The segment in force at `host_ns`."""
        place = bisect_right(self._effective_ns, host_ns)
        return self._effective[place - 1] if place else BEFORE_START

    def at(self, host_ns: int) -> Moment:
        """Scene, position and rate at `host_ns`."""
        segment = self.segment_at(host_ns)
        return Moment(
            segment, segment.scene, segment.at_fl_of(host_ns), segment.run_fl_of(host_ns), segment.rate
        )

    def run_fl(self, host_ns: int) -> int:
        """Run time at `host_ns`."""
        return self.segment_at(host_ns).run_fl_of(host_ns)

    def next_after(self, host_ns: int) -> Segment | None:
        """The first segment to come into force after `host_ns`, or None."""
        place = bisect_right(self._effective_ns, host_ns)
        return self._effective[place] if place < len(self._effective) else None

    def pieces(self, from_ns: int, to_ns: int) -> list[tuple[Segment, int, int]]:
        """Segments in force during [from_ns, to_ns), with each one's host interval."""
        found: list[tuple[Segment, int, int]] = []
        place = max(bisect_right(self._effective_ns, from_ns) - 1, 0)
        while place < len(self._effective):
            begin_ns = max(self._effective_ns[place], from_ns)
            last = place + 1 == len(self._effective)
            end_ns = to_ns if last else min(self._effective_ns[place + 1], to_ns)
            if begin_ns >= to_ns:
                break
            if begin_ns < end_ns:
                found.append((self._effective[place], begin_ns, end_ns))
            place += 1
        return found

    def spans(self, from_ns: int, to_ns: int) -> list[Span]:
        """Stretches of scenes passed during [from_ns, to_ns); held ones too, with ``a_fl == b_fl``."""
        return [
            Span(segment, segment.at_fl_of(begin_ns), segment.at_fl_of(end_ns), begin_ns, end_ns)
            for segment, begin_ns, end_ns in self.pieces(from_ns, to_ns)
            if segment.scene != NO_SCENE
        ]

    def host_ns_of(self, segment: Segment, at_fl: int) -> int:
        """First host instant at which `segment`, left to run, has reached `at_fl`.

        Raises
        ------
        ValueError
            For a held segment, which reaches nothing.
        """
        delta_fl = at_fl - segment.at_fl
        scale_num, scale_den = FL_PER_NS_NUM * segment.rate_num, FL_PER_NS_DEN * segment.rate_den
        if scale_num > 0:
            return segment.from_ns - (-delta_fl * scale_den // scale_num)
        if scale_num < 0:
            return segment.from_ns + (delta_fl + 1) * scale_den // scale_num + 1
        raise ValueError(f"segment {segment.index} is held at {segment.at_fl} and never reaches {at_fl}")

    def controls_at(self, host_ns: int) -> Controls:
        """The controls that hold at `host_ns`: the last published whose instant has come.

        Before the oldest row kept, the oldest row itself: a row that was dropped was replaced by it long ago.
        """
        for controls in reversed(self.controls):
            if controls.from_ns <= host_ns:
                return controls
        return self.controls[0] if self.controls else Controls()

    def profile_at(self, seat: int, host_ns: int) -> SeatProfile:
        """The profile of a seat that holds at `host_ns`; the room (-1) and a seat without a row have the default."""
        for profile in reversed(self.profiles):
            if profile.seat == seat and profile.from_ns <= host_ns:
                return profile
        return SeatProfile(seat, -1, 0)

    def profiles_at(self, host_ns: int) -> Mapping[int, SeatProfile]:
        """The profiles that hold at `host_ns`, by seat; seats that are not in it have the default."""
        return newest_by_seat(self.profiles, host_ns)

    def controls_of(self, seat: int, host_ns: int) -> Controls:
        """The live controls as they hold for one seat at `host_ns`: what a person set for everybody, under the guest's own profile.

        Notes
        -----
        Intensities multiply; where nobody sits every role is muted. The room (-1) has the plain controls: a guest who wants it
        gentle does not turn down the wind of all others.
        """
        controls = self.controls_at(host_ns)
        if not self.profiles:
            return controls
        profile = self.profile_at(seat, host_ns)
        return controls if profile.is_default else under(controls, profile)

    def calm_at(self, host_ns: int) -> bool:
        """Whether the room's light is averaged at `host_ns`, for everybody: some seat is a photosensitive guest's.

        Also while that seat counts as empty: who has taken a headset off may well sit there still.
        """
        return bool(self.profiles) and any(
            profile.photosensitive for profile in self.profiles_at(host_ns).values()
        )

    def overlays(self, host_ns: int, durations: DurationOf) -> list[Overlay]:
        """Reactions sounding at `host_ns`, in the order they were published.

        Parameters
        ----------
        host_ns : int
            The instant.
        durations : callable
            ``durations(scene, reaction)`` in flicks.
        """
        run_fl = self.run_fl(host_ns)
        return [
            Overlay(row, run_fl - row.run_fl)
            for row in self.reactions
            if row.from_ns <= host_ns
            and 0 <= run_fl - row.run_fl < durations(row.scene, row.reaction)
            and not self._sought_between(row.from_ns, host_ns)
        ]

    def overlay_spans(self, from_ns: int, to_ns: int, durations: DurationOf) -> list[OverlaySpan]:
        """Stretches of reactions passed during [from_ns, to_ns); the first stretch of a reaction starts at 0.

        Notes
        -----
        Neighbouring calls share their ends, so a reaction's one-shots fire exactly once, as a scene's do.
        """
        found: list[OverlaySpan] = []
        first_run_fl, last_run_fl = self.run_fl(from_ns), self.run_fl(to_ns)
        for row in self.reactions:
            duration_fl = durations(row.scene, row.reaction)
            over = row.from_ns < from_ns and first_run_fl - row.run_fl >= duration_fl
            if over or row.from_ns >= to_ns or row.run_fl >= last_run_fl:
                continue  # nearly all rows, nearly always
            for segment, begin_ns, end_ns in self.pieces(max(from_ns, row.from_ns), to_ns):
                if self._sought_between(row.from_ns, begin_ns):
                    break
                a_fl = segment.run_fl_of(begin_ns) - row.run_fl
                b_fl = segment.run_fl_of(end_ns) - row.run_fl
                if begin_ns == row.from_ns:
                    a_fl = (
                        0  # a change of speed published after the row may have moved run time past its start
                    )
                a_fl, b_fl = max(a_fl, 0), min(b_fl, duration_fl)
                if a_fl < b_fl:
                    found.append(OverlaySpan(row, segment, a_fl, b_fl, begin_ns, end_ns))
        return found

    def _sought_between(self, after_ns: int, until_ns: int) -> bool:
        return any(
            segment.kind is SegmentKind.SEEK and after_ns < segment.from_ns <= until_ns
            for segment in self._effective
        )
