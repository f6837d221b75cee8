"""What a kill -9 does to a running show, with real processes and real sockets: devices first, then the show."""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

import pytest

from engine.cli import main
from engine.story.journal import Journal, read_journal
from engine.time import MonotonicClock
from tests.faults.venue import SmallVenue
from tests.show.runs import Started

pytestmark = pytest.mark.long

PLAY = ("play", "first_light", "--view", "headless", "--no-picture", "--no-sound", "--quiet")
PARK = (32512,) * 6 + (0, 0)
#: The rig's limit for heave, in raw units a second: 250 mm/s where 32512 units are 50 mm; and one unit for rounding.
HEAVE_PER_S = 250 / 50 * 32512


def contains(journal: Path, *words: bytes) -> bool:
    return journal.is_file() and all(word in journal.read_bytes() for word in words)


def wait_ms(ms: float) -> None:
    clock = MonotonicClock()
    clock.sleep_until_ns(clock.now_ns() + round(ms * 1e6))


def kill(pid: int) -> int:
    """End a process as a crash would; give the instant."""
    os.kill(pid, signal.SIGKILL)
    return MonotonicClock().now_ns()


def spawned(started: Started) -> list[int]:
    """Its children of our own, the bus first."""
    return sorted(pid for pid, command in started.processes().items() if "spawn_main" in command)


def devices(journal: Journal, what: str) -> list[str]:
    return [
        event.fields.get("device", "") for event in journal.of_kind("device") if event.fields["what"] == what
    ]


def test_bus_then_leader_are_killed_and_the_seat_never_jumps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SmallVenue(tmp_path) as venue:
        words = (*PLAY, "--rig", str(venue.rig))
        leader = Started([*words, "--lead", "--out", "L"], tmp_path)
        standby = Started([*words, "--standby", "--out", "S"], tmp_path)
        ours, theirs = tmp_path / "S" / "journal.jsonl", tmp_path / "L" / "journal.jsonl"
        try:
            standby.wait_for(lambda: contains(ours, b'"same"') and contains(theirs, b'"beat"'))
            leader.wait_for(lambda: contains(theirs, b'"spare":"ready"'))
            wait_ms(700)  # the seat moves
            bus_ns = kill(spawned(leader)[0])
            wait_ms(300)
            leader_ns = kill(leader.pid)
            wait_ms(1100)
            assert not leader.left_behind(4.0)
            standby.interrupt()
            run = standby.finish(tmp_path / "S")
        finally:
            leader.kill()
            standby.kill()
        poses = venue.poses()
    assert "TAKE-OVER" in run.text and run.errors == ""
    assert not standby.left_behind()

    senders = list(dict.fromkeys(sender for _, sender, _ in poses))
    assert len(senders) == 3  # the bus, its spare, the standby's
    first_ns = {sender: next(at_ns for at_ns, who, _ in poses if who == sender) for sender in senders}
    last_ns = {sender: max(at_ns for at_ns, who, _ in poses if who == sender) for sender in senders}
    # A bus is back on the wire long before a device notices, and a leader is replaced well within a second.
    assert first_ns[senders[1]] - bus_ns < 500e6
    assert first_ns[senders[2]] - leader_ns < 1000e6
    # The orphaned bus spoke on until then, and then no more: nobody parks the seat under the standby.
    assert last_ns[senders[1]] > leader_ns + 300e6 and last_ns[senders[1]] < leader_ns + 1000e6

    moving = [(at_ns, axes[2]) for at_ns, _, axes in poses]
    assert max(axis for _, axis in moving) - min(axis for _, axis in moving) > 500, "the seat never moved"
    for (before_ns, before), (at_ns, axis) in itertools.pairwise(moving):
        # Commands 5 ms apart; as told, by the device's clock, so one that is late is allowed what it missed.
        allowed = HEAVE_PER_S * (max(at_ns - before_ns, 0) / 1e9 + 0.010) + 1
        assert abs(axis - before) <= allowed, (
            f"{axis - before} raw units within {(at_ns - before_ns) / 1e6} ms"
        )

    journal = run.journal
    (takeover,) = journal.of_kind("takeover")
    assert takeover.fields["silent_ns"] >= 400_000_000
    assert sorted(devices(journal, "joined")) == ["lights", "seat_a"] and not devices(journal, "back")
    assert journal.header.extra["follows"] == read_journal(theirs).header.session
    for folder in ("L", "S"):
        assert main(["replay", str(tmp_path / folder)]) == 0
    assert capsys.readouterr().out.count("the same") == 2


def test_a_killed_conductor_leaves_devices_at_rest_and_its_show_resumes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SmallVenue(tmp_path) as venue:
        first = Started([*PLAY, "--speed", "1", "--rig", str(venue.rig), "--out", "A"], tmp_path)
        journal = tmp_path / "A" / "journal.jsonl"
        try:
            first.wait_for(lambda: contains(journal, b'"second":1', b'"beat"'))
            killed_ns = kill(first.pid)
            assert not first.left_behind(4.0)
        finally:
            first.kill()
        assert venue.poses()[-1][2] == PARK
        assert venue.poses()[-1][0] - killed_ns < 3_000_000_000
        again = Started(
            ["play", "--resume", "A", "--no-picture", "--no-sound", "--quiet", "--out", "B"], tmp_path
        )
        try:
            again.wait_for(lambda: contains(tmp_path / "B" / "journal.jsonl", b'"resumed"', b'"adopt"'))
            wait_ms(300)
            again.interrupt()
            run = again.finish(tmp_path / "B")
        finally:
            again.kill()
    old, new = read_journal(journal), run.journal
    (resumed,) = new.of_kind("resumed")
    assert resumed.fields["of"] == old.header.session
    assert new.header.extra["resumes"]["session"] == old.header.session
    assert [event.fields["scene"] for event in new.of_kind("beat")] == ["shore"]
    assert new.of_kind("end")[0].fields["how"] == "interrupted"
    for folder in ("A", "B"):
        assert main(["replay", str(tmp_path / folder)]) == 0
    assert capsys.readouterr().out.count("the same") == 2
