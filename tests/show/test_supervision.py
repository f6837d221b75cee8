"""Who waits for the slowest child hears the others meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from engine.show.live.children import Child
from engine.show.live.supervision import Supervisor
from engine.time import ManualClock


class _Scripted:
    """A child whose words are written beforehand, some for each look."""

    gone = False
    waitables: Sequence[Any] = ()

    def __init__(self, *words: list[tuple[str, Any]]) -> None:
        self.ready: Any = None
        self._words = list(words)

    def messages(self) -> list[tuple[str, Any]]:
        return self._words.pop(0) if self._words else []

    def died(self) -> int | None:
        return None


def test_a_bus_that_is_ready_is_heard_while_the_sound_loads() -> None:
    bus = _Scripted([("ready", "bus")], [("health", 1)], [("health", 2)])
    sound = _Scripted([], [], [("ready", "sound")])
    heard: list[tuple[str, Any]] = []

    def hear(child: Child, kind: str, payload: Any) -> None:
        heard.append((kind, payload))
        if kind == "ready":
            child.ready = payload

    def no(child: Child) -> None:
        raise AssertionError("nobody is lost or late")

    clock = ManualClock()
    children = cast(list[Child], [bus, sound])
    Supervisor(clock, lambda: children, hear).await_ready(each=lambda: None, lost=no, late=no)
    assert heard == [("ready", "bus"), ("health", 1), ("health", 2), ("ready", "sound")]
