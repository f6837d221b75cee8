"""Twin of something that takes OSC: keeps the last value of every address, at the instant the time tag names.

Has: bundles, nested ones, time tags (against the offset it is told), every argument type. Has not: address patterns, queries, TCP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from devices.osc.codec import Message, OscError, Packet, decode, unix_ns_from_ntp
from devices.osc.driver import MessageMap, read_messages
from devices.sim.physics import LaggedValue
from engine.bus.driver import GROUP_SIZE, DeviceConfig
from engine.time.clocks import wall_offset_ns


def make_twin(config: DeviceConfig) -> OscTwin:
    """A receiver with the addresses of the device."""
    return OscTwin(config)


class OscTwin:
    """A receiver in software.

    Parameters
    ----------
    config : DeviceConfig
        The device it stands for; its latency is how late it acts.
    offset_ns : int or None
        From the time it is told to Unix time; None takes the machine's, as a twin behind a port needs.

    Attributes
    ----------
    frames : int
        Packets understood.
    refused : int
        Packets that were not OSC.
    late : int
        Messages whose time tag had passed on arrival.
    """

    def __init__(self, config: DeviceConfig, *, offset_ns: int | None = None) -> None:
        self._offset_ns = wall_offset_ns() if offset_ns is None else offset_ns
        self._messages: dict[str, MessageMap] = {row.address: row for row in read_messages(config)}
        self._tagged = bool(config.settings.get("time_tags", False))
        # A receiver that keeps to time tags waits for them itself; its latency is in the tag already.
        latency = config.latency
        dead_ns, lag_ns = (0, 0) if self._tagged else (latency.dead_ns, latency.lag_ns)
        self._values = {
            (row.address, index): LaggedValue(0.0, dead_ns=dead_ns, lag_ns=lag_ns)
            for row in self._messages.values()
            for index in range(GROUP_SIZE[row.form])
        }
        self.frames = self.refused = self.late = 0

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take a datagram; OSC answers nothing."""
        try:
            packet = decode(data)
        except OscError:
            self.refused += 1
            return ()
        self.frames += 1
        for message, meant_ns in self._flat(packet, at_ns):
            if message.address not in self._messages:
                continue
            for index, value in enumerate(message.args):
                held = self._values.get((message.address, index))
                if held is not None and isinstance(value, bool | int | float):
                    held.command(float(value), meant_ns)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """The last value of each argument, by address, as it came over the wire."""
        return {
            address if GROUP_SIZE[self._messages[address].form] == 1 else f"{address}.{index}": held.at(at_ns)
            for (address, index), held in self._values.items()
        }

    def _flat(self, packet: Packet, at_ns: int) -> Iterator[tuple[Message, int]]:
        if isinstance(packet, Message):
            yield packet, at_ns
            return
        meant_ns = at_ns
        if packet.time_tag > 1:
            meant_ns = unix_ns_from_ntp(packet.time_tag) - self._offset_ns
            if meant_ns < at_ns:
                self.late += 1
                meant_ns = at_ns
        for element in packet.elements:
            yield from self._flat(element, meant_ns)
