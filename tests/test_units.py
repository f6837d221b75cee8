"""Quantities: the unit decides, a wrong dimension is named, a missing unit is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import units


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (units.parse_length_m, "8mm", 0.008),
        (units.parse_length_m, "-50 mm", -0.05),
        (units.parse_length_m, "1.2m", 1.2),
        (units.parse_length_m, "2E1cm", 0.2),
        (units.parse_length_m, 0, 0.0),
        (units.parse_angle_deg, "-30deg", -30.0),
        (units.parse_angle_deg, "0.5rad", math.degrees(0.5)),
        (units.parse_angle_deg, "4°", 4.0),
        (units.parse_speed_mps, "250mm/s", 0.25),
        (units.parse_speed_mps, "36 km/h", 10.0),
        (units.parse_acceleration_mps2, "0.25 m/s2", 0.25),
        (units.parse_acceleration_mps2, "0.1g", 0.980665),
        (units.parse_acceleration_mps2, "1 m/s^2", 1.0),
        (units.parse_jerk_mps3, "30000mm/s3", 30.0),
        (units.parse_angular_speed_dps, "20deg/s", 20.0),
        (units.parse_angular_acceleration_dps2, "5 deg/s²", 5.0),
        (units.parse_angular_jerk_dps3, "5deg/s3", 5.0),
        (units.parse_gain_db, "-6db", -6.0),
        (units.parse_gain_db, "+3dB", 3.0),
        (units.parse_frequency_hz, "1.2kHz", 1200.0),
        (units.parse_temperature_c, "21.5C", 21.5),
        (units.parse_mass_kg, "120kg", 120.0),
        (units.parse_ratio, "30%", 0.3),
        (units.parse_ratio, 0.3, 0.3),
    ],
)
def test_quantities_as_authors_write_them(parse, text: object, expected: float) -> None:
    assert parse(text) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("parse", "value", "says"),
    [
        (units.parse_length_m, "8deg", "'8deg' is an angle, not a length; allowed units here: m, cm"),
        (units.parse_acceleration_mps2, "2mm/s", "is a speed, not an acceleration"),
        (units.parse_length_m, "2g", "is an acceleration or a mass, not a length"),
        (units.parse_length_m, 8, "8 has no unit; a length needs one, for example 8m"),
        (units.parse_angle_deg, "30", "30 has no unit; an angle needs one"),
        (units.parse_length_m, "8 furlong", "unknown unit 'furlong'"),
        (units.parse_length_m, "tall", "'tall' is not a length; write a number with its unit, like 1.5m"),
        (units.parse_length_m, "", "'' is not a length"),
        (units.parse_length_m, True, "True is not a length"),
        (units.parse_length_m, [1], r"\[1\] is not a length"),
        (units.parse_ratio, math.nan, "nan is not a finite number"),
        (units.parse_length_m, "1e400m", "not a finite number"),
    ],
)
def test_refusals_name_value_and_remedy(parse, value: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(value)


def test_bare_numbers_pass_only_where_asked_for() -> None:
    assert units.parse_length_m(1.62, bare=True) == 1.62
    assert units.parse_length_m("1.62", bare=True) == 1.62


@given(st.floats(-1e6, 1e6))
def test_millimetres_are_metres_times_a_thousand(length_m: float) -> None:
    assert units.parse_length_m(f"{length_m * 1000:.17g}mm") == pytest.approx(length_m, rel=1e-12, abs=1e-300)


def test_axes_know_their_dimension() -> None:
    assert units.parse_axis_position("heave", "8mm") == 0.008
    assert units.parse_axis_position("pitch", "1deg") == 1.0
    with pytest.raises(ValueError, match="is an angle, not a length"):
        units.parse_axis_position("surge", "1deg")
    with pytest.raises(ValueError, match="'lift' is not a motion axis; allowed: surge, sway, heave"):
        units.parse_axis_position("lift", "1m")


def test_decibels() -> None:
    assert units.db_to_gain(0.0) == 1.0
    assert units.db_to_gain(units.gain_to_db(0.25)) == pytest.approx(0.25)
    assert units.gain_to_db(0.0) == -math.inf
    with pytest.raises(ValueError, match="never negative, got -1"):
        units.gain_to_db(-1.0)
