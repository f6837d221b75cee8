"""What is kept of a run while it runs: the journal on disk, and what the report will show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.bus.loop import BusCore, BusEvent
from engine.show.report import Curve, Histogram, Still

#: How often commanded values are sampled for the report's curves.
CURVE_STEP_NS = 50_000_000


class Journal(Protocol):
    """Where events are written, one line each, at host instants."""

    def append(self, kind: str, at_ns: int | None = None, /, **fields: Any) -> None: ...


@dataclass(slots=True)
class RunRecord:
    """One run, as it is told by its parts.

    Parameters
    ----------
    journal : Journal
        Takes every event.
    epoch_ns : int
        Host instant of the run's beginning; the journal counts from here.
    listen : callable, optional
        Also told of every event (the terminal's view).
    """

    journal: Journal
    epoch_ns: int
    listen: Callable[[str, int, Mapping[str, Any]], None] | None = None
    stills: list[Still] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    lateness: list[Histogram] = field(default_factory=list)

    def __call__(self, kind: str, now_ns: int, /, **fields: Any) -> None:
        """Record an event of the conductor or of the run itself."""
        self.journal.append(kind, now_ns, **fields)
        if kind == "notice":
            self.warn(str(fields.get("text", "")))
        if self.listen is not None:
            self.listen(kind, now_ns, fields)

    def bus(self, event: BusEvent) -> None:
        """Record an event of the bus; `tick` is its grid tick, which a replay steers by."""
        kind = {"adopt": "adopt", "frames": "frames"}.get(event.kind, "device")
        extra = {} if kind != "device" else {"what": event.kind}
        name = {"device": event.device} if event.device else {}
        self.journal.append(kind, event.at_ns, tick=event.tick, **name, **extra, **dict(event.data))
        if event.kind == "gone":
            self.warn(f"{event.device} went away: {event.data.get('text', '')}; the show went on without it")
        elif event.kind == "overrun" and event.tick > 0:  # a bus that was started again begins at the present
            self.warn(
                f"the bus was held up at tick {event.tick} and resumed at tick {event.data.get('resumed')}"
            )
        elif event.kind == "report" and event.data.get("report") != "reply":
            self.warn(f"{event.device}: {event.data.get('text', '')}")
        elif event.kind == "fault":
            self.warn(
                f"{event.device} had a fault: {event.data.get('text', '')}; it was led to its safe state"
            )
        elif event.kind == "stale":
            self.warn("the conductor was silent for too long; devices went to their safe state")
        if self.listen is not None:
            self.listen(event.kind, event.at_ns, {"device": event.device, **event.data})

    def warn(self, text: str) -> None:
        """Keep a warning for the report, once."""
        if text and text not in self.warnings:
            self.warnings.append(text)


class CurveTap:
    """Samples what the bus commands, for the report's curves."""

    def __init__(self, core: BusCore, epoch_ns: int) -> None:
        self._core = core
        self._epoch_ns = epoch_ns
        self._next_ns = epoch_ns
        self._times_s: list[float] = []
        self._values: dict[str, list[tuple[float, ...]]] = {driver.name: [] for driver in core.drivers}

    def sample(self, now_ns: int) -> None:
        """Take a sample if one is due."""
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + CURVE_STEP_NS
        self._times_s.append((now_ns - self._epoch_ns) / 1e9)
        for name, rows in self._values.items():
            rows.append(self._core.values(name))

    def curves(self) -> Sequence[Curve]:
        """The curves of every channel that moved at all."""
        found: list[Curve] = []
        for driver in self._core.drivers:
            rows = self._values[driver.name]
            for i, channel in enumerate(driver.channels):
                values = [row[i] for row in rows]
                if values and max(values) - min(values) > 1e-9:
                    found.append(
                        Curve(
                            driver.name,
                            channel.name,
                            channel.unit,
                            self._times_s,
                            values,
                            channel.low,
                            channel.high,
                        )
                    )
        return found


def simulated_lateness(core: BusCore, frames: Mapping[str, int]) -> list[Histogram]:
    """On a manual clock every frame leaves at its instant: one bin, and the page says why."""
    return [
        Histogram(
            driver.name,
            (0.0, 1.0),
            (frames.get(driver.name, 0),),
            0.0,
            0.0,
            0.0,
            frames.get(driver.name, 0),
            True,
        )
        for driver in core.drivers
    ]
