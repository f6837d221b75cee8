"""One thread per device: a line that hangs or dies holds up nobody but itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Condition, Thread
from zlib import crc32

from engine.bus.driver import Attentive, Driver, Report, park_frames
from engine.bus.lateness import LatenessHistogram
from engine.bus.loop import DeviceNote
from engine.errors import DeviceError, DeviceGone
from engine.time.clocks import Clock
from engine.time.realtime import request_realtime_priority

_FIRST_RETRY_NS = 250_000_000
_LAST_RETRY_NS = 4_000_000_000
_STEADY_NS = 2_000_000_000
_LEAST_ATTEND_NS = 1_000_000  # a driver that wants to be asked all the time is asked 1000 times a second
# Reports of one device that are passed on: this many at once, then this many a second. A cable with a loose
# contact can produce thousands of garbled replies; a person needs the first few and how many there were.
_REPORT_BURST = 12
_REPORTS_PER_S = 2


class ReportGate:
    """Bounds how much one device may say.

    Attributes
    ----------
    dropped : int
        Reports left out since the last one that got through.
    """

    def __init__(self) -> None:
        self._left = float(_REPORT_BURST)
        self._at_ns: int | None = None
        self.dropped = 0

    def take(self, reports: Sequence[Report], now_ns: int) -> list[Report]:
        """Those to pass on at host instant `now_ns`; how many were dropped is told as soon as there is room again."""
        if self._at_ns is not None:
            self._left += (now_ns - self._at_ns) * _REPORTS_PER_S / 1e9
        self._left = min(self._left, float(_REPORT_BURST))
        self._at_ns = now_ns
        passed: list[Report] = []
        if self.dropped and self._left >= 1.0:
            self._left -= 1.0
            passed.append(Report("dropped", f"{self.dropped} more reports were left out"))
            self.dropped = 0
        for report in reports:
            if self._left >= 1.0:
                self._left -= 1.0
                passed.append(report)
            else:
                self.dropped += 1
        return passed


class Retry:
    """When to try a lost line again: after a quarter of a second, then ever more slowly."""

    def __init__(self) -> None:
        self._at_ns: int | None = None
        self._pause_ns = _FIRST_RETRY_NS
        self._back_ns: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether there is an attempt to come."""
        return self._at_ns is not None

    def told(self, kind: str, now_ns: int) -> None:
        """Take what was told of the line: ``gone``, or anything else for a connection."""
        if kind != "gone":
            self._at_ns, self._back_ns = None, now_ns
            return
        # A line that comes back only to go again (UDP cannot tell at once) is not worth a quick retry.
        held = self._back_ns is not None and now_ns - self._back_ns > _STEADY_NS
        pause_ns = _FIRST_RETRY_NS if held else self._pause_ns
        self._back_ns = None  # an attempt that fails does not make the last good connection any longer
        self._at_ns = now_ns + pause_ns
        self._pause_ns = min(2 * pause_ns, _LAST_RETRY_NS)

    def due(self, now_ns: int) -> bool:
        """Whether it is time; true once."""
        if self._at_ns is None or now_ns < self._at_ns:
            return False
        self._at_ns = None
        return True


class PortWriter:
    """Owns a driver's line.

    The loop leaves the newest frames in a slot; the thread sends what it finds there. Frames it does not get
    to are overwritten: for a level or a pose only the newest counts. A driver that is `Attentive` is asked in the
    same thread, after each command and in between. Where sending never waits (a driver says so with ``instant``,
    as one with a UDP line does) and nobody attends, whoever offers sends, and no thread is woken. Whatever a
    driver raises is its own device's fault: the line is closed, told as gone, and tried again.

    Parameters
    ----------
    driver : Driver
    clock : Clock
        For the histogram of when frames had left.
    park_first : bool, default True
        Send the park frames on connecting. False for a line that is taken over from another bus: the device is
        where the governor has it, the first connection is told as ``joined``.
    priority : int or None
        Real-time priority for the thread. It shares the interpreter's lock with the loop: on ordinary
        priority it could be kept from running by any other program while it holds the lock, and the loop with
        it.

    Attributes
    ----------
    sent_late : LatenessHistogram
        Time from the scheduled instant until the line had taken the frames.
    overwritten : int
        Frames replaced before they could be sent.
    """

    def __init__(
        self, driver: Driver, clock: Clock, *, park_first: bool = True, priority: int | None = None
    ) -> None:
        self._driver = driver
        self._attentive = driver if isinstance(driver, Attentive) else None
        self._instant = self._attentive is None and bool(getattr(driver, "instant", False))
        self._attend_at_ns = 0
        self._attend_soon = False
        self._park_first = park_first
        self._park_last = True
        self._accepting = False
        self._gate = ReportGate()
        self._reports: deque[DeviceNote] = deque(maxlen=64)
        self._clock = clock
        self._priority = priority
        self._wake = Condition()
        self._slot: tuple[Sequence[bytes], int] | None = None
        self._open_wanted = False
        self._closing = False
        self._connected = False
        self._notes: deque[DeviceNote] = deque(maxlen=64)
        self._retry = Retry()
        self._refused: str | None = None
        self._first_word: str | None = None
        self.sent_late = LatenessHistogram()
        self.overwritten = 0
        self._thread = Thread(target=self._run, name=f"line-{driver.name}", daemon=True)

    @property
    def driver(self) -> Driver:
        """The driver whose line this is."""
        return self._driver

    def start(self) -> None:
        """Begin, and connect."""
        self._open_wanted = True
        self._thread.start()

    def offer(self, frames: Sequence[bytes], due_ns: int) -> None:
        """Leave frames to be sent; never waits for the line.

        Only after `take_notes` has told of the connection: what was computed before does not begin where the device is.
        """
        if not self._accepting:
            return
        if self._instant:
            # The thread sleeps while there is a connection; it opens and closes, and neither happens now.
            if self._connected and self._send(frames):
                self.sent_late.add(self._clock.now_ns() - due_ns)
            return
        with self._wake:
            if self._slot is not None:
                self.overwritten += 1
            self._slot = (frames, due_ns)
            self._wake.notify()

    def take_notes(self, now_ns: int) -> list[DeviceNote]:
        """What became known since the last call; also starts the next attempt to connect when it is time."""
        notes = []
        while self._notes:
            note = self._notes.popleft()
            notes.append(note)
            self._accepting = note.kind != "gone"
            self._retry.told(note.kind, now_ns)
        while self._reports:
            notes.append(self._reports.popleft())
        if self._retry.due(now_ns):
            with self._wake:
                self._open_wanted = True
                self._wake.notify()
        return notes

    def refused(self, text: str) -> None:
        """Somebody else's datagrams to the device were refused: its line counts as lost."""
        with self._wake:
            self._refused = text
            self._wake.notify()

    def first_word(self) -> str | None:
        """How the first attempt to connect went: None until it is over, "" for connected, else why not."""
        return self._first_word

    def close(self, timeout_s: float = 1.0, *, park: bool = True) -> bool:
        """Send the park frames (unless `park` is False: it stays where it is), close the line, end the thread.

        Returns
        -------
        bool
            Whether it ended in time; a line that hangs is left to the end of the process.
        """
        with self._wake:
            self._closing = True
            self._park_last = park
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # -- the thread ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if self._priority is not None:
            request_realtime_priority(self._priority)
        while True:
            with self._wake:
                while self._slot is None and not (self._open_wanted or self._closing or self._refused):
                    wait_s = self._until_attend_s()
                    if wait_s == 0.0:
                        break
                    self._wake.wait(wait_s)
                work, self._slot = self._slot, None
                open_now, self._open_wanted = self._open_wanted, False
                closing = self._closing
                refused, self._refused = self._refused, None
            if refused is not None and self._connected:
                self._lose(DeviceGone(refused))
            if closing:
                if self._connected and self._park_last:
                    self._send_park()
                if self._connected:
                    self._let_go()
                return
            if open_now and not self._connected:
                self._connect()
                work = None  # computed before the device was known to rest in park
            if work is not None and self._connected:
                frames, due_ns = work
                if self._send(frames):
                    self.sent_late.add(self._clock.now_ns() - due_ns)
            if self._connected and (work is not None or self._until_attend_s() == 0.0):
                self._attend()

    def _until_attend_s(self) -> float | None:
        """How long the driver can be left alone; None for ever."""
        if self._attentive is None or not self._connected:
            return None
        return max(0.0, (self._attend_at_ns - self._clock.now_ns()) / 1e9)

    def _attend(self) -> None:
        driver = self._attentive
        if driver is None:
            return
        now_ns = self._clock.now_ns()
        pause_ns = max(driver.attend_ns, _LEAST_ATTEND_NS)
        if self._attend_soon:
            # Devices that were connected together are not all asked together for ever after. Nor do they drift
            # together: each keeps its own beat, also when it was late for once.
            self._attend_soon = False
            self._attend_at_ns = now_ns + 1 + crc32(self._driver.name.encode()) % pause_ns
        elif now_ns >= self._attend_at_ns:
            self._attend_at_ns += pause_ns * (1 + (now_ns - self._attend_at_ns) // pause_ns)
        else:
            self._attend_at_ns = now_ns + pause_ns
        try:
            reports = driver.attend(now_ns)
        except Exception as error:
            self._lose(error)
            return
        for report in self._gate.take(reports, now_ns):
            self._reports.append(DeviceNote(self._driver.name, "report", report.text, report.kind))

    def _connect(self) -> None:
        parking = self._park_first
        try:
            self._driver.open()
            if parking:
                self._driver.send(park_frames(self._driver))
        except Exception as error:
            self._lose(error)
            if self._first_word is None:
                self._first_word = self._told(error)
            return
        self._connected, self._park_first = True, True
        self._attend_at_ns, self._attend_soon = self._clock.now_ns(), True
        if self._first_word is None:
            self._first_word = ""
        kind = "back" if parking else "joined"
        self._notes.append(DeviceNote(self._driver.name, kind, self._driver.health.note))

    def _send(self, frames: Sequence[bytes]) -> bool:
        try:
            self._driver.send(frames)
        except Exception as error:
            self._lose(error)
            return False
        return True

    def _send_park(self) -> None:
        try:
            self._driver.send(park_frames(self._driver))
        except Exception as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        """The line is no good any more, whether the device went away or its driver has a fault."""
        self._let_go()
        self._notes.append(DeviceNote(self._driver.name, "gone", self._told(error)))

    def _let_go(self) -> None:
        self._connected = False
        try:
            self._driver.close()
        except Exception as error:  # a driver must not; the line counts as closed all the same
            self._reports.append(
                DeviceNote(self._driver.name, "report", f"closing the line failed: {error}", "fault")
            )

    def _told(self, error: Exception) -> str:
        if isinstance(error, DeviceError):
            return str(error)
        return f"{self._driver.name}: its driver failed ({type(error).__name__}: {error})"
