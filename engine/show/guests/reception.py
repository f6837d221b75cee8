"""Asks guests who have just sat down, seat by seat, while the show goes on for everybody else.

A machine without a clock, beside the conductor, not in it: it stands between what viewers report and what the conductor takes, keeps
looks and picks that are meant for its questions, and hands on what they come to as `Guest` inputs. Only those are journalled, so a
replay needs no reception. Of guests it learns from the conductor (`noticed`), whoever told that: a headset, an attendant's button, a
leader. A question that was up when a run was cut off, or its leader lost, takes its default.

A question waits while its guest has a decision of the story before her: that clock runs, hers stands still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.experience.headset import GuestPolicy
from engine.render.live import LiveView, OptionView
from engine.show.conduct.inputs import Guest, Input, Look, Pick
from engine.show.conduct.window import OPTION
from engine.show.guests.questions import ANSWER, Question, question

#: How long a look must rest on an answer.
DWELL_NS = 1_000_000_000
#: What a guest is left to read: no look counts earlier, so that an eye that still rests where the last panel hung chooses nothing.
READ_NS = 1_500_000_000
#: How long an answer stays lit before the next question comes.
CONFIRM_NS = 600_000_000


@dataclass(slots=True)
class _Asking:
    """One seat that is being asked: what is up, what is still to come."""

    waiting: list[Question]
    up: Question | None = None
    age_ns: int = 0
    """How long the present question has been up, or its answer been lit."""
    seen_ns: int = 0
    """Instant up to which `age_ns` counts."""
    gaze: str | None = None
    gaze_from_ns: int = 0
    """Age of the question at which the look came to rest."""
    answered: str | None = None
    hidden: bool = False
    shown_ns: int = 0
    """Age at which the panels came up, or came back."""


class Reception:
    """The questions of one run.

    Parameters
    ----------
    policy : GuestPolicy
    languages : sequence of str
        Of the package, in its order.
    names : sequence of str
        Of the seats, for the operator.
    """

    def __init__(self, policy: GuestPolicy, languages: Sequence[str], names: Sequence[str]) -> None:
        self._policy = policy
        self._questions = tuple(
            found for kind in policy.on_arrival if (found := question(kind, languages)) is not None
        )
        self._names = tuple(names)
        self._asking: dict[int, _Asking] = {}
        self._elsewhere: set[int] = set()

    # ---- what comes in -------------------------------------------------------------------------------------

    def noticed(self, event: Guest, now_ns: int) -> None:
        """The conductor has taken an input about a guest."""
        asking = self._asking.get(event.seat)
        match event.action:
            case "arrived":
                if self._questions:
                    asking = self._asking[event.seat] = _Asking(list(self._questions))
                    self._next(asking, now_ns)
            case "left":
                self._asking.pop(event.seat, None)
            case action if asking is not None:
                asking.waiting = [row for row in asking.waiting if row.kind != action]
                if asking.up is not None and asking.up.kind == action and asking.answered is None:
                    self._next(asking, now_ns)  # somebody said it for her

    def hear(self, event: Input, now_ns: int) -> list[Input]:
        """Take what a guest did; give what of it, and what from it, is the conductor's."""
        match event:
            case Look(seat, target):
                return self._look(seat, target, now_ns)
            case Pick(seat, option) if option.startswith(ANSWER):
                asking = self._asking.get(seat)
                if asking is None:
                    return []
                self._tick(asking, now_ns)
                return self._answer(asking, seat, option)
            case _:
                return [event]

    def _look(self, seat: int, target: str | None, now_ns: int) -> list[Input]:
        mine = target is not None and target.startswith(OPTION + ANSWER)
        asking = self._asking.get(seat)
        if asking is not None:
            self._tick(asking, now_ns)
            asking.gaze = target[len(OPTION) :] if mine and target is not None else None
            asking.gaze_from_ns = asking.age_ns
        if not mine:
            self._elsewhere.discard(seat)
            return [Look(seat, target)]
        if seat in self._elsewhere:
            return []
        # The conductor knows nothing of our panels: to it this guest looks away, once.
        self._elsewhere.add(seat)
        return [Look(seat, None)]

    # ---- what time does ------------------------------------------------------------------------------------

    def advance(self, now_ns: int, busy: Callable[[int], bool] = lambda seat: False) -> list[Input]:
        """What has become due.

        Parameters
        ----------
        now_ns : int
        busy : callable
            ``busy(seat)``: whether a decision of the story hangs before that guest.
        """
        found: list[Input] = []
        for seat, asking in list(self._asking.items()):
            self._tick(asking, now_ns)
            if asking.hidden != busy(seat):
                asking.hidden = not asking.hidden
                asking.gaze, asking.shown_ns = None, asking.age_ns
            if asking.hidden:
                continue
            if asking.answered is not None:
                if asking.age_ns >= CONFIRM_NS:
                    self._next(asking, now_ns)
            elif asking.gaze is not None and asking.age_ns >= self._dwelt_ns(asking):
                found.extend(self._answer(asking, seat, asking.gaze))
            elif asking.age_ns >= self._policy.ask_for_ns:
                self._next(asking, now_ns)  # the default stands: nothing changes
            if asking.up is None:
                del self._asking[seat]
        return found

    def next_due_ns(self) -> int | None:
        """When `advance` may have something to do, or None."""
        dues = []
        for asking in self._asking.values():
            if asking.hidden:
                continue
            due_ns = self._policy.ask_for_ns
            if asking.answered is not None:
                due_ns = CONFIRM_NS
            elif asking.gaze is not None:
                due_ns = min(due_ns, self._dwelt_ns(asking))
            dues.append(asking.seen_ns + due_ns - asking.age_ns)
        return min(dues, default=None)

    def _dwelt_ns(self, asking: _Asking) -> int:
        return _counts_from_ns(asking) + DWELL_NS

    def _tick(self, asking: _Asking | None, now_ns: int) -> None:
        if asking is not None:
            if not asking.hidden:
                asking.age_ns += max(0, now_ns - asking.seen_ns)
            asking.seen_ns = now_ns

    def _answer(self, asking: _Asking, seat: int, answer_id: str) -> list[Input]:
        if asking.up is None or asking.answered is not None:
            return []
        for answer in asking.up.answers:
            if answer.answer_id == answer_id:
                asking.answered, asking.age_ns, asking.gaze = answer_id, 0, None
                return [Guest(seat, asking.up.kind, answer.value)]
        return []

    def _next(self, asking: _Asking, now_ns: int) -> None:
        asking.up = asking.waiting.pop(0) if asking.waiting else None
        asking.age_ns, asking.shown_ns, asking.seen_ns = 0, 0, now_ns
        asking.gaze = asking.answered = None

    # ---- what is shown -------------------------------------------------------------------------------------

    def options(self, seat: int) -> tuple[str, ...]:
        """Ids of the answers before a guest, in order, for number keys; empty when nothing is asked."""
        asking = self._asking.get(seat)
        if asking is None or asking.up is None or asking.hidden:
            return ()
        return tuple(answer.answer_id for answer in asking.up.answers)

    def live_view(self, seat: int, language: str, now_ns: int) -> LiveView | None:
        """What is before a guest of a question, or None."""
        asking = self._asking.get(seat)
        if asking is None or asking.up is None or asking.hidden:
            return None
        asked, age_ns = asking.up, asking.age_ns + max(0, now_ns - asking.seen_ns)
        second = "en" if language != "en" else "zh"
        views = tuple(
            OptionView(
                option_id=answer.answer_id,
                text=answer.text(language),
                second_text="" if asked.kind == "language" else answer.text(second),
                fill_ratio=self._filled(asking, answer.answer_id, age_ns),
                chosen=asking.answered == answer.answer_id,
            )
            for answer in asked.answers
        )
        left = None
        if asking.answered is None:
            left = min(1.0, max(0.0, 1.0 - age_ns / self._policy.ask_for_ns))
        return LiveView(options=views, time_left_ratio=left, hint=asked.asking(language, second))

    def _filled(self, asking: _Asking, answer_id: str, age_ns: int) -> float:
        if asking.answered is not None:
            return 1.0 if asking.answered == answer_id else 0.0
        if asking.gaze != answer_id:
            return 0.0
        since_ns = age_ns - _counts_from_ns(asking)
        return min(1.0, max(0.0, since_ns / DWELL_NS))

    def lines(self) -> list[str]:
        """For the operator: who is asked what, and for how long still."""
        found = []
        for seat, asking in sorted(self._asking.items()):
            if asking.up is None:
                continue
            name = self._names[seat] if 0 <= seat < len(self._names) else str(seat)
            left_s = max(0, self._policy.ask_for_ns - asking.age_ns) / 1e9
            state = "waits for the story's choice" if asking.hidden else f"{left_s:.0f} s left"
            if asking.answered is not None:
                state = "answered"
            found.append(f"seat {name} is asked: {asking.up.kind}, {state}")
        return found


def _counts_from_ns(asking: _Asking) -> int:
    """Age from which the present look counts."""
    return max(asking.gaze_from_ns, asking.shown_ns + READ_NS)
