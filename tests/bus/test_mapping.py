"""How roles are laid onto groups, and what an unfit pair says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.bus.driver import Form
from engine.bus.mapping import Mapper, Route, make_route, rumble
from engine.errors import InputError, Place

FULL = (1.0,) * 9
POSE_STILL = (0.0,) * 6


def route(driver: Any, kind: str, rest: tuple[float, ...], **options: Any) -> Route:
    return make_route(
        driver,
        role="a.role",
        role_index=options.pop("role_index", 0),
        seat=0,
        kind=kind,
        start=options.pop("start", 0),
        rest=rest,
        modality=options.pop("modality", "light"),
        **options,
    )


class TestRendering:
    def test_a_color_on_a_dimmer_is_its_luminance(self, parts: SimpleNamespace) -> None:
        driver = parts.lights_driver()
        mapper = Mapper(driver, [route(driver, "color", (0.0,) * 3, group="wind")], 0.025)
        assert mapper.map({0: (0.0, 1.0, 0.0)}, FULL, 0, 0)[3] == pytest.approx(0.7152)

    def test_a_level_on_rgb_is_grey(self, parts: SimpleNamespace) -> None:
        driver = parts.lights_driver()
        mapper = Mapper(driver, [route(driver, "level", (0.0,), group="street")], 0.025)
        assert mapper.map({0: (0.25,)}, FULL, 0, 0)[:3] == [0.25] * 3

    def test_two_motions_add_and_two_levels_take_the_highest(self, parts: SimpleNamespace) -> None:
        seat = parts.seat_driver()
        both = [route(seat, "motion", POSE_STILL, start=0), route(seat, "motion", POSE_STILL, start=6)]
        added = Mapper(seat, both, 0.005).map({0: [0.01] * 12}, FULL, 0, 0)
        assert added == pytest.approx([0.02] * 6)
        lights = parts.lights_driver()
        levels = [route(lights, "level", (0.0,), group="wind", start=n) for n in (0, 1)]
        assert Mapper(lights, levels, 0.025).map({0: (0.2, 0.7)}, FULL, 0, 0)[3] == 0.7

    def test_gain_and_intensity_multiply_but_not_the_frequency(self, parts: SimpleNamespace) -> None:
        driver = parts.shaker_driver()
        mapper = Mapper(driver, [route(driver, "haptic", (0.0, 0.0), gain=0.5, modality="haptic")], 0.005)
        half = (1.0, 0.5, *FULL[2:])
        assert mapper.map({0: (0.8, 44.0)}, half, 0, 0) == pytest.approx([0.2, 44.0])

    def test_a_muted_role_plays_its_rest(self, parts: SimpleNamespace) -> None:
        driver = parts.lights_driver()
        mapper = Mapper(driver, [route(driver, "level", (0.1,), group="wind", role_index=5)], 0.025)
        assert mapper.map({0: (0.9,)}, FULL, 1 << 5, 0)[3] == 0.1


class TestRumble:
    def test_a_still_seat_is_silent_and_a_fast_one_full(self) -> None:
        assert rumble(POSE_STILL, POSE_STILL, 0.005) == (0.0, 30.0)
        assert rumble((0.0, 0.0, 0.01, 0.0, 0.0, 0.0), POSE_STILL, 0.005) == (1.0, 60.0)

    def test_half_the_speed_is_half_the_amplitude(self) -> None:
        assert rumble((0.0, 0.0, 0.0, 0.05, 0.0, 0.0), POSE_STILL, 0.005)[0] == pytest.approx(0.5)

    def test_a_seam_is_silent(self, parts: SimpleNamespace) -> None:
        driver = parts.shaker_driver()
        mapper = Mapper(driver, [route(driver, "motion", POSE_STILL, rendered_as="rumble")], 0.005)
        mapper.map({0: POSE_STILL}, FULL, 0, 1)
        jump = (0.0, 0.0, 0.04, 0.0, 0.0, 0.0)
        assert mapper.map({0: jump}, FULL, 0, 2)[0] == 0.0


class TestChoosing:
    def test_the_only_fitting_group_needs_no_name(self, parts: SimpleNamespace) -> None:
        assert route(parts.lights_driver(), "color", (0.0,) * 3).form is Form.RGB

    @pytest.mark.parametrize(
        ("kind", "options", "message"),
        [
            ("motion", {}, r"needs a group of form motion; lights has street \(rgb\), wind \(level\)"),
            ("level", {"group": "fog"}, r"lights has no group 'fog'; it has street \(rgb\), wind \(level\)"),
            ("haptic", {"group": "street"}, "needs a group of form haptic or level; lights.street is rgb"),
            ("level", {"rendered_as": "rumble"}, "only a motion role can rumble"),
            ("motion", {"rendered_as": "noise"}, "unknown rendering; allowed: rumble"),
        ],
    )
    def test_an_unfit_pair_says_what_there_is(
        self, parts: SimpleNamespace, kind: str, options: dict[str, str], message: str
    ) -> None:
        with pytest.raises(InputError, match=message) as caught:
            route(parts.lights_driver(), kind, (0.0,), place=Place("rig.yaml", 7), **options)
        assert str(caught.value).startswith("rig.yaml:7: ")
