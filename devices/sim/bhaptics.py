"""Twin of the bHaptics Player with everything worn.

Has: frames that end by themselves, replacement by key, the loudest of several keys, turning off, the status. Has not: registered
patterns, path points, Bluetooth's latency but what the rig says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.bhaptics.codec import (
    MAX_INTENSITY,
    POSITIONS,
    BhapticsError,
    Frame,
    Status,
    decode_requests,
    encode_status,
)
from devices.bhaptics.driver import BhapticsDriver
from engine.bus.driver import DeviceConfig


def make_twin(config: DeviceConfig) -> BhapticsTwin:
    """A Player whose gear answers as late as the device's dead time says."""
    return BhapticsTwin(config)


class BhapticsTwin:
    """A Player in software.

    Attributes
    ----------
    worn : set of str
        Positions it tells as connected.
    frames, refused : int
        Requests played, texts that were none.
    """

    def __init__(self, config: DeviceConfig) -> None:
        self._dead_ns = config.latency.dead_ns
        self._positions = dict.fromkeys(patch.position for patch in BhapticsDriver(config).patches.values())
        self.worn = set(POSITIONS)
        self._playing: dict[str, tuple[Frame, int, int]] = {}
        self._before: dict[str, tuple[Frame, int, int]] = {}
        self.frames = self.refused = 0

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take a text; tell the status. No bytes say that somebody left: what plays ends by itself."""
        if not data:
            return ()
        try:
            requests = decode_requests(data)
        except BhapticsError:
            self.refused += 1
            return ()
        start_ns = at_ns + self._dead_ns
        for request in requests:
            ending = [request.key] if request.key else list(self._playing)
            for key in ending:
                if key in self._playing:
                    frame, from_ns, until_ns = self._playing.pop(key)
                    self._before[key] = (frame, from_ns, min(until_ns, start_ns))
            if isinstance(request, Frame):
                self.frames += 1
                self._playing[request.key] = (request, start_ns, start_ns + request.duration_ms * 1_000_000)
        return (encode_status(Status(tuple(sorted(self.worn)), tuple(self._playing))),)

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Loudest point of each position in use, 0..1, and of each point ``position.point`` that is on."""
        state = dict.fromkeys(self._positions, 0.0)
        for frame, from_ns, until_ns in (*self._before.values(), *self._playing.values()):
            if frame.position not in self.worn or not from_ns <= at_ns < until_ns:
                continue
            for point, intensity in frame.points.items():
                level = intensity / MAX_INTENSITY
                for name in (frame.position, f"{frame.position}.{point}"):
                    state[name] = max(state.get(name, 0.0), level)
        return state
