"""The headset's benchmarks count what they say they count; how fast is not a test's business."""

from __future__ import annotations

import json

import pytest

from engine.bench import xr, xr_gc, xr_peers
from engine.bench.xr_meter import FrameMeter, share_of
from engine.time.clocks import ManualClock

MS = 1_000_000


class Stopped(FrameMeter):
    """A meter whose two clocks are told: the host's, and half as much of the processor's."""

    at_ns = 0

    def _now(self) -> tuple[int, int]:
        return self.at_ns, self.at_ns // 2


def frame(meter: Stopped, *spans_ms: int) -> None:
    """Wake, then work and drawing in turns, then end."""
    meter.awake()
    for number, span_ms in enumerate(spans_ms):
        if number % 2:
            meter.draw()
        meter.at_ns += span_ms * MS
        if number % 2:
            meter.drawn()
    meter.ended()


def test_what_is_counted_is_everything_but_drawing() -> None:
    meter = Stopped(warm=0, frames=1)
    frame(meter, 3, 100, 5, 200, 7)
    assert meter.host_ns == [15 * MS]
    assert meter.cpu_ns == [7.5 * MS]
    assert meter.drawing_ns == [300 * MS]
    assert meter.done


def test_warm_frames_and_frames_without_a_picture_do_not_count() -> None:
    meter = Stopped(warm=1, frames=1)
    frame(meter, 9, 1, 9)
    frame(meter, 50)
    assert not meter.done
    frame(meter, 2, 1, 2)
    assert meter.host_ns == [4 * MS]
    assert json.loads(meter.line("x"))["host_ms"] == [4.0]
    assert meter.summary()["drawing_median_ms"] == 1.0


def test_shares_take_the_nearest_rank() -> None:
    assert share_of([3.0, 1.0, 2.0], 0.5) == 2.0
    assert share_of([float(number) for number in range(100)], 0.99) == 99.0


def test_ratios_are_taken_round_by_round() -> None:
    ours = [{"cpu_ms": [1.0, 2.0, 3.0]}, {"cpu_ms": [8.0]}]
    theirs = [{"cpu_ms": [4.0]}, {"cpu_ms": [4.0]}]
    assert xr_peers._ratios(ours, theirs, "cpu_ms") == [0.5, 2.0]


@pytest.mark.parametrize(
    ("frame_ms", "garbage_ms", "spill_ms", "late", "because"),
    [
        (19, 0, 0, 0, 0),
        (21, 0, 0, 1, 0),  # late by itself
        (21, 2, 0, 1, 1),
        (30, 5, 0, 1, 0),  # would have been late anyway
        (10, 0, 15, 1, 1),  # a collection after it reached into the next one
    ],
)
def test_a_frame_is_late_because_of_garbage_only_when_it_would_not_have_been(
    frame_ms: int, garbage_ms: int, spill_ms: int, late: int, because: int
) -> None:
    tally = xr_gc.Tally()
    tally.add(frame_ms * MS, garbage_ms * MS, spill_ms * MS, 10 * MS)
    assert (tally.late, tally.late_by_garbage) == (late, because)


def test_collections_are_timed_where_they_happen() -> None:
    clock = ManualClock()
    watch = xr_gc.Watch(clock)
    for taken_ms in (3, 2):
        watch("start", {"generation": 2})
        clock.advance_ns(taken_ms * MS)
        watch("stop", {"generation": 2})
    assert (watch.total_ns, watch.longest_ns, watch.count) == (5 * MS, 3 * MS, [0, 0, 2])


def test_without_a_runtime_what_needs_one_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(xr, "runtime_missing", lambda: "no runtime")
    monkeypatch.setattr(
        xr.subprocess,
        "run",
        lambda command, check: ran.append(command[2]) or type("Done", (), {"returncode": 0}),
    )
    assert xr.main([]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["bench"] for line in lines] == ["xr_frame", "xr_peers"]
    assert all("python -m tests.monado" in line["left_out"] for line in lines)
    assert "engine.bench.xr_gc" in ran
    assert len(ran) == len(xr.PARTS) - 2
