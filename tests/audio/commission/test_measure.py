"""A venue measured in a simulated room, and what is proposed for it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.audio.commission.link import Clipped, clipped
from engine.audio.commission.measure import levels_near, measure, nearest
from engine.audio.commission.proposal import Trouble, propose
from engine.audio.commission.response import Response
from engine.audio.commission.room import SimulatedRoom
from engine.errors import DeviceError
from engine.experience.audio_rig import SpeakerSpec
from tests.audio.commission.rooms import VENUE, arrival_s, specs


def test_a_venue_comes_out_as_it_is_and_corrected_all_are_alike() -> None:
    room = SimulatedRoom(VENUE, 5, noise_dbfs=-70)
    found = measure(room, specs(), level_dbfs=-20.0, seconds=0.25)
    quiet_dbfs = 20 * math.log10(room.loudest)
    assert quiet_dbfs <= -20.0
    mains = [one for one in VENUE if not one.lfe]
    errors_us = [(found[one.name].arrival_s - arrival_s(one)) * 1e6 for one in mains]
    assert max(errors_us) - min(errors_us) < 2.0
    assert [found[one.name].sign for one in mains] == [1, -1, 1]
    levels = [
        found[one.name].level_db - one.gain_db + 20 * math.log10(math.dist(one.at_m, (0, 0, 0)))
        for one in mains
    ]
    assert max(levels) - min(levels) < 0.1

    made = propose(specs(), found)
    assert made.troubles == ()
    by_name = {one.name: one for one in made.speakers}
    last_s = max(arrival_s(one) for one in mains)
    for one in mains:
        assert by_name[one.name].delay_ns == pytest.approx((last_s - arrival_s(one)) * 1e9, abs=3000)
    assert [by_name[one.name].inverted for one in mains] == [False, True, False]
    assert by_name["M-030"].gain_db == 0.0, "the quietest is the measure"
    assert by_name["LFE1"].gain_db < 0 <= by_name["LFE1"].delay_ns

    left = measure(room, made.speakers, level_dbfs=-20.0, seconds=0.25, corrected=True)
    arrivals = [left[one.name].arrival_s for one in mains]
    assert max(arrivals) - min(arrivals) < 3e-6
    gains = [left[one.name].level_db for one in mains]
    assert max(gains) - min(gains) < 0.15
    assert {left[one.name].sign for one in mains} == {1}
    assert left["LFE1"].level_db - np.mean(gains) == pytest.approx(10.0, abs=0.3)
    print(
        f"loudest {quiet_dbfs:.1f} dBFS, left {(max(arrivals) - min(arrivals)) * 1e6:.2f} us, {max(gains) - min(gains):.2f} dB"
    )


def test_a_noisy_room_is_played_into_more_loudly_but_never_beyond_the_level() -> None:
    quiet = SimulatedRoom(VENUE[:1], 1, noise_dbfs=-80)
    noisy = SimulatedRoom(VENUE[:1], 1, noise_dbfs=-30)
    for room in (quiet, noisy):
        assert measure(room, specs(VENUE[:1]), level_dbfs=-20.0, seconds=0.25)["M+030"].heard
    assert quiet.loudest == pytest.approx(10 ** (-38 / 20), rel=1e-3)
    assert quiet.loudest < noisy.loudest <= 0.1000001


def test_a_rig_that_turns_up_is_measured_no_louder_for_it() -> None:
    room = SimulatedRoom(VENUE[:1], 1, noise_dbfs=-30)
    up = (replace(specs(VENUE[:1])[0], gain_db=9.0),)
    plain = measure(room, specs(VENUE[:1]), level_dbfs=-20.0, seconds=0.1)
    found = measure(room, up, level_dbfs=-20.0, seconds=0.1, corrected=True)
    assert room.loudest <= 0.1 * 1.001
    assert found["M+030"].level_db - plain["M+030"].level_db == pytest.approx(9.0, abs=0.3)


def test_an_input_that_clips_ends_it_at_once() -> None:
    room = SimulatedRoom(VENUE, 5, microphone_db=60.0)
    with pytest.raises(Clipped, match="Turn its gain down"):
        measure(room, specs(), level_dbfs=-12.0, seconds=0.1)
    assert room.loudest <= 10 ** (-30 / 20) * 1.00001, "the first sweep is the quiet one"
    assert not clipped(np.array([1.0, 0.2, 1.0, 0.3], np.float32))
    assert clipped(np.array([0.1, 1.0, -1.0, 1.0], np.float32))


class _Slipping(SimulatedRoom):
    """Later at every call: its device loses count."""

    def play(self, sound: np.ndarray) -> np.ndarray:
        self._latency += 5
        return super().play(sound)


def test_a_device_that_loses_samples_between_sweeps_is_found_out() -> None:
    room = _Slipping(VENUE, 5, rt60_s=0.0)
    with pytest.raises(DeviceError, match="lost samples"):
        measure(room, specs(VENUE[:2]), level_dbfs=-20.0, seconds=0.1)


def test_a_silent_loudspeaker_keeps_what_the_rig_says() -> None:
    room = SimulatedRoom(VENUE[:1], 5)
    believed = (*specs(VENUE[:1]), SpeakerSpec("M+110", 5, 110, 0, delay_ns=7000, gain_db=-2.0))
    found = measure(room, believed, level_dbfs=-40.0, seconds=0.1)
    made = propose(believed, found)
    assert made.speakers[1] == believed[1]
    assert made.troubles == (Trouble("M+110", "silent"),)


def test_a_microphone_held_close_tells_whose_channel_it_is() -> None:
    room = SimulatedRoom(VENUE, 5)
    middle_db = levels_near(room, [1, 4], level_dbfs=-24.0)
    for one in (VENUE[0], VENUE[2]):
        room.near(one.name)
        near_db = levels_near(room, [1, 4], level_dbfs=-42.0)
        assert nearest(near_db, middle_db) == one.channel, one.name
        if one.name == "M+030":
            assert nearest(near_db) == 4, "the loudest is the subwoofer even there"
    room.near("")
    assert room.microphone_m == (0.0, 0.0, 0.0)
    assert nearest({1: -10.0, 2: -12.0}) is None
    assert nearest({1: -200.0}) is None
    assert nearest({}) is None


def heard(
    arrival: float = 0.01, level: float = -10.0, sign: int = 1, low: Response | None = None
) -> Response:
    return Response(True, arrival, level, sign, 60.0, low)


PAIR = (SpeakerSpec("L", 1, 30, 0), SpeakerSpec("R", 2, -30, 0), SpeakerSpec("C", 3, 0, 0))


def test_most_of_them_say_which_way_round_is_right() -> None:
    made = propose(PAIR, {"L": heard(sign=-1), "R": heard(sign=-1), "C": heard(sign=1)})
    assert [one.inverted for one in made.speakers] == [False, False, True]
    unclear = propose(
        (replace(PAIR[0], inverted=True), *PAIR[1:]), {"L": heard(sign=0), "R": heard(), "C": heard()}
    )
    assert unclear.speakers[0].inverted, "what the rig says stays"
    assert unclear.troubles == (Trouble("L", "sign"),)


def test_one_that_is_much_too_quiet_does_not_drag_the_others_down() -> None:
    made = propose(PAIR, {"L": heard(level=-10), "R": heard(level=-11), "C": heard(level=-30)})
    assert [one.gain_db for one in made.speakers] == [-1.0, 0.0, 0.0]
    assert made.troubles == (Trouble("C", "faint", 19.0),)


@pytest.mark.parametrize(
    ("arrival", "level", "trouble", "gain"),
    [(0.014, 0.5, (), -0.5), (0.014, -8.0, ("low_quiet",), 0.0), (0.014, 15.0, ("low_loud",), -15.0), (0.04, 0.0, ("late_low",), 0.0)],
)  # fmt: skip
def test_a_subwoofer_waits_for_the_others_and_they_never_for_it(
    arrival: float, level: float, trouble: tuple[str, ...], gain: float
) -> None:
    lfe = SpeakerSpec("LFE1", 4, 45, -30, lfe=True)
    low = heard(0.016)
    made = propose(
        (*PAIR, lfe), {**{one.name: heard(low=low) for one in PAIR}, "LFE1": heard(arrival, level)}
    )
    assert tuple(one.kind for one in made.troubles) == trouble
    assert made.speakers[3].gain_db == gain
    assert made.speakers[3].delay_ns == (2_000_000 if arrival < 0.016 else 0)
    assert {one.delay_ns for one in made.speakers[:3]} == {0}


def test_where_nothing_was_heard_nothing_is_changed() -> None:
    nothing = Response(False, 0.0, -200.0, 0, 3.0)
    made = propose(PAIR, dict.fromkeys(("L", "R", "C"), nothing))
    assert made.speakers == PAIR
    assert [one.kind for one in made.troubles] == ["silent"] * 3
