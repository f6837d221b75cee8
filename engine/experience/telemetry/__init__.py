"""Motion logs: comma-separated values of specific force, angular rate and pose, from whatever wrote them."""

from engine.experience.telemetry.frames import FRAMES, Frame, parse_frame
from engine.experience.telemetry.read import read_telemetry
from engine.experience.telemetry.values import Telemetry

__all__ = ["FRAMES", "Frame", "Telemetry", "parse_frame", "read_telemetry"]
