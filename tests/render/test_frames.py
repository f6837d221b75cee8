"""What a frame shows, from transport and package; no graphics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.experience.bundled import find_package
from engine.experience.package import Package, load_package
from engine.render.frames import FrameState, frame_state
from engine.time import LocalBlock, SeatProfile, TransportWriter
from engine.time.flicks import fl_to_ns
from engine.time.segments import Controls, ReactionRow, Transport
from engine.timeline.evaluate import Evaluator
from tests.render.show import at_fl, held, playing


@pytest.fixture(scope="module")
def evaluator(package: Package) -> Evaluator:
    return Evaluator(package.scenes, package.roles)


@given(st.floats(0.0, 17.9))
def test_seek_and_play_show_the_same(package: Package, evaluator: Evaluator, seconds: float) -> None:
    at = at_fl(seconds)
    host_ns = fl_to_ns(at)
    played = frame_state(package, evaluator, playing(package, "quay"), host_ns)
    sought = frame_state(package, evaluator, held(package, "quay", played.at_fl / at_fl(1)), 0)
    assert played == sought


def test_the_vehicle_follows_its_path(package: Package, evaluator: Evaluator) -> None:
    state = frame_state(package, evaluator, held(package, "quay", 9.0), 0)
    assert (state.path.y_m, state.path.heading_deg) == pytest.approx((4.0, 6.0))
    assert 0.1 < state.speed_mps < 1.0
    assert abs(state.motion.roll_deg) <= 1.0


def test_captions_by_language(package: Package, evaluator: Evaluator) -> None:
    transport = held(package, "quay", 2.0)
    english = frame_state(package, evaluator, transport, 0, language="en", second_language="zh").captions
    assert english[0].text == package.lines.line("quay_A1", "en")
    assert english[0].second_text == package.lines.line("quay_A1", "zh")
    assert english[0].azimuth_deg == 60.0
    spoken = Transport(segments=transport.segments, controls=(Controls(language=1),))
    assert frame_state(package, evaluator, spoken, 0).captions[0].text == package.lines.line("quay_A1", "zh")
    assert frame_state(package, evaluator, held(package, "quay", 4.2), 0).captions == ()


def test_nodes_move_by_track_and_by_reaction(package: Package, evaluator: Evaluator) -> None:
    assert frame_state(package, evaluator, held(package, "quay", 12.0), 0).nodes["gate"].z_m == pytest.approx(
        2.0
    )
    transport = playing(package, "quay")
    row = ReactionRow(0, package.scene_index["quay"], 0, -1, at_fl(10), fl_to_ns(at_fl(10)))
    touched = Transport(segments=transport.segments, reactions=(row,))
    gate = frame_state(package, evaluator, touched, fl_to_ns(at_fl(12))).nodes["gate"]
    assert gate.x_m == pytest.approx(1.0, abs=1e-3)
    assert gate.z_m == pytest.approx(2.0)


def test_motion_turned_down_is_shown_turned_down(package: Package, evaluator: Evaluator) -> None:
    transport = held(package, "quay", 1.4)
    full = frame_state(package, evaluator, transport, 0)
    still = Transport(segments=transport.segments, controls=(Controls(intensities=(0.0, *(1.0,) * 8)),))
    assert abs(full.motion.roll_deg) > 0.1
    assert frame_state(package, evaluator, still, 0).motion.roll_deg == 0.0


def test_before_the_start_there_is_nothing(package: Package, evaluator: Evaluator) -> None:
    assert frame_state(package, evaluator, Transport(), 0) == FrameState(-1)


def profiled(transport: Transport, seat: int, **wishes: object) -> Transport:
    row = SeatProfile(seat, 0, -(10**12), **wishes)  # type: ignore[arg-type]
    return Transport(segments=transport.segments, controls=transport.controls, profiles=(row,))


def test_a_guest_who_wants_it_still_sees_no_motion_and_the_neighbour_does(
    package: Package, evaluator: Evaluator
) -> None:
    transport = profiled(held(package, "quay", 1.4), 1, intensities=(0.0, *(1.0,) * 8), comfort=2)
    assert frame_state(package, evaluator, transport, 0, seat=1).motion.roll_deg == 0.0
    assert abs(frame_state(package, evaluator, transport, 0, seat=0).motion.roll_deg) > 0.1


def test_a_guests_language_is_hers_whatever_the_viewer_was_told(
    package: Package, evaluator: Evaluator
) -> None:
    transport = profiled(held(package, "quay", 2.0), 0, language=1)
    chinese = package.lines.line("quay_A1", "zh")
    english = package.lines.line("quay_A1", "en")
    assert frame_state(package, evaluator, transport, 0, language="en").captions[0].text == chinese
    assert frame_state(package, evaluator, transport, 0, seat=1, language="en").captions[0].text == english


def test_the_picture_narrows_for_a_gentle_guest_while_the_boat_goes(
    package: Package, evaluator: Evaluator
) -> None:
    run = playing(package, "quay")
    host_ns = fl_to_ns(at_fl(9.0))
    assert frame_state(package, evaluator, run, host_ns).vignette_ratio == 0.0
    # Half a metre a second is a walk: at four times the pace it is not.
    fast = Transport(segments=(replace(run.segments[0], rate_num=4),))
    now_ns = host_ns // 4
    gentle = frame_state(package, evaluator, profiled(fast, 0, comfort=1), now_ns).vignette_ratio
    still = frame_state(package, evaluator, profiled(fast, 0, comfort=2), now_ns).vignette_ratio
    assert 0.0 < gentle < still < 1.0


def luminance(state: FrameState, role: str) -> float:
    """Relative luminance of linear light (WCAG 2.2, as in IEC 61966-2-1)."""
    red, green, blue = state.values[role]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.fixture(scope="module")
def street() -> Package:
    return load_package(find_package("lantern_street"))


class TestPhotosensitive:
    """On the roles themselves, which are linear light in the picture."""

    def shown(self, street: Package, *, photosensitive: bool) -> list[float]:
        """The tower's light, 90 frames a second, under six strokes on the drum within a second."""
        writer = TransportWriter(LocalBlock())
        scene = street.scene_index["drum_tower"]
        writer.append(from_ns=0, scene=scene, at_fl=at_fl(40.0))
        strike = [reaction.id for reaction in street.scenes[scene].reactions].index("strike")
        for stroke in range(12):
            writer.react(scene=scene, reaction=strike, seat=-1, from_ns=2_000_000_000 + stroke * 166_666_667)
        writer.profile(0, from_ns=0, photosensitive=photosensitive)
        evaluator = Evaluator(street.scenes, street.roles)
        instants = [2_000_000_000 + number * 11_111_111 for number in range(180)]
        return [
            luminance(frame_state(street, evaluator, writer.transport, at_ns), "light.strike")
            for at_ns in instants
        ]

    def test_the_towers_drum_struck_six_times_a_second_does_not_flash(self, street: Package) -> None:
        plain = np.array(self.shown(street, photosensitive=False))
        calm = np.array(self.shown(street, photosensitive=True))
        largest = plain.max()
        assert flashes(plain / largest) > 3
        assert flashes(calm / largest) == 0
        assert calm.max() > 0.3 * largest  # it is still light

    def test_nothing_else_changes(self, package: Package, evaluator: Evaluator) -> None:
        run = playing(package, "quay")
        host_ns = fl_to_ns(at_fl(7.0))
        plain = frame_state(package, evaluator, run, host_ns)
        calm = frame_state(package, evaluator, profiled(run, 0, photosensitive=True), host_ns)
        assert replace(calm, values=plain.values) == plain
        room = frame_state(package, evaluator, profiled(run, 3, photosensitive=True), host_ns, seat=-1)
        assert room.values["light.hero"] == calm.values["light.hero"]
        assert plain == frame_state(package, evaluator, profiled(run, 3, photosensitive=True), host_ns)


def flashes(course: np.ndarray) -> int:
    """Pairs of opposing changes of 10 % or more within the busiest second, at 90 frames a second (WCAG 2.3.1)."""
    turns, low, high, rising = [], course[0], course[0], None
    for number, value in enumerate(course):
        low, high = min(low, value), max(high, value)
        if value - low >= 0.1 and rising is not True:
            rising, high = True, value
            turns.append(number)
        elif high - value >= 0.1 and rising is not False:
            rising, low = False, value
            turns.append(number)
        if rising is True and value >= high:
            low = value
        elif rising is False and value <= low:
            high = value
    return max((sum(1 for turn in turns if first <= turn < first + 90) // 2 for first in turns), default=0)
