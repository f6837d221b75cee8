"""What is known of a sound device's clock, and how the sound is read to follow it. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ClockState(Enum):
    """What the time of a device is made from; the later ones are the worse."""

    STARTING = "starting"
    """Too few blocks were asked for."""
    DEVICE = "device"
    """The device tells when a sample reaches its converter, and that agrees with its frame count and the host."""
    CALLS = "calls"
    """The device's word is no use: its frame count, and the earliest of its calls on the host's clock."""
    SILENT = "silent"
    """No device: the host's clock stands in for it."""
    FREEWHEEL = "freewheel"
    """Neither is to be had at the moment; it goes on as it went last."""


@dataclass(frozen=True, slots=True)
class ClockQuality:
    """How well a device's clock is known.

    Attributes
    ----------
    state : ClockState
    why : str
        What led to it, in a few words.
    ppm : float
        Speed of the device against the host's clock: 100 is 48004.8 frames to a host second where 48000 were asked for. 0 while
        unknown.
    jitter_ns : float
        Standard deviation of what is measured around what is believed.
    gaps : int
        Times at which the device stood still or left frames out.
    """

    state: ClockState = ClockState.STARTING
    why: str = ""
    ppm: float = 0.0
    jitter_ns: float = 0.0
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class Trim:
    """Where the next frames of a device lie on the host's time as the show has it.

    Attributes
    ----------
    host_ns : int
        Show instant of the first frame, cut to a whole nanosecond: the mixer makes what the transport says for here. It goes on without
        a step from block to block, unless `jump`.
    ratio : float
        How much of the show's 48000 samples a second goes into a frame of the device: 1 but for the trim, or for a device that runs
        at another rate (48000/44100).
    part_ns : float
        What was cut off, 0..1. (Nanoseconds since boot as one float would be a nanosecond coarse, which is noise at -77 dB at 15 kHz.)
    span_ns : float
        From the first frame to the frame after the last, on the show's time.
    jump : bool
        `host_ns` does not go on from the block before: fade from the one to the other.
    """

    host_ns: int
    ratio: float
    part_ns: float
    span_ns: float
    jump: bool = False
