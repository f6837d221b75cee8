"""Axis strings: templates such as ``<255><255><Axis1a><Axis2a><10><13>``. Pure functions, no I/O.

A template is text in which ``<n>`` stands for the byte n and ``<Axis1a>`` for a value; everything else stands for itself.

The programs do not agree on what the letter means, so it is a choice (`Letters`):

- *whole*: the token is the whole value, ``1a`` and ``1b`` are different axes (SimTools: the two columns of its assignment);
- *msb*: the token is one byte of axis 1, ``a`` the most significant;
- *lsb*: the same, ``a`` the least significant.

Values are binary (as many bytes as the bits need, big endian where a token is whole), decimal digits, or upper-case
hexadecimal digits with leading zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Form = Literal["binary", "decimal", "hex"]
Letters = Literal["whole", "msb", "lsb"]
FORMS: tuple[Form, ...] = ("binary", "decimal", "hex")
LETTERS: tuple[Letters, ...] = ("whole", "msb", "lsb")
BITS = (8, 10, 12, 16, 24, 32)
MAX_AXES = 16
_MAX_TEMPLATE = 512
_TOKEN = re.compile(r"<(?:Axis(\d{1,2})([a-h]))>|<(\d{1,3})>", re.IGNORECASE)
_HEADER = b"\xff\xff"
_DIGITS = {"decimal": re.compile(rb"[0-9]+"), "hex": re.compile(rb"[0-9A-Fa-f]+")}


class AxisStringError(ValueError):
    """Bytes that do not fit a template."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value, or for one byte of it.

    Parameters
    ----------
    axis : int
        Position among the template's axes, in order of first appearance.
    shift : int
        Bits to shift right for the byte that stands here; -1 for the whole value.
    """

    axis: int
    shift: int = -1


@dataclass(frozen=True, slots=True)
class Template:
    """A template, read.

    Attributes
    ----------
    parts : tuple of bytes or Slot
    names : tuple of str
        Of the axes: ``"1"``, or ``"1a"`` where letters tell axes apart.
    bits : int
    form : {"binary", "decimal", "hex"}
    """

    parts: tuple[bytes | Slot, ...]
    names: tuple[str, ...]
    bits: int
    form: Form

    @property
    def full(self) -> int:
        """Largest raw value the bits can hold."""
        return (1 << self.bits) - 1

    @property
    def width(self) -> int:
        """Bytes of a binary value."""
        return (self.bits + 7) // 8

    @property
    def digits(self) -> int:
        """Digits of a hexadecimal value."""
        return (self.bits + 3) // 4

    @property
    def guarded(self) -> bool:
        """Whether frames are found by ``FF FF``, so that no value may contain it."""
        first = self.parts[0]
        return self.form == "binary" and isinstance(first, bytes) and first.startswith(_HEADER)

    @property
    def size(self) -> int:
        """Bytes of a frame; 0 where it depends on the values (decimal)."""
        if self.form == "decimal":
            return 0
        whole = self.width if self.form == "binary" else self.digits
        return sum(len(p) if isinstance(p, bytes) else whole if p.shift < 0 else 1 for p in self.parts)


def read_template(text: str, bits: int, form: Form = "binary", letters: Letters = "whole") -> Template:
    """Read a template.

    Raises
    ------
    ValueError
        Saying what is wrong with it.
    """
    if len(text) > _MAX_TEMPLATE:
        raise ValueError(f"the template has {len(text)} characters; allowed {_MAX_TEMPLATE}")
    if bits not in BITS:
        raise ValueError(f"bits is {bits!r}; allowed: {', '.join(map(str, BITS))}")
    by_letter = letters == "whole" or form != "binary"
    width = (bits + 7) // 8
    parts: list[bytes | Slot] = []
    names: list[str] = []
    position = 0
    for found in _TOKEN.finditer(text):
        _literal(parts, text[position : found.start()])
        position = found.end()
        number, letter, byte = found.groups()
        if byte is not None:
            if int(byte) > 255:
                raise ValueError(f"{found.group()} is no byte; allowed <0> to <255>")
            _append(parts, bytes((int(byte),)))
            continue
        letter = letter.lower()
        name = f"{int(number)}{letter}" if by_letter else str(int(number))
        if name not in names:
            names.append(name)
        place = ord(letter) - ord("a")
        if by_letter:
            parts.append(Slot(names.index(name)))
            continue
        if place >= width:
            raise ValueError(
                f"{found.group()}: a value of {bits} bits has the bytes a to {chr(ord('a') + width - 1)}"
            )
        parts.append(Slot(names.index(name), 8 * (width - 1 - place if letters == "msb" else place)))
    _literal(parts, text[position:])
    _check(parts, names, width, by_letter, form)
    return Template(tuple(parts), tuple(names), bits, form)


def _literal(parts: list[bytes | Slot], text: str) -> None:
    if not text:
        return
    if "<" in text or ">" in text:
        raise ValueError(f"{text!r} in the template is neither <byte> nor <Axis1a>")
    try:
        _append(parts, text.encode("ascii"))
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} in the template is not ASCII; write bytes as <n>") from None


def _append(parts: list[bytes | Slot], data: bytes) -> None:
    if parts and isinstance(parts[-1], bytes):
        parts[-1] += data
    else:
        parts.append(data)


def _check(parts: list[bytes | Slot], names: list[str], width: int, by_letter: bool, form: Form) -> None:
    if not 1 <= len(names) <= MAX_AXES:
        raise ValueError(f"the template names {len(names)} axes; allowed 1 to {MAX_AXES}, as <Axis1a>")
    slots = [part for part in parts if isinstance(part, Slot)]
    if len(set(slots)) != len(slots):
        raise ValueError("the template names the same value twice")
    if not by_letter and len(slots) != width * len(names):
        raise ValueError(f"the template leaves bytes out: each axis has {width}, as <Axis1a> and so on")
    if form == "decimal":
        for before, after in zip(parts, [*parts[1:], b""], strict=True):
            if isinstance(before, Slot) and (isinstance(after, Slot) or not after or after[:1].isdigit()):
                raise ValueError(
                    "decimal values vary in length: something that is no digit must follow each, as <Axis1a>,"
                )


def encode_axes(template: Template, raw: Sequence[int]) -> bytes:
    """A frame of raw values.

    Raises
    ------
    ValueError
        For another number of values than the template has axes, or one outside its bits.
    """
    if len(raw) != len(template.names):
        raise ValueError(f"{len(raw)} values; this template has {len(template.names)} axes")
    for name, value in zip(template.names, raw, strict=True):
        if not 0 <= value <= template.full:
            raise ValueError(f"axis {name} is {value}; allowed 0 to {template.full}")
    out = bytearray()
    for part in template.parts:
        if isinstance(part, bytes):
            out += part
        elif part.shift >= 0:
            out.append(raw[part.axis] >> part.shift & 0xFF)
        elif template.form == "binary":
            out += raw[part.axis].to_bytes(template.width, "big")
        elif template.form == "hex":
            out += b"%0*X" % (template.digits, raw[part.axis])
        else:
            out += b"%d" % raw[part.axis]
    return bytes(out)


def decode_axes(template: Template, frame: bytes) -> tuple[int, ...]:
    """The raw values of a frame.

    Raises
    ------
    AxisStringError
        When it does not fit the template.
    """
    raw = [0] * len(template.names)
    position = 0
    for part in template.parts:
        if isinstance(part, bytes):
            if frame[position : position + len(part)] != part:
                raise AxisStringError(f"byte {position} of {frame[:32].hex(' ')} is not {part.hex(' ')}")
            position += len(part)
            continue
        size = _size_at(template, part, frame, position)
        data = frame[position : position + size]
        if len(data) != size:
            raise AxisStringError(f"{len(frame)} bytes end within axis {template.names[part.axis]}")
        position += size
        if part.shift >= 0:
            raw[part.axis] |= data[0] << part.shift
            continue
        if template.form == "binary":
            raw[part.axis] = int.from_bytes(data, "big")
        elif _DIGITS[template.form].fullmatch(
            data
        ):  # `int` alone would take signs, blanks and underlines too
            raw[part.axis] = int(data, 16 if template.form == "hex" else 10)
        else:
            raise AxisStringError(f"axis {template.names[part.axis]} is {data!r}, no number")
    if position != len(frame):
        raise AxisStringError(f"{len(frame) - position} bytes too many")
    for name, value in zip(template.names, raw, strict=True):
        if not 0 <= value <= template.full:
            raise AxisStringError(f"axis {name} is {value}; {template.bits} bits hold 0 to {template.full}")
    return tuple(raw)


def _size_at(template: Template, slot: Slot, frame: bytes, position: int) -> int:
    if slot.shift >= 0:
        return 1
    if template.form == "binary":
        return template.width
    if template.form == "hex":
        return template.digits
    size = 0
    while size <= len(str(template.full)) and frame[position + size : position + size + 1].isdigit():
        size += 1
    return max(size, 1)


def guard(template: Template, raw: int) -> int:
    """The nearest smaller value that can stand in a frame found by ``FF FF`` without being taken for its start.

    No high byte is FF (so no pair across neighbours is either) and no two bytes in a value are. Costs at most 1/255 of the
    range at its very end and 2**-16 of it inside.
    """
    if not template.guarded:
        return raw
    top = 8 * (template.width - 1)
    if raw >> top == 0xFF:
        raw = (0xFF << top) - 1
    for shift in range(top, 7, -8):
        if raw >> shift & 0xFF == 0xFF and raw >> (shift - 8) & 0xFF == 0xFF:
            raw -= 1 << (shift - 8)
    return raw


def guard_batch(template: Template, raw: NDArray[np.int64]) -> NDArray[np.int64]:
    """`guard` of many values."""
    if not template.guarded:
        return raw
    top = 8 * (template.width - 1)
    raw = np.where(raw >> top == 0xFF, (0xFF << top) - 1, raw)
    for shift in range(top, 7, -8):
        pair = (raw >> shift & 0xFF == 0xFF) & (raw >> (shift - 8) & 0xFF == 0xFF)
        raw = raw - (pair.astype(np.int64) << (shift - 8))
    return raw


def lay_out(template: Template, raw: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
    """Write binary frames of many seats.

    Parameters
    ----------
    template : Template
        Of form binary: other frames vary in length.
    raw : array of int64, shape (n, axes)
        Inside the bits.
    out : array of uint8, shape (n, size)
        Gets in each row what `encode_axes` makes.
    """
    column = 0
    for part in template.parts:
        if isinstance(part, bytes):
            out[:, column : column + len(part)] = np.frombuffer(part, dtype=np.uint8)
            column += len(part)
            continue
        shifts = (part.shift,) if part.shift >= 0 else range(8 * (template.width - 1), -1, -8)
        for shift in shifts:
            out[:, column] = raw[:, part.axis] >> shift & 0xFF
            column += 1


class FrameCutter:
    """Cuts a byte stream into frames of a template.

    Attributes
    ----------
    lost_bytes : int
        Bytes thrown away to find a frame.
    """

    def __init__(self, template: Template) -> None:
        self._template = template
        self._buffer = bytearray()
        self.lost_bytes = 0
        # What a frame may have at most; a decimal value one digit more than it needs, so that it is read and refused.
        self._most = template.size or sum(
            len(part) if isinstance(part, bytes) else len(str(template.full)) + 1 for part in template.parts
        )

    def feed(self, data: bytes) -> Iterator[tuple[int, ...]]:
        """Take bytes; yield the raw values of every whole frame."""
        self._buffer += data
        while self._buffer:
            size = self._template.size or self._length()
            if size == 0 or len(self._buffer) < size:
                return
            try:
                raw = decode_axes(self._template, bytes(self._buffer[:size]))
            except AxisStringError:
                del self._buffer[0]
                self.lost_bytes += 1
                continue
            del self._buffer[:size]
            yield raw

    def _length(self) -> int:
        """Bytes of the frame that begins here by its last literal; 1 to move on, 0 to wait."""
        end = self._template.parts[-1]
        assert isinstance(end, bytes)
        first = self._template.parts[0]
        start = len(first) if isinstance(first, bytes) else 0
        found = self._buffer.find(end, start, self._most)
        if found >= 0:
            # A separator may look like the end: the frame has as many as the template.
            for part in reversed(self._template.parts[1:-1]):
                if isinstance(part, bytes) and part.startswith(end):
                    following = self._buffer.find(end, found + len(end), self._most)
                    if following < 0:
                        return 1 if len(self._buffer) >= self._most else 0
                    found = following
            return found + len(end)
        return 1 if len(self._buffer) >= self._most else 0
