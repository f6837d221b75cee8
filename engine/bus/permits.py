"""Permissives: devices move only while the ride's safety controller says so.

We read and obey; we grant nothing. Whatever is not a fresh yes is a no: silence, an exception, a lost line, a value
we cannot read. A permit is therefore never held true by this program, however it fails. This is no safety
function: e-stop, restraints and motion power are the controller's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Event, Thread

from engine.bus.driver import SettingError
from engine.bus.loop import DeviceNote
from engine.bus.registry import create_source
from engine.bus.source import Signal, Source, SourceConfig
from engine.errors import DeviceError, Problem, RigError
from engine.experience.rig import Rig
from engine.experience.venue import PermitSpec
from engine.time.clocks import Clock

_RETRY_S = 0.25
Post = Callable[[DeviceNote], None]


class PermitState:
    """One permissive, as a pure machine.

    Parameters
    ----------
    need : sequence of str
        Addresses that must all be true.
    stale_ns : int
        A value older than this counts as false.
    """

    def __init__(self, need: Sequence[str], stale_ns: int) -> None:
        self._stale_ns = stale_ns
        self._values: dict[str, tuple[bool, int]] = dict.fromkeys(need, (False, -(1 << 62)))

    def take(self, signals: Iterable[Signal], arrived_ns: int | None = None) -> None:
        """Take what the controller said; only a plain true counts as yes.

        Parameters
        ----------
        signals : iterable of Signal
        arrived_ns : int or None
            Host instant they came in at. A signal may be meant for later (an OSC time tag up to an hour ahead); its age counts
            from its arrival all the same, or a single yes would last until then. None: as the signals say.
        """
        for signal in signals:
            if signal.address in self._values:
                yes = bool(signal.values) and signal.values[0] is True
                at_ns = signal.at_ns if arrived_ns is None else min(signal.at_ns, arrived_ns)
                self._values[signal.address] = (yes, at_ns)

    def missing(self, now_ns: int) -> str:
        """Why not, for people; empty while everything is true and fresh."""
        for address, (yes, at_ns) in self._values.items():
            if now_ns - at_ns > self._stale_ns:
                return f"{address} not heard for {self._stale_ns / 1e6:.0f} ms"
            if not yes:
                return f"{address} is false"
        return ""


def read_need(spec: PermitSpec) -> tuple[tuple[str, ...], Mapping[str, object]]:
    """The addresses a permit needs, and the settings left for the source.

    Raises
    ------
    SettingError
    """
    rest = dict(spec.settings)
    need = rest.pop("need", None)
    if (
        not isinstance(need, list)
        or not need
        or not all(isinstance(x, str) and x.startswith("/") for x in need)
    ):
        raise SettingError(
            f"need is {need!r}; list the addresses that must be true, as [/input/0, /input/1]",
            "settings",
            "need",
        )
    return tuple(need), {**rest, "repeat": True}


def make_sources(specs: Sequence[PermitSpec]) -> list[tuple[PermitSpec, PermitState, Source]]:
    """Sources and states of a rig's permits.

    Raises
    ------
    RigError
        With every mistake of all of them.
    """
    made: list[tuple[PermitSpec, PermitState, Source]] = []
    problems: list[Problem] = []
    for spec in specs:
        try:
            need, settings = read_need(spec)
            source = create_source(spec.source, SourceConfig(spec.name, spec.port, settings), spec.place)
            made.append((spec, PermitState(need, spec.stale_ns), source))
        except SettingError as error:
            problems.append(Problem(spec.place, f"permit {spec.name}: {error}", code="permit"))
        except RigError as error:
            problems.extend(error.problems)
    if problems:
        raise RigError(problems)
    return made


class PermitWatch:
    """Reads permits, each in its thread, and tells the bus what changes.

    Parameters
    ----------
    rig : Rig
    clock : Clock
    post : callable
        Takes a `DeviceNote` of kind ``permit`` or ``forbid``; must not block.

    Notes
    -----
    Devices with a permit start forbidden (`engine.bus.loop`), so nothing moves before the first yes. A thread of its own looks at
    the ages: a reader that hangs is found out like a controller that is silent.
    """

    def __init__(self, rig: Rig, clock: Clock, post: Post) -> None:
        self._clock = clock
        self._post = post
        self._rows = make_sources(rig.venue.permits)
        self._devices = {
            spec.name: tuple(device.name for device in rig.devices if device.permit == spec.name)
            for spec in rig.venue.permits
        }
        self._said: dict[str, str | None] = {spec.name: None for spec in rig.venue.permits}
        self._faults: dict[str, str] = {}
        self._stop = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Begin."""
        for row in self._rows:
            self._threads.append(
                Thread(target=self._read, args=row, name=f"permit-{row[0].name}", daemon=True)
            )
        self._threads.append(Thread(target=self._watch, name="permits", daemon=True))
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the threads; those that hang in a read end with the process."""
        self._stop.set()
        for thread in self._threads:
            thread.join(0.5)

    def look(self, now_ns: int) -> None:
        """Compare every permit with what was told last; tell changes."""
        for spec, state, _ in self._rows:
            why = state.missing(now_ns)
            yes = not why
            before = self._said[spec.name]
            if before is not None and (before == "") == yes:
                continue
            self._said[spec.name] = why
            fault = self._faults.get(spec.name, "").removeprefix(f"{spec.name}: ")
            text = f"{spec.name}: granted" if yes else f"{spec.name}: {fault or why}"
            for device in self._devices[spec.name]:
                self._post(DeviceNote(device, "permit" if yes else "forbid", text))

    def _watch(self) -> None:
        period_s = max(0.005, min(row[0].stale_ns for row in self._rows) / 4e9)
        while not self._stop.wait(period_s):
            self.look(self._clock.now_ns())

    def _read(self, spec: PermitSpec, state: PermitState, source: Source) -> None:
        period_s = spec.stale_ns / 5e9
        while not self._stop.is_set():
            try:
                source.open()
                while not self._stop.is_set():
                    for chunk in source.read(period_s):
                        at_ns = self._clock.now_ns() if chunk.at_ns is None else chunk.at_ns
                        state.take(source.decode(chunk, at_ns), at_ns)
                    self._faults.pop(spec.name, None)
            except Exception as error:
                # Whatever a source raises, a permit that cannot be read is a no, is told why, and is tried again.
                told = isinstance(error, DeviceError)
                self._faults[spec.name] = str(error) if told else f"{type(error).__name__}: {error}"
                source.close()
                self._stop.wait(_RETRY_S)
        source.close()


def watch_permits(rig: Rig, clock: Clock, post: Post) -> PermitWatch:
    """Start watching a rig's permits."""
    watch = PermitWatch(rig, clock, post)
    watch.start()
    return watch
