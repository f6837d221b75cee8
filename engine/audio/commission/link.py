"""Where commissioning plays and listens: loudspeakers out, one microphone in, on one sample clock."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import SafetyError

Samples = NDArray[np.float32]

CLIPS_AT = 0.985
"""A converter's last step, and a little less: 16 bits end at 0.99997, and analogue inputs flatten before."""
CLIPPED_RUN = 3
"""So many samples there one after another are no chance peak."""


class Clipped(SafetyError):
    """The microphone's input is overdriven: what was measured is worthless, and what was played may be too loud."""


class SoundLink(Protocol):
    """Plays and records at once."""

    @property
    def description(self) -> str:
        """One line for people, in English."""
        ...

    @property
    def channels(self) -> int:
        """Output channels, counted from 1 for people."""
        ...

    @property
    def listens(self) -> bool:
        """Whether it has a microphone."""
        ...

    def play(self, sound: Samples) -> Samples:
        """Play to the end, and give what the microphone heard meanwhile.

        Parameters
        ----------
        sound : ndarray of float32, shape (n, channels)

        Returns
        -------
        ndarray of float32, shape (n,)
            As late as the device is, the same for all channels; zeros where there is no microphone.

        Raises
        ------
        Clipped
            At once when the input is overdriven; the sound has been faded out by then.
        DeviceGone
        """
        ...


def clipped(heard: Samples) -> bool:
    """Whether a recording is overdriven."""
    over = np.abs(heard) >= CLIPS_AT
    if int(np.count_nonzero(over)) < CLIPPED_RUN:
        return False
    run = over
    for shift in range(1, CLIPPED_RUN):
        run = run[:-1] & over[shift:]
    return bool(run.any())


def refuse_clipped(heard: Samples) -> None:
    """Raise `Clipped` for a recording that is overdriven."""
    if clipped(heard):
        raise Clipped(
            "the microphone's input clips; nothing more is played. Turn its gain down, or play more quietly (--level), and begin again"
        )
