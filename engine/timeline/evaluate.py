"""THE pure function: the state of a show at an instant, from the package and the transport alone.

Design remarks
--------------
Nothing is remembered between calls but index arrays that depend on the package only, so that a seek, a
branch, a rejoin after a crash and a second machine all compute the same numbers. For each program the
contributions of its tracks are sorted once into a few array operations (a *plan*): an ordinary scene of 30
channels takes one bisection and three or four operations.

One-shots (transients, cues with ``seek: fire``) hold only if time ran across them: the transport says where
the present continuous run began. While the show is held they are silent, since a knock frozen in mid-air
would become a hum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.time.segments import NO_SCENE, ROOM, Controls, Moment, Overlay, Segment, Transport
from engine.timeline.calm import breaks_of, calm_stretches, flashing_components
from engine.timeline.evaluate_many import lay_reactions_over, scene_states, states_along
from engine.timeline.program import NODE_COMPONENTS, PATH_COMPONENTS, Contribution, Program
from engine.timeline.roles import RoleKind, RoleTable
from engine.units import MODALITIES

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_NEVER_FL = 1 << 62
"""Start of the run that makes every one-shot lie before it."""

_NODE_NEUTRAL = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
_SCALE = NODE_COMPONENTS.index("scale")


@dataclass(frozen=True, slots=True)
class StageFrame:
    """Everything the picture follows, at one instant.

    Attributes
    ----------
    moment
        What the transport says.
    levels
        State vector of the seat, float64[size of the role table], as in `Evaluator.levels`.
    path
        Pose of the vehicle in the scene, float64[6] as `PATH_COMPONENTS`; zeros without a path.
    nodes
        Offset of each moved node from its modelled pose, float64[7] as `NODE_COMPONENTS`.
    values
        Values of the stage that follow roles, by path in the stage: a float, or three for a colour.
    """

    moment: Moment
    levels: Floats
    path: Floats
    nodes: dict[str, Floats]
    values: dict[tuple[str | int, ...], float | tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Step:
    """One array operation of a plan: ``state[to]`` meets ``values[of]``."""

    how: Literal["set", "max", "add", "multiply", "sum", "peak"]
    of: Indices
    to: Indices


@dataclass(frozen=True, slots=True)
class OverlayPart:
    """What one track of a reaction adds to the state."""

    contribution: Contribution
    of: Indices
    to: Indices
    peak: bool
    seat_only: bool


class Evaluator:
    """Evaluates the programs of one package.

    Parameters
    ----------
    programs
        Compiled scenes, in the order of the package.
    roles
        Its role table.

    Notes
    -----
    Reading only; any number of threads may share one. A call takes 15 to 40 us at 30 channels on a 3 GHz
    core.
    """

    def __init__(self, programs: Sequence[Program], roles: RoleTable) -> None:
        self.programs = tuple(programs)
        self.roles = roles
        self._plans = tuple(_plan(program, roles) for program in self.programs)
        self._overlay_parts = tuple(
            tuple(_overlay_parts(reaction, roles) for reaction in program.reactions)
            for program in self.programs
        )
        self._modality = np.array(
            [
                MODALITIES.index(role.modality) if role.modality in MODALITIES else -1
                for role in roles
                for _ in range(role.size)
            ],
            dtype=np.intp,
        )
        # A shaker's frequency is not a strength: intensity scales its amplitude only.
        self._scaled = np.array(
            [
                not (role.kind is RoleKind.HAPTIC and component == 1)
                for role in roles
                for component in range(role.size)
            ],
            dtype=np.bool_,
        )
        self._role_of = np.array(
            [number for number, role in enumerate(roles) for _ in range(role.size)], dtype=np.int64
        )
        self._breaks = tuple(breaks_of(program, roles) for program in self.programs)
        self._lit = {picture: flashing_components(roles, picture=picture) for picture in (False, True)}

    def duration_fl(self, scene: int, reaction: int) -> int:
        """Duration of a reaction; what `Transport.overlays` asks for."""
        return self.programs[scene].reactions[reaction].duration.nominal_fl

    def moment(self, transport: Transport, host_ns: int) -> Moment:
        """Scene, position and rate at a host instant."""
        return transport.at(host_ns)

    def overlays(self, transport: Transport, host_ns: int) -> list[Overlay]:
        """Reactions laid over the scene at a host instant."""
        return transport.overlays(host_ns, self.duration_fl) if transport.reactions else []

    def levels(self, transport: Transport, host_ns: int, seat: int = ROOM) -> Floats:
        """State of all roles at a host instant: the scene, and the reactions of this seat and the room.

        Parameters
        ----------
        transport
            A snapshot.
        host_ns
            The instant, monotonic clock.
        seat
            Index of the seat; -1 for the room alone.

        Returns
        -------
        float64[roles.size], a new array; rests where nothing plays. Live controls are not applied
        (`controlled`).
        """
        moment = transport.at(host_ns)
        state: Floats = self.roles.rest.copy()
        if moment.scene != NO_SCENE:
            values = self.programs[moment.scene].bank.evaluate(moment.at_fl, run_from_fl(moment))
            _apply(self._plans[moment.scene], values, state)
        for overlay in self.overlays(transport, host_ns):
            self._lay_over(overlay, seat, moment, state)
        return state

    def levels_of(
        self, transport: Transport, host_ns: int, seats: Sequence[int]
    ) -> tuple[Floats, NDArray[np.intp] | None]:
        """States of many seats at a host instant: those without a reaction of their own share one.

        Returns
        -------
        float64[distinct, roles.size], and by seat its row in it (None: each has its own, in order)
        """
        return self._of_seats(transport, host_ns, seats, self.levels)

    def _of_seats(
        self,
        transport: Transport,
        host_ns: int,
        seats: Sequence[int],
        levels: Callable[[Transport, int, int], Floats],
    ) -> tuple[Floats, NDArray[np.intp] | None]:
        apart = {row.seat for row in transport.reactions} | {ROOM}
        key = [seat if seat in apart else None for seat in seats]
        first: dict[int | None, int] = {}
        for value, seat in zip(key, seats, strict=True):
            first.setdefault(value, seat)
        states = np.array([levels(transport, host_ns, seat) for seat in first.values()])
        if len(first) == len(seats):
            return states, None
        rows = {value: number for number, value in enumerate(first)}
        return states, np.array([rows[value] for value in key], dtype=np.intp)

    def levels_many(self, transport: Transport, instants_ns: Sequence[int], seat: int = ROOM) -> Floats:
        """States at many instants, ascending: float64[instants, roles.size], row for row what `levels` gives."""
        segments = [transport.segment_at(host_ns) for host_ns in instants_ns]
        states = scene_states(
            self.programs, self._plans, instants_ns, segments, _segment_run_from_fl, self.roles.rest
        )
        if transport.reactions:
            lay_reactions_over(
                states,
                self.programs,
                self._overlay_parts,
                transport,
                instants_ns,
                segments,
                seat,
                self.duration_fl,
                _NEVER_FL,
            )
        return states

    def calm_levels(
        self, transport: Transport, host_ns: int, seat: int = ROOM, *, picture: bool = False
    ) -> Floats:
        """As `levels`, with whatever could flash averaged over the time before; see `engine.timeline.calm`.

        Parameters
        ----------
        transport, host_ns, seat
            As in `levels`.
        picture
            False: roles of light are averaged, everything else is as it is. True: every level and colour is.
        """
        instants_ns, weights = calm_stretches(transport, host_ns, self._breaks, self.duration_fl)
        states = self.levels_many(transport, [*instants_ns, host_ns], seat)
        state: Floats = states[-1]
        lit = self._lit[picture]
        state[lit] = (weights @ states[:-1])[lit]
        return state

    def calm_levels_of(
        self, transport: Transport, host_ns: int, seats: Sequence[int]
    ) -> tuple[Floats, NDArray[np.intp] | None]:
        """As `levels_of`, with roles of light averaged."""
        return self._of_seats(transport, host_ns, seats, self.calm_levels)

    def levels_at(self, scene: int, at_fl: int, *, run_from_fl: int = 0) -> Floats:
        """State of all roles at a position of a scene, without reactions; for checks and previews."""
        state: Floats = self.roles.rest.copy()
        if scene != NO_SCENE:
            _apply(self._plans[scene], self.programs[scene].bank.evaluate(at_fl, run_from_fl), state)
        return state

    def levels_along(self, scene: int, at_fl: NDArray[np.int64], *, run_from_fl: int = 0) -> Floats:
        """States at many positions of a scene, ascending: float64[positions, roles.size], row for row what `levels_at` gives."""
        return states_along(self.programs[scene], self._plans[scene], at_fl, run_from_fl, self.roles.rest)

    def controlled(self, state: Floats, controls: Controls) -> Floats:
        """The state after live controls: intensity per modality, muted roles at rest.

        Intensity scales the distance from rest. The stop latch is not handled here: it belongs to the
        governor.
        """
        if not controls.muted_roles_mask and all(value == 1.0 for value in controls.intensities):
            return state
        gains = np.array([*controls.intensities, 1.0])[self._modality]
        gains[~self._scaled] = 1.0
        if controls.muted_roles_mask:
            muted = np.array([controls.muted(number) for number in range(len(self.roles))], dtype=np.bool_)
            gains[muted[self._role_of]] = 0.0
        rest = self.roles.rest
        scaled: Floats = rest + (state - rest) * gains
        return scaled

    def path_pose(self, transport: Transport, host_ns: int) -> Floats:
        """Pose of the vehicle in the scene at a host instant: float64[6] as `PATH_COMPONENTS`."""
        moment = transport.at(host_ns)
        if moment.scene == NO_SCENE:
            return np.zeros(len(PATH_COMPONENTS))
        return self.path_pose_at(moment.scene, moment.at_fl)

    def path_pose_at(self, scene: int, at_fl: int) -> Floats:
        """Pose of the vehicle at a position of a scene."""
        program = self.programs[scene]
        return _path(program, program.bank.evaluate(at_fl))

    def stage_values(self, transport: Transport, host_ns: int, seat: int = ROOM) -> StageFrame:
        """Everything the picture follows at a host instant, from one evaluation of the bank.

        Parameters
        ----------
        transport, host_ns, seat
            As in `levels`.
        """
        moment = transport.at(host_ns)
        state: Floats = self.roles.rest.copy()
        if moment.scene == NO_SCENE:
            return StageFrame(moment, state, np.zeros(len(PATH_COMPONENTS)), {}, {})
        program = self.programs[moment.scene]
        values = program.bank.evaluate(moment.at_fl, run_from_fl(moment))
        _apply(self._plans[moment.scene], values, state)
        nodes: dict[str, Floats] = {}
        _move_nodes(program, values, nodes)
        for overlay in self.overlays(transport, host_ns):
            laid = self._lay_over(overlay, seat, moment, state)
            # What stands in the scene is seen by everybody: a node moves whoever set the reaction off.
            if overlay.row.scene == moment.scene:
                _move_nodes(program.reactions[overlay.row.reaction], laid, nodes)
        bound: dict[tuple[str | int, ...], float | tuple[float, float, float]] = {}
        for binding in program.bindings:
            part = state[binding.start : binding.start + binding.size].tolist()
            bound[binding.path] = part[0] if binding.size == 1 else (part[0], part[1], part[2])
        return StageFrame(moment, state, _path(program, values), nodes, bound)

    def _lay_over(self, overlay: Overlay, seat: int, moment: Moment, state: Floats) -> Floats:
        """Lay one reaction over the state; returns the values of its channels."""
        row = overlay.row
        reaction = self.programs[row.scene].reactions[row.reaction]
        held = _NEVER_FL if moment.rate == 0 else 0
        values = reaction.bank.evaluate(overlay.at_fl, held)
        ours = row.seat in (ROOM, seat)
        for part in self._overlay_parts[row.scene][row.reaction]:
            if part.seat_only and not ours:
                continue
            _meet(part, values[part.of], state)
        return values


def run_from_fl(moment: Moment) -> int:
    """Where the run began that decides which one-shots hold; never, while the show is held."""
    return _segment_run_from_fl(moment.segment)


def _segment_run_from_fl(segment: Segment) -> int:
    return _NEVER_FL if segment.rate_num <= 0 else segment.run_from_fl


def _path(program: Program, values: Floats) -> Floats:
    first = program.path_channel
    if first is None:
        return np.zeros(len(PATH_COMPONENTS))
    return values[first : first + len(PATH_COMPONENTS)].copy()


def _move_nodes(program: Program, values: Floats, nodes: dict[str, Floats]) -> None:
    for moved in program.nodes:
        offset = nodes.get(moved.node)
        if offset is None:
            offset = nodes[moved.node] = np.array(_NODE_NEUTRAL)
        for component, channel in zip(moved.components, moved.channels, strict=True):
            value = values[channel]
            if np.isnan(value):
                continue
            if moved.mix == "replace":
                offset[component] = value
            elif component == _SCALE:
                offset[component] *= value
            else:
                offset[component] += value


def _targets(contribution: Contribution, roles: RoleTable) -> list[int]:
    start = roles.starts[contribution.role]
    return [start + component for component in contribution.components]


def _plan(program: Program, roles: RoleTable) -> tuple[Step, ...]:
    """Array operations that build the state from the values of a program's channels.

    Contributions of one role keep their order; those of different roles are done together.
    """
    by_role: dict[int, list[Contribution]] = {}
    for contribution in program.contributions:
        by_role.setdefault(contribution.role, []).append(contribution)
    layers: dict[tuple[int, str], tuple[list[int], list[int]]] = {}
    peaks: list[Step] = []
    for role, contributions in by_role.items():
        mixes = {contribution.mix for contribution in contributions}
        if roles.roles[role].kind is RoleKind.HAPTIC and mixes == {"max"}:
            of = [channel for contribution in contributions for channel in contribution.channels]
            start = roles.starts[role]
            peaks.append(_step("peak", of, [start, start + 1]))
            continue
        for layer, contribution in enumerate(contributions):
            if mixes == {"add"}:
                key = (0, "sum")  # sums commute: one operation for all of them
            elif contribution.mix == "replace" or (contribution.mix == "max" and layer == 0):
                key = (layer, "set")
            else:
                key = (layer, contribution.mix)
            of, to = layers.setdefault(key, ([], []))
            of.extend(contribution.channels)
            to.extend(_targets(contribution, roles))
    steps = [_step(how, *layers[(layer, how)]) for layer, how in sorted(layers)]
    return (*steps, *peaks)


def _step(how: str, of: list[int], to: list[int]) -> Step:
    return Step(how, np.array(of, dtype=np.intp), np.array(to, dtype=np.intp))  # type: ignore[arg-type]


def _apply(plan: tuple[Step, ...], values: Floats, state: Floats) -> None:
    for step in plan:
        of, to = step.of, step.to
        match step.how:
            case "set":
                state[to] = values[of]
            case "sum":
                state += np.bincount(to, weights=values[of], minlength=len(state))
            case "peak":
                # Channels come in pairs (amplitude, frequency): the strongest wins, with its own frequency.
                pairs = values[of].reshape(-1, 2)
                state[to] = pairs[pairs[:, 0].argmax()]
            case "max":
                state[to] = np.maximum(state[to], values[of])
            case "add":
                state[to] += values[of]
            case "multiply":
                state[to] *= values[of]


def _overlay_parts(reaction: Program, roles: RoleTable) -> tuple[OverlayPart, ...]:
    return tuple(
        OverlayPart(
            contribution,
            np.array(contribution.channels, dtype=np.intp),
            np.array(_targets(contribution, roles), dtype=np.intp),
            roles.roles[contribution.role].kind is RoleKind.HAPTIC and contribution.mix == "max",
            roles.roles[contribution.role].per == "seat",
        )
        for contribution in reaction.contributions
    )


def _meet(part: OverlayPart, values: Floats, state: Floats) -> None:
    """Lay one track of a reaction over the state; NaN says nothing."""
    to = part.to
    now = state[to]
    if part.peak:
        if values[0] > now[0]:
            state[to] = values
        return
    match part.contribution.mix:
        case "max":
            state[to] = np.fmax(now, values)
        case "add":
            state[to] = now + np.nan_to_num(values)
        case "multiply":
            state[to] = now * np.nan_to_num(values, nan=1.0)
        case "replace":
            state[to] = np.where(np.isnan(values), now, values)
