"""What a guest feels of it: the vestibular organs as linear filters with thresholds, and the error they make of a cue.

Sources
-------
- Filters: Telban & Cardullo, Motion Cueing Algorithm Development, NASA/CR-2005-213747, chapter 3. Semicircular canals
  ``5.73 * 80 s^2 (1 + 0.06 s) / ((1 + 80 s)(1 + 5.73 s))``, which passes angular rates from some 0.03 Hz on; its lead of 0.06 s, which
  would grow without end, is closed here by the 0.005 s of the afferent's own lag. Otoliths ``0.4 (1 + 10 s) / ((1 + 5 s)(1 + 0.016 s))``,
  0.4 of a lasting force and 0.8 of a quick one.
- Thresholds: Reid & Nahon, UTIAS report 296, 1985: 0.17 m/s^2 forwards and sideways, 0.28 m/s^2 up; 3.6, 3.0 and 2.6 deg/s about pitch,
  roll and yaw. They are those of an attentive person with nothing else to do; at the cinema they are higher.

An error is felt where the *sensed* courses differ by more than a threshold. It is a figure to compare one cue with another by, not a
measurement of a person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.motion.cueing.values import Course, Floats

FORCE_THRESHOLD_MPS2 = (0.17, 0.17, 0.28)
"""Right, forward, up."""

TURN_THRESHOLD_DPS = (3.6, 3.0, 2.6)
"""Pitch, roll, yaw."""


@dataclass(frozen=True, slots=True, eq=False)
class FeltError:
    """What a guest would feel wrong.

    Attributes
    ----------
    force_mps2 : float64[N, 3]
        Sensed specific force given minus wanted (`engine.motion.cueing.values.FORCE_AXES`).
    turn_dps : float64[N, 3]
        Sensed angular rate given minus wanted (`TURN_AXES`).
    force_rms_mps2, turn_rms_dps : 3 floats
        Root mean squares.
    over_rms : float
        Root mean square of what exceeds its threshold, all six together, in thresholds: the one figure of a cue. 0: nothing is noticed.
    noticed : float
        Share of the time in which anything exceeds its threshold, 0..1.
    """

    force_mps2: Floats
    turn_dps: Floats
    force_rms_mps2: tuple[float, float, float]
    turn_rms_dps: tuple[float, float, float]
    over_rms: float
    noticed: float


def _bilinear(
    numerator: tuple[float, ...], denominator: tuple[float, ...], rate_hz: float
) -> tuple[Floats, Floats]:
    from scipy.signal import bilinear

    b, a = bilinear(numerator, denominator, fs=rate_hz)
    return np.asarray(b, dtype=np.float64), np.asarray(a, dtype=np.float64)


def sensed_force(force_mps2: Floats, rate_hz: float) -> Floats:
    """What the otoliths make of a specific force, float64[N, ...]; begun as if the first value had always been."""
    from scipy.signal import sosfilt

    sos = _otolith_sos(rate_hz)
    return _run(sos, np.asarray(force_mps2, dtype=np.float64), sosfilt)


def sensed_turn(turn_dps: Floats, rate_hz: float) -> Floats:
    """What the semicircular canals make of an angular rate, float64[N, ...]; begun at rest with the first value as news of old."""
    from scipy.signal import sosfilt

    sos = _canal_sos(rate_hz)
    return _run(sos, np.asarray(turn_dps, dtype=np.float64), sosfilt)


def _otolith_sos(rate_hz: float) -> Floats:
    # (1 + 10 s)(0.4) over (1 + 5 s)(1 + 0.016 s)
    b, a = _bilinear((4.0, 0.4), tuple(np.polymul((5.0, 1.0), (0.016, 1.0))), rate_hz)
    return np.concatenate((b, a))[None, :]


def _canal_sos(rate_hz: float) -> Floats:
    slow = _bilinear((80.0, 0.0), (80.0, 1.0), rate_hz)
    middle = _bilinear((5.73, 0.0), (5.73, 1.0), rate_hz)
    quick = _bilinear((0.06, 1.0), (0.005, 1.0), rate_hz)
    return np.stack([np.concatenate((b, [0.0], a, [0.0])) for b, a in (slow, middle, quick)])


def _run(sos: Floats, values: Floats, sosfilt: object) -> Floats:
    from scipy.signal import sosfilt_zi

    if not len(values):
        return values.copy()
    shape = (len(sos), 2, *values.shape[1:])
    start = np.multiply.outer(sosfilt_zi(sos), values[0]).reshape(shape)
    found, _ = sosfilt(sos, values, axis=0, zi=start)  # type: ignore[operator]
    return np.asarray(found, dtype=np.float64)


def felt_error(wanted: Course, given: Course) -> FeltError:
    """Compare what a guest is given with what was wanted.

    Parameters
    ----------
    wanted, given : Course
        Of one rate and length, N > 0.

    Raises
    ------
    ValueError
        Where they differ in rate or length, or are empty.
    """
    if wanted.rate_hz != given.rate_hz or len(wanted) != len(given) or not len(wanted):
        raise ValueError(
            f"courses of {wanted.rate_hz:g} Hz x {len(wanted)} and {given.rate_hz:g} Hz x {len(given)} cannot be compared"
        )
    force = sensed_force(given.force_mps2 - wanted.force_mps2, wanted.rate_hz)
    turn = sensed_turn(given.turn_dps - wanted.turn_dps, wanted.rate_hz)
    shares = np.concatenate((np.abs(force) / FORCE_THRESHOLD_MPS2, np.abs(turn) / TURN_THRESHOLD_DPS), axis=1)
    over = np.maximum(shares - 1.0, 0.0)
    return FeltError(
        force_mps2=force,
        turn_dps=turn,
        force_rms_mps2=_three(np.sqrt((force**2).mean(axis=0))),
        turn_rms_dps=_three(np.sqrt((turn**2).mean(axis=0))),
        over_rms=float(np.sqrt((over**2).sum(axis=1).mean())),
        noticed=float((over > 0.0).any(axis=1).mean()),
    )


def _three(row: Floats) -> tuple[float, float, float]:
    return float(row[0]), float(row[1]), float(row[2])
