"""The real process over real ports: end to end on twins, silence of the conductor, its death, dead ports.

These run in real time, so each plays well under a second of show; what they assert does not depend on how
late the machine is.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from devices.amc.codec import decode_axes
from engine.bench.bus import synthetic_rig, synthetic_show
from engine.bench.fleet import fleet_rig, fleet_show
from engine.bus.link import BusProcess, Message
from engine.bus.loop import BusCore, BusEvent, DeviceNote
from engine.bus.process import BusConfig
from engine.bus.registry import create_drivers
from engine.bus.setup import bus_devices
from engine.errors import DeviceError
from engine.experience.resolve import resolve
from engine.time.clocks import MonotonicClock
from engine.time.publisher import TransportWriter
from engine.time.segments import Transport
from engine.time.shared import TransportBlock

pytestmark = pytest.mark.slow
MS = 1_000_000
MIDDLE = 32512


@pytest.fixture
def block() -> Iterator[TransportBlock]:
    with TransportBlock.create() as made:
        yield made


def conduct(bus: BusProcess, writer: TransportWriter, until_ns: int) -> list[Message]:
    """Beat as a conductor does, until an instant."""
    clock = MonotonicClock()
    messages: list[Message] = []
    while clock.now_ns() < until_ns:
        writer.beat(clock.now_ns())
        messages += bus.poll(0.05)
    return messages


def events(messages: list[Message], kind: str) -> list[BusEvent]:
    return [row for _, row in messages if isinstance(row, BusEvent) and row.kind == kind]


def ended(messages: list[Message]) -> dict[str, Any]:
    (summary,) = [payload for kind, payload in messages if kind == "ended"]
    assert isinstance(summary, dict)
    return summary


def config(block: TransportBlock, **changes: Any) -> BusConfig:
    rig = synthetic_rig(**{key: changes.pop(key) for key in ("seat_port", "watchdog_ns") if key in changes})
    return BusConfig(block.name, rig, synthetic_show, realtime=False, **changes)


def test_a_show_reaches_the_twins_and_ends_parked(block: TransportBlock, tmp_path: Path) -> None:
    writer = TransportWriter(block)
    writer.beat(MonotonicClock().now_ns())
    with BusProcess(config(block, record_dir=str(tmp_path))) as bus:
        ready, messages = bus.await_ready()
        assert dict(ready.devices) == {"seat": "", "lights": ""}
        assert ready.ports["lights"].startswith("udp://127.0.0.1:")
        writer.append(from_ns=ready.epoch_ns + 50 * MS, scene=0)
        messages += conduct(bus, writer, ready.epoch_ns + 600 * MS)
        bus.retire()
        messages += bus.join(5.0)
    summary = ended(messages)
    assert summary["parked"] and not summary["orphaned"]
    assert summary["frames"]["seat"] > 300 and set(summary["hashes"]) == {"seat", "lights"}
    rows = [json.loads(line) for line in (tmp_path / "seat.jsonl").read_text().splitlines()]
    stream = b"".join(bytes.fromhex(row["hex"]) for row in rows)
    frames = [decode_axes(stream[start : start + 20]) for start in range(0, len(stream), 20)]
    heave = [frame[2] for frame in frames]
    assert heave[0] == heave[-1] == MIDDLE and max(heave) > MIDDLE + 500
    assert [row["at_ns"] for row in rows] == sorted(row["at_ns"] for row in rows)


@pytest.mark.long
def test_a_live_run_is_repeated_bit_for_bit_from_its_events(block: TransportBlock) -> None:
    writer = TransportWriter(block)
    writer.beat(MonotonicClock().now_ns())
    with BusProcess(config(block)) as bus:
        ready, messages = bus.await_ready()
        published = [writer.transport]
        for at_ms, scene in ((50, 0), (180, 1), (300, 0)):
            writer.append(from_ns=ready.epoch_ns + at_ms * MS, scene=scene, at_fl=at_ms * 2_000_000)
            published.append(writer.transport)
            messages += conduct(bus, writer, ready.epoch_ns + at_ms * MS)
        bus.retire()
        messages += bus.join(5.0)
    told = [row for _, row in messages if isinstance(row, BusEvent)]

    show = synthetic_show()
    rig = synthetic_rig()
    devices = bus_devices(create_drivers(rig.devices), resolve(rig, show.roles), show.roles, rig)
    again: list[BusEvent] = []
    core = BusCore(devices, show.state, epoch_ns=ready.epoch_ns, sink=again.append)
    transport, stale = Transport(), False
    while not core.retired:
        due_ns = core.next_due_ns()
        notes = []
        for event in told:
            if event.at_ns == due_ns:
                if event.kind == "adopt":
                    transport = next(t for t in published if t.sequence == event.data["sequence"])
                elif event.kind in ("gone", "back"):
                    notes.append(DeviceNote(event.device, event.kind))
                elif event.kind in ("stale", "fresh"):
                    stale = event.kind == "stale"
                elif event.kind == "retire":
                    core.retire()
        core.advance(due_ns, transport, 1 if stale else due_ns, notes)
    parked = {event.device: (event.tick, event.data) for event in told if event.kind == "parked"}
    assert set(parked) == {"seat", "lights"}
    assert {event.device: (event.tick, event.data) for event in again if event.kind == "parked"} == parked


@pytest.mark.long
def test_a_silent_conductor_leads_to_the_safe_state_and_may_come_back(block: TransportBlock) -> None:
    writer = TransportWriter(block)
    writer.beat(MonotonicClock().now_ns())
    with BusProcess(config(block, watchdog_ns=150 * MS)) as bus:
        ready, messages = bus.await_ready()
        writer.append(from_ns=ready.epoch_ns, scene=0)
        messages += conduct(bus, writer, ready.epoch_ns + 200 * MS)
        MonotonicClock().sleep_until_ns(ready.epoch_ns + 500 * MS)
        messages += conduct(bus, writer, ready.epoch_ns + 700 * MS)
        bus.retire()
        messages += bus.join(5.0)
    assert len(events(messages, "stale")) >= 1 and len(events(messages, "fresh")) >= 1
    assert ended(messages)["parked"]


def test_a_dead_parent_parks_the_devices_and_ends_the_process(block: TransportBlock) -> None:
    writer = TransportWriter(block)
    writer.beat(MonotonicClock().now_ns())
    bus = BusProcess(config(block))
    ready, _ = bus.await_ready()
    writer.append(from_ns=ready.epoch_ns, scene=0)
    conduct(bus, writer, ready.epoch_ns + 150 * MS)
    # All that the child sees of a parent's death is the end of the pipe.
    bus._pipe.close()
    bus._process.join(5.0)
    assert bus.exit_status == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal to ask a process to end")
def test_ctrl_c_is_the_parents_to_decide_and_a_plea_to_end_parks_first(block: TransportBlock) -> None:
    writer = TransportWriter(block)
    writer.beat(MonotonicClock().now_ns())
    bus = BusProcess(config(block))
    ready, messages = bus.await_ready()
    writer.append(from_ns=ready.epoch_ns, scene=0)
    assert bus._process.pid is not None
    os.kill(bus._process.pid, signal.SIGINT)
    messages += conduct(bus, writer, ready.epoch_ns + 150 * MS)
    assert bus.alive
    bus._process.terminate()
    messages += bus.join(5.0)
    assert ended(messages)["parked"] and bus.exit_status == 0


@pytest.mark.long
def test_a_dead_port_is_told_and_the_rest_plays(block: TransportBlock) -> None:
    writer = TransportWriter(block)
    writer.beat(MonotonicClock().now_ns())
    with BusProcess(config(block, seat_port="/dev/no-such-port")) as bus:
        ready, messages = bus.await_ready()
        assert "seat: no device on port /dev/no-such-port" in ready.devices["seat"]
        assert ready.devices["lights"] == ""
        writer.append(from_ns=ready.epoch_ns, scene=0)
        messages += conduct(bus, writer, ready.epoch_ns + 200 * MS)
        bus.retire()
        messages += bus.join(5.0)
    summary = ended(messages)
    assert summary["frames"]["seat"] == 0 and summary["frames"]["lights"] > 3
    assert events(messages, "gone")[0].device == "seat"


def test_a_transport_that_is_not_there_fails_with_words() -> None:
    with TransportBlock.create() as gone:
        unknown = config(gone)
    bus = BusProcess(unknown)
    with pytest.raises(DeviceError, match="no shared memory block"):
        bus.await_ready()
    bus.join(3.0)
    assert not bus.alive


@pytest.mark.long
def test_a_seat_that_vanishes_mid_show_is_connected_again(block: TransportBlock) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    visits: list[int] = []

    def controller() -> None:
        """Hang up on the first caller after a few commands, listen to the second."""
        while len(visits) < 2:
            client, _ = server.accept()
            with client:
                visits.append(0)
                while data := client.recv(4096):
                    visits[-1] += len(data)
                    if len(visits) == 1 and visits[0] > 500:
                        break

    Thread(target=controller, daemon=True).start()
    port = f"socket://127.0.0.1:{server.getsockname()[1]}"
    writer = TransportWriter(block)
    writer.beat(MonotonicClock().now_ns())
    with BusProcess(config(block, seat_port=port)) as bus:
        ready, messages = bus.await_ready()
        writer.append(from_ns=ready.epoch_ns, scene=0)
        messages += conduct(bus, writer, ready.epoch_ns + 700 * MS)
        bus.retire()
        messages += bus.join(5.0)
    server.close()
    heard = [(event.kind, event.device) for event in events(messages, "gone") + events(messages, "back")]
    assert ("gone", "seat") in heard and heard.count(("back", "seat")) == 2
    assert len(visits) == 2 and visits[1] > 500
    # The other device never noticed: 40 instants a second, each one commanded.
    assert ended(messages)["dispatch"]["lights"]["count"] >= 25


class Seat:
    """A motion seat at the end of a UDP port: what it was commanded, one raw heave a datagram."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("0.0.0.0", 0))
        self._socket.settimeout(5.0)
        self.port = f"udp://127.0.0.1:{self._socket.getsockname()[1]}"

    def next_heave(self) -> int:
        """The next command's; waits for it."""
        return decode_axes(self._socket.recv(64))[2]

    def waiting(self) -> list[int]:
        """Those that have arrived."""
        self._socket.setblocking(False)
        found = []
        try:
            while True:
                found.append(self.next_heave())
        except BlockingIOError:
            self._socket.settimeout(5.0)
            return found


def await_spare(bus: BusProcess) -> None:
    while ("spare", None) not in bus.poll(0.1):
        assert bus.alive


@pytest.mark.long
def test_a_standby_computes_the_same_and_takes_over_without_a_jump(block: TransportBlock) -> None:
    """One bus is killed in mid-scene; the muted one beside it goes on at the very next commands."""
    seat = Seat()
    writer = TransportWriter(block)
    writer.beat(MonotonicClock().now_ns())
    leader = BusProcess(config(block, seat_port=seat.port, spare=True))
    standby = BusProcess(config(block, seat_port=seat.port, spare=True, muted=True))
    for bus in (leader, standby):
        await_spare(bus)
    epoch_ns = MonotonicClock().now_ns() + 20 * MS
    for bus in (leader, standby):
        bus._pipe.send(("go", epoch_ns))
    leader.await_ready()
    ready, _ = standby.await_ready()
    assert ready.devices == {}
    writer.append(from_ns=epoch_ns, scene=0)
    before: list[int] = []
    for ms in range(100, 600, 100):
        conduct(standby, writer, epoch_ns + ms * MS)
        before += seat.waiting()
    assert leader._process.pid is not None
    asked_ns = MonotonicClock().now_ns()
    os.kill(leader._process.pid, signal.SIGKILL)
    leader._process.join(5.0)
    before += seat.waiting()
    standby._pipe.send(("unmute", None))
    first = seat.next_heave()
    seam_ns = MonotonicClock().now_ns() - asked_ns
    messages = conduct(standby, writer, MonotonicClock().now_ns() + 200 * MS)
    after = [first, *seat.waiting()]
    standby.retire()
    messages += standby.join(5.0)
    leader.join(1.0)
    assert {event.device for event in events(messages, "joined")} == {"seat", "lights"}
    assert not events(messages, "back")
    # 65 mm/s at most, 32,512 raw a 50 mm: a command of 1 ms moves 19 raw at most, and a park frame would be thousands.
    assert before[-1] > MIDDLE + 300
    # The leader's last command may have left some time before it was killed: a busy machine holds it up like anything else.
    assert abs(after[0] - before[-1]) <= 20 * (50 + seam_ns // MS)
    assert after[0] > MIDDLE + 300
    assert all(abs(b - a) <= 400 for a, b in pairwise(after))
    assert ended(messages)["parked"]


@pytest.mark.long
def test_a_spare_is_running_at_once_and_a_retired_one_has_nothing_to_park(block: TransportBlock) -> None:
    seat = Seat()
    writer = TransportWriter(block)
    clock = MonotonicClock()
    writer.beat(clock.now_ns())
    epoch_ns = clock.now_ns()
    with BusProcess(config(block, seat_port=seat.port, spare=True)) as spare:
        await_spare(spare)
        writer.append(from_ns=clock.now_ns(), scene=0)
        writer.beat(clock.now_ns())
        asked_ns = clock.now_ns()
        spare._pipe.send(("go", epoch_ns))
        assert seat.next_heave() == MIDDLE
        assert clock.now_ns() - asked_ns < 300 * MS
        ready, messages = spare.await_ready()
        assert ready.epoch_ns == epoch_ns
        messages += conduct(spare, writer, clock.now_ns() + 300 * MS)
        assert [event.device for event in events(messages, "back")].count("seat") == 1
        assert len(seat.waiting()) > 100
    with BusProcess(config(block, spare=True)) as idle:
        idle.retire()
        assert [kind for kind, _ in idle.join(5.0) if kind != "spare"] == []
        assert idle.exit_status == 0


@pytest.mark.long
def test_a_fleet_is_played_and_repeated_bit_for_bit(block: TransportBlock) -> None:
    """Six seats on one UDP port, commanded together; the journal's checkpoint is that of a bus without a wire."""
    sink = Seat()
    rig = fleet_rig(6, 0, int(sink.port.rpartition(":")[2]))
    show = partial(fleet_show, 6, 0, 3600.0, False)
    clock = MonotonicClock()
    writer = TransportWriter(block)
    writer.beat(clock.now_ns())
    with BusProcess(BusConfig(block.name, rig, show, realtime=False)) as bus:
        ready, messages = bus.await_ready()
        writer.append(from_ns=ready.epoch_ns, scene=0)
        heard: list[int] = []
        for ms in range(210, 1051, 210):
            messages += conduct(bus, writer, ready.epoch_ns + ms * MS)
            heard += sink.waiting()
        bus.retire()
        messages += bus.join(5.0)
    (checkpoint,) = [event for event in events(messages, "frames") if event.data["second"] == 1]
    assert checkpoint.device == "seat_0000+5" and checkpoint.data["count"] == 1200
    assert ended(messages)["parked"] and len(heard) > 600 and max(heard) > MIDDLE
    assert {event.device for event in events(messages, "back")} == {device.name for device in rig.devices}
    adopted = events(messages, "adopt")[-1]
    assert adopted.data["sequence"] == writer.transport.sequence

    made = show()
    devices = bus_devices(create_drivers(rig.devices), resolve(rig, made.roles), made.roles, rig)
    again: list[BusEvent] = []
    core = BusCore(devices, made.state, epoch_ns=ready.epoch_ns, watchdog_ns=0, sink=again.append)
    while core.next_due_ns() <= checkpoint.at_ns:
        due_ns = core.next_due_ns()
        transport = writer.transport if due_ns >= adopted.at_ns else Transport()
        core.advance(due_ns, transport, 0)
    assert [event.data for event in again if event.kind == "frames"] == [checkpoint.data]
