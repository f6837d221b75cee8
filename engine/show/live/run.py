"""One run in real time: the parent conducts and watches, bus, sound and viewer are processes of their own.

Whatever a child does, the show goes on: a viewer or a mixer that dies is started again and rejoins by reading the transport; for a
bus that dies a spare stands by and goes on on the same grid, before the devices' own time-outs have run far.
"""

from __future__ import annotations

import signal
from dataclasses import replace
from fractions import Fraction
from typing import Any

from engine.audio.process import main as sound_main
from engine.bus.loop import BusEvent
from engine.bus.process import BusReady
from engine.errors import OutputError, SensoramaError
from engine.show.conduct.conductor import Conductor, Ended
from engine.show.conduct.inputs import Operator
from engine.show.conduct.rehearsal import Rehearsal
from engine.show.conduct.wiring import input_of
from engine.show.folder import RunFolder
from engine.show.guests.reception import Reception
from engine.show.guests.seating import Seating
from engine.show.live.bus_care import BusCare
from engine.show.live.children import Child
from engine.show.live.device_news import DeviceNews
from engine.show.live.opening import Opening
from engine.show.live.parts import Parts, parts_for
from engine.show.live.pictures import LivePictures
from engine.show.live.sounds import sound_configs
from engine.show.live.standstill import Standstill
from engine.show.live.status import live_status
from engine.show.live.supervision import READY_LIMIT_NS, Supervisor
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.replay import commanded_curves
from engine.show.reporting import write_report
from engine.show.setup import Phases, Production, header_of
from engine.show.sound_clock.part import device_leads
from engine.show.standby.digest import digest
from engine.show.standby.leader import Leading
from engine.show.standby.run import Standby
from engine.show.status import StatusView
from engine.story.journal import JournalWriter
from engine.time import TransportBlock, TransportWriter
from engine.timeline.evaluate import Evaluator

#: Longest sleep of the parent's loop: half of what a guest notices between a look and the bar that begins to fill.
LOOP_NS = 10_000_000
STATUS_NS = 100_000_000
#: Silence after which motion devices have parked by themselves (their usual time-out).
PARKED_NS = 1_000_000_000
AFTER_END_NS = 1_500_000_000
_SOUND_ENDS_WITHIN_S = 5.0


class LiveRun:
    """One run in real time.

    Parameters
    ----------
    options, production, phases, view, folder
        As everywhere.
    opening : Opening
        How it comes to its first moment, and its clock.
    block : TransportBlock
        What the children read.
    viewer : Child or None
        Started already: it takes longest.
    leading : Leading or None
        The link to a standby, of a run that has one.
    standby : Standby or None
        The link to a leader, of a run that follows; then also the `opening`.
    seat_poses : str
        Name of the block in which the bus tells a headset's viewer where the seats are; "" for none.
    """

    def __init__(
        self,
        options: PlayOptions,
        production: Production,
        phases: Phases,
        view: StatusView,
        folder: RunFolder,
        opening: Opening,
        block: TransportBlock,
        viewer: Child | None,
        leading: Leading | None = None,
        standby: Standby | None = None,
        seat_poses: str = "",
    ) -> None:
        self._leading, self._standby = leading, standby
        self._options, self._production, self._phases = options, production, phases
        self._view, self._folder, self._opening, self._clock = view, folder, opening, opening.clock
        self._block = block
        self._writer = TransportWriter(opening.publish_to(block))
        self._viewer = viewer
        self._care = BusCare(
            production,
            folder,
            block.name,
            epoch_ns=None if opening.epoch_ns is None else opening.epoch_ns - opening.ahead_ns,
            muted=opening.muted,
            say=view.say,
            seat_poses=seat_poses,
            given=opening.given,
        )
        # What is muted is heard, and hears, only once it leads; but what is wrong with it is said now.
        self._sounds = [] if opening.muted else self._make_sounds()
        parts = parts_for(production, options, opening.clock, block.name)
        self._parts = Parts([] if opening.muted else parts, self._tell_fault)
        self._parts_later = parts if opening.muted else []
        self._supervisor = Supervisor(opening.clock, self._all_children, self._hear)
        self._news = DeviceNews(production.rig, view.say)
        self._pictures = LivePictures(production, folder)
        rig = production.rig
        self._reception = Reception(
            rig.guests, production.package.languages, [seat.name for seat in rig.seats]
        )
        self._record: RunRecord | None = None
        self._evaluator: Evaluator | None = None
        self._early: list[BusEvent] = []
        self._said_early: list[tuple[Child, str, Any]] = []
        self._notices_early: list[str] = []
        self._notes: dict[str, str] = {}
        self._interrupts = 0
        self._resting: Child | None = None
        self.conductor: Conductor | None = None
        self.warnings: list[str] = []

    # ---- start and end ---------------------------------------------------------------------------------------

    def _make_sounds(self) -> list[Child]:
        """One process a sound device: each follows the transport by its own clock."""
        if not self._options.sound:
            return []
        configs = sound_configs(
            self._production.rig,
            self._production.package.path,
            self._block.name,
            leads=device_leads(self._production.rig, self._options)[0],
            heads=self._viewer is not None,
            stand_ins=self._options.stand_ins,
        )
        names = ["sound", *(f"sound {number}" for number in range(2, len(configs) + 1))]
        return [Child(name, sound_main, config) for name, config in zip(names, configs, strict=True)]

    @property
    def _bus(self) -> Child:
        return self._care.bus

    def _all_children(self) -> list[Child]:
        own = [child for child in (self._bus, self._viewer, self._care.spare) if child is not None]
        return [*own, *self._sounds, *self._parts.children]

    def play(self, session: str) -> Ended:
        """Start everything, conduct to the end, and leave nothing running."""
        # A service manager's plea to end is taken like Ctrl-C: devices to rest, journal closed, nothing left behind.
        previous = {
            number: signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            self._supervisor.start()
            epoch_ns = self._await_ready()
            self._phases.done("processes")
            header = self._opening.header(header_of(self._options, self._production, session, "monotonic"))
            with JournalWriter(self._folder.journal, header, self._clock, epoch_ns=epoch_ns) as journal:
                record = self._record = RunRecord(journal, epoch_ns)
                if self._leading is not None:
                    self._leading.begin(header, epoch_ns, record, self._digest)
                    record.listen = self._leading.told
                self.warnings = record.warnings
                for text in [
                    *map(str, self._production.package.warnings),
                    *map(str, self._production.bindings.notices),
                ]:
                    record.warn(text)
                return self._conduct(record)
        finally:
            self._care.drop_spare()
            self._parts.end()
            for number, handler in previous.items():
                signal.signal(number, handler)
            self._supervisor.end(5.0)

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
            rehearse=rehearse if self._opening.rehearsed else None,
            seating=Seating.of(production.rig, production.package.languages),
        )
        conductor.on_guest = self._reception.noticed
        for event in self._early:
            record.bus(event)
        for text in self._notices_early:
            record("notice", self._clock.now_ns(), text=text)
        self._opening.begin(conductor, record, self._clock.now_ns())
        self._parts.begin(conductor, record)
        said_early, self._said_early = self._said_early, []
        for said in said_early:
            self._hear(*said)
        try:
            self._loop(conductor, record)
        except OutputError as error:
            # Devices first: the conductor latches the stop in the transport before anything else is tried.
            self._writer.control(from_ns=self._clock.now_ns(), stopped=True)
            if self._leading is not None and self._leading.has_standby:
                self._care.fall_silent()  # the standby takes them over where they are
                self._leading.end("bad", str(error))
                raise OutputError(f"{error}; the standby takes over") from error
            raise OutputError(f"{error}; the show was stopped, devices are in their safe state") from error
        assert conductor.ended is not None
        if self._leading is not None and not self._leading.superseded:
            self._leading.end(conductor.ended.how, conductor.ended.reason)
        self._finish(conductor, record)
        return conductor.ended

    def _digest(self, at_ns: int) -> str:
        assert self.conductor is not None
        production = self._production
        if self._evaluator is None:
            self._evaluator = production.evaluator()
        seats = len(production.rig.seats)
        return digest(self._writer.transport, self.conductor, production.story, self._evaluator, seats, at_ns)

    def _await_ready(self) -> int:
        """Wait until every child has said what it has; give the bus' grid."""

        def each() -> None:
            self._writer.beat(self._clock.now_ns())
            if self._interrupts:
                raise KeyboardInterrupt

        self._supervisor.await_ready(each=each, lost=self._lost_at_start, late=self._late_at_start)
        ready = self._bus.ready
        if isinstance(ready, BusReady):
            return int(ready.epoch_ns) + self._opening.ahead_ns
        return self._clock.now_ns()

    def _lost_at_start(self, child: Child) -> None:
        if child is self._bus:
            reason = self._notes.get("bus", "it ended without a word")
            raise SensoramaError(f"the device bus did not start: {reason}")
        if child is self._viewer and self._options.require_xr:
            raise SensoramaError(self._notes.get("viewer", "--require-xr: the viewer ended without a word"))
        child.gone = True
        self._view.say(f"no {child.name}: {self._notes.get(child.name, 'it ended without a word')}")

    def _late_at_start(self, child: Child) -> None:
        if child is self._bus:
            # It keeps the grid of the run; one that comes up later would be on another.
            raise SensoramaError(
                f"the device bus is not ready after {READY_LIMIT_NS / 1e9:g} s; the show was not started"
            )
        if child is self._viewer and self._options.require_xr:
            raise SensoramaError(f"--require-xr: no headset's picture after {READY_LIMIT_NS / 1e9:g} s")
        self._view.say(
            f"{child.name}: not ready after {READY_LIMIT_NS / 1e9:g} s; the show begins without it"
        )

    def _finish(self, conductor: Conductor, record: RunRecord) -> None:
        """Let tails ring out, park the devices, and write the report."""
        ended = conductor.ended
        assert ended is not None
        self._care.drop_spare()
        until_ns = ended.at_ns + (AFTER_END_NS if ended.how == "ending" else AFTER_END_NS // 3)
        while (now_ns := self._clock.now_ns()) < until_ns and not self._interrupts > 1:
            self._writer.beat(now_ns)
            self._supervisor.listen(LOOP_NS)
        if self._viewer is not None:
            self._viewer.tell("retire", None)
        for sound in self._sounds:
            sound.tell("retire", None)
        parked = self._bus.retire(8.0)
        for sound in self._sounds:
            sound.retire(_SOUND_ENDS_WITHIN_S)
        for child in (self._bus, *self._sounds):  # their last words are what they counted
            for kind, payload in child.messages():
                self._hear(child, kind, payload)
        superseded = self._leading is not None and bool(self._leading.superseded)
        following = self._standby is not None and not self._standby.leading
        if not superseded and not following and not (parked and self._news.summary.get("parked", False)):
            record.warn("the device bus had to be ended before every device said it was parked")
        self._view.say("writing the report...")
        record.lateness = self._news.histograms()
        self._pictures.gather(record)
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
                (
                    ("Sound", "声音"),
                    "; ".join(self._notes.get(one.name, "") for one in self._sounds) or "none",
                ),
            ],
        )

    # ---- the loop --------------------------------------------------------------------------------------------

    def _loop(self, conductor: Conductor, record: RunRecord) -> None:
        status_ns = 0
        standstill = Standstill(self._clock.now_ns())
        while conductor.ended is None:
            now_ns = self._clock.now_ns()
            if self._interrupts:
                conductor.handle(Operator("interrupt", name="Ctrl-C"), now_ns)
                break
            if self._leading is not None and not self._leading.may_go_on(now_ns):
                self._give_way(self._leading, conductor)
                break
            if self._follows:
                self._follow(conductor, record, now_ns)
                if standstill.look(now_ns) is not None:
                    self._care.excuse(now_ns)
            else:
                self._hold_after(standstill, conductor, record, now_ns)
                conductor.advance(now_ns)
                self._parts.advance(now_ns)
                self._receive(conductor, now_ns)
            self._say_to_others(now_ns)
            self._writer.beat(now_ns)
            self._pictures.advance(self._viewer, conductor, record.epoch_ns, now_ns, self._reception)
            self._care.advance(record, record.epoch_ns - self._opening.ahead_ns, now_ns)
            self._revive(record, now_ns)
            self._news.advance(now_ns)
            if now_ns >= status_ns:
                self._show_status(conductor, now_ns)
                status_ns = now_ns + STATUS_NS
            self._supervisor.listen(self._idle_ns(conductor, now_ns))

    def _idle_ns(self, conductor: Conductor, now_ns: int) -> int:
        if self._follows:
            return LOOP_NS // 2  # its deadlines wait for the leader's word
        links = None if self._leading is None else self._leading.next_due_ns()
        asked = self._reception.next_due_ns()
        dues = [
            due
            for due in (conductor.next_deadline_ns(), self._parts.next_due_ns(), links, asked)
            if due is not None
        ]
        return max(0, min([LOOP_NS, *(due - now_ns for due in dues)]))

    # ---- leader and standby ----------------------------------------------------------------------------------

    @property
    def _follows(self) -> bool:
        return self._standby is not None and not self._standby.leading

    def _say_to_others(self, now_ns: int) -> None:
        if self._leading is not None:
            self._leading.advance(now_ns)
            self._care.leave_to(self._leading.take_over_ns if self._leading.has_standby else None)
        if self._standby is not None and self._standby.leading:
            self._standby.claim(now_ns)

    def _follow(self, conductor: Conductor, record: RunRecord, now_ns: int) -> None:
        assert self._standby is not None
        why = self._standby.advance(now_ns)
        if not why:
            return
        # The devices first: their line is open before anything is written or started.
        self._care.unmute()
        conductor.advance(now_ns)
        record.listen = None
        of, silent_ns = self._standby.leader, self._standby.silent_ns
        record("takeover", now_ns, of=of, why=why, silent_ns=silent_ns)
        self._standby.claim(now_ns)
        text = f"TAKE-OVER: {why}; this standby leads"
        record.warn(text)
        self._view.say(text)
        self._sounds = self._make_sounds()
        self._parts = Parts(self._parts_later, self._tell_fault)
        self._supervisor.start()
        self._parts.begin(conductor, record)

    def _give_way(self, leading: Leading, conductor: Conductor) -> None:
        """Somebody else leads: this run moves nothing any more, not even to park."""
        self._care.fall_silent()
        conductor.handle(Operator("fail", name=leading.superseded), self._clock.now_ns())

    # ---- faults ----------------------------------------------------------------------------------------------

    def _hold_after(
        self, standstill: Standstill, conductor: Conductor, record: RunRecord, now_ns: int
    ) -> None:
        """After a suspended machine: held where the guests left it, for a person to go on."""
        gap = standstill.look(now_ns)
        if gap is None:
            return
        self._care.excuse(now_ns)
        if gap.asleep_ns > PARKED_NS:  # the bus slept too, and its clock with it: it cannot know
            self._care.begin_anew(f"the machine slept for {gap.asleep_ns / 1e9:.1f} s", record, now_ns)
        record("suspended", now_ns, gap_ns=gap.length_ns, asleep_ns=gap.asleep_ns)
        held = conductor.moment(gap.before_ns).rate == 0
        conductor.handle(Operator("hold", name="suspended"), gap.before_ns)
        where = f"'{conductor.program.id}'" if conductor.program is not None else "the beginning"
        text = (
            f"this machine stood still for {gap.length_ns / 1e9:.1f} s; "
            + ("the show was held already" if held else f"the show is held in {where} where it was")
            + "; look around, then resume"
        )
        record("notice", now_ns, text=text)
        self._view.say(text)

    def _hear(self, child: Child, kind: str, payload: Any) -> None:
        own = self._parts.of(child) is None
        if self._care.takes(child, kind, payload, self._clock.now_ns()):
            if kind in ("ready", "spare") and self._record is not None:
                self._record("notice", self._clock.now_ns(), text="", spare="ready")
            return
        match kind:
            case "ready":
                child.ready = payload
                if isinstance(payload, BusReady):
                    self._news.greet(payload)
                    self._notes.update({f"port {name}": port for name, port in self._news.ports.items()})
                else:
                    self._notes[child.name] = str(payload)
                    self._view.say(f"{payload}")
            case "say":
                self._view.say(str(payload))
                if child in self._sounds:
                    # What was not heard as it should be is looked for weeks later, in journals.
                    if self._record is None:
                        self._notices_early.append(str(payload))
                    else:
                        self._record("notice", self._clock.now_ns(), text=str(payload))
            case "failed":
                self._notes[child.name] = str(payload)
                if self._record is not None:  # while starting, `_lost_at_start` says it
                    self._record("notice", self._clock.now_ns(), text=f"{child.name}: {payload}")
                    self._view.say(f"{child.name}: {payload}")
            case "headset" | "input" | "still" if self.conductor is None:
                self._said_early.append(
                    (child, kind, payload)
                )  # a guest may be there before the sound is loaded
            case _ if not own and self.conductor is None:
                self._said_early.append((child, kind, payload))
            case _ if not own:
                if kind == "words" and self._opening.ahead_ns:  # stamped by this machine's clock
                    ahead_ns = self._opening.ahead_ns
                    payload = [replace(word, at_ns=word.at_ns + ahead_ns) for word in payload]
                self._parts.hear(child, kind, payload, self._clock.now_ns())
            case "event":
                self._bus_event(payload)
            case "health":
                self._news.health = payload
            case "input":
                self._input(payload)
            case "still":
                self._pictures.taken(payload)
            case "headset":
                self._headset_news(payload)
            case "ended" if child is self._bus and isinstance(payload, dict):
                self._news.summary = payload
            case "stats":
                frames = getattr(payload, "frames", None)
                if frames is not None:
                    late = f", {payload.late} late" if payload.late else ""
                    self._notes["picture"] = f"{frames} fps, longest frame {payload.worst_ms:.0f} ms{late}"

    def _headset_news(self, status: Any) -> None:
        """The headset came, went or stands elsewhere: for the operator and the journal."""
        line = str(status.line)
        if self._notes.get("headset") == line:
            return
        self._notes["headset"] = line  # the viewer has said it already
        if self._record is not None:
            self._record("notice", self._clock.now_ns(), text="", headset=str(status.rung), line=line)

    def _bus_event(self, event: BusEvent) -> None:
        if self._opening.ahead_ns:
            event = replace(event, at_ns=event.at_ns + self._opening.ahead_ns)
        if self._record is None:
            self._early.append(event)
            return
        self._record.bus(event)
        self._news.heard(event)
        if event.kind == "overrun" and event.tick > 0:
            # A bus that stood still for so long has lost its devices, whatever it believes; a new one's first word says nothing.
            ticks = int(str(event.data.get("resumed", 0))) - event.tick
            if ticks * 1_000_000_000 > PARKED_NS * self._production.rig.tick_hz:
                why = f"the bus stood still for {ticks / self._production.rig.tick_hz:.1f} s"
                self._care.begin_anew(why, self._record, self._clock.now_ns())

    def _input(self, event: Any) -> None:
        conductor = self.conductor
        if conductor is None or conductor.ended is not None or self._follows:
            return
        now_ns = self._clock.now_ns()
        window = conductor.window_view(now_ns)
        taken = input_of(event, 0, window.options if window is not None else self._reception.options(0))
        for made in () if taken is None else self._reception.hear(taken, now_ns):
            conductor.handle(made, now_ns)

    def _receive(self, conductor: Conductor, now_ns: int) -> None:
        """Ask guests who have just sat down; the story's own decisions come first."""
        deciding = conductor.window_view(now_ns) is not None
        for made in self._reception.advance(now_ns, lambda seat: deciding):
            conductor.handle(made, now_ns)

    def _revive(self, record: RunRecord, now_ns: int) -> None:
        for child, code in self._supervisor.dead():
            if child is self._viewer and code == 0 and self._options.view != "headless":
                child.gone = True  # the window was closed; the input that came with it stops the show
                continue
            if child is self._resting and not child.may_start_again(now_ns):
                continue
            said = self._care.ended_it(child) or child is self._resting
            # Devices first: the spare goes on before anything is written or said.
            of_the_bus = child is self._care.bus or child is self._care.spare
            epoch_ns = record.epoch_ns - self._opening.ahead_ns
            done = of_the_bus and self._care.died(child, record, epoch_ns, now_ns)
            if not said:
                next_word = (
                    "; nothing is lost, the other one goes on"
                    if done
                    else "; it is started again"
                    if child.may_start_again(now_ns)
                    else "; it is tried again within a minute"
                    if self._never_given_up(child)
                    else ""
                )
                text = f"{child.name} ended unexpectedly (exit status {code}){next_word}"
                record("notice", now_ns, text=text)
                self._view.say(text)
            if done:
                continue
            if not child.may_start_again(now_ns) and self._never_given_up(child):
                self._resting = child
                continue
            if not child.may_start_again(now_ns):
                child.gone = True
                text = f"{child.name} died too often and was given up; the show went on without it"
                record.warn(text)
                self._view.say(text)
                continue
            if child is self._viewer:
                self._resting = None
                self._pictures.forget()
            self._supervisor.revive(child)

    def _never_given_up(self, child: Child) -> bool:
        """A headset is nobody's to restart by hand: its viewer is tried again when the last tries are a minute old."""
        return child is self._viewer and self._options.view == "xr"

    def _show_status(self, conductor: Conductor, now_ns: int) -> None:
        notes: dict[str, str] = {
            name: self._notes[name] for name in ("picture", "headset") if name in self._notes
        }
        guests = [*conductor.guest_lines(now_ns), *self._reception.lines()]
        lines = [*self._link_lines(), *self._parts.lines(), *guests]
        self._view.show(live_status(self._production, conductor, now_ns, self._news.lines(), lines, notes))

    def _link_lines(self) -> list[str]:
        return [line for link in (self._leading, self._standby) if link is not None for line in link.lines()]

    def _tell_fault(self, text: str) -> None:
        self._view.say(text)
        if self._record is not None:
            self._record("notice", self._clock.now_ns(), text=text)

    def _interrupt(self, *_: object) -> None:
        self._interrupts += 1
