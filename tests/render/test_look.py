"""Stage values: units, colours, roles, defaults."""

from __future__ import annotations

import pytest

from engine.errors import InputError
from engine.experience.package import Package
from engine.render.look import ParticleKind, direction, linear, resolve_look

STAGE = {
    "sky": {"zenith": "#000000", "moon": {"azimuth": "-20deg", "elevation": 28.0}},
    "fog": {"density": 0.02},
    "water": {"height": {"role": "look.water"}, "flow": [0.0, 0.4]},
    "exposure": {"role": "look.exposure"},
    "gains": {"a": {"role": "light.street"}, "b": 0.5},
    "lights": [{"at": [0, 1, 2], "color": {"role": "light.strike"}, "intensity": 14.0, "node": "vehicle"}],
    "particles": [{"kind": "petals", "count": 7, "at": [0, 0, 0], "gain": {"role": "air.wind"}}],
}


def test_numbers_and_colours_follow_their_roles() -> None:
    look = resolve_look(
        STAGE,
        {
            "look.water": (1.5,), "look.exposure": (0.7,), "light.street": (1.0, 0.6, 0.3),
            "light.strike": (0.2, 0.1, 0.0), "air.wind": (0.25,), "look.fog": (0.5,),
        },
    )  # fmt: skip
    assert look.water is not None
    assert look.water.height_m == 1.5
    assert look.exposure == 0.7
    assert look.gains[0] == (1.0, 0.6, 0.3)
    assert look.gains[1] == (0.5, 0.5, 0.5)
    assert look.lights[0].color == (0.2, 0.1, 0.0)
    assert look.particles[0].gain == 0.25
    assert look.particles[0].kind is ParticleKind.petals
    assert look.fog.density == pytest.approx(0.01)  # look.fog halves it
    assert look.sky.moon_azimuth_deg == -20.0


def test_a_missing_role_leaves_the_default() -> None:
    look = resolve_look(STAGE, {})
    assert look.exposure == 1.0
    assert look.water is not None
    assert look.water.height_m == 0.0


def test_painted_colours_are_decoded_and_light_is_not() -> None:
    look = resolve_look({"fog": {"warm": [0.5, 0.5, 0.5]}, "ambient": {"sky": [0.5, 0.5, 0.5]}}, {})
    assert look.fog.warm[0] == pytest.approx(0.2140, abs=1e-3)
    assert look.ambient_sky == (0.5, 0.5, 0.5)


def test_the_scene_model_and_plain_mappings_read_alike(package: Package) -> None:
    import yaml

    from tests.render.show import QUAY

    stage = package.scene("quay").stage
    values = {"light.hero": (1.0, 0.6, 0.3), "air.wind": (1.0,)}
    assert resolve_look(stage, values) == resolve_look(yaml.safe_load(QUAY)["stage"], values)


def test_no_moon_in_the_file_is_no_moon_in_the_sky() -> None:
    assert resolve_look({"sky": {}}, {}).sky.moon_size_deg == 0.0


@pytest.mark.parametrize("text", ["#12345", "red", "#GG0000"])
def test_a_wrong_colour_says_so(text: str) -> None:
    with pytest.raises(InputError, match="expected #RRGGBB"):
        linear(text)


def test_directions() -> None:
    assert direction(0, 0) == pytest.approx((0, 1, 0))
    assert direction(90, 0) == pytest.approx((-1, 0, 0), abs=1e-12)
    assert direction(0, 90) == pytest.approx((0, 0, 1), abs=1e-12)
