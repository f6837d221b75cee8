"""What is fuzzed: one decoder, what it may raise, and how much it may keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

#: No input of a run is longer.
MAX_INPUT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Probe:
    """A decoder made for one input, or for many.

    Parameters
    ----------
    take : callable
        Takes bytes as they would come in.
    holds : object
        What keeps state between two calls; None for a pure function.
    """

    take: Callable[[bytes], object]
    holds: object = None


@dataclass(frozen=True, slots=True)
class Target:
    """One row of the table.

    Parameters
    ----------
    name : str
        As ``python -m tests.fuzz NAME`` takes it.
    make : callable
        A fresh decoder.
    seeds : callable
        Inputs to begin with, made by our own encoders.
    allowed : tuple of exception types
        What a bad input may raise; empty: nothing at all.
    covers : tuple of str
        Public decoders that this row reaches: ``"devices.osc.codec:decode"``.
    held_bytes : int
        What the decoder may keep beyond what it is made with, after any number of inputs.
    slow : bool
        An input takes milliseconds: the quick look is a short one.
    """

    name: str
    make: Callable[[], Probe]
    seeds: Callable[[], Sequence[bytes]]
    allowed: tuple[type[Exception], ...] = ()
    covers: tuple[str, ...] = ()
    held_bytes: int = 64 << 10
    slow: bool = False

    def try_once(self, data: bytes) -> bool:
        """Decode with a fresh decoder; False where it refused. Anything else that is raised is a finding."""
        probe = self.make()
        try:
            probe.take(data)
        except self.allowed:
            return False
        return True


def cuts(data: bytes) -> Iterator[bytes]:
    """A stream as it may arrive: the first byte says how long the pieces are (0: all at once), the rest is the stream."""
    if not data:
        return
    stream, size = data[1:], data[0]
    if size == 0:
        yield stream
        return
    for start in range(0, len(stream), size):
        yield stream[start : start + size]


def whole(*streams: bytes) -> tuple[bytes, ...]:
    """Seeds of a stream: in one piece, and cut into small ones."""
    return tuple(bytes((size,)) + stream for stream in streams for size in (0, 3))


def pure(decode: Callable[[bytes], object]) -> Callable[[], Probe]:
    """A probe of a function."""
    return lambda: Probe(decode)


def streamed(make: Callable[[], object], method: str) -> Callable[[], Probe]:
    """A probe of a cutter: its method takes any cut of a stream."""

    def made() -> Probe:
        cutter = make()
        feed = getattr(cutter, method)

        def take(data: bytes) -> object:
            # Some cutters are generators: nothing happens before somebody asks for the next.
            return [thing for piece in cuts(data) for thing in feed(piece) or ()]

        return Probe(take, cutter)

    return made
