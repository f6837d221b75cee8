"""A whole show in one process on a manual clock: off-screen runs, rehearsals at full speed, tests, replays.

The parts are those of a live run; only the clock differs. At one instant the order is always conductor, bus, picture, so
a run is reproducible to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.bus.inline import InlineBus
from engine.errors import SensoramaError
from engine.show.conduct.conductor import Conductor, Ended
from engine.show.pictures import PicturePlan, Wanted
from engine.show.record import CurveTap
from engine.time import ManualClock, Transport, TransportWriter, fl_to_ns

#: What is still rendered after the end, so that tails ring out and the devices are seen to rest.
TAIL_NS = 2_000_000_000
#: How often the caller is told where the show is.
TELL_NS = 500_000_000


class Camera(Protocol):
    """Takes a picture of the show as it is at an instant."""

    def take(self, wanted: Wanted, transport: Transport, host_ns: int, conductor: Conductor) -> None: ...


@dataclass(slots=True)
class InlineRun:
    """Runs conductor, bus and camera together.

    Parameters
    ----------
    conductor : Conductor
        Started.
    writer : TransportWriter
        The conductor's.
    clock : ManualClock
        Stands at the run's beginning.
    bus : InlineBus
    tap : CurveTap or None
    camera : Camera or None
    tell : callable or None
        Called every half second of show with the host instant.
    """

    conductor: Conductor
    writer: TransportWriter
    clock: ManualClock
    bus: InlineBus
    tap: CurveTap | None = None
    camera: Camera | None = None
    tell: Callable[[int], None] | None = None

    def run(self) -> Ended:
        """Play to the end."""
        conductor, plan = self.conductor, PicturePlan()
        tell_ns = self.clock.now_ns()
        while True:
            now_ns = self.clock.now_ns()
            conductor.advance(now_ns)
            self.writer.beat(now_ns)
            self._follow(now_ns)
            if self.camera is not None and conductor.program is not None:
                moment = conductor.moment(now_ns)
                plan.enter(conductor.program, len(conductor.beats), conductor.next_is_choice)
                for wanted in plan.due(moment.at_fl, moment.run_fl):
                    self.camera.take(wanted, self.writer.transport, now_ns, conductor)
            if self.tell is not None and now_ns >= tell_ns:
                self.tell(now_ns)
                tell_ns = now_ns + TELL_NS
            if conductor.ended is not None:
                break
            if conductor.next_deadline_ns() is None:
                raise SensoramaError(
                    "the show is held and nobody is there to go on: on a manual clock there is no operator"
                )
            self._follow_before(self._next(plan, now_ns, tell_ns))
        end_ns = conductor.ended.at_ns + TAIL_NS
        self._follow(end_ns)
        self.bus.finish()
        return conductor.ended

    def _next(self, plan: PicturePlan, now_ns: int, tell_ns: int) -> int:
        conductor = self.conductor
        instants = [tell_ns] if self.tell is not None else []
        due_ns = conductor.next_deadline_ns()
        if due_ns is not None:
            instants.append(due_ns)
        if self.camera is not None and conductor.program is not None:
            moment = conductor.moment(now_ns)
            if moment.rate > 0:
                instants.extend(
                    now_ns + fl_to_ns(-(-ahead_fl * moment.rate.denominator // moment.rate.numerator))
                    for ahead_fl in plan.next_positions(moment.at_fl, moment.run_fl)
                )
        if self.tap is not None or not instants:
            instants.append(now_ns + 50_000_000)
        return max(now_ns + 1, min(instants))

    def _follow(self, now_ns: int) -> None:
        self.bus.run_until(now_ns)
        if self.tap is not None:
            self.tap.sample(now_ns)

    def _follow_before(self, next_ns: int) -> None:
        """Everything strictly before the next instant still sees the present transport."""
        self.bus.run_until(next_ns - 1)
        self.clock.advance_to_ns(next_ns)
