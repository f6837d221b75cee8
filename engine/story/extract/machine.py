"""ink's own machine, without values: where the flow may go from a place, and with which calls open.

The state keeps what the runtime keeps of calls: frames of tunnels and functions that wait for their return, and the
threads that go on when the present one is done. Conditions go both ways and a computed target may be any that the story
names as a value; all else is followed as the runtime does it (inkpython 0.1.0, engine/story.py: Step, NextContent).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.story.extract.tree import (
    AT_START_ONLY,
    VISITS,
    Container,
    SceneTag,
    Spot,
    resolve,
    scene_tag_at,
    spot_path,
    tag_at,
    text_and_tags,
)
from engine.story.tags import tag_value
from engine.story.ways import SceneOption

_CONDITIONAL, _INVISIBLE_DEFAULT, _ONCE = 0x1, 0x8, 0x10

_DEEPEST = 12
"""Frames that are told apart; below them every return of the story is taken for possible."""


class Frame(NamedTuple):
    """A call that waits: ``tunnel``, ``function``, ``echo`` (an option's text), or ``any`` for all below, unknown."""

    kind: str
    back: Spot | None = None


_ANY = Frame("any")

Frames = tuple[Frame, ...]
Threads = tuple[tuple[Spot | None, Frames], ...]
"""Threads that wait, outermost first: where each goes on and its frames; None for a place unknown."""


class State(NamedTuple):
    """Where the flow is, and what waits."""

    spot: Spot
    frames: Frames = ()
    threads: Threads = ()


@dataclass(frozen=True, slots=True, eq=False)
class ChoicePoint:
    """An option as the flow passes it.

    Parameters
    ----------
    option : SceneOption
    target : Spot
        Where the flow goes when it is taken.
    fallback : bool
        Whether nobody sees it and it is taken where nothing else is left.
    once : Container or None
        The container whose visit hides it for good, where that is certain to be counted.
    """

    option: SceneOption
    target: Spot
    fallback: bool = False
    once: Container | None = None

    @property
    def certain(self) -> bool:
        """Whether it is there each time the flow passes it."""
        return not self.option.conditional and not self.option.once


class Step(NamedTuple):
    """What happens at a place: where the flow goes on, and what it passes or ends with."""

    onward: tuple[State, ...] = ()
    scene: SceneTag | None = None
    choice: ChoicePoint | None = None
    ends: bool = False
    #: The turn is over: ``done`` as it should be, ``out`` where the content runs out.
    stops: str = ""


class Machine:
    """The flow of one story."""

    def __init__(self, root: Container) -> None:
        self.root = root
        #: Paths that lead nowhere, by the place that names them.
        self.lost: dict[str, str] = {}
        #: Places where calls go deeper than can be told apart.
        self.deep: dict[str, None] = {}
        self._choices: dict[tuple[int, int], ChoicePoint | None] = {}
        self._plain: dict[int, bool] = {}
        self.computed = tuple(
            dict.fromkeys(
                target
                for container in root.all()
                for path in _named_targets(container)
                if (target := resolve(root, root, path)) is not None
            )
        )
        self._sites = {"tunnel": self._returns("->t->"), "function": self._returns("f()", "x()")}
        self._forks = [
            (container, place + 1)
            for container in root.all()
            for place, item in enumerate(container.items)
            if _diverts(item) and place > 0 and container.items[place - 1] == "thread"
        ]

    def step(self, state: State) -> Step:
        """What happens at a state's place."""
        (container, index), frames, threads = state
        if index >= len(container.items):
            return self._content_ends(state)
        item = container.items[index]
        onward = State((container, index + 1), frames, threads)
        if isinstance(item, Container):
            return Step((State((item, 0), frames, threads),))
        if item == "#" or (isinstance(item, dict) and "#" in item):
            return self._tag(state)
        if item == "end":
            return Step(ends=True)
        if item == "done":
            return self._thread_ends(threads, "done")
        if item in ("->->", "~ret"):
            return Step(self._return(state, "tunnel" if item == "->->" else "function"))
        if isinstance(item, dict):
            if "*" in item:
                return Step((onward,), choice=self.choice_at(container, index))
            if "->" in item:
                return Step(self._divert(state, item))
            for key, kind in (("->t->", "tunnel"), ("f()", "function"), ("x()", "function")):
                if key in item:
                    return Step(self._call(state, item, key, kind))
        return Step((onward,))

    # ---- tags and options ----------------------------------------------------------------------------------

    def _tag(self, state: State) -> Step:
        container, index = state.spot
        tag = tag_at(container, index)
        assert tag is not None
        after = State((container, tag.after), state.frames, state.threads)
        scene = scene_tag_at(container, index)
        if scene is None:
            return Step((after,))
        if any(frame.kind in ("function", "echo", "any") for frame in state.frames):
            # Called for the text of an option, a tag names no scene: it may be passed without a scene.
            return Step((after,), scene=scene)
        return Step(scene=scene)

    def choice_at(self, container: Container, index: int) -> ChoicePoint | None:
        """The option that stands at a place; None when it leads nowhere."""
        key = (id(container), index)
        if key not in self._choices:
            self._choices[key] = self._choice(container, index)
        return self._choices[key]

    def _choice(self, container: Container, index: int) -> ChoicePoint | None:
        item = container.items[index]
        target = self._resolve((container, index), str(item["*"]))
        if target is None:
            return None
        flags = int(item.get("flg", 0))
        text, tags = self._text_of(container, index)
        option = SceneOption(
            id=tag_value(tags, "id") or "",
            text=text,
            path=spot_path((container, index)),
            is_default=tag_value(tags, "default") is not None,
            conditional=bool(flags & _CONDITIONAL),
            once=bool(flags & _ONCE),
        )
        counted = VISITS | AT_START_ONLY
        sure = option.once and target[1] == 0 and target[0].flags & counted == counted
        return ChoicePoint(option, target, bool(flags & _INVISIBLE_DEFAULT), target[0] if sure else None)

    def _text_of(self, container: Container, index: int) -> tuple[str, list[str]]:
        """Plain text and tags of the option at `index`: what is evaluated right before it."""
        begin = index
        if index and container.items[index - 1] == "/ev":
            depth = 0
            for place in range(index - 1, -1, -1):
                depth += (
                    {"/ev": 1, "ev": -1}.get(container.items[place], 0)
                    if _word(container.items[place])
                    else 0
                )
                if depth == 0:
                    begin = place
                    break
        text, tags = text_and_tags(container, begin, index)
        for place in range(begin, index):
            item = container.items[place]
            if _diverts(item) and str(item["->"]).endswith(".s"):
                start = self._resolve((container, place), str(item["->"]))
                if start is not None:
                    shared, more = text_and_tags(start[0], 0, len(start[0].items))
                    text, tags = shared + text, [*more, *tags]
        return text.strip(), tags

    # ---- diverts and calls -----------------------------------------------------------------------------------

    def _divert(self, state: State, item: dict[str, Any]) -> tuple[State, ...]:
        (container, index), frames, threads = state
        onward = State((container, index + 1), frames, threads)
        maybe = (onward,) if item.get("c") else ()
        path = str(item["->"])
        if item.get("var") and path.startswith("$"):
            return (*self._return(state, "echo"), *maybe)
        targets = self.computed if item.get("var") else self._resolved(state.spot, path)
        if index > 0 and container.items[index - 1] == "thread":
            waiting = self._fork(threads, (container, index + 1), frames)
            return (*(State(target, frames, waiting) for target in targets), *maybe)
        if not item.get("var") and targets and _is_echo(targets[0]):
            frames = self._push(frames, Frame("echo", (container, index + 1)))
        return (*(State(target, frames, threads) for target in targets), *maybe)

    def _call(self, state: State, item: dict[str, Any], key: str, kind: str) -> tuple[State, ...]:
        (container, index), frames, threads = state
        onward = State((container, index + 1), frames, threads)
        if key == "x()":
            # Bound, it is Python and moves nothing; not bound, ink's own function of that name stands in.
            name = str(item[key])
            targets: tuple[Spot, ...] = ((self.root.named[name], 0),) if name in self.root.named else ()
        else:
            targets = self.computed if item.get("var") else self._resolved(state.spot, str(item[key]))
        if kind == "function":
            targets = tuple(target for target in targets if not self.is_plain(target[0]))
        inner = self._push(frames, Frame(kind, (container, index + 1)))
        passes = bool(item.get("c")) or (kind == "function" and (key == "x()" or not targets))
        return (*(State(target, inner, threads) for target in targets), *((onward,) if passes else ()))

    def _return(self, state: State, kind: str) -> tuple[State, ...]:
        (container, index), frames, threads = state
        if kind != "echo":
            while frames and frames[-1].kind == "echo":
                frames = frames[:-1]
        if not frames:
            return ()
        top = frames[-1]
        if top.kind == "any":
            backs = [(site, frames) for site in self._sites.get(kind, ())]
        elif top.kind == kind and top.back is not None:
            backs = [(top.back, frames[:-1])]
        else:
            return ()
        targets = self._override(container, index) if kind == "tunnel" else None
        if targets is not None:
            return tuple(State(target, below, threads) for target in targets for _, below in backs)
        return tuple(State(back, below, threads) for back, below in backs)

    def _override(self, container: Container, index: int) -> tuple[Spot, ...] | None:
        """Where ``->-> elsewhere`` goes instead of back; None for a plain return, which leaves ``void`` behind."""
        before = container.items[max(0, index - 2) : index]
        if index < 2 or before[-1] != "/ev" or before[0] == "void":
            return None
        if isinstance(before[0], dict) and "^->" in before[0]:
            return self._resolved((container, index - 2), str(before[0]["^->"]))
        return self.computed

    # ---- ends ------------------------------------------------------------------------------------------------

    def _content_ends(self, state: State) -> Step:
        """At a container's end: on in its parent, back from a function, on with the thread that waits, or nowhere."""
        container = state.spot[0]
        if container.parent is not None and container.index >= 0:
            return Step((State((container.parent, container.index + 1), state.frames, state.threads),))
        frames = state.frames
        while frames and frames[-1].kind == "echo":
            frames = frames[:-1]
        if frames and frames[-1].kind == "function":
            return Step(self._return(state, "function"))
        over = self._thread_ends(state.threads, "out")
        if frames and frames[-1].kind == "any":
            return over._replace(onward=(*over.onward, *self._return(state, "function")))
        return over

    def _thread_ends(self, threads: Threads, how: str) -> Step:
        if not threads:
            return Step(stops=how)
        back, frames = threads[-1]
        if back is not None:
            return Step((State(back, frames, threads[:-1]),))
        # Any thread of the story may be what waits, or none.
        return Step(tuple(State(fork, (_ANY,), threads) for fork in self._forks), stops=how)

    # ---- bounds ----------------------------------------------------------------------------------------------

    def _push(self, frames: Frames, frame: Frame) -> Frames:
        """Open a call; one that is open already, or is too deep, makes what lies below unknown."""
        if frame in frames or len(frames) >= _DEEPEST:
            if frame.back is not None:
                self.deep.setdefault(spot_path((frame.back[0], frame.back[1] - 1)))
            return (_ANY, frame)
        return (*frames, frame)

    def _fork(self, threads: Threads, back: Spot, frames: Frames) -> Threads:
        if len(threads) >= _DEEPEST or any(waiting == back for waiting, _ in threads):
            self.deep.setdefault(spot_path((back[0], back[1] - 1)))
            return ((None, (_ANY,)), (back, frames))
        return (*threads, (back, frames))

    def unknown(self, state: State) -> State:
        """The same place with nothing known of what waits."""
        return State(state.spot, (_ANY,), ((None, (_ANY,)),))

    def is_plain(self, start: Container) -> bool:
        """Whether a function only reckons and writes: it shows no scene, offers nothing, and goes nowhere else."""
        if id(start) not in self._plain:
            self._plain[id(start)] = self._judge_plain(start)
        return self._plain[id(start)]

    def _judge_plain(self, start: Container) -> bool:
        seen: dict[int, Container] = {}
        waiting = [start]
        while waiting:
            function = waiting.pop()
            if id(function) in seen:
                continue
            seen[id(function)] = function
            inside = {id(container) for container in function.all()}
            for container in function.all():
                for place, item in enumerate(container.items):
                    if _word(item) and item in ("end", "done", "->->", "thread"):
                        return False
                    if scene_tag_at(container, place) is not None:
                        return False
                    if not isinstance(item, dict):
                        continue
                    if (
                        "*" in item
                        or "->t->" in item
                        or "x()" in item
                        or (item.get("var") and not _is_detour(item))
                    ):
                        return False
                    for key in ("->", "f()"):
                        if key not in item or item.get("var"):
                            continue
                        target = self._resolve((container, place), str(item[key]))
                        if target is None:
                            continue
                        if key == "f()":
                            waiting.append(target[0])
                        elif id(target[0]) not in inside:
                            return False
        return True

    def _returns(self, *keys: str) -> tuple[Spot, ...]:
        return tuple(
            (container, place + 1)
            for container in self.root.all()
            for place, item in enumerate(container.items)
            if isinstance(item, dict) and any(key in item for key in keys)
        )

    def _resolved(self, spot: Spot, path: str) -> tuple[Spot, ...]:
        target = self._resolve(spot, path)
        return () if target is None else (target,)

    def _resolve(self, spot: Spot, path: str) -> Spot | None:
        target = resolve(self.root, spot[0], path)
        if target is None:
            self.lost.setdefault(spot_path(spot), path)
        return target


def _word(item: Any) -> bool:
    return isinstance(item, str)


def _diverts(item: Any) -> bool:
    return isinstance(item, dict) and "->" in item


def _is_detour(item: dict[str, Any]) -> bool:
    return str(item.get("->", "")).startswith("$")


def _is_echo(target: Spot) -> bool:
    """Whether a container is the text that an option and its echo share: it ends with the way back, ``$r``."""
    items = target[0].items
    return (
        bool(items) and isinstance(items[-1], dict) and bool(items[-1].get("var")) and _is_detour(items[-1])
    )


def _named_targets(container: Container) -> list[str]:
    """Every path that content here puts into a variable, an argument or a list: not the runtime's own, not what is only counted."""
    found = []
    for place, item in enumerate(container.items):
        if not isinstance(item, dict) or "^->" not in item:
            continue
        path = str(item["^->"])
        after = container.items[place + 1] if place + 1 < len(container.items) else None
        if path.rpartition(".")[2].startswith("$") or after in ("turns", "readc"):
            continue
        found.append(path)
    return found
