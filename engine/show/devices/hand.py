"""One channel of one device, moved by hand: through the governor, within the rig's limits, with everything else left in park.

No show, no other device: only the device under test is opened. Whatever ends the movement (its time, Ctrl-C, a permissive that is
taken back), the channel goes back the way it came, as gently as a show would move it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from engine.bus.driver import Channel, Driver, park_values, safe_values
from engine.bus.governor import Governor
from engine.bus.legs import LegTable
from engine.bus.loop import DeviceNote
from engine.bus.permits import watch_permits
from engine.bus.registry import TWIN_PORT, create_driver
from engine.bus.twins import TwinProgram
from engine.bus.writer import PortWriter
from engine.errors import DeviceGone, Problem, RigError, UsageError
from engine.experience.rig import DeviceSpec, Rig
from engine.motion.platforms.bounds import LegBounds
from engine.time.clocks import Clock
from engine.units import Dimension, parse_quantity

OPEN_LIMIT_NS = 3_000_000_000
_DIMENSIONS = {
    "m": Dimension.LENGTH,
    "deg": Dimension.ANGLE,
    "ratio": Dimension.RATIO,
    "hz": Dimension.FREQUENCY,
}
_EXAMPLES = {"m": "8mm", "deg": "2deg", "ratio": "0.5", "hz": "60hz"}


class Line(Protocol):
    """A device's line; `engine.bus.writer.PortWriter` is one."""

    def offer(self, frames: Sequence[bytes], due_ns: int) -> None:
        """Leave frames to be sent."""
        ...

    def take_notes(self, now_ns: int) -> list[DeviceNote]:
        """What became known since the last call."""
        ...


def format_value(channel: Channel, value: float) -> str:
    """A channel's value for people."""
    if channel.unit == "m":
        return f"{value * 1000:.4g} mm"
    return f"{value:.4g}" + {"deg": " deg", "hz": " Hz"}.get(channel.unit, "")


def format_range(channel: Channel) -> str:
    """What a channel may be told."""
    return f"{format_value(channel, channel.low)} to {format_value(channel, channel.high)}"


def find_device(rig: Rig, name: str) -> DeviceSpec:
    """A device of a rig.

    Raises
    ------
    UsageError
        With the devices there are.
    """
    found = next((spec for spec in rig.devices if spec.name == name), None)
    if found is None:
        there = ", ".join(spec.name for spec in rig.devices) or "none"
        raise UsageError(f"{rig.path} has no device {name!r}; it has {there}")
    return found


def find_channel(driver: Driver, name: str) -> int:
    """A channel by its name, or by the name of a group that has only one.

    Raises
    ------
    UsageError
        With the channels there are and their ranges.
    """
    for index, channel in enumerate(driver.channels):
        if channel.name == name:
            return index
    for group in driver.groups:
        if group.name == name and len(group.channels) == 1:
            return group.channels[0]
    there = "; ".join(f"{channel.name} ({format_range(channel)})" for channel in driver.channels[:40])
    raise UsageError(f"{driver.name} has no channel {name!r}; it has {there}")


def read_target(channel: Channel, text: str | None) -> float:
    """Where to move a channel: as given, or a quarter of its range away from park.

    Raises
    ------
    UsageError
        For a value outside its range, or without its unit.
    """
    if text is None:
        up, down = channel.high - channel.park, channel.park - channel.low
        return channel.park + up / 4 if up >= down else channel.park - down / 4
    try:
        value = parse_quantity(text, _DIMENSIONS[channel.unit], bare=channel.unit in ("hz", "ratio"))
    except ValueError as error:
        raise UsageError(f"--to {text}: {error}; write it as {_EXAMPLES[channel.unit]}") from None
    if not channel.low <= value <= channel.high:
        raise UsageError(f"--to {text}: {channel.name} goes from {format_range(channel)}; nothing was moved")
    return value


class Hand:
    """What one device is told, instant by instant. Pure.

    Parameters
    ----------
    driver : Driver
    channel : int
        The one that moves; the others stay in park.
    legs : LegBounds, optional
        Of the platform it moves: as in a show, no leg leaves its stroke or is pushed too hard.
    """

    def __init__(self, driver: Driver, channel: int, legs: LegBounds | None = None) -> None:
        self._driver = driver
        self._channel = channel
        self.period_ns = max(1_000_000, round(1e9 / driver.rate_hz))
        self._governor = Governor(driver.channels, self.period_ns / 1e9, legs)
        self._park = park_values(driver)
        self._safe = safe_values(driver)
        self._last: tuple[bytes, ...] = ()
        self._sent_ns = -(1 << 62)
        self._rest = self._park

    @property
    def value(self) -> float:
        """What the channel is commanded now."""
        return self._governor.values[self._channel]

    @property
    def bound_ns(self) -> int:
        """Time within which it is back in park, from anywhere."""
        return round(self._governor.safe_bound_s * 1e9) + 2 * self.period_ns

    @property
    def rests(self) -> bool:
        """Whether it is where it was told to go back to, at rest."""
        return self._governor.at(self._rest)

    def connected(self) -> None:
        """The device rests in park now, whatever it was told before."""
        self._governor.rest_in_park()
        self._sent_ns = -(1 << 62)

    def step(self, wanted: float | None, at_ns: int, *, forbidden: bool = False) -> tuple[bytes, ...]:
        """Frames for this instant, empty when nothing has to be said.

        Parameters
        ----------
        wanted : float or None
            None: back to park.
        at_ns : int
        forbidden : bool
            Its permissive is not granted: to the safe state.
        """
        self._rest = self._safe if forbidden else self._park
        values = list(self._rest)
        if wanted is not None and not forbidden:
            values[self._channel] = wanted
        frames = self._driver.encode(self._governor.step(values, rest=wanted is None or forbidden))
        if frames == self._last and at_ns - self._sent_ns < self._driver.keep_alive_ns:
            return ()
        self._last, self._sent_ns = frames, at_ns
        return frames


def legs_of(driver: Driver, spec: DeviceSpec) -> LegBounds | None:
    """Bounds of the legs under a device.

    Raises
    ------
    RigError
        The rig's platform has none, or cannot be governed.
    """
    try:
        return LegTable().of(driver, spec.platform)
    except ValueError as error:
        raise RigError(
            [Problem(spec.place_of("platform"), f"{driver.name}: {error}", code="platform")]
        ) from error


Plan = Callable[[int], float | None]
"""From ns since the beginning to the value wanted; None: it is over."""


def drive(
    hand: Hand,
    line: Line,
    clock: Clock,
    plan: Plan,
    *,
    stopped: Callable[[], bool] = lambda: False,
    forbidden: Callable[[], str] = lambda: "",
    each: Callable[[int, float], None] = lambda _at_ns, _value: None,
    say: Callable[[str], None] = lambda _text: None,
) -> list[tuple[int, float]]:
    """Carry a plan out, and lead back to park.

    Returns
    -------
    list of (host ns, value)
        What was commanded and when.

    Raises
    ------
    DeviceGone
        When the device goes away; it then goes safe by itself.
    """
    told: list[tuple[int, float]] = []
    begin_ns = due_ns = clock.now_ns()
    give_up_ns: int | None = None
    why = ""
    while True:
        clock.sleep_until_ns(due_ns)
        now_ns = clock.now_ns()
        for note in line.take_notes(now_ns):
            if note.kind == "gone":
                raise DeviceGone(note.text)
            if note.kind == "back":
                hand.connected()
            else:
                say(f"{note.device}: {note.text}")
        if (no := forbidden()) != why:
            why = no
            say(f"not permitted: {why}" if why else "permitted")
        wanted = None if stopped() else plan(due_ns - begin_ns)
        frames = hand.step(wanted, due_ns, forbidden=bool(why))
        if frames:
            line.offer(frames, due_ns)
        told.append((due_ns, hand.value))
        each(due_ns, hand.value)
        if wanted is None:
            give_up_ns = due_ns + hand.bound_ns if give_up_ns is None else give_up_ns
            if hand.rests or due_ns > give_up_ns:
                return told
        due_ns += hand.period_ns * max(1, -(-(now_ns - due_ns) // hand.period_ns))


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Inside, Ctrl-C does not interrupt: it is asked for, and means that everything goes back to park."""
    asked: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, previous)


class Held:
    """One device, connected: its line, its twin if it has no port, its permissive.

    Attributes
    ----------
    driver : Driver
    line : PortWriter
    legs : LegBounds or None
        Of its platform.
    """

    def __init__(
        self, driver: Driver, line: PortWriter, forbidden: Callable[[], str], legs: LegBounds | None
    ) -> None:
        self.driver, self.line, self.forbidden, self.legs = driver, line, forbidden, legs


@contextmanager
def held(rig: Rig, spec: DeviceSpec, clock: Clock) -> Iterator[Held]:
    """Open one device of a rig, and let go of it in park.

    Raises
    ------
    InputError
        The rig is wrong.
    DeviceGone
        It cannot be reached.
    """
    driver = create_driver(spec)
    legs = legs_of(driver, spec)
    twins = TwinProgram([driver]) if spec.port == TWIN_PORT else None
    try:
        if twins is not None:
            driver = create_driver(spec, port=twins.ports[spec.name])
        line = PortWriter(driver, clock)
        line.start()
        try:
            _await_line(line, clock)
            with _permission(rig, spec, clock) as forbidden:
                yield Held(driver, line, forbidden, legs)
        finally:
            line.close()
    finally:
        if twins is not None:
            twins.close()


def _await_line(line: PortWriter, clock: Clock) -> None:
    limit_ns = clock.now_ns() + OPEN_LIMIT_NS
    while line.first_word() is None and clock.now_ns() < limit_ns:
        clock.sleep_until_ns(clock.now_ns() + 2_000_000)
    word = line.first_word()
    if word is None:
        raise DeviceGone(f"{line.driver.name}: does not connect within {OPEN_LIMIT_NS / 1e9:g} s")
    if word:
        raise DeviceGone(word)


@contextmanager
def _permission(rig: Rig, spec: DeviceSpec, clock: Clock) -> Iterator[Callable[[], str]]:
    """Why a device must not move, as its permissive says; a device without one may."""
    if not spec.permit:
        yield lambda: ""
        return
    state = {"why": f"{spec.permit}: not heard yet"}

    def post(note: DeviceNote) -> None:
        state["why"] = note.text if note.kind == "forbid" else ""

    permits = tuple(permit for permit in rig.venue.permits if permit.name == spec.permit)
    only = replace(rig, devices=(spec,), venue=replace(rig.venue, permits=permits))
    watch = watch_permits(only, clock, post)
    try:
        yield lambda: state["why"]
    finally:
        watch.close()
