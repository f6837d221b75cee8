"""The sound device's clock in a live run, by hand on the manual clock; and that a run it led replays to the bit."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from engine.audio.clock.shared import ClockBlock, ClockReading, clock_name
from engine.audio.clock.values import ClockQuality, ClockState
from engine.errors import InputError
from engine.experience.venue import Venue
from engine.show.options import PlayOptions
from engine.show.replay import replay
from engine.show.setup import Phases, produce
from engine.show.sound_clock.part import LOOK_NS, SoundClockPart, line, sound_clock_parts
from engine.story.journal import read_journal
from engine.time import ManualClock
from tests.show.test_timecode_part import Live, follow

S_NS = 1_000_000_000
BLOCK = f"sns-test-{os.getpid()}"
GOOD = ClockQuality(ClockState.DEVICE, "it agrees", 80.0, 6_000.0)


def test_a_show_is_led_by_its_sound_device_and_replays_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    live: Any = Live(path, Venue())
    part = SoundClockPart(BLOCK, 1, leads=True)
    live.part = part
    part.begin(live.conductor, live.record)
    with ClockBlock.attach(clock_name(BLOCK)) as process:
        while live.clock.now_ns() < 6 * S_NS:
            now_ns = live.clock.now_ns() + 100_000_000
            process.publish(ClockReading(now_ns, 0, now_ns, 48_003.84, GOOD, opened=1))
            live.advance(now_ns)
        assert live.conductor.pace.rate == Fraction(10_000_800, 10_000_000)
        assert live.conductor.transport.at(live.clock.now_ns()).rate == Fraction(10_000_800, 10_000_000)
        (shown,) = part.lines()
        assert "device  +80.0 ppm" in shown and "leads" in shown
        due_ns = part.next_due_ns()
        assert due_ns is not None and due_ns - live.clock.now_ns() <= LOOK_NS
        live.until(live.clock.now_ns() + 66 * S_NS // 10)  # the audio process has died
        assert live.conductor.pace.rate == 1
    part.end()
    live.journal.close()
    journal = read_journal(path)
    states = [event.fields["state"] for event in journal.of_kind("chase")]
    assert states == ["locking", "locked", "freewheel", "jam"]
    result = replay(journal, produce(PlayOptions("first_light"), Phases(ManualClock())))
    assert result.difference is None, str(result.difference)


def test_without_leading_it_only_looks(tmp_path: Path) -> None:
    live = Live(tmp_path / "journal.jsonl", Venue())
    part = SoundClockPart(BLOCK, 2, leads=False)
    part.begin(live.conductor, live.record)
    assert part.next_due_ns() is None and part.lines() == [] and list(part.children) == []
    with ClockBlock.attach(clock_name(BLOCK, 1)) as second:
        second.publish(ClockReading(5, quality=GOOD, trim_ppm=-80.0))
        part.advance(S_NS)
        assert len(part.lines()) == 1 and "trim -80.0 ppm" in part.lines()[0]
    assert live.conductor.pace.rate == 1
    part.end()
    live.journal.close()
    with pytest.raises(InputError):
        ClockBlock.attach(clock_name(BLOCK, 1))


def test_who_leads_is_said_where_several_could(tmp_path: Path) -> None:
    production = produce(PlayOptions("first_light"), Phases(ManualClock()))
    options = PlayOptions("first_light")
    assert sound_clock_parts(production, options, BLOCK, 0) == []
    assert sound_clock_parts(production, replace(options, sound=False), BLOCK, 1) == []
    rig = replace(production.rig, audio=replace(production.rig.audio, clock="device"))
    (leading,) = sound_clock_parts(replace(production, rig=rig), options, BLOCK, 1)
    assert leading._leads and not leading._aside
    leading.end()
    (fast,) = sound_clock_parts(replace(production, rig=rig), replace(options, speed=Fraction(2)), BLOCK, 1)
    assert not fast._leads and "--speed" in fast._aside
    fast.end()
    chasing = replace(rig, venue=replace(rig.venue, follow=follow()))
    (led,) = sound_clock_parts(replace(production, rig=chasing), options, BLOCK, 1)
    live = Live(tmp_path / "journal.jsonl", Venue())
    led.begin(live.conductor, live.record)
    assert any("timecode does" in warning for warning in live.record.warnings)
    assert led.next_due_ns() is None
    led.end()
    live.journal.close()


def test_a_silent_clock_is_shown_as_one() -> None:
    silent = ClockReading(1, quality=ClockQuality(ClockState.SILENT, "switched off"))
    assert line(silent, leads=False) == "sound clock: silent (switched off)"
