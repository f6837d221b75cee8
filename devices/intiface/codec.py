"""Buttplug messages, version 3 of the protocol: JSON over a WebSocket. Pure functions, no I/O.

A text message is a JSON array of objects with one key each, the message's name; its value has an ``Id``: chosen by the client
and repeated in the server's answer, 0 for what the server says unasked.

Servers of version 4 of the protocol go on speaking 3 with clients that ask for it.

Source: the Buttplug protocol specification, https://docs.buttplug.io/docs/spec.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

VERSION = 3
UNASKED = 0
_MAX_MESSAGE = 1 << 20
_MAX_ID = (1 << 32) - 1
# What a server may send of interest; a name beyond is handed on too, for whoever wants to count it.
VIBRATE = "Vibrate"
PING_ERROR = 2
MESSAGE_ERROR = 3
DEVICE_ERROR = 4


class ButtplugError(ValueError):
    """Text that is no Buttplug message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Parameters
    ----------
    name : str
    id : int
    fields : mapping
        Everything but the id.
    """

    name: str
    id: int = 1
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device of a server.

    Parameters
    ----------
    index : int
    name : str
        The name its owner gave it, else the maker's.
    vibrators : tuple of int
        Index of each actuator of ``ScalarCmd`` that vibrates.
    """

    index: int
    name: str
    vibrators: tuple[int, ...]


def encode(messages: Iterable[Message]) -> bytes:
    """Text of some messages.

    Raises
    ------
    ValueError
        For an id outside 0..2**32-1.
    """
    rows = []
    for message in messages:
        if not 0 <= message.id <= _MAX_ID:
            raise ValueError(f"id is {message.id}; allowed 0 to {_MAX_ID}")
        rows.append({message.name: {"Id": message.id, **message.fields}})
    return json.dumps(rows, separators=(",", ":")).encode("utf-8")


def decode(data: bytes) -> Sequence[Message]:
    """The messages of a text.

    Raises
    ------
    ButtplugError
    """
    if len(data) > _MAX_MESSAGE:
        raise ButtplugError(f"a message of {len(data)} bytes; allowed {_MAX_MESSAGE}")
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ButtplugError(f"not JSON: {error}") from None
    if not isinstance(rows, list):
        raise ButtplugError(f"a {type(rows).__name__} instead of an array of messages")
    found = []
    for row in rows:
        if not isinstance(row, dict) or len(row) != 1:
            raise ButtplugError("a message is an object with one key, its name")
        ((name, fields),) = row.items()
        number = fields.get("Id") if isinstance(fields, dict) else None
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= _MAX_ID:
            raise ButtplugError(f"{name[:40]} has no proper Id")
        found.append(Message(name, number, {key: value for key, value in fields.items() if key != "Id"}))
    return found


def read_device(fields: Mapping[str, Any]) -> DeviceInfo:
    """A device from ``DeviceAdded``, or from a row of ``DeviceList``.

    Raises
    ------
    ButtplugError
    """
    index = fields.get("DeviceIndex")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise ButtplugError(f"DeviceIndex is {index!r}; allowed: 0 or more")
    name = fields.get("DeviceDisplayName") or fields.get("DeviceName")
    commands = fields.get("DeviceMessages")
    scalars = commands.get("ScalarCmd") if isinstance(commands, dict) else None
    return DeviceInfo(
        index,
        name if isinstance(name, str) else f"device {index}",
        tuple(
            place
            for place, row in enumerate(scalars if isinstance(scalars, list) else [])
            if isinstance(row, dict) and row.get("ActuatorType") == VIBRATE
        ),
    )


def read_devices(fields: Mapping[str, Any]) -> Sequence[DeviceInfo]:
    """The devices of a ``DeviceList``.

    Raises
    ------
    ButtplugError
    """
    rows = fields.get("Devices")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ButtplugError("a DeviceList without a list of devices")
    return [read_device(row) for row in rows]


def vibrate(device: int, levels: Mapping[int, float], number: int = 1) -> Message:
    """Set actuators of a device.

    Parameters
    ----------
    device : int
    levels : mapping of int to float
        By actuator, 0..1.
    number : int
        The message's id.

    Raises
    ------
    ValueError
        For a level outside 0..1.
    """
    for actuator, level in levels.items():
        if not 0.0 <= level <= 1.0:
            raise ValueError(f"actuator {actuator} is {level!r}; allowed 0 to 1")
    scalars = [
        {"Index": actuator, "Scalar": level, "ActuatorType": VIBRATE} for actuator, level in levels.items()
    ]
    return Message("ScalarCmd", number, {"DeviceIndex": device, "Scalars": scalars})
