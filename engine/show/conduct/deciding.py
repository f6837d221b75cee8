"""The decision of a scene: shown, opened, looked at, voted on, gone round while nobody decides, closed; and what follows from it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from engine.errors import SensoramaError, StoryError
from engine.experience import Package
from engine.show.conduct.agenda import Task
from engine.show.conduct.course import Course
from engine.show.conduct.terms import LAP_LEAD_NS, Recorder, WindowView
from engine.show.conduct.window import DecisionWindow, tally
from engine.story.ink import Beat, Settled, Story
from engine.time import SegmentKind, TransportWriter, ns_to_fl
from engine.timeline.program import Program


class Deciding(Course):
    """A course that its guests decide.

    Parameters
    ----------
    package, writer, record, speed
        As for `Course`.
    story : Story
        Freshly loaded.
    guests : int
        Seats with somebody on them.
    """

    def __init__(
        self,
        package: Package,
        story: Story,
        writer: TransportWriter,
        record: Recorder,
        guests: int,
        speed: Fraction,
    ) -> None:
        super().__init__(package, writer, record, speed)
        self._story = story
        self._guests = guests
        self._queue: list[Beat] = []
        self._settled: Settled | None = None
        self._agenda: list[Task] = []
        self._window: DecisionWindow | None = None
        self._checkpoint: str | None = None
        #: Options chosen so far as ``(scene id, option id, reason)``.
        self.choices: list[tuple[str, str, str]] = []

    @abstractmethod
    def _fail(self, error: SensoramaError, now_ns: int) -> None:
        """The story broke."""

    @property
    def next_is_choice(self) -> bool:
        """Whether the present scene ends with a decision."""
        return self._window is not None

    def window_view(self, now_ns: int) -> WindowView | None:
        """The decision as a guest sees it, or None while no choice is shown."""
        window = self._window
        if window is None or not window.shown:
            return None
        spec, at_fl = window.spec, self.moment(now_ns).at_fl
        left = (spec.close_fl - at_fl) / max(1, spec.close_fl - spec.open_fl)
        return WindowView(
            options=window.options,
            default=window.default,
            dwell_ratio=tuple(window.dwell_ratio(option, now_ns) for option in window.options),
            time_left_ratio=min(1.0, max(0.0, left)),
            is_open=window.is_open,
            locked=window.locked,
        )

    def _task(self, at_fl: int, run: Callable[[int], None], *, order: int = 0, once: bool = False) -> None:
        self._agenda.append(Task(at_fl, order, run, once=once))
        self._agenda.sort(key=lambda task: (task.done, task.at_fl, task.order))

    def _run_task(self, task: Task, now_ns: int) -> None:
        task.done = True
        task.run(now_ns)

    def _drop_passed(self, at_fl: int) -> None:
        """After a jump: what lies behind is not done, what lies ahead is to be done (again)."""
        for task in self._agenda:
            if not (task.once and task.done):
                task.done = task.at_fl < at_fl
        self._agenda.sort(key=lambda task: (task.done, task.at_fl, task.order))

    def _lap_lead_fl(self) -> int:
        return int(ns_to_fl(LAP_LEAD_NS) * self._speed)

    def _scene_index(self, scene: str) -> int:
        index = self._package.scene_index.get(scene)
        if index is None:
            raise StoryError(
                f"the story asks for scene {scene!r}, which has no file scenes/{scene}.yaml; "
                f"there are {', '.join(sorted(self._package.scene_index))}",
                ink_path=scene,
            )
        return index

    def _take(self, settled: Settled) -> None:
        for beat in settled.beats:
            self._scene_index(beat.scene)
        for text in settled.said:
            self._record("notice", self._now_ns, text=text)
        self._queue.extend(settled.beats)
        self._settled = settled

    def _open_agenda(self, program: Program, options: Iterable[Any]) -> None:
        options = tuple(options)
        ids = tuple(option.id for option in options)
        default = next((option.id for option in options if option.is_default), ids[0])
        spec = program.window
        if spec is None:
            # Nothing to see and nobody to ask: the story's default is taken when the scene ends.
            self._task(program.duration.nominal_fl, lambda now_ns: self._lock(default, "no window", now_ns))
            return
        self._window = DecisionWindow(spec, ids, default, self._guests, self._speed)
        self._task(spec.show_fl, self._show)
        self._task(spec.open_fl, self._open)
        if spec.hold is not None:
            lead_fl = spec.hold.to_fl - self._lap_lead_fl()
            self._task(lead_fl, self._lap)
        self._task(spec.close_fl, self._close, order=1)

    def _catch_up(self, at_fl: int, now_ns: int) -> None:
        """A scene entered in its middle: what its window would have done by then, it does now."""
        if self._window is None:
            return
        spec = self._window.spec
        for mark_fl, do in (
            (spec.show_fl, self._show),
            (spec.open_fl, self._open),
            (spec.close_fl, self._close),
        ):
            if mark_fl < at_fl:
                do(now_ns)

    def _show(self, now_ns: int) -> None:
        assert self._window is not None
        self._window.shown = True
        self._record("window", now_ns, state="shown", options=list(self._window.options))
        self._candidates()

    def _candidates(self) -> None:
        """Look ahead over every option, so that each follower can load what may come."""
        assert self._window is not None
        scenes: list[int] = []
        for option in self._window.options:
            try:
                ahead = self._story.peek(option)
                index = self._scene_index(ahead.beats[0].scene) if ahead.beats else -1
            except StoryError as error:
                # Only the guest who takes this way meets the fault; nobody else's show is stopped for it.
                self._record("notice", self._now_ns, text=f"option {option!r} leads into a fault: {error}")
                continue
            if index >= 0 and index not in scenes:
                scenes.append(index)
        self._writer.set_candidates(tuple(scenes))

    def _open(self, now_ns: int) -> None:
        assert self._window is not None
        if not self._window.is_open and self._window.locked is None:
            self._window.is_open, self._window.opened_ns = True, now_ns
            self._record("window", now_ns, state="open")

    def _vote(self, seat: int, option: str, now_ns: int) -> None:
        window = self._window
        if window is None or not window.vote(seat, option, now_ns):
            return
        self._record("vote", now_ns, guest=seat, option=option)
        decision = window.decision()
        if not decision.undecided and window.spec.rule == "first":
            self._lock(decision.option, decision.reason, now_ns)

    def _lap(self, now_ns: int) -> None:
        """The end of a hold lap is near: go round once more if nobody has decided and a lap is left."""
        window = self._window
        if window is None or window.locked is not None or window.spec.hold is None:
            return
        if not window.decision().undecided or window.laps >= window.spec.hold.laps:
            return
        window.laps += 1
        assert self._segment is not None
        at_ns = self._host_ns(window.spec.hold.to_fl)
        assert at_ns is not None
        self._segment = self._append(
            at_ns, self._segment.scene, window.spec.hold.from_fl, self._pace.rate, SegmentKind.LOOP
        )
        self._record("window", now_ns, state="lap", lap=window.laps)
        self._drop_passed(window.spec.hold.from_fl)

    def _close(self, now_ns: int) -> None:
        window = self._window
        if window is None or window.locked is not None:
            return
        decision = window.decision()
        self._lock(decision.option, decision.reason, now_ns)

    def _lock(self, option: str, reason: str, now_ns: int) -> None:
        """The decision stands: the story moves on and the next segment is announced."""
        program, window = self._program, self._window
        assert program is not None
        self._checkpoint = self._story.snapshot()
        self._record(
            "commit",
            now_ns,
            scene=program.id,
            option=option,
            reason=reason,
            votes=tally(window.votes) if window else {},
        )
        self.choices.append((program.id, option, reason))
        self._pace.decided = True
        leave_fl = program.duration.nominal_fl
        if window is not None:
            window.locked = option
            spec = window.spec
            leave_fl = spec.commit_fl
            if spec.leave == "early":
                at_fl = self.moment(now_ns).at_fl
                leave_fl = min(
                    spec.commit_fl, max(program.duration.min_fl, at_fl + spec.commit_fl - spec.close_fl)
                )
                if program.bars is not None:
                    leave_fl = program.bars.leave_fl(leave_fl, spec.commit_fl)
        try:
            self._take(self._story.choose(option))
            scene = self._scene_index(self._queue[0].scene) if self._queue else -1
        except StoryError as error:
            self._fail(error, now_ns)
            return
        self._writer.set_candidates((scene,) if scene >= 0 else ())
        self._plan(scene, leave_fl)

    def _reopen(self) -> None:
        """Scrubbed back before the close: the decision is undone, from the checkpoint taken when it was made."""
        assert self._window is not None and self._checkpoint is not None
        self._story.restore(self._checkpoint)
        self._queue.clear()
        self._planned = None
        self.choices.pop()
        self._window.locked = None
        self._window.votes.clear()
        self._settled = self._story.present()
        self._record("window", self._now_ns, state="reopened")
