"""The device bus of a live run, from its parent's side: one at work, one to spare, and never two that speak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from engine.bus.loop import BusEvent, DeviceNote
from engine.bus.process import main as bus_main
from engine.bus.process import package_config
from engine.show.folder import RunFolder
from engine.show.live.children import Child
from engine.show.live.spare import SpareBus
from engine.show.record import RunRecord
from engine.show.setup import Production

#: The bus speaks once a second; a machine under load may hold it up, but not three times in a row.
SILENT_NS = 3_000_000_000
_OF_A_SPARE = ("ready", "spare", "event", "health", "ended")


class BusCare:
    """Keeps a bus running.

    Parameters
    ----------
    production : Production
    folder : RunFolder
    block_name : str
        Of the transport in shared memory.
    epoch_ns : int or None
        Tick 0 in this machine's time, if it is decided already.
    muted : bool
        Whether it computes only, until `unmute`.
    say : callable
        Prints one line.
    seat_poses : str
        Name of the block in which a bus tells where the seats are. It is the parent's, so it outlives any of them.
    given : sequence of DeviceNote
        Of kind ``given``: what guests and room had been given when a run was cut off that this one goes on with.
    """

    def __init__(
        self,
        production: Production,
        folder: RunFolder,
        block_name: str,
        *,
        epoch_ns: int | None,
        muted: bool,
        say: Callable[[str], None],
        seat_poses: str = "",
        given: Sequence[DeviceNote] = (),
    ) -> None:
        self._folder = folder
        self._tick_hz = production.rig.tick_hz
        self._say = say
        folder.make(folder.received)
        # Replayed to the bit only if the bus starts on the parent's grid; it is told the grid once its lines are open.
        config = package_config(
            block_name,
            production.rig,
            str(production.package.path),
            record_dir=str(folder.received),
            epoch_ns=epoch_ns,
            muted=muted,
            seat_poses=seat_poses,
        )
        config = replace(config, given=tuple(given))
        #: The one at work.
        self.bus = Child("bus", bus_main, config)
        self._muted = muted
        self._spares = SpareBus(production.rig)
        self._lives = 1
        self._heard_ns = 0
        self._anew = False
        self._given: dict[str, DeviceNote] = {note.device: note for note in given}
        self._heir: tuple[int | None, int | None] = (None, None)

    @property
    def spare(self) -> Child | None:
        """The one to spare."""
        return self._spares.child

    def ended_it(self, child: Child) -> bool:
        """Whether the end of this one was our own doing, and has been said."""
        return self._anew and child is self.bus

    def takes(self, child: Child, kind: str, payload: Any, now_ns: int) -> bool:
        """Note that a bus has spoken; True for words of the spare that are nobody else's business."""
        if child is self.bus:
            self._heard_ns = now_ns
            if isinstance(payload, BusEvent):
                self._pass_on(payload)
        if child is not self._spares.child or kind not in _OF_A_SPARE:
            return False
        self._spares.hear(kind, payload)
        return True

    def _pass_on(self, event: BusEvent) -> None:
        """What another bus would have to know: live motion as it comes, and what has been given so far."""
        if event.kind == "felt":
            values = event.data["values"]
            assert isinstance(values, list)
            self._spares.tell(DeviceNote(event.device, "felt", values=tuple(values)))
        elif event.kind == "frames" and "given" in event.data:
            given = event.data["given"]
            assert isinstance(given, list)
            self._given[event.device] = DeviceNote(event.device, "given", values=tuple(given))

    def excuse(self, now_ns: int) -> None:
        """The parent stood still: what the bus has said meanwhile is read next."""
        self._heard_ns = now_ns

    def leave_to(self, heir_ns: int | None) -> None:
        """Tell the bus whether a standby takes its devices when we fall silent for so long."""
        if (heir_ns, self.bus.pid) != self._heir:
            self._heir = (heir_ns, self.bus.pid)
            self.bus.tell("heir", heir_ns)

    def unmute(self) -> None:
        """The devices are ours from now on."""
        self._muted = False
        self.bus.tell("unmute", None)
        self.bus.config = replace(self.bus.config, muted=False)

    def fall_silent(self) -> None:
        """The devices are somebody else's: not a word more, not even to park them."""
        self.bus.kill()
        self.bus.gone = True

    def drop_spare(self) -> None:
        """The show is over: the spare has nothing to park, and need not finish loading first."""
        if self.spare is not None:
            self.spare.kill()

    def begin_anew(self, why: str, record: RunRecord, now_ns: int) -> None:
        """Devices were left alone for so long that they have parked by themselves: a new bus begins there."""
        text = f"{why}; devices have parked by now, a new bus takes them up from there"
        record("notice", now_ns, text=text)
        self._say(text)
        self._anew = True
        self.bus.kill()

    def advance(self, record: RunRecord, epoch_ns: int, now_ns: int) -> None:
        """End a bus that hangs; keep a spare.

        Parameters
        ----------
        record : RunRecord
        epoch_ns : int
            Tick 0 in this machine's time.
        now_ns : int
            In the run's.
        """
        bus = self.bus
        if bus.gone or bus.ready is None:
            self._spares.put_off(now_ns)
            return
        if now_ns - self._heard_ns > SILENT_NS and self._heard_ns:
            self._heard_ns = now_ns
            self.begin_anew(
                f"the device bus said nothing for {SILENT_NS / 1e9:g} s and was ended", record, now_ns
            )
        elif self._muted:
            self._spares.put_off(now_ns)
        elif self._spares.due(now_ns):
            # Each bus has twins of its own, which write what they received beside those before.
            received = self._folder.received / f"bus-{self._lives}"
            self._lives += 1
            self._folder.make(received)
            like = replace(bus.config, record_dir=str(received), given=tuple(self._given.values()))
            self._spares.start(like, epoch_ns, now_ns)

    def died(self, child: Child, record: RunRecord, epoch_ns: int, now_ns: int) -> bool:
        """See to a bus that has died: True when that was all there was to do, False when it has to be started again."""
        if child is self._spares.child:
            child.close()
            self._spares.lost(now_ns)
            return True
        # After so long a silence devices have parked by themselves: a spare that goes on in mid-air would throw them. A new bus
        # begins from park.
        parked, self._anew = self._anew and self._spares.hot, False
        given = tuple(self._given.values())
        spare = None if self._muted or parked else self._spares.take(epoch_ns, given)
        if spare is None:
            # The new bus takes up the old one's grid, so that its frames fall on the same instants.
            child.config = replace(child.config, epoch_ns=epoch_ns, given=given)
            self._restarted(record, now_ns)
            return False
        spare.inherit(child, now_ns)
        spare.config = replace(child.config, epoch_ns=epoch_ns)
        self.bus = spare
        self._restarted(record, now_ns)
        # Its life began when it did: what it took up since then comes after the mark, at its own ticks.
        for event in self._spares.events():
            record.bus(event)
        child.close()
        return True

    def _restarted(self, record: RunRecord, now_ns: int) -> None:
        tick = (now_ns - record.epoch_ns) * self._tick_hz // 1_000_000_000
        record("device", now_ns, what="restart", tick=tick)
