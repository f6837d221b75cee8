"""Frames drawn: the same instant gives the same picture, and the picture is the one we agreed on.

Reference frames hold for Mesa's llvmpipe only; on another renderer the comparison is left out and everything
else runs. Write them anew with `SENSORAMA_UPDATE_PICTURES=1 pytest tests/render/test_pictures.py` after
looking at them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.experience.package import Package
from engine.render.live import CaptionView, GazeEvent, HeadPose, LiveView, OptionView
from engine.render.stills import png_bytes, read_png
from engine.render.viewer import Viewer
from engine.time.flicks import fl_to_ns
from engine.time.segments import ReactionRow, Transport
from tests.render.show import at_fl, held, playing

DATA = Path(__file__).parent / "data"

# LLVM versions round differently: so many code values, on all but one pixel in two hundred.
TOLERANCE = 4
OUTLIERS = 0.005

CHOICE = LiveView(
    options=(
        OptionView("follow", "循着笛声", "Follow the flute", 0.6, azimuth_deg=13.0, elevation_deg=-11.0),
        OptionView("stay", "循着鼓声", "Follow the drum", azimuth_deg=-13.0, elevation_deg=-11.0),
    ),
    time_left_ratio=0.7,
    hint="Look at one",
)


def assert_like_reference(name: str, pixels: np.ndarray, viewer: Viewer, tmp_path: Path) -> None:
    path = DATA / f"{name}.png"
    if os.environ.get("SENSORAMA_UPDATE_PICTURES"):
        path.write_bytes(png_bytes(pixels))
    if "llvmpipe" not in viewer.renderer:
        return
    expected = read_png(path.read_bytes())
    apart = np.abs(pixels.astype(np.int16) - expected.astype(np.int16)).max(axis=2)
    if (apart > TOLERANCE).mean() > OUTLIERS:
        (tmp_path / f"{name}.png").write_bytes(png_bytes(pixels))
        shown = np.repeat(np.clip(apart * 8, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
        (tmp_path / f"{name}.difference.png").write_bytes(png_bytes(shown))
        pytest.fail(f"{(apart > TOLERANCE).mean():.2%} of pixels differ from {path.name}; see {tmp_path}")


def drawn(viewer: Viewer, transport: Transport, host_ns: int = 0, **more: object) -> np.ndarray:
    viewer.draw(transport, host_ns, **more)  # type: ignore[arg-type]
    return viewer.grab()


def test_continuous_integration_draws_on_llvmpipe(viewer: Viewer) -> None:
    """Otherwise the reference frames would silently never be compared."""
    if os.environ.get("CI"):
        assert "llvmpipe" in viewer.renderer
    assert viewer.renderer in viewer.notice
    assert "samples" in viewer.notice


def test_the_same_instant_is_the_same_picture_however_it_was_reached(
    viewer: Viewer, package: Package
) -> None:
    run = playing(package, "quay")
    for seconds in (0.0, 3.0, 6.5):
        drawn(viewer, run, fl_to_ns(at_fl(seconds)))
    played = drawn(viewer, run, fl_to_ns(at_fl(7.5)))
    drawn(viewer, held(package, "water", 5.0))
    sought = drawn(viewer, held(package, "quay", 7.5))
    assert int(np.abs(played.astype(np.int16) - sought.astype(np.int16)).max()) <= 1


def test_time_moves_the_picture(viewer: Viewer, package: Package) -> None:
    """Shader inputs must be taken anew each frame, which a slave clock does not do by itself."""
    early = drawn(viewer, held(package, "quay", 2.0)).astype(np.int16)
    late = drawn(viewer, held(package, "quay", 12.0)).astype(np.int16)
    assert np.abs(early - late).mean() > 3.0
    assert late.mean() < early.mean()  # the street went dark at 10 s


@pytest.mark.parametrize(
    ("name", "scene", "seconds", "more"),
    [
        ("canal_caption", "quay", 2.0, {}),
        ("canal_choice", "quay", 8.5, {"live": CHOICE}),
        ("canal_head_turned", "quay", 6.0, {"head": HeadPose(yaw_deg=40.0, pitch_deg=8.0, roll_deg=5.0)}),
        ("open_water", "water", 5.0, {}),
        ("dry_rain", "lamp", 6.0, {}),
    ],
)
def test_reference_frames(
    viewer: Viewer,
    package: Package,
    tmp_path: Path,
    name: str,
    scene: str,
    seconds: float,
    more: dict[str, object],
) -> None:
    assert_like_reference(name, drawn(viewer, held(package, scene, seconds), **more), viewer, tmp_path)


def test_the_picture_is_well_exposed(viewer: Viewer, package: Package) -> None:
    pixels = drawn(viewer, held(package, "quay", 6.0))
    luminance = pixels @ np.array([0.2126, 0.7152, 0.0722])
    assert 4 <= np.percentile(luminance, 0.1) <= 35  # no pure black
    assert (luminance > 250).mean() < 0.01
    assert (pixels[:, :, 2] > pixels[:, :, 0]).mean() > 1 / 3  # cool against the warm street


def test_a_dimmed_street_is_dimmed_on_its_lanterns_too(viewer: Viewer, package: Package) -> None:
    lit = drawn(viewer, held(package, "quay", 6.0)).astype(float)
    dark = drawn(viewer, held(package, "quay", 16.0)).astype(float)
    warm = lit[:, :, 0] - lit[:, :, 2] > 90
    assert warm.mean() > 0.002
    assert ((dark[:, :, 0] - dark[:, :, 2]) > 90).mean() < 0.25 * warm.mean()


def test_looking_at_things_is_reported(viewer: Viewer, package: Package) -> None:
    viewer.events.clear()
    transport = held(package, "quay", 8.5)
    viewer.draw(transport, 5, HeadPose(yaw_deg=13.0, pitch_deg=-11.0), CHOICE)
    viewer.draw(transport, 6, HeadPose(yaw_deg=13.0, pitch_deg=-11.0), CHOICE)
    viewer.draw(transport, 7, HeadPose(yaw_deg=70.0), CHOICE)
    gazes = [(e.host_ns, e.kind, e.name) for e in viewer.events if isinstance(e, GazeEvent)]
    assert gazes[-2:] == [(5, "option", "follow"), (7, "", "")]


def test_targets_ride_on_their_node(viewer: Viewer, package: Package) -> None:
    transport = held(package, "quay", 0.0)
    viewer.draw(transport, 0, HeadPose())
    assert viewer.hits((0.0, -0.12)) == ("target", "gate")  # the horizon lies below the middle
    viewer.draw(transport, 0, HeadPose(pitch_deg=-12.5))
    assert viewer.events[-1] is not None
    assert [e.name for e in viewer.events if isinstance(e, GazeEvent)][-1] == "bow"


def test_a_node_returns_when_nothing_moves_it(viewer: Viewer, package: Package) -> None:
    """The picture after a reaction is the picture without one."""
    transport = playing(package, "quay")
    row = ReactionRow(0, package.scene_index["quay"], 0, -1, at_fl(1.0), fl_to_ns(at_fl(1.0)))
    touched = Transport(segments=transport.segments, reactions=(row,))
    before = drawn(viewer, transport, fl_to_ns(at_fl(5.5)))
    during = drawn(viewer, touched, fl_to_ns(at_fl(3.0)))
    assert (during != drawn(viewer, transport, fl_to_ns(at_fl(3.0)))).any()
    drawn(viewer, touched, fl_to_ns(at_fl(3.0)))
    after = drawn(viewer, touched, fl_to_ns(at_fl(5.5)))
    assert int(np.abs(before.astype(np.int16) - after.astype(np.int16)).max()) <= 1


def test_a_message_from_the_operator_is_shown_and_a_veil_darkens(viewer: Viewer, package: Package) -> None:
    transport = held(package, "quay", 4.2)
    plain = drawn(viewer, transport)
    told = drawn(viewer, transport, live=LiveView(captions=(CaptionView("Please keep your hands inside"),)))
    assert (plain != told).any()
    veiled = drawn(viewer, transport, live=LiveView(veil_ratio=1.0))
    assert int(veiled.max()) <= 1


def test_nothing_to_show_is_black(viewer: Viewer) -> None:
    assert int(drawn(viewer, Transport()).max()) == 0


def test_preloading_makes_a_scene_ready(
    viewer: Viewer, package: Package, still_path: Callable[[], Path]
) -> None:
    number = package.scene_index["quay"]
    viewer.preload([number, 99])
    viewer.draw(held(package, "quay", 1.0), 0)
    assert viewer.ready([number])
    path = still_path()
    viewer.still(path)
    assert read_png(path.read_bytes()).shape == (180, 320, 3)


@pytest.fixture
def still_path(tmp_path: Path) -> Callable[[], Path]:
    return lambda: tmp_path / "still.png"
