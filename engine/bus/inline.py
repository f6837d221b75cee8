"""The bus in one process on a manual clock: tests, `check`, offline rendering, replay.

Devices are their software twins in memory, fed the same bytes a wire would carry, each at its scheduled
instant. Real ports are never opened here: time does not pass as it does for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.bus.driver import Twin, park_frames
from engine.bus.loop import (
    DEFAULT_TICK_HZ,
    BusCore,
    BusDevice,
    BusEvent,
    DeviceNote,
    EventSink,
    FleetDispatch,
    ShowState,
)
from engine.bus.seat_telling import SeatTelling, seat_movers
from engine.bus.twins import make_twin
from engine.motion.seat_poses import SeatPoseBlock
from engine.time.publisher import Block


class InlineBus:
    """Drives a `BusCore` up to instants it is told.

    Parameters
    ----------
    devices : sequence of BusDevice
    show : ShowState
    block : Block
        Where the transport is read.
    epoch_ns : int
    tick_hz : int, default 1000
    permitted : bool, default True
        Give every device that waits for a permit one with its first command: in memory nothing can hurt anybody.
    watchdog_ns : int, default 0
        0: the conductor is the caller and cannot fall silent. Above 0, `block.heartbeat_ns()` counts.
    sink : callable or None
        Takes events; None keeps them in `events`.
    poses : SeatPoseBlock, optional
        In which it is told where every seat is.

    Attributes
    ----------
    core : BusCore
    twins : mapping of str to Twin
        By device name; a family without a twin has none.
    events : list of BusEvent
    """

    def __init__(
        self,
        devices: Sequence[BusDevice],
        show: ShowState,
        block: Block,
        *,
        epoch_ns: int,
        tick_hz: int = DEFAULT_TICK_HZ,
        watchdog_ns: int = 0,
        permitted: bool = True,
        sink: EventSink | None = None,
        poses: SeatPoseBlock | None = None,
    ) -> None:
        self.events: list[BusEvent] = []
        self._block = block
        self.core = BusCore(
            devices,
            show,
            epoch_ns=epoch_ns,
            tick_hz=tick_hz,
            watchdog_ns=watchdog_ns,
            sink=self.events.append if sink is None else sink,
        )
        self._permits = tuple(
            DeviceNote(device.driver.name, "permit", "played in memory")
            for device in devices
            if device.forbidden and permitted
        )
        self._telling: SeatTelling | None = None
        if poses is not None:
            seats = {device.driver.config.seat for device in devices}
            self._telling = SeatTelling(poses, seat_movers(devices, seats, tick_hz=tick_hz), self.core)
        self._twins: list[Twin | None] = [make_twin(driver) for driver in self.core.drivers]
        for twin, driver in zip(self._twins, self.core.drivers, strict=True):
            if twin is not None:
                # Some controllers want to be switched on by what their driver sends when it connects.
                for frame in (*getattr(driver, "greeting_frames", ()), *park_frames(driver)):
                    twin.receive(frame, epoch_ns)

    @property
    def twins(self) -> Mapping[str, Twin]:
        """The twins by device name."""
        return {
            driver.name: twin
            for driver, twin in zip(self.core.drivers, self._twins, strict=True)
            if twin is not None
        }

    def run_until(self, host_ns: int, notes: Sequence[DeviceNote] = ()) -> None:
        """Command everything due up to and including `host_ns`, instant by instant.

        Parameters
        ----------
        host_ns : int
        notes : sequence of DeviceNote
            Taken at the first instant; how tests and replays make a device vanish.
        """
        core, block = self.core, self._block
        notes = (*self._permits, *notes)
        while (due_ns := core.next_due_ns()) <= host_ns:
            for dispatch in core.advance(due_ns, block.read(), block.heartbeat_ns(), notes):
                if isinstance(dispatch, FleetDispatch):
                    self._receive_fleet(dispatch)
                    continue
                twin = self._twins[dispatch.device]
                if twin is not None:
                    for frame in dispatch.frames:
                        twin.receive(frame, dispatch.due_ns)
            if self._telling is not None:
                self._telling.tell(due_ns, due_ns)
            notes = self._permits = ()

    def _receive_fleet(self, dispatch: FleetDispatch) -> None:
        indices = self.core.cohorts[dispatch.cohort].indices
        rows = range(len(indices)) if dispatch.rows is None else dispatch.rows.tolist()
        for row in rows:
            twin = self._twins[indices[row]]
            if twin is not None:
                twin.receive(dispatch.frames[row].tobytes(), dispatch.due_ns)

    def finish(self) -> None:
        """Lead every device to park, as the end of a show does."""
        core = self.core
        core.retire()
        limit_ns = core.next_due_ns() + round(core.safe_bound_s * 1e9) + 2_000_000_000
        while not core.retired and (due_ns := core.next_due_ns()) <= limit_ns:
            self.run_until(due_ns)
