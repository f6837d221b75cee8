"""`sensorama devices`: what is told to one device by hand, what is learned and written, and how it all looks."""

from __future__ import annotations

import io
import re
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.bus.driver import ChannelLimits, DeviceConfig
from engine.bus.listen_reader import InputState
from engine.bus.loop import BusEvent, DeviceNote
from engine.bus.process import BusReady
from engine.bus.registry import create_driver, find_family
from engine.bus.source import Signal
from engine.cli import main
from engine.errors import DeviceError, DeviceGone, UsageError
from engine.experience.rig import bundled_rigs, load_rig
from engine.show.devices.hand import (
    Hand,
    asked_to_stop,
    drive,
    find_channel,
    find_device,
    format_value,
    legs_of,
    read_target,
)
from engine.show.devices.latency_fit import Fit
from engine.show.devices.learn import (
    Watch,
    fit_rows,
    latency_text,
    learn_from_twin,
    parse_watch,
    steps_plan,
    write_latency,
)
from engine.show.devices.list import family_lines, rig_lines
from engine.show.devices.monitor import MonitorView, format_values
from engine.show.devices.move import Meter, confirm, hold_plan
from engine.time import ManualClock
from tests.bus.platform_rigs import PLATFORM, cinema

MS = 1_000_000
HEAVE = 2


def seat() -> Any:
    """The studio's seat: jerk-limited, 200 Hz."""
    return create_driver(find_device(load_rig("studio"), "seat_a"))


class Line:
    """Keeps what it is offered; says what it is told to say, when it is told."""

    def __init__(self, *notes: tuple[int, DeviceNote]) -> None:
        self.sent: list[tuple[int, Sequence[bytes]]] = []
        self._notes = list(notes)

    def offer(self, frames: Sequence[bytes], due_ns: int) -> None:
        self.sent.append((due_ns, frames))

    def take_notes(self, now_ns: int) -> list[DeviceNote]:
        due = [note for at_ns, note in self._notes if at_ns <= now_ns]
        self._notes = [row for row in self._notes if row[0] > now_ns]
        return due


def test_one_axis_moves_within_its_limits_and_the_others_stay_in_park() -> None:
    driver, line, clock = seat(), Line(), ManualClock()
    told = drive(Hand(driver, HEAVE), line, clock, hold_plan(0.01, 1_000 * MS))
    values = [value for _, value in told]
    assert max(values) == pytest.approx(0.01) and values[0] < 0.001 and values[-1] == 0.0
    channel, dt_s = driver.channels[HEAVE], 0.005
    speeds = [(b - a) / dt_s for a, b in pairwise(values)]
    kicks = [(b - a) / dt_s for a, b in pairwise(speeds)]
    assert max(map(abs, speeds)) <= channel.velocity and max(map(abs, kicks)) <= channel.acceleration * 1.001
    park = list(driver.encode([0.0] * 6))
    assert list(line.sent[-1][1]) == park and list(line.sent[0][1]) != []
    for at_ns, frames in line.sent:
        pose = [0.0] * 6
        pose[HEAVE] = dict(told)[at_ns]
        assert list(frames) == list(driver.encode(pose))
    assert told[-1][0] < 1_600 * MS


def test_a_seat_on_legs_is_moved_by_hand_no_farther_than_they_reach(tmp_path: Path) -> None:
    short = PLATFORM.replace("stroke: [0, 250mm]", "stroke: [130mm, 165mm]")
    spec = find_device(load_rig(cinema(tmp_path, platform=short)), "seat_a")
    driver = create_driver(spec)
    legs = legs_of(driver, spec)
    assert legs is not None
    far, clock = 0.05, ManualClock()
    alone = drive(Hand(driver, HEAVE), Line(), clock, hold_plan(far, 2_000 * MS))
    told = drive(Hand(driver, HEAVE, legs), Line(), clock, hold_plan(far, 2_000 * MS))
    assert max(value for _, value in alone) == far
    assert 0.01 < max(value for _, value in told) < 0.03 and told[-1][1] == 0.0


def test_a_stop_leads_back_at_once_and_gently() -> None:
    clock = ManualClock()
    told = drive(
        Hand(seat(), HEAVE),
        Line(),
        clock,
        hold_plan(0.04, 60_000 * MS),
        stopped=lambda: clock.now_ns() >= 300 * MS,
    )
    values = [value for _, value in told]
    assert told[-1][0] < 1_500 * MS and values[-1] == 0.0
    assert max(abs(b - a) for a, b in pairwise(values)) <= 0.25 * 0.005


def test_without_its_permissive_nothing_moves_and_taken_back_it_goes_safe() -> None:
    clock, said = ManualClock(), list[str]()
    told = drive(
        Hand(seat(), HEAVE), Line(), clock, hold_plan(0.01, 500 * MS), forbidden=lambda: "door: open"
    )
    assert {value for _, value in told} == {0.0}
    told = drive(
        Hand(seat(), HEAVE),
        Line(),
        clock,
        hold_plan(0.01, 4000 * MS),
        forbidden=lambda: "door: open" if clock.now_ns() > 2_000 * MS else "",
        say=said.append,
    )
    assert said == ["not permitted: door: open"] and told[-1][1] == 0.0
    assert max(value for _, value in told) == pytest.approx(0.01)


def test_a_device_that_goes_away_ends_it_and_one_that_reports_is_quoted() -> None:
    said: list[str] = []
    with pytest.raises(DeviceGone, match="cable"):
        drive(
            Hand(seat(), HEAVE),
            Line(
                (20 * MS, DeviceNote("seat_a", "report", "hot")),
                (50 * MS, DeviceNote("seat_a", "gone", "cable")),
            ),
            ManualClock(),
            hold_plan(0.01, 1_000 * MS),
            say=said.append,
        )
    assert said == ["seat_a: hot"]


def test_an_unchanged_command_is_repeated_only_to_keep_the_line_alive() -> None:
    config = DeviceConfig("fan", "loop://", rate_hz=20)
    line = Line()
    drive(Hand(find_family("sample")(config), 0), line, ManualClock(), hold_plan(0.5, 2_500 * MS))
    assert [at_ns // MS for at_ns, _ in line.sent] == [0, 1000, 2000, 2500]


def test_ctrl_c_inside_is_asked_for_and_outside_is_itself_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    with asked_to_stop() as stopped:
        assert not stopped()
        signal.raise_signal(signal.SIGINT)
        assert stopped()
    assert signal.getsignal(signal.SIGINT) is before


def test_targets_are_checked_against_the_range() -> None:
    heave = seat().channels[HEAVE]
    assert read_target(heave, "8mm") == pytest.approx(0.008) and read_target(heave, None) == pytest.approx(
        0.0125
    )
    for wrong, word in (("60mm", "-50 mm to 50 mm"), ("8", "8mm"), ("8deg", "8mm"), ("x", "8mm")):
        with pytest.raises(UsageError, match=word):
            read_target(heave, wrong)
    limited = find_family("sample")(DeviceConfig("fan", "loop://", limits={"fan": ChannelLimits(0.2, 0.4)}))
    with pytest.raises(UsageError, match=r"0\.2 to 0\.4"):
        read_target(limited.channels[0], "0.5")
    assert [format_value(heave, 0.0123), format_value(limited.channels[0], 0.3)] == ["12.3 mm", "0.3"]


def test_channels_and_devices_are_found_by_name() -> None:
    rig = load_rig("studio")
    air = create_driver(find_device(rig, "air"))
    assert find_channel(air, "mist") == find_channel(air, "mist.level") == 1
    with pytest.raises(UsageError, match=r"wind\.level \(0 to 1\)"):
        find_channel(air, "fog")
    with pytest.raises(UsageError, match="seat_a, shaker_a"):
        find_device(rig, "seat_b")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_moves_without_a_yes(capsys: pytest.CaptureFixture[str]) -> None:
    confirm("Move?", yes=True, stream=io.StringIO())
    confirm("Move?", yes=False, stream=_Terminal("yes\n"))
    assert "Type yes" in capsys.readouterr().out
    with pytest.raises(UsageError, match="add --yes"):
        confirm("Move?", yes=False, stream=io.StringIO("yes\n"))
    with pytest.raises(UsageError, match="nothing was moved"):
        confirm("Move?", yes=False, stream=_Terminal("\n"))


def test_the_meter_shows_the_value_on_a_terminal_only() -> None:
    channel = seat().channels[HEAVE]
    for out, shown in ((_Terminal(), True), (io.StringIO(), False)):
        meter = Meter(channel, out)
        for at_ms, value in ((0, 0.001), (50, 0.002), (200, -0.003)):
            meter(at_ms * MS, value)
        meter.clear()
        assert (meter.low, meter.high) == (-0.003, 0.002)
        assert (out.getvalue() != "") == shown and ("-3 mm" in out.getvalue()) == shown


@pytest.mark.parametrize(
    ("device", "dead_ms", "lag_ms", "seconds"), [("seat_a", 20, 30, 3), ("air", 100, 500, 8)]
)
def test_the_latency_of_a_twin_is_the_one_it_was_given(
    device: str, dead_ms: float, lag_ms: float, seconds: int
) -> None:
    driver = create_driver(find_device(load_rig("studio"), device))
    fit = learn_from_twin(driver, 0, read_target(driver.channels[0], None), seconds * 1_000_000_000)
    assert fit.dead_s * 1000 == pytest.approx(dead_ms, abs=2) and fit.lag_s * 1000 == pytest.approx(
        lag_ms, rel=0.1
    )


def test_what_does_not_follow_is_no_latency() -> None:
    told = [(at * MS, float(at // 500 % 2)) for at in range(4000)]
    with pytest.raises(DeviceError, match="did not move"):
        fit_rows(told, [(at / 100, 1.0) for at in range(400)], 4_000 * MS)
    saw = [(at / 100, float(at * 7919 % 100)) for at in range(400)]
    with pytest.raises(DeviceError, match="move farther"):
        fit_rows(told, saw, 4_000 * MS)


def test_the_steps_end_in_park_long_enough_to_settle() -> None:
    plan = steps_plan(0.0, 1.0, 1_000 * MS)
    values = [plan(at * MS) for at in range(1000)]
    assert plan(1_000 * MS) is None and values[0] == 0.0
    changes = [at for at in range(1, 1000) if values[at] != values[at - 1]]
    assert changes == [60, 200, 300, 380, 500, 660, 720] and set(values) == {0.0, 1.0}


def test_what_is_watched() -> None:
    rig = load_rig("studio")
    with pytest.raises(UsageError, match="no input 'lux'; it has none"):
        parse_watch("lux:/a", rig)
    for wrong in ("lux", "lux:a", "lux:/a#0", "lux:/a#x"):
        with pytest.raises(UsageError, match="write INPUT"):
            parse_watch(wrong, rig)
    watch = Watch("lux", "/a", 1)
    assert watch.value(Signal("lux", "/a", (1, 2.5), 0)) == 2.5
    for other in (Signal("lux", "/a", (1,), 0), Signal("lux", "/b", (1, 2), 0), Signal("x", "/a", (1, 2), 0)):
        assert watch.value(other) is None
    assert watch.value(Signal("lux", "/a", (1, "x"), 0)) is None


def copied(tmp_path: Path, name: str = "studio") -> Path:
    return Path(shutil.copy(load_rig(name).path, tmp_path / "rig.yaml"))


@pytest.mark.parametrize("name", bundled_rigs())
def test_a_latency_is_written_into_a_rig_and_nothing_else_changes(name: str, tmp_path: Path) -> None:
    def without_latency(text: str) -> list[str]:
        """What is left of a rig when every latency is taken out, on a line of its own or among others."""
        return [line for line in re.sub(r",? ?latency: \{[^}]*\}", "", text).splitlines() if line.strip()]

    path = copied(tmp_path, name)
    before = without_latency(path.read_text(encoding="utf-8"))
    for spec in load_rig(path).devices:
        write_latency(path, spec.name, Fit(0.0123, 0.00456, 1.0, 0.0, 1.0))
        latency = next(one for one in load_rig(path).devices if one.name == spec.name).latency
        assert (latency.dead_ns, latency.lag_ns) == (12_000_000, 4_600_000)
    assert without_latency(path.read_text(encoding="utf-8")) == before
    assert [one.name for one in tmp_path.iterdir()] == ["rig.yaml"]


def test_a_rig_that_would_not_load_any_more_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = copied(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr("engine.show.devices.learn.latency_text", lambda _fit: "{dead: 5 parsecs}")
    with pytest.raises(Exception, match="parsecs"):
        write_latency(path, "lights", Fit(0.1, 0.1, 1.0, 0.0, 1.0))
    assert path.read_bytes() == before


def test_latencies_are_written_as_people_would() -> None:
    assert latency_text(Fit(0.0204, 1.5, 1, 0, 1)) == "{dead: 20ms, lag: 1500ms}"
    assert latency_text(Fit(0.00312, 0.0, 1, 0, 1)) == "{dead: 3.1ms, lag: 0ms}"


def test_learn_writes_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = copied(tmp_path)
    assert main(["devices", "learn", "--rig", str(path), "lights", "--for", "3s", "--write"]) == 0
    assert "dead time 25.0 ms, lag 50.0 ms" in capsys.readouterr().out
    assert "latency: {dead: 25ms, lag: 50ms}" in path.read_text(encoding="utf-8")
    assert main(["devices", "learn", "--rig", "studio", "lights", "--write"]) == 2
    assert "copy it" in capsys.readouterr().err


def test_the_lists_name_everything() -> None:
    text = "\n".join(family_lines())
    assert "amc" in text and "sample" in text and "http" in text and "devices sim" in text
    rig = "\n".join(rig_lines(load_rig("studio")))
    for words in (
        "seat_a: amc on twin, seat a, 200 Hz, dead 20 ms, lag 30 ms",
        "heave",
        "-50 mm to 50 mm",
        "jerk-limited",
    ):
        assert words in rig


def test_a_twin_runs_by_itself_with_its_own_options(capsys: pytest.CaptureFixture[str]) -> None:
    before = list(sys.argv)
    assert main(["devices", "sim", "--help"]) == 0
    assert "--dead-ms" in capsys.readouterr().out
    assert main(["devices", "sim", "nothing"]) == 2
    assert "unknown driver 'nothing'" in capsys.readouterr().err and sys.argv == before


def test_the_monitor_shows_what_the_bus_says() -> None:
    view = MonitorView((("fan", "sample", "twin"), ("old", "amc", "/dev/ttyS9")))
    view.hear("ready", BusReady(0, (), {"fan": "", "old": "no such port"}, {"fan": "/dev/pts/3"}, (), 1.0))
    assert view.lines() == [
        "fan            sample /dev/pts/3: no word yet",
        "old            amc /dev/ttyS9: no such port",
    ]
    row = {"state": "open", "sent": 12, "note": "", "dispatch_p99_ns": 250_000, "values": (0.5,) * 9}
    view.hear("health", {"devices": {"fan": row, "old": {**row, "state": "gone", "note": "cable"}}})
    view.hear("event", BusEvent("report", 0, 0, "fan", {"what": "reply", "text": "E7"}))
    view.hear("event", BusEvent("gone", 0, 0, "old", {"text": "cable"}))
    view.hear("event", BusEvent("frames", 0, 0, "fan", {}))
    view.inputs = (InputState("desk", "osc", "udp://x", "open", 3, 1, 2, 3, last=(("/a", (0.25, "on")),)),)
    text = "\n".join(view.lines())
    for words in (
        "fan            sample /dev/pts/3: open, 12 frames, late p99 0.25 ms",
        "0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5 ... (9 channels)",
        "gone, 12 frames, late p99 0.25 ms, cable",
        "fan: reply E7",
        "old: gone cable",
        "input desk     osc udp://x: open, 3 signals, 1 not understood, 5 left out",
        "/a  0.25 on",
    ):
        assert words in text
    for number in range(50):
        view.say(str(number))
    assert len(view.reports) == 8 and format_values((1.0,)) == "1"


RIG = """\
sensorama_rig: 1
name: {{en: small}}
seats: {{a: {{at: [0, 0, 0]}}}}
inputs: {{hand: {{source: sample, port: "udp://127.0.0.1:{port}"}}}}
devices:
  fan: {{driver: sample, port: twin, rate_hz: 50}}
"""


@pytest.mark.long
def test_one_look_at_a_rig(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    rig = tmp_path / "rig.yaml"
    rig.write_text(RIG.format(port=port))
    assert main(["devices", "monitor", "--rig", str(rig), "--once"]) == 0
    out = capsys.readouterr().out
    assert (
        "fan            sample" in out
        and "open, " in out
        and f"input hand     sample udp://127.0.0.1:{port}: open" in out
    )


@pytest.mark.slow
def test_one_channel_by_hand_on_a_twin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rig = tmp_path / "rig.yaml"
    rig.write_text(RIG.format(port=9))
    words = ["devices", "test", "--rig", str(rig), "fan", "fan", "--to", "0.5", "--for", "100ms"]
    assert main([*words, "--yes"]) == 0
    assert "commanded as far as 0.5" in capsys.readouterr().out
    assert main(words) == 2 and "add --yes" in capsys.readouterr().err
