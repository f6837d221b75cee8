"""A PortAudio device that calls for blocks.

Sound is made in PortAudio's callback: writing blocks instead lost 100 ms in 3 s on a busy machine (JACK, dummy device), since its
buffer holds one block only. The callback allocates the block it hands out and little else, takes no lock that anybody else holds, and
neither says nor writes anything: what there is to say is left for the thread that waits.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.clock.device_clock import DeviceClock
from engine.audio.clock.publishing import ClockMeter
from engine.audio.output.devices import FoundDevice, choose, found_devices
from engine.audio.output.values import Fill, Samples
from engine.errors import DeviceGone
from engine.time.clocks import Clock
from engine.time.flicks import NS_PER_SECOND
from engine.time.realtime import keep_realtime_priority

_GONE_AFTER_S = 2.0
_LOOK_S = 0.25
_CLOSES_WITHIN_S = 1.0
_LOUDEST = 1.0
_WITHOUT_PRIORITY = ("alsa", "oss", "pulse")
# The first calls come in a burst while buffers fill, with a time of their own (the very first often says: now): the device's clock
# learns from them, and nothing of the show is played at a wrong time. 43 ms at 256 frames.
_FIRST_CALLS = 8


def port_audio() -> Any:
    """The `sounddevice` module, which starts PortAudio when it is first asked for.

    Raises
    ------
    DeviceGone
        When there is none, or the machine's sound system is broken.
    """
    try:
        # Imported here: importing it starts PortAudio, which fails outright where a sound system is broken.
        import sounddevice
    except ImportError as error:
        raise DeviceGone(f"no PortAudio: {error}; pip install sounddevice") from error
    except (
        Exception
    ) as error:  # its own error class cannot be named before it is imported (-9999 from a broken .asoundrc)
        raise DeviceGone(f"no PortAudio: {error}; on Debian: apt-get install libportaudio2") from error
    return sounddevice


def list_devices(*, again: bool = False) -> tuple[FoundDevice, ...]:
    """What is plugged in and plays.

    Parameters
    ----------
    again : bool
        Look anew. PortAudio looks once, at its start, so it is stopped and started: not while anything of this process plays.

    Raises
    ------
    DeviceGone
        When there is no PortAudio.
    """
    module = port_audio()
    try:
        if again:
            module._terminate()
            module._initialize()
        rows, apis = list(module.query_devices()), list(module.query_hostapis())
        default = module.default.device[1]
        if default < 0:
            default = next(
                (int(api["default_output_device"]) for api in apis if api["default_output_device"] >= 0), -1
            )
    except module.PortAudioError as error:
        raise DeviceGone(f"PortAudio cannot say what is plugged in: {error}") from error
    return found_devices(rows, apis, default)


class DeviceOutput:
    """A PortAudio device that calls for blocks.

    Parameters
    ----------
    clock : Clock
    device : str or None
        Part of the device's name; None for the system's choice.
    block : int
        Frames per call.
    channels : int, default 2
        Of the mix. A device that has fewer plays the first of them, and the description says so.
    api : str or None
        Part of the name of its host interface.
    meter : ClockMeter, optional
    again : bool
        Look anew for what is plugged in.
    rates_hz : sequence of int
        Tried in this order, then the device's own.

    Attributes
    ----------
    underflows : int
        How often the device had nothing to play.
    stuck : bool
        PortAudio has not let go of it: nothing can be opened in this process any more.
    priority : str
        What the device's thread runs at; "" before its first call.
    unsound : int
        Blocks with NaN or infinity in them, which went out as silence.

    Raises
    ------
    DeviceGone
        When there is no PortAudio, no such device, or it cannot be opened.
    """

    opened = 1

    def __init__(
        self,
        clock: Clock,
        device: str | None,
        block: int,
        channels: int = 2,
        *,
        api: str | None = None,
        meter: ClockMeter | None = None,
        again: bool = False,
        rates_hz: Sequence[int] = (SAMPLE_RATE_HZ,),
    ) -> None:
        module = port_audio()
        self._stopped: type[Exception] = module.CallbackStop
        self._ended = threading.Event()
        self._fill: Fill | None = None
        self._failure: Exception | None = None
        self._clock = clock
        self._meter = meter
        self._why_gone = ""
        self._first_calls = _FIRST_CALLS
        self.underflows = 0
        self.unsound = 0
        self.priority = ""
        self.stuck = False
        self._closed = False
        devices = list_devices(again=again)
        chosen = choose(devices, device, api)
        self.channels = min(channels, chosen.channels)
        # JACK, Core Audio, ASIO and WASAPI give their threads what fits their own; a client above its server starves it.
        self._asks = any(name in chosen.api.casefold() for name in _WITHOUT_PRIORITY)
        self._stream, self.rate_hz = self._open(module, chosen, block, [*rates_hz, chosen.rate_hz])
        self._latency_s = float(self._stream.latency)
        if not 0.0 < self._latency_s < 1.0:
            self._latency_s = (
                2 * block / self.rate_hz
            )  # what PortAudio says is nothing: two blocks, as most have
        self._lasts_ns = NS_PER_SECOND / self.rate_hz
        self._device_clock = DeviceClock(self.rate_hz, block, round(self._latency_s * NS_PER_SECOND))
        self._description = f"{chosen.name} on {chosen.api}, {self._latency_s * 1000:.1f} ms"
        if self.rate_hz != SAMPLE_RATE_HZ:
            self._description += f", {self.rate_hz} Hz (the mix is read at that rate)"
        if self.channels < channels:
            self._description += (
                f", {self.channels} of {channels} channels: it has no more, the others are not heard"
            )

    def _open(self, module: Any, chosen: FoundDevice, block: int, rates_hz: Sequence[int]) -> tuple[Any, int]:
        tried = list(dict.fromkeys(rates_hz))
        errors = []
        for rate_hz in tried:
            try:
                stream = module.OutputStream(
                    samplerate=rate_hz,
                    blocksize=block,
                    device=chosen.index,
                    channels=self.channels,
                    dtype="float32",
                    latency="low",
                    callback=self._called,
                    finished_callback=self._ended.set,
                )
                return stream, rate_hz
            except (module.PortAudioError, ValueError) as error:
                errors.append(f"{rate_hz} Hz: {error}")
        raise DeviceGone(
            f"sound device {chosen} cannot be opened with {self.channels} channels ({'; '.join(errors)})"
        )

    @property
    def description(self) -> str:
        """Name, host interface, latency, and what is not as was asked for."""
        return self._description

    @property
    def clock(self) -> DeviceClock:
        """What is known of its clock. Written by the device's thread."""
        return self._device_clock

    def run(self, fill: Fill) -> None:
        """Plays until `fill` gives None.

        Raises
        ------
        DeviceGone
            When it stops calling, ends by itself, cannot be started, or takes sound faster than it can play it.
        """
        module = port_audio()
        self._fill = fill
        if self._meter is not None:
            self._meter.opened()
        try:
            self._stream.start()
            before, idle_s = -1, 0.0
            while not self._ended.wait(_LOOK_S):
                # A device that was pulled out simply stops calling on some systems.
                idle_s = idle_s + _LOOK_S if self._device_clock.frames == before else 0.0
                if idle_s >= _GONE_AFTER_S:
                    raise DeviceGone(f"sound device {self._description} has stopped asking for sound")
                before = self._device_clock.frames
        except module.PortAudioError as error:
            raise DeviceGone(f"sound device {self._description}: {error}") from error
        finally:
            self.close()
        if self._failure is not None:
            raise self._failure
        if self._fill is not None or self._why_gone:
            raise DeviceGone(f"sound device {self._description} {self._why_gone or 'went away'}")

    def close(self) -> None:
        """Let go of the device; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        # PortAudio waits without end for a sound server that has died (JACK), so it is left to a thread that may hang.
        closing = threading.Thread(
            target=self._stream.close, kwargs={"ignore_errors": True}, name="audio-close", daemon=True
        )
        closing.start()
        closing.join(_CLOSES_WITHIN_S)
        self.stuck = closing.is_alive()
        if self.stuck:
            # Its end at the interpreter's exit would hang or abort as well.
            atexit.unregister(port_audio()._exit_handler)

    def _called(self, out: Samples, frames: int, instants: Any, status: Any) -> None:
        begun_ns = self._clock.now_ns()
        if status.output_underflow:
            self.underflows += 1
            if self._meter is not None:
                self._meter.load.underruns += 1
        fill = self._fill
        if fill is None:
            out.fill(0.0)
            return
        clock = self._device_clock
        try:
            heard_ns = clock.heard_ns(begun_ns, instants.currentTime, instants.outputBufferDacTime, frames)
            if self._first_calls:
                if not self.priority:
                    self.priority = keep_realtime_priority() if self._asks else "as its sound system gives it"
                self._first_calls -= 1
                out.fill(0.0)
                return
            block = fill(heard_ns, frames)
        except Exception as error:  # anything at all: an exception must not be lost in PortAudio's thread
            self._failure = error
            block = None
        if block is None or clock.runs_away:
            if clock.runs_away:
                self._why_gone = (
                    "takes sound faster than anything can play it: a file or a null device, no clock"
                )
            self._fill = None
            out.fill(0.0)
            raise self._stopped
        self._hand_out(out, block)
        if self._meter is not None:
            now_ns = self._clock.now_ns()
            self._meter.take(
                now_ns,
                clock.frames - frames,
                heard_ns,
                clock.rate_hz,
                clock.quality,
                took_ns=now_ns - begun_ns,
                lasts_ns=frames * self._lasts_ns,
            )

    def _hand_out(self, out: Samples, block: Samples) -> None:
        """What was mixed, never louder than full scale; a block that is no sound is silence."""
        # One sum tells of every NaN and infinity.
        if not np.isfinite(block.sum(dtype=np.float64)):
            self.unsound += 1
            out.fill(0.0)
            return
        np.clip(block[:, : out.shape[1]], -_LOUDEST, _LOUDEST, out=out)
