"""Vibration of hands by OpenXR: PCM samples, an amplitude envelope, or one plain vibration, whichever the runtime has.

Sources: OpenXR 1.1, sections 11.6 and 11.7 (haptics; applying one replaces what plays); XR_FB_haptic_pcm (append, samples consumed,
at most 4,000 samples a call); XR_FB_haptic_amplitude_envelope (at most 4,000 amplitudes, spread evenly over the duration).
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Collection, Sequence
from typing import Any

from engine.xr.openxr.extensions import HAPTIC_ENVELOPE, HAPTIC_PCM
from engine.xr.openxr.library import Calls
from engine.xr.openxr.memory import pointing
from engine.xr.runtime import HapticForm, HapticPulse

MOST_SAMPLES = 4000
"""`XR_MAX_HAPTIC_PCM_BUFFER_SIZE_FB`."""

MOST_AMPLITUDES = 4000
"""`XR_MAX_HAPTIC_AMPLITUDE_ENVELOPE_SAMPLES_FB`."""

LEAST_RATE_HZ = 400.0
"""Fewer samples a second make no sine that a hand could tell from an envelope (`HapticSetup` asks for two a reading)."""


class HapticOutput:
    """The haptic action of a session, by hand.

    Parameters
    ----------
    calls : Calls
    session : xr.Session
    action : xr.Action
    hand_paths : sequence of int
        XrPaths of /user/hand/left and right.
    extensions : collection of str
        In use.

    Notes
    -----
    Where a runtime's queue of samples was full, what it did not take is given first the next time; a rest that is older than one
    full call is dropped, since late is worse than lost.
    """

    def __init__(
        self, calls: Calls, session: Any, action: Any, hand_paths: Sequence[int], extensions: Collection[str]
    ) -> None:
        xr = calls.xr
        self._calls = calls
        self._session = session
        self._targets = [xr.HapticActionInfo(action=action, subaction_path=path) for path in hand_paths]
        self._envelopes = HAPTIC_ENVELOPE in extensions
        self._pcm = HAPTIC_PCM in extensions and calls.has("xrGetDeviceSampleRateFB")
        self._rates_hz: list[float | None] = [None for _ in hand_paths]
        self._rest: list[tuple[float, ...]] = [() for _ in hand_paths]
        self._header = ctypes.POINTER(xr.HapticBaseHeader)

    def forget_devices(self) -> None:
        """Another controller may be in the hands: ask again what it plays."""
        self._rates_hz = [None for _ in self._rates_hz]
        self._rest = [() for _ in self._rest]

    def pcm_rate_hz(self, hand: int) -> float:
        """Samples a second of this hand's actuator; 0 where it takes none."""
        if not self._pcm:
            return 0.0
        rate_hz = self._rates_hz[hand]
        if rate_hz is None:
            state = self._calls.xr.DevicePcmSampleRateStateFB()
            result = self._calls.ask(
                "xrGetDeviceSampleRateFB",
                self._session,
                ctypes.byref(self._targets[hand]),
                ctypes.byref(state),
            )
            # No device bound yet is an answer, not a fault: it is asked again when another profile comes.
            rate_hz = state.sample_rate if result >= 0 and math.isfinite(state.sample_rate) else 0.0
            self._rates_hz[hand] = max(0.0, rate_hz)
        return self._rates_hz[hand] or 0.0

    def form(self, hand: int) -> HapticForm:
        """The best form for this hand."""
        if self.pcm_rate_hz(hand) >= LEAST_RATE_HZ:
            return "pcm"
        return "envelope" if self._envelopes else "simple"

    def play(self, pulse: HapticPulse) -> None:
        """Begin a pulse in the best form that it was made in and the hand plays."""
        if pulse.pcm and self.form(pulse.hand) == "pcm":
            self._play_samples(pulse)
        elif pulse.envelope and self._envelopes:
            self._play_envelope(pulse)
        elif pulse.amplitude > 0.0 and pulse.duration_ns > 0:
            self._apply(
                pulse.hand,
                self._calls.xr.HapticVibration(
                    duration=pulse.duration_ns,
                    frequency=pulse.frequency_hz,
                    amplitude=min(pulse.amplitude, 1.0),
                ),
            )
        else:
            self.stop(pulse.hand)

    def stop(self, hand: int) -> None:
        """Silence."""
        self._rest[hand] = ()
        self._calls("xrStopHapticFeedback", self._session, ctypes.byref(self._targets[hand]))

    def _play_envelope(self, pulse: HapticPulse) -> None:
        amplitudes = pulse.envelope[:MOST_AMPLITUDES]
        array = (ctypes.c_float * len(amplitudes))(*amplitudes)
        vibration = self._calls.xr.HapticAmplitudeEnvelopeVibrationFB(duration=pulse.duration_ns)
        vibration.amplitude_count = len(amplitudes)
        vibration._amplitudes = pointing(ctypes.POINTER(ctypes.c_float), array)
        self._apply(pulse.hand, vibration)

    def _play_samples(self, pulse: HapticPulse) -> None:
        samples = (*self._rest[pulse.hand], *pulse.pcm) if pulse.append else pulse.pcm
        given = samples[:MOST_SAMPLES]
        array = (ctypes.c_float * len(given))(*given)
        taken = ctypes.c_uint32(0)
        vibration = self._calls.xr.HapticPcmVibrationFB(
            buffer_size=len(given),
            buffer=pointing(ctypes.POINTER(ctypes.c_float), array),
            sample_rate=self.pcm_rate_hz(pulse.hand),
            append=1 if pulse.append else 0,
            samples_consumed=ctypes.pointer(taken),
        )
        self._apply(pulse.hand, vibration)
        rest = samples[min(taken.value, len(given)) :]
        self._rest[pulse.hand] = rest if len(rest) <= MOST_SAMPLES else ()

    def _apply(self, hand: int, vibration: Any) -> None:
        self._calls(
            "xrApplyHapticFeedback",
            self._session,
            ctypes.byref(self._targets[hand]),
            pointing(self._header, vibration),
        )
