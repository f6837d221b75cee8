"""One stretch of the flow: from a place to the next scenes, ends and stops, with what is passed on the way.

What *may* have been passed (options) is a union over all ways, what *must* have been (an option that is certainly there, a
once-only option that was certainly used up) an intersection; both are carried along every way until nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.story.extract.machine import ChoicePoint, Frames, Machine, State
from engine.story.extract.tree import SceneTag


class Offer(NamedTuple):
    """An option that was passed, with the calls that were open there: it goes on with them when it is taken."""

    choice: ChoicePoint
    frames: Frames


@dataclass(frozen=True, slots=True)
class Passed:
    """What lies behind the flow.

    Parameters
    ----------
    offers : mapping
        Options that may have been passed, in the order found.
    sure : bool
        Whether an option that everybody sees has been passed for certain.
    sure_fallback : bool
        Whether a fallback has.
    """

    offers: Mapping[Offer, None] = field(default_factory=dict)
    sure: bool = False
    sure_fallback: bool = False

    def after(self, choice: ChoicePoint, frames: Frames) -> Passed:
        """With one more option passed."""
        return Passed(
            {**self.offers, Offer(choice, frames): None},
            self.sure or (choice.certain and not choice.fallback),
            self.sure_fallback or (choice.certain and choice.fallback),
        )

    def either(self, other: Passed) -> Passed:
        """What is known where two ways meet."""
        if all(offer in self.offers for offer in other.offers):
            offers = self.offers
        else:
            offers = {**self.offers, **other.offers}
        return Passed(offers, self.sure and other.sure, self.sure_fallback and other.sure_fallback)

    def then(self, later: Passed) -> Passed:
        """One after the other."""
        if not self.offers and not self.sure and not self.sure_fallback:
            return later
        return Passed(
            {**self.offers, **later.offers},
            self.sure or later.sure,
            self.sure_fallback or later.sure_fallback,
        )


NOTHING = Passed()


class Arrival(NamedTuple):
    """A scene that begins: its tag, the state after it, what was passed before."""

    tag: SceneTag
    state: State
    passed: Passed


class Stop(NamedTuple):
    """An end of the turn: ``done`` or ``out`` (of content), in which container, and what was passed before."""

    how: str
    path: str
    passed: Passed


@dataclass(frozen=True, slots=True)
class Stretch:
    """All that may come next."""

    arrivals: tuple[Arrival, ...]
    stops: tuple[Stop, ...]
    ends: bool


class Turns:
    """Stretches of a story's flow, each worked out once."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._known: dict[State, Stretch] = {}

    def stretch(self, start: State) -> Stretch:
        """What may come next after a place, nothing having been passed before."""
        if start not in self._known:
            self._known[start] = self._follow(start)
        return self._known[start]

    def _follow(self, start: State) -> Stretch:
        passed: dict[State, Passed] = {start: NOTHING}
        arrivals: dict[tuple[SceneTag, State], Passed] = {}
        stops: dict[tuple[str, State], Passed] = {}
        ends = False
        waiting = [start]
        crowd: dict[object, int] = {}
        while waiting:
            state = waiting.pop()
            here = passed[state]
            step = self._machine.step(state)
            ends = ends or step.ends
            if step.scene is not None:
                container, _ = step.scene.spot
                key = (step.scene, State((container, step.scene.spot[1]), state.frames, state.threads))
                arrivals[key] = arrivals[key].either(here) if key in arrivals else here
            if step.stops:
                stop = (step.stops, state)
                stops[stop] = stops[stop].either(here) if stop in stops else here
            if step.choice is not None:
                here = here.after(step.choice, state.frames)
            for onward in step.onward:
                container, index = onward.spot
                if container.moves[index] != index:
                    onward = onward._replace(spot=(container, container.moves[index]))
                if onward not in passed:
                    # Calls within calls within calls: told apart up to a point, then taken together.
                    crowd[onward.spot] = crowd.get(onward.spot, 0) + 1
                    if crowd[onward.spot] > _CROWD:
                        onward = self._machine.unknown(onward)
                known = passed.get(onward)
                now = here if known is None else known.either(here)
                if known is None or now != known:
                    passed[onward] = now
                    waiting.append(onward)
        return Stretch(
            tuple(Arrival(tag, state, before) for (tag, state), before in arrivals.items()),
            tuple(Stop(how, state.spot[0].path, before) for (how, state), before in stops.items()),
            ends,
        )


#: States of one place that are told apart by their open calls.
_CROWD = 64
