"""Live motion: read as it is meant, washed out, faded where it falls silent, never beyond a limit, and the same in every replay."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from devices.osc.codec import Message, encode
from engine.bench.bus import synthetic_rig, synthetic_show
from engine.bus.inline import InlineBus
from engine.bus.link import BusProcess
from engine.bus.live_motion import FADE_S, MOST_MPS2, LiveMotion, SampleOf, washout_of
from engine.bus.loop import BusEvent, DeviceNote
from engine.bus.process import BusConfig
from engine.bus.registry import create_drivers
from engine.bus.setup import bus_devices
from engine.bus.source import Signal
from engine.errors import RigError
from engine.experience import load_rig, resolve
from engine.experience.live_motion import LiveMotionSpec
from engine.experience.rig import Rig, find_rig
from engine.motion.cueing.values import GRAVITY_MPS2
from engine.motion.cueing.washout import Washout
from engine.time import LocalBlock, TransportWriter
from engine.time.clocks import MonotonicClock
from engine.time.shared import TransportBlock
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.yamlsource import load_yaml_text
from tests.bus.doses_show import ROLES

MS = 1_000_000
REST = (0.0, 0.0, GRAVITY_MPS2, 0.0, 0.0, 0.0)
RIDE = 'live_motion:\n  ride: {port: "udp://127.0.0.1:0", frame: "%s"}\n'


def rig_with(folder: Path, live: str = RIDE % "", device: str = "seat_a", name: str = "ride") -> Rig:
    """The studio with live motion for one of its devices."""
    text = find_rig("studio").read_text(encoding="utf-8")
    head, found, tail = text.partition(f"  {device}:\n")
    assert found
    path = folder / "rig.yaml"
    path.write_text(f"{head}{found}    live: {name}\n{tail}\n{live}", encoding="utf-8")
    return load_rig(path)


def spec_of(folder: Path, live: str) -> LiveMotionSpec:
    (spec,) = rig_with(folder, live).venue.live_motion
    return spec


def said(address: str, *values: object) -> Signal:
    return Signal("ride", address, values, 0)  # type: ignore[arg-type]


# ---- what comes in -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "force", "turn", "expected"),
    [
        ("", (1, 2, 12), (3, 4, 5), (1, 2, 12, 3, 4, 5)),
        ("free", (1, 2, 3), (0, 0, 0), (1, 2, 3 + GRAVITY_MPS2, 0, 0, 0)),
        ("inverted", (1, 2, -GRAVITY_MPS2), (0, 0, 0), (-1, -2, GRAVITY_MPS2, 0, 0, 0)),
        # Ahead, to the left, up; turns follow its right hand: +y is nose down, +x right side down.
        ("forward left up g rad/s", (0.5, 0.1, 1), (1, 2, 3), (-0.98067, 4.90333, 9.80665, -114.592, 57.2958, 171.887)),
        # Left-handed: x right, y up, z ahead; turns go by the left hand.
        ("unity", (1, 9, 2), (3, 4, 5), (1, 2, 9, -3, -5, -4)),
    ],
)  # fmt: skip
def test_a_sample_is_read_in_its_frame(
    tmp_path: Path, frame: str, force: tuple[float, ...], turn: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    samples = SampleOf(spec_of(tmp_path, RIDE % frame))
    assert samples.take(said("/force", *force)) is None
    found = samples.take(said("/turn", *turn))
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_a_sample_may_come_address_by_address(tmp_path: Path) -> None:
    live = 'live_motion:\n  ride: {port: "udp://127.0.0.1:0", force: [/x, /y, /z], turn: []}\n'
    samples = SampleOf(spec_of(tmp_path, live))
    heard = [samples.take(said(address, value)) for address, value in (("/x", 1), ("/y", 2), ("/z", 9.8))]
    assert heard == [None, None, (1.0, 2.0, 9.8, 0.0, 0.0, 0.0)]
    assert samples.take(said("/x", 5)) is None
    assert samples.take(said("/x", 6)) == (5.0, 2.0, 9.8, 0.0, 0.0, 0.0)  # said again: the others do not come


@pytest.mark.parametrize(
    "values",
    [
        (1, 2),
        (1, 2, "3"),
        (1, math.nan, 3),
        (math.inf, 0, 0),
        (True, 1, 2),
        (),
        (10**400, 0, 0),
        (1e301, 0, 0),
    ],
)
def test_what_is_no_sample_is_counted_and_left_out(tmp_path: Path, values: tuple[object, ...]) -> None:
    samples = SampleOf(spec_of(tmp_path, RIDE % ""))
    samples.take(said("/turn", 0, 0, 0))
    assert samples.take(said("/force", *values)) is None
    assert samples.refused == 1


def test_mistakes_are_told_together_with_their_lines(tmp_path: Path) -> None:
    live = 'live_motion:\n  ride: {port: "udp://x:1", force: [/a, /b], stale: 1ms}\n  other: {port: "udp://x:1", frame: "forward up"}\n'
    with pytest.raises(RigError) as caught:
        rig_with(tmp_path, live, name="nobody")
    text = str(caught.value)
    for words in ("force names /a, /b", "stale is too short", "three directions", "no live motion 'nobody'"):
        assert words in text
    assert text.count("rig.yaml:") >= 4


@pytest.mark.parametrize(
    ("device", "live", "says"),
    [
        ("lights", RIDE % "", "moves no seat"),
        ("seat_a", 'live_motion:\n  ride: {port: "udp://x:1", washout: {low: 60}}\n', None),
    ],
)
def test_what_cannot_be_moved_is_told_before_anything_moves(
    tmp_path: Path, device: str, live: str, says: str | None
) -> None:
    rig = rig_with(tmp_path, live, device)
    if says is None:
        bus_devices(create_drivers(rig.devices), resolve(rig, ROLES), ROLES, rig)
        slow = replace(rig, devices=tuple(replace(row, rate_hz=20.0) for row in rig.devices))
        rig, says = slow, r"too few for a corner"
    with pytest.raises(RigError, match=rf"rig.yaml:\d+.*{says}"):
        bus_devices(create_drivers(rig.devices), resolve(rig, ROLES), ROLES, rig)


# ---- the filter ----------------------------------------------------------------------------------------------


def moved(
    made: LiveMotion, force: Callable[[float], float], seconds: float, hz: float, **when: float
) -> np.ndarray:
    """Poses while a forward force comes in; `until_s`: falls silent; `held_s`: the show is held from then on."""
    rows = []
    for number in range(round(seconds * hz)):
        at_s = number / hz
        if at_s < when.get("until_s", math.inf):
            made.hear((0.0, force(at_s), GRAVITY_MPS2, 0.0, 0.0, 0.0), round(at_s * 1e9))
        rows.append(made.pose(round(at_s * 1e9), at_s < when.get("held_s", math.inf)))
    return np.array(rows)


def made_for(folder: Path, hz: float = 100.0) -> LiveMotion:
    return LiveMotion(spec_of(folder, RIDE % ""), hz)


def test_rest_is_rest_to_the_bit(tmp_path: Path) -> None:
    assert not moved(made_for(tmp_path), lambda at_s: 0.0, 3.0, 100.0).any()


def test_a_lasting_force_pushes_comes_home_and_is_given_by_tilting(tmp_path: Path) -> None:
    found = moved(made_for(tmp_path), lambda at_s: 1.0, 60.0, 100.0)
    surge, pitch = found[:, 0], found[:, 4]
    assert surge.max() > 0.02 and abs(surge[-1]) < 1e-3
    assert pitch[-1] == pytest.approx(math.degrees(math.asin(1.0 / GRAVITY_MPS2)), abs=0.01)
    assert np.abs(np.diff(pitch)).max() * 100.0 <= 3.0 + 1e-9  # not noticed
    assert not found[:, (1, 2, 3, 5)].any()


def test_it_is_the_washout_of_what_was_heard(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, RIDE % "")
    made, hz = LiveMotion(spec, 100.0), 100.0
    found = moved(made, lambda at_s: math.sin(at_s) if at_s > FADE_S else 0.0, 8.0, hz)
    at_s = np.arange(len(found)) / hz
    force = np.zeros((len(found), 3))
    force[:, 1], force[:, 2] = np.where(at_s > FADE_S, np.sin(at_s), 0.0), GRAVITY_MPS2
    assert found == pytest.approx(
        Washout(washout_of(spec.washing, hz)).run(force, np.zeros_like(force)), abs=1e-9
    )


@pytest.mark.parametrize("how", [{"until_s": 10.0}, {"held_s": 10.0}])
def test_silence_and_a_hold_lead_to_rest_without_a_jerk(tmp_path: Path, how: dict[str, float]) -> None:
    made = made_for(tmp_path)
    found = moved(made, lambda at_s: 2.0, 60.0, 100.0, **how)
    assert np.abs(found[-1]).max() < 0.01
    assert made.stale == ("until_s" in how)
    jerks = np.abs(np.diff(found[:, 0], 3)) * 1e6
    assert jerks[1000:].max() < 1.5 * jerks[:1000].max()  # the end is no harder than the beginning


def test_what_no_ride_does_is_cut_off(tmp_path: Path) -> None:
    wild, most = made_for(tmp_path), made_for(tmp_path)
    for at_ns in range(0, 3_000 * MS, 10 * MS):
        wild.hear((0.0, 1e30, GRAVITY_MPS2, 0.0, 0.0, 0.0), at_ns)
        wild.hear((0.0, math.nan, 0.0, 0.0, 0.0, 0.0), at_ns)
        wild.hear((0.0, 1.0), at_ns)
        most.hear((0.0, MOST_MPS2, GRAVITY_MPS2, 0.0, 0.0, 0.0), at_ns)
        assert wild.pose(at_ns, True) == most.pose(at_ns, True)


# ---- the bus -------------------------------------------------------------------------------------------------


def ridden(
    rig: Rig, notes: dict[int, tuple[float, ...]], seconds: float
) -> tuple[np.ndarray, list[BusEvent]]:
    """The seat's values each 5 ms, with samples by the millisecond at which they come."""
    data, places = load_yaml_text("duration: 90s\ntracks: []\n", "scene.yaml", [])
    program = compile_scene(
        parse_scene(data, places, []), scene_id="quiet", index=0, roles=ROLES, problems=[]
    )
    assert program is not None
    devices = [
        row
        for row in bus_devices(create_drivers(rig.devices), resolve(rig, ROLES), ROLES, rig)
        if row.driver.name == "seat_a"
    ]
    block = LocalBlock()
    TransportWriter(block).append(from_ns=0, scene=0, at_fl=0, rate=1, beat=0)
    told: list[BusEvent] = []
    bus = InlineBus(devices, Evaluator([program], ROLES), block, epoch_ns=0, sink=told.append)
    rows = []
    for at_ms in range(0, round(seconds * 1000), 5):
        come = [DeviceNote("ride", "felt", values=notes[at_ms])] if at_ms in notes else []
        bus.run_until(at_ms * MS, come)
        rows.append(bus.core.values("seat_a"))
    return np.array(rows), told


def test_a_seat_rides_within_its_limits_and_a_replay_rides_the_same(tmp_path: Path) -> None:
    rig = rig_with(tmp_path)
    draw = np.random.default_rng(4)
    notes = {
        at_ms: (*(draw.standard_normal(3) * 8.0 + REST[:3]), *(draw.standard_normal(3) * 80.0))
        for at_ms in range(0, 4000, 10)
    }
    found, told = ridden(rig, notes, 9.0)
    (device,) = [row for row in create_drivers(rig.devices) if row.name == "seat_a"]
    for column, channel in enumerate(device.channels):
        values = found[:, column]
        assert values.min() >= channel.low - 1e-9 and values.max() <= channel.high + 1e-9
        assert channel.velocity is not None
        assert np.abs(np.diff(values)).max() * 200 <= channel.velocity * (1 + 1e-6)
    assert np.ptp(found, axis=0)[:6].min() > 1e-3  # every axis has moved
    assert [event.data["state"] for event in told if event.kind == "live"] == ["heard", "silent"]
    felt = [event for event in told if event.kind == "felt"]
    again = {event.tick: tuple(event.data["values"]) for event in felt}  # type: ignore[arg-type]
    assert len(again) == len(notes)
    repeated, _ = ridden(rig, again, 9.0)
    assert np.array_equal(found, repeated)


@pytest.mark.slow
def test_a_seat_rides_what_comes_in_over_the_network(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    live = replace(spec_of(tmp_path, RIDE % ""), port=f"udp://127.0.0.1:{port}")
    rig = synthetic_rig()
    seat, lights = rig.devices
    rig = replace(
        rig, devices=(replace(seat, live="ride"), lights), venue=replace(rig.venue, live_motion=(live,))
    )
    clock = MonotonicClock()
    with TransportBlock.create() as block, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        writer = TransportWriter(block)
        writer.beat(clock.now_ns())
        with BusProcess(BusConfig(block.name, rig, synthetic_show, realtime=False)) as bus:
            ready, messages = bus.await_ready()
            writer.append(from_ns=ready.epoch_ns + 50 * MS, scene=0)
            while clock.now_ns() < ready.epoch_ns + 500 * MS:
                writer.beat(clock.now_ns())
                line.sendto(encode(Message("/force", "fff", (0.0, 4.0, GRAVITY_MPS2))), ("127.0.0.1", port))
                line.sendto(encode(Message("/turn", "fff", (0.0, 0.0, 0.0))), ("127.0.0.1", port))
                messages += bus.poll(0.02)
            bus.retire()
            messages += bus.join(5.0)
    told = [row for _, row in messages if isinstance(row, BusEvent)]
    felt = [row for row in told if row.kind == "felt"]
    assert len(felt) > 5 and felt[-1].device == "ride"
    assert felt[-1].data["values"] == [0.0, 4.0, 9.80665, 0.0, 0.0, 0.0]
    assert any(row.kind == "live" and row.data["state"] == "heard" for row in told)
