"""What a channel may give in all: kept to the tick, told, replayed the same, and never in the way of a safe state."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.artnet import ArtnetDriver
from engine.bus.budgets import BudgetKeeper, BudgetNews
from engine.bus.driver import Channel, DeviceConfig, Form, Group
from engine.bus.loop import BusCore, BusDevice, BusEvent
from engine.bus.mapping import make_route
from engine.errors import RigError
from engine.experience.budget import Budget, Purge
from engine.experience.rig import load_rig
from engine.time.publisher import TransportWriter
from engine.time.segments import Transport
from engine.time.shared import LocalBlock

S = 1_000_000_000
CHANNELS = (
    Channel("scent", "ratio", 0.0, 1.0),
    Channel("fan", "ratio", 0.0, 0.8),
    Channel("tone", "hz", 20.0, 80.0, 20.0, 20.0),
)
GROUPS = (Group("shaker", Form.HAPTIC, (0, 2)),)
HZ, STEP = 1000, 10


def keeper(budget: Budget, name: str = "scent") -> BudgetKeeper:
    return BudgetKeeper({name: budget}, CHANNELS, GROUPS, tick_hz=HZ, step_ticks=STEP)


def play(
    kept: BudgetKeeper, wishes: list[float], *, start: int = 0
) -> tuple[list[float], list[tuple[int, BudgetNews]]]:
    """Commands of the scent, one every 10 ms, and what was told."""
    out, told = [], []
    for number, wish in enumerate(wishes):
        tick = start + number * STEP
        values, news = kept.step([wish, 0.0, 40.0], tick, playing=True)
        out.append(values[0])
        told += [(tick, one) for one in news]
    return out, told


class TestKept:
    def test_time_on_at_a_stretch_then_a_time_off(self) -> None:
        out, told = play(keeper(Budget(on_s=0.5, cool_down_s=0.3)), [0.7] * 200)
        assert out == ([0.7] * 50 + [0.0] * 30) * 2 + [0.7] * 40
        assert [(tick, one.what) for tick, one in told][:3] == [
            (500, "on_time"),
            (800, "back"),
            (1300, "on_time"),
        ]

    def test_a_total_does_not_come_back_and_half_strength_uses_half(self) -> None:
        out, told = play(keeper(Budget(total_s=0.5)), [0.5] * 150)
        assert out == [0.5] * 100 + [0.0] * 50
        assert [(one.channel, one.what) for _, one in told] == [("scent", "total")]
        assert told[0][1].data["total_s"] == pytest.approx(0.5)

    @settings(max_examples=40)
    @given(
        wishes=st.lists(
            st.tuples(st.sampled_from([0.0, 0.01, 0.3, 1.0]), st.integers(1, 80)), min_size=3, max_size=12
        ),
        share=st.floats(0.05, 0.9),
        window_s=st.floats(0.3, 2.0),
    )
    def test_no_window_has_more_than_its_share(
        self, wishes: list[tuple[float, int]], share: float, window_s: float
    ) -> None:
        out, _ = play(
            keeper(Budget(share=share, window_s=window_s)),
            [value for value, count in wishes for _ in range(count)],
        )
        on = [value > 0.02 for value in out]
        length = int(window_s * HZ / STEP)
        for begin in range(max(len(on) - length, 0) + 1):
            assert sum(on[begin : begin + length]) * STEP / HZ <= share * window_s + 1e-9

    def test_a_share_comes_back_once_there_is_room(self) -> None:
        out, told = play(keeper(Budget(share=0.5, window_s=0.6)), [1.0] * 300)
        assert out[:30] == [1.0] * 30 and out[30:40] == [0.0] * 10
        assert 0.4 < sum(out) / len(out) <= 0.55 and {one.what for _, one in told} == {"window", "back"}

    def test_what_is_stuck_is_ended_until_nothing_is_wanted(self) -> None:
        wishes = [0.4] * 60 + [0.5] * 10 + [0.0] + [0.5] * 20 + [0.4 + 0.001 * n for n in range(100)]
        out, told = play(keeper(Budget(stuck_s=0.3), "shaker"), wishes)
        assert out[:31] == [0.4] * 31 and out[31:71] == [0.0] * 40
        assert out[71:] == wishes[71:]
        assert [one.what for _, one in told] == ["stuck", "back"]

    def test_a_purge_follows_each_time_the_channel_goes_off(self) -> None:
        kept = keeper(Budget(on_s=0.1, cool_down_s=5.0, purge=Purge("fan", 0.25, 0.5)))
        fans, told = [], []
        for number in range(60):
            values, news = kept.step([1.0, 0.1, 40.0], number * STEP, playing=True)
            fans.append(values[1])
            told += [(number, one.channel, one.what) for one in news]
        assert fans == [0.1] * 10 + [0.4] * 25 + [0.1] * 25
        assert told == [(10, "scent", "on_time"), (10, "fan", "purge"), (35, "fan", "purged")]

    def test_a_safe_state_goes_past_it_ends_a_purge_and_still_counts(self) -> None:
        kept = keeper(Budget(total_s=0.2, purge=Purge("fan", 10.0)))
        for number in range(25):
            kept.step([1.0, 0.0, 40.0], number * STEP, playing=True)
        values, news = kept.step([0.9, 0.0, 40.0], 250, playing=False)
        assert values == [0.9, 0.0, 40.0] and [one.what for one in news] == ["purged"]
        fresh = keeper(Budget(total_s=0.2))
        for number in range(21):
            assert fresh.step([1.0, 0.0, 40.0], number * STEP, playing=False)[0][0] == 1.0
        assert fresh.step([1.0, 0.0, 40.0], 210, playing=True)[0][0] == 0.0

    @pytest.mark.parametrize("budget", [Budget(total_s=0.5), Budget(share=0.5, window_s=1.0)])
    def test_one_that_goes_on_where_another_ended_gives_no_more(self, budget: Budget) -> None:
        whole, _ = play(keeper(budget), [1.0] * 80)
        first, second = keeper(budget), keeper(budget)
        before, _ = play(first, [1.0] * 30)
        second.resume(first.given(), 300)
        after, _ = play(second, [1.0] * 50, start=300)
        assert (
            abs(sum(whole) - sum(before + after)) <= 1.0
        )  # the command that was in force is in nobody's count
        second.resume((0.0, 0.0), 800)
        assert second.given()[0] >= first.given()[0]
        with pytest.raises(ValueError, match="4 numbers"):
            second.resume((0.0,) * 4, 800)

    def test_instants_left_out_count_as_what_was_commanded_before_them(self) -> None:
        kept = keeper(Budget(total_s=1.0))
        assert kept.step([1.0, 0.0, 40.0], 0, playing=True)[0][0] == 1.0
        assert kept.step([1.0, 0.0, 40.0], 5000, playing=True)[0][0] == 0.0

    @pytest.mark.parametrize("bad", [float("nan"), float("inf")])
    def test_what_is_no_number_is_left_to_the_governor(self, bad: float) -> None:
        kept = keeper(Budget(total_s=1.0))
        kept.step([1.0, 0.0, 40.0], 0, playing=True)
        out = kept.step([bad, 0.0, 40.0], 10, playing=True)[0][0]
        assert not math.isfinite(out)
        assert kept.step([1.0, 0.0, 40.0], 1100, playing=True)[0][0] == 0.0

    def test_a_name_that_is_nothing_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"a budget for 'mist'.*it has scent, fan, tone, shaker"):
            keeper(Budget(), "mist")


class Blowing:
    """A show that wants everything, all of the time."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> tuple[float, ...]:
        return (0.9,)


def fogger() -> BusDevice:
    fixtures = {"fog": {"channels": [1], "form": "dimmer"}, "fan": {"channels": [2], "form": "dimmer"}}
    driver = ArtnetDriver(DeviceConfig("air", rate_hz=40.0, settings={"fixtures": fixtures}))
    route = make_route(
        driver,
        role="air.fog",
        role_index=0,
        seat=-1,
        kind="level",
        start=0,
        rest=(0.0,),
        modality="fog",
        group="fog",
    )
    return BusDevice(
        driver, (route,), budgets={"fog": Budget(on_s=0.5, cool_down_s=0.5, purge=Purge("fan", 0.2))}
    )


def run(until_ns: int) -> tuple[BusCore, list[BusEvent]]:
    events: list[BusEvent] = []
    block = LocalBlock()
    TransportWriter(block).append(from_ns=0, scene=0)
    core = BusCore([fogger()], Blowing(), epoch_ns=0, watchdog_ns=0, sink=events.append)
    while core.next_due_ns() <= until_ns:
        core.advance(core.next_due_ns(), block.read(), 0)
    return core, events


def test_on_the_bus_it_is_told_and_runs_again_the_same() -> None:
    (core, events), (again, same) = run(3 * S), run(3 * S)
    told = [
        (event.tick, event.device, event.data["channel"], event.data["budget"])
        for event in events
        if event.kind == "budget"
    ]
    assert told[:5] == [
        (500, "air", "fog.level", "on_time"),
        (500, "air", "fan.level", "purge"),
        (700, "air", "fan.level", "purged"),
        (1000, "air", "fog.level", "back"),
        (1500, "air", "fog.level", "on_time"),
    ]
    assert events == same and core.frame_hash("air") == again.frame_hash("air")


RIG = """\
sensorama_rig: 1
name: {en: air}
seats: {a: {}}
devices:
  air:
    driver: artnet
    settings: {fixtures: {fog: {channels: [1], form: dimmer}, fan: {channels: [2], form: dimmer}}}
    budgets:
      fog:
        on_time: 20s
        cool_down: 1min
        share: 0.2
        window: 5min
        total_ml: 90
        ml_per_s: 0.5
        purge: {channel: fan, for: 30s, level: 0.6}
"""


def test_a_rig_says_it(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RIG)
    assert load_rig(tmp_path / "r.yaml").devices[0].budgets == {
        "fog": Budget(0.02, 20.0, 60.0, 0.2, 300.0, 180.0, ml_per_s=0.5, purge=Purge("fan", 30.0, 0.6))
    }


def test_all_mistakes_of_a_rig_are_told_with_their_lines(tmp_path: Path) -> None:
    text = (
        RIG.replace("        ml_per_s: 0.5\n", "")
        .replace("        window: 5min\n", "")
        .replace("channel: fan", "channel: fog")
    )
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(RigError) as caught:
        load_rig(tmp_path / "r.yaml")
    said = str(caught.value)
    assert "r.yaml:13: fog may give 90 ml, but how fast is not said" in said
    assert "r.yaml:12: fog has a share of no window" in said and "r.yaml:14: fog cannot purge itself" in said
