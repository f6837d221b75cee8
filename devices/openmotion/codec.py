"""OpenMotionSim's datagram: five 32-bit floats. Pure functions, no I/O.

======  ===========
bytes   content
======  ===========
0-3     time, s
4-7     yaw, deg
8-11    pitch, deg
12-15   roll, deg
16-19   height, m
======  ===========

Source: the project's public examples. They run on little-endian machines and write memory as it lies, so little endian is
the default and a setting.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ByteOrder = Literal["little", "big"]
SIZE = 20
UDP_PORT = 4123  # our choice: the receiving program is told its port
FRESH_S = 0.5
"""How long a sender's time stays 0, which every seat obeys: where another sender was heard before (a standby takes over, a spare
goes on), and for a moment still is, times that begin anew would count as late ones of the other's."""

_STRUCTS: Mapping[str, struct.Struct] = MappingProxyType(
    {"little": struct.Struct("<5f"), "big": struct.Struct(">5f")}
)
_TIMES: Mapping[str, struct.Struct] = MappingProxyType(
    {"little": struct.Struct("<f"), "big": struct.Struct(">f")}
)


class OpenMotionError(ValueError):
    """Bytes that are no OpenMotionSim datagram."""


@dataclass(frozen=True, slots=True)
class Motion:
    """One datagram.

    Parameters
    ----------
    time_s : float
    yaw_deg, pitch_deg, roll_deg : float
    height_m : float
    """

    time_s: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    height_m: float


def encode(motion: Motion, order: ByteOrder = "little") -> bytes:
    """Bytes of a datagram.

    Raises
    ------
    OverflowError
        For a value no 32-bit float can hold.
    """
    return _STRUCTS[order].pack(
        motion.time_s, motion.yaw_deg, motion.pitch_deg, motion.roll_deg, motion.height_m
    )


def decode(data: bytes, order: ByteOrder = "little") -> Motion:
    """The values of a datagram.

    Raises
    ------
    OpenMotionError
        For another length, or a value that is no number.
    """
    if len(data) != SIZE:
        raise OpenMotionError(f"an OpenMotionSim datagram has {SIZE} bytes, this has {len(data)}")
    values = _STRUCTS[order].unpack(data)
    if not all(map(math.isfinite, values)):
        raise OpenMotionError(
            f"not an OpenMotionSim datagram: {data.hex(' ')} holds a value that is no number"
        )
    return Motion(*values)


def with_time(data: bytes, time_s: float, order: ByteOrder = "little") -> bytes:
    """The same datagram at another time."""
    return _TIMES[order].pack(time_s) + data[4:]
