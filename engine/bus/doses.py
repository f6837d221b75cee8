"""Keeps a seat's motion within the dose that its guest may have: measures what is commanded, and fades what is wanted.

Every quantity follows from commanded samples on the bus' grid, so a replay fades at the same tick by the same gain. Samples are
gathered and measured all at once when the gain is judged; devices do so at different ticks, lest one tick bear it for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from zlib import crc32

import numpy as np

from engine.bus.dose import DoseGuard, DoseLimit, DoseNews
from engine.bus.driver import Driver, Form
from engine.experience.dose import SeatDose
from engine.motion.exposure.meter import DoseMeter

#: How often the gain follows what has been measured.
_JUDGED_S = 0.5
#: Each of three lags between what is judged and what is scaled, s.
_SMOOTH_S = 0.3


class DoseKeeper:
    """One device that moves a seat.

    Parameters
    ----------
    dose : SeatDose
    driver : Driver
    dt_s : float
        Time between two commands, s.
    head_m : 3 floats
        The guest's head from the centre of rotation, X right, Y forward, Z up.

    Raises
    ------
    ValueError
        The device moves no seat.
    """

    def __init__(self, dose: SeatDose, driver: Driver, dt_s: float, head_m: Sequence[float]) -> None:
        found = [group.channels for group in driver.groups if group.form is Form.MOTION]
        if not found:
            raise ValueError(
                f"{driver.name} has a dose and moves no seat; give `dose:` to the device that moves it"
            )
        self._channels = found[0]
        self._limits = tuple(1.0 if most is None else most for most in astuple(dose))
        self._limited = tuple(most is not None for most in astuple(dose))
        self._meter = DoseMeter(1, 1.0 / dt_s, np.array([head_m], dtype=np.float64))
        self._guard = DoseGuard({0: DoseLimit(1.0)})
        self._block: list[list[float]] = []
        self._judge_every = max(1, round(_JUDGED_S / dt_s))
        self._left = 1 + crc32(driver.name.encode()) % self._judge_every
        self._smooth = min(1.0, dt_s / _SMOOTH_S)
        self._gains = [1.0, 1.0, 1.0]

    @property
    def gain(self) -> float:
        """What is wanted is scaled by this: 1 for most of a show, never rising, and without a kink that could be felt."""
        return self._gains[-1]

    def wanted(self, values: Sequence[float]) -> Sequence[float]:
        """What is wanted, with the motion's share that is still allowed."""
        gain = self.gain
        if gain == 1.0:
            return values
        scaled = list(values)
        for channel in self._channels:
            scaled[channel] *= gain
        return scaled

    def commanded(self, values: Sequence[float], at_ns: int) -> Sequence[DoseNews]:
        """Measure what was commanded at an instant; gives what is worth telling."""
        self._block.append([values[channel] for channel in self._channels])
        target = self._guard.gain(0)
        if self._gains[-1] != target:
            for number in range(len(self._gains)):
                before = target if number == 0 else self._gains[number - 1]
                self._gains[number] += (before - self._gains[number]) * self._smooth
        self._left -= 1
        if self._left:
            return ()
        self._left = self._judge_every
        self._meter.push(np.array(self._block)[:, None])
        self._block.clear()
        return self._guard.tell({0: self._share()}, at_ns)

    def given(self) -> tuple[float, ...]:
        """What the guest has been given so far, for a keeper that goes on where this one ends."""
        return tuple(self._meter.sums[:, 0].tolist())

    def resume(self, given: Sequence[float]) -> None:
        """Go on from what another keeper of this seat has `given`, where that is more.

        Raises
        ------
        ValueError
            It is not four numbers.
        """
        self._meter.resume(np.asarray(given, dtype=np.float64).reshape(4, 1))
        self._guard.resume({0: self._share()})
        self._gains = [min(gain, self._guard.gain(0)) for gain in self._gains]

    def _share(self) -> float:
        """The largest share of any limit."""
        doses = self._meter.doses()
        measured = (doses.vdv_x[0], doses.vdv_y[0], doses.vdv_z[0], doses.msdv_z[0])
        return max(
            (
                float(value) / most
                for value, most, on in zip(measured, self._limits, self._limited, strict=True)
                if on
            ),
            default=0.0,
        )
