"""The spare bus: when it is started, what it is told, whose events count; and when it must not go on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.bus.loop import BusEvent, DeviceNote
from engine.bus.process import BusReady
from engine.experience import load_rig
from engine.show.folder import RunFolder
from engine.show.live import bus_care, spare
from engine.show.live.bus_care import SILENT_NS, BusCare
from engine.show.live.spare import AFTER_LOSS_NS, AFTER_NS
from engine.show.record import RunRecord
from tests.show.pair import Memory

S_NS = 1_000_000_000


class FakeChild:
    """A process that is none."""

    pids = 100

    def __init__(self, name: str, target: Any, config: Any) -> None:
        self.name, self.config = name, config
        self.ready: Any = None
        self.gone = self.closed = False
        self.code: int | None = None
        self.pid: int | None = None
        self.told: list[tuple[str, Any]] = []
        self.started: list[int] = []

    def start(self, now_ns: int) -> None:
        FakeChild.pids += 1
        self.pid = FakeChild.pids
        self.started.append(now_ns)

    def tell(self, kind: str, payload: Any) -> None:
        self.told.append((kind, payload))

    def died(self) -> int | None:
        return self.code

    def kill(self) -> None:
        self.code = -9

    def close(self) -> None:
        self.closed = True

    def inherit(self, other: FakeChild, now_ns: int) -> None:
        self.started = [*other.started, now_ns]


READY = BusReady(0, (), {}, {}, (), 1.0)


class Kept:
    """A bus under care, and what was written and said of it."""

    def __init__(self, folder: Path, *, muted: bool = False, hot: bool = True) -> None:
        self.journal, self.said = Memory(), list[str]()
        self.record = RunRecord(self.journal, 0)
        production: Any = SimpleNamespace(rig=load_rig(), package=SimpleNamespace(path=Path("show")))
        run = RunFolder(folder / "run", "x")
        self.care = BusCare(production, run, "block", epoch_ns=None, muted=muted, say=self.said.append)
        self.care._spares.hot = hot
        self.bus.start(0)
        self.bus.ready = READY
        self.care.takes(self.bus, "ready", READY, 1)  # type: ignore[arg-type]

    @property
    def bus(self) -> FakeChild:
        return self.care.bus  # type: ignore[return-value]

    @property
    def spare(self) -> FakeChild | None:
        return self.care.spare  # type: ignore[return-value]

    def at(self, now_ns: int) -> None:
        self.care.takes(self.bus, "health", {}, now_ns)  # type: ignore[arg-type]
        self.care.advance(self.record, 77, now_ns)

    def with_spare(self) -> FakeChild:
        self.at(0)
        assert self.spare is None
        self.at(AFTER_NS)
        assert self.spare is not None
        return self.spare


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare, "Child", FakeChild)
    monkeypatch.setattr(bus_care, "Child", FakeChild)


def test_a_spare_computes_along_and_takes_the_devices(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    second, first = kept.with_spare(), kept.bus
    assert second.config.muted and second.config.epoch_ns == 77 and not second.config.spare
    assert second.config.record_dir != first.config.record_dir
    ready: Any = READY
    assert kept.care.takes(second, "ready", ready, 0)  # type: ignore[arg-type]
    for kind in ("adopt", "frames", "stop"):
        assert kept.care.takes(second, "event", BusEvent(kind, 5, 5), 0)  # type: ignore[arg-type]
    assert kept.journal.rows == []
    first.code = -9
    assert kept.care.died(first, kept.record, 77, 2 * S_NS)  # type: ignore[arg-type]
    assert kept.bus is second and second.told == [("unmute", None)] and first.closed
    assert not second.config.muted and second.name == "bus" and kept.spare is None
    # The mark of a new life, then what it had taken up; its checkpoints would be of no use.
    assert [(kind, fields.get("what")) for kind, _, fields in kept.journal.rows] == [
        ("device", "restart"),
        ("adopt", None),
        ("device", "stop"),
    ]
    assert not kept.care.takes(second, "event", BusEvent("stop", 6, 6), 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("hot", [True, False])
def test_what_was_given_and_what_is_heard_is_passed_on(tmp_path: Path, hot: bool) -> None:
    kept = Kept(tmp_path, hot=hot)
    second, first = kept.with_spare(), kept.bus
    assert second.config.deaf == hot and not second.config.given
    ready: Any = READY
    kept.care.takes(second, "ready", ready, 0)  # type: ignore[arg-type]
    felt = BusEvent("felt", 5, 5, "sim", {"values": [0.0, 1.0, 9.8, 0.0, 0.0, 0.0]})
    early, late = (
        BusEvent("frames", tick, tick, "seat", {"given": [tick / 1e4, 0.0]}) for tick in (1000, 2000)
    )
    for event in (felt, early, late, BusEvent("frames", 2000, 2000, "lights", {})):
        assert not kept.care.takes(first, "event", event, 0)  # type: ignore[arg-type]
    heard = ("note", DeviceNote("sim", "felt", values=(0.0, 1.0, 9.8, 0.0, 0.0, 0.0)))
    assert second.told == ([heard] if hot else [])
    second.told.clear()
    first.code = -9
    assert kept.care.died(first, kept.record, 77, 2 * S_NS)  # type: ignore[arg-type]
    given = DeviceNote("seat", "given", values=(0.2, 0.0))
    assert second.told == [("note", given), ("unmute", None) if hot else ("go", 77)]
    assert not second.config.deaf
    third = kept.with_spare()
    assert third.config.given == (given,)
    kept.bus.code = third.code = -9
    assert not kept.care.died(kept.bus, kept.record, 77, 9 * S_NS)  # type: ignore[arg-type]
    assert kept.bus.config.given == (given,)


def test_a_spare_that_is_not_ready_is_no_help(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.with_spare()
    kept.bus.code = -9
    assert not kept.care.died(kept.bus, kept.record, 77, 2 * S_NS)  # type: ignore[arg-type]
    assert kept.bus.config.epoch_ns == 77


def test_a_big_rig_has_a_spare_that_only_waits(tmp_path: Path) -> None:
    kept = Kept(tmp_path, hot=False)
    second = kept.with_spare()
    assert second.config.spare and not second.config.muted
    kept.bus.code = -9
    assert kept.care.died(kept.bus, kept.record, 77, 2 * S_NS)  # type: ignore[arg-type]
    assert second.told == [("go", 77)]


def test_after_a_long_silence_a_new_bus_begins_from_park(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    second = kept.with_spare()
    second.ready = READY
    kept.care.advance(kept.record, 77, AFTER_NS + SILENT_NS + 1)
    assert kept.bus.code == -9 and "said nothing for 3 s" in kept.said[0]
    assert kept.care.ended_it(kept.bus)  # type: ignore[arg-type]
    assert not kept.care.died(kept.bus, kept.record, 77, 9 * S_NS)  # type: ignore[arg-type]
    assert second.told == [] and kept.spare is second


def test_a_spare_that_dies_is_not_tried_again_at_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    second = kept.with_spare()
    assert kept.care.died(second, kept.record, 77, 2 * S_NS)  # type: ignore[arg-type]
    kept.at(4 * S_NS)
    assert kept.spare is None and second.closed
    kept.at(2 * S_NS + AFTER_LOSS_NS)
    assert kept.spare is not None


def test_a_standby_keeps_no_spare_until_it_leads(tmp_path: Path) -> None:
    kept = Kept(tmp_path, muted=True)
    for now_ns in range(0, 10 * S_NS, S_NS):
        kept.at(now_ns)
    assert kept.spare is None
    kept.care.unmute()
    assert kept.bus.told == [("unmute", None)] and not kept.bus.config.muted
    for now_ns in range(10 * S_NS, 14 * S_NS, S_NS):
        kept.at(now_ns)
    assert kept.spare is not None


def test_the_heir_is_told_to_every_bus(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    for heir_ns in (None, None, 400, 400, None):
        kept.care.leave_to(heir_ns)
    assert kept.bus.told == [("heir", None), ("heir", 400), ("heir", None)]
    kept.care.leave_to(400)
    kept.bus.start(1)  # started again: another process, which knows nothing
    kept.care.leave_to(400)
    assert kept.bus.told[3:] == [("heir", 400), ("heir", 400)]
    kept.care.fall_silent()
    assert kept.bus.code == -9 and kept.bus.gone


def test_every_bus_of_a_run_tells_of_the_seats_in_the_parents_block(tmp_path: Path) -> None:
    production: Any = SimpleNamespace(rig=load_rig(), package=SimpleNamespace(path=Path("show")))
    run = RunFolder(tmp_path / "run", "x")
    care = BusCare(
        production, run, "block", epoch_ns=None, muted=False, say=lambda text: None, seat_poses="seats"
    )
    first: Any = care.bus
    first.ready = READY
    record = RunRecord(Memory(), 0)
    care.advance(record, 77, 0)
    care.advance(record, 77, AFTER_NS)
    assert care.spare is not None
    assert first.config.seat_poses == care.spare.config.seat_poses == "seats"
