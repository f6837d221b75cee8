"""A recording of a vibration: its envelope and its frequency, window by window.

Amplitude is the peak of a sine with the window's r.m.s. (so a full-scale sine is 1), in windows of `WINDOW_S` every
`STEP_S`, long enough that a sine of 40 Hz and more does not show in it; frequency is counted in rising crossings of
zero, within what a shaker does. Both are thinned to straight lines within `TOLERANCE`.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from engine.experience.haptics.clip import HapticClip, HapticFile, Point, Reading, sharpness_of

WINDOW_S = 0.04
STEP_S = 0.01
TOLERANCE = 0.01
LONGEST_WAV_S = 3600.0
_SILENT = 1e-3


def read_wav(path: Path, reading: Reading) -> HapticFile:
    """A file's content; several channels become clips.

    Raises
    ------
    PackageError
        When it cannot be read.
    """
    import soundfile

    try:
        with soundfile.SoundFile(str(path)) as file:
            rate_hz = file.samplerate
            frames = min(file.frames, round(LONGEST_WAV_S * rate_hz))
            if rate_hz < 200 or frames <= 0:
                raise reading.refuse(f"{frames} samples at {rate_hz} Hz", "200 Hz and more are read")
            samples = file.read(frames, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        raise reading.refuse(f"not readable as sound: {error}", "give a WAV or FLAC file") from error
    if not np.isfinite(samples).all():
        reading.say("samples that are no numbers", "taken for silence")
        samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    clips = []
    for index in range(min(samples.shape[1], 16)):
        name = "" if samples.shape[1] == 1 else f"channel_{index + 1}"
        clips.append(_clip(name, samples[:, index], rate_hz))
    return HapticFile(tuple(clips), tuple(reading.notices), path.stem)


def _clip(name: str, samples: np.ndarray, rate_hz: int) -> HapticClip:
    step = max(1, round(STEP_S * rate_hz))
    window = np.hanning(max(3, round(WINDOW_S * rate_hz)) + 2)[1:-1]
    power = np.convolve(samples**2, window / window.sum(), mode="same")
    # At the edges part of the window lies outside the recording: what is inside counts for the whole.
    inside = np.convolve(np.ones(len(samples)), window / window.sum(), mode="same")
    at = np.unique(np.append(np.arange(0, len(samples), step), len(samples) - 1))
    amplitude = np.clip(np.sqrt(2.0 * power[at] / inside[at]), 0.0, 1.0)
    times = at / rate_hz
    envelope = [Point(float(t), float(a)) for t, a in zip(times, amplitude, strict=True)]
    sharp = [
        Point(float(t), sharpness_of(hz))
        for t, hz, a in zip(times, _frequency(samples, rate_hz, times), amplitude, strict=True)
        if a > _SILENT
    ]
    return HapticClip(name, tuple(thinned(envelope, TOLERANCE)), tuple(thinned(sharp, TOLERANCE)))


def _frequency(samples: np.ndarray, rate_hz: int, times: np.ndarray) -> list[float]:
    """Frequency around each instant, from the rising crossings of zero before and after it."""
    rising = np.flatnonzero((samples[:-1] < 0.0) & (samples[1:] >= 0.0))
    if len(rising) < 2:
        return [90.0] * len(times)
    # Between two samples the crossing is where the line is.
    exact = rising + samples[rising] / (samples[rising] - samples[rising + 1])
    at = np.clip(np.searchsorted(exact, times * rate_hz), 1, len(exact) - 1)
    return [float(hz) for hz in rate_hz / np.maximum(exact[at] - exact[at - 1], 1e-9)]


def thinned(points: list[Point], tolerance: float) -> list[Point]:
    """The fewest points a straight-line walk needs to stay within `tolerance` of all of them.

    From each point kept, the longest line whose slope stays inside the cone of all that follows (Reumann and Witkam's idea with an
    error bound in value).
    """
    if len(points) < 3:
        return points
    kept = [points[0]]
    anchor = points[0]
    low, high = -math.inf, math.inf
    for index in range(1, len(points)):
        point = points[index]
        dt = point.t_s - anchor.t_s
        if dt <= 0.0:
            continue
        slope = (point.value - anchor.value) / dt
        if not low <= slope <= high:
            anchor = points[index - 1]
            kept.append(anchor)
            dt = max(point.t_s - anchor.t_s, 1e-12)
            low, high = -math.inf, math.inf
        low = max(low, (point.value - tolerance - anchor.value) / dt)
        high = min(high, (point.value + tolerance - anchor.value) / dt)
    kept.append(points[-1])
    return kept
