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
        # Four bytes are taken where three are meant; the lowest, the sample before's, is shifted out. Four times as fast as building them.
        count = len(data) // 3
        whole = np.ndarray(count, "<i4", b"\0" + data, strides=(3,)) >> 8
        flat = whole.astype(np.float32)
        flat *= np.float32(2.0**-23)
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
    # 24 bits are a float's own; 32 need a double.
    exact = np.float32 if form.bits <= 24 and samples.dtype == np.float32 else np.float64
    whole = np.rint(np.clip(np.multiply(samples, exact(full), dtype=exact), -full, full - 1))
    if form.bits == 8:
        return (whole + 128).astype(np.uint8).tobytes()
    if form.bits == 24:
        return np.ascontiguousarray(whole.astype("<i4")).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return whole.astype("<i2" if form.bits == 16 else "<i4").tobytes()
