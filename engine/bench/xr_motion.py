"""What of a moving seat is left in a headset's picture: residuals of motion compensation, with and without.

    python -m engine.bench.xr_motion
    python -m engine.bench.xr_motion --seconds 60

A guest sits still on a platform that goes +-10 deg in roll and pitch and +-50 mm in heave and surge. The headset sees the guest's head in
the room; whatever of its pose in the seat is not constant is a residual: millimetres and degrees by which the picture slides for a
guest who has not moved. Frames at 90 Hz ask for 25 ms ahead.

*synthetic*: commands at 200 Hz into shared memory; the platform is a first-order lag behind a dead time, integrated numerically
(fourth-order Runge-Kutta, no closed form), the head carried by 4 x 4 matrices, none of it code that compensates. Swept: an error in
the stated latency, measurements with noise that find it, a device too quick to be foretold from commands alone, a wrong centre of
rotation, and speeds at the limits of a usual seat.

*twin*: a seat of a real driver family on the bus: show, governor, encoded datagrams, the family's software twin that moves from the bytes,
and the head on that.

Prints one JSON line per case, then the costs. Targets: below 0.1 mm and 0.01 deg where the latency is right, below 2 mm with 5 ms of error.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.bus.inline import InlineBus
from engine.bus.registry import create_drivers
from engine.bus.setup import bus_devices
from engine.errors import Place
from engine.experience.resolve import resolve
from engine.experience.rig import (
    AudioSpec,
    AxisLimits,
    DeviceSpec,
    DisplaySpec,
    Latency,
    Rig,
    RoleTarget,
    SeatSpec,
)
from engine.motion.seat_poses import ALL_AXES, Axes, SeatPoseBlock, SeatRow
from engine.motion.seat_predictor import SeatPredictor
from engine.motion.trajectories import AxisLimits as AxisTrack
from engine.motion.trajectories import Follower
from engine.render import eye
from engine.time.clocks import MonotonicClock
from engine.time.publisher import TransportWriter
from engine.time.segments import Transport
from engine.time.shared import LocalBlock
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.xr.compensation import SeatCompensation
from engine.xr.poses import angle_rad, composed, conjugated, inverted, multiplied, unit
from engine.xr.values import Pose, Quaternion, Vector

_NS_PER_S = 1_000_000_000
_MS = 1_000_000
_FRAME_NS = 11_111_111
_AHEAD_NS = 25 * _MS
_PERIOD_NS = 5 * _MS
_SETTLE_NS = _NS_PER_S
"""Fading in is no residual."""
_LEARN_NS = 12 * _NS_PER_S
"""Nor are the ten seconds over which a lateness is learnt."""
PIVOT_M: Vector = (0.0, 0.0, -0.9)
_HEAD = Pose((0.03, 0.06, -0.02), (0.0, 0.0, math.sin(0.15), math.cos(0.15)))
_STEPS = 4
_FL_PER_S = 705_600_000

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """One platform and what is known of it.

    Attributes
    ----------
    name : str
    dead_ns, lag_ns : int
        As the rig states them.
    late_ns : int
        How much later it really is.
    rate : float
        Of the motion; 1 is +-10 deg in 6 to 7 s.
    measured_hz : float
        Reports a second; 0: none.
    noise_m, noise_deg : float
        Of the reports, standard deviations.
    pivot_m : tuple of float
        The platform's true centre of rotation; compensation is told `PIVOT_M`.
    rough : bool
        Sent from end to end again and again, as fast as a seat's limits let it (25 deg/s, 150 deg/s2, 2000 deg/s3).
    """

    name: str
    dead_ns: int = 30 * _MS
    lag_ns: int = 40 * _MS
    late_ns: int = 0
    rate: float = 1.0
    measured_hz: float = 0.0
    noise_m: float = 0.0
    noise_deg: float = 0.0
    pivot_m: Vector = PIVOT_M
    rough: bool = False

    @property
    def settle_ns(self) -> int:
        """How long before anything counts."""
        return _LEARN_NS if self.measured_hz else _SETTLE_NS


CASES = (
    Case("as stated"),
    *(Case(f"latency {late:+d} ms", late_ns=late * _MS) for late in (-10, -5, -2, 2, 5, 10)),
    Case("latency +5 ms, measured", late_ns=5 * _MS, measured_hz=100.0),
    Case(
        "latency +5 ms, measured with noise",
        late_ns=5 * _MS,
        measured_hz=100.0,
        noise_m=0.0005,
        noise_deg=0.05,
    ),
    Case("measured with noise", measured_hz=100.0, noise_m=0.0005, noise_deg=0.05),
    Case("quick: dead 5 ms, lag 10 ms", dead_ns=5 * _MS, lag_ns=10 * _MS),
    Case("at once: dead 0, lag 0", dead_ns=0, lag_ns=0),
    Case("lively: 25 deg/s, 165 mm/s", rate=2.5),
    Case("lively, latency +5 ms", rate=2.5, late_ns=5 * _MS),
    Case("rough", rough=True),
    Case("rough, quick: dead 5 ms, lag 10 ms", rough=True, dead_ns=5 * _MS, lag_ns=10 * _MS),
    Case("rough, latency +5 ms", rough=True, late_ns=5 * _MS),
    Case("pivot wrong by 100 mm", pivot_m=(0.0, 0.0, -1.0)),
)


def motion(t_s: float, rate: float = 1.0) -> Axes:
    """What the platform is sent: m and deg. At rate 1 at most 10.1 deg/s in roll, 9.1 in pitch, 66 and 57 mm/s in heave and surge."""
    turn = 2.0 * math.pi * rate * t_s
    return (
        0.05 * math.sin(0.18 * turn + 1.0),
        0.0,
        0.05 * math.sin(0.21 * turn),
        10.0 * math.sin(0.16 * turn),
        10.0 * math.sin(0.145 * turn + 0.5),
        5.0 * math.sin(0.07 * turn),
    )


def rough() -> Iterator[Axes]:
    """From end to end and back, within limits: command by command."""
    axes = [
        (Follower(AxisTrack(-0.05, 0.05, 0.25, 2.5, 30.0), _PERIOD_NS / _NS_PER_S, 0.0), 0.05, 1.1),
        (Follower(AxisTrack(-10.0, 10.0, 25.0, 150.0, 2000.0), _PERIOD_NS / _NS_PER_S, 0.0), 10.0, 1.3),
        (Follower(AxisTrack(-10.0, 10.0, 25.0, 150.0, 2000.0), _PERIOD_NS / _NS_PER_S, 0.0), 10.0, 0.9),
    ]
    for number in count():
        t_s = number * _PERIOD_NS / _NS_PER_S
        heave, roll, pitch = (
            axis.follow(far if int(t_s / every_s) % 2 else -far) for axis, far, every_s in axes
        )
        yield (0.0, 0.0, heave, roll, pitch, 0.0)


class Platform:
    """A dead time and a first-order lag, integrated step by step between commands."""

    def __init__(self, dead_ns: int, lag_ns: int) -> None:
        self._dead_ns = dead_ns
        self._lag_s = lag_ns / _NS_PER_S
        self._commands: list[tuple[int, Matrix]] = []
        self._x: Matrix | None = None
        self._at_ns = 0

    def command(self, at_ns: int, pose: Axes) -> None:
        """A command that leaves at `at_ns`."""
        if self._x is None:
            self._x, self._at_ns = np.array(pose), at_ns + self._dead_ns
        self._commands.append((at_ns + self._dead_ns, np.array(pose)))

    def move_to(self, at_ns: int) -> Axes:
        """Go on to an instant, not before the last one; every command before it must be known."""
        assert self._x is not None
        while self._at_ns < at_ns:
            while len(self._commands) > 1 and self._commands[1][0] <= self._at_ns:
                self._commands.pop(0)
            until_ns = min(at_ns, self._commands[1][0]) if len(self._commands) > 1 else at_ns
            self._integrate(self._commands[0][1], (until_ns - self._at_ns) / _NS_PER_S)
            self._at_ns = until_ns
        while len(self._commands) > 1 and self._commands[1][0] <= self._at_ns:
            self._commands.pop(0)
        if self._lag_s <= 0.0:
            self._x = self._commands[0][1]
        surge, sway, heave, roll, pitch, yaw = self._x.tolist()
        return (surge, sway, heave, roll, pitch, yaw)

    def _integrate(self, goal: Matrix, seconds: float) -> None:
        if self._lag_s <= 0.0:
            self._x = goal
            return
        x, h = self._x, seconds / _STEPS
        assert x is not None
        for _ in range(_STEPS):
            k1 = (goal - x) / self._lag_s
            k2 = (goal - x - 0.5 * h * k1) / self._lag_s
            k3 = (goal - x - 0.5 * h * k2) / self._lag_s
            k4 = (goal - x - h * k3) / self._lag_s
            x = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        self._x = x


def carried(pose: Axes, pivot_m: Vector) -> Matrix:
    """`T_room_seat` as 4 x 4 matrices: there to the pivot, turn, back, and the shift."""
    surge, sway, heave, roll, pitch, yaw = pose
    there, back = np.eye(4), np.eye(4)
    there[:3, 3] = pivot_m
    there[:3, 3] += (sway, surge, heave)
    back[:3, 3] = [-value for value in pivot_m]
    turned = eye.Pose(heading_deg=yaw, pitch_deg=pitch, roll_deg=roll).matrix()
    moved: Matrix = there @ turned @ back
    return moved


@dataclass(slots=True)
class Residual:
    """The worst and the sum of squares of what is left."""

    frames: int = 0
    worst_mm: float = 0.0
    worst_deg: float = 0.0
    square_mm: float = 0.0

    def add(self, seen: Pose) -> None:
        """A head as seen in the seat; it should be where it always is."""
        off_mm = 1000.0 * math.dist(seen.position_m, _HEAD.position_m)
        off_deg = math.degrees(angle_rad(multiplied(conjugated(seen.turn), _HEAD.turn)))
        self.frames += 1
        self.worst_mm, self.worst_deg = max(self.worst_mm, off_mm), max(self.worst_deg, off_deg)
        self.square_mm += off_mm * off_mm

    def row(self, name: str) -> dict[str, float]:
        """For the line."""
        return {
            f"{name}_worst_mm": _short(self.worst_mm),
            f"{name}_rms_mm": _short(math.sqrt(self.square_mm / max(self.frames, 1))),
            f"{name}_worst_deg": _short(self.worst_deg),
        }


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _head_in_room(T_room_seat: Matrix) -> Pose:
    head = eye.Pose(
        *_HEAD.position_m, heading_deg=math.degrees(2.0 * math.atan2(_HEAD.turn[2], _HEAD.turn[3]))
    )
    found = T_room_seat @ head.matrix()
    x, y, z = found[:3, 3].tolist()
    return Pose((x, y, z), _turn_of(found))


def _turn_of(matrix: Matrix) -> Quaternion:
    """Quaternion of a rotation of less than half a turn."""
    w = 0.5 * math.sqrt(max(1.0 + float(np.trace(matrix[:3, :3])), 1e-12))
    return unit(
        (
            float(matrix[2, 1] - matrix[1, 2]) / (4.0 * w),
            float(matrix[0, 2] - matrix[2, 0]) / (4.0 * w),
            float(matrix[1, 0] - matrix[0, 1]) / (4.0 * w),
            w,
        )
    )


def measure_case(case: Case, seconds: float, *, seed: int = 1) -> dict[str, object]:
    """Ride for a while and give what is left.

    Returns
    -------
    dict
        ``with_`` and ``without_`` worst and root-mean-square residuals, and the lateness that was learnt.
    """
    noise = random.Random(seed)
    platform_ = Platform(case.dead_ns + case.late_ns, case.lag_ns)
    velocity, acceleration = (0.25, 0.25, 0.25, 25.0, 25.0, 25.0), (2.5, 2.5, 2.5, 150.0, 150.0, 150.0)
    row = SeatRow(0, "platform", case.dead_ns, case.lag_ns, _PERIOD_NS, velocity, acceleration)
    commands = rough() if case.rough else None
    left, slid = Residual(), Residual()
    with SeatPoseBlock.create() as bus, SeatPoseBlock.attach(bus.name) as viewer:
        bus.claim((row,))
        predictor = SeatPredictor(viewer, 0)
        compensation = SeatCompensation(predictor, PIVOT_M)
        waiting: list[tuple[int, Pose]] = []
        report_ns = round(_NS_PER_S / case.measured_hz) if case.measured_hz else 0
        next_frame_ns = next_report_ns = 0
        end_ns = case.settle_ns + round(seconds * _NS_PER_S)
        for now_ns in range(0, end_ns, _PERIOD_NS):
            pose = motion(now_ns / _NS_PER_S, case.rate) if commands is None else next(commands)
            # What the platform does by now is known once this command is: frames that were foretold are judged first.
            platform_.command(now_ns, pose)
            while waiting and waiting[0][0] <= now_ns:
                seen_ns, anchor = waiting.pop(0)
                head = _head_in_room(carried(platform_.move_to(seen_ns), case.pivot_m))
                if seen_ns > case.settle_ns:
                    left.add(composed(inverted(anchor), head))
                    slid.add(head)
            bus.publish(0, now_ns, now_ns + case.dead_ns + case.lag_ns, pose)
            if report_ns and now_ns >= next_report_ns:
                next_report_ns += report_ns
                true = platform_.move_to(now_ns)
                told = [
                    value + noise.gauss(0.0, case.noise_m if axis < 3 else case.noise_deg)
                    for axis, value in enumerate(true)
                ]
                bus.publish_measured(0, now_ns, now_ns, told, ALL_AXES)
            while next_frame_ns < now_ns + _PERIOD_NS:
                seen_ns = next_frame_ns + _AHEAD_NS
                waiting.append((seen_ns, compensation.motion_at(seen_ns)))
                next_frame_ns += _FRAME_NS
        learnt_ms = [round(late_ns / _MS, 3) for late_ns in predictor.late_ns]
    return {
        "bench": "xr_motion",
        "what": "synthetic",
        "case": case.name,
        "frames": left.frames,
        **left.row("with"),
        **slid.row("without"),
        "learnt_ms": learnt_ms[0],
    }


@dataclass(frozen=True, slots=True)
class Rolling:
    """A made-up show of one seat."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        """The platform's motion, as a show; at rest before the start."""
        moment = transport.at(host_ns)
        return motion(moment.at_fl / _FL_PER_S) if moment.scene >= 0 else (0.0,) * 6


def seat_rig() -> Rig:
    """One seat of the family `openmotion` on its twin, with a headset."""
    here = Path("xr_motion.yaml")
    place = Place(str(here))
    limits = {axis: AxisLimits(-12.0, 12.0, 25.0, 150.0, 2000.0) for axis in ("roll", "pitch", "yaw")} | {
        "heave": AxisLimits(-0.06, 0.06, 0.25, 2.5, 30.0)
    }
    latency = Latency(30 * _MS, 40 * _MS)
    return Rig(
        path=here,
        name={"en": "one seat"},
        tick_hz=1000,
        watchdog_ns=0,
        seats=(SeatSpec(0, "a", (0.0, 0.0, 0.0), 0.0, None),),
        devices=(DeviceSpec("seat", "openmotion", "twin", 0, 200.0, latency, limits, {}, {}, place),),
        roles={"seat.motion": (RoleTarget("seat"),)},
        audio=AudioSpec(),
        displays=(DisplaySpec("goggles", "headset", 0, (1, 1), 0),),
        hash="xr_motion",
    )


def measure_twin(seconds: float) -> dict[str, object]:
    """Show, bus, datagrams, twin, and a head on the twin."""
    rig, left, slid = seat_rig(), Residual(), Residual()
    roles = RoleTable.of((RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),))
    devices = bus_devices(create_drivers(rig.devices), resolve(rig, roles), roles, rig)
    transport = LocalBlock()
    TransportWriter(transport).append(from_ns=0, scene=0)
    with SeatPoseBlock.create() as told, SeatPoseBlock.attach(told.name) as viewer:
        bus = InlineBus(devices, Rolling(), transport, epoch_ns=0, poses=told)
        twin = bus.twins["seat"]
        assert twin is not None
        compensation = SeatCompensation(SeatPredictor(viewer, 0), PIVOT_M)
        waiting: list[tuple[int, Pose]] = []
        end_ns = _SETTLE_NS + round(seconds * _NS_PER_S)
        for now_ns in _instants(end_ns):
            while waiting and waiting[0][0] <= now_ns:
                seen_ns, anchor = waiting.pop(0)
                bus.run_until(seen_ns)
                state = twin.state_at(seen_ns)
                pose = (0.0, 0.0, state["heave"], state["roll"], state["pitch"], state["yaw"])
                head = _head_in_room(carried(pose, PIVOT_M))
                if seen_ns > _SETTLE_NS:
                    left.add(composed(inverted(anchor), head))
                    slid.add(head)
            bus.run_until(now_ns)
            waiting.append((now_ns + _AHEAD_NS, compensation.motion_at(now_ns + _AHEAD_NS)))
    return {
        "bench": "xr_motion",
        "what": "twin",
        "case": "openmotion, governor and datagrams",
        "frames": left.frames,
        **left.row("with"),
        **slid.row("without"),
    }


def _instants(end_ns: int) -> Iterator[int]:
    yield from range(0, end_ns, _FRAME_NS)


def measure_costs(rounds: int = 5000) -> dict[str, object]:
    """Microseconds: of telling one command, and of foretelling for one frame."""
    clock = MonotonicClock()
    row = SeatRow(0, "platform", 30 * _MS, 40 * _MS, _PERIOD_NS, (1.0,) * 6, (10.0,) * 6)
    with SeatPoseBlock.create() as bus, SeatPoseBlock.attach(bus.name) as viewer:
        bus.claim((row,))
        poses = [motion(number * 0.005) for number in range(rounds)]

        def tell(number: int) -> None:
            bus.publish(0, number * _PERIOD_NS, number * _PERIOD_NS, poses[number])

        tell_us = _mean_us(clock, tell, range(1, rounds))
        compensation = SeatCompensation(SeatPredictor(viewer, 0), PIVOT_M)
        spent_ns = 0
        for frame in range(rounds // 2):
            now_ns = (rounds + 2 * frame) * _PERIOD_NS
            for step in range(2):
                bus.publish(0, now_ns + step * _PERIOD_NS, now_ns, poses[frame])
            begun_ns = clock.now_ns()
            compensation.motion_at(now_ns + _PERIOD_NS + _AHEAD_NS)
            spent_ns += clock.now_ns() - begun_ns
    return {
        "bench": "xr_motion",
        "what": "costs",
        "tell_us": round(tell_us, 2),
        "foretell_us": round(spent_ns / (rounds // 2) / 1000.0, 2),
        "python": platform.python_version(),
    }


def _mean_us(clock: MonotonicClock, call: Callable[[int], None], numbers: range) -> float:
    begun_ns = clock.now_ns()
    for number in numbers:
        call(number)
    return (clock.now_ns() - begun_ns) / len(numbers) / 1000.0


def measure(*, seconds: float, cases: Sequence[Case] = CASES) -> list[dict[str, object]]:
    """All of it: a line per case, the twin's, the costs."""
    return [*(measure_case(case, seconds) for case in cases), measure_twin(seconds), measure_costs()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.xr_motion", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="of riding, after what it takes to settle"
    )
    options = parser.parse_args(arguments)
    for line in measure(seconds=options.seconds):
        print(json.dumps(line))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
