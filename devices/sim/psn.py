"""Twin of a PosiStageNet receiver: it knows where every tracker was said to be.

Has: several packets a frame (a frame is shown when all of its packets are there), names. Has not: v1, prediction from speeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.psn.codec import DataPacket, PsnError, Tracker, decode
from engine.bus.driver import DeviceConfig


def make_twin(config: DeviceConfig) -> PsnTwin:
    """A receiver on the network."""
    return PsnTwin()


class PsnTwin:
    """A receiver.

    Attributes
    ----------
    trackers : dict of int to Tracker
        Of the last complete frame, and those before it.
    names : dict of int to str
    system : str
    refused : int
        Datagrams that were not PosiStageNet.
    """

    def __init__(self) -> None:
        self.trackers: dict[int, Tracker] = {}
        self.names: dict[int, str] = {}
        self.system = ""
        self.refused = 0
        self._frame = -1
        self._parts: list[DataPacket] = []

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take a datagram."""
        try:
            packet = decode(data)
        except PsnError:
            self.refused += 1
            return ()
        if not isinstance(packet, DataPacket):
            self.system = packet.system
            self.names.update(dict(packet.names))
            return ()
        if packet.frame != self._frame:
            self._frame, self._parts = packet.frame, []
        if len(self._parts) < packet.packets:
            self._parts.append(packet)
        if len(self._parts) >= packet.packets:
            for part in self._parts:
                self.trackers.update({tracker.number: tracker for tracker in part.trackers})
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Positions by tracker."""
        return {
            f"{self.names.get(number, str(number))}.{axis}": value
            for number, tracker in self.trackers.items()
            for axis, value in zip("xyz", tracker.position_m, strict=True)
        }
