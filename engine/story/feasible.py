"""Whether a path through the graph is a real play, and which real play comes near it.

The graph holds more than plays: a condition that is never true, an option that another one hides. Here the story itself is
driven along a path, option by option. It is deterministic, its own RANDOM included (by the seed), but for the variables that
guests set in a scene; those are tried.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.errors import StoryError
from engine.story.ink import InkValue, Story
from engine.story.ways import END, START, Edge

Settings = Mapping[str, Sequence[tuple[str, InkValue]]]
"""By scene: what its guests may set, variable and value."""


class PathStep(NamedTuple):
    """A scene, and the option by which it is left; empty when the story goes on by itself, or the path stops there.

    A last step with the scene `END` asks that the story ends.
    """

    scene: str
    option: str = ""


def steps_of(edges: Sequence[Edge]) -> tuple[PathStep, ...]:
    """The steps of a path that is given by its edges, the first one from `START`.

    Raises
    ------
    ValueError
        When the edges do not follow one another from the beginning.
    """
    at = START
    for place, edge in enumerate(edges):
        if edge.source != at or (place and at == START):
            raise ValueError(
                f"edge {place} leads from '{edge.source}', the path is at '{at or 'the beginning'}'"
            )
        at = edge.target
    options = [edge.option for edge in edges[1:]]
    return tuple(PathStep(edge.target, option) for edge, option in zip(edges, [*options, ""], strict=True))


@dataclass(frozen=True, slots=True)
class Feasible:
    """What became of a path.

    Parameters
    ----------
    played : bool
        Whether the story can be played along all of it.
    step : int
        Index of the first step that no play tried got past; the number of steps when it was played.
    scene : str
        The scene in which it stood then.
    offered : tuple of str
        Options offered there.
    reason : str
        What stood against it; empty when it was played.
    settings : tuple of (int, str, InkValue)
        Variables that guests have to set on the way: step, name, value.
    certain : bool
        False when the budget ended the search.
    """

    played: bool
    step: int
    scene: str = ""
    offered: tuple[str, ...] = ()
    reason: str = ""
    settings: tuple[tuple[int, str, InkValue], ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class NearPlay:
    """A real play.

    Parameters
    ----------
    steps : tuple of PathStep
        From the beginning; when it ended, `END` is the last.
    value : float
        Sum of the weights of its scenes, one for each visit.
    ended : bool
        Whether the story ended; otherwise it goes on from there, and the search did not.
    taken : int
        How many options the search took, of its budget.
    settings : tuple of (int, str, InkValue)
        As in `Feasible`.
    """

    steps: tuple[PathStep, ...]
    value: float
    ended: bool
    taken: int
    settings: tuple[tuple[int, str, InkValue], ...] = ()


class _At(NamedTuple):
    """A place in a play: the story's state, and which of the beats settled last is on."""

    snapshot: str
    place: int


class _Driver:
    """The story, put anywhere and moved on."""

    def __init__(self, compiled_json: str, seed: int, settings: Settings) -> None:
        self._story = Story.load(compiled_json, seed=seed)
        self._known = set(self._story.variables())
        self._settings = settings
        self._here = ""
        self.taken = 0

    def begin(self) -> _At:
        self._story.settle()
        return self._mark()

    def scene(self, at: _At) -> str:
        """The scene that is on; `END` behind the last."""
        self._to(at)
        beats = self._story.present().beats
        return beats[at.place].scene if at.place < len(beats) else END

    def options(self, at: _At) -> tuple[str, ...]:
        """What is offered at the end of the scene; nothing when another follows by itself."""
        self._to(at)
        settled = self._story.present()
        return tuple(option.id for option in settled.options) if at.place == len(settled.beats) - 1 else ()

    def settable(self, at: _At) -> list[tuple[tuple[str, InkValue], ...]]:
        """What guests may set here: nothing, each alone, all together."""
        all_of = tuple(pair for pair in self._settings.get(self.scene(at), ()) if pair[0] in self._known)
        return [(), *((one,) for one in all_of), *([all_of] if len(all_of) > 1 else [])]

    def on(self, at: _At, option: str, setting: Sequence[tuple[str, InkValue]] = ()) -> _At:
        """The next scene, by an option or by itself."""
        self._to(at)
        for name, value in setting:
            self._story.set_variable(name, value)
            self._here = ""
        if not option:
            return at._replace(place=at.place + 1) if not setting else self._mark(at.place + 1)
        self.taken += 1
        self._here = ""
        self._story.choose(option)
        return self._mark()

    def _mark(self, place: int = 0) -> _At:
        self._here = self._story.snapshot()
        return _At(self._here, place)

    def _to(self, at: _At) -> None:
        if self._here != at.snapshot:
            self._story.restore(at.snapshot)
            self._here = at.snapshot


class _Trail(NamedTuple):
    """How a place was come by."""

    at: _At
    steps: tuple[PathStep, ...] = ()
    settings: tuple[tuple[int, str, InkValue], ...] = ()
    value: float = 0.0


def feasible(
    compiled_json: str,
    path: Sequence[PathStep],
    *,
    seed: int = 0,
    settings: Settings | None = None,
    budget: int = 10_000,
) -> Feasible:
    """Play a story along a path.

    Parameters
    ----------
    compiled_json : str
        The compiled story.
    path : sequence of PathStep
        From the beginning.
    seed : int
        Of the story's RANDOM and shuffles.
    settings : mapping, optional
        Variables that guests may set, by scene; in each scene nothing, each alone and all together are tried.
    budget : int
        Options taken at most; only settings make it more than one a step.

    Raises
    ------
    InputError
        When the text is not compiled ink of a version this engine reads.
    """
    driver = _Driver(compiled_json, seed, settings or {})
    best = Feasible(False, -1)
    try:
        waiting = [_Trail(driver.begin())]
    except StoryError as error:
        return Feasible(False, 0, reason=str(error))
    while waiting:
        trail = waiting.pop()
        number = len(trail.steps)
        if number == len(path):
            return Feasible(True, number, path[-1].scene if path else "", settings=trail.settings)
        refused, onward = _one_step(driver, trail, path[number], last=number == len(path) - 1)
        if refused is not None and number > best.step:
            best = refused
        if driver.taken >= budget and not (number + 1 == len(path) and onward):
            return _uncertain(best)
        waiting += reversed(onward)
    return best


def _uncertain(found: Feasible) -> Feasible:
    return Feasible(
        False,
        max(found.step, 0),
        found.scene,
        found.offered,
        found.reason or "the budget was used up",
        (),
        False,
    )


def _one_step(
    driver: _Driver, trail: _Trail, step: PathStep, *, last: bool
) -> tuple[Feasible | None, list[_Trail]]:
    """Check one step and go on: what stood against it, and where it leads."""
    number, at = len(trail.steps), trail.at
    scene, offered = driver.scene(at), driver.options(at)

    def refuse(reason: str) -> Feasible:
        return Feasible(False, number, scene, offered, reason)

    if scene != step.scene:
        came = f"comes to '{scene}'" if scene != END else "ends"
        return refuse(
            f"the story {came}, where the path {f'has {step.scene!r}' if step.scene else 'ends'}"
        ), []
    steps = (*trail.steps, step)
    if last and not step.option:
        return None, [trail._replace(steps=steps)]
    if step.option and step.option not in offered:
        listed = ", ".join(offered) or "nothing"
        return refuse(f"'{step.option}' is not offered; offered: {listed}"), []
    if not step.option and offered:
        return refuse(f"the story waits for a choice; offered: {', '.join(offered)}"), []
    onward, fault = [], None
    for setting in driver.settable(at):
        try:
            there = driver.on(at, step.option, setting)
        except StoryError as error:
            fault = refuse(f"the story fails on the way: {error}")
            continue
        settings = (*trail.settings, *((number, name, value) for name, value in setting))
        onward.append(_Trail(there, steps, settings))
    return fault, onward


def nearby(
    compiled_json: str,
    weights: Mapping[str, float],
    *,
    path: Sequence[PathStep] = (),
    seed: int = 0,
    settings: Settings | None = None,
    budget: int = 500,
) -> NearPlay:
    """The heaviest real play that a bounded search finds; the same one each time.

    Parameters
    ----------
    compiled_json : str
        The compiled story.
    weights : mapping of str to float
        What a visit of a scene weighs; not negative, 0 where it is not named.
    path : sequence of PathStep
        What to follow first, as far as it can be played; the search goes on from every place of it.
    seed, settings
        As for `feasible`.
    budget : int
        Options taken at most.

    Returns
    -------
    NearPlay
        Not the heaviest there is: the heaviest found. It can be played.

    Raises
    ------
    InputError
        When the text is not compiled ink of a version this engine reads.
    """
    driver = _Driver(compiled_json, seed, settings or {})
    try:
        start = _Trail(driver.begin())
    except StoryError:
        return NearPlay((), 0.0, False, 0)
    best = NearPlay((), -1.0, False, 0)
    waiting: list[tuple[float, int, _Trail]] = []
    serial = 0
    # What follows the path wins over everything, so that the search begins along it.
    heapq.heappush(waiting, (-float("inf"), 0, start))
    while waiting:
        _, _, trail = heapq.heappop(waiting)
        number = len(trail.steps)
        scene = driver.scene(trail.at)
        value = trail.value + (weights.get(scene, 0.0) if scene != END else 0.0)
        here = NearPlay((*trail.steps, PathStep(scene)), value, scene == END, driver.taken, trail.settings)
        if (here.value, here.ended) > (best.value, best.ended):
            best = here
        if scene == END or driver.taken >= budget:
            continue
        follows = number < len(path) and all(
            one == other for one, other in zip(trail.steps, path, strict=False)
        )
        for option, there, setting in _ways_on(driver, trail.at):
            step = PathStep(scene, option)
            onward = _Trail(
                there,
                (*trail.steps, step),
                (*trail.settings, *((number, name, given) for name, given in setting)),
                value,
            )
            serial += 1
            along = follows and step == path[number]
            heapq.heappush(waiting, (-float("inf") if along else -value, serial, onward))
            if driver.taken >= budget:
                break
    return NearPlay(best.steps, max(best.value, 0.0), best.ended, driver.taken, best.settings)


def _ways_on(driver: _Driver, at: _At) -> Iterator[tuple[str, _At, tuple[tuple[str, InkValue], ...]]]:
    """Every way on from a place: each option, with each thing that guests may set before."""
    options = driver.options(at) or ("",)
    for setting in driver.settable(at):
        for option in options:
            try:
                yield option, driver.on(at, option, setting), setting
            except StoryError:
                continue  # a play that fails there is none
