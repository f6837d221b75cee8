"""How many bytes an object keeps alive, counted by walking it: the decoders' own state, not what they share."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Mapping
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, Enum)


def held_bytes(thing: object) -> int:
    """Bytes of `thing` and everything it refers to: attributes, slots, containers, arrays."""
    seen: set[int] = set()
    waiting: list[Any] = [thing]
    size = 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, _SHARED):
            continue
        seen.add(id(one))
        size += one.nbytes if isinstance(one, np.ndarray) else sys.getsizeof(one, 64)
        waiting.extend(_parts(one))
    return size


def _parts(one: Any) -> Iterable[Any]:
    if isinstance(one, str | bytes | bytearray | int | float | np.ndarray):
        return
    if isinstance(one, Mapping):
        yield from one.keys()
        yield from one.values()
    elif isinstance(one, list | tuple | set | frozenset | deque):
        yield from one
    yield from getattr(one, "__dict__", {}).values()
    for kind in type(one).__mro__:
        names = kind.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if hasattr(one, name):
                yield getattr(one, name)
