"""Where the sound goes: a device, or a clock of the same shape where there is none."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.errors import DeviceGone
from engine.time.clocks import Clock
from engine.time.flicks import NS_PER_SECOND

Samples = NDArray[np.float32]


class Output(Protocol):
    """Takes blocks at the pace of real time."""

    @property
    def description(self) -> str:
        """One line for people."""
        ...

    def next_ns(self) -> int:
        """Host instant at which the first sample of the next block will be heard."""
        ...

    def write(self, block: Samples) -> None:
        """Hands over (n, 2) samples; returns when the next block may be made.

        Raises
        ------
        DeviceGone
            When the device went away.
        """
        ...

    def close(self) -> None:
        """Lets go; a second call does nothing."""
        ...


class SilentOutput:
    """Keeps the pace of a sound card and plays nothing.

    Parameters
    ----------
    clock : Clock
    reason : str
        Why there is no device, for the line that says so.
    """

    def __init__(self, clock: Clock, reason: str) -> None:
        self._clock = clock
        self._epoch_ns = clock.now_ns()
        self._written = 0
        self._reason = reason

    @property
    def description(self) -> str:
        """One line for people."""
        return f"no sound device ({self._reason}); the sound runs silently, in time"

    def next_ns(self) -> int:
        """Host instant of the next block's first sample."""
        return self._epoch_ns + self._written * NS_PER_SECOND // SAMPLE_RATE_HZ

    def write(self, block: Samples) -> None:
        """Waits until the block would have been taken."""
        self._clock.sleep_until_ns(self.next_ns())
        self._written += block.shape[0]

    def close(self) -> None:
        """Nothing to let go of."""


class DeviceOutput:
    """A PortAudio device, written to in blocks.

    Parameters
    ----------
    clock : Clock
    device : str or None
        Part of the device's name; None for the system's choice.
    block : int
        Samples per write.

    Raises
    ------
    DeviceGone
        When there is no PortAudio, no such device, or it cannot be opened at 48 kHz stereo.

    Notes
    -----
    PortAudio's own stream time has no fixed domain across host interfaces (measured: epoch time on ALSA,
    zero-based on JACK), so the instant of a block is our monotonic clock plus the latency the stream reports,
    smoothed: writes
    return late by whole scheduler slices, never early, so the earliest of the recent ones is believed.
    """

    _REMEMBERED = 64

    def __init__(self, clock: Clock, device: str | None, block: int) -> None:
        try:
            # Imported here: importing it starts PortAudio, which fails outright where a sound system is
            # broken.
            import sounddevice
        except (ImportError, OSError) as error:
            raise DeviceGone(f"no PortAudio: {error}") from error
        self._error = sounddevice.PortAudioError
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=SAMPLE_RATE_HZ,
                blocksize=block,
                device=device,
                channels=2,
                dtype="float32",
                latency="low",
            )
            self._stream.start()
            chosen = sounddevice.query_devices(self._stream.device)["name"]
        except (self._error, ValueError) as error:
            wanted = "the default sound device" if device is None else f"sound device {device!r}"
            names = ", ".join(
                sorted({d["name"] for d in sounddevice.query_devices() if d["max_output_channels"] >= 2})
            )
            raise DeviceGone(f"{wanted} cannot be opened ({error}); there are: {names or 'none'}") from error
        self._clock = clock
        self._latency_ns = round(float(self._stream.latency) * NS_PER_SECOND)
        self._description = f"{chosen}, {self._latency_ns / 1e6:.1f} ms"
        self._written = 0
        self._zero_ns: list[int] = []
        self.underflows = 0

    @property
    def description(self) -> str:
        """Device name and latency."""
        return self._description

    def next_ns(self) -> int:
        """Host instant of the next block's first sample."""
        played_ns = self._written * NS_PER_SECOND // SAMPLE_RATE_HZ
        self._zero_ns.append(self._clock.now_ns() + self._latency_ns - played_ns)
        del self._zero_ns[: -self._REMEMBERED]
        return min(self._zero_ns) + played_ns

    def write(self, block: Samples) -> None:
        """Blocks until the device has taken it."""
        try:
            if self._stream.write(block):
                self.underflows += 1
        except self._error as error:
            raise DeviceGone(f"sound device {self._description} went away: {error}") from error
        self._written += block.shape[0]

    def close(self) -> None:
        """Stops and closes the stream."""
        self._stream.close()


def open_output(clock: Clock, device: str | None, block: int) -> Output:
    """The device, or the silent clock when there is none; `description` says which.

    Parameters
    ----------
    clock : Clock
    device : str or None
        Part of a name, None for the system's choice, ``"none"`` for no device at all.
    block : int
    """
    if device == "none":
        return SilentOutput(clock, "switched off")
    try:
        return DeviceOutput(clock, device, block)
    except DeviceGone as error:
        return SilentOutput(clock, str(error))
