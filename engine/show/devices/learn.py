"""``sensorama devices learn``: how late a device answers, measured by loopback, and written into the rig if wanted.

A row of steps is sent on one channel, and what comes of it is watched: by an input of the rig (a tracker, an accelerometer's lines, a
light sensor over OSC), or, for a device on its software twin, in the twin itself.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.bus.driver import Driver
from engine.bus.listen import Listener, make_sources
from engine.bus.registry import TWIN_PORT, create_driver
from engine.bus.source import Signal
from engine.bus.twins import make_twin
from engine.errors import DeviceError, SensoramaError, UsageError
from engine.experience.rig import Rig, load_rig
from engine.motion.platforms.bounds import LegBounds
from engine.show.devices.hand import (
    Hand,
    Plan,
    asked_to_stop,
    drive,
    find_channel,
    find_device,
    format_value,
    held,
    legs_of,
    read_target,
)
from engine.show.devices.latency_fit import Fit, fit_latency
from engine.show.devices.move import Meter, confirm
from engine.show.recording.splice import Text, read_text, set_scalar_map, write_text
from engine.time.clocks import Clock, MonotonicClock

EDGES = (0.06, 0.2, 0.3, 0.38, 0.5, 0.66, 0.72)
"""Where the command changes between park and target, in parts of the whole time: no two spans are alike, so that no other delay than the
right one fits, and the last part lets a slow device come to rest."""

ENOUGH = 0.7
"""Share of the movement seen that the model must explain, or there is no answer."""

GOOD = 0.95

Rows = Sequence[tuple[float, float]]


def steps_plan(park: float, target: float, for_ns: int) -> Plan:
    """Steps between park and target."""

    def plan(passed_ns: int) -> float | None:
        if passed_ns >= for_ns:
            return None
        share = passed_ns / for_ns
        return target if sum(share >= edge for edge in EDGES) % 2 else park

    return plan


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched: ``INPUT:/address``, with ``#2`` for another value than the first."""

    input: str
    address: str
    index: int = 0

    def value(self, signal: Signal) -> float | None:
        """The number a signal says, if it is the one."""
        if signal.source != self.input or signal.address != self.address or len(signal.values) <= self.index:
            return None
        found = signal.values[self.index]
        return float(found) if isinstance(found, int | float) else None


def parse_watch(text: str, rig: Rig) -> Watch:
    """Read ``--watch``.

    Raises
    ------
    UsageError
    """
    name, sign, rest = text.partition(":")
    address, _, index = rest.partition("#")
    if not sign or not address.startswith("/") or (index and not (index.isdigit() and int(index) > 0)):
        raise UsageError(
            f"--watch {text}: write INPUT:/address, as tracker:/1/heave, or lux:/level#2 for its second value"
        )
    names = [spec.name for spec in rig.venue.inputs]
    if name not in names:
        raise UsageError(
            f"--watch {text}: the rig has no input {name!r}; it has {', '.join(names) or 'none'}"
        )
    return Watch(name, address, int(index) - 1 if index else 0)


class _TwinLine:
    """A line to a twin in memory, watched every ms. Time passes as fast as it can be counted."""

    def __init__(self, driver: Driver) -> None:
        twin = make_twin(driver)
        if twin is None:
            raise UsageError(
                f"{driver.name}: the family {driver.family!r} has no software twin; give --watch"
            )
        self._twin = twin
        self._now_ns = 0
        self.seen: dict[str, list[tuple[float, float]]] = {}

    def now_ns(self) -> int:
        return self._now_ns

    def sleep_until_ns(self, deadline_ns: int) -> None:
        while self._now_ns < deadline_ns:
            self._now_ns = min(deadline_ns, self._now_ns + 1_000_000)
            for name, value in self._twin.state_at(self._now_ns).items():
                self.seen.setdefault(name, []).append((self._now_ns / 1e9, float(value)))

    def offer(self, frames: Sequence[bytes], due_ns: int) -> None:
        for frame in frames:
            self._twin.receive(frame, due_ns)

    def take_notes(self, now_ns: int) -> list[object]:
        return []


def learn_from_twin(
    driver: Driver, channel: int, target: float, for_ns: int, legs: LegBounds | None = None
) -> Fit:
    """The latency of a device's software twin, on a clock of its own.

    Raises
    ------
    DeviceError
        When nothing of it follows the command.
    """
    line = _TwinLine(driver)
    hand = Hand(driver, channel, legs)
    plan = steps_plan(driver.channels[channel].park, target, for_ns)
    told = drive(hand, line, line, plan)  # type: ignore[arg-type]
    line.sleep_until_ns(line.now_ns() + for_ns // 8)
    fits = []
    for rows in line.seen.values():
        try:
            fits.append(fit_rows(told, rows, for_ns))
        except DeviceError:
            continue  # what this channel does not move
    if not fits:
        raise DeviceError(f"{driver.name}: nothing of its twin follows {driver.channels[channel].name}")
    return max(fits, key=lambda fit: fit.agreement)


def fit_rows(told: Sequence[tuple[int, float]], seen: Rows, for_ns: int) -> Fit:
    """The latency between what was told and what was seen.

    Raises
    ------
    DeviceError
        When what was seen does not follow.
    """
    try:
        fit = fit_latency([(at_ns / 1e9, value) for at_ns, value in told], seen, longest_s=for_ns / 2e9)
    except ValueError as error:
        raise DeviceError(f"no latency could be learned: {error}") from None
    if fit.agreement < ENOUGH:
        raise DeviceError(
            f"no latency could be learned: the response explains {fit.agreement:.0%} of what was seen, at least "
            f"{ENOUGH:.0%} are needed; move farther (--to), take longer (--for), or watch something that follows"
        )
    return fit


def latency_text(fit: Fit) -> str:
    """As a rig writes it."""
    return f"{{dead: {_ms(fit.dead_s)}, lag: {_ms(fit.lag_s)}}}"


def _ms(seconds: float) -> str:
    ms = seconds * 1000
    return f"{ms:.0f}ms" if ms >= 9.95 else f"{ms:.1f}".rstrip("0").rstrip(".") + "ms"


def write_latency(path: Path, device: str, fit: Fit) -> str:
    """Put a latency into a rig file, everything else as it was; gives what stands there now.

    Raises
    ------
    InputError, OutputError
        When the file cannot be changed that way; it is then as it was.
    """
    before = read_text(path)
    text = latency_text(fit)
    changed = set_scalar_map(Text(before, str(path)), ("devices", device, "latency"), text)
    write_text(path, changed, replace=True)
    try:
        load_rig(path)
    except SensoramaError:
        write_text(path, before, replace=True)
        raise
    return text


def learn_command(
    rig_path: str,
    device: str,
    *,
    channel: str | None,
    watch: str | None,
    to: str | None,
    for_ns: int,
    write: bool,
    yes: bool,
) -> int:
    """Learn a latency; returns the exit status.

    Raises
    ------
    SensoramaError
    """
    rig = load_rig(rig_path)
    if write and Path(__file__).resolve().parents[2] in rig.path.resolve().parents:
        raise UsageError(f"{rig.path} comes with the engine; copy it, and write into the copy")
    spec = find_device(rig, device)
    driver = create_driver(spec)
    index = find_channel(driver, channel) if channel is not None else _first_that_moves(driver)
    target = read_target(driver.channels[index], to)
    if watch is None and spec.port != TWIN_PORT:
        raise UsageError(f"{device} has no feedback of its own; say what to watch: --watch INPUT:/address")
    if watch is None:
        print(f"{device}: on its software twin, whose latency is the one the rig states")
        fit = learn_from_twin(driver, index, target, for_ns, legs_of(driver, spec))
    else:
        fit = _learn_live(rig, device, index, parse_watch(watch, rig), target, for_ns, yes=yes)
    print(
        f"{device} {driver.channels[index].name}: dead time {fit.dead_s * 1000:.1f} ms, lag {fit.lag_s * 1000:.1f} ms "
        f"({fit.agreement:.1%} of the movement explained)"
    )
    if fit.agreement < GOOD:
        print("the response is not a plain delay and lag; look at it before you rely on these")
    now = spec.latency
    print(f"the rig says: dead {now.dead_ns / 1e6:g} ms, lag {now.lag_ns / 1e6:g} ms")
    if write:
        print(f"{rig.path}: {device} latency: {write_latency(rig.path, device, fit)}")
    else:
        print(f"to use it: latency: {latency_text(fit)} (or --write)")
    return 0


def _first_that_moves(driver: Driver) -> int:
    for index, channel in enumerate(driver.channels):
        if channel.unit != "hz" and channel.high > channel.low:
            return index
    raise UsageError(f"{driver.name} has no channel that could be moved")


def _learn_live(
    rig: Rig, device: str, index: int, watch: Watch, target: float, for_ns: int, *, yes: bool
) -> Fit:
    spec = find_device(rig, device)
    clock: Clock = MonotonicClock()
    inputs = [row for row in rig.venue.inputs if row.name == watch.input]
    sources = make_sources(inputs)
    channel = create_driver(spec).channels[index]
    words = (
        f"{device} {channel.name}: steps between {format_value(channel, channel.park)} and "
        f"{format_value(channel, target)} for {for_ns / 1e9:g} s."
    )
    confirm(f"{words} Is it free to move?", yes=yes, stream=sys.stdin)
    listener = Listener(sources, clock, wanted=[(watch.input, watch.address)])
    seen: list[tuple[float, float]] = []
    meter = Meter(channel, sys.stdout)

    def look(at_ns: int, value: float) -> None:
        meter(at_ns, value)
        for signal in listener.take():
            number = watch.value(signal)
            if number is not None:
                seen.append((signal.at_ns / 1e9, number))

    listener.start()
    try:
        with asked_to_stop() as stopped, held(rig, spec, clock) as device_held:
            print(f"{words} Ctrl-C leads back to park.")
            told = drive(
                Hand(device_held.driver, index, device_held.legs),
                device_held.line,
                clock,
                steps_plan(channel.park, target, for_ns),
                stopped=stopped,
                forbidden=device_held.forbidden,
                each=look,
                say=print,
            )
            meter.clear()
            if stopped():
                raise DeviceError(f"{device}: stopped by hand; nothing was learned")
        look(clock.now_ns(), channel.park)
    finally:
        listener.close()
    return fit_rows(told, seen, for_ns)
