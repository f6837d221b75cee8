"""Timecode through sound devices.

PortAudio's own time has no fixed domain across host interfaces, so only its differences are used, on top of our clock. A call
comes late at times, never early: of the recent ones the earliest is believed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bus.timecode.hearing import Ear, EarMaker
from engine.bus.timecode.ports import Lead, PortName, Tally
from engine.bus.timecode.sounding import Voice
from engine.errors import DeviceGone
from engine.time.clocks import Clock
from engine.time.codes.word import CodeWord, Wire

Samples = NDArray[np.float32]

_NS = 1_000_000_000
_RATE_HZ = 48_000
_BLOCK = 480
_REMEMBERED = 64
_ERAS = 32
_LONGEST_LATENCY_S = 0.5
_OUT_LATENCY_S = 0.04
"""Enough for a busy machine; a stop that was not known ahead is heard this late."""
_HELD_BLOCKS = 400
"""Four seconds of blocks wait for a reader that is away; then the oldest are lost, and counted."""
_GONE_AFTER_NS = 2 * _NS


class SampleInstants:
    """Host instants of samples, from when their blocks were handed over."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._eras: deque[tuple[int, deque[int]]] = deque([(0, deque(maxlen=_REMEMBERED))], maxlen=_ERAS)

    def saw(self, sample: int, at_ns: int) -> None:
        """Sample number `sample` was (or will be) at the converter at `at_ns`, or a little before."""
        self._eras[-1][1].append(at_ns - sample * _NS // self._rate_hz)

    def lost(self, sample: int) -> None:
        """Before this sample others were lost, nobody knows how many: from here on instants are found afresh."""
        self._eras.append((sample, deque(maxlen=_REMEMBERED)))

    def at_ns(self, sample: float) -> int:
        """Host instant of a sample, fractions included."""
        known = [era for era in self._eras if era[1]]
        zeros = next((zeros for first, zeros in reversed(known) if first <= sample), known[0][1])
        return min(zeros) + round(sample * _NS / self._rate_hz)


def _portaudio() -> Any:
    try:
        import sounddevice  # starts PortAudio, which fails outright where a sound system is broken
    except (ImportError, OSError) as error:
        raise DeviceGone(f"no PortAudio ({error}); install it, or use a sound file") from error
    return sounddevice


def _chosen(library: Any, where: PortName, direction: str) -> int | None:
    """Index of the device whose name, or host interface and name, contains what was asked for."""
    key = f"max_{direction}_channels"
    hosts = library.query_hostapis()
    there = [
        (index, f"{hosts[device['hostapi']]['name']}: {device['name']}")
        for index, device in enumerate(library.query_devices())
        if device[key] >= where.number
    ]
    if not where.name:
        if there:
            return None
    else:
        wanted = where.name.casefold()
        exact = [index for index, name in there if name.casefold().endswith(": " + wanted)]
        for index in exact or [index for index, name in there if wanted in name.casefold()]:
            return index
    names = "; ".join(sorted({name for _, name in there})) or "none"
    raise DeviceGone(
        f"no sound device {where.name or '(the default one)'!r} with {direction} channel {where.number}; there are: {names}"
    )


class AudioReader:
    """LTC or digital-cinema sync from one channel of a sound device."""

    def __init__(self, wire: Wire, port: str, where: PortName, make_ear: EarMaker, clock: Clock) -> None:
        self.wire, self.port = wire, port
        self._where, self._make_ear, self._clock = where, make_ear, clock
        self._stream: Any = None
        self._ear: Ear | None = None
        self._blocks: deque[Samples] = deque()
        self._torn = False
        self._refused = 0
        self._filled = threading.Condition()
        self._instants = SampleInstants(_RATE_HZ)
        self._taken = 0
        self._heard_ns = 0
        self._words = self._overruns = 0

    def open(self) -> None:
        """Begin to listen. Raises DeviceGone, with the devices there are."""
        if self._stream is not None:
            return
        library = _portaudio()
        device = _chosen(library, self._where, "input")
        self._ear = self._make_ear(_RATE_HZ)
        self._blocks.clear()
        self._instants = SampleInstants(_RATE_HZ)
        self._taken = self._words = self._overruns = self._refused = 0
        self._torn = False
        self._heard_ns = self._clock.now_ns()
        try:
            self._stream = library.InputStream(
                samplerate=_RATE_HZ,
                blocksize=_BLOCK,
                device=device,
                channels=self._where.number,
                dtype="float32",
                latency="high",  # words carry their instant: only losses matter
                callback=self._called,
            )
            self._stream.start()
        except (library.PortAudioError, ValueError) as error:
            self.close()
            raise DeviceGone(f"{self.port}: the sound device cannot be opened ({error})") from error

    def _called(self, sound: Samples, frames: int, instants: Any, status: Any) -> None:
        now_ns = self._clock.now_ns()
        age_s = getattr(instants, "currentTime", 0.0) - getattr(instants, "inputBufferAdcTime", 0.0)
        if not 0.0 < age_s < _LONGEST_LATENCY_S:
            age_s = frames / _RATE_HZ
        with self._filled:
            if getattr(status, "input_overflow", False):
                self._overruns += 1
                self._instants.lost(self._taken)
            if len(self._blocks) >= _HELD_BLOCKS:
                # What was lost would shift all that follows: begin afresh, with an ear that knows nothing.
                self._overruns += 1
                self._blocks.clear()
                self._instants = SampleInstants(_RATE_HZ)
                self._taken = 0
                self._torn = True
            self._blocks.append(sound[:, self._where.number - 1].copy())
            self._instants.saw(self._taken, now_ns - round(age_s * _NS))
            self._taken += frames
            self._heard_ns = now_ns
            self._filled.notify()

    def read(self, timeout_s: float) -> Sequence[CodeWord]:
        """Words so far."""
        if self._stream is None or self._ear is None:
            raise DeviceGone(f"{self.port} is not open")
        with self._filled:
            if not self._blocks:
                self._filled.wait(timeout_s)
            blocks = list(self._blocks)
            self._blocks.clear()
            torn, self._torn = self._torn, False
            instants = self._instants
        if torn:
            self._refused += self._ear.refused
            self._ear = self._make_ear(_RATE_HZ)
        if not blocks:
            if self._clock.now_ns() - self._heard_ns > _GONE_AFTER_NS:
                raise DeviceGone(f"{self.port}: the sound device gives no sound any more; check its cable")
            return []
        heard = self._ear.push(np.concatenate(blocks))
        with self._filled:  # the instants grow in PortAudio's thread
            found = [replace(item.word, at_ns=instants.at_ns(item.at_sample)) for item in heard]
        self._words += len(found)
        return found

    @property
    def tally(self) -> Tally:
        """What has been seen since `open`."""
        return Tally(self._words, self._refused + (self._ear.refused if self._ear else 0), self._overruns)

    def close(self) -> None:
        """Stop listening."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close(ignore_errors=True)


class AudioWriter:
    """LTC or digital-cinema sync to one channel of a sound device; made in PortAudio's callback, for the instant it is heard."""

    def __init__(self, wire: Wire, port: str, where: PortName, voice: Voice, clock: Clock) -> None:
        self.wire, self.port = wire, port
        self._where, self._voice, self._clock = where, voice, clock
        self._stream: Any = None
        self._lead: Lead | None = None
        self._failure: Exception | None = None
        self._instants = SampleInstants(voice.sample_rate_hz)
        self._written = 0
        self._latency_s = 0.0

    def open(self) -> None:
        """Take the device; silent until `start`. Raises DeviceGone, with the devices there are."""
        if self._stream is not None:
            return
        library = _portaudio()
        device = _chosen(library, self._where, "output")
        self._failure, self._written = None, 0
        self._instants = SampleInstants(self._voice.sample_rate_hz)
        try:
            self._stream = library.OutputStream(
                samplerate=self._voice.sample_rate_hz,
                blocksize=_BLOCK,
                device=device,
                channels=self._where.number,
                dtype="float32",
                latency=_OUT_LATENCY_S,
                callback=self._called,
            )
            self._latency_s = float(self._stream.latency)
            self._stream.start()
        except (library.PortAudioError, ValueError) as error:
            self.close()
            raise DeviceGone(f"{self.port}: the sound device cannot be opened ({error})") from error

    def start(self, lead: Lead) -> None:
        """Send what `lead` says."""
        if self._stream is None:
            raise DeviceGone(f"{self.port} is not open")
        self._lead = lead

    def _called(self, out: Samples, frames: int, instants: Any, status: Any) -> None:
        ahead_s = getattr(instants, "outputBufferDacTime", 0.0) - getattr(instants, "currentTime", 0.0)
        if not 0.0 < ahead_s < _LONGEST_LATENCY_S:
            ahead_s = self._latency_s
        if getattr(status, "output_underflow", False):
            self._instants.lost(self._written)
        self._instants.saw(self._written, self._clock.now_ns() + round(ahead_s * _NS))
        at_ns = self._instants.at_ns(self._written)
        self._written += frames
        out.fill(0.0)
        lead = self._lead
        if lead is None or self._failure is not None:
            return
        try:
            out[:, self._where.number - 1] = self._voice.block(lead, at_ns, frames)
        except (
            Exception
        ) as error:  # anything at all: it must not be lost in PortAudio's thread, see `failure`
            self._failure = error

    @property
    def failure(self) -> Exception | None:
        """Why it stopped sending by itself."""
        if self._failure is None and self._stream is not None and not self._stream.active:
            return DeviceGone(f"{self.port}: the sound device went away")
        return self._failure

    def close(self) -> None:
        """Stop sending."""
        stream, self._stream = self._stream, None
        self._lead = None
        if stream is not None:
            stream.close(ignore_errors=True)
