"""What drafting passes around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEAT_AXES = ("surge", "sway", "heave", "roll", "pitch", "yaw")


@dataclass(frozen=True, slots=True, eq=False)
class CameraMotion:
    """How the camera of a film moves, in the engine's axes and signs (`engine.units.MOTION_AXES`).

    Attributes
    ----------
    times_s : float64[N]
        Instants of the film's pictures.
    rates : float64[N, 6]
        What it does around each picture: surge, sway, heave in scene depths a second (the distance of what is seen, which a film does
        not tell, is 1), roll, pitch, yaw in degrees a second. 0 across cuts.
    trust : float64[N]
        Share of the picture that moves as the camera's motion says, 0..1.
    cuts_s : tuple of float
        Where one shot ends and another begins.
    size : (int, int)
        Width and height of the pictures.
    """

    times_s: Floats
    rates: Floats
    trust: Floats
    cuts_s: tuple[float, ...]
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Onset:
    """A beat, knock or bang: when, how strong (0..1) and how bright (0 a thud, 1 a click)."""

    at_s: float
    intensity: float
    sharpness: float


@dataclass(frozen=True, slots=True, eq=False)
class SoundShape:
    """What of a sound can be felt.

    Attributes
    ----------
    duration_s : float
        Its length.
    times_s, levels : float64[M]
        Envelope of 20 to 120 Hz, 1 where it is loudest.
    hz : float
        Where the energy of that band lies, its mean frequency; 0 where there is none.
    low_db : float
        Its level at its loudest, dB below full scale.
    onsets : tuple of Onset
        In order of time.
    """

    duration_s: float
    times_s: Floats
    levels: Floats
    hz: float
    low_db: float
    onsets: tuple[Onset, ...]
