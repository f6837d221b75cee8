"""Twin of a DMX USB Pro: cuts the stream as the interface does, answers, holds the last look.

Has: messages in any cut of the stream, the way back after garbage, answers to requests for serial number and parameters,
messages with framing or length errors ignored. Has not: DMX input, RDM, changing of parameters, the second port of a Mk2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.enttec.codec import (
    GET_PARAMETERS,
    GET_SERIAL,
    SEND_DMX,
    EnttecError,
    MessageCutter,
    Parameters,
    decode_dmx,
    encode_parameters,
    encode_serial,
)
from devices.enttec.driver import EnttecDriver
from devices.sim.lamps import Lamps
from engine.bus.driver import DeviceConfig

SERIAL_NUMBER = 2_026_001
# What a new interface is set to: 96 us break, 10.67 us mark, 40 packets a second.
PARAMETERS = Parameters((1, 44), 9, 1, 40)


def make_twin(config: DeviceConfig) -> EnttecTwin:
    """An interface with the fixtures of the device behind it."""
    return EnttecTwin(config)


class EnttecTwin:
    """An interface, and the fixtures on its DMX line.

    Parameters
    ----------
    config : DeviceConfig

    Attributes
    ----------
    frames : int
        Universes it was told to put out.
    refused : int
        Messages it ignored.
    slots : bytes
        What it puts out.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = EnttecDriver(config)
        self._lamps = Lamps(driver.patch, config)
        self._universe = driver.patch.universe
        self._cutter = MessageCutter()
        self.frames = 0
        self.refused = 0
        self.slots = b""

    @property
    def lost_bytes(self) -> int:
        """Bytes that belonged to no message."""
        return self._cutter.lost_bytes

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take any cut of the stream; answers requests."""
        answers = []
        for message in self._cutter.feed(data):
            if message.label == SEND_DMX:
                try:
                    self.slots = decode_dmx(message.data)
                except EnttecError:
                    self.refused += 1
                    continue
                self.frames += 1
                self._lamps.show(self._universe, self.slots, at_ns)
            elif message.label == GET_SERIAL and not message.data:
                answers.append(encode_serial(SERIAL_NUMBER))
            elif message.label == GET_PARAMETERS and len(message.data) == 2:
                answers.append(encode_parameters(PARAMETERS))
            else:
                self.refused += 1
        return answers

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """What the fixtures put out, 0..1."""
        return self._lamps.state_at(at_ns)
