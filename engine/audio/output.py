"""Where the sound goes: a device, or a clock of the same shape where there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.errors import DeviceGone
from engine.time.clocks import Clock
from engine.time.flicks import NS_PER_SECOND

Samples = NDArray[np.float32]


Fill = Callable[[int, int], Samples | None]
"""Asked for sound: (host instant of its first sample, frames) -> (frames, 2) samples, or None to end."""


class Output(Protocol):
    """Asks for blocks at the pace of real time."""

    @property
    def description(self) -> str:
        """One line for people."""
        ...

    def run(self, fill: Fill) -> None:
        """Plays what `fill` gives until it gives None.

        Raises
        ------
        DeviceGone
            When the device went away.
        """
        ...


class SilentOutput:
    """Keeps the pace of a sound card and plays nothing.

    Parameters
    ----------
    clock : Clock
    reason : str
        Why there is no device, for the line that says so.
    block : int
        Samples it asks for at a time.
    """

    def __init__(self, clock: Clock, reason: str, block: int) -> None:
        self._clock = clock
        self._reason = reason
        self._block = block

    @property
    def description(self) -> str:
        """One line for people."""
        return f"no sound device ({self._reason}); the sound runs silently, in time"

    def run(self, fill: Fill) -> None:
        """Asks for a block whenever one would have been played."""
        epoch_ns = self._clock.now_ns()
        asked = 0
        while True:
            at_ns = epoch_ns + asked * NS_PER_SECOND // SAMPLE_RATE_HZ
            self._clock.sleep_until_ns(at_ns)
            if fill(at_ns, self._block) is None:
                return
            asked += self._block


class DeviceOutput:
    """A PortAudio device that calls for blocks.

    Parameters
    ----------
    clock : Clock
    device : str or None
        Part of the device's name; None for the system's choice.
    block : int
        Samples per call.
    channels : int, default 2
        The ears, then shakers.

    Raises
    ------
    DeviceGone
        When there is no PortAudio, no such device, or it cannot be opened at 48 kHz with these channels.

    Notes
    -----
    Sound is made in PortAudio's callback: writing blocks instead lost 100 ms in 3 s on a busy machine (JACK, dummy
    device), since its buffer holds one block only.

    PortAudio's stream time has no fixed domain across host interfaces (measured: epoch time on ALSA, zero-based on
    JACK), so only its difference is used: our monotonic clock plus the time to the converter. A call may come late,
    never early, so the earliest of the recent ones is believed.
    """

    _REMEMBERED = 64
    _LONGEST_LATENCY_S = 0.5
    _GONE_AFTER_S = 2.0

    def __init__(self, clock: Clock, device: str | None, block: int, channels: int = 2) -> None:
        try:
            # Imported here: importing it starts PortAudio, which fails outright where a sound system is broken.
            import sounddevice
        except (ImportError, OSError) as error:
            raise DeviceGone(f"no PortAudio: {error}") from error
        self._stopped = sounddevice.CallbackStop
        self._ended = threading.Event()
        self._fill: Fill | None = None
        self._failure: Exception | None = None
        self._clock = clock
        self._written = 0
        self._zero_ns: list[int] = []
        self.underflows = 0
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=SAMPLE_RATE_HZ,
                blocksize=block,
                device=device,
                channels=channels,
                dtype="float32",
                latency="low",
                callback=self._called,
                finished_callback=self._ended.set,
            )
            chosen = sounddevice.query_devices(self._stream.device)["name"]
        except (sounddevice.PortAudioError, ValueError) as error:
            wanted = "the default sound device" if device is None else f"sound device {device!r}"
            there = [d["name"] for d in sounddevice.query_devices() if d["max_output_channels"] >= channels]
            names = ", ".join(sorted(set(there))) or "none"
            raise DeviceGone(
                f"{wanted} cannot be opened with {channels} channels ({error}); there are: {names}"
            ) from error
        self._latency_s = float(self._stream.latency)
        self._description = f"{chosen}, {self._latency_s * 1000:.1f} ms"

    @property
    def description(self) -> str:
        """Device name and latency."""
        return self._description

    def run(self, fill: Fill) -> None:
        """Plays until `fill` gives None."""
        self._fill = fill
        with self._stream:
            before = -1
            while not self._ended.wait(self._GONE_AFTER_S):
                # A device that was pulled out simply stops calling on some systems.
                if self._written == before:
                    raise DeviceGone(f"sound device {self._description} has stopped asking for sound")
                before = self._written
        if self._failure is not None:
            raise self._failure
        if self._fill is not None:
            raise DeviceGone(f"sound device {self._description} went away")

    def _called(self, out: Samples, frames: int, instants: object, status: object) -> None:
        if getattr(status, "output_underflow", False):
            self.underflows += 1
        fill = self._fill
        if fill is None:
            out.fill(0.0)
            return
        try:
            block = fill(self._instant_ns(instants), frames)
        except Exception as error:  # anything at all: an exception must not be lost in PortAudio's thread
            self._failure = error
            block = None
        if block is None:
            self._fill = None
            out.fill(0.0)
            raise self._stopped
        out[:] = block
        self._written += frames

    def _instant_ns(self, instants: object) -> int:
        """When the block that is asked for will be heard."""
        ahead_s = getattr(instants, "outputBufferDacTime", 0.0) - getattr(instants, "currentTime", 0.0)
        if not 0.0 < ahead_s < self._LONGEST_LATENCY_S:
            ahead_s = self._latency_s
        played_ns = self._written * NS_PER_SECOND // SAMPLE_RATE_HZ
        self._zero_ns.append(self._clock.now_ns() + round(ahead_s * NS_PER_SECOND) - played_ns)
        del self._zero_ns[: -self._REMEMBERED]
        return min(self._zero_ns) + played_ns


def open_output(clock: Clock, device: str | None, block: int, channels: int = 2) -> Output:
    """The device, or the silent clock when there is none; `description` says which.

    Parameters
    ----------
    clock : Clock
    device : str or None
        Part of a name, None for the system's choice, ``"none"`` for no device at all.
    block : int
    channels : int, default 2
    """
    if device == "none":
        return SilentOutput(clock, "switched off", block)
    try:
        return DeviceOutput(clock, device, block, channels)
    except DeviceGone as error:
        return SilentOutput(clock, str(error), block)
