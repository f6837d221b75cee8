"""Profiles of seats: the newest row of a seat whose instant has come, under the controls that hold for everybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.time import ROOM, Controls, LocalBlock, SeatProfile, Transport, TransportWriter
from engine.time.profiles import MAX_PROFILED_SEATS, MAX_PROFILES, ROWS_OF_A_SEAT, trimmed
from engine.units import MODALITIES

SECOND_NS = 1_000_000_000
ONES = (1.0,) * len(MODALITIES)
MOTION = MODALITIES.index("motion")


def still() -> tuple[float, ...]:
    return tuple(0.0 if name == "motion" else 1.0 for name in MODALITIES)


def test_a_row_holds_from_its_instant_until_a_newer_one_of_its_seat_does() -> None:
    writer = TransportWriter(LocalBlock())
    writer.profile(2, from_ns=100, comfort=1)
    writer.profile(2, from_ns=200, photosensitive=True)
    writer.profile(3, from_ns=150, language=1)
    transport = writer.transport
    assert transport.profile_at(2, 99) == SeatProfile(2, -1, 0)
    assert transport.profile_at(2, 100).comfort == 1
    assert not transport.profile_at(2, 199).photosensitive
    held = transport.profile_at(2, 200)
    assert (held.comfort, held.photosensitive, held.version) == (1, True, 1)
    assert set(transport.profiles_at(160)) == {2, 3}
    assert transport.profile_at(ROOM, 500).is_default


def test_what_was_published_last_wins_even_for_an_earlier_instant() -> None:
    writer = TransportWriter(LocalBlock())
    writer.profile(0, from_ns=500, comfort=2)
    writer.profile(0, from_ns=300, comfort=1)
    assert writer.transport.profile_at(0, 300).comfort == 1
    assert writer.transport.profile_at(0, 600).comfort == 1


def test_controls_of_a_seat_are_what_everybody_has_under_its_profile() -> None:
    writer = TransportWriter(LocalBlock())
    writer.control(from_ns=0, intensities=(0.5,) * len(MODALITIES), language=1, muted_roles_mask=4)
    writer.profile(1, from_ns=0, intensities=still(), language=0)
    own = writer.transport.controls_of(1, 10)
    assert own.intensity("motion") == 0.0
    assert own.intensity("light") == 0.5
    assert (own.language, own.muted_roles_mask) == (0, 4)
    assert writer.transport.controls_of(0, 10) is writer.transport.controls_at(10)
    assert writer.transport.controls_of(ROOM, 10) is writer.transport.controls_at(10)


def test_where_nobody_sits_every_role_is_muted() -> None:
    writer = TransportWriter(LocalBlock())
    writer.profile(0, from_ns=0, present=False)
    assert all(writer.transport.controls_of(0, 0).muted(role) for role in range(128))
    writer.profile(0, from_ns=5, present=True)
    assert writer.transport.controls_of(0, 5) == Controls()


def test_light_is_calm_until_a_photosensitive_guest_is_known_to_be_gone() -> None:
    writer = TransportWriter(LocalBlock())
    assert not writer.transport.calm_at(0)
    writer.profile(3, from_ns=10, photosensitive=True)
    writer.profile(3, from_ns=20, present=False)
    writer.profile(3, from_ns=30, photosensitive=False)
    assert [writer.transport.calm_at(at) for at in (9, 10, 20, 29, 30)] == [False, True, True, True, False]


def test_a_seat_that_goes_back_to_the_default_makes_room_after_a_while() -> None:
    writer = TransportWriter(LocalBlock())
    for seat in range(MAX_PROFILED_SEATS):
        writer.profile(seat, from_ns=seat, comfort=1)
    with pytest.raises(ValueError, match=f"{MAX_PROFILED_SEATS} seats have profiles of their own"):
        writer.profile(999, from_ns=1000, photosensitive=True)
    writer.profile(7, from_ns=2000, comfort=0)
    with pytest.raises(ValueError, match="seat 999 plays as authored"):
        writer.profile(999, from_ns=3000, photosensitive=True)  # somebody may still look back at seat 7
    writer.profile(999, from_ns=2000 + SECOND_NS, photosensitive=True)
    assert writer.transport.profile_at(7, 3 * SECOND_NS).is_default
    assert writer.transport.profile_at(999, 3 * SECOND_NS).photosensitive
    assert len(writer.transport.profiles) == MAX_PROFILED_SEATS


def test_versions_go_on_after_a_restart() -> None:
    first = TransportWriter(LocalBlock())
    first.profile(0, from_ns=0, comfort=1)
    second = TransportWriter(LocalBlock(), first.transport)
    assert second.profile(0, from_ns=10, comfort=2).version == 1


changes = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 40), st.integers(0, 2), st.booleans()), max_size=40
)


@given(changes)
def test_trimming_never_changes_what_holds_now(rows: list[tuple[int, int, int, bool]]) -> None:
    """Published in order of time, as a conductor does, whatever is dropped mattered to nobody."""
    writer, every, now_ns = TransportWriter(LocalBlock()), [], 0
    for seat, later, comfort, present in rows:
        now_ns += later * 100_000_000
        every.append(writer.profile(seat, from_ns=now_ns, comfort=comfort, present=present))
        whole = Transport(profiles=tuple(every))
        for asked in range(6):
            was, now = whole.profile_at(asked, now_ns), writer.transport.profile_at(asked, now_ns)
            assert was == now or (was.is_default and now.is_default)
    assert len(writer.transport.profiles) <= MAX_PROFILES


def test_of_a_seat_the_last_rows_are_kept() -> None:
    rows = tuple(SeatProfile(0, version, version, comfort=1) for version in range(9))
    assert [row.version for row in trimmed(rows, 0)] == list(range(9))[-ROWS_OF_A_SEAT:]


def test_what_has_long_been_replaced_is_forgotten() -> None:
    writer = TransportWriter(LocalBlock())
    for version in range(3):
        writer.profile(0, from_ns=version, comfort=1 + version % 2)
    writer.profile(1, from_ns=2 * SECOND_NS, comfort=1)
    assert [(row.seat, row.version) for row in writer.transport.profiles] == [(0, 2), (1, 3)]


@pytest.mark.parametrize("intensities", [ONES[1:], (1.5, *ONES[1:]), (-0.1, *ONES[1:])])
def test_intensities_out_of_range_are_refused(intensities: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"intensit"):
        SeatProfile(0, 0, 0, intensities)
