"""Twin of an Intiface server with the devices of the settings, two vibrators each.

Has: handshake, device list, scanning, ScalarCmd, stopping one and all, errors with their codes, the ping that must not stay away,
the stop when its client leaves. Has not: linear and rotating actuators, sensors, raw commands, version 4 of the protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from devices.intiface.codec import (
    DEVICE_ERROR,
    MESSAGE_ERROR,
    PING_ERROR,
    UNASKED,
    VERSION,
    VIBRATE,
    ButtplugError,
    Message,
    decode,
    encode,
)
from devices.intiface.driver import IntifaceDriver
from devices.sim.physics import LaggedValue
from engine.bus.driver import DeviceConfig

MAX_PING_MS = 1000
_VIBRATORS = 2
_STEPS = 20


def make_twin(config: DeviceConfig) -> IntifaceTwin:
    """A server whose devices have the names the settings want."""
    return IntifaceTwin(config)


class IntifaceTwin:
    """A server in software.

    Attributes
    ----------
    broken : set of int
        Devices that answer every command with an error.
    commands : int
        ScalarCmd obeyed.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = IntifaceDriver(config)
        latency = config.latency
        self._names = [name or f"Gamepad {place + 1}" for place, name in enumerate(driver.planned)]
        self._motors = {
            (device, motor): LaggedValue(0.0, dead_ns=latency.dead_ns, lag_ns=latency.lag_ns)
            for device in range(len(self._names))
            for motor in range(_VIBRATORS)
        }
        self.removed: set[int] = set()
        self.broken: set[int] = set()
        self.commands = self.refused = 0
        self._pinged_ns: int | None = None
        self._timed_out = False
        self._known = False

    def receive(self, data: bytes, at_ns: int, sender: str = "") -> Sequence[bytes]:
        """Take a text message; no bytes say that the client has left."""
        if not data:
            self._silence(at_ns)
            self._pinged_ns, self._known = None, False
            return ()
        try:
            messages = decode(data)
        except ButtplugError as error:
            self.refused += 1
            return (encode((_error(UNASKED, MESSAGE_ERROR, str(error)),)),)
        # In memory there is no handshake, as there is no connection.
        self._known = self._known or not sender
        if self._silent_since(at_ns):
            return (encode((_error(UNASKED, PING_ERROR, "Ping timed out."),)),)
        return tuple(encode((reply,)) for message in messages for reply in self._obey(message, at_ns))

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Level of each vibrator, 0..1."""
        self._silent_since(at_ns)
        return {
            f"{self._names[device]}.{motor}": value.at(at_ns)
            for (device, motor), value in self._motors.items()
        }

    def _silent_since(self, at_ns: int) -> bool:
        """Whether the ping stayed away; then everything has been silent since."""
        if self._pinged_ns is None or at_ns - self._pinged_ns <= MAX_PING_MS * 1_000_000:
            return False
        if not self._timed_out:
            self._timed_out = True
            self._silence(self._pinged_ns + MAX_PING_MS * 1_000_000)
        return True

    def _silence(self, at_ns: int) -> None:
        for value in self._motors.values():
            value.command(0.0, at_ns)

    def _obey(self, message: Message, at_ns: int) -> list[Message]:
        name, number = message.name, message.id
        if name == "RequestServerInfo":
            self._known, self._pinged_ns, self._timed_out = True, at_ns, False
            info = {"ServerName": "Software twin", "MessageVersion": VERSION, "MaxPingTime": MAX_PING_MS}
            return [Message("ServerInfo", number, info)]
        if not self._known:
            return [_error(number, 1, "Handshake not complete.")]
        if name == "Ping":
            self._pinged_ns = at_ns if self._pinged_ns is not None else None
        elif name == "RequestDeviceList":
            devices = [
                self._describe(device) for device in range(len(self._names)) if device not in self.removed
            ]
            return [Message("DeviceList", number, {"Devices": devices})]
        elif name == "StartScanning":
            return [Message("Ok", number), Message("ScanningFinished", UNASKED)]
        elif name == "StopAllDevices":
            self._silence(at_ns)
        elif name in ("ScalarCmd", "StopDeviceCmd"):
            return [self._command(message, at_ns)]
        elif name != "StopScanning":
            self.refused += 1
            return [_error(number, MESSAGE_ERROR, f"Unknown message {name[:40]}.")]
        return [Message("Ok", number)]

    def _command(self, message: Message, at_ns: int) -> Message:
        device = message.fields.get("DeviceIndex")
        if not isinstance(device, int) or not 0 <= device < len(self._names) or device in self.removed:
            return _error(message.id, DEVICE_ERROR, f"Device {device!r} is not available.")
        if device in self.broken:
            return _error(message.id, DEVICE_ERROR, f"Device {device} does not answer.")
        if message.name == "StopDeviceCmd":
            for motor in range(_VIBRATORS):
                self._motors[device, motor].command(0.0, at_ns)
            return Message("Ok", message.id)
        rows = message.fields.get("Scalars")
        levels: dict[int, float] = {}
        for row in rows if isinstance(rows, list) else []:
            index, level = (row.get("Index"), row.get("Scalar")) if isinstance(row, dict) else (None, None)
            if not isinstance(index, int) or not isinstance(level, int | float) or not 0.0 <= level <= 1.0:
                return _error(message.id, MESSAGE_ERROR, "A scalar is out of range.")
            # -1 is the driver's own word for all of them, before it knows the device.
            for motor in range(_VIBRATORS) if index == -1 else (index,):
                if motor >= _VIBRATORS or motor < 0:
                    return _error(message.id, DEVICE_ERROR, f"Device {device} has no actuator {index}.")
                levels[motor] = float(level)
        self.commands += 1
        for motor, level in levels.items():
            # A motor renders so many steps; a server rounds up, so that the faintest is felt.
            self._motors[device, motor].command(-(-round(level * 100) * _STEPS // 100) / _STEPS, at_ns)
        return Message("Ok", message.id)

    def _describe(self, device: int) -> dict[str, Any]:
        scalar = {"StepCount": _STEPS, "FeatureDescriptor": "", "ActuatorType": VIBRATE}
        return {
            "DeviceIndex": device,
            "DeviceName": self._names[device],
            "DeviceMessageTimingGap": 50,
            "DeviceMessages": {"ScalarCmd": [scalar] * _VIBRATORS, "StopDeviceCmd": {}},
        }


def _error(number: int, code: int, text: str) -> Message:
    return Message("Error", number, {"ErrorCode": code, "ErrorMessage": text})
