"""Pointers without garbage.

`ctypes.cast` ties what it returns and what it was given into a cycle (CPython issue 56145), which only the cyclic collector takes
away; the viewer runs with that one off while it draws. Here pointers are numbers written in place; whoever makes one keeps what it
points at.
"""

from __future__ import annotations

import ctypes
from typing import Any


def pointing(pointer_type: Any, thing: Any) -> Any:
    """A pointer of this type to a structure, an array or a number, which the caller keeps alive."""
    pointer = pointer_type()
    ctypes.c_void_p.from_buffer(pointer).value = ctypes.addressof(thing)
    return pointer


def number_of(pointer: Any) -> int:
    """Where a pointer points, or a handle's own number; 0 for none."""
    return 0 if pointer is None else int(ctypes.c_void_p.from_buffer(pointer).value or 0)
