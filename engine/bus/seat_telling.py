"""Tells the viewers where the bus has sent the seats, and where these say they are (`engine.motion.seat_poses`).

Beside the loop, not in it: after the frames of an instant were handed to their lines, the values that went into them are read off the
machine and written down, some microseconds a seat. Nothing comes back, so what is commanded, hashed and replayed is the same with it and
without.

Which devices: those that play a motion role on a group of form motion, whose axes have a largest speed (a tracking system that is told
where a seat is, `freed` or `psn`, has none and moves nobody), and that the rig does not call ``also``. Which seats: those with a headset,
by the rig's displays, and the first, whose picture a run shows by itself. A device of the room carries them all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from engine.bus.driver import Driver, Form, Measured, MeasuredPose
from engine.bus.loop import BusCore, BusDevice, DeviceNote
from engine.experience.rig import Rig
from engine.motion.seat_poses import MAX_ROWS, Axes, SeatPoseBlock, SeatRow

ROOM = -1
_LATE_NS = 1_000_000
"""A command that left later than this after its instant is told with when it left."""


@dataclass(frozen=True, slots=True)
class SeatMover:
    """A device that moves a seat: its row, and where in its channels the six axes are."""

    row: SeatRow
    driver: Driver
    channels: tuple[int, ...]


def seats_to_tell(rig: Rig) -> frozenset[int]:
    """Seats whose guests may wear a headset."""
    worn = {display.seat for display in rig.displays if display.kind == "headset" and display.seat >= 0}
    return frozenset(worn | {seat.index for seat in rig.seats[:1]})


def seat_movers(
    devices: Sequence[BusDevice], seats: Collection[int], *, beside: Collection[str] = (), tick_hz: int = 1000
) -> tuple[SeatMover, ...]:
    """The devices that move any of `seats`.

    Parameters
    ----------
    devices : sequence of BusDevice
    seats : collection of int
    beside : collection of str
        Devices that play roles beside others (``also`` in the rig): told where the seat is, they do not move it.
    tick_hz : int
        The bus' grid, to which periods are rounded.
    """
    found = []
    for device in devices:
        driver = device.driver
        seat = driver.config.seat
        if driver.name in beside or (seat != ROOM and seat not in seats):
            continue
        groups = {route.channels for route in device.routes if route.form is Form.MOTION}
        for channels in sorted(groups):
            limits = [driver.channels[index] for index in channels]
            if not any(channel.velocity for channel in limits):
                continue
            row = SeatRow(
                seat=seat,
                device=driver.name,
                dead_ns=driver.latency.dead_ns,
                lag_ns=driver.latency.lag_ns,
                period_ns=max(1, round(tick_hz / driver.rate_hz)) * 1_000_000_000 // tick_hz,
                velocity=_six([channel.velocity or 0.0 for channel in limits]),
                acceleration=_six([channel.acceleration or 0.0 for channel in limits]),
            )
            found.append(SeatMover(row, driver, channels))
            break  # one device is one body: further groups of it are other people's
    return tuple(found)


def movers_of(rig: Rig, devices: Sequence[BusDevice]) -> tuple[tuple[SeatMover, ...], str]:
    """What a bus tells of a rig, at most `MAX_ROWS`; and what to say of those left out, or nothing."""
    beside = {
        target.device
        for targets in rig.roles.values()
        for target in targets
        if target.also and target.device is not None
    }
    movers = seat_movers(devices, seats_to_tell(rig), beside=beside, tick_hz=rig.tick_hz)
    if len(movers) <= MAX_ROWS:
        return movers, ""
    return movers[:MAX_ROWS], (
        f"motion compensation: {len(movers)} devices move seats with a headset, of which {MAX_ROWS} are told of; headsets on the others "
        f"show their seat's motion (first left out: {movers[MAX_ROWS].row.device})"
    )


class _Told:
    """What is kept of a mover: when it is next worth a look, and what was told."""

    __slots__ = (
        "channels",
        "last_ns",
        "measured",
        "name",
        "next_ns",
        "number",
        "sent_ns",
        "source",
        "straight",
    )

    def __init__(self, number: int, mover: SeatMover) -> None:
        self.number = number
        self.name = mover.row.device
        self.channels = mover.channels
        self.straight = mover.channels == tuple(range(len(mover.driver.channels)))
        self.source = mover.driver if isinstance(mover.driver, Measured) else None
        self.measured: MeasuredPose | None = None
        self.next_ns = 0
        self.last_ns: int | None = None
        self.sent_ns = -1


class SeatTelling:
    """Writes what a machine commands into a block.

    Parameters
    ----------
    block : SeatPoseBlock
        An attachment of the bus' own.
    movers : sequence of SeatMover
        At most `MAX_ROWS`.
    core : BusCore
    report : callable, optional
        Takes the note that a driver's `measured` failed, after which that device is asked no more; without it the error goes on.
    """

    def __init__(
        self,
        block: SeatPoseBlock,
        movers: Sequence[SeatMover],
        core: BusCore,
        report: Callable[[DeviceNote], None] | None = None,
    ) -> None:
        self._block = block
        self._report = report
        self._core = core
        self._told = [_Told(number, mover) for number, mover in enumerate(movers)]
        block.claim([mover.row for mover in movers])

    def tell(self, due_ns: int, left_ns: int) -> None:
        """The frames of the instant `due_ns` have left at `left_ns`: tell what was in them. Never waits."""
        core, block = self._core, self._block
        for told in self._told:
            if due_ns < told.next_ns:
                continue
            command = core.newest_command(told.name)
            told.next_ns = command.next_ns
            if told.source is not None:
                self._tell_measured(told, told.source)
            if not command.present or command.at_ns == told.last_ns or command.at_ns < core.epoch_ns:
                continue  # a device that is away stands where it was; nothing new was computed
            told.last_ns = command.at_ns
            values = command.values
            pose = values if told.straight else [values[index] for index in told.channels]
            sent_ns = command.at_ns if left_ns - command.at_ns < _LATE_NS else left_ns
            if sent_ns <= told.sent_ns:
                # The last one to be caught up after a late wake is on time again, but the one before it left after its instant.
                sent_ns = max(left_ns, told.sent_ns + 1)
            told.sent_ns = sent_ns
            block.publish(told.number, sent_ns, command.for_ns, pose)

    def _tell_measured(self, told: _Told, source: Measured) -> None:
        try:
            measured = source.measured()
            if measured is not None and measured is not told.measured:
                told.measured = measured
                pose = (told.number, measured.at_ns, measured.arrived_ns, measured.pose, measured.axes)
                self._block.publish_measured(*pose)
        except Exception as error:
            # A driver's fault is its own: the picture does without its word, and every device moves on.
            if self._report is None:
                raise
            told.source = None
            text = f"its measured pose cannot be had ({type(error).__name__}: {error}); the seat is foretold from its commands"
            self._report(DeviceNote(told.name, "report", text, "fault"))


def _six(values: Sequence[float]) -> Axes:
    surge, sway, heave, roll, pitch, yaw = values
    return (surge, sway, heave, roll, pitch, yaw)
