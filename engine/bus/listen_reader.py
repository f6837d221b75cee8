"""One thread per source: opened, read, opened again after it went away; a sick one holds up nobody but itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

from engine.bus.source import Signal, Source, Value
from engine.errors import SensoramaError
from engine.time.clocks import Clock

READ_S = 0.2
"""Longest wait in one read: how long a source's thread may take to notice that it is to end."""

FIRST_RETRY_S = 0.25
_LAST_RETRY_S = 4.0
_STEADY_NS = 2_000_000_000
_LAST_HEARD = 32


@dataclass(frozen=True, slots=True)
class InputState:
    """How one source is; plain values, since it crosses a pipe.

    Attributes
    ----------
    name, family, port : str
    state : {"closed", "open", "gone"}
    signals : int
        Understood since the start.
    refused : int
        Pieces that made no sense.
    coalesced, dropped : int
        See `engine.bus.listen_queue.Mailbox`.
    failures : int
        Times it went away or could not be opened.
    note : str
        Last error, for people.
    last : tuple
        Addresses heard last with their values, the newest last.
    """

    name: str
    family: str
    port: str
    state: str = "closed"
    signals: int = 0
    refused: int = 0
    coalesced: int = 0
    dropped: int = 0
    failures: int = 0
    note: str = ""
    last: tuple[tuple[str, tuple[Value, ...]], ...] = ()


@dataclass(slots=True)
class _Heard:
    """The addresses heard last, bounded."""

    rows: dict[str, tuple[Value, ...]] = field(default_factory=dict)

    def add(self, signal: Signal) -> None:
        self.rows.pop(signal.address, None)
        self.rows[signal.address] = signal.values
        if len(self.rows) > _LAST_HEARD:
            del self.rows[next(iter(self.rows))]


class SourceReader:
    """Listens to one source in a thread of its own.

    Parameters
    ----------
    source : Source
    port : str
        As the rig writes it, for people.
    clock : Clock
    take : callable
        Given each `Signal`, in the reader's thread; must not block.
    tell : callable or None
        Given ``(name, "open" or "gone", text)`` when that changes.

    Notes
    -----
    Whatever a source raises ends in a pause and another try: `retry_s` (0.25 s), then twice as long each time, at most 4 s.
    """

    def __init__(
        self,
        source: Source,
        port: str,
        clock: Clock,
        take: Callable[[Signal], None],
        tell: Callable[[str, str, str], None] | None = None,
        *,
        retry_s: float = FIRST_RETRY_S,
    ) -> None:
        self._source = source
        self._port = port
        self._clock = clock
        self._take = take
        self._tell = tell
        self._retry_s = retry_s
        self._stop = Event()
        self._state = "closed"
        self._note = ""
        self._signals = 0
        self._failures = 0
        self._faults = 0
        self._heard = _Heard()
        self._first_word: str | None = None
        self._thread = Thread(target=self._run, name=f"input-{source.name}", daemon=True)

    @property
    def name(self) -> str:
        """The rig's name of the source."""
        return self._source.name

    @property
    def first_word(self) -> str | None:
        """How the first attempt to open went: None until it is over, "" for open, else why not."""
        return self._first_word

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stop.set()

    def join(self, timeout_s: float = 1.0) -> bool:
        """Wait for the end; False for a thread that hangs in a read, which ends with the process."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def state(self, coalesced: int = 0, dropped: int = 0) -> InputState:
        """How it is now. May be asked from any thread."""
        return InputState(
            self._source.name,
            self._source.family,
            self._port,
            self._state,
            self._signals,
            self._source.refused + self._faults,
            coalesced,
            dropped,
            self._failures,
            self._note,
            tuple(self._heard.rows.copy().items()),
        )

    # -- the thread ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause_s = self._retry_s
        while not self._stop.is_set():
            opened_ns: int | None = None
            try:
                self._source.open()
                opened_ns = self._clock.now_ns()
                self._became("open", "")
                while not self._stop.is_set():
                    self._listen_once()
            except SensoramaError as error:
                self._lost(str(error))
            except Exception as error:
                # A fault in one family must not silence the others, nor end this thread without a word.
                self._lost(f"{self._source.name}: {type(error).__name__}: {error}")
            self._source.close()
            if self._stop.is_set():
                break
            held = opened_ns is not None and self._clock.now_ns() - opened_ns > _STEADY_NS
            pause_s = self._retry_s if held else pause_s
            self._stop.wait(pause_s)
            pause_s = min(2 * pause_s, _LAST_RETRY_S)
        self._state = "closed"

    def _listen_once(self) -> None:
        for chunk in self._source.read(READ_S):
            at_ns = self._clock.now_ns() if chunk.at_ns is None else chunk.at_ns
            try:
                signals: Sequence[Signal] = self._source.decode(chunk, at_ns)
            except Exception:  # a decoder may not raise; one that does has met bytes it does not understand
                self._faults += 1
                continue
            for signal in signals:
                self._signals += 1
                self._heard.add(signal)
                self._take(signal)

    def _lost(self, text: str) -> None:
        self._failures += 1
        self._became("gone", text)

    def _became(self, state: str, text: str) -> None:
        changed = state != self._state
        self._state, self._note = state, text
        if self._first_word is None:
            self._first_word = text
        if changed and self._tell is not None:
            self._tell(self._source.name, state, text)
