"""``sensorama devices test``: one channel moved by hand, for whoever puts a rig into operation."""

from __future__ import annotations

import sys
from typing import TextIO

from engine.bus.driver import Channel
from engine.bus.registry import create_driver
from engine.errors import UsageError
from engine.experience.rig import load_rig
from engine.show.devices.hand import (
    Hand,
    Plan,
    asked_to_stop,
    drive,
    find_channel,
    find_device,
    format_range,
    format_value,
    held,
    read_target,
)
from engine.time.clocks import MonotonicClock

_SHOW_NS = 100_000_000


def hold_plan(target: float, for_ns: int) -> Plan:
    """Be told one value for a time."""
    return lambda passed_ns: target if passed_ns < for_ns else None


def confirm(question: str, *, yes: bool, stream: TextIO) -> None:
    """Ask a person before something moves.

    Raises
    ------
    UsageError
        When nobody is there to say yes, or does not.
    """
    if yes:
        return
    if not stream.isatty():
        raise UsageError(f"{question} Nobody is at the terminal to say so; add --yes")
    print(f"{question} Type yes to go on: ", end="", flush=True)
    if stream.readline().strip().lower() not in ("yes", "y"):
        raise UsageError("nothing was moved")


class Meter:
    """What is commanded, on one line of a terminal."""

    def __init__(self, channel: Channel, out: TextIO) -> None:
        self._channel, self._out = channel, out
        self._live = out.isatty()
        self._next_ns = 0
        self.low = self.high = channel.park

    def __call__(self, at_ns: int, value: float) -> None:
        self.low, self.high = min(self.low, value), max(self.high, value)
        if self._live and at_ns >= self._next_ns:
            self._next_ns = at_ns + _SHOW_NS
            print(
                f"\r  {self._channel.name} {format_value(self._channel, value):>12} ",
                end="",
                file=self._out,
                flush=True,
            )

    def clear(self) -> None:
        """Leave the line."""
        if self._live:
            print(file=self._out)


def move_command(
    rig_path: str, device: str, channel_name: str, to: str | None, for_ns: int, *, yes: bool
) -> int:
    """Move one channel; returns the exit status.

    Raises
    ------
    SensoramaError
    """
    rig = load_rig(rig_path)
    spec = find_device(rig, device)
    driver = create_driver(spec)
    index = find_channel(driver, channel_name)
    channel = driver.channels[index]
    target = read_target(channel, to)
    words = (
        f"{device} {channel.name}: from {format_value(channel, channel.park)} to {format_value(channel, target)} "
        f"for {for_ns / 1e9:g} s and back (it may go from {format_range(channel)})."
    )
    confirm(f"{words} Is it free to move?", yes=yes, stream=sys.stdin)
    clock = MonotonicClock()
    meter = Meter(channel, sys.stdout)
    with asked_to_stop() as stopped, held(rig, spec, clock) as device_held:
        print(f"{words} Ctrl-C leads back to park.")
        hand = Hand(device_held.driver, index, device_held.legs)
        drive(
            hand,
            device_held.line,
            clock,
            hold_plan(target, for_ns),
            stopped=stopped,
            forbidden=device_held.forbidden,
            each=meter,
            say=print,
        )
        meter.clear()
        stopped_early = stopped()
    farthest = meter.high if target >= channel.park else meter.low
    print(
        f"{device} {channel.name}: commanded as far as {format_value(channel, farthest)}"
        + ("; stopped by hand" if stopped_early else "")
        + f", {device_held.driver.health.sent} frames; it rests in park"
    )
    return 130 if stopped_early else 0
