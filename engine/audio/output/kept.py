"""An output that outlives its device: what is unplugged is replaced by silence in time, and taken again when it is back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.clock.publishing import ClockMeter
from engine.audio.output.silent import SilentOutput
from engine.audio.output.values import Fill, Samples
from engine.errors import DeviceGone
from engine.time.clocks import Clock

LOOK_AGAIN_S = 3.0
"""How often a device that is missing is looked for. PortAudio has to be stopped for it, which takes up to 0.3 s of a thread of its own."""


class Opened(Protocol):
    """A device that is open; `engine.audio.output.device.DeviceOutput` is one."""

    @property
    def description(self) -> str: ...
    @property
    def rate_hz(self) -> int: ...
    @property
    def stuck(self) -> bool: ...
    def run(self, fill: Fill) -> None: ...
    def close(self) -> None: ...


Open = Callable[[bool], Opened]
"""Opens the device, looking anew for what is plugged in if told to. Raises DeviceGone."""


class KeptOutput:
    """Plays on a device as long as there is one, and silently, in time, while there is none.

    Parameters
    ----------
    clock : Clock
    open_device : callable
        See `Open`.
    block : int
    say : callable
        Takes one line for people whenever it changes what it plays on.
    meter : ClockMeter, optional
    look_again_s : float
        0: a device that is gone stays gone.
    expected : bool
        Somebody has named the device, so it is looked for also when it is not there at the start. (A machine without sound, of which
        nobody expects any, would stop and start PortAudio all day.)
    """

    def __init__(
        self,
        clock: Clock,
        open_device: Open,
        block: int,
        say: Callable[[str], None],
        *,
        meter: ClockMeter | None = None,
        look_again_s: float = LOOK_AGAIN_S,
        expected: bool = False,
    ) -> None:
        self._clock = clock
        self._open = open_device
        self._block = block
        self._say = say
        self._meter = meter
        self._look_again_s = look_again_s
        self._over = False
        self.opened = 1
        self._device: Opened | None = None
        self._reason = ""
        self._looks = expected
        self._had_one = False
        try:
            self._device = open_device(False)
            self._looks = self._had_one = True
        except DeviceGone as error:
            self._reason = str(error)
            if expected and look_again_s > 0:
                self._reason += f"; it is looked for every {look_again_s:g} s"

    @property
    def description(self) -> str:
        """What it plays on at the moment."""
        if self._device is not None:
            return self._device.description
        return SilentOutput(self._clock, self._reason, self._block).description

    @property
    def rate_hz(self) -> int:
        """Of what it plays on at the moment."""
        return SAMPLE_RATE_HZ if self._device is None else self._device.rate_hz

    def run(self, fill: Fill) -> None:
        """Plays until `fill` gives None; never raises DeviceGone."""

        def remembered(at_ns: int, frames: int) -> Samples | None:
            made = fill(at_ns, frames)
            self._over = made is None
            return made

        while not self._over:
            if self._device is not None:
                self._play(self._device, remembered)
            else:
                self._wait(remembered)

    def _play(self, device: Opened, fill: Fill) -> None:
        try:
            try:
                device.run(fill)
            finally:
                device.close()
        except DeviceGone as error:
            self._reason = str(error)
            self._device = None
            self.opened += 1
            if device.stuck:
                self._looks = False
                self._reason += "; its sound system does not let go of it, so this process plays on silently and does not look for it again"
            elif self._look_again_s > 0:
                self._reason += f"; it is looked for every {self._look_again_s:g} s"
            self._say(self.description)

    def _wait(self, fill: Fill) -> None:
        """Silence in time, while a thread looks for the device."""
        found: list[Opened] = []
        enough = threading.Event()

        def look() -> None:
            while self._looks and self._look_again_s > 0 and not enough.wait(self._look_again_s):
                try:
                    found.append(self._open(True))
                    return
                except DeviceGone:
                    pass  # still not there; what is missing has been said

        looking = threading.Thread(target=look, name="audio-device", daemon=True)
        looking.start()

        def until_found(at_ns: int, frames: int) -> Samples | None:
            return None if found else fill(at_ns, frames)

        SilentOutput(self._clock, self._reason, self._block, meter=self._meter).run(until_found)
        enough.set()
        looking.join()
        if not found:
            return
        if self._over:
            found[0].close()
            return
        self._device = found[0]
        self.opened += 1
        self._say(f"{self.description} is {'back' if self._had_one else 'there now'}")
        self._had_one = True
