"""What a frame shows, from transport and package; no graphics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.experience.package import Package
from engine.render.frames import FrameState, frame_state
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
