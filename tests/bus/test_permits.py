"""Permissives: only a fresh, plain true is a yes."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from devices.sim.modbus import ModbusTwin
from engine.bus.loop import DeviceNote
from engine.bus.permits import PermitState, PermitWatch, make_sources
from engine.bus.source import Signal
from engine.errors import RigError
from engine.experience.rig import load_rig
from engine.time.clocks import ManualClock, MonotonicClock
from tests.devices.modbus_server import serving

MS = 1_000_000
RIG = """
sensorama_rig: 1
name: {{en: permits}}
seats: {{a: {{}}}}
permits:
  ride: {{port: "tcp://127.0.0.1:{port}", stale: 300ms, settings: {settings}}}
devices:
  seat: {{driver: sample, permit: ride}}
  lamp: {{driver: sample}}
"""


def rig_of(
    folder: Path, port: int, settings: str = "{inputs: [0, 1], need: [/input/0, /input/1], every_ms: 5}"
):
    path = folder / "rig.yaml"
    path.write_text(RIG.format(port=port, settings=settings))
    return load_rig(path)


def said(address: str, value: object, at_ns: int) -> Signal:
    return Signal("ride", address, (value,), at_ns)


def test_everything_needed_must_be_true_and_fresh() -> None:
    state = PermitState(("/input/0", "/input/1"), 100 * MS)
    assert "not heard" in state.missing(0)
    state.take([said("/input/0", True, 0)])
    assert state.missing(10 * MS).startswith("/input/1")
    state.take([said("/input/1", True, 10 * MS)])
    assert state.missing(100 * MS) == ""
    assert state.missing(101 * MS).startswith("/input/0 not heard")
    state.take([said("/input/0", True, 105 * MS), said("/input/1", False, 105 * MS)])
    assert state.missing(106 * MS) == "/input/1 is false"


@pytest.mark.parametrize("value", [1, 1.0, "true", "True", float("nan"), b"\x01", None])
def test_nothing_but_a_plain_true_is_a_yes(value: object) -> None:
    state = PermitState(("/input/0",), 100 * MS)
    state.take([said("/input/0", value, 0)])
    assert state.missing(0) == "/input/0 is false"


def test_a_yes_that_is_meant_for_later_counts_from_its_arrival() -> None:
    # An OSC bundle may name an instant an hour ahead; it must not hold a permit true until then.
    state = PermitState(("/go",), 100 * MS)
    state.take([said("/go", True, 3600 * 1000 * MS)], arrived_ns=10 * MS)
    assert state.missing(110 * MS) == ""
    assert state.missing(111 * MS).startswith("/go not heard")


def test_a_source_that_falls_over_is_a_no_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import queue

    notes: queue.Queue[DeviceNote] = queue.Queue()
    watch = PermitWatch(rig_of(tmp_path, 1), MonotonicClock(), notes.put)
    source = watch._rows[0][2]
    opened: list[int] = []
    again = Event()

    def fall() -> None:
        opened.append(1)
        if len(opened) > 1:
            again.set()
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(source, "open", fall)
    monkeypatch.setattr("engine.bus.permits._RETRY_S", 0.001)
    watch.start()
    assert again.wait(5.0)
    note = notes.get(timeout=5)
    watch.close()
    assert note.kind == "forbid" and watch._faults["ride"] == "ZeroDivisionError: by nothing"


def test_changes_are_told_once_and_only_for_devices_that_ask(tmp_path: Path) -> None:
    notes: list[DeviceNote] = []
    watch = PermitWatch(rig_of(tmp_path, 1), ManualClock(), notes.append)
    state = watch._rows[0][1]
    watch.look(0)
    watch.look(1)
    state.take([said("/input/0", True, 10), said("/input/1", True, 10)])
    watch.look(20)
    watch.look(30)
    watch.look(400 * MS)
    assert [(note.device, note.kind) for note in notes] == [
        ("seat", "forbid"),
        ("seat", "permit"),
        ("seat", "forbid"),
    ]
    assert "not heard for 300 ms" in notes[-1].text


def test_a_permit_that_does_not_say_what_it_needs_is_refused(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, 1, "{inputs: [0]}")
    with pytest.raises(RigError, match="list the addresses that must be true") as caught:
        make_sources(rig.venue.permits)
    assert caught.value.problems[0].place.line == 6


def test_a_plc_on_a_port_grants_and_its_silence_forbids(tmp_path: Path) -> None:
    import queue

    notes: queue.Queue[DeviceNote] = queue.Queue()
    twin = ModbusTwin()
    twin.inputs[0] = twin.inputs[1] = True
    with serving(twin) as port:
        watch = PermitWatch(rig_of(tmp_path, port), MonotonicClock(), notes.put)
        watch.start()
        kinds = [notes.get(timeout=5).kind]
        if kinds == ["forbid"]:  # it may look before the first answer has come
            kinds.append(notes.get(timeout=5).kind)
        assert kinds[-1] == "permit"
        twin.inputs[1] = False
        note = notes.get(timeout=5)
        assert (note.kind, note.text) == ("forbid", "ride: /input/1 is false")
        watch.close()
