"""From stretches of flow to scenes and the ways between them.

A scene is entered in *contexts*: which tunnels and threads wait, and which options were passed before it in the same turn and
are still to be offered (a thread's options, a scene later). Contexts spread from the beginning until none is new; then every
way is written down, in the order of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from engine.story.extract.machine import ChoicePoint, Machine, State
from engine.story.extract.tree import Container, SceneTag, scene_tags
from engine.story.extract.turns import NOTHING, Offer, Passed, Turns
from engine.story.ways import END, START, Edge, SceneOption

Used = frozenset[Container]
"""Once-only options that have certainly been taken, by the container whose visit hides them."""


class Context(NamedTuple):
    """A scene and the state in which it is entered."""

    scene: str
    state: State


class Taken(NamedTuple):
    """One way on from a scene, with the once-only options that it certainly takes."""

    edge: Edge
    used: Used


class _Label(NamedTuple):
    option: str = ""
    is_default: bool = False
    conditional: bool = False

    def edge(self, source: str, target: str) -> Edge:
        return Edge(source, target, self.option, self.is_default, self.conditional)


@dataclass(slots=True)
class Leaving:
    """What one context of a scene leads to.

    Parameters
    ----------
    ways : dict of Taken to None
    into : list of (Context, Passed)
        Contexts that are entered from here.
    offered : dict of ChoicePoint to None
        Options that may be offered at the scene's end.
    fallback : bool
        Whether a fallback may be among them.
    dead_ends : dict of str to None
        Paths where the content may run out.
    joined : dict of (SceneOption, SceneOption) to None
        Options that may follow another (None: the beginning) without a scene in between; no play gets past them.
    """

    ways: dict[Taken, None] = field(default_factory=dict)
    into: list[tuple[Context, Passed]] = field(default_factory=list)
    offered: dict[ChoicePoint, None] = field(default_factory=dict)
    fallback: bool = False
    dead_ends: dict[str, None] = field(default_factory=dict)
    joined: dict[tuple[SceneOption | None, SceneOption], None] = field(default_factory=dict)


class Scenes:
    """All contexts of all scenes, and what each leads to."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._turns = Turns(machine)
        self.tags = tuple(scene_tags(machine.root))
        self._names = tuple(dict.fromkeys(tag.scene for tag in self.tags if tag.scene))
        self._passed: dict[Context, Passed] = {}
        self._leaving: dict[Context, Leaving] = {}
        start = Context(START, State((machine.root, 0)))
        self._spread([(start, NOTHING)])
        reached = {context.scene for context in self._passed}
        # A scene that no way leads to still has ways on, which its author wants to see.
        self._spread(
            [
                (Context(tag.scene, State(tag.spot)), NOTHING)
                for tag in self.tags
                if tag.scene and tag.scene not in reached
            ]
        )

    def leaving(self) -> dict[str, list[Leaving]]:
        """What each scene leads to, one entry a context; `START` first, then scenes in the order of the file."""
        found: dict[str, list[Leaving]] = {START: [], **{name: [] for name in self._names}}
        places = {tag.path: number for number, tag in enumerate(self.tags)}
        by_spot = {tag.spot: places[tag.path] for tag in self.tags}
        for context in sorted(self._leaving, key=lambda context: by_spot.get(context.state.spot, -1)):
            found[context.scene].append(self._leaving[context])
        return found

    def contexts(self) -> dict[str, int]:
        """By scene: in how many ways of open calls one place of it may be entered, at most."""
        counts: dict[tuple[str, object], int] = {}
        for context in self._passed:
            place = (context.scene, context.state.spot)
            counts[place] = counts.get(place, 0) + 1
        found: dict[str, int] = {}
        for (scene, _), count in counts.items():
            found[scene] = max(found.get(scene, 0), count)
        return found

    def _spread(self, entered: list[tuple[Context, Passed]]) -> None:
        waiting: dict[Context, None] = {}
        crowd: dict[tuple[str, object], int] = {}

        def enter(context: Context, passed: Passed) -> None:
            if context not in self._passed:
                place = (context.scene, context.state.spot)
                crowd[place] = crowd.get(place, 0) + 1
                if crowd[place] > _CROWD:
                    context = Context(context.scene, self._machine.unknown(context.state))
            known = self._passed.get(context)
            now = passed if known is None else known.either(passed)
            if known is None or now != known:
                self._passed[context] = now
                waiting[context] = None

        for context, passed in entered:
            enter(context, passed)
        while waiting:
            context = next(iter(waiting))
            del waiting[context]
            leaving = _Leave(self._turns, self._names, context.scene, self._passed[context]).from_state(
                context.state
            )
            self._leaving[context] = leaving
            for further, passed in leaving.into:
                enter(further, passed)


#: Contexts of one place that are told apart.
_CROWD = 64


class _Leave:
    """Follows one context of a scene, over options and fallbacks, to the scenes after it."""

    def __init__(self, turns: Turns, names: tuple[str, ...], source: str, passed: Passed) -> None:
        self._turns = turns
        self._names = names
        self._source = source
        self._passed = passed
        self._made = Leaving()
        self._used: dict[tuple[State, _Label], Used] = {}

    def from_state(self, state: State) -> Leaving:
        waiting: list[tuple[State, _Label, SceneOption | None]] = []
        self._read(state, _Label(), None, frozenset(), self._passed, waiting)
        while waiting:
            here, label, option = waiting.pop(0)
            self._read(here, label, option, self._used[here, label], NOTHING, waiting)
        return self._made

    def _read(
        self,
        state: State,
        label: _Label,
        option: SceneOption | None,
        used: Used,
        before: Passed,
        waiting: list[tuple[State, _Label, SceneOption | None]],
    ) -> None:
        stretch = self._turns.stretch(state)
        for arrival in stretch.arrivals:
            for scene in self._scenes(arrival.tag):
                self._made.ways.setdefault(Taken(label.edge(self._source, scene), used))
                context = Context(scene, arrival.state)
                self._made.into.append((context, before.then(arrival.passed)))
        if stretch.ends:
            self._made.ways.setdefault(Taken(label.edge(self._source, END), used))
        for stop in stretch.stops:
            passed = before.then(stop.passed)
            if stop.how == "done" and not passed.sure and not passed.sure_fallback:
                self._made.ways.setdefault(Taken(label.edge(self._source, END), used))
            if stop.how == "out" and not passed.offers:
                self._made.dead_ends.setdefault(stop.path)
            for offer in passed.offers:
                self._take(offer, passed, label, option, used, waiting)

    def _scenes(self, tag: SceneTag) -> tuple[str, ...]:
        return (tag.scene,) if tag.scene else self._names

    def _take(
        self,
        offer: Offer,
        passed: Passed,
        label: _Label,
        option: SceneOption | None,
        used: Used,
        waiting: list[tuple[State, _Label, SceneOption | None]],
    ) -> None:
        choice = offer.choice
        if choice.once is not None:
            used |= {choice.once}
        state = State(choice.target, offer.frames)
        if choice.fallback:
            self._made.fallback = True
            if passed.sure:
                return
            following, taken = label, option
        elif self._source == START:
            self._made.joined.setdefault((None, choice.option))
            return
        elif option is None:
            self._made.offered.setdefault(choice)
            own = choice.option
            following, taken = _Label(own.id, own.is_default, own.conditional), own
        else:
            # Such a story fails (`Story.settle`): there is no scene to offer it in.
            self._made.joined.setdefault((option, choice.option))
            return
        key = (state, following)
        known = self._used.get(key)
        now = used if known is None else known & used
        if known is None or now != known:
            self._used[key] = now
            waiting.append((state, following, taken))
