"""Videos: the frame on show is a function of the show's time, however it was reached."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from engine.experience.package import Package, load_package
from engine.render.frames import frame_state
from engine.render.live import VideoView
from engine.render.video import Film, Films, avi_tick_s
from engine.timeline.evaluate import Evaluator
from tests.render.avi import plain, write_avi
from tests.render.show import TEMPLATE, held
from tests.render.small_scene import Mesh, box, write_glb

FPS, COUNT = 10, 20
SCENE = """
duration: 10s
stage:
  model: models/hall.glb
  eye: [0, 0, 1.6]
  sky: {zenith: "#000000", horizon: "#000000", stars: 0, clouds: 0.0}
  fog: {density: 0.0, falloff: 0.1}
  ambient: {sky: [0, 0, 0], ground: [0, 0, 0], moon: [0, 0, 0]}
tracks:
  - kind: video
    file: video/count.avi
    node: screen
    cues: [{at: 1s, for: 1.5s}, {at: 3s, for: 6s, loop: true}]
  - {kind: video, file: video/broken.avi, node: lamp, cues: [{at: 0s, for: 9s}]}
"""


def counted(number: int) -> tuple[int, int, int]:
    """Colour of a frame: green falls, red rises."""
    return (10 + 12 * number, 250 - 12 * number, 40)


def number_of(film: Film) -> int:
    """Which frame a film shows."""
    pixels = np.frombuffer(film.texture.get_ram_image_as("RGB").get_data(), dtype=np.uint8).reshape(-1, 3)
    return round((float(pixels[:, 0].mean()) - 10.0) / 12.0)


def wanted(at_s: float) -> int:
    """Newest frame not later; the decoder never gives the last one."""
    return min(int(at_s * FPS + 1e-6), COUNT - 2)


@pytest.fixture(scope="module")
def film_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "count.avi"
    return write_avi(path, [plain(counted(number)) for number in range(COUNT)], fps=FPS)


@pytest.fixture
def film(film_path: Path) -> Film:
    Films(lambda _name: film_path, pytest.fail)  # sets the decoder up
    return Film(film_path)


def test_the_frame_follows_the_time_forwards(film: Film) -> None:
    for step in range(90):
        film.show(step / 40)
        assert number_of(film) == wanted(step / 40), step


def test_a_seek_shows_what_playing_shows(film: Film) -> None:
    order = random.Random(3)
    for _ in range(120):
        at_s = order.uniform(0.0, 2.6)
        film.show(at_s)
        assert number_of(film) == wanted(at_s), at_s


def test_a_loop_begins_again(film: Film) -> None:
    film.show(2.0 * 3 + 0.55, loop=True)
    assert number_of(film) == 5
    film.show(7.0)
    assert number_of(film) == COUNT - 2


def test_the_tick_is_that_of_the_file(film_path: Path, tmp_path: Path) -> None:
    assert avi_tick_s(film_path) == pytest.approx(1 / FPS)
    other = tmp_path / "other.mp4"
    other.write_bytes(b"\0\0\0\x20ftypisom")
    assert avi_tick_s(other) == 0.0


@pytest.mark.parametrize("content", [None, b"", b"no film at all", b"RIFF\x04\0\0\0AVI "])
def test_what_cannot_be_shown_is_said_once(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "video.avi"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="video"):
        Film(path)
    said: list[str] = []
    films = Films(lambda _name: path, said.append)
    for at_s in (0.0, 1.0):
        assert films.textures([VideoView("screen", "video.avi", at_s)]) == {}
    (line,) = said
    assert "'screen'" in line and "video.avi" in line


def screen_mesh() -> Mesh:
    """An upright wall 4 m ahead that fills the middle of the picture."""
    mesh = box((-3.0, 4.0, 0.0), (3.0, 4.1, 3.2), (255, 0, 255))
    low, high = mesh["vertex"].min(axis=0), mesh["vertex"].max(axis=0)
    mesh["uv"] = ((mesh["vertex"] - low) / (high - low))[:, (0, 2)]
    return mesh


@pytest.fixture(scope="module")
def cinema(tmp_path_factory: pytest.TempPathFactory) -> Package:
    folder = tmp_path_factory.mktemp("cinema") / "cinema"
    shutil.copytree(TEMPLATE, folder)
    for name in ("models", "video"):
        (folder / name).mkdir()
    lamp = box((-9.0, 4.0, 0.0), (-8.0, 4.5, 1.0), (90, 90, 90))
    nodes = {"screen": screen_mesh(), "lamp": lamp}
    write_glb(folder / "models" / "hall.glb", nodes, baked=False, emission=(0.6, 0.6, 0.6))
    frames = [plain(counted(number)) for number in range(COUNT)]
    for number in (4, 12):  # two halves, to see which way round the picture hangs
        frames[number][:, 24:] = 0
        frames[number][16:] = 0
    write_avi(folder / "video" / "count.avi", frames, fps=FPS)
    (folder / "video" / "broken.avi").write_bytes(b"nothing")
    (folder / "scenes" / "quay.yaml").write_text(SCENE, encoding="utf-8")
    manifest = (folder / "experience.yaml").read_text(encoding="utf-8")
    row = json.dumps({"source": "tests", "licence": "Apache-2.0", "made_by": "generator"})
    head, _, _tail = manifest.partition("assets:")
    rows = f'{head}assets: {{"models/*": {row}, "video/*": {row}}}\n'
    (folder / "experience.yaml").write_text(rows, encoding="utf-8")
    return load_package(folder)


def test_what_is_on_show_is_a_function_of_the_transport(cinema: Package) -> None:
    evaluator = Evaluator(cinema.scenes, cinema.roles)

    def views(seconds: float) -> dict[str, VideoView]:
        state = frame_state(cinema, evaluator, held(cinema, "quay", seconds), 0)
        return {view.node: view for view in state.videos}

    assert set(views(0.5)) == {"lamp"}
    assert views(1.25)["screen"] == VideoView("screen", "video/count.avi", 0.25, False)
    assert "screen" not in views(2.75)
    assert views(6.0)["screen"] == VideoView("screen", "video/count.avi", 3.0, True)


# In a process of its own: with three graphics contexts in one process, one of them closed, Panda3D 1.10 leaves
# textures of the third one black.
DRAW = """
import pathlib, sys
import numpy as np
from engine.experience.package import load_package
from engine.render.viewer import Viewer, ViewerOptions
from tests.render.show import held, playing

package = load_package(pathlib.Path(sys.argv[1]))
pictures = {}
with Viewer(package, ViewerOptions(size=(160, 90), headless=True, quality="test")) as viewer:
    for at in (0.5, 1.05, 2.35, 2.75, 3.05, 5.05, 1.45):
        viewer.draw(held(package, "quay", at), 0)
        pictures[f"held {at}"] = viewer.grab()
    for at in (1.0, 1.25, 1.75, 4.5, 3.5):
        viewer.draw(playing(package, "quay"), round(at * 1e9))
        pictures[f"played {at}"] = viewer.grab()
        viewer.draw(held(package, "quay", 8.0), 0)
        viewer.draw(held(package, "quay", at), 0)
        pictures[f"sought {at}"] = viewer.grab()
    print("\\n".join(viewer.notices))
np.savez(sys.argv[2], **pictures)
"""


@pytest.fixture(scope="module")
def drawn(cinema: Package, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, np.ndarray], str]:
    """Pictures by name, and what the viewer said."""
    path = tmp_path_factory.mktemp("drawn") / "pictures.npz"
    arguments = [sys.executable, "-c", DRAW, str(cinema.path), str(path)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    with np.load(path) as kept:
        return {name: kept[name].astype(int) for name in kept.files}, done.stdout


def test_the_screen_shows_the_film_and_its_own_look_without_one(
    drawn: tuple[dict[str, np.ndarray], str],
) -> None:
    middle = {name: picture[45, 80] for name, picture in drawn[0].items()}
    own = middle["held 0.5"]
    assert np.ptp(own) <= 2 and own[0] > 80  # the model's emission
    early, late = middle["held 1.05"], middle["held 2.35"]
    assert early[1] > early[0] + 60  # green
    assert late[0] > late[1]  # red rises
    assert middle["held 2.75"].tolist() == own.tolist()
    assert middle["held 3.05"].tolist() == early.tolist()  # the second cue begins anew
    assert middle["held 5.05"].tolist() == early.tolist()  # and goes round after two seconds
    (notice,) = drawn[1].splitlines()
    assert "broken.avi" in notice


def test_a_film_hangs_upright(drawn: tuple[dict[str, np.ndarray], str]) -> None:
    picture = drawn[0]["held 1.45"]  # frame 4: only the upper left quarter is not black
    assert picture[30, 60].max() > 60
    for row, column in ((30, 100), (60, 60), (60, 100)):
        assert picture[row, column].max() < 40


def test_playing_and_seeking_draw_the_same(drawn: tuple[dict[str, np.ndarray], str]) -> None:
    for at in (1.0, 1.25, 1.75, 4.5, 3.5):
        assert (drawn[0][f"played {at}"] == drawn[0][f"sought {at}"]).all()
