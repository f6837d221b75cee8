"""The ten systems of BS.2051, measured places, layouts of one's own."""

from __future__ import annotations

import pytest

from engine.audio.speakers import LAYOUTS, angles, directions, free_layout, layout
from engine.errors import InputError


def test_there_are_ten_and_their_channels_count_as_their_names_say() -> None:
    assert len(LAYOUTS) == 10
    for name, one in LAYOUTS.items():
        upper, middle, bottom = map(int, name.split("+"))
        heights = [speaker.nominal_elevation_deg for speaker in one.without_lfe().speakers]
        screen = sum(speaker.name.endswith("SC") for speaker in one.speakers)
        assert (
            sum(h > 10 for h in heights),
            sum(abs(h) < 10 for h in heights),
            sum(h < -10 for h in heights),
        ) == (upper, middle, bottom)
        assert screen == (2 if name == "4+9+0" else 0)
        assert one.out_of_tolerance() == ()


def test_channel_orders_are_the_standards() -> None:
    assert layout("7.1.4").names == (
        *("M+030", "M-030", "M+000", "LFE1", "M+090", "M-090", "M+135", "M-135"),
        *("U+045", "U-045", "U+135", "U-135"),
    )
    assert layout("22.2").names[:5] == ("M+060", "M-060", "M+000", "LFE1", "M+135")
    assert layout("stereo") is LAYOUTS["0+2+0"]


def test_left_is_positive_and_angles_come_back() -> None:
    assert directions(90.0, 0.0) == pytest.approx([-1, 0, 0])
    azimuth, elevation, distance = angles(directions([30.0, -110.0], [10.0, -45.0]) * 2)
    assert azimuth == pytest.approx([30, -110])
    assert elevation == pytest.approx([10, -45])
    assert distance == pytest.approx([2, 2])


def test_a_measured_room_says_what_is_out_of_tolerance() -> None:
    room = layout("0+5+0").measured({"M+110": (105.0, 3.0), "M+030": (50.0, 0.0), "M-110": (-110.0, 25.0)})
    assert room.speakers[room.names.index("M+110")].azimuth_deg == 105
    assert room.out_of_tolerance() == (
        "M+030 stands at azimuth 50 deg; 0+5+0 allows 30 to 30",
        "M-110 stands at elevation 25 deg; 0+5+0 allows 0 to 15",
    )
    with pytest.raises(InputError, match=r"no loudspeaker U\+030; it has M\+030"):
        room.measured({"U+030": (30.0, 30.0)})


def test_an_unknown_layout_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no loudspeaker layout '6.1'; there are 0\+2\+0"):
        layout("6.1")


def test_a_free_layout_says_all_that_is_wrong_at_once() -> None:
    with pytest.raises(InputError) as caught:
        free_layout([("a", 0.0, 0.0, True), ("a", float("nan"), 95.0, True)])
    assert caught.value.message == (
        "layout free: 'a' is there 2 times; 'a' has azimuth nan; -180 to 180 deg; 'a' has elevation 95.0; -90 to 90 deg; "
        "no loudspeaker that sound could come from; list at least one that is no LFE"
    )
