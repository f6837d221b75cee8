"""All lines of a bus: who takes what the machine dispatches, and what they have to tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from engine.bus.driver import Driver
from engine.bus.fleet import Cohort
from engine.bus.fleet_writer import FleetWriter
from engine.bus.lateness import LatenessHistogram
from engine.bus.loop import DeviceNote, Dispatch, FleetDispatch
from engine.bus.writer import PortWriter
from engine.time.clocks import Clock

#: How often lines are asked for news. Hundreds of them a thousand times a second would cost more than their commands.
_NEWS_NS = 8_000_000


class Lines:
    """The writers of a rig's devices.

    Parameters
    ----------
    drivers : sequence of Driver
        In the order of `Dispatch.device`.
    cohorts : sequence of Cohort
        In the order of `FleetDispatch.cohort`.
    clock : Clock
    park_first : bool, default True
        See `PortWriter`.
    priority : int or None
        Real-time priority of their threads.

    Attributes
    ----------
    writers : mapping of int to PortWriter
        Of the devices with a thread of their own, by index.
    fleets : tuple of FleetWriter
    dispatch_late : mapping of int to LatenessHistogram
        Of devices that are in no cohort.
    """

    def __init__(
        self,
        drivers: Sequence[Driver],
        cohorts: Sequence[Cohort],
        clock: Clock,
        *,
        park_first: bool = True,
        priority: int | None = None,
    ) -> None:
        self._drivers = tuple(drivers)
        self._clock = clock
        together = {index for cohort in cohorts for index in cohort.indices}
        self.writers: Mapping[int, PortWriter] = {
            index: PortWriter(driver, clock, park_first=park_first, priority=priority)
            for index, driver in enumerate(drivers)
            if index not in together
        }
        self.fleets = tuple(
            FleetWriter(cohort, clock, park_first=park_first, priority=priority) for cohort in cohorts
        )
        self.dispatch_late = {index: LatenessHistogram() for index in self.writers}
        self._news_ns = 0

    def start(self) -> None:
        """Open every line, all at once."""
        for writer in self.writers.values():
            writer.start()
        for fleet in self.fleets:
            fleet.start()

    def settled(self) -> bool:
        """Whether the first attempt to connect is over everywhere."""
        return all(writer.first_word() is not None for writer in self.writers.values()) and all(
            fleet.settled() for fleet in self.fleets
        )

    def first_words(self, waited_s: float) -> dict[str, str]:
        """By device with a line of its own: "" when connected, else why not."""
        words = {}
        for writer in self.writers.values():
            name = writer.driver.name
            word = writer.first_word()
            words[name] = f"{name}: still connecting after {waited_s:g} s" if word is None else word
        return words

    def take_notes(self, now_ns: int) -> list[DeviceNote]:
        """What became known, every few milliseconds."""
        if now_ns < self._news_ns:
            return []
        self._news_ns = now_ns + _NEWS_NS
        notes = [note for writer in self.writers.values() for note in writer.take_notes(now_ns)]
        for fleet in self.fleets:
            notes += fleet.take_notes(now_ns)
        return notes

    def offer(self, dispatch: Dispatch | FleetDispatch) -> None:
        """Hand frames to whoever sends them; never waits."""
        if isinstance(dispatch, FleetDispatch):
            self.fleets[dispatch.cohort].offer(dispatch)
            return
        self.writers[dispatch.device].offer(dispatch.frames, dispatch.due_ns)
        self.dispatch_late[dispatch.device].add(self._clock.now_ns() - dispatch.due_ns)

    def close(self, *, stay: Collection[str] = ()) -> None:
        """Park every device but those named in `stay`, and close the lines."""
        for writer in self.writers.values():
            writer.close(park=writer.driver.name not in stay)
        for fleet in self.fleets:
            fleet.close(stay=stay)

    def summary(self) -> dict[str, dict[str, object]]:
        """Lateness and counts, by device or cohort."""
        return {
            "dispatch": {
                **{self._drivers[index].name: late.summary() for index, late in self.dispatch_late.items()},
                **{fleet.cohort.name: fleet.dispatch_late.summary() for fleet in self.fleets},
            },
            "sent": {
                **{writer.driver.name: writer.sent_late.summary() for writer in self.writers.values()},
                **{fleet.cohort.name: fleet.all_sent_late().summary() for fleet in self.fleets},
            },
            "frames": {
                **{writer.driver.name: writer.driver.health.sent for writer in self.writers.values()},
                **{fleet.cohort.name: fleet.all_sent for fleet in self.fleets},
            },
        }

    def health(self) -> dict[str, dict[str, object]]:
        """State of each line, a cohort's in one row."""
        rows: dict[str, dict[str, object]] = {}
        for index, writer in self.writers.items():
            known = writer.driver.health
            rows[writer.driver.name] = {
                "state": known.state,
                "sent": known.sent,
                "failures": known.failures,
                "note": known.note,
                "dispatch_p99_ns": self.dispatch_late[index].quantile_ns(0.99),
            }
        for fleet in self.fleets:
            size, there = len(fleet.cohort), fleet.open_count
            rows[fleet.cohort.name] = {
                "state": "open" if there == size else "gone",
                "sent": fleet.all_sent,
                "failures": fleet.failures,
                "note": f"{there} of {size} connected",
                "dispatch_p99_ns": fleet.dispatch_late.quantile_ns(0.99),
            }
        return rows
