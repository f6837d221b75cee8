"""``sensorama devices monitor``: every device of a rig, connected and in park, and everything its inputs say. No show.

The devices are driven by the bus process of a show, so what is seen here (connection, frames, lateness, reports) is what a show will
meet. A device that a running show holds is shown as held.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

import numpy as np

from engine.bus.link import BusProcess, Message
from engine.bus.listen import Listener, make_sources
from engine.bus.listen_reader import InputState
from engine.bus.loop import BusEvent
from engine.bus.process import BusConfig, BusReady, Show
from engine.errors import DeviceError
from engine.experience.rig import Rig, load_rig
from engine.time import TransportBlock, TransportWriter
from engine.time.clocks import Clock, MonotonicClock
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable

REPORTS_KEPT = 8
VALUES_SHOWN = 8
_STEP_S = 0.1
_ONCE_NS = 8_000_000_000


class _Rest:
    """The state of a show that plays nothing."""

    def levels(self, transport: object, host_ns: int, seat: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.zeros(1)


def nothing_to_play() -> Show:
    """A show whose only role no rig plays: every device rests in park."""
    return Show(_Rest(), RoleTable.of([RoleSpec("nothing.at_all", RoleKind.LEVEL)]))


@dataclass(slots=True)
class MonitorView:
    """What is known of a rig, and how it looks.

    Attributes
    ----------
    names : tuple of (device, driver, port)
    health : mapping
        The bus' newest, by device.
    troubles : dict
        By device, why it is not there.
    reports : list of str
        What devices and inputs said last.
    inputs : tuple of InputState
    """

    names: tuple[tuple[str, str, str], ...]
    health: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    ports: Mapping[str, str] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)
    inputs: tuple[InputState, ...] = ()

    def hear(self, kind: str, payload: object) -> None:
        """Take what the bus says."""
        if isinstance(payload, BusReady):
            self.troubles = {name: text for name, text in payload.devices.items() if text}
            self.ports = dict(payload.ports)
        elif isinstance(payload, BusEvent):
            text = str(payload.data.get("text", ""))
            if payload.kind == "gone":
                self.troubles[payload.device] = text
            elif payload.kind in ("back", "joined"):
                self.troubles.pop(payload.device, None)
            if payload.kind in ("gone", "back", "report", "forbid", "permit", "refused"):
                self.say(f"{payload.device}: {payload.data.get('what', payload.kind)} {text}".rstrip())
        elif kind == "health" and isinstance(payload, Mapping):
            self.health = payload["devices"]

    def say(self, text: str) -> None:
        """Keep a line, and only the last few."""
        self.reports.append(text)
        del self.reports[:-REPORTS_KEPT]

    def lines(self) -> list[str]:
        """Everything as plain lines."""
        found = []
        for name, driver, port in self.names:
            row = self.health.get(name)
            where = self.ports.get(name, port)
            if row is None:
                state = self.troubles.get(name, "no word yet")
                found.append(f"{name:14} {driver} {where}: {state}")
                continue
            late = row.get("dispatch_p99_ns")
            late_text = "" if not isinstance(late, int | float) else f", late p99 {late / 1e6:.2f} ms"
            note = f", {row['note']}" if row.get("state") != "open" and row.get("note") else ""
            found.append(
                f"{name:14} {driver} {where}: {row.get('state')}, {row.get('sent')} frames{late_text}{note}"
            )
            if row.get("values"):
                found.append(f"{'':14} {format_values(row['values'])}")
        for source in self.inputs:
            lost = source.coalesced + source.dropped
            note = source.note if source.state == "gone" else f"{source.signals} signals"
            more = (f", {source.refused} not understood" if source.refused else "") + (
                f", {lost} left out" if lost else ""
            )
            found.append(
                f"{'input ' + source.name:14} {source.family} {source.port}: {source.state}, {note}{more}"
            )
            for address, values in source.last[-VALUES_SHOWN:]:
                words = " ".join(
                    f"{value:.4g}" if isinstance(value, float) else str(value) for value in values
                )
                found.append(f"{'':14} {address}  {words}".rstrip())
        return [*found, *self.reports]


def format_values(values: Sequence[float]) -> str:
    """The first few values of a device."""
    words = " ".join(f"{value:.4g}" for value in values[:VALUES_SHOWN])
    return words + (f" ... ({len(values)} channels)" if len(values) > VALUES_SHOWN else "")


class _Screen:
    """A live block on a terminal; plain lines, at every change of state, elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live: Any = None
        self._told = ""
        if out.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(file=out), auto_refresh=False)
            self._live.start()

    def show(self, view: MonitorView) -> None:
        """Bring it up to date."""
        text = "\n".join(view.lines())
        if self._live is not None:
            from rich.text import Text

            self._live.update(Text(text), refresh=True)
        elif text != self._told:
            self._told = text
            print(text, file=self._out, flush=True)

    def close(self) -> None:
        """Leave the block where it is."""
        if self._live is not None:
            self._live.stop()


def monitor_command(rig_path: str, *, once: bool) -> int:
    """Watch a rig until Ctrl-C, or print one look at it; returns the exit status.

    Raises
    ------
    SensoramaError
    """
    rig = load_rig(rig_path)
    sources = make_sources(rig.venue.inputs)
    clock = MonotonicClock()
    view = MonitorView(tuple((spec.name, spec.driver, spec.port) for spec in rig.devices))
    listener = Listener(
        sources, clock, tell=lambda name, state, text: view.say(f"input {name}: {state} {text}".rstrip())
    )
    with TransportBlock.create() as block:
        writer = TransportWriter(block)
        writer.beat(clock.now_ns())
        listener.start()
        try:
            with BusProcess(BusConfig(block.name, rig, nothing_to_play)) as bus:
                _watch(rig, view, listener, bus, writer, clock, once=once)
        except KeyboardInterrupt:
            pass  # that is how it ends; the bus has parked everything on the way out
        finally:
            listener.close()
    return 0


def _watch(
    rig: Rig,
    view: MonitorView,
    listener: Listener,
    bus: BusProcess,
    writer: TransportWriter,
    clock: Clock,
    *,
    once: bool,
) -> None:
    screen = None if once else _Screen(sys.stdout)
    limit_ns = clock.now_ns() + _ONCE_NS
    try:
        while True:
            for message in bus.poll(_STEP_S):
                _hear(view, message)
            writer.beat(clock.now_ns())
            listener.take()  # what is shown is kept by the readers; the mailboxes must not fill
            view.inputs = listener.states()
            if not bus.alive:
                raise DeviceError(f"the device bus ended (exit status {bus.exit_status})")
            if screen is not None:
                screen.show(view)
            elif view.health or clock.now_ns() > limit_ns or (not rig.devices and not listener.undecided):
                print("\n".join(view.lines()))
                return
    finally:
        if screen is not None:
            screen.close()


def _hear(view: MonitorView, message: Message) -> None:
    kind, payload = message
    if kind == "failed":
        raise DeviceError(str(payload))
    view.hear(kind, payload)
