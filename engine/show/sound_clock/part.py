"""The clocks of a run's sound devices: what they say is read now and then, told to the operator, and followed if the rig says so."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from engine.audio.clock.shared import ClockBlock, ClockReading, clock_name
from engine.audio.clock.values import ClockState
from engine.experience.rig import Rig
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Clock
from engine.show.live.children import Child
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.setup import Production
from engine.show.sound_clock.lead import DeviceLead
from engine.show.timecode.following import told

LOOK_NS = 500_000_000


def sound_clock_parts(
    production: Production, options: PlayOptions, block_name: str, devices: int
) -> list[SoundClockPart]:
    """The part for a run with sound; nothing for one without.

    Parameters
    ----------
    production : Production
    options : PlayOptions
    block_name : str
        Of the transport in shared memory.
    devices : int
        How many audio processes there will be; the first one's device may lead.
    """
    if not options.sound or devices == 0:
        return []
    leads, aside = device_leads(production.rig, options)
    return [SoundClockPart(block_name, devices, leads=leads, aside=aside)]


def device_leads(rig: Rig, options: PlayOptions) -> tuple[bool, str]:
    """Whether the first sound device leads the show, and why not although the rig asks for it."""
    if rig.audio.clock != "device":
        return False, ""
    if rig.venue.follow is not None:
        return False, "the rig's sound device does not lead the show: timecode does"
    if options.speed is not None and options.speed != Fraction(1):
        return False, "the rig's sound device does not lead the show: it runs at a speed of its own (--speed)"
    return True, ""


class SoundClockPart:
    """A `engine.show.live.part.Part`.

    Parameters
    ----------
    block_name : str
        Of the transport.
    devices : int
        Audio processes.
    leads : bool
        Whether the first one's device leads the show.
    aside : str
        Why it does not although the rig asks for it, for the operator.
    """

    def __init__(self, block_name: str, devices: int, *, leads: bool, aside: str = "") -> None:
        # The parent makes them, so that they outlive an audio process that is started again.
        self._blocks = [ClockBlock.create(clock_name(block_name, number)) for number in range(devices)]
        self._leads = leads
        self._aside = aside
        self._lead: DeviceLead | None = None
        self._conductor: Conductor | None = None
        self._record: RunRecord | None = None
        self._due_ns: int | None = None

    @property
    def children(self) -> Sequence[Child]:
        """None: the audio processes are the run's own."""
        return []

    @property
    def readings(self) -> list[ClockReading]:
        """What each device's clock says now."""
        return [block.read() for block in self._blocks]

    def begin(self, conductor: Conductor, record: RunRecord) -> None:
        """The conductor has started."""
        self._conductor, self._record = conductor, record
        if self._aside:
            record.warn(self._aside)
        if self._leads:
            # A run that is taken up from its journal goes on at the speed it had.
            self._lead = DeviceLead(conductor.pace.rate)
            self._due_ns = 0

    def hear(self, child: Child, kind: str, payload: Any, now_ns: int) -> None:
        """It has no children."""

    def advance(self, now_ns: int) -> None:
        """Look at the leading device twice a second."""
        conductor, lead = self._conductor, self._lead
        if (
            lead is None
            or conductor is None
            or self._due_ns is None
            or now_ns < self._due_ns
            or conductor.ended is not None
        ):
            return
        self._due_ns = now_ns + LOOK_NS
        led = lead.look(now_ns, self._blocks[0].read())
        if led.told is not None and self._record is not None:
            self._record("chase", now_ns, **told(led.told))
        if led.rate is not None:
            conductor.advance(now_ns)
            conductor.handle(Clock("rate", led.rate.numerator, led.rate.denominator), now_ns)

    def next_due_ns(self) -> int | None:
        """When to look again; None where nothing is led."""
        return self._due_ns

    def lines(self) -> Sequence[str]:
        """One line a device: clock, trim, load."""
        return [
            line(reading, leads=self._lead is not None and number == 0)
            for number, reading in enumerate(self.readings)
            if reading.told_ns
        ]

    def end(self) -> None:
        """Let go of the shared memory."""
        for block in self._blocks:
            block.close()


def line(reading: ClockReading, *, leads: bool) -> str:
    """A reading for an operator."""
    quality, load = reading.quality, reading.load
    if quality.state is ClockState.SILENT:
        return f"sound clock: silent ({quality.why})"
    role = "leads" if leads else f"trim {reading.trim_ppm:+.1f} ppm"
    gaps = f"  gaps {quality.gaps}" if quality.gaps else ""
    return (
        f"sound clock: {quality.state.value}  {quality.ppm:+.1f} ppm  jitter {quality.jitter_ns / 1e6:.3f} ms  {role}  "
        f"error {reading.error_ns / 1e6:+.2f} ms  load p99.9 {load.at(0.999):.0%}  underruns {load.underruns}{gaps}"
    )
