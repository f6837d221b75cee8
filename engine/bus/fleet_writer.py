"""The lines of a cohort: one socket for all its datagrams, no thread a device.

Sending to UDP never waits, so the loop does it itself, for hundreds of devices in one call. Opening can wait (for a name server);
one thread does that for all of them. A device of the cohort on any other line has a thread of its own, as ever
(`engine.bus.writer`), and so has one that is attentive: that thread opens, parks and attends, only the commands go out from here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from threading import Condition, Thread

import numpy as np

from engine.bus.datagrams import Address, DatagramPort, resolve
from engine.bus.driver import Attentive, Batched, park_frames
from engine.bus.fleet import Cohort
from engine.bus.lateness import LatenessHistogram
from engine.bus.loop import DeviceNote, FleetDispatch
from engine.bus.writer import PortWriter, Retry
from engine.errors import DeviceError
from engine.time.clocks import Clock
from engine.time.realtime import request_realtime_priority

_LOOK_NS = 20_000_000  # how often refusals are read
# News of devices passed on at once. Each has to be journalled: if a switch goes, hundreds vanish in the same
# millisecond, and those behind another switch must not wait for that. Before the first command all are.
_NEWS_AT_ONCE = 8


class FleetWriter:
    """Owns the lines of a cohort's devices.

    Parameters
    ----------
    cohort : Cohort
    clock : Clock
    park_first : bool, default True
        See `PortWriter`.
    priority : int or None
        Real-time priority of its threads.

    Attributes
    ----------
    dispatch_late, sent_late : LatenessHistogram
        From the scheduled instant until the system was handed the datagrams, and until it had taken them.
    sent, failures : int
        Datagrams that left from here; times one of its devices went away.
    """

    def __init__(
        self, cohort: Cohort, clock: Clock, *, park_first: bool = True, priority: int | None = None
    ) -> None:
        self.cohort = cohort
        self._clock = clock
        self._park_first = park_first
        self._priority = priority
        self._port = DatagramPort()
        self.dispatch_late = LatenessHistogram()
        self.sent_late = LatenessHistogram()
        self.sent = 0
        self.failures = 0
        self._addresses: dict[int, Address] = {}
        self.threads: dict[int, PortWriter] = {}
        for row, driver in enumerate(cohort.drivers):
            address = driver.address if isinstance(driver, Batched) else None
            if address is not None:
                self._addresses[row] = address
            if address is None or isinstance(driver, Attentive):
                self.threads[row] = PortWriter(driver, clock, park_first=park_first, priority=priority)
        self._own = [row for row in self._addresses if row not in self.threads]
        self._rows = {driver.name: row for row, driver in enumerate(cohort.drivers)}
        # The loop's: the table of messages, and which of its rows have an address by now.
        self._table = self._port.table(len(cohort), len(park_frames(cohort.drivers[0])[0]))
        self._numbers: dict[int, Address] = {}
        self._by_address: dict[Address, list[int]] = {}
        self._ready = np.zeros(len(cohort), dtype=np.bool_)
        self._all_ready = False
        self._open = np.zeros(len(cohort), dtype=np.bool_)
        self._retries = {row: Retry() for row in self._own}
        self._look_ns = 0
        self._begun = False
        # Between the loop and the thread that opens.
        self._jobs: deque[tuple[int, bool]] = deque()
        self._done: deque[tuple[int, Address | None, DeviceNote | None]] = deque()
        self._wake = Condition()
        self._closing = False
        self._thread = Thread(target=self._run, name=f"lines-{cohort.name}", daemon=True)

    def start(self) -> None:
        """Begin, and connect."""
        self._jobs.extend((row, self._park_first) for row in self._addresses)
        self._thread.start()
        for writer in self.threads.values():
            writer.start()

    def settled(self) -> bool:
        """Whether the first attempt to connect is over for every device."""
        return not self._jobs and all(writer.first_word() is not None for writer in self.threads.values())

    @property
    def all_sent(self) -> int:
        """Frames that left, also by the threads."""
        return self.sent + sum(writer.driver.health.sent for writer in self.threads.values())

    def all_sent_late(self) -> LatenessHistogram:
        """`sent_late`, with that of the threads."""
        found = LatenessHistogram()
        for late in (self.sent_late, *(writer.sent_late for writer in self.threads.values())):
            found.merge(late)
        return found

    @property
    def open_count(self) -> int:
        """Devices that are connected."""
        others = sum(writer.driver.health.state == "open" for writer in self.threads.values())
        return int(self._open.sum()) + others

    def offer(self, dispatch: FleetDispatch) -> None:
        """Send what is due; never waits."""
        rows = dispatch.rows
        frames = dispatch.frames
        self.dispatch_late.add(
            self._clock.now_ns() - dispatch.due_ns, len(frames) if rows is None else len(rows)
        )
        if len(self._addresses) < len(self.cohort):
            for row in range(len(frames)) if rows is None else rows.tolist():
                if row not in self._addresses:
                    self.threads[row].offer((frames[row].tobytes(),), dispatch.due_ns)
        if not self._all_ready:
            rows = np.nonzero(self._ready)[0] if rows is None else rows[self._ready[rows]]
            if not len(rows):
                return
        self.cohort.batch.stamp(frames, rows)
        self.sent += self._table.send(frames, rows)
        count = len(frames) if rows is None else len(rows)
        self.sent_late.add(self._clock.now_ns() - dispatch.due_ns, count)

    def take_notes(self, now_ns: int) -> list[DeviceNote]:
        """What became known since the last call; also starts the next attempts to connect when it is time."""
        notes: list[DeviceNote] = []
        most = _NEWS_AT_ONCE if self._begun else len(self.cohort)
        self._begun = True
        while self._done and len(notes) < most:
            row, address, note = self._done.popleft()
            if address is not None:
                self._set_address(row, address)
            if note is not None:
                self._open[row] = note.kind != "gone"
                self._retries[row].told(note.kind, now_ns)
                self.failures += note.kind == "gone"
                notes.append(note)
        for writer in self.threads.values():
            notes += writer.take_notes(now_ns)
        if now_ns >= self._look_ns and self._by_address:
            self._look_ns = now_ns + _LOOK_NS
            notes += self._refused(now_ns)
            again = [(row, True) for row, retry in self._retries.items() if retry.due(now_ns)]
            if again:
                with self._wake:
                    self._jobs.extend(again)
                    self._wake.notify()
        return notes

    def close(self, timeout_s: float = 1.0, *, stay: Collection[str] = ()) -> None:
        """Park every device but those named in `stay`, and close the lines."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        for row in self._own:
            if self._open[row] and self.cohort.drivers[row].name not in stay:
                self._park(row, self._numbers[row])
        for row, writer in self.threads.items():
            writer.close(timeout_s, park=self.cohort.drivers[row].name not in stay)
        self._port.close()

    # -- inside ----------------------------------------------------------------------------------------------

    def _set_address(self, row: int, address: Address) -> None:
        before = self._numbers.get(row)
        if before is not None:
            self._by_address[before].remove(row)
        self._numbers[row] = address
        self._by_address.setdefault(address, []).append(row)
        self._table.set_address(row, address)
        self._ready[row] = True
        self._all_ready = bool(self._ready.all())

    def _refused(self, now_ns: int) -> list[DeviceNote]:
        """Devices whose address nobody listens at."""
        notes: list[DeviceNote] = []
        for address in set(self._port.refusals()):
            if len(notes) >= _NEWS_AT_ONCE:
                break  # the others are sent to, and refuse, again
            for row in self._by_address.get(address, ()):
                name = self.cohort.drivers[row].name
                text = f"{name}: nobody answers at {address[0]}:{address[1]}"
                if row in self.threads:
                    self.threads[row].refused(text)
                elif self._open[row]:
                    self._open[row] = False
                    self.failures += 1
                    self._retries[row].told("gone", now_ns)
                    notes.append(DeviceNote(name, "gone", text))
        return notes

    def _park(self, row: int, address: Address) -> None:
        for frame in park_frames(self.cohort.drivers[row]):
            self._port.send_to(frame, address)

    def _run(self) -> None:
        if self._priority is not None:
            request_realtime_priority(self._priority)
        while True:
            with self._wake:
                while not self._jobs and not self._closing:
                    self._wake.wait()
                if self._closing:
                    return
                row, park = self._jobs[0]
            self._done.append(self._connect(row, park))
            self._jobs.popleft()

    def _connect(self, row: int, park: bool) -> tuple[int, Address | None, DeviceNote | None]:
        name = self.cohort.drivers[row].name
        managed = row in self.threads
        try:
            address = resolve(name, self._addresses[row])
            if not managed and park:
                self._park(row, address)
        except Exception as error:
            text = str(error) if isinstance(error, DeviceError) else f"{name}: its driver failed ({error!r})"
            return row, None, None if managed else DeviceNote(name, "gone", text)
        known = self._numbers.get(row) == address
        kind = "back" if park else "joined"
        note = None if managed else DeviceNote(name, kind, f"udp://{address[0]}:{address[1]}")
        return row, None if known else address, note
