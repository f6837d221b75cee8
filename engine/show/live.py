"""A run in real time: the parent conducts and watches, bus, sound and viewer are processes of their own.

Whatever a child does, the show goes on: a viewer or a mixer that dies is started again and rejoins by reading the transport, a bus
that dies leaves its devices to their own time-outs and is started again on the same grid.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from engine.audio.process import AudioConfig
from engine.audio.process import main as sound_main
from engine.bus.loop import BusEvent
from engine.bus.process import BusReady, package_config
from engine.bus.process import main as bus_main
from engine.errors import OutputError, SensoramaError
from engine.experience.bundled import find_package
from engine.render.process import ViewerConfig
from engine.render.process import main as viewer_main
from engine.show.children import Child
from engine.show.choice import live_view
from engine.show.conductor import Conductor, Ended
from engine.show.folder import RunFolder
from engine.show.inputs import Operator
from engine.show.options import PlayOptions
from engine.show.pictures import PicturePlan, Wanted
from engine.show.record import RunRecord
from engine.show.rehearsal import Rehearsal
from engine.show.replay import commanded_curves
from engine.show.report import Histogram
from engine.show.reporting import write_report
from engine.show.setup import Phases, Production, announce, header_of, produce
from engine.show.status import DeviceLine, Status, StatusView
from engine.show.stills import small_still, still_name
from engine.show.wiring import input_of
from engine.story.journal import JournalWriter
from engine.time import Clock, MonotonicClock, TransportBlock, TransportWriter

#: Longest sleep of the parent's loop: half of what a guest notices between a look and the bar that begins to fill.
LOOP_NS = 10_000_000
STATUS_NS = 100_000_000
#: How long the children get to come up before the show begins without those that have not.
READY_LIMIT_NS = 20_000_000_000
#: From the last child's word to the first frame of the show.
COUNT_IN_NS = 150_000_000
AFTER_END_NS = 1_500_000_000


def play_live(
    options: PlayOptions, phases: Phases, view: StatusView, *, windowed: bool, session: str
) -> tuple[Ended, RunFolder, list[str]]:
    """Play once in real time.

    Raises
    ------
    InputError
        Something given is wrong; nothing has moved.
    OutputError
        What a run leaves cannot be written.
    """
    clock = MonotonicClock()
    # The viewer takes longest to come up and needs the package's place only: it loads while the parent checks.
    path = find_package(options.experience)
    block = TransportBlock.create()
    viewer = _start_viewer(options, path, block.name, clock, windowed=windowed)
    try:
        production = produce(options, phases)
        announce(production, view)
        folder = RunFolder(options.out, production.package.id)
        run = _LiveRun(options, production, phases, view, folder, clock, block, viewer)
        return run.play(session), folder, run.warnings
    finally:
        if viewer is not None:
            viewer.retire(0.0)
            viewer.close()
        block.close()


def _start_viewer(
    options: PlayOptions, path: Path, block: str, clock: Clock, *, windowed: bool
) -> Child | None:
    if not options.picture:
        return None
    config = ViewerConfig(
        block=block,
        package=str(path),
        size=options.size,
        headless=not windowed,
        language=options.language,
        fps=float(options.fps),
        title=f"Sensorama · {path.name}",
    )
    child = Child("viewer", viewer_main, config)
    child.start(clock.now_ns())
    return child


class _LiveRun:
    """One run in real time."""

    def __init__(
        self,
        options: PlayOptions,
        production: Production,
        phases: Phases,
        view: StatusView,
        folder: RunFolder,
        clock: MonotonicClock,
        block: TransportBlock,
        viewer: Child | None,
    ) -> None:
        self._options, self._production, self._phases = options, production, phases
        self._view, self._folder, self._clock, self._block = view, folder, clock, block
        self._writer = TransportWriter(block)
        path = str(production.package.path)
        folder.make(folder.received)
        # Replayed to the bit only if the bus starts on the parent's grid; it is told the grid once its lines are open.
        self._bus = Child(
            "bus", bus_main, package_config(block.name, production.rig, path, record_dir=str(folder.received))
        )
        self._viewer = viewer
        self._sound: Child | None = None
        if options.sound:
            self._sound = Child(
                "sound",
                sound_main,
                AudioConfig(
                    package_path=production.package.path,
                    block_name=block.name,
                    device=production.rig.audio.device,
                ),
            )
        self._record: RunRecord | None = None
        self._early: list[BusEvent] = []
        self._health: Mapping[str, Any] = {}
        self._bus_summary: Mapping[str, Any] = {}
        self._notes: dict[str, str] = {}
        self._absent: set[str] = set()
        self._interrupts = 0
        self._stills = 0
        self._sheets = 0
        self._asked: dict[str, tuple[float, Wanted, str]] = {}
        self._kept: list[tuple[Path, float, Wanted, str]] = []
        self._sent_live: Any = None
        self.conductor: Conductor | None = None
        self.warnings: list[str] = []

    # ---- start and end ---------------------------------------------------------------------------------------

    @property
    def _children(self) -> list[Child]:
        return [child for child in (self._bus, self._sound, self._viewer) if child is not None]

    def play(self, session: str) -> Ended:
        # A service manager's plea to end is taken like Ctrl-C: devices to rest, journal closed, nothing left behind.
        previous = {
            number: signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            for child in self._children:
                if child is not self._viewer:
                    child.start(self._clock.now_ns())
            epoch_ns = self._await_ready()
            self._phases.done("processes")
            header = header_of(self._options, self._production, session, "monotonic")
            with JournalWriter(self._folder.journal, header, self._clock, epoch_ns=epoch_ns) as journal:
                record = self._record = RunRecord(journal, epoch_ns)
                self.warnings = record.warnings
                for text in [
                    *map(str, self._production.package.warnings),
                    *map(str, self._production.bindings.notices),
                ]:
                    record.warn(text)
                return self._conduct(record)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            for child in self._children:
                child.retire(5.0)
                child.close()

    def _conduct(self, record: RunRecord) -> Ended:
        options, production = self._options, self._production
        rehearse = (
            Rehearsal(options.seed, options.choices) if options.seed is not None or options.choices else None
        )
        conductor = self.conductor = Conductor(
            package=production.package,
            story=production.story,
            writer=self._writer,
            record=record,
            guests=len(production.rig.seats),
            speed=options.speed if options.speed else Fraction(1),
            rehearse=rehearse,
        )
        for event in self._early:
            record.bus(event)
        now_ns = self._clock.now_ns()
        start = options.start
        scene, at_fl = start if start else (None, 0)
        from_ns = now_ns + COUNT_IN_NS
        record("start", now_ns, from_ns=from_ns - record.epoch_ns, scene=scene, at_fl=at_fl)
        record(
            "notice",
            now_ns,
            text="",
            phases_ms={name: round(ms, 2) for name, ms in self._phases.rows.items()},
        )
        conductor.start(now_ns, from_ns=from_ns, scene=scene, at_fl=at_fl, epoch_ns=record.epoch_ns)
        index = production.package.languages.index(production.language)
        if index:
            conductor.handle(Operator("language", index), self._clock.now_ns())
        try:
            self._loop(conductor, record)
        except OutputError as error:
            # Devices first: the conductor latches the stop in the transport before anything else is tried.
            self._writer.control(from_ns=self._clock.now_ns(), stopped=True)
            raise OutputError(f"{error}; the show was stopped, devices are in their safe state") from error
        assert conductor.ended is not None
        self._finish(conductor, record)
        return conductor.ended

    def _await_ready(self) -> int:
        """Wait until every child has said what it has; give the bus' grid."""
        begun_ns = self._clock.now_ns()
        waiting = list(self._children)
        while waiting:
            self._writer.beat(self._clock.now_ns())
            wait([thing for child in waiting for thing in child.waitables], timeout=0.2)
            for child in list(waiting):
                for kind, payload in child.messages():
                    self._hear(child, kind, payload)
                if self._interrupts:
                    raise KeyboardInterrupt
                if child.ready is not None:
                    waiting.remove(child)
                elif child.gone or child.died() is not None:
                    waiting.remove(child)
                    self._lost_at_start(child)
            if self._interrupts:
                raise KeyboardInterrupt
            if self._clock.now_ns() - begun_ns > READY_LIMIT_NS:
                if self._bus in waiting:
                    # It keeps the grid of the run; one that comes up later would be on another.
                    raise SensoramaError(
                        f"the device bus is not ready after {READY_LIMIT_NS / 1e9:g} s; the show was not started"
                    )
                for child in waiting:
                    self._view.say(
                        f"{child.name}: not ready after {READY_LIMIT_NS / 1e9:g} s; the show begins without it"
                    )
                break
        ready = self._bus.ready
        return int(ready.epoch_ns) if isinstance(ready, BusReady) else self._clock.now_ns()

    def _lost_at_start(self, child: Child) -> None:
        if child is self._bus:
            reason = self._notes.get("bus", "it ended without a word")
            raise SensoramaError(f"the device bus did not start: {reason}")
        self._view.say(f"no {child.name}: {self._notes.get(child.name, 'it ended without a word')}")

    def _finish(self, conductor: Conductor, record: RunRecord) -> None:
        """Let tails ring out, park the devices, and write the report."""
        ended = conductor.ended
        assert ended is not None
        until_ns = ended.at_ns + (AFTER_END_NS if ended.how == "ending" else AFTER_END_NS // 3)
        while (now_ns := self._clock.now_ns()) < until_ns and not self._interrupts > 1:
            self._writer.beat(now_ns)
            self._listen(LOOP_NS)
        if self._viewer is not None:
            self._viewer.tell("retire", None)
        parked = self._bus.retire(8.0)
        for kind, payload in self._bus.messages():
            self._hear(self._bus, kind, payload)
        if not parked or not self._bus_summary.get("parked", False):
            record.warn("the device bus had to be ended before every device said it was parked")
        self._view.say("writing the report...")
        record.lateness = self._histograms()
        self._gather_stills(record)
        curves = commanded_curves(self._folder.journal, self._production)
        write_report(
            production=self._production,
            folder=self._folder,
            record=record,
            conductor=conductor,
            ended=ended,
            curves=curves,
            how=[
                (("Clock", "时钟"), "monotonic, real time"),
                (("Picture", "画面"), self._notes.get("viewer", "none")),
                (("Sound", "声音"), self._notes.get("sound", "none")),
            ],
        )

    def _histograms(self) -> list[Histogram]:
        found = []
        for name, late in dict(self._bus_summary.get("dispatch", {})).items():
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

    # ---- the loop --------------------------------------------------------------------------------------------

    def _loop(self, conductor: Conductor, record: RunRecord) -> None:
        plan = PicturePlan()
        status_ns = 0
        while conductor.ended is None:
            now_ns = self._clock.now_ns()
            if self._interrupts:
                conductor.handle(Operator("interrupt", name="Ctrl-C"), now_ns)
                break
            conductor.advance(now_ns)
            self._writer.beat(now_ns)
            self._picture(conductor, plan, now_ns)
            self._revive(record, now_ns)
            if now_ns >= status_ns:
                self._tell(conductor, now_ns)
                status_ns = now_ns + STATUS_NS
            due_ns = conductor.next_deadline_ns()
            self._listen(LOOP_NS if due_ns is None else max(0, min(LOOP_NS, due_ns - now_ns)))

    def _listen(self, most_ns: int) -> None:
        """Sleep until something is said, or for `most_ns`."""
        # A dead child's end would be reported at once for ever; its last words are read below all the same.
        living = [child for child in self._children if not child.gone and child.died() is None]
        things = [thing for child in living for thing in child.waitables]
        wait(things, timeout=most_ns / 1e9)
        for child in self._children:
            for kind, payload in child.messages():
                self._hear(child, kind, payload)

    def _picture(self, conductor: Conductor, plan: PicturePlan, now_ns: int) -> None:
        viewer = self._viewer
        if viewer is None or viewer.gone or conductor.program is None:
            return
        live = live_view(self._production.package, conductor, now_ns, self._production.language)
        if live != self._sent_live:
            viewer.tell("live", live)
            self._sent_live = live
        moment = conductor.moment(now_ns)
        plan.enter(conductor.program, len(conductor.beats), conductor.next_is_choice)
        for wanted in plan.due(moment.at_fl, moment.run_fl):
            assert self._record is not None
            at_s = (now_ns - self._record.epoch_ns) / 1e9
            if wanted.kind == "sheet":
                self._sheets += 1
                name = f".sheet-{self._sheets:04d}.png"  # taken up by the report, then removed
            else:
                self._stills += 1
                name = still_name(self._stills, at_s, wanted)
            path = str(self._folder.frames / name)
            self._asked[path] = (at_s, wanted, conductor.program.id)
            viewer.tell("still", path)

    def _hear(self, child: Child, kind: str, payload: Any) -> None:
        match kind:
            case "ready":
                child.ready = payload
                if isinstance(payload, BusReady):
                    self._greet_bus(payload)
                else:
                    self._notes[child.name] = str(payload)
                    self._view.say(f"{payload}")
            case "event":
                if self._record is None:
                    self._early.append(payload)
                else:
                    self._record.bus(payload)
                    if payload.kind in ("gone", "back"):
                        self._device_came_or_went(payload)
            case "health":
                self._health = payload
            case "input":
                self._input(payload)
            case "say":
                self._view.say(str(payload))
            case "still":
                self._still(payload)
            case "failed":
                self._notes[child.name] = str(payload)
                if self._record is not None:  # while starting, `_lost_at_start` says it
                    self._record("notice", self._clock.now_ns(), text=f"{child.name}: {payload}")
                    self._view.say(f"{child.name}: {payload}")
            case "ended" if child is self._bus and isinstance(payload, Mapping):
                self._bus_summary = payload
            case "stats":
                frames = getattr(payload, "frames", None)
                if frames is not None:
                    self._notes["picture"] = f"{frames} fps, longest frame {payload.worst_ms:.0f} ms"

    def _device_came_or_went(self, event: BusEvent) -> None:
        """Say it once: a device that stays away is tried again and again, and each try is an event of the journal only."""
        gone = event.kind == "gone"
        if gone == (event.device in self._absent):
            return
        text = str(event.data.get("text", ""))
        if gone:
            self._absent.add(event.device)
            self._view.say(
                f"device {text or event.device + ' went away'}; the show goes on without it and keeps trying"
            )
        else:
            self._absent.discard(event.device)
            self._view.say(f"device {event.device}: back ({text})")

    def _greet_bus(self, ready: BusReady) -> None:
        self._absent = {name for name, trouble in ready.devices.items() if trouble}
        for name, trouble in ready.devices.items():
            port = ready.ports.get(name, "")
            if trouble:
                self._view.say(f"device {trouble}; the show goes on without it and keeps trying")
            else:
                twin = any(spec.name == name and spec.port == "twin" for spec in self._production.rig.devices)
                self._notes[f"port {name}"] = f"{'software twin on ' if twin else ''}{port}"
        twins = [spec.name for spec in self._production.rig.devices if spec.port == "twin"]
        if twins:
            self._view.say(f"devices: software twins for {', '.join(twins)}")

    def _input(self, event: Any) -> None:
        conductor = self.conductor
        if conductor is None or conductor.ended is not None:
            return
        now_ns = self._clock.now_ns()
        window = conductor.window_view(now_ns)
        taken = input_of(event, 0, window.options if window is not None else ())
        if taken is not None:
            conductor.handle(taken, now_ns)

    def _still(self, path: str) -> None:
        known = self._asked.pop(path, None)
        if known is not None:
            self._kept.append((Path(path), *known))

    def _gather_stills(self, record: RunRecord) -> None:
        """Shrink the viewer's pictures for the report; those of the contact sheet alone are not kept in full."""
        from engine.render.stills import read_png

        for path, at_s, wanted, scene in self._kept:
            try:
                record.stills.append(small_still(read_png(path.read_bytes()), at_s, wanted, scene))
                if wanted.kind == "sheet":
                    path.unlink()
            except (OSError, SensoramaError) as error:
                record.warn(f"{path.name} is missing in the report: {error}")

    def _revive(self, record: RunRecord, now_ns: int) -> None:
        for child in self._children:
            code = child.died()
            if child.gone or code is None:
                continue
            if child is self._viewer and code == 0 and self._options.view != "headless":
                child.gone = True  # the window was closed; the input that came with it stops the show
                continue
            record("notice", now_ns, text=f"{child.name} ended unexpectedly (exit status {code})")
            if not child.may_start_again:
                child.gone = True
                record.warn(f"{child.name} died too often and was given up; the show went on without it")
                continue
            if child is self._bus:
                # The new bus takes up the old one's grid, so that its frames fall on the same instants.
                child.config = replace(child.config, epoch_ns=record.epoch_ns)
                tick = (now_ns - record.epoch_ns) * self._production.rig.tick_hz // 1_000_000_000
                record("device", now_ns, what="restart", tick=tick)
            self._sent_live = None
            child.close()
            child.start(now_ns)

    def _tell(self, conductor: Conductor, now_ns: int) -> None:
        moment = conductor.moment(now_ns)
        commit_ns = conductor.next_commit_ns()
        devices = [
            DeviceLine(
                name,
                f"{row['state']}  {row['sent']} frames"
                + (f"  {row['note']}" if row["state"] != "open" else ""),
                row["dispatch_p99_ns"] / 1000,
            )
            for name, row in dict(self._health.get("devices", {})).items()
        ]
        window = conductor.window_view(now_ns)
        words = (
            ""
            if window is None
            else "choice: "
            + "  ".join(
                f"{option} {ratio:3.0%}"
                for option, ratio in zip(window.options, window.dwell_ratio, strict=True)
            )
        )
        self._view.show(
            Status(
                title=self._production.package.title.get(
                    self._production.language, self._production.package.id
                ),
                scene=conductor.program.id if conductor.program else "",
                at_fl=moment.at_fl,
                run_fl=moment.run_fl,
                next_scene=conductor.next_scene,
                held=moment.rate == 0,
                window=words,
                devices=devices,
                next_commit_fl=None if commit_ns is None else max(0, (commit_ns - now_ns) * 441 // 625),
                notes={"picture": self._notes["picture"]} if "picture" in self._notes else {},
            )
        )

    def _interrupt(self, *_: object) -> None:
        self._interrupts += 1
