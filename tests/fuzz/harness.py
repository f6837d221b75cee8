"""How an input is tried: with a fresh decoder, and with one that has heard everything before."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.fuzz.held import held_bytes
from tests.fuzz.target import MAX_INPUT_BYTES, Probe, Target

#: Inputs between two looks at what the lasting decoder keeps.
LOOK_EVERY = 500
_MOST_HISTORY = 32
_SURPRISES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 1e308, -0.5, 1 << 40, 1 << 80, float("nan"), float("inf"), "", "x", "\ud800", "1e999",
    [], [[]], [0, 1], {}, {"x": 1}, [{}],
)  # fmt: skip
_FILLERS = (b"A", b"\x00", b"\xff", b"[", b"1")
_TELLING = (0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x22, 0x2D, 0x5B, 0x7B)


class TooMuchKept(AssertionError):
    """A decoder keeps more than its row of the table allows."""


class Lasting:
    """A decoder that takes one input after the other, as in a show of a day; what it keeps has to stay bounded.

    Parameters
    ----------
    target : Target
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._probe: Probe | None = target.make()
        self._first = self._held()
        self._taken = 0
        self.history: deque[bytes] = deque(maxlen=_MOST_HISTORY)

    def take(self, data: bytes) -> None:
        """One more input. Raises TooMuchKept, and whatever the decoder raises against the rules."""
        if self._probe is None or self._probe.holds is None:
            return  # a pure function has no yesterday
        self.history.append(data)
        try:
            self._probe.take(data)
        except self._target.allowed:
            # As its users do: a stream that makes no sense is given up, and begun again.
            self._probe = self._target.make()
            return
        self._taken += 1
        if self._taken % LOOK_EVERY == 0:
            self.look()

    def look(self) -> None:
        """Measure what it keeps. Raises TooMuchKept."""
        kept = self._held() - self._first
        if kept > self._target.held_bytes:
            raise TooMuchKept(
                f"{self._target.name}: {kept} bytes are kept after {self._taken} inputs; allowed {self._target.held_bytes}"
            )

    def _held(self) -> int:
        return 0 if self._probe is None or self._probe.holds is None else held_bytes(self._probe.holds)


def inputs(target: Target, rng: Random, count: int) -> Iterator[bytes]:
    """Seeds, then `count` of them damaged as lines and disks do, and some that are plain noise."""
    seeds = list(target.seeds())
    yield b""
    yield from seeds
    for number in range(count):
        if number % 6 == 5 or not seeds:
            yield rng.randbytes(rng.randrange(1, 200))
            continue
        if number % 3 == 1 and (changed := damage_json(rng.choice(seeds), rng)) is not None:
            yield changed
            continue
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 2, 4, 8))):
            _damage(data, seeds, rng)
        yield bytes(data[:MAX_INPUT_BYTES])


def floods(target: Target, size: int) -> Iterator[bytes]:
    """Streams that begin as a seed does and never end: whole seeds again and again, and a half one with filler."""
    seeds = [seed for seed in target.seeds() if seed] or [b"\x00"]
    for seed in (seeds[0], seeds[-1]):
        yield seed[:1] + seed[1:] * (size // max(len(seed), 1) + 1)
        for filler in _FILLERS:
            yield seed[: len(seed) // 2 + 1] + filler * size
    for filler in _FILLERS:
        yield filler * size


def damage_json(data: bytes, rng: Random) -> bytes | None:
    """One value of a JSON text replaced by one of another kind, which bytes alone hardly ever hit on; None for other inputs.

    Of several lines one is changed; bytes before the first bracket stay as they are.
    """
    lines = data.split(b"\n")
    chosen = rng.randrange(len(lines))
    line = lines[chosen]
    begin = min((at for at in (line.find(b"{"), line.find(b"[")) if at >= 0), default=-1)
    if begin < 0:
        return None
    try:
        tree = json.loads(line[begin:])
    except (ValueError, RecursionError):
        return None
    places: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        children = (
            list(node.items())
            if isinstance(node, dict)
            else list(enumerate(node))
            if isinstance(node, list)
            else []
        )
        places += [(node, key) for key, _ in children]
        waiting += [child for _, child in children]
    if not places:
        return None
    node, key = rng.choice(places)
    node[key] = rng.choice(_SURPRISES)
    lines[chosen] = line[:begin] + json.dumps(tree).encode()
    return b"\n".join(lines)


def _damage(data: bytearray, seeds: list[bytes], rng: Random) -> None:
    at = rng.randrange(len(data) + 1)
    match rng.randrange(6):
        case 0 if data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        case 1 if data:
            data[at % len(data)] = rng.choice(_TELLING)
        case 2:
            del data[at:]
        case 3:
            data[at:at] = rng.randbytes(rng.randrange(1, 5))
        case 4:
            other = rng.choice(seeds)
            data[at:] = other[rng.randrange(len(other) + 1) :]
        case _:
            del data[at : at + rng.randrange(1, 9)]
