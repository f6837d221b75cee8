"""Limits per channel, and lateness counting."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bus.driver import Channel, ChannelLimits, DeviceConfig, SettingError, with_rig_limits
from engine.bus.governor import Governor
from engine.bus.lateness import LatenessHistogram

HEAVE = Channel("heave", "m", -0.05, 0.05, velocity=0.25, acceleration=2.5, jerk=30.0)
LAMP = Channel("lamp", "ratio", 0.0, 1.0)
FAN = Channel("fan", "ratio", 0.0, 0.8, velocity=2.0)


class TestGovernor:
    def test_each_channel_is_held_by_its_own_kind_of_limit(self) -> None:
        governor = Governor([HEAVE, LAMP, FAN], 0.01)
        heave, lamp, fan = governor.step([1.0, 3.0, 3.0])
        assert 0.0 < heave <= 30.0 * 0.01**3 * (1 + 1e-6)
        assert (lamp, fan) == (1.0, 0.02)

    @given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
    def test_no_value_leaves_its_range(self, targets: list[float]) -> None:
        governor = Governor([HEAVE, LAMP, FAN], 0.005)
        for target in targets:
            for value, channel in zip(governor.step([target] * 3), (HEAVE, LAMP, FAN), strict=True):
                assert channel.low <= value <= channel.high

    def test_a_bound_for_the_safe_state_holds(self) -> None:
        governor = Governor([HEAVE, FAN], 0.005)
        for n in range(60):
            governor.step([0.05 * math.cos(n), 1.0])
        for _ in range(math.ceil(governor.safe_bound_s / 0.005)):
            governor.step([0.0, 0.0])
        assert governor.at([0.0, 0.0])

    def test_what_is_not_a_number_keeps_the_last_wish(self) -> None:
        governor = Governor([LAMP], 0.005)
        governor.step([0.4])
        assert governor.step([math.nan]) == (0.4,)
        assert governor.refused == 1


class TestRigLimits:
    def test_a_rig_narrows(self) -> None:
        config = DeviceConfig("d", limits={"lamp": ChannelLimits(0.0, 0.5)}, safe={"lamp": 0.3})
        narrowed = with_rig_limits(LAMP, "g", config)
        assert (narrowed.low, narrowed.high, narrowed.safe) == (0.0, 0.5, 0.3)

    def test_a_rig_cannot_widen(self) -> None:
        config = DeviceConfig("d", limits={"g": ChannelLimits(0.0, 1.5)})
        with pytest.raises(
            SettingError, match=r"range of g is 0\.\.1\.5 ratio; this device can do"
        ) as caught:
            with_rig_limits(LAMP, "g", config)
        assert caught.value.path == ("limits", "g", "range")

    def test_a_safe_value_lies_in_the_range(self) -> None:
        config = DeviceConfig("d", limits={"lamp": ChannelLimits(0.0, 0.5)}, safe={"lamp": 0.7})
        with pytest.raises(SettingError, match=r"safe value of lamp is 0\.7 ratio, outside its range"):
            with_rig_limits(LAMP, "g", config)


class TestLateness:
    @given(st.lists(st.integers(1, 10**9), min_size=1, max_size=300), st.sampled_from([0.5, 0.99, 0.999]))
    def test_a_quantile_is_read_to_a_bin(self, values: list[int], share: float) -> None:
        histogram = LatenessHistogram.of(values)
        exact = sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
        assert exact * 0.99 - 1 <= histogram.quantile_ns(share) <= exact * 2 ** (1 / 8) * 1.01 + 1

    def test_early_counts_as_punctual_and_nothing_as_nothing(self) -> None:
        assert LatenessHistogram().quantile_ns(0.99) == 0
        assert LatenessHistogram.of([-5, 0]).quantile_ns(0.99) == 1

    def test_merging_adds(self) -> None:
        merged = LatenessHistogram.of([10, 1000])
        merged.merge(LatenessHistogram.of([10**8]))
        assert merged.count == 3 and merged.max_ns == 10**8
        assert sum(count for _, count in merged.bins()) == 3
