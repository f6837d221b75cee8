"""Digital-cinema synchronisation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.time.codes.cinema import (
    CinemaEncoder,
    CinemaError,
    CinemaPacket,
    pack_packet,
    parse_packet,
    unit_packets,
    uuid_bytes,
)
from engine.time.codes.cinema_decoder import CinemaDecoder
from engine.time.rates import RATES

UUID = "e004046e-0923-4f90-a4ae-4355e7e83506"
CINEMA_RATES = ("24", "25", "30", "48", "50", "60", "96", "100", "120")


def sound_of(rate: str, first: int, units: int) -> np.ndarray:
    encoder = CinemaEncoder(RATES[rate], UUID)
    return np.concatenate([encoder.unit(first + number) for number in range(units)])


# Computed by hand from ST 430-12 and confirmed against libdcp's output.
@pytest.mark.parametrize(
    ("rate", "unit", "wanted"),
    [
        (
            "24",
            0,
            [
                "4d5600e004046e0000006ccc0",
                "4d560109234f9000000025f90",
                "4d5602a4ae4355000000dc200",
                "4d5603e7e8350600000047880",
            ],
        ),
        ("24", 1, ["4d5600e004046e0000017ced0"]),
        ("25", 0, ["4d5610e004046e00000051780"]),
    ],
)
def test_golden_packets(rate: str, unit: int, wanted: list[str]) -> None:
    packets = unit_packets(unit, RATES[rate], uuid_bytes(UUID))
    assert [f"{pack_packet(packet):025x}" for packet in packets][: len(wanted)] == wanted


def test_the_first_bits_as_samples() -> None:
    """0100 of the sync word: a zero, a one that begins where the zero ended, two zeros."""
    sound = CinemaEncoder(RATES["24"], UUID).unit(0)
    assert len(sound) == 2000
    wanted = [0.03827, 0.09239, 0.09239, 0.03827, -0.07071, -0.07071, 0.07071, 0.07071]
    wanted += [-0.03827, -0.09239, -0.09239, -0.03827, 0.03827, 0.09239, 0.09239, 0.03827]
    assert sound[:16] == pytest.approx(wanted, abs=1e-6)


@given(
    st.builds(
        CinemaPacket,
        st.integers(0, 8),
        st.integers(0, 3),
        st.binary(min_size=4, max_size=4),
        st.integers(0, 2**24 - 1),
    )
)
def test_packets_come_back(packet: CinemaPacket) -> None:
    assert parse_packet(pack_packet(packet)) == packet
    with pytest.raises(CinemaError):
        parse_packet(pack_packet(packet) ^ 1 << 40)


@given(st.integers(-1, 2**104))
def test_any_bits_are_a_packet_or_an_error(bits: int) -> None:
    for number in (bits, bits & (1 << 84) - 1 | 0x4D56 << 84):
        try:
            parse_packet(number)
        except CinemaError:
            pass


@pytest.mark.parametrize("rate", CINEMA_RATES)
@pytest.mark.parametrize("polarity", [1, -1])
def test_every_unit_is_read_at_its_sample(rate: str, polarity: int) -> None:
    rng = np.random.default_rng(3)
    length = 48_000 // RATES[rate].count
    sound = sound_of(rate, 1000, 20)
    spoilt = np.concatenate([np.zeros(777), polarity * sound]) + 0.1 * np.std(sound) * rng.standard_normal(
        len(sound) + 777
    )
    decoder, found = CinemaDecoder(), []
    for at in range(0, len(spoilt), 1000):
        found += decoder.push(spoilt[at : at + 1000])
    assert [unit.unit for unit in found] == list(range(1000, 1020))
    assert {(unit.uuid, unit.rate.label) for unit in found} == {(UUID, rate)}
    assert max(abs(unit.at_sample - 777 - (unit.unit - 1000) * length) for unit in found) <= 1


def test_twice_the_sample_rate() -> None:
    sound = sound_of("24", 5, 6)
    doubled = np.interp(np.arange(2 * len(sound)) / 2, np.arange(len(sound)), sound)
    found = CinemaDecoder(96_000).push(doubled)
    assert [unit.unit for unit in found] == list(range(5, 11))
    assert max(abs(unit.at_sample - (unit.unit - 5) * 4000) for unit in found) <= 2
    with pytest.raises(ValueError, match="48000"):
        CinemaDecoder(44_100)


def test_another_track_and_another_rate() -> None:
    other = CinemaEncoder(RATES["24"], "")
    sound = np.concatenate([sound_of("24", 0, 3), other.unit(50), other.unit(51)])
    found = CinemaDecoder().push(sound)
    assert [(unit.unit, unit.uuid == UUID) for unit in found] == [
        (0, True),
        (1, True),
        (2, True),
        (50, False),
        (51, False),
    ]
    decoder = CinemaDecoder(rate=RATES["25"])
    assert decoder.push(sound) == [] and decoder.refused > 10


def test_damage_loses_one_packet_not_the_unit() -> None:
    sound = sound_of("24", 0, 4)
    sound[2000 + 100 : 2000 + 300] = 0.0
    assert [unit.unit for unit in CinemaDecoder().push(sound)] == [0, 1, 2, 3]


@given(st.lists(st.floats(width=32), max_size=600), st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_no_sound_breaks_it_and_little_is_kept(head: list[float], seed: int) -> None:
    decoder = CinemaDecoder()
    assert decoder.push(np.array(head, dtype=np.float32)) == []
    decoder.push(np.random.default_rng(seed).standard_normal(20_000))
    assert len(decoder._held) < 500


@pytest.mark.parametrize(
    "make", [lambda: CinemaEncoder(RATES["29.97"]), lambda: CinemaEncoder(RATES["24"], "nonsense")]
)
def test_what_the_encoder_refuses(make: object) -> None:
    with pytest.raises(ValueError, match=r"29\.97|UUID"):
        make()  # type: ignore[operator]
