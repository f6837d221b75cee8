"""Twin of a system that takes FreeD: it knows each camera's last message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.freed.codec import Camera, Splitter
from engine.bus.driver import DeviceConfig


def make_twin(config: DeviceConfig) -> FreedTwin:
    """A receiver."""
    return FreedTwin()


class FreedTwin:
    """A receiver of D1 messages over any line, cut anywhere.

    Attributes
    ----------
    cameras : dict of int to Camera
    """

    def __init__(self) -> None:
        self.cameras: dict[int, Camera] = {}
        self._splitter = Splitter()

    @property
    def refused(self) -> int:
        """Messages that did not add up."""
        return self._splitter.refused

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take bytes."""
        for camera in self._splitter.feed(data):
            self.cameras[camera.number] = camera
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Where each camera is said to be."""
        return {
            f"{number}.{name}": getattr(camera, name)
            for number, camera in self.cameras.items()
            for name in ("pan_deg", "tilt_deg", "roll_deg", "x_m", "y_m", "height_m")
        }
