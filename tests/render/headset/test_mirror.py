"""The mirror drawn beside another picture in one graphics context, without a window: what it shows and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from panda3d.core import Texture

from engine.errors import OutputError
from engine.experience.bundled import find_shared
from engine.render.headset import mirror_still
from engine.render.headset.mirror import EyesPicture, Mirror, MirrorOptions
from engine.render.headset.mirror_draw import raw
from engine.render.headset.overlay import OverlayInfo
from engine.render.panels import load_font
from engine.render.stills import read_png
from engine.render.viewer import Viewer
from engine.time.clocks import ManualClock
from engine.xr.angles import turn_of_deg
from engine.xr.values import Fov, Quaternion

FOV = Fov(-0.785, 0.785, 0.785, -0.785)
SIDE_PX = 64
CLIP_PX = (96, 54)
NOW_NS = 5_000_000_000
SOON_NS = NOW_NS + 10**12
INFO = OverlayInfo()
Make = Callable[..., Mirror]


@pytest.fixture(scope="module")
def eyes() -> Texture:
    """Left eye red and brighter to the right, right eye blue, both greener upwards."""
    pixels = np.zeros((SIDE_PX, 2 * SIDE_PX, 4), dtype=np.uint8)
    ramp = np.linspace(0, 255, SIDE_PX).astype(np.uint8)
    pixels[:, :SIDE_PX, 2] = ramp[None, :]
    pixels[:, SIDE_PX:, 0] = 200
    pixels[:, :, 1] = ramp[:, None] // 2
    pixels[:, :, 3] = 255
    texture = Texture("eyes")
    texture.setup_2d_texture(2 * SIDE_PX, SIDE_PX, Texture.T_unsigned_byte, Texture.F_rgba8)
    texture.set_ram_image(pixels.tobytes())
    return texture


@pytest.fixture
def make(viewer: Viewer, tmp_path: Path) -> Iterator[Make]:
    made: list[Mirror] = []

    def one(**options: object) -> Mirror:
        chosen = {"folder": tmp_path, "clip_px": CLIP_PX, "size_px": CLIP_PX, "every": 1, **options}
        font = load_font(find_shared("assets/fonts/sensorama-caption.ttf"))
        mirror = Mirror(
            viewer._output,
            ManualClock(NOW_NS),
            MirrorOptions(**chosen),
            font,
            window=False,  # type: ignore[arg-type]
        )
        made.append(mirror)
        return mirror

    yield one
    for mirror in made:
        mirror.close()


def seen(eyes: Texture, head: Quaternion = (0.0, 0.0, 0.0, 1.0), at_ns: int = 0) -> EyesPicture:
    return EyesPicture(
        eyes, ((0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 0.5, 1.0)), (head, head), (FOV, FOV), head, at_ns
    )


def shown(mirror: Mirror) -> np.ndarray:
    picture = raw(mirror._clip_pixels, 0)
    assert picture is not None
    return picture.rgb().astype(int)


def test_it_shows_the_left_eye_cut_to_shape(make: Make, eyes: Texture) -> None:
    mirror = make()
    assert mirror.update(seen(eyes), INFO, SOON_NS)
    pixels = shown(mirror)
    assert pixels.shape == (CLIP_PX[1], CLIP_PX[0], 3)
    middle = pixels[27, 48]
    assert abs(middle[0] - 127) < 8 and middle[2] == 0
    # 80 % of the width are shown: the edges are at 10 and 90 % of the ramp; up is brighter.
    assert abs(pixels[27, 0, 0] - 26) < 8 and abs(pixels[27, 95, 0] - 229) < 8
    assert pixels[20, 90, 1] > pixels[50, 90, 1]


def test_both_eyes_stand_side_by_side(make: Make, eyes: Texture) -> None:
    mirror = make(eyes="both")
    mirror.update(seen(eyes), INFO, SOON_NS)
    pixels = shown(mirror)
    assert pixels[30, 24, 0] > 80 and pixels[30, 24, 2] == 0
    assert pixels[30, 72, 2] == 200 and pixels[30, 72, 0] == 0


def world(yaw_deg: float) -> Texture:
    """What both eyes of a head turned so see of a world that stands still: three codes of red to a degree of azimuth."""
    tangents = (2.0 * (np.arange(SIDE_PX) + 0.5) / SIDE_PX - 1.0) * np.tan(0.785)
    azimuth_deg = yaw_deg - np.degrees(np.arctan(tangents))
    pixels = np.zeros((SIDE_PX, 2 * SIDE_PX, 4), dtype=np.uint8)
    pixels[:, :, 2] = np.tile(np.clip(128 + 3.0 * azimuth_deg, 0, 255), 2)[None, :]
    texture = Texture("world")
    texture.setup_2d_texture(2 * SIDE_PX, SIDE_PX, Texture.T_unsigned_byte, Texture.F_rgba8)
    texture.set_ram_image(pixels.tobytes())
    return texture


@pytest.mark.parametrize(("steady_ns", "least", "most"), [(250_000_000, 0, 4), (0, 22, 26)])
def test_onlookers_see_next_to_nothing_of_a_shaken_head(
    make: Make, steady_ns: int, least: int, most: int
) -> None:
    mirror = make(steady_ns=steady_ns)
    codes = []
    for number, yaw_deg in enumerate((0.0, 4.0, 0.0, -4.0, 0.0, 4.0, 0.0, -4.0)):
        mirror._clip_ns = None
        mirror.update(seen(world(yaw_deg), turn_of_deg(yaw_deg), number * 11_000_000), INFO, SOON_NS)
        codes.append(int(shown(mirror)[40, 48, 0]))
    assert least <= max(codes) - min(codes) <= most, codes


def test_the_operators_lines_are_over_it(make: Make, eyes: Texture) -> None:
    mirror = make(clip_px=(480, 270))
    mirror.update(seen(eyes), OverlayInfo("hall", status="no headset"), SOON_NS)
    with_lines = shown(mirror)
    mirror._clip_ns = None
    mirror.update(seen(eyes), OverlayInfo("hall"), SOON_NS)
    apart = np.abs(with_lines - shown(mirror)).max(axis=2) > 20
    rows, columns = np.nonzero(apart)
    assert len(rows) and rows.max() < 60 and columns.max() < 240


def test_without_a_picture_it_is_black_below_the_lines(make: Make) -> None:
    mirror = make()
    assert mirror.update(None, INFO, SOON_NS)
    assert shown(mirror)[20:].max() == 0


def test_it_leaves_a_late_headset_alone(make: Make, eyes: Texture) -> None:
    mirror = make(at_least_ns=0)
    mirror.screenshot()
    assert not mirror.update(seen(eyes), INFO, NOW_NS)
    assert not mirror.update(seen(eyes), INFO, NOW_NS - 1)
    assert mirror.stats.skipped_late == 2 and mirror.stats.shown == 0
    mirror.close()
    assert mirror.said() == []  # nor was the screenshot begun


def test_the_other_outputs_rest_meanwhile_and_go_on_after(make: Make, eyes: Texture, viewer: Viewer) -> None:
    mirror = make()
    host = viewer._output.buffer
    before = viewer._pixels.get_image_modified()
    mirror.update(seen(eyes), INFO, SOON_NS)
    assert viewer._pixels.get_image_modified() == before
    assert host.is_active() and mirror._clip is not None and not mirror._clip.is_active()


def test_a_screenshot_has_every_pixel_of_both_eyes(
    make: Make, eyes: Texture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        mirror_still, "STRIP_BYTES", 4 * 2 * SIDE_PX * 10
    )  # ten rows a frame, the last strip has four
    mirror = make()
    mirror.screenshot()
    mirror.screenshot()  # asked for twice in a hurry: one picture
    for number in range(12):
        mirror.update(seen(eyes, at_ns=number), INFO, SOON_NS)
    mirror.close()
    assert f"still of the mirror: {tmp_path / 'mirror-still-001.png'}" in mirror.said()
    pixels = read_png((tmp_path / "mirror-still-001.png").read_bytes())
    drawn = np.frombuffer(eyes.get_ram_image().get_data(), dtype=np.uint8).reshape(SIDE_PX, 2 * SIDE_PX, 4)
    assert np.array_equal(pixels, drawn[::-1, :, 2::-1])
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_a_clip_is_what_was_mirrored(make: Make, eyes: Texture, tmp_path: Path) -> None:
    mirror = make()
    mirror.update(seen(eyes), INFO, SOON_NS)
    mirror.clip()
    mirror.update(seen(eyes), INFO, SOON_NS)
    mirror.close()
    assert mirror.said() == [f"clip of the mirror: {tmp_path / 'mirror-clip-001.avi'} (0.1 s)"]


def test_a_run_without_a_folder_keeps_nothing_and_says_so(make: Make, eyes: Texture) -> None:
    mirror = make(folder=None)
    mirror.screenshot()
    mirror.clip()
    assert not mirror.update(seen(eyes), INFO, SOON_NS)
    assert [line.split(":")[0] for line in mirror.said()] == ["no screenshot", "no clip"]


def test_closing_twice_and_using_it_after(make: Make, eyes: Texture) -> None:
    mirror = make()
    mirror.close()
    mirror.close()
    assert not mirror.update(seen(eyes), INFO, SOON_NS)
    assert mirror.window is None and not mirror.is_closed


def test_no_window_where_there_is_no_display(viewer: Viewer, eyes: Texture) -> None:
    if viewer._output.buffer.get_pipe().get_interface_name() != "EGL" and "EGL" not in viewer.notice:
        pytest.skip("this machine's off-screen pictures come from a window system")
    font = load_font(find_shared("assets/fonts/sensorama-caption.ttf"))
    with pytest.raises(OutputError, match=r"no mirror window beside .*headset.mirror to none"):
        Mirror(viewer._output, ManualClock(), MirrorOptions(), font)
