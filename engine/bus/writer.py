"""One thread per device: a line that hangs or dies holds up nobody but itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Condition, Thread

from engine.bus.driver import Driver, park_frames
from engine.bus.lateness import LatenessHistogram
from engine.bus.loop import DeviceNote
from engine.errors import DeviceError
from engine.time.clocks import Clock
from engine.time.realtime import request_realtime_priority

_FIRST_RETRY_NS = 250_000_000
_LAST_RETRY_NS = 4_000_000_000
_STEADY_NS = 2_000_000_000


class PortWriter:
    """Owns a driver's line.

    The loop leaves the newest frames in a slot; the thread sends what it finds there. Frames it does not get
    to are overwritten: for a level or a pose only the newest counts.

    Parameters
    ----------
    driver : Driver
    clock : Clock
        For the histogram of when frames had left.
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

    def __init__(self, driver: Driver, clock: Clock, *, priority: int | None = None) -> None:
        self._driver = driver
        self._clock = clock
        self._priority = priority
        self._wake = Condition()
        self._slot: tuple[Sequence[bytes], int] | None = None
        self._open_wanted = False
        self._closing = False
        self._connected = False
        self._notes: deque[DeviceNote] = deque(maxlen=64)
        self._retry_ns: int | None = None
        self._pause_ns = _FIRST_RETRY_NS
        self._back_ns: int | None = None
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
        """Leave frames to be sent; never waits for the line."""
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
            if note.kind == "back":
                self._retry_ns, self._back_ns = None, now_ns
                continue
            # A line that comes back only to go again (UDP cannot tell at once) is not worth a quick retry.
            held = self._back_ns is not None and now_ns - self._back_ns > _STEADY_NS
            pause_ns = _FIRST_RETRY_NS if held else self._pause_ns
            self._retry_ns = now_ns + pause_ns
            self._pause_ns = min(2 * pause_ns, _LAST_RETRY_NS)
        if self._retry_ns is not None and now_ns >= self._retry_ns:
            self._retry_ns = None
            with self._wake:
                self._open_wanted = True
                self._wake.notify()
        return notes

    def first_word(self) -> str | None:
        """How the first attempt to connect went: None until it is over, "" for connected, else why not."""
        return self._first_word

    def close(self, timeout_s: float = 1.0) -> bool:
        """Send the park frames, close the line, end the thread.

        Returns
        -------
        bool
            Whether it ended in time; a line that hangs is left to the end of the process.
        """
        with self._wake:
            self._closing = True
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
                while self._slot is None and not self._open_wanted and not self._closing:
                    self._wake.wait()
                work, self._slot = self._slot, None
                open_now, self._open_wanted = self._open_wanted, False
                closing = self._closing
            if closing:
                if self._connected:
                    self._send(park_frames(self._driver))
                self._driver.close()
                return
            if open_now and not self._connected:
                self._connect()
            if work is not None and self._connected:
                frames, due_ns = work
                if self._send(frames):
                    self.sent_late.add(self._clock.now_ns() - due_ns)

    def _connect(self) -> None:
        try:
            self._driver.open()
            self._driver.send(park_frames(self._driver))
        except DeviceError as error:
            self._driver.close()
            self._notes.append(DeviceNote(self._driver.name, "gone", str(error)))
            if self._first_word is None:
                self._first_word = str(error)
            return
        self._connected = True
        if self._first_word is None:
            self._first_word = ""
        self._notes.append(DeviceNote(self._driver.name, "back", self._driver.health.note))

    def _send(self, frames: Sequence[bytes]) -> bool:
        try:
            self._driver.send(frames)
        except DeviceError as error:
            self._connected = False
            self._driver.close()
            self._notes.append(DeviceNote(self._driver.name, "gone", str(error)))
            return False
        return True
