"""The sound devices of this machine, and one of them as a `SoundLink`: loudspeakers and a microphone in one stream."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.commission.link import Clipped, clipped, refuse_clipped
from engine.audio.output.devices import FoundDevice, choose
from engine.errors import DeviceError, DeviceGone

Samples = NDArray[np.float32]

_FADE = 240
_TRIES = 5
_STUMBLES = ("input_underflow", "input_overflow", "output_underflow", "output_overflow")
_PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """A sound device as PortAudio lists it.

    Attributes
    ----------
    index : int
        PortAudio's; it changes when devices come and go, so nothing stored uses it.
    name, api : str
    outputs, inputs : int
        Channels.
    rate_hz : float
        Its own.
    latency_s : float
        Lowest that it offers for its output.
    default : bool
        The system's choice.
    """

    index: int
    name: str
    api: str
    outputs: int
    inputs: int
    rate_hz: float
    latency_s: float
    default: bool


def list_devices() -> tuple[SoundDevice, ...]:
    """What PortAudio finds; none where there is no sound card.

    Raises
    ------
    DeviceGone
        When there is no PortAudio.
    """
    sounddevice = _portaudio()
    apis = sounddevice.query_hostapis()
    chosen = sounddevice.default.device
    return tuple(
        SoundDevice(
            index=index,
            name=str(row["name"]),
            api=str(apis[row["hostapi"]]["name"]),
            outputs=int(row["max_output_channels"]),
            inputs=int(row["max_input_channels"]),
            rate_hz=float(row["default_samplerate"]),
            latency_s=float(row["default_low_output_latency"]),
            default=index in (chosen[0], chosen[1]),
        )
        for index, row in enumerate(sounddevice.query_devices())
    )


def find_device(
    devices: Sequence[SoundDevice],
    kind: Literal["output", "input"],
    name: str | None,
    api: str | None,
    channels: int,
) -> SoundDevice:
    """The one device meant: for an output the same that a show would take.

    Parameters
    ----------
    devices : sequence of SoundDevice
    kind : str
    name, api : str or None
        Parts of the names, in any case; a whole name is preferred. None: the system's choice, else the first that fits.
    channels : int
        At least so many.

    Raises
    ------
    DeviceGone
        When there is none, or it has fewer channels; with those there are.
    """
    able = [one for one in devices if (one.outputs if kind == "output" else one.inputs) > 0]
    found = choose(
        [
            FoundDevice(
                one.index,
                one.name,
                one.api,
                one.outputs if kind == "output" else one.inputs,
                round(one.rate_hz),
                one.default,
            )
            for one in able
        ],
        name,
        api,
    )
    if found.channels < channels:
        raise DeviceGone(
            f"{found}: {channels} {kind} channels are needed; take another device or other channels"
        )
    return next(one for one in able if one.index == found.index)


@dataclass(slots=True)
class _Job:
    sound: Samples
    heard: Samples
    at: int = 0
    fading: int = -1
    stumbled: bool = False
    overdriven: bool = False
    done: threading.Event = field(default_factory=threading.Event)


class DeviceLink:
    """A device that plays and, with an input, listens: one stream that stays open, so that every call is as late as the others.

    Parameters
    ----------
    output : SoundDevice
    microphone : SoundDevice or None
        Of the same host interface; None: it only plays.
    channels : int
        Of the output.
    input_channel : int, default 1
        Of the microphone, from 1.

    Raises
    ------
    DeviceGone
        When it cannot be opened at 48 kHz.
    """

    def __init__(
        self, output: SoundDevice, microphone: SoundDevice | None, channels: int, input_channel: int = 1
    ) -> None:
        sounddevice = _portaudio()
        self._channels = channels
        self._input = input_channel - 1
        self._job: _Job | None = None
        self.listens = microphone is not None
        self.description = f"{output.name} ({output.api}), {channels} channels" + (
            f"; microphone: {microphone.name} channel {input_channel}" if microphone is not None else ""
        )
        try:
            if microphone is None:
                self._stream = sounddevice.OutputStream(
                    device=output.index, channels=channels, callback=self._play, **_FORMAT
                )
            else:
                self._stream = sounddevice.Stream(
                    device=(microphone.index, output.index),
                    channels=(input_channel, channels),
                    callback=self._duplex,
                    **_FORMAT,
                )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise DeviceGone(f"{self.description}: it cannot be opened at 48 kHz ({error})") from error

    @property
    def channels(self) -> int:
        """Of the output."""
        return self._channels

    def __enter__(self) -> DeviceLink:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the stream; silence is what was played last. May be called twice."""
        self._stream.close(ignore_errors=True)

    def play(self, sound: Samples) -> Samples:
        """See `SoundLink`; repeated up to five times where the device stumbled.

        Raises
        ------
        Clipped, DeviceGone
        DeviceError
            When it stumbled every time.
        """
        clean = np.nan_to_num(np.asarray(sound, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        for _ in range(_TRIES):
            job = _Job(clean, np.zeros(len(clean), np.float32))
            self._job = job
            try:
                ended = job.done.wait(len(clean) / SAMPLE_RATE_HZ + _PATIENCE_S)
            except BaseException:  # Ctrl-C: fade first, then let it pass
                job.fading = max(job.fading, 0)
                job.done.wait(0.2)
                self._job = None
                raise
            self._job = None
            if job.overdriven:
                refuse_clipped(job.heard)
                raise Clipped("the microphone's input clips; nothing more is played")
            if not ended:
                raise DeviceGone(f"{self.description}: it has stopped asking for sound")
            if not job.stumbled:
                return job.heard
        raise DeviceError(
            f"{self.description}: it stumbled {_TRIES} times (xruns). Close other programs or take a larger buffer, and begin again"
        )

    def _play(self, out: Samples, frames: int, _instants: object, status: Any) -> None:
        self._called(out, frames, None, status)

    def _duplex(self, heard: Samples, out: Samples, frames: int, _instants: object, status: Any) -> None:
        self._called(out, frames, heard[:, self._input], status)

    def _called(self, out: Samples, frames: int, heard: Samples | None, status: Any) -> None:
        out.fill(0.0)
        job = self._job
        if job is None or job.done.is_set():
            return
        job.stumbled |= any(getattr(status, flag, False) for flag in _STUMBLES)
        n = min(frames, len(job.sound) - job.at)
        out[:n] = job.sound[job.at : job.at + n]
        if heard is not None:
            job.heard[job.at : job.at + n] = heard[:n]
            if job.fading < 0 and clipped(heard):
                job.fading, job.overdriven = 0, True
        if job.fading >= 0:
            ramp = 1.0 - (job.fading + np.arange(frames, dtype=np.float32)) / _FADE
            out *= np.clip(ramp, 0.0, 1.0)[:, None]
            job.fading += frames
        job.at += n
        if job.at >= len(job.sound) or job.fading >= _FADE:
            job.done.set()


_FORMAT: dict[str, Any] = {"samplerate": SAMPLE_RATE_HZ, "dtype": "float32", "latency": "high"}


def _portaudio() -> Any:
    try:
        # Importing it starts PortAudio, which fails outright where a sound system is broken.
        import sounddevice
    except (ImportError, OSError) as error:
        raise DeviceGone(f"no PortAudio ({error}); install it, for one: apt install libportaudio2") from error
    return sounddevice
