"""Everything that comes in from outside, in a process of its own: every source in its thread, signals to the parent.

The parent starts `main` in a *spawned* process and talks over one pipe, in pairs ``(kind, payload)``:

==========  ===============================================================================================
to parent   ``ready`` (str: how each source is), ``signals`` (`Heard`), ``input`` changes as ``source``
            (name, state, text), ``health`` (tuple of `InputState`, each second), ``failed`` (text)
from it     ``retire``: close every source and end
==========  ===============================================================================================

Only addresses somebody waits for are sent, at most 200 times a second, and never more than a mailbox holds: a flood on the network
costs the parent nothing it would notice.
"""

from __future__ import annotations

import signal as signals_of_system
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Event, Thread

from engine.bus.listen_queue import Mailbox
from engine.bus.listen_reader import FIRST_RETRY_S, InputState, SourceReader
from engine.bus.registry import create_source
from engine.bus.source import Signal, Source, SourceConfig
from engine.errors import Problem, RigError, SensoramaError
from engine.experience.venue import InputSpec
from engine.time.clocks import Clock, MonotonicClock

GAP_S = 0.005
"""Least time between two messages of signals: below what a person notices, and it bounds the parent's work."""

_HEALTH_NS = 1_000_000_000
_OPEN_LIMIT_NS = 2_000_000_000
_IDLE_S = 0.1


@dataclass(frozen=True, slots=True)
class ListenConfig:
    """What the process is told; plain values, so that it can be spawned.

    Attributes
    ----------
    inputs : tuple of InputSpec
    wanted : tuple of (input, address) or None
        What is sent to the parent; an address may end in ``*``. None: everything.
    """

    inputs: tuple[InputSpec, ...]
    wanted: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Signals, in the order in which they came, and when they were sent on.

    `Signal.at_ns` of one that is meant for later lies after `sent_ns`; how much later holds for any clock of the parent's.
    """

    sent_ns: int
    signals: tuple[Signal, ...]


def address_matches(pattern: str, address: str) -> bool:
    """Whether an address is meant by a pattern: the same, or anything after a trailing ``*``."""
    if pattern.endswith("*"):
        return address.startswith(pattern[:-1])
    return address == pattern


def make_sources(specs: Sequence[InputSpec]) -> list[tuple[InputSpec, Source]]:
    """The sources of a rig's inputs. Opens nothing.

    Raises
    ------
    RigError
        With every mistake of all of them.
    """
    made: list[tuple[InputSpec, Source]] = []
    problems: list[Problem] = []
    for spec in specs:
        try:
            config = SourceConfig(spec.name, spec.port, spec.settings)
            made.append((spec, create_source(spec.source, config, spec.place)))
        except RigError as error:
            problems.extend(error.problems)
    if problems:
        raise RigError(problems)
    return made


class Listener:
    """All sources of a rig, each in its thread, and one bounded mailbox each.

    Parameters
    ----------
    sources : sequence of (InputSpec, Source)
        From `make_sources`.
    clock : Clock
    wanted : tuple of (input, address) or None
        What is kept; None: everything.
    wake : callable or None
        Called when something has come in.
    tell : callable or None
        Given ``(name, "open" or "gone", text)`` when that changes, in the source's thread.
    retry_s : float
        First pause before a source that went away is opened again.
    """

    def __init__(
        self,
        sources: Sequence[tuple[InputSpec, Source]],
        clock: Clock,
        *,
        wanted: Sequence[tuple[str, str]] | None = None,
        wake: Callable[[], None] | None = None,
        tell: Callable[[str, str, str], None] | None = None,
        retry_s: float = FIRST_RETRY_S,
    ) -> None:
        self._boxes: list[Mailbox] = []
        self._readers: list[SourceReader] = []
        for spec, source in sources:
            box = Mailbox(wake)
            patterns = None if wanted is None else tuple(rest for name, rest in wanted if name == spec.name)
            self._boxes.append(box)
            self._readers.append(
                SourceReader(source, spec.port, clock, _keep(box, patterns), tell, retry_s=retry_s)
            )

    def start(self) -> None:
        """Begin to listen to all of them."""
        for reader in self._readers:
            reader.start()

    def take(self) -> list[Signal]:
        """What has come in since the last call; source by source, in order within each."""
        return [signal for box in self._boxes for signal in box.take()]

    def states(self) -> tuple[InputState, ...]:
        """How each source is."""
        pairs = zip(self._readers, self._boxes, strict=True)
        return tuple(reader.state(box.coalesced, box.dropped) for reader, box in pairs)

    @property
    def undecided(self) -> bool:
        """Whether any source is still being opened for the first time."""
        return any(reader.first_word is None for reader in self._readers)

    def close(self) -> None:
        """End the threads; one that hangs in a read ends with the process."""
        for reader in self._readers:
            reader.stop()
        for reader in self._readers:
            reader.join()


def _keep(box: Mailbox, patterns: tuple[str, ...] | None) -> Callable[[Signal], None]:
    if patterns is None:
        return box.put

    def take(signal: Signal) -> None:
        if any(address_matches(pattern, signal.address) for pattern in patterns):
            box.put(signal)

    return take


def describe(states: Sequence[InputState]) -> str:
    """How the sources are, in one line for people."""
    words = [
        f"{state.name} ({state.family} {state.port})" + ("" if state.state == "open" else f": {state.note}")
        for state in states
    ]
    return "inputs: " + "; ".join(words)


def main(config: ListenConfig, pipe: Connection) -> None:
    """Run until told to retire, or until the parent is gone. The target of the spawned process."""
    # Ctrl-C reaches every process of a terminal: the parent decides what it means.
    signals_of_system.signal(signals_of_system.SIGINT, signals_of_system.SIG_IGN)
    retire, something = Event(), Event()

    def listen() -> None:
        try:
            while pipe.recv()[0] != "retire":
                pass
        except (EOFError, OSError):
            pass  # the parent is gone
        retire.set()
        something.set()

    Thread(target=listen, name="parent", daemon=True).start()
    signals_of_system.signal(signals_of_system.SIGTERM, lambda *_: retire.set())
    clock = MonotonicClock()
    try:
        changes: list[tuple[str, str, str]] = []  # appended by many threads, taken by one
        listener = Listener(
            make_sources(config.inputs),
            clock,
            wanted=config.wanted,
            wake=something.set,
            tell=lambda *row: changes.append(row),
        )
        listener.start()
        _run(listener, pipe, clock, retire, something, changes)
        listener.close()
    except SensoramaError as error:
        _send(pipe, "failed", str(error))
    except (BrokenPipeError, ConnectionError, EOFError):
        pass  # the parent is gone: there is nobody to tell


def _run(
    listener: Listener,
    pipe: Connection,
    clock: Clock,
    retire: Event,
    something: Event,
    changes: list[tuple[str, str, str]],
) -> None:
    limit_ns = clock.now_ns() + _OPEN_LIMIT_NS
    while listener.undecided and clock.now_ns() < limit_ns and not retire.wait(0.005):
        pass
    pipe.send(("ready", describe(listener.states())))
    changes.clear()  # `ready` has said them
    health_ns = clock.now_ns()
    while not retire.is_set():
        something.wait(_IDLE_S)
        something.clear()
        while changes:
            pipe.send(("source", changes.pop(0)))
        found = listener.take()
        now_ns = clock.now_ns()
        if found:
            pipe.send(("signals", Heard(now_ns, tuple(found))))
        if now_ns >= health_ns:
            pipe.send(("health", listener.states()))
            health_ns = now_ns + _HEALTH_NS
        retire.wait(GAP_S)


def _send(pipe: Connection, kind: str, payload: object) -> None:
    try:
        pipe.send((kind, payload))
    except (OSError, ValueError):
        pass  # the parent is gone
