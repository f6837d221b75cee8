"""When the mirror may draw."""

from __future__ import annotations

import pytest

from engine.render.headset.pace import FrameMeter, MirrorPace

PERIOD_NS = 11_000_000
MS = 1_000_000


def play(pace: MirrorPace, frames: int, *, free_ns: int, cost_ns: int, first: int = 0) -> list[int]:
    """Numbers of the frames in which the mirror drew, the headset leaving so much time in each."""
    drawn = []
    for number in range(first, first + frames):
        now_ns = number * PERIOD_NS
        if pace.wants(now_ns, now_ns + free_ns):
            pace.drew(now_ns, now_ns + cost_ns)
            drawn.append(number)
    return drawn


def test_every_nth_frame_while_there_is_time() -> None:
    assert play(MirrorPace(1), 4, free_ns=5 * MS, cost_ns=MS) == [0, 1, 2, 3]
    assert play(MirrorPace(3), 8, free_ns=5 * MS, cost_ns=MS) == [0, 3, 6]


def test_never_when_the_headsets_frame_is_late() -> None:
    pace = MirrorPace(1, at_least_ns=0)
    assert play(pace, 200, free_ns=-MS, cost_ns=MS) == []
    assert pace.stats.skipped_late == 200 and pace.stats.per_headset_frame_ns == 0.0


def test_not_when_its_usual_cost_would_not_fit() -> None:
    pace = MirrorPace(1, at_least_ns=0)
    play(pace, 10, free_ns=9 * MS, cost_ns=2 * MS)
    assert play(pace, 2, free_ns=2 * MS, cost_ns=2 * MS, first=10) == []


def test_one_dear_frame_does_not_keep_it_away_for_good() -> None:
    pace = MirrorPace(1, at_least_ns=0)
    play(pace, 5, free_ns=9 * MS, cost_ns=MS)
    play(pace, 1, free_ns=9 * MS, cost_ns=50 * MS, first=5)
    drawn = play(pace, 60, free_ns=9 * MS, cost_ns=MS, first=6)
    assert drawn and 6 < drawn[0] < 40 and drawn[-3:] == [63, 64, 65]


def test_a_starved_mirror_is_shown_once_a_second_all_the_same() -> None:
    drawn = play(MirrorPace(1), 400, free_ns=-MS, cost_ns=MS)
    assert drawn == [91, 182, 273, 364]  # 1 s is 90.9 frames


def test_what_it_costs_is_spread_over_the_headsets_frames() -> None:
    pace = MirrorPace(2)
    play(pace, 10, free_ns=9 * MS, cost_ns=MS)
    stats = pace.stats
    assert (stats.frames, stats.shown, stats.spent_ns, stats.median_ns) == (10, 5, 5 * MS, MS)
    assert stats.per_headset_frame_ns == MS / 2
    play(pace, 1000, free_ns=9 * MS, cost_ns=MS, first=10)
    assert len(stats.costs_ns) == 240


def test_a_pace_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="every 0 frames"):
        MirrorPace(0)
    assert MirrorPace().stats.median_ns == 0 and MirrorPace().stats.per_headset_frame_ns == 0.0


def test_frames_and_late_ones_of_the_last_second() -> None:
    meter = FrameMeter()
    assert meter.fps == 0.0 and meter.late == 0
    for number in range(300):
        meter.add(number * 10 * MS, late=number % 50 == 0)
    assert meter.fps == pytest.approx(100.0) and meter.late == 2
