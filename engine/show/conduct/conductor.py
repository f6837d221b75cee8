"""The conductor: decides which scene starts at which instant, and publishes only that.

A machine without a clock. It is told the time (`advance`) and what people do (`handle`), and works through its own
deadlines in order at their exact instants, however late it is called; so a run is a pure function of the package and
of the journalled inputs, and a replay is the same code fed with the same inputs.

The last row published wins (see `engine.time.segments`), so a hold simply supersedes a commit that was already
announced, and resuming announces it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from typing import Any

from engine.errors import SensoramaError, StoryError, UsageError
from engine.experience import Package
from engine.show.conduct.agenda import Planned
from engine.show.conduct.deciding import Deciding
from engine.show.conduct.inputs import (
    Clock,
    External,
    Guest,
    Input,
    Key,
    Look,
    Operator,
    Pick,
    Touch,
    to_json,
)
from engine.show.conduct.missed import missed_between, named, still_going
from engine.show.conduct.terms import LAP_LEAD_NS, LEAD_NS, Ended, Recorder, WindowView
from engine.show.conduct.triggers import TriggerWatch
from engine.show.conduct.window import OPTION, TARGET
from engine.show.conduct.zones import zone_entries
from engine.show.guests.roster import Roster
from engine.show.guests.seating import Seating
from engine.story.ink import Story
from engine.time import MODALITIES, SegmentKind, TransportWriter
from engine.timeline.program import Program, TriggerSpec

__all__ = ["LAP_LEAD_NS", "LEAD_NS", "Conductor", "Ended", "Recorder", "WindowView"]


class Conductor(Deciding):
    """Runs one show.

    Parameters
    ----------
    package : Package
        What is played.
    story : Story
        The package's story, freshly loaded; the conductor owns it from now on.
    writer : TransportWriter
        Where segments, reactions, controls and candidates are published.
    record : Recorder
        Takes every event, in order.
    guests : int
        Seats with somebody on them.
    seating : Seating
        What each seat plays for whoever sits down.
    speed : Fraction
        Show seconds per host second while running; 1 is the show's own pace.
    rehearse : callable, optional
        Called at each beat with ``(program, option ids, beat ordinal, position of entry)``; returns ``(position_fl, input)``
        pairs, the doings of a scripted or seeded guest.
    """

    def __init__(
        self,
        *,
        package: Package,
        story: Story,
        writer: TransportWriter,
        record: Recorder,
        guests: int = 1,
        speed: Fraction = Fraction(1),
        rehearse: Callable[[Program, tuple[str, ...], int, int], Iterable[tuple[int, Input]]] | None = None,
        seating: Seating | None = None,
    ) -> None:
        super().__init__(package, story, writer, record, guests, speed)
        self._roster = Roster(Seating() if seating is None else seating, writer, record, guests)
        self._rehearse = rehearse
        self._triggers = TriggerWatch(())
        #: Told of every input about a guest, once it is taken.
        self.on_guest: Callable[[Guest, int], None] | None = None
        #: Beats played so far as ``(scene id, host instant)``; the report and the tests read it.
        self.beats: list[tuple[str, int]] = []

    @property
    def absent(self) -> tuple[int, ...]:
        """Seats whose guest has left."""
        return self._roster.absent

    def guest_lines(self, now_ns: int) -> list[str]:
        """For the operator: seats that play otherwise than authored."""
        return self._roster.lines(now_ns)

    def language_of(self, seat: int, now_ns: int) -> str:
        """The language in which a seat is spoken to: its guest's, or the show's."""
        languages = self._package.languages
        index = self._writer.transport.controls_of(seat, now_ns).language
        return languages[min(index, len(languages) - 1)]

    # ---- life ----------------------------------------------------------------------------------------------

    def start(
        self,
        now_ns: int,
        *,
        scene: str | None = None,
        at_fl: int = 0,
        from_ns: int | None = None,
        epoch_ns: int | None = None,
    ) -> None:
        """Settle the story and publish the first segment.

        Parameters
        ----------
        now_ns : int
            Host instant of the run's beginning; the journal counts from here.
        scene, at_fl
            Where to begin instead of the story's own beginning (a rehearsal): scene id and position.
        from_ns : int, optional
            When the first segment takes force, at or after `now_ns`; a lead after it by default.
        epoch_ns : int, optional
            Host instant from which recorded instants count; `now_ns` by default.
        """
        if self._segment is not None:
            raise UsageError("this conductor has started already; make a new one for a new run")
        self._now_ns = now_ns
        self._epoch_ns = now_ns if epoch_ns is None else epoch_ns
        self._roster.begin(now_ns)
        if scene is not None:
            self._story.jump(scene)
        try:
            self._take(self._story.settle())
            if not self._queue:
                raise StoryError("the story ends before its first scene", ink_path="")
        except StoryError as error:
            self._fail(error, now_ns)
            return
        first = self._scene_index(self._queue[0].scene)
        begin_ns = now_ns + LEAD_NS if from_ns is None else from_ns
        self._planned = Planned(first, 0)
        kind = SegmentKind.SEEK if at_fl else SegmentKind.START
        self._planned.row = self._append(begin_ns, first, at_fl, self._pace.now, kind)
        self._writer.set_candidates((first,))

    def advance(self, now_ns: int) -> None:
        """Do everything that is due up to `now_ns`, each thing at its own instant."""
        while self.ended is None:
            due = self._next()
            if due is None or due[0] > now_ns:
                break
            self._now_ns = max(self._now_ns, due[0])
            due[1](self._now_ns)
        self._now_ns = max(self._now_ns, now_ns)

    def next_deadline_ns(self) -> int | None:
        """The next instant at which something will be due, or None while nothing is planned (held)."""
        due = self._next() if self.ended is None else None
        return None if due is None else due[0]

    # ---- what people do ------------------------------------------------------------------------------------

    def handle(self, event: Input, now_ns: int) -> None:
        """Take one input at `now_ns`; whatever was due before is done first."""
        self.advance(now_ns)
        if self.ended is not None:
            return
        self._record("input", self._now_ns, input=to_json(event))
        self._act(event, self._now_ns)

    def _act(self, event: Input, now_ns: int) -> None:
        at_fl = self.moment(now_ns).at_fl
        window = self._window
        match event:
            case Look(seat, target):
                option = target[len(OPTION) :] if target and target.startswith(OPTION) else None
                thing = target[len(TARGET) :] if target and target.startswith(TARGET) else None
                if window is not None:
                    window.look(seat, option, now_ns)
                self._triggers.look(seat, thing, now_ns)
            case Pick(seat, option, by):
                if window is not None and window.accepts(by):
                    self._vote(seat, option, now_ns)
            case Touch(seat, target):
                self._fire(self._triggers.touched(seat, target, at_fl, now_ns), now_ns)
            case Key(seat, key):
                self._fire(self._triggers.pressed(seat, key, at_fl, now_ns), now_ns)
            case External(name):
                self._fire(self._triggers.called(name, at_fl, now_ns), now_ns)
            case Operator():
                self._operate(event, now_ns)
            case Clock():
                self._clock(event, now_ns)
            case Guest():
                self._guest(event, now_ns)

    def _guest(self, event: Guest, now_ns: int) -> None:
        self._roster.take(event, now_ns)
        self._guests = self._roster.count
        if self._window is not None:
            self._window.guests = self._guests
        if event.action == "left":
            # A headset that comes off looks at nothing any more, and cannot say so. What its guest has chosen stands.
            if self._window is not None:
                self._window.look(event.seat, None, now_ns)
            self._triggers.look(event.seat, None, now_ns)
        if self.on_guest is not None:
            self.on_guest(event, now_ns)

    def _operate(self, event: Operator, now_ns: int) -> None:
        pace = self._pace
        action = event.action
        if action == "toggle_hold":
            action = "resume" if pace.held else "hold"
        match action:
            case "hold":
                pace.by_operator = True
                self._repace(now_ns)
            case "resume":
                pace.release()
                self._repace(now_ns)
            case "seek_by":
                self._seek(event.value, now_ns)
            case "stop":
                self.stop(now_ns)
            case "interrupt":
                self.stop(now_ns, how="interrupted", reason=event.name)
            case "fail":
                self.stop(now_ns, how="failed", reason=event.name)
            case "intensity":
                now = self._writer.transport.controls_at(now_ns).intensities
                i = MODALITIES.index(event.name)
                self._writer.control(
                    from_ns=now_ns + LEAD_NS, intensities=(*now[:i], event.value / 1000, *now[i + 1 :])
                )
            case "language":
                self._roster.everybody_in(event.value, now_ns)
                self._writer.control(from_ns=now_ns + LEAD_NS, language=event.value)

    def _clock(self, event: Clock, now_ns: int) -> None:
        """What the clock that is followed asks for. An operator's hold outlasts it."""
        pace = self._pace
        if event.action == "hold":
            pace.by_clock = True
        else:
            pace.rate = event.rate
            pace.by_clock = pace.by_clock and event.action == "rate"
        if event.action == "jump":
            pace.policy = event.policy
            pace.bias_fl -= event.by_fl
            self._jump(event.by_fl, now_ns)
        else:
            self._repace(now_ns)

    def stop(self, now_ns: int, *, how: str = "stopped", reason: str = "") -> None:
        """Latch the stop: every follower goes to its safe state and the show stands still for good."""
        if self.ended is not None:
            return
        self._writer.control(from_ns=now_ns, stopped=True)
        if self._segment is not None:
            self._rerate(Fraction(0), now_ns)
        self._end(how, now_ns, reason)

    # ---- the agenda ----------------------------------------------------------------------------------------
    def _next(self) -> tuple[int, Callable[[int], None]] | None:
        best: tuple[int, Callable[[int], None]] | None = None
        planned = self._planned
        if planned is not None and planned.row is not None:
            best = (planned.row.from_ns, self._enter)
        for task in self._agenda:
            if task.done:
                continue
            at_ns = self._host_ns(task.at_fl)
            if at_ns is not None and (best is None or at_ns < best[0]):
                best = (at_ns, partial(self._run_task, task))
            break  # the agenda is sorted
        if self._window is not None:
            for at_ns, seat, option in self._window.dwells():
                if self._running and (best is None or at_ns < best[0]):
                    best = (at_ns, partial(self._vote, seat, option))
                break
        if self._running:
            due = self._triggers.next_due(self._host_ns)
            if due is not None and (best is None or due < best[0]):
                best = (due, self._gaze_triggers)
        return best

    # ---- beats ---------------------------------------------------------------------------------------------
    def _enter(self, now_ns: int) -> None:
        """The announced segment has come into force: its scene is the present one from now on."""
        planned = self._planned
        assert planned is not None and planned.row is not None
        self._planned, self._segment = None, planned.row
        self._window = None
        if planned.scene < 0:
            last = self._program.id if self._program else ""
            self._program = None
            said = self._settled.said if self._settled is not None and self._settled.over else ()
            self._end("ending", now_ns, " ".join(said[-1:]), scene=last)
            return
        beat = self._queue.pop(0)
        self._beat_no += 1
        program = self._package.scenes[planned.scene]
        self._program = program
        self.beats.append((program.id, planned.row.from_ns))
        self._record(
            "beat", now_ns, beat=self._beat_no, scene=program.id, lines=[line.id for line in beat.lines]
        )
        self._triggers = TriggerWatch(program.triggers, program.targets, self._speed)
        self._agenda = []
        last_beat = not self._queue
        options = self._settled.options if self._settled is not None and last_beat else ()
        if last_beat and options:
            self._open_agenda(program, options)
        else:
            scene = -1 if last_beat else self._scene_index(self._queue[0].scene)
            self._plan(scene, program.duration.nominal_fl)
        for trigger in program.triggers:
            if trigger.on == "zone":
                for at_fl in zone_entries(program, trigger):
                    self._task(at_fl, partial(self._enter_zone, trigger), order=2)
        if self._rehearse is not None:
            ids = tuple(option.id for option in options)
            try:
                doings = list(self._rehearse(program, ids, self._beat_no, planned.row.at_fl))
            except UsageError as error:
                self._fail(error, now_ns)
                return
            for at_fl, event in doings:
                self._task(at_fl, partial(self._rehearsed, event), order=9, once=True)
        self._drop_passed(planned.row.at_fl)
        self._catch_up(planned.row.at_fl, now_ns)
        self._settle_debt(now_ns)

    def _rehearsed(self, event: Input, now_ns: int) -> None:
        self._record("input", now_ns, input=to_json(event))
        self._act(event, now_ns)

    # ---- seeks -----------------------------------------------------------------------------------------------

    def _seek(self, delta_fl: int, now_ns: int) -> None:
        """Scrub within the scene; never over a decision that is still open, nor over the scene's end."""
        at_ns = self._settle_entry(now_ns + LEAD_NS)
        if self.ended is None and self._segment is not None and self._program is not None:
            self._seek_to(self._reach(self.moment(at_ns).at_fl + delta_fl), at_ns, now_ns)

    def _reach(self, at_fl: int) -> int:
        """The position nearest to `at_fl` that a seek may go to."""
        assert self._program is not None
        spec = self._program.window
        limit_fl = self._program.duration.nominal_fl
        if self._window is not None and spec is not None:
            limit_fl = spec.close_fl if self._window.locked is None else spec.commit_fl
        return min(max(0, at_fl), max(0, limit_fl - self._lap_lead_fl()))

    def _seek_to(self, to_fl: int, at_ns: int, now_ns: int, run_from_fl: int | None = None) -> None:
        assert self._program is not None and self._segment is not None
        spec = self._program.window
        if (
            self._window is not None
            and spec is not None
            and self._window.locked is not None
            and to_fl < spec.close_fl
        ):
            self._reopen()
        self._segment = self._append(
            at_ns, self._segment.scene, to_fl, self._pace.now, SegmentKind.SEEK, run_from_fl
        )
        if self._window is not None and self._window.locked is None and spec is not None:
            was_shown, was_open = self._window.shown, self._window.is_open
            self._window.shown, self._window.is_open = to_fl >= spec.show_fl, to_fl >= spec.open_fl
            if self._window.shown and not was_shown:
                self._show(now_ns)
            if self._window.is_open and not was_open:
                self._window.is_open = False
                self._open(now_ns)
        self._drop_passed(to_fl)
        self._announce()

    # ---- jumps of the clock that is followed -----------------------------------------------------------------

    def _jump(self, by_fl: int, now_ns: int) -> None:
        """Go where the timecode went, as far as the scene and its decision let us; run there instead, if that is the policy."""
        pace = self._pace
        if self._segment is None:
            pace.owed_fl += by_fl  # taken up on entering the first scene
            self._repace(now_ns)
            return
        at_ns = self._settle_entry(now_ns + LEAD_NS)
        if self.ended is not None or self._program is None:
            return
        from_fl = self.moment(at_ns).at_fl
        to_fl = self._reach(from_fl + by_fl + pace.owed_fl)
        cues = missed_between(self._program, from_fl, to_fl)
        told = {"by_fl": by_fl, "policy": pace.policy, "from_fl": from_fl}
        if pace.policy == "late" and cues:
            pace.fast_fl += by_fl
            pace.bias_fl += by_fl
            self._record(
                "jump", now_ns, how="fast", **told, to_fl=from_fl, owed_fl=pace.owed_fl, **named(cues)
            )
            self._repace(now_ns)
            return
        pace.owed_fl += by_fl - (to_fl - from_fl)
        entered_fl = still_going(self._program, to_fl) if pace.policy == "chase" else None
        told |= {"to_fl": to_fl, "owed_fl": pace.owed_fl}
        how = "clamped" if pace.owed_fl else "seek"
        self._record("jump", now_ns, how=how, **told, entered_fl=entered_fl, **named(cues))
        if to_fl != from_fl:
            self._seek_to(to_fl, at_ns, now_ns, entered_fl)
            self._record("rate", now_ns, rate=[pace.now.numerator, pace.now.denominator])
        else:
            self._repace(now_ns)

    def _settle_debt(self, now_ns: int) -> None:
        """A scene was entered: what a jump could not reach before is reached now, or forgiven where guests have chosen."""
        pace = self._pace
        owed_fl, decided = pace.owed_fl, pace.decided
        pace.decided = False
        if not owed_fl:
            return
        if decided or owed_fl < 0:
            pace.owed_fl = 0
            self._record("jump", now_ns, how="forgiven", owed_fl=owed_fl)
        else:
            pace.owed_fl = 0
            self._jump(owed_fl, now_ns)

    # ---- triggers ------------------------------------------------------------------------------------------
    def _gaze_triggers(self, now_ns: int) -> None:
        self._fire(self._triggers.dwelt(self.moment(now_ns).at_fl, now_ns), now_ns)

    def _enter_zone(self, trigger: TriggerSpec, now_ns: int) -> None:
        self._fire(self._triggers.entered(trigger, self.moment(now_ns).at_fl, now_ns), now_ns)

    def _fire(self, fired: Iterable[tuple[Any, int]], now_ns: int) -> None:
        assert self._program is not None or not list(fired)
        for trigger, seat in fired:
            assert self._program is not None and self._segment is not None
            self._record("trigger", now_ns, trigger=trigger.id, seat=seat)
            if trigger.do.reaction >= 0:
                at_ns = now_ns + LEAD_NS
                row = self._writer.react(
                    scene=self._segment.scene,
                    reaction=trigger.do.reaction,
                    seat=seat if trigger.scope == "seat" else -1,
                    from_ns=at_ns,
                )
                self._record(
                    "reaction",
                    now_ns,
                    reaction=self._program.reactions[trigger.do.reaction].id,
                    seat=row.seat,
                    from_ns=row.from_ns - self._epoch_ns,
                    run_fl=row.run_fl,
                )
            for name, value in trigger.do.set:
                self._story.set_variable(name, value)
                if self._window is not None and self._window.shown and self._window.locked is None:
                    self._candidates()
            if trigger.do.vote:
                self._vote(seat, trigger.do.vote, now_ns)

    # ---- ends ----------------------------------------------------------------------------------------------

    def _fail(self, error: SensoramaError, now_ns: int) -> None:
        """A story that breaks ends the show in an orderly way: picture out, devices to rest, journal closed."""
        scene = self._program.id if self._program else ""
        if self._segment is not None:
            self._append(now_ns + LEAD_NS, -1, 0, Fraction(0), SegmentKind.START)
        self._end("failed", now_ns, str(error), scene=scene)

    def _end(self, how: str, now_ns: int, reason: str = "", *, scene: str | None = None) -> None:
        if scene is None:
            scene = self._program.id if self._program else ""
        self.ended = Ended(how, scene, now_ns, reason)
        self._writer.set_candidates(())
        self._record("end", now_ns, how=how, scene=scene, reason=reason)
