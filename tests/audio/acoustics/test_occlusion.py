"""What stands in between, along paths: soft edges, ways around, courses that are pure functions and kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.audio.acoustics import cache, courses
from engine.audio.acoustics.courses import STEP_FL, Courses
from engine.audio.acoustics.occlusion import Sight, detours_m, heard_through, openness, screen_db
from engine.audio.acoustics.rays import Obstacles
from engine.audio.acoustics.triangles import block_triangles
from engine.audio.sounds import Pose
from engine.errors import InputError
from engine.timeline.acoustics import PLAIN, AcousticsSpec, BlockSpec, SoundSpace

S_FL = 705_600_000
WALL = BlockSpec((0.0, 10.0, 0.0), (8.0, 0.4, 6.0))
BEHIND = (0.0, 14.0, 0.0)


def walk(count: int = 161, reach_m: float = 12.0) -> np.ndarray:
    """From left to right in front of the wall."""
    x = np.linspace(-reach_m, reach_m, count)
    return np.stack((x, np.zeros(count), np.zeros(count)), axis=1)


def seen(loss_db: float = -30.0, reach_m: float = 20.0) -> tuple[np.ndarray, np.ndarray]:
    listener = walk(reach_m=reach_m)
    return heard_through(
        Obstacles(block_triangles(WALL)),
        np.broadcast_to(BEHIND, listener.shape) + 0.0,
        listener,
        loss_db,
        500.0,
    )


def test_a_wall_hides_softly_and_the_same_from_both_sides() -> None:
    listener = walk(reach_m=20.0)
    share = openness(
        Obstacles(block_triangles(WALL)), np.broadcast_to(BEHIND, listener.shape) + 0.0, listener
    )
    assert share[0] == share[-1] == 1.0 and share[80] == 0.0
    assert np.sum((share > 0.0) & (share < 1.0)) >= 6  # an edge of some width
    assert share == pytest.approx(share[::-1], abs=0.12)
    gain, octaves = seen()
    assert (
        gain[[0, -1]] == pytest.approx(1.0)
        and 20 * np.log10(gain[80]) < -13.0
        and 2.0 ** octaves[80] < 6000.0
    )
    assert np.max(np.abs(np.diff(20 * np.log10(gain)))) < 4.0  # dB a step of a tenth of a second


def test_nothing_in_between_is_nothing_done() -> None:
    listener = walk()
    gain, octaves = heard_through(
        Obstacles(np.zeros((0, 3, 3))), np.broadcast_to(BEHIND, listener.shape) + 0.0, listener, -30.0, 500.0
    )
    assert np.all(gain == 1.0) and octaves == pytest.approx(np.log2(24_000.0))


def test_a_source_over_the_ground_is_not_half_hidden_by_it() -> None:
    ground = Obstacles(block_triangles(BlockSpec((0.0, 0.0, -0.5), (200.0, 200.0, 1.0))))
    source = np.array([[0.0, 8.0, 0.05]])
    assert openness(ground, source, np.array([[0.0, 0.0, 1.6]]))[0] == 1.0


def test_what_sounds_is_not_hidden_by_itself() -> None:
    door = Obstacles(block_triangles(BlockSpec(BEHIND, (1.0, 0.1, 2.0))))
    assert openness(door, np.array([BEHIND]), np.zeros((1, 3)))[0] == 1.0
    assert openness(door, np.array([[0.0, 14.6, 0.0]]), np.zeros((1, 3)))[0] < 0.3


def test_the_detour_is_the_way_over_the_edge() -> None:
    """Over the wall's side, 4 m from the middle: rays find a corner no nearer than it and no more than a step of their rings beyond."""
    found = float(detours_m(Obstacles(block_triangles(WALL)), np.array([BEHIND]), np.zeros((1, 3)))[0])
    # The nearest free corner lies over the top, 3 m up: 4.2 and 10.2 m to go to its edges.
    shortest = np.hypot(4.2, 3.0) + np.hypot(9.8, 3.0) - 14.0
    assert shortest < found < 4.0 * shortest
    closed = np.concatenate([block_triangles(BlockSpec((0.0, 14.0, 0.0), (2.0, 2.0, 2.0)))])
    assert np.isinf(detours_m(Obstacles(closed), np.array([BEHIND]), np.zeros((1, 3)))[0])


def test_a_screen_takes_what_maekawa_measured() -> None:
    detour = np.array([0.0, 343.2 / 2000.0, 10.0, np.inf])  # Fresnel numbers at 1 kHz: 0, 1, 58
    level_db = screen_db(detour, [1000.0])[:, 0]
    assert level_db[:3] == pytest.approx([-5.0, -13.1, -25.0], abs=0.1) and level_db[3] < -80.0
    assert np.all(np.diff(screen_db(np.array([0.3]))[0]) < 0.0)  # high octaves go around corners worse


def test_what_comes_through_is_the_authors() -> None:
    everywhere = block_triangles(BlockSpec((0.0, 14.0, 0.0), (2.0, 2.0, 2.0)))
    listener = walk(20)
    gain, octaves = heard_through(
        Obstacles(everywhere), np.broadcast_to(BEHIND, listener.shape) + 0.0, listener, -18.0, 500.0
    )
    assert 20 * np.log10(gain) == pytest.approx(np.full(20, -18.0), abs=0.5)
    assert 2.0**octaves == pytest.approx(np.full(20, 500.0), rel=0.1)


def test_a_sight_glides_between_its_steps_and_holds_at_its_ends() -> None:
    sight = Sight(STEP_FL, (1.0, 0.5, 0.1), (14.0, 12.0, 10.0))
    assert sight(-5) == sight(0) == (1.0, 2.0**14)
    assert sight(STEP_FL // 2) == pytest.approx((0.75, 2.0**13))
    assert sight(99 * STEP_FL) == (0.1, 2.0**10)


# ---- courses of a scene


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SENSORAMA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "acoustics"


def pose(at_fl: int) -> Pose:
    """Two metres a second, left to right."""
    return Pose(-10.0 + 2.0 * at_fl / S_FL, 0.0, 0.0, 0.0)


def of_scene(**spec: object) -> Courses:
    return Courses(AcousticsSpec(blocks=(WALL,), **spec), [], pose, 10 * S_FL)  # type: ignore[arg-type]


def still(_: int) -> tuple[float, float, float]:
    return BEHIND


def test_a_course_follows_scene_time(kept: Path) -> None:
    sight, nearest_m = of_scene().of(PLAIN, still, 0, 10 * S_FL, rides=False)
    assert sight is not None and nearest_m == 0.0
    assert sight(5 * S_FL)[0] < 0.3 < sight(0)[0]
    assert len(list(kept.glob("*.npz"))) == 1


def test_a_sound_late_in_the_scene_is_computed_where_it_sounds(kept: Path) -> None:
    whole, _ = of_scene().of(PLAIN, still, 0, 10 * S_FL, rides=False)
    part, _ = of_scene().of(PLAIN, still, 4 * S_FL, 6 * S_FL, rides=False)
    assert whole is not None and part is not None
    for at in (4.5, 5.0, 5.5):
        assert part(round(at * S_FL)) == pytest.approx(whole(round(at * S_FL)), rel=0.02)


def test_it_is_kept_on_disk_and_read_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = of_scene().of(PLAIN, still, 0, 10 * S_FL, rides=False)

    def never(*_: object) -> None:
        raise AssertionError("computed twice")

    with monkeypatch.context() as patch:
        patch.setattr(courses, "heard_through", never)
        again, _ = of_scene().of(PLAIN, still, 0, 10 * S_FL, rides=False)
        assert again == first or (again is not None and first is not None and again.gain == first.gain)
        with pytest.raises(AssertionError, match="twice"):
            of_scene(loss_db=-20.0).of(PLAIN, still, 0, 10 * S_FL, rides=False)
    (file,) = kept.glob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    mended, _ = of_scene().of(PLAIN, still, 0, 10 * S_FL, rides=False)
    assert mended is not None and first is not None and mended.gain == first.gain
    assert cache.load(file.stem) is not None


def test_a_folder_that_cannot_be_written_to_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SENSORAMA_CACHE", str(tmp_path / "file"))
    assert of_scene().of(PLAIN, still, 0, 10 * S_FL, rides=False)[0] is not None
    assert not cache.save("x", np.ones(2), np.ones(2))


def moving(at_fl: int) -> tuple[float, float, float]:
    return 1.0, 14.0 - 2.0 * at_fl / S_FL, 0.0


@pytest.mark.parametrize(
    ("place", "at_fl", "rides", "space", "has"),
    [
        (still, None, False, PLAIN, True),  # a reaction's, which may come at any time
        (moving, None, False, PLAIN, False),  # where that one is depends on when
        (moving, 0, False, PLAIN, True),
        (still, 0, True, PLAIN, False),
        (still, 0, False, SoundSpace(occlude=False), False),
        (lambda _: (-10.0, 3.0, 0.0), 0, False, PLAIN, False),  # nothing ever in between
    ],
)
def test_who_is_hidden(
    kept: Path,
    place: Callable[[int], tuple[float, float, float]],
    at_fl: int | None,
    rides: bool,
    space: SoundSpace,
    has: bool,
) -> None:
    sight, _ = of_scene().of(space, place, at_fl, 10 * S_FL, rides=rides)
    assert (sight is not None) == has


def test_the_nearest_is_found_where_doppler_asks() -> None:
    open_air = Courses(None, [], pose, 10 * S_FL)
    doppler = SoundSpace(doppler="pitch")
    assert open_air.of(doppler, lambda _: (0.0, 3.0, 4.0), 0, 10 * S_FL, rides=False) == (
        None,
        pytest.approx(5.0),
    )
    assert open_air.of(doppler, moving, 0, 7 * S_FL, rides=False)[1] == pytest.approx(4.5**0.5, abs=0.01)
    assert open_air.of(doppler, lambda fl: (3.0 - fl / S_FL, 4.0, 0.0), 0, 5 * S_FL, rides=True)[
        1
    ] == pytest.approx(4.0, abs=0.01)


def test_a_model_that_is_not_there_is_said(tmp_path: Path) -> None:
    lost = Courses(AcousticsSpec(occluders=("wall",)), [tmp_path / "no.glb"], pose, S_FL)
    with pytest.raises(InputError, match=r"no\.glb"):
        lost.of(PLAIN, still, 0, S_FL, rides=False)
