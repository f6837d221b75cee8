"""A package meets a rig: derived motion becomes channels that every follower evaluates."""

from __future__ import annotations

from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import pytest

from engine.errors import PackageError
from engine.experience.motion_fit import excesses
from engine.experience.package import Package, load_package
from engine.experience.resolve import resolve
from engine.experience.rig import Rig, load_rig
from engine.motion.cueing import apply, cache
from engine.motion.cueing.apply import fit_problems, fitted, motion_fits
from engine.motion.cueing.fit import excess
from engine.motion.cueing.plot import draw_fit, plots_of
from engine.motion.cueing.spline import sampled
from engine.motion.cueing.values import Workspace
from engine.motion.cueing.workspace import NOMINAL, room_left, workspace_of
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.segments import Controls
from engine.timeline.evaluate import Evaluator
from engine.units import MODALITIES
from tests.experience.packages import good_package, replace
from tests.motion.cueing.cases import hexapod

STOP_AND_GO = "keys: [[0s, [0, 6, 0]], [3s, [0, 9, 0]], [5s, [0, 9, 0]], [12s, [2, 20, 0.5], -20deg]]"
CALM = "shape: cubic, keys: [[0s, [0, 6, 0], 0deg], [12s, [0, 12, 0], 0deg]]"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(autouse=True)
def cached(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's; what one test has fitted the next need not."""
    monkeypatch.setenv("SENSORAMA_CACHE", str(shared / "cache"))


@pytest.fixture
def own_cache(tmp_path: Path, cached: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SENSORAMA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cueing"


@pytest.fixture(scope="module")
def loaded(shared: Path) -> Package:
    """A package whose last scene's seats follow the ride."""
    return package(shared)


@pytest.fixture(scope="module")
def rig() -> Rig:
    return load_rig("cinema4d")


def package(tmp_path: Path, track: str = "from: path", scene: str = "lamp") -> Package:
    folder = good_package(tmp_path)
    replace("scenes/lamp.yaml", CALM, STOP_AND_GO)(folder)
    text = f"tracks:\n  - {{role: seat.motion, kind: motion, {track}}}\n"
    replace(f"scenes/{scene}.yaml", "tracks:\n", text)(folder)
    return load_package(folder, hashed=False)


def poses_of(found: Package, scene: str, at_fl: np.ndarray) -> np.ndarray:
    program = found.scene(scene)
    role = found.roles.index("seat.motion")
    values, poses = program.bank.evaluate_many(at_fl), np.zeros((len(at_fl), 6))
    for row in program.contributions:
        if row.role == role:
            poses[:, row.components] += values[:, row.channels]
    return poses


def test_a_ride_becomes_channels_and_nothing_else_changes(loaded: Package, rig: Rig) -> None:
    found = fitted(loaded, rig)
    before, after = loaded.scene("lamp"), found.scene("lamp")
    assert before.derived and not after.derived
    assert after.bank.channels > before.bank.channels
    assert after.contributions[: len(before.contributions)] == before.contributions
    at_fl = np.arange(0, 12 * FLICKS_PER_SECOND, FLICKS_PER_SECOND // 7)
    np.testing.assert_array_equal(
        after.bank.evaluate_many(at_fl)[:, : before.bank.channels], before.bank.evaluate_many(at_fl)
    )
    assert found.scene("quay") is loaded.scene("quay")
    assert fitted(found, rig) is found


def test_the_channels_are_the_fitted_spline_at_every_instant(loaded: Package, rig: Rig) -> None:
    (row,) = motion_fits(loaded, rig)
    exact, _, _ = sampled(row.fitted.control, row.fitted.rate_hz, 4)
    at_fl = np.arange(len(exact), dtype=np.int64) * (FLICKS_PER_SECOND // 200)
    drawn = poses_of(loaded, "lamp", at_fl)
    np.testing.assert_allclose(poses_of(fitted(loaded, rig), "lamp", at_fl) - drawn, exact, atol=1e-12)


def test_drawn_and_derived_together_keep_every_range_and_speed(tmp_path: Path, rig: Rig) -> None:
    found = fitted(package(tmp_path, "from: path, gain: 4"), rig)
    assert not list(excesses(found.scene("lamp"), found.roles, rig, resolve(rig, found.roles)))
    poses = poses_of(found, "lamp", np.arange(0, 12 * FLICKS_PER_SECOND, FLICKS_PER_SECOND // 50))
    assert np.abs(poses[:, 4]).max() > 3.0


def test_the_same_bits_from_the_cache_and_anew(loaded: Package, rig: Rig, own_cache: Path) -> None:
    anew = fitted(loaded, rig).scene("lamp").bank.coef
    (file,) = own_cache.glob("*.npz")
    stamp = file.stat().st_mtime_ns
    np.testing.assert_array_equal(fitted(loaded, rig).scene("lamp").bank.coef, anew)
    assert file.stat().st_mtime_ns == stamp
    file.write_bytes(b"not a course")
    np.testing.assert_array_equal(fitted(loaded, rig).scene("lamp").bank.coef, anew)
    assert file.stat().st_size > 1000


def test_a_course_in_the_cache_that_breaks_a_limit_is_not_believed(
    loaded: Package, rig: Rig, own_cache: Path
) -> None:
    anew = fitted(loaded, rig).scene("lamp").bank.coef
    (file,) = own_cache.glob("*.npz")
    (row,) = motion_fits(loaded, rig)
    cache.save(file.stem, changed(row.fitted, control=row.fitted.control * 50.0))
    np.testing.assert_array_equal(fitted(loaded, rig).scene("lamp").bank.coef, anew)


def test_a_cache_that_cannot_be_written_costs_only_time(
    loaded: Package, tmp_path: Path, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    anew = fitted(loaded, rig).scene("lamp").bank.coef
    monkeypatch.setenv("SENSORAMA_CACHE", str(blocked))
    np.testing.assert_array_equal(fitted(loaded, rig).scene("lamp").bank.coef, anew)


def test_another_seat_another_course(loaded: Package, rig: Rig, own_cache: Path) -> None:
    fitted(loaded, rig)
    narrow = changed(rig, devices=tuple(_halved(device) for device in rig.devices))
    fitted(loaded, narrow)
    assert len(list(own_cache.glob("*.npz"))) == 2
    low, _ = workspace_of(narrow, resolve(narrow, loaded.roles), "seat.motion")
    for row in motion_fits(loaded, narrow):
        assert excess(row.fitted.control, low) <= 1.0


def _halved(device, axes=("heave", "pitch")):  # type: ignore[no-untyped-def]
    limits = {
        axis: changed(limit, low=limit.low / 2, high=limit.high / 2) if axis in axes else limit
        for axis, limit in device.limits.items()
    }
    return changed(device, limits=limits)


def test_the_narrowest_seat_decides(loaded: Package, rig: Rig) -> None:
    roles = loaded.roles
    devices = tuple(_halved(device) if device.name == "seat_b" else device for device in rig.devices)
    found, platforms = workspace_of(changed(rig, devices=devices), resolve(rig, roles), "seat.motion")
    assert found.high[2] == pytest.approx(0.025)
    assert found.high[3] == pytest.approx(8.0)
    assert platforms == ()
    assert found.head_m == tuple(-x for x in rig.seats[0].pivot_m)


def test_a_role_that_no_seat_plays_is_fitted_to_a_nominal_one(loaded: Package, rig: Rig) -> None:
    roles = loaded.roles
    without = changed(rig, devices=tuple(d for d in rig.devices if not d.name.startswith("seat_")))
    unbound = resolve(rig, roles, unavailable=("seat_a", "seat_b"))
    assert workspace_of(without, unbound, "seat.motion") == (NOMINAL, ())


def test_actuators_count_where_a_rig_has_them(tmp_path: Path, rig: Rig) -> None:
    loaded = package(tmp_path, "from: path, gain: 4")
    devices = tuple(
        changed(device, platform=hexapod()) if device.name.startswith("seat_") else device
        for device in rig.devices
    )
    legged = changed(rig, devices=devices)
    workspace, platforms = workspace_of(legged, resolve(legged, loaded.roles), "seat.motion")
    assert len(platforms) == 1
    assert len(workspace.legs[0].home) == 6
    for row in motion_fits(loaded, legged):
        poses, velocity, acceleration = sampled(row.fitted.control, row.fitted.rate_hz, 8)
        legs = platforms[0].legs(poses)
        assert (legs >= platforms[0].low).all() and (legs <= platforms[0].high).all()
        speed, bend = platforms[0].rates(poses, velocity, acceleration)
        assert (np.abs(speed) <= platforms[0].velocity).all()
        assert (np.abs(bend) <= platforms[0].acceleration).all()


def test_the_ride_is_felt_as_asked(loaded: Package, rig: Rig) -> None:
    (row,) = motion_fits(loaded, rig)
    print(f"felt error {row.error.over_rms:.3f} thresholds, standing still {row.standing.over_rms:.3f}")
    assert row.error.over_rms < 0.5 * row.standing.over_rms
    assert (row.scene, row.reaction, row.role, row.cueing) == ("lamp", "", "seat.motion", "fit")


@pytest.mark.parametrize("cueing", ["washout", "pose"])
def test_other_cueing_keeps_the_limits_too(tmp_path: Path, rig: Rig, cueing: str) -> None:
    loaded = package(tmp_path, f"from: path, cueing: {cueing}, gain: {{force: 3, turn: 3}}")
    found = fitted(loaded, rig)
    assert not list(excesses(found.scene("lamp"), found.roles, rig, resolve(rig, found.roles)))
    (row,) = motion_fits(loaded, rig)
    assert row.cueing == cueing
    assert row.fitted.control.any() == (cueing == "washout")  # the path has neither pitch nor roll


def test_intensity_scales_and_does_not_retime(loaded: Package, rig: Rig) -> None:
    found = fitted(loaded, rig)
    evaluator = Evaluator(found.scenes, found.roles)
    where = found.roles.slice_of("seat.motion")
    half = Controls(intensities=tuple(0.5 if name == "motion" else 1.0 for name in MODALITIES))
    for at_s in (0.5, 3.2, 7.77):
        state = evaluator.levels_at(found.scene_index["lamp"], round(at_s * FLICKS_PER_SECOND))
        np.testing.assert_allclose(evaluator.controlled(state, half)[where], 0.5 * state[where])


def test_a_hold_is_left_and_entered_at_home(tmp_path: Path, rig: Rig) -> None:
    folder = good_package(tmp_path)
    replace(
        "scenes/quay.yaml", "  leave: commit\n", "  leave: commit\n  hold: {from: 9s, to: 12s, laps: 2}\n"
    )(folder)
    replace("scenes/quay.yaml", "shape: cubic, keys: [[0s, [0, 0, 0], 0deg], [18s, [0, 6, 0], 0deg]]",
            "keys: [[0s, [0, 0, 0]], [8s, [0, 9, 0]], [10s, [1, 20, 0]], [11s, [0, 21, 0]], [18s, [0, 30, 0]]]")(folder)  # fmt: skip
    replace("scenes/quay.yaml", "tracks:\n", "tracks:\n  - {role: seat.motion, kind: motion, from: path}\n")(
        folder
    )
    loaded = load_package(folder, hashed=False)
    rows = list(motion_fits(loaded, rig))
    assert [row.from_fl / FLICKS_PER_SECOND for row in rows] == [0.0, 9.0, 12.0]
    at_fl = np.array([0, 9, 12, 18]) * FLICKS_PER_SECOND
    derived = poses_of(fitted(loaded, rig), "quay", at_fl) - poses_of(loaded, "quay", at_fl)
    np.testing.assert_allclose(derived, 0.0, atol=1e-12)


def test_replacing_leaves_nothing_of_what_was_drawn_and_rests_outside(tmp_path: Path, rig: Rig) -> None:
    found = fitted(package(tmp_path, "from: path, mix: replace, at: 2s, for: 6s"), rig)
    program = found.scene("lamp")
    replacing = program.contributions[-1]
    assert replacing.mix == "replace"
    assert replacing.components == (0, 1, 2, 3, 4, 5)
    values = program.bank.evaluate_many(np.array([1, 5, 9]) * FLICKS_PER_SECOND)[:, list(replacing.channels)]
    assert not values[[0, 2]].any()
    assert values[1].any()


def test_several_derived_motions_share_the_room(tmp_path: Path, rig: Rig) -> None:
    loaded = package(
        tmp_path, "from: path, gain: 4}\n  - {role: seat.motion, kind: motion, from: path, gain: 4"
    )
    assert len(loaded.scene("lamp").derived) == 2
    found = fitted(loaded, rig)
    assert not list(excesses(found.scene("lamp"), found.roles, rig, resolve(rig, found.roles)))


def test_where_drawing_leaves_no_room_nothing_is_fitted(loaded: Package) -> None:
    program = loaded.scene("lamp")
    tight = Workspace((-0.005,) * 6, (0.005,) * 6, (1.0,) * 6, (1.0,) * 6, (1.0,) * 6)
    left = room_left(tight, program, 0)  # drawn: heave by 6 mm, roll by 0.6 deg
    assert (left.low[2], left.high[2]) == (0.0, 0.0)
    assert 2 not in left.moving and 3 not in left.moving and 0 in left.moving


def test_check_hears_of_motion_that_the_seats_hardly_give(loaded: Package, tmp_path: Path, rig: Rig) -> None:
    assert fit_problems(loaded, rig) == []
    wild = package(tmp_path / "wild", "from: path, smooth: 0s, gain: {force: 4, turn: 0}")
    fixed = changed(rig, devices=tuple(_still(device) for device in rig.devices))
    (problem,) = fit_problems(wild, fixed)
    assert problem.severity == "warning"
    assert "can hardly give" in str(problem)
    assert problem.place.path.endswith("lamp.yaml") and problem.place.line == 11


def _still(device):  # type: ignore[no-untyped-def]
    limits = {
        axis: changed(limit, low=limit.low / 500, high=limit.high / 500)
        for axis, limit in device.limits.items()
    }
    return changed(device, limits=limits)


def test_a_package_without_any_is_given_back(tmp_path: Path, rig: Rig) -> None:
    loaded = load_package(good_package(tmp_path), hashed=False)
    assert fitted(loaded, rig) is loaded
    assert list(motion_fits(loaded, rig)) == []
    assert not apply.has_derived(loaded)


def test_plots_have_all_there_is_and_draw(loaded: Package, rig: Rig) -> None:
    rows = list(motion_fits(loaded, rig))
    six = plots_of(rows[0])
    assert [plot.label for plot in six] == ["right", "forward", "up", "pitch", "roll", "yaw"]
    assert (
        len({len(array) for plot in six for array in (plot.times_s, plot.wanted, plot.given, plot.error)})
        == 1
    )
    assert six[1].wanted.max() > 0.5
    for locale, word in (("en", "felt error"), ("zh", "可感误差"), ("fr", "felt error")):
        svg = draw_fit(rows, locale)
        assert word in svg
        assert svg.count("<polyline") % 3 == 0
        assert "nan" not in svg
        assert "lamp · seat.motion" in svg


@pytest.mark.parametrize(
    ("track", "says"),
    [
        ("from: path, cues: [{at: 0s, set: {heave: 1mm}}]", "not both"),
        ("cues: [], cueing: fit", "only beside `from`"),
        ("cueing: fit", "only beside `from`"),
        ("from: path, mix: max", "has no meaning"),
        ("from: path, gain: -1", "0"),
        ("from: path, at: 20s", "begins at 00:00:20"),
        ("from: {telemetry: data/none.csv}", "data/none.csv"),
    ],
)
def test_mistakes_in_a_track_say_what_to_write(tmp_path: Path, track: str, says: str) -> None:
    with pytest.raises(PackageError) as caught:
        package(tmp_path, track)
    assert says in str(caught.value)
    assert "lamp.yaml:" in str(caught.value)
