"""The bus as a pure machine: instants, latency, stop, watchdog, vanishing devices, replay."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bus.loop import BusCore, BusDevice, BusEvent, DeviceNote
from engine.time.publisher import TransportWriter
from engine.time.shared import LocalBlock

MS = 1_000_000
S = 1_000_000_000
HEAVE_INDEX = 2


def kinds(events: list[BusEvent]) -> list[str]:
    return [event.kind for event in events if event.kind not in ("adopt", "frames")]


class TestInstants:
    def test_each_device_has_its_own_period_on_one_grid(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage()
        instants = []
        while (due_ns := stage.bus.core.next_due_ns()) < 50 * MS:
            instants.append(due_ns)
            stage.bus.run_until(due_ns)
        assert instants == [n * 5 * MS for n in range(10)]

    def test_the_show_is_asked_at_the_instant_plus_the_lead_of_the_device(
        self, make_stage: Callable[..., Any]
    ) -> None:
        stage = make_stage()
        stage.bus.run_until(0)
        leads = {host_ns for host_ns, _ in stage.show.asked_ns}
        assert leads == {50 * MS, 0, 75 * MS}

    def test_what_is_not_due_is_not_asked(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage()
        stage.bus.run_until(24 * MS)
        assert stage.bus.core.advance(24 * MS, stage.block.read(), 0) == []

    def test_a_rig_without_devices_runs_on(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage([])
        stage.bus.run_until(S)
        assert stage.bus.core.next_due_ns() > S

    def test_an_unchanged_universe_is_repeated_after_its_keep_alive(
        self, parts: Any, make_stage: Callable[..., Any]
    ) -> None:
        stage = make_stage([parts.bind(parts.lights_driver(), ("light.street", "street", None))])
        sent = []
        for tick in range(0, 3000, 25):
            sent += stage.bus.core.advance(tick * MS, stage.block.read(), 0)
        assert [dispatch.due_ns // MS for dispatch in sent] == [0, 900, 1800, 2700]

    def test_a_suspended_machine_goes_on_with_the_present(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage()
        stage.bus.run_until(10 * MS)
        core = stage.bus.core
        core.advance(60 * S, stage.block.read(), 0)
        assert core.next_due_ns() > 60 * S
        assert [e.data for e in stage.bus.events if e.kind == "overrun"] == [{"first": 15, "resumed": 60000}]


class TestReplay:
    def play(self, parts: Any, wakes_ns: list[int] | None) -> dict[str, str]:
        """One scripted run, woken at every instant or only at `wakes_ns`; hashes of what was commanded."""
        block = LocalBlock()
        writer = TransportWriter(block)
        writer.append(from_ns=100 * MS, scene=0)
        writer.append(from_ns=900 * MS, scene=1)
        writer.set_rate(1500 * MS, 0)
        events: list[BusEvent] = []
        core = BusCore(parts.small_rig(), parts.WaveShow(), epoch_ns=0, watchdog_ns=0, sink=events.append)
        if wakes_ns is None:
            while core.next_due_ns() <= 2 * S:
                core.advance(core.next_due_ns(), block.read(), 0)
        else:
            for wake_ns in [*wakes_ns, 2 * S]:
                core.advance(wake_ns, block.read(), 0)
        return {driver.name: core.frame_hash(driver.name) for driver in core.drivers}

    @pytest.fixture
    def punctual(self, parts: Any) -> dict[str, str]:
        return self.play(parts, None)

    def test_a_second_run_commands_the_same_frames(self, parts: Any, punctual: dict[str, str]) -> None:
        assert self.play(parts, None) == punctual

    @settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(gaps_ms=st.lists(st.floats(0.05, 240.0), min_size=5, max_size=60))
    def test_late_wakes_command_the_same_frames(
        self, parts: Any, punctual: dict[str, str], gaps_ms: list[float]
    ) -> None:
        wakes, now_ns = [], 0
        index = 0
        while now_ns < 2 * S:
            now_ns += round(gaps_ms[index % len(gaps_ms)] * MS)
            index += 1
            wakes.append(min(now_ns, 2 * S))
        assert self.play(parts, wakes) == punctual

    def test_checkpoints_stand_at_each_second(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage()
        stage.bus.run_until(3 * S + 100 * MS)
        rows = [e.data for e in stage.bus.events if e.kind == "frames" and e.device == "seat"]
        assert [(row["second"], row["count"]) for row in rows] == [(1, 200), (2, 400), (3, 600)]


class TestSeams:
    def test_a_branch_moves_the_seat_within_its_limits_and_ends_on_the_new_curve(
        self, parts: Any, make_stage: Callable[..., Any]
    ) -> None:
        stage = make_stage()
        stage.writer.append(from_ns=0, scene=0)
        stage.writer.append(from_ns=700 * MS, scene=1)
        heaves = []
        for tick in range(0, 2000, 5):
            stage.bus.run_until(tick * MS)
            heaves.append(stage.bus.core.values("seat")[HEAVE_INDEX])
        speeds = [(b - a) / 0.005 for a, b in pairwise(heaves)]
        rises = [(b - a) / 0.005 for a, b in pairwise(speeds)]
        jerks = [(b - a) / 0.005 for a, b in pairwise(rises)]
        assert max(map(abs, speeds)) <= 0.25 and max(map(abs, rises)) <= 2.5
        assert max(map(abs, jerks)) <= 30.0 * (1 + 1e-6)
        wanted = parts.WaveShow().levels(stage.block.read(), 1995 * MS + 50 * MS, 0)[HEAVE_INDEX]
        assert heaves[-1] == wanted

    def test_intensity_scales_a_modality_and_no_other(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage()
        stage.writer.append(from_ns=0, scene=0)
        stage.writer.control(from_ns=0, intensities=(1.0, 1.0, 0.5, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0))
        stage.bus.run_until(S)
        red, green, blue, wind = stage.bus.core.values("lights")
        assert (red, green, blue, wind) == (0.0, 0.0, 0.0, 0.3)

    def test_a_muted_role_rests(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage()
        stage.writer.append(from_ns=0, scene=0)
        stage.writer.control(from_ns=0, muted_roles_mask=1 << 2)
        stage.bus.run_until(S)
        assert stage.bus.core.values("lights")[3] == 0.0
        assert stage.bus.core.values("lights")[0] > 0.0


class TestStop:
    def test_a_stop_leads_to_the_safe_state_within_its_bound_and_stays(
        self, make_stage: Callable[..., Any]
    ) -> None:
        stage = make_stage()
        stage.writer.append(from_ns=0, scene=0)
        stage.bus.run_until(800 * MS)
        stage.writer.control(from_ns=800 * MS, stopped=True)
        bound_ns = round(stage.bus.core.safe_bound_s * S)
        stage.bus.run_until(805 * MS + bound_ns)
        for device in ("seat", "shaker", "lights"):
            driver = next(d for d in stage.bus.core.drivers if d.name == device)
            assert stage.bus.core.values(device) == tuple(channel.safe for channel in driver.channels)
        stage.bus.run_until(805 * MS + bound_ns + S)
        assert stage.bus.core.values("seat") == (0.0,) * 6
        assert kinds(stage.bus.events) == ["stop"]

    def test_only_controls_published_after_it_re_arm(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage()
        stage.writer.append(from_ns=0, scene=0)
        stage.writer.control(from_ns=100 * MS, stopped=True)
        stage.bus.run_until(200 * MS)
        # A restarted conductor begins with blank controls of version 0.
        TransportWriter(stage.block).append(from_ns=0, scene=0)
        stage.bus.run_until(S)
        assert stage.bus.core.stopped
        stage.writer.control(from_ns=S, stopped=False)
        stage.bus.run_until(3 * S)
        assert not stage.bus.core.stopped
        assert kinds(stage.bus.events) == ["stop", "rearm"]
        assert stage.bus.core.values("seat")[HEAVE_INDEX] != 0.0


class TestWatchdog:
    def test_a_silent_conductor_leads_to_the_safe_state_and_its_return_out_of_it(
        self, make_stage: Callable[..., Any]
    ) -> None:
        stage = make_stage(watchdog_ns=500 * MS)
        stage.writer.append(from_ns=0, scene=0)
        for ms in range(0, 1000, 100):
            stage.writer.beat(ms * MS)
            stage.bus.run_until((ms + 99) * MS)
        assert stage.bus.core.values("lights")[3] == 0.6
        stage.bus.run_until(1400 * MS)
        assert not stage.bus.core.stale
        stage.bus.run_until(1500 * MS)
        assert stage.bus.core.stale
        assert stage.bus.core.values("lights") == (0.0,) * 4
        stage.bus.run_until(3 * S)
        assert stage.bus.core.values("seat") == (0.0,) * 6
        stage.writer.beat(3 * S)
        stage.bus.run_until(3 * S + 100 * MS)
        assert stage.bus.core.values("lights")[3] == 0.6
        events = [e for e in stage.bus.events if e.kind in ("stale", "fresh")]
        assert [(e.kind, e.tick) for e in events] == [("stale", 1405), ("fresh", 3005)]


class TestVanishing:
    def test_a_lost_device_is_not_sent_to_and_the_others_go_on(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage()
        stage.writer.append(from_ns=0, scene=0)
        stage.bus.run_until(500 * MS)
        core = stage.bus.core
        seat_twin = stage.bus.twins["seat"]
        frames_before = seat_twin.frames
        stage.bus.run_until(S, [DeviceNote("seat", "gone", "cable pulled")])
        assert seat_twin.frames == frames_before
        assert stage.bus.twins["lights"].frames > 20
        stage.bus.run_until(1005 * MS, [DeviceNote("seat", "back", "")])
        # It rests in park again, so the first command after it came back cannot be a jump.
        assert abs(core.values("seat")[HEAVE_INDEX]) <= 30.0 * 0.005**3 * 1.001
        stage.bus.run_until(3 * S)
        assert core.values("seat")[HEAVE_INDEX] != 0.0
        assert [(e.kind, e.device) for e in stage.bus.events if e.kind in ("gone", "back")] == [
            ("gone", "seat"),
            ("back", "seat"),
        ]

    def test_retiring_parks_everything(self, make_stage: Callable[..., Any]) -> None:
        stage = make_stage()
        stage.writer.append(from_ns=0, scene=0)
        stage.bus.run_until(S)
        stage.bus.finish()
        assert stage.bus.core.retired
        assert {e.device for e in stage.bus.events if e.kind == "parked"} == {"seat", "shaker", "lights"}
        state = stage.bus.twins["seat"].state_at(stage.bus.core.next_due_ns() + S)
        assert state["actuator_3"] == pytest.approx(32512, abs=1)


class TestPermits:
    def test_without_its_permit_a_device_is_held_safe_and_the_others_play(
        self, parts: Any, make_stage: Callable[..., Any]
    ) -> None:
        devices = parts.small_rig()
        devices[0] = dataclasses.replace(devices[0], forbidden=True)
        stage = make_stage(devices, permitted=False)
        stage.writer.append(from_ns=0, scene=0)
        stage.bus.run_until(S)
        core = stage.bus.core
        assert core.values("seat") == (0.0,) * 6 and core.values("lights")[3] == 0.6
        stage.bus.run_until(2 * S, [DeviceNote("seat", "permit", "ride: granted")])
        assert core.values("seat")[HEAVE_INDEX] != 0.0 and not core.forbidden("seat")
        stage.bus.run_until(
            2 * S + round(core.safe_bound_s * S),
            [DeviceNote("seat", "forbid", "no"), DeviceNote("seat", "forbid", "still no")],
        )
        assert core.values("seat") == (0.0,) * 6 and core.values("lights")[3] == 0.6
        told = [(e.kind, e.tick, e.device) for e in stage.bus.events if e.kind in ("forbid", "permit")]
        assert told == [("permit", 1005, "seat"), ("forbid", 2005, "seat")]
        stage.bus.finish()
        assert core.retired

    def test_in_memory_everything_is_permitted(self, parts: Any, make_stage: Callable[..., Any]) -> None:
        devices = [dataclasses.replace(device, forbidden=True) for device in parts.small_rig()]
        stage = make_stage(devices)
        stage.writer.append(from_ns=0, scene=0)
        stage.bus.run_until(S)
        assert stage.bus.core.values("seat")[HEAVE_INDEX] != 0.0


class TestNotes:
    def test_reports_change_nothing(self, make_stage: Callable[..., Any]) -> None:
        quiet, chatty = make_stage(), make_stage()
        for stage in (quiet, chatty):
            stage.writer.append(from_ns=0, scene=0)
        quiet.bus.run_until(S)
        for ms in range(0, 1000, 10):
            chatty.bus.run_until(ms * MS, [DeviceNote("seat", "report", "ok", "reply")])
        chatty.bus.run_until(S)
        assert chatty.bus.core.frame_hash("seat") == quiet.bus.core.frame_hash("seat")
        reports = [event for event in chatty.bus.events if event.kind == "report"]
        assert len(reports) == 100 and reports[0].data == {"report": "reply", "text": "ok"}

    def test_a_device_that_is_taken_over_goes_on_from_where_it_is(
        self, make_stage: Callable[..., Any]
    ) -> None:
        stage, other = make_stage(), make_stage()
        for each in (stage, other):
            each.writer.append(from_ns=0, scene=0)
            each.bus.run_until(S)
        stage.bus.run_until(1005 * MS, [DeviceNote("seat", "joined")])
        other.bus.run_until(1005 * MS)
        assert stage.bus.core.values("seat") == other.bus.core.values("seat")

    def test_a_note_nobody_knows_is_refused(self, make_stage: Callable[..., Any]) -> None:
        with pytest.raises(ValueError, match="'lost' about seat"):
            make_stage().bus.run_until(S, [DeviceNote("seat", "lost")])


class TestSickDriver:
    def test_one_that_cannot_encode_is_led_to_safe_and_the_rest_plays(
        self, parts: Any, make_stage: Callable[..., Any]
    ) -> None:
        driver = parts.seat_driver()
        encode = driver.encode

        def sick(values: Any) -> Any:
            if values[HEAVE_INDEX] > 0.01:
                raise IndexError("a fault of ours")
            return encode(values)

        driver.encode = sick
        stage = make_stage([parts.bind(driver, ("seat.motion", None, None)), parts.small_rig()[2]])
        stage.writer.append(from_ns=0, scene=0)
        stage.bus.run_until(4 * S)
        core = stage.bus.core
        faults = [e.data for e in stage.bus.events if e.kind == "fault"]
        assert faults == [{"text": "IndexError: a fault of ours"}]
        assert core.values("seat") == (0.0,) * 6 and core.values("lights")[3] == 0.6
        stage.bus.finish()
        assert core.retired


class TestBadValues:
    def test_a_show_that_fails_can_still_be_parked(self, parts: Any) -> None:
        class Failing(parts.WaveShow):  # type: ignore[name-defined,misc]
            def levels(self, transport: Any, host_ns: int, seat: int) -> Any:
                if host_ns > 500 * MS:
                    raise ZeroDivisionError("a fault in the evaluator")
                return super().levels(transport, host_ns, seat)

        block = LocalBlock()
        TransportWriter(block).append(from_ns=0, scene=0)
        core = BusCore(parts.small_rig(), Failing(), epoch_ns=0, watchdog_ns=0, sink=lambda event: None)
        core.advance(200 * MS, block.read(), 0)
        core.advance(400 * MS, block.read(), 0)
        with pytest.raises(ZeroDivisionError):
            core.advance(600 * MS, block.read(), 0)
        core.retire()
        while not core.retired:
            core.advance(core.next_due_ns(), block.read(), 0)
        assert core.next_due_ns() < 600 * MS + round(core.safe_bound_s * S)
        assert core.values("seat") == (0.0,) * 6

    def test_a_curve_that_is_not_a_number_moves_nothing(
        self, parts: Any, make_stage: Callable[..., Any]
    ) -> None:

        class Broken(parts.WaveShow):  # type: ignore[name-defined,misc]
            def levels(self, transport: Any, host_ns: int, seat: int) -> Any:
                state = list(super().levels(transport, host_ns, seat))
                if host_ns > 500 * MS:
                    state[HEAVE_INDEX] = float("nan")
                return state

        block = LocalBlock()
        TransportWriter(block).append(from_ns=0, scene=0)
        events: list[BusEvent] = []
        devices: list[BusDevice] = parts.small_rig()
        core = BusCore(devices, Broken(), epoch_ns=0, watchdog_ns=0, sink=events.append)
        core.advance(200 * MS, block.read(), 0)
        core.advance(440 * MS, block.read(), 0)
        core.advance(680 * MS, block.read(), 0)
        values = core.values("seat")
        assert not any(map(math.isnan, values)) and abs(values[HEAVE_INDEX]) <= 0.05
        assert [e.device for e in events if e.kind == "refused"][:1] == ["seat"]
