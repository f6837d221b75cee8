"""A story and a package small enough to read, for the conductor's tests: no files, no ink, no clock."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from engine.errors import StoryError
from engine.time import FLICKS_PER_SECOND

S_FL = FLICKS_PER_SECOND
TARGETS = ("bell", "drum", "gong")


def seconds_ns(seconds: float) -> int:
    return round(seconds * 1_000_000_000)


@dataclass
class FakeStory:
    """Knots by name: each has beats (scene ids), options (id -> knot) and a default. Keeps where it is."""

    knots: dict[str, tuple[list[str], dict[str, str], str | None]]
    at: str = "start"
    variables: dict[str, Any] = field(default_factory=dict)

    def settle(self) -> Any:
        beats, options, default = self.knots[self.at]
        if "boom" in beats:
            raise StoryError("ran out of content", ink_path=f"{self.at}.0.7")
        return SimpleNamespace(
            beats=tuple(SimpleNamespace(scene=scene, lines=()) for scene in beats),
            options=tuple(SimpleNamespace(id=key, is_default=key == default) for key in options),
            ended=not options,
            withdrawn=(),
            over="",
            said=(),
        )

    present = settle

    def choose(self, option: str) -> Any:
        self.at = self.knots[self.at][1][option]
        return self.settle()

    def peek(self, option: str) -> Any:
        here = self.at
        try:
            return self.choose(option)
        finally:
            self.at = here

    def snapshot(self) -> str:
        return json.dumps([self.at, self.variables])

    def restore(self, state: str) -> None:
        self.at, self.variables = json.loads(state)

    def jump(self, scene: str) -> None:
        self.at = next(name for name, (beats, _, _) in self.knots.items() if scene in beats)

    def set_variable(self, name: str, value: Any) -> None:
        self.variables[name] = value


def make_window(
    *,
    show: float = 2,
    open: float = 3,
    close: float = 6,
    commit: float = 8,
    dwell: float = 1,
    rule: str = "first",
    quorum: float = 0.0,
    hold: tuple[float, float, int] | None = None,
    leave: str = "commit",
    inputs: tuple[str, ...] = ("gaze", "mouse"),
) -> Any:
    return SimpleNamespace(
        show_fl=int(show * S_FL),
        open_fl=int(open * S_FL),
        close_fl=int(close * S_FL),
        commit_fl=int(commit * S_FL),
        dwell_fl=int(dwell * S_FL),
        rule=rule,
        quorum=quorum,
        tie="default",
        leave=leave,
        inputs=inputs,
        hold=None
        if hold is None
        else SimpleNamespace(from_fl=int(hold[0] * S_FL), to_fl=int(hold[1] * S_FL), laps=hold[2]),
    )


def make_scene(
    name: str,
    index: int,
    *,
    seconds: float = 10,
    minimum: float | None = None,
    window: Any = None,
    triggers: tuple[Any, ...] = (),
    reactions: tuple[Any, ...] = (),
    bars: Any = None,
) -> Any:
    nominal = int(seconds * S_FL)
    return SimpleNamespace(
        id=name,
        index=index,
        window=window,
        bars=bars,
        targets=tuple(SimpleNamespace(id=t) for t in TARGETS),
        triggers=triggers,
        reactions=reactions,
        duration=SimpleNamespace(
            min_fl=nominal if minimum is None else int(minimum * S_FL), nominal_fl=nominal, max_fl=nominal
        ),
    )


def make_action(reaction: int = -1, vote: str = "", **variables: Any) -> Any:
    return SimpleNamespace(reaction=reaction, vote=vote, set=tuple(variables.items()))


def make_trigger(name: str, on: str, **fields: Any) -> Any:
    base: dict[str, Any] = {
        "id": name,
        "on": on,
        "target": -1,
        "key": "",
        "name": "",
        "dwell_fl": S_FL,
        "from_fl": 0,
        "to_fl": 1000 * S_FL,
        "cooldown_fl": 0,
        "scope": "room",
        "do": make_action(),
    }
    return SimpleNamespace(**{**base, **fields})


def make_package(*scenes: Any) -> Any:
    return SimpleNamespace(scenes=scenes, scene_index={scene.id: scene.index for scene in scenes})
