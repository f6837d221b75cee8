"""The spare bus: a second one that stands by while the first works, and takes its place when that one dies.

It computes, muted, what the first computes, so that it knows where every device has been sent: nothing jumps when it goes on, and
nothing is parked in between. Where a rig is so big that computing twice would cost too much, the spare only waits, loaded; its
devices then begin from park, as after any restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.bus.loop import BusEvent, DeviceNote
from engine.bus.process import BusConfig, BusReady
from engine.bus.process import main as bus_main
from engine.experience import Rig
from engine.show.live.children import Child

#: It is started once the show has settled: at the beginning the processors have enough to do.
AFTER_NS = 2_000_000_000
#: After one that died by itself: whatever killed it may still be there.
AFTER_LOSS_NS = 30_000_000_000
#: Commands a second of all devices up to which a spare computes along: ten seats with all that surrounds them, some few per
#: cent of a core.
HOT_HZ = 4000.0


class SpareBus:
    """Keeps one spare.

    Parameters
    ----------
    rig : Rig
    """

    def __init__(self, rig: Rig) -> None:
        self.hot = sum(device.rate_hz or 0.0 for device in rig.devices) <= HOT_HZ
        self.child: Child | None = None
        self._due_ns: int | None = None
        self._events: list[BusEvent] = []

    def put_off(self, now_ns: int) -> None:
        """Not before the bus has run for a while from now on."""
        self._due_ns = now_ns + AFTER_NS

    def due(self, now_ns: int) -> bool:
        """Whether one is missing, and it is time."""
        if self._due_ns is None:
            self.put_off(now_ns)
        assert self._due_ns is not None
        return self.child is None and now_ns >= self._due_ns

    def start(self, like: BusConfig, epoch_ns: int | None, now_ns: int) -> None:
        """Start one that is like the bus at work, on its grid."""
        config = (
            replace(like, muted=True, deaf=True, epoch_ns=epoch_ns)
            if self.hot
            else replace(like, spare=True, epoch_ns=None)
        )
        self._events = []
        self.child = Child("spare bus", bus_main, config)
        self.child.start(now_ns)

    def hear(self, kind: str, payload: object) -> None:
        """What the spare says while it is one."""
        if kind == "ready" and self.child is not None:
            self.child.ready = payload
        elif isinstance(payload, BusEvent) and payload.kind != "frames":
            # Checkpoints of a bus that sends nothing would fill the memory in a long run; replay needs what it took up only.
            self._events.append(payload)

    def tell(self, note: DeviceNote) -> None:
        """What a bus that computes along has to know."""
        if self.hot and self.child is not None:
            self.child.tell("note", note)

    def take(self, epoch_ns: int | None, given: Sequence[DeviceNote] = ()) -> Child | None:
        """The spare, sent to work with what the one before it had `given`; None when there is none that could."""
        spare = self.child
        if spare is None or spare.died() is not None or (self.hot and not isinstance(spare.ready, BusReady)):
            return None
        for note in given:
            spare.tell("note", note)
        if self.hot:
            spare.tell("unmute", None)
        else:
            spare.tell("go", epoch_ns)
        spare.name = "bus"
        self.child, self._due_ns = None, None
        return spare

    def events(self) -> list[BusEvent]:
        """What the one taken had taken up until then."""
        found, self._events = self._events, []
        return found

    def lost(self, now_ns: int) -> None:
        """It has died while it was spare."""
        self.child, self._due_ns = None, now_ns + AFTER_LOSS_NS
