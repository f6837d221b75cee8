"""The kernel's ``struct ff_effect``, as 64-bit Linux lays it out. Pure functions, no I/O.

======  ==================================================================
bytes   content (little endian)
======  ==================================================================
0-1     type: 0x50 rumble, 0x51 periodic
2-3     id, signed; -1 asks the kernel for a new one
4-5     direction
6-9     trigger: button, interval
10-13   replay: length ms, delay ms
16-19   rumble: strong, weak magnitude, 0..65535
16-25   periodic: waveform (0x5A sine), period ms, magnitude, offset, phase
======  ==================================================================

48 bytes in all: the union ends with a pointer. Source: linux/input.h, linux/input-event-codes.h.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

SIZE = 48
FF_RUMBLE, FF_PERIODIC, FF_SINE = 0x50, 0x51, 0x5A
NEW = -1
MAX_RUMBLE = 0xFFFF
MAX_SINE = 0x7FFF
MAX_LENGTH_MS = 0x7FFF
_HEAD = struct.Struct("<HhHHHHH2x")
_RUMBLE = struct.Struct("<HH28x")
_SINE = struct.Struct("<HHhhH22x")


class EffectError(ValueError):
    """Bytes that are no effect this family uses."""


@dataclass(frozen=True, slots=True)
class Rumble:
    """Two motors.

    Parameters
    ----------
    strong, weak : int
        0..65535.
    length_ms : int
        After which it ends by itself, 1..32767.
    id : int
    """

    strong: int
    weak: int
    length_ms: int
    id: int = NEW


@dataclass(frozen=True, slots=True)
class Sine:
    """A periodic force.

    Parameters
    ----------
    period_ms : int
        1..65535.
    magnitude : int
        0..32767.
    length_ms : int
    id : int
    """

    period_ms: int
    magnitude: int
    length_ms: int
    id: int = NEW


Effect = Rumble | Sine


def encode(effect: Effect) -> bytes:
    """Bytes of an effect.

    Raises
    ------
    ValueError
        For a value outside its range.
    """
    _check("length_ms", effect.length_ms, 1, MAX_LENGTH_MS)
    _check("id", effect.id, NEW, 0x7FFF)
    if isinstance(effect, Rumble):
        _check("strong", effect.strong, 0, MAX_RUMBLE)
        _check("weak", effect.weak, 0, MAX_RUMBLE)
        head, body = FF_RUMBLE, _RUMBLE.pack(effect.strong, effect.weak)
    else:
        _check("period_ms", effect.period_ms, 1, 0xFFFF)
        _check("magnitude", effect.magnitude, 0, MAX_SINE)
        head, body = FF_PERIODIC, _SINE.pack(FF_SINE, effect.period_ms, effect.magnitude, 0, 0)
    return _HEAD.pack(head, effect.id, 0, 0, 0, effect.length_ms, 0) + body


def decode(data: bytes) -> Effect:
    """The effect in 48 bytes.

    Raises
    ------
    EffectError
    """
    if len(data) != SIZE:
        raise EffectError(f"an effect has {SIZE} bytes, this has {len(data)}")
    kind, number, _, _, _, length_ms, _ = _HEAD.unpack_from(data)
    try:
        if kind == FF_RUMBLE:
            strong, weak = _RUMBLE.unpack_from(data, 16)
            effect: Effect = Rumble(strong, weak, length_ms, number)
        elif kind == FF_PERIODIC:
            waveform, period_ms, magnitude, _, _ = _SINE.unpack_from(data, 16)
            if waveform != FF_SINE:
                raise EffectError(f"waveform is {waveform:#04x}; known: {FF_SINE:#04x}, sine")
            effect = Sine(period_ms, magnitude, length_ms, number)
        else:
            raise EffectError(f"effect is of type {kind:#04x}; known: rumble, periodic")
        encode(effect)
    except EffectError:
        raise
    except ValueError as error:
        raise EffectError(str(error)) from None
    return effect


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; allowed {low} to {high}")
