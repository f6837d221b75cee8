"""Stored samples to float and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.formats.values import WaveFormat

Samples = NDArray[np.float32]


def decoded(data: bytes, form: WaveFormat) -> Samples:
    """Bytes of whole frames as float, full scale 1.

    Returns
    -------
    ndarray of float32, shape (frames, channels)
        NaN and infinity of a float file are as they are; see `WaveReader.read`.
    """
    if form.coding == "float":
        flat = np.frombuffer(data, "<f4" if form.bits == 32 else "<f8").astype(np.float32)
    elif form.bits == 8:
        flat = (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / np.float32(128)
    elif form.bits == 16:
        flat = np.frombuffer(data, "<i2") * np.float32(2.0**-15)
    elif form.bits == 32:
        flat = (np.frombuffer(data, "<i4") * 2.0**-31).astype(np.float32)
    else:
        raw = np.frombuffer(data, np.uint8)
        # Four bytes are read where three are meant, so that the sample is the upper part of a whole number.
        wide = np.zeros((raw.size // 3, 4), np.uint8)
        wide[:, 1:] = raw.reshape(-1, 3)
        flat = wide.view("<i4").ravel() * np.float32(2.0**-31)
    return np.asarray(flat, np.float32).reshape(-1, form.channels)


def encoded(samples: NDArray[np.floating], form: WaveFormat) -> bytes:
    """Float frames as bytes; PCM is rounded, and clipped at full scale.

    Parameters
    ----------
    samples : ndarray, shape (frames, channels)
    """
    if form.coding == "float":
        return np.ascontiguousarray(samples, "<f4" if form.bits == 32 else "<f8").tobytes()
    full = float(1 << (form.bits - 1))
    whole = np.rint(np.clip(np.asarray(samples, np.float64) * full, -full, full - 1))
    if form.bits == 8:
        return (whole + 128).astype(np.uint8).tobytes()
    if form.bits == 24:
        return np.ascontiguousarray(whole.astype("<i4")).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return whole.astype("<i2" if form.bits == 16 else "<i4").tobytes()
