"""The classical washout filter, for motion whose future nobody knows.

Reid & Nahon, Flight Simulation Motion-Base Drive Algorithms: Part 1, UTIAS report 296 (1985), in the frame of the seat:

- *Translation*: the quick part of the specific force moves the seat. ``x/f = s^(order-2) / (...)``: high-pass and double integration in
  one filter that has no integrator left in it, so nothing drifts. Of the second order, ``1/(s^2 + 2 zeta w s + w^2)``, a lasting force a
  ends at a/w^2 and never washes out; of the third, ``s / ((s^2 + 2 zeta w s + w^2)(s + w_b))``, it ends at home.
- *Tilt coordination*: the slow part, low-passed, is given by tilting: ``asin(f/g)``, no quicker than a person notices (3 deg/s; Groen &
  Bles 2004).
- *Rotation*: the quick part of the angular rate turns the seat: ``angle/omega = 1/(s + w)``, a first-order high-pass and one integration.

All filters begin in the steady state of the first sample. At rest the output is 0 from the first sample to the last, to the bit.
Digital by the bilinear transform at the stated rate, as second-order sections in transposed direct form II, any number of seats at once.
The seat's limits are not the filter's: what drives a seat from it is fitted (`engine.motion.cueing.fit.fit_poses`) or governed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.motion.cueing.values import GRAVITY_MPS2, Course, Floats

# Component of the force -> axis of the pose: right is sway (1), forward surge (0), up heave (2).
_LINEAR_AXIS = (1, 0, 2)
# Component of the turning -> axis of the pose: pitch (4), roll (3), yaw (5).
_TURN_AXIS = (4, 3, 5)


@dataclass(frozen=True, slots=True)
class WashoutParameters:
    """Parameters of the filters.

    Attributes
    ----------
    rate_hz : float
        Samples a second.
    order : 2 or 3
        Of the translational high-pass.
    high_rps, high_zeta, pole_rps : float
        Its corner in rad/s, its damping, and of the third order its further pole.
    low_rps, low_zeta : float
        Tilt coordination's low-pass.
    turn_rps : float
        Corner of the rotational high-pass, rad/s.
    tilt_dps : float
        Greatest rate of tilt coordination, deg/s; infinite: unlimited.
    tilt_most : float
        Sine of the greatest tilt: forces beyond it ask for no more.
    force_gain, turn_gain : float
        Of what is felt beyond gravity, and of the turning.
    """

    rate_hz: float = 100.0
    order: int = 3
    high_rps: float = 2.5
    high_zeta: float = 1.0
    pole_rps: float = 0.25
    low_rps: float = 5.0
    low_zeta: float = 1.0
    turn_rps: float = 2.5
    tilt_dps: float = 3.0
    tilt_most: float = 0.5
    force_gain: float = 1.0
    turn_gain: float = 1.0

    def __post_init__(self) -> None:
        if self.order not in (2, 3):
            raise ValueError(f"a translational high-pass of order {self.order}; allowed: 2, 3")
        for name in ("rate_hz", "high_rps", "high_zeta", "low_rps", "low_zeta", "turn_rps", "tilt_dps"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
        if self.order == 3 and not self.pole_rps > 0.0:
            raise ValueError(f"pole_rps is {self.pole_rps}; it must be above 0")
        if not 0.0 < self.tilt_most <= 1.0:
            raise ValueError(f"tilt_most is {self.tilt_most}; allowed: above 0, up to 1")
        fastest = max(self.high_rps, self.low_rps, self.turn_rps, self.pole_rps)
        if self.rate_hz * np.pi <= 2.0 * fastest:
            raise ValueError(
                f"{self.rate_hz:g} samples a second are too few for a corner of {fastest:g} rad/s"
            )


class _Sections:
    """Second-order sections, transposed direct form II, with a state per seat and component."""

    def __init__(self, sos: Floats, first: Floats) -> None:
        from scipy.signal import sosfilt_zi

        self._sos = sos
        start = np.zeros((len(sos), 2, *first.shape))
        if np.any(first):
            start = np.multiply.outer(sosfilt_zi(sos), first)
        self._state = start

    def run(self, values: Floats) -> Floats:
        """Next samples float64[N, ...]."""
        from scipy.signal import sosfilt

        found, self._state = sosfilt(self._sos, values, axis=0, zi=self._state)
        return np.asarray(found, dtype=np.float64)


class Washout:
    """Streams poses from felt motion, for any number of seats at once.

    Parameters
    ----------
    parameters : WashoutParameters, optional

    Notes
    -----
    State is carried from call to call: blocks of any length give what one block gives.
    """

    def __init__(self, parameters: WashoutParameters | None = None) -> None:
        self.parameters = parameters or WashoutParameters()
        self._filters: tuple[_Sections, _Sections, _Sections] | None = None
        self._tilt_deg: Floats = np.zeros(0)

    def run(self, force_mps2: Floats, turn_dps: Floats) -> Floats:
        """The poses of the next samples.

        Parameters
        ----------
        force_mps2, turn_dps : float64[N, ..., 3]
            As in `engine.motion.cueing.values.Course`, with any axes of seats in between; a NaN counts as rest.

        Returns
        -------
        float64[N, ..., 6]
            In the order of `engine.units.MOTION_AXES`, m and deg.
        """
        p = self.parameters
        rest = np.array([0.0, 0.0, GRAVITY_MPS2])
        force = np.asarray(force_mps2, dtype=np.float64)
        # Gravity is taken off first, so that at rest exact zeros go into every filter.
        beyond = np.where(np.isfinite(force), force - rest, 0.0) * p.force_gain
        turn = np.nan_to_num(np.asarray(turn_dps, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        turn = turn * p.turn_gain
        poses = np.zeros((*beyond.shape[:-1], 6))
        if not len(beyond):
            return poses
        level = beyond[..., :2]
        if self._filters is None:
            self._filters = (
                _Sections(translation_sos(p), beyond[0]),
                _Sections(tilt_sos(p), level[0]),
                _Sections(rotation_sos(p), turn[0]),
            )
            self._tilt_deg = self._tilt_of(level[0])
        moved, slow, turned = (
            section.run(values) for section, values in zip(self._filters, (beyond, level, turn), strict=True)
        )
        tilt = self._limited(self._tilt_of(slow))
        for component in range(3):
            poses[..., _LINEAR_AXIS[component]] = moved[..., component]
            poses[..., _TURN_AXIS[component]] = turned[..., component]
        # A force to the right is given by the left side down, one forwards by the nose up.
        poses[..., 3] -= tilt[..., 0]
        poses[..., 4] += tilt[..., 1]
        return poses

    def _tilt_of(self, level: Floats) -> Floats:
        most = self.parameters.tilt_most
        return np.degrees(np.arcsin(np.clip(level / GRAVITY_MPS2, -most, most)))

    def _limited(self, asked_deg: Floats) -> Floats:
        step = self.parameters.tilt_dps / self.parameters.rate_hz
        if not np.isfinite(step):
            self._tilt_deg = asked_deg[-1]
            return asked_deg
        found = np.empty_like(asked_deg)
        now = self._tilt_deg
        for number, asked in enumerate(asked_deg):
            now = now + np.clip(asked - now, -step, step)
            found[number] = now
        self._tilt_deg = now
        return found


def _sos(numerator: Floats, denominator: Floats, rate_hz: float) -> Floats:
    from scipy.signal import bilinear, tf2sos

    return np.asarray(tf2sos(*bilinear(numerator, denominator, fs=rate_hz)), dtype=np.float64)


def translation_sos(p: WashoutParameters) -> Floats:
    """Specific force (m/s^2) to displacement (m): high-pass and double integration, cancelled by hand."""
    second = np.array([1.0, 2.0 * p.high_zeta * p.high_rps, p.high_rps**2])
    if p.order == 2:
        return _sos(np.array([1.0]), second, p.rate_hz)
    return _sos(np.array([1.0, 0.0]), np.polymul(second, [1.0, p.pole_rps]), p.rate_hz)


def tilt_sos(p: WashoutParameters) -> Floats:
    """Specific force to its slow part."""
    return _sos(
        np.array([p.low_rps**2]),
        np.array([1.0, 2.0 * p.low_zeta * p.low_rps, p.low_rps**2]),
        p.rate_hz,
    )


def rotation_sos(p: WashoutParameters) -> Floats:
    """Angular rate (deg/s) to angle (deg): first-order high-pass and integration, cancelled by hand."""
    return _sos(np.array([1.0]), np.array([1.0, p.turn_rps]), p.rate_hz)


def washed_out(course: Course, parameters: WashoutParameters | None = None) -> Floats:
    """A whole course at once: poses float64[N, 6] at its own rate."""
    from dataclasses import replace

    parameters = replace(parameters or WashoutParameters(), rate_hz=course.rate_hz)
    return Washout(parameters).run(course.force_mps2, course.turn_dps)
