"""The sample protocol: one line of ASCII a command, ``L0532\\n`` for 53.2 %. Pure functions, no I/O.

A codec knows bytes and values and nothing else: no port, no clock, no settings. Wrong types raise TypeError,
wrong values ValueError with the value and what is allowed.
"""

from __future__ import annotations

FRAME_SIZE = 6


def encode_level(share: float) -> bytes:
    """Command for a level of 0..1, in steps of a thousandth.

    Raises
    ------
    ValueError
        When `share` is outside 0..1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"level is {share!r}; allowed 0 to 1")
    return f"L{round(share * 1000):04d}\n".encode("ascii")


def decode_level(frame: bytes) -> float:
    """The level in a command.

    Raises
    ------
    ValueError
        When it is not one.
    """
    text = frame.decode("ascii", "replace")
    if (
        len(frame) != FRAME_SIZE
        or text[0] != "L"
        or text[5] != "\n"
        or not text[1:5].isdigit()
        or int(text[1:5]) > 1000
    ):
        raise ValueError(f"not a sample command: {frame!r}; it looks like b'L0532\\n'")
    return int(text[1:5]) / 1000
