"""Parts of a live run: each is asked, none can take the show with it; and a machine that stood still."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import DeviceError
from engine.show.live.children import Child
from engine.show.live.parts import Parts
from engine.show.live.standstill import LIMIT_NS, Standstill

S_NS = 1_000_000_000


class FakePart:
    def __init__(self, due_ns: int | None = None, fails: Exception | None = None) -> None:
        self.children = (Child("ears", lambda config, pipe: None, None),)
        self.calls: list[Any] = []
        self.due_ns, self.fails = due_ns, fails

    def begin(self, conductor: Any, record: Any) -> None:
        self.calls.append("begin")

    def hear(self, child: Child, kind: str, payload: Any, now_ns: int) -> None:
        self.calls.append((kind, payload, now_ns))

    def advance(self, now_ns: int) -> None:
        self.calls.append(now_ns)
        if self.fails is not None:
            raise self.fails

    def next_due_ns(self) -> int | None:
        return self.due_ns

    def lines(self) -> list[str]:
        return [f"due {self.due_ns}"]

    def end(self) -> None:
        self.calls.append("end")


NOBODY: Any = SimpleNamespace()


def test_parts_are_asked_and_heard() -> None:
    early, late, idle = FakePart(5), FakePart(9), FakePart()
    parts = Parts([late, early, idle], [].append)
    assert parts.next_due_ns() == 5
    assert parts.lines() == ["due 9", "due 5", "due None"]
    assert [child.name for child in parts.children] == ["ears"] * 3
    parts.hear(
        early.children[0], "word", 1, 2
    )  # a part decides itself what it makes of it before the show has begun
    parts.begin(NOBODY, NOBODY)
    assert parts.hear(early.children[0], "word", 1, 3)
    assert not parts.hear(Child("bus", lambda config, pipe: None, None), "word", 1, 3)
    parts.advance(7)
    parts.end()
    assert early.calls == [("word", 1, 2), "begin", ("word", 1, 3), 7, "end"]
    assert idle.calls == ["begin", 7, "end"]


@pytest.mark.parametrize("error", [DeviceError("the port is gone"), ZeroDivisionError("division by zero")])
def test_a_part_that_fails_is_said_and_left_out(error: Exception) -> None:
    said: list[str] = []
    good, bad = FakePart(), FakePart(3, error)
    parts = Parts([bad, good], said.append)
    parts.begin(NOBODY, NOBODY)
    parts.advance(1)
    parts.advance(2)
    assert good.calls == ["begin", 1, 2] and bad.calls == ["begin", 1]
    assert parts.next_due_ns() is None
    assert len(said) == 1 and str(error) in said[0] and "the show goes on without it" in said[0]


def test_hiccups_are_no_standstill_and_a_pause_is_told_with_the_instant_before() -> None:
    watch = Standstill(0, 0)
    assert watch.look(LIMIT_NS, 0) is None
    gap = watch.look(LIMIT_NS + 5 * S_NS, 0)
    assert gap is not None and (gap.before_ns, gap.length_ns, gap.asleep_ns) == (LIMIT_NS, 5 * S_NS, 0)
    assert watch.look(LIMIT_NS + 6 * S_NS, 0) is None


def test_a_sleep_counts_though_the_host_clock_stood_still() -> None:
    """CLOCK_MONOTONIC does not move while Linux is suspended."""
    watch = Standstill(0, 100)
    gap = watch.look(10_000_000, 100 + 3600 * S_NS)
    assert gap is not None and gap.asleep_ns == 3600 * S_NS and gap.before_ns == 0
    assert watch.look(20_000_000, 100 + 3600 * S_NS + 40_000) is None
