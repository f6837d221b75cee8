"""The benchmark of fleets itself, on a handful of devices: that it measures what it says."""

from __future__ import annotations

from engine.bench.fleet import measure_bare, measure_stages, measure_stop


def test_the_stages_add_up_and_every_frame_is_sent() -> None:
    row = measure_stages(10, seats=12, universes=2)
    assert row["frames"] == 12 * 3 + 2 * 3
    stages = ("evaluate", "map", "govern", "encode", "hash", "stamp", "send")
    assert all(isinstance(row[name], float) and row[name] >= 0.0 for name in stages)
    # Each is rounded by itself.
    assert abs(float(str(row["sum"])) - sum(float(str(row[name])) for name in stages)) < 0.005


def test_a_stop_ends_within_its_bound_of_show_time() -> None:
    row = measure_stop(seats=8)
    assert 0.0 < float(str(row["moves_s"])) < float(str(row["safe_bound_s"]))


def test_the_bare_loop_counts_what_left() -> None:
    row = measure_bare(0.05, messages=50, realtime=False)
    assert int(str(row["frames"])) % 50 == 0 and int(str(row["frames"])) > 0
