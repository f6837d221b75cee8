"""Films and sounds whose motion and beats are known: drafted with the right sign, size and time, marked, and never over anything."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.cli import main
from engine.errors import InputError, MissingExtra, UsageError
from engine.experience import load_package
from engine.safety.flash.video import VideoFrame
from engine.show.drafting.draft import DraftOptions, draft_motion, write_draft
from engine.show.drafting.film import follow
from engine.show.drafting.keys import played, simplified
from engine.show.drafting.seat import seat_course
from engine.show.drafting.sound import shape_of
from engine.show.drafting.values import CameraMotion
from engine.time.flicks import FLICKS_PER_SECOND

RATE_HZ = 25
SIZE = (320, 180)
FIELD_DEG = 60.0
FOCAL_PX = SIZE[0] / 2 / np.tan(np.radians(FIELD_DEG / 2))


def wall() -> np.ndarray:
    """A wall of blots, much larger than the picture."""
    cv2 = pytest.importorskip("cv2")
    rng = np.random.default_rng(4)
    coarse = rng.integers(0, 255, (60, 100), dtype=np.uint8)
    return np.asarray(
        cv2.GaussianBlur(cv2.resize(coarse, (1200, 720), interpolation=cv2.INTER_CUBIC), (0, 0), 2.0)
    )


def film(kind: str, per_s: float, seconds: float = 1.2) -> list[VideoFrame]:
    """A camera before the wall: pans, tilts or rolls by degrees a second, or comes nearer by a share a second."""
    cv2 = pytest.importorskip("cv2")
    picture, frames = wall(), []
    middle = (picture.shape[1] / 2, picture.shape[0] / 2)
    for number in range(round(seconds * RATE_HZ)):
        at_s = number / RATE_HZ
        middle_x, middle_y = middle
        lens = np.array([[FOCAL_PX, 0.0, middle_x], [0.0, FOCAL_PX, middle_y], [0.0, 0.0, 1.0]])
        if kind == "dolly":
            matrix = np.vstack(
                (cv2.getRotationMatrix2D(middle, 0.0, float(np.exp(per_s * at_s))), [0.0, 0.0, 1.0])
            )
        else:
            # x right, y down, z ahead: nose up is about x, to the left against y, right side down about z.
            about = {"pitch": (1.0, 0.0, 0.0), "yaw": (0.0, -1.0, 0.0), "roll": (0.0, 0.0, 1.0)}[kind]
            turn, _ = cv2.Rodrigues(np.array(about) * np.radians(per_s * at_s))
            matrix = lens @ turn.T @ np.linalg.inv(lens)
        turned = cv2.warpPerspective(
            picture, matrix, (picture.shape[1], picture.shape[0]), borderMode=cv2.BORDER_REFLECT
        )
        left, top = int(middle[0] - SIZE[0] / 2), int(middle[1] - SIZE[1] / 2)
        cut = turned[top : top + SIZE[1], left : left + SIZE[0]]
        frames.append(VideoFrame(round(at_s * FLICKS_PER_SECOND), np.repeat(cut[:, :, None], 3, axis=2)))
    return frames


@pytest.mark.parametrize(
    ("kind", "axis", "per_s", "off"),
    [("yaw", 5, 8.0, 0.1), ("pitch", 4, -6.0, 0.1), ("roll", 3, 15.0, 0.1), ("dolly", 0, 0.4, 0.1)],
)
def test_a_camera_is_followed_with_its_sign_and_size(kind: str, axis: int, per_s: float, off: float) -> None:
    found = follow(film(kind, per_s), field_deg=FIELD_DEG, name="film")
    inner = found.rates[3:-3]
    assert np.median(inner[:, axis]) == pytest.approx(per_s, rel=off)
    others = [other for other in (3, 4, 5) if other != axis]
    assert np.abs(np.median(inner[:, others], axis=0)).max() < 0.15 * max(abs(per_s), 2.0)
    assert found.trust.mean() > 0.8 and not found.cuts_s


def test_a_cut_is_no_motion() -> None:
    frames = film("yaw", 6.0, 0.8)
    second = film("roll", -10.0, 0.8)
    shift = frames[-1].at_fl + FLICKS_PER_SECOND // RATE_HZ
    shuffled = [VideoFrame(row.at_fl + shift, np.ascontiguousarray(row.bgr[::-1, ::-1])) for row in second]
    found = follow([*frames, *shuffled], field_deg=FIELD_DEG, name="film")
    assert len(found.cuts_s) == 1 and found.cuts_s[0] == pytest.approx(shift / FLICKS_PER_SECOND, abs=0.05)
    assert np.abs(found.rates[:, :3]).max() < 1.0


def test_a_seat_begins_with_the_camera_and_comes_back() -> None:
    times_s = np.arange(0.0, 8.0, 0.04)
    rates = np.zeros((len(times_s), 6))
    rates[50:100, 5] = 10.0
    camera = CameraMotion(times_s, rates, np.ones(len(times_s)), (), SIZE)
    at_s, poses = seat_course(camera, travel_m=0.05, tilt_deg=4.0)
    assert poses[:, 5].max() == pytest.approx(4.0) and not poses[:, :3].any()
    assert not poses[0].any() and not poses[-1].any()
    assert abs(poses[at_s < 1.7, 5]).max() < 0.1 < poses[at_s > 2.3, 5].max()


def beats(rate_hz: int = 44_100) -> tuple[np.ndarray, list[float]]:
    """Clicks at known times over a soft low swell."""
    at_s = [0.5, 1.0, 1.37, 2.2, 2.9]
    t = np.arange(int(3.5 * rate_hz)) / rate_hz
    sound = 0.2 * np.sin(2 * np.pi * 50 * t) * np.sin(np.pi * t / t[-1]) ** 2
    rng = np.random.default_rng(2)
    for at in at_s:
        rest = t - at
        sound += np.where(rest >= 0, 0.5 * np.exp(-np.clip(rest, 0, None) * 60), 0.0) * rng.standard_normal(
            len(t)
        )
    return sound, at_s


def test_beats_are_found_within_ten_milliseconds_and_the_low_band_is_followed() -> None:
    sound, at_s = beats()
    found = shape_of(sound, 44_100)
    assert len(found.onsets) == len(at_s)
    assert max(abs(one.at_s - at) for one, at in zip(found.onsets, at_s, strict=True)) <= 0.010
    assert found.hz == pytest.approx(50.0, abs=8.0)
    quiet = shape_of(np.zeros(44_100), 44_100)
    assert not quiet.onsets and not quiet.levels.any()


def test_few_keys_stay_as_near_as_they_say() -> None:
    times_s = np.arange(0.0, 6.0, 0.02)
    values = np.stack((np.sin(times_s), np.cos(2 * times_s)), axis=1)
    keys, errors = simplified(times_s, values, np.array([0.03, 0.03]))
    assert len(keys) < len(times_s) / 6 and errors.max() <= 0.03
    real = np.abs(played(times_s, times_s[keys], values[keys]) - values).max(axis=0)
    np.testing.assert_allclose(real, errors)


def test_a_draft_is_an_experience_that_checks_plays_and_says_who_made_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2 = pytest.importorskip("cv2")
    sound = tmp_path / "ride.wav"
    soundfile.write(sound, beats()[0], 44_100)
    clip = tmp_path / "ride.avi"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), RATE_HZ, SIZE)
    for frame in film("yaw", 8.0, 1.0):
        writer.write(frame.bgr)
    writer.release()
    out = tmp_path / "ride"
    assert main(["draft", "motion", str(clip), str(sound), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "3 machine-made tracks" in said and "times as fast" in said
    package = load_package(out)
    assert len(package.scenes[0].machine_made) == 3
    assert main(["check", str(out)]) == 0
    assert "machine" in capsys.readouterr().out
    with pytest.raises(UsageError, match="there already"):
        write_draft(draft_motion([sound]), [sound], out)
    again = draft_motion([clip, sound])
    assert again.tracks == draft_motion([clip, sound]).tracks


def test_what_cannot_be_drafted_from_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no such file"):
        draft_motion([tmp_path / "none.wav"])
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF")
    with pytest.raises(InputError, match="cannot be read"):
        draft_motion([bad])
    with pytest.raises(UsageError, match="1 mm to 1 m"):
        DraftOptions(travel_m=2.0)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtra, match="video"):
        follow([], field_deg=60.0, name="film.mp4")
