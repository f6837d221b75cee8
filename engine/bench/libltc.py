"""libltc through ctypes: the linear timecode library other programs use, as a peer to be measured and tested against."""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_STANDARDS = {30: 0, 25: 1, 24: 3}
"""LTC_TV_525_60, LTC_TV_625_50, LTC_TV_FILM_24."""


class _Frame(ctypes.Structure):
    _fields_ = (
        ("ltc", ctypes.c_ubyte * 10),
        ("off_start", ctypes.c_longlong),
        ("off_end", ctypes.c_longlong),
        ("reverse", ctypes.c_int),
        ("biphase_tics", ctypes.c_float * 80),
        ("sample_min", ctypes.c_ubyte),
        ("sample_max", ctypes.c_ubyte),
        ("volume", ctypes.c_double),
    )


@dataclass(frozen=True, slots=True)
class PeerFrame:
    """A word libltc read: its ten bytes, in the order of a forward word, and where it lay."""

    data: bytes
    start: int
    end: int
    reverse: bool


class LibLtc:
    """The library.

    Raises
    ------
    OSError
        When it is not installed (Debian: libltc11).
    """

    def __init__(self) -> None:
        name = ctypes.util.find_library("ltc")
        if name is None:
            raise OSError("libltc is not installed (apt-get install libltc11)")
        self._lib = lib = ctypes.CDLL(name)
        self.name = name
        lib.ltc_decoder_create.restype = ctypes.c_void_p
        lib.ltc_decoder_create.argtypes = (ctypes.c_int, ctypes.c_int)
        lib.ltc_decoder_free.argtypes = (ctypes.c_void_p,)
        lib.ltc_decoder_write_float.argtypes = (
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_size_t,
            ctypes.c_longlong,
        )
        lib.ltc_decoder_read.argtypes = (ctypes.c_void_p, ctypes.POINTER(_Frame))
        lib.ltc_encoder_create.restype = ctypes.c_void_p
        lib.ltc_encoder_create.argtypes = (ctypes.c_double, ctypes.c_double, ctypes.c_int, ctypes.c_int)
        lib.ltc_encoder_free.argtypes = (ctypes.c_void_p,)
        lib.ltc_encoder_set_frame.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
        lib.ltc_encoder_encode_frame.argtypes = (ctypes.c_void_p,)
        lib.ltc_encoder_inc_timecode.argtypes = (ctypes.c_void_p,)
        lib.ltc_encoder_get_buffersize.restype = ctypes.c_size_t
        lib.ltc_encoder_get_buffersize.argtypes = (ctypes.c_void_p,)
        lib.ltc_encoder_get_buffer.restype = ctypes.c_int
        lib.ltc_encoder_get_buffer.argtypes = (ctypes.c_void_p, ctypes.c_char_p)

    def decode(self, sound: Samples, samples_per_frame: int) -> list[PeerFrame]:
        """What it reads in one channel, in blocks of 1024 samples as its own example does."""
        decoder = self._lib.ltc_decoder_create(samples_per_frame, 32)
        found = []
        frame = _Frame()
        sound = np.ascontiguousarray(sound, dtype=np.float32)
        try:
            for start in range(0, len(sound), 1024):
                block = sound[start : start + 1024]
                self._lib.ltc_decoder_write_float(decoder, block.ctypes.data, len(block), start)
                while self._lib.ltc_decoder_read(decoder, ctypes.byref(frame)) > 0:
                    found.append(
                        PeerFrame(bytes(frame.ltc), frame.off_start, frame.off_end, bool(frame.reverse))
                    )
        finally:
            self._lib.ltc_decoder_free(decoder)
        return found

    def encode(self, first_word: bytes, fps: float, count: int, frames: int, sample_rate_hz: int) -> Samples:
        """Sound it makes: `frames` frames counted on by its own arithmetic from a word of ten bytes."""
        encoder = self._lib.ltc_encoder_create(float(sample_rate_hz), fps, _STANDARDS[count], 0)
        pieces = []
        try:
            self._lib.ltc_encoder_set_frame(encoder, first_word)
            buffer = ctypes.create_string_buffer(self._lib.ltc_encoder_get_buffersize(encoder))
            for _ in range(frames):
                self._lib.ltc_encoder_encode_frame(encoder)
                length = self._lib.ltc_encoder_get_buffer(encoder, buffer)
                pieces.append(np.frombuffer(buffer.raw[:length], dtype=np.uint8).astype(np.float32))
                self._lib.ltc_encoder_inc_timecode(encoder)
        finally:
            self._lib.ltc_encoder_free(encoder)
        return ((np.concatenate(pieces) - 128.0) / 128.0).astype(np.float32)
