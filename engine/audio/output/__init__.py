"""Where the sound goes: a device, or a clock of the same shape where there is none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine.audio.clock.publishing import ClockMeter
from engine.audio.output.device import DeviceOutput, list_devices
from engine.audio.output.devices import FoundDevice, choose
from engine.audio.output.kept import KeptOutput
from engine.audio.output.silent import SilentOutput
from engine.audio.output.values import Fill, Output, Samples
from engine.errors import DeviceGone
from engine.time.clocks import Clock

__all__ = [
    "DeviceOutput",
    "Fill",
    "FoundDevice",
    "KeptOutput",
    "Output",
    "Samples",
    "SilentOutput",
    "choose",
    "list_devices",
    "open_output",
]


def open_output(
    clock: Clock,
    device: str | None,
    block: int,
    channels: int = 2,
    *,
    api: str | None = None,
    meter: ClockMeter | None = None,
    say: Callable[[str], None] | None = None,
) -> Output:
    """The device, or the silent clock when there is none; `description` says which.

    Parameters
    ----------
    clock : Clock
    device : str or None
        Part of a name, None for the system's choice, ``"none"`` for no device at all.
    block : int
    channels : int, default 2
    api : str or None
        Part of the host interface's name.
    meter : ClockMeter, optional
    say : callable, optional
        With it the output outlives its device (`KeptOutput`), and says what becomes of it; without, it ends with DeviceGone.
    """
    if device == "none":
        return SilentOutput(clock, "switched off", block, meter=meter)
    opener = partial(_open, clock, device, block, channels, api, meter)
    if say is not None:
        return KeptOutput(clock, opener, block, say, meter=meter, expected=device is not None)
    try:
        return opener(False)
    except DeviceGone as error:
        return SilentOutput(clock, str(error), block, meter=meter)


def _open(
    clock: Clock,
    device: str | None,
    block: int,
    channels: int,
    api: str | None,
    meter: ClockMeter | None,
    again: bool,
) -> DeviceOutput:
    return DeviceOutput(clock, device, block, channels, api=api, meter=meter, again=again)
