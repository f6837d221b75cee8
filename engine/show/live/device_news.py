"""What the bus says of its devices, for the operator: each thing once, however often it is tried or seen again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.bus.loop import BusEvent
from engine.bus.process import BusReady
from engine.experience import Rig
from engine.show.report import Histogram
from engine.show.status import DeviceLine

#: A line that opens is not yet a device that answers: UDP learns only from the next command that nobody is there.
STEADY_NS = 2_000_000_000
#: A device that words its trouble differently each time must not drown everything else; the journal has all of it.
MOST_SAID = 200


class DeviceNews:
    """Devices as the operator sees them.

    Parameters
    ----------
    rig : Rig
    say : callable
        Prints one line.
    """

    def __init__(self, rig: Rig, say: Callable[[str], None]) -> None:
        self._rig = rig
        self._say = say
        self._absent: set[str] = set()
        self._returned: dict[str, tuple[int, str]] = {}
        self._reported: set[tuple[str, str, str]] = set()
        self._forbidden: set[str] = set()
        self.health: Mapping[str, Any] = {}
        self.summary: Mapping[str, Any] = {}
        self.ports: dict[str, str] = {}

    def greet(self, ready: BusReady) -> None:
        """The bus is there, and says which lines are open."""
        self._absent = {name for name, trouble in ready.devices.items() if trouble}
        for name, trouble in ready.devices.items():
            port = ready.ports.get(name, "")
            if trouble:
                self._say(f"device {trouble}; the show goes on without it and keeps trying")
            else:
                twin = any(spec.name == name and spec.port == "twin" for spec in self._rig.devices)
                self.ports[name] = f"{'software twin on ' if twin else ''}{port}"
        twins = [spec.name for spec in self._rig.devices if spec.port == "twin"]
        if twins:
            self._say(f"devices: software twins for {', '.join(twins)}")

    def heard(self, event: BusEvent) -> None:
        """Something happened on the bus; the journal has it already."""
        match event.kind:
            case "gone" | "back" | "joined":
                self._came_or_went(event)
            case "report" if event.data.get("report") != "reply":
                # A device may say the same for hours; the journal has each, the operator hears of it once.
                what, text = str(event.data.get("report", "")), str(event.data.get("text", ""))
                if (event.device, what, text) not in self._reported and len(self._reported) < MOST_SAID:
                    self._reported.add((event.device, what, text))
                    self._say(f"device {event.device}: {what}: {text}")
            case "forbid" if event.device not in self._forbidden:
                self._forbidden.add(event.device)
                why = str(event.data.get("text", "")) or "a permissive is missing"
                self._say(f"device {event.device} is not permitted to move: {why}")
            case "live" if event.data.get("state") == "heard":
                self._say(f"live motion {event.device}: heard")
            case "live":
                self._say(f"live motion {event.device}: nothing is heard any more; its seats are led to rest")
            case "permit" if event.device in self._forbidden:
                self._forbidden.discard(event.device)
                self._say(f"device {event.device} is permitted to move again")

    def _came_or_went(self, event: BusEvent) -> None:
        """A device that stays away is tried again and again, and each try is an event of the journal only."""
        text = str(event.data.get("text", ""))
        if event.kind != "gone":
            if event.device in self._absent:
                self._returned.setdefault(event.device, (event.at_ns, text))
        elif event.device in self._absent:
            self._returned.pop(event.device, None)
        else:
            self._absent.add(event.device)
            self._say(
                f"device {text or event.device + ' went away'}; the show goes on without it and keeps trying"
            )

    def advance(self, now_ns: int) -> None:
        """Say of those that have come back and stayed that they are back."""
        for device, (at_ns, text) in list(self._returned.items()):
            if now_ns - at_ns >= STEADY_NS:
                del self._returned[device]
                self._absent.discard(device)
                self._say(f"device {device}: back ({text})")

    def lines(self) -> list[DeviceLine]:
        """One line a device, for the status view."""
        return [
            DeviceLine(
                name,
                f"{row['state']}  {row['sent']} frames"
                + (f"  {row['note']}" if row["state"] != "open" else ""),
                row["dispatch_p99_ns"] / 1000,
            )
            for name, row in dict(self.health.get("devices", {})).items()
        ]

    def histograms(self) -> list[Histogram]:
        """How late each device's frames were handed over, for the report."""
        found = []
        for name, late in dict(self.summary.get("dispatch", {})).items():
            bins = late["bins"]
            edges = [0.0, *(edge / 1000 for edge, _ in bins)]
            found.append(
                Histogram(
                    name,
                    edges,
                    [count for _, count in bins],
                    late["p50_ns"] / 1000,
                    late["p99_ns"] / 1000,
                    late["max_ns"] / 1000,
                    late["count"],
                    False,
                )
            )
        return found
