"""Films of EA's IRIS and what it says of every frame: the rows it wrote against ours. Needs OpenCV and the films."""

from pathlib import Path

import pytest

from engine.safety.flash import FlashMeter, FlashResult, flat_screen
from engine.safety.flash.iris import IrisMeter, parse_iris_csv, read_iris_settings
from engine.safety.flash.video import video_frames, video_info
from tests.peer_data import peer_files

pytest.importorskip("cv2", reason="films are read by OpenCV: the extra 'video'")
pytestmark = pytest.mark.peer

FILMS = {"2Hz_5s": 25, "3Hz_6s": 149, "GradualRedIncrease": 24, "gray": 50}


def film(name: str) -> Path:
    return peer_files("flash", f"{name}.mp4")[0]


@pytest.mark.parametrize(("name", "frames"), FILMS.items())
def test_every_frame_is_judged_as_by_iris(name: str, frames: int) -> None:
    settings = read_iris_settings(peer_files("flash", "appsettings_test.json")[0])
    csv = peer_files("flash", f"{name}_RELATIVE.csv")[0]
    path = film(name)
    meter = IrisMeter(video_info(path).rate_hz, settings)
    ours = [meter.push(frame.bgr[..., ::-1]) for frame in video_frames(path)]
    theirs = parse_iris_csv(csv.read_bytes(), str(csv))
    assert len(ours) == frames
    # One of the films has a frame less here than it has rows there.
    assert len(theirs) - len(ours) in (0, 1)
    for mine, its in zip(ours, theirs, strict=False):
        assert (mine.frame, mine.luminance_transitions, mine.red_transitions) == (
            its.frame,
            its.luminance_transitions,
            its.red_transitions,
        )
        assert (mine.luminance_extended, mine.red_extended) == (its.luminance_extended, its.red_extended)
        assert (mine.luminance_result, mine.red_result) == (its.luminance_result, its.red_result)
        assert mine.luminance == pytest.approx(its.luminance, abs=1e-6)
        assert mine.luminance_area == pytest.approx(its.luminance_area, abs=1e-6)
        assert mine.luminance_run == pytest.approx(its.luminance_run, abs=2e-6)
        assert mine.red == pytest.approx(its.red, abs=2e-4)
        assert mine.red_area == pytest.approx(its.red_area, abs=1e-6)
        assert mine.red_run == pytest.approx(its.red_run, abs=4e-4)


@pytest.mark.parametrize(
    ("name", "result", "general"),
    [
        ("2Hz_5s", FlashResult.WARNING, 5),
        ("3Hz_6s", FlashResult.FAIL, 7),
        ("GradualRedIncrease", FlashResult.PASS, 0),
        ("gray", 0, 0),
    ],
)
def test_whole_screens_come_to_the_same_by_solid_angle(name: str, result: FlashResult, general: int) -> None:
    meter = FlashMeter(flat_screen(1.6, 0.9, 1.6), order="bgr")
    for frame in video_frames(film(name)):
        meter.push(frame.at_fl, frame.bgr)
    assert meter.summary().result == result
    assert meter.summary().general_transitions == general
