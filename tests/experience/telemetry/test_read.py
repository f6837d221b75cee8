"""Motion logs as others write them, and what is wrong with them by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError, PackageError
from engine.experience.telemetry import FRAMES, Telemetry, parse_frame, read_telemetry
from engine.experience.telemetry.orientation import angles_of, matrices_of

G = 9.80665


def log(tmp_path: Path, text: str, frame: str = "", encoding: str = "utf-8") -> Telemetry:
    path = tmp_path / "ride.csv"
    path.write_bytes(text.encode(encoding))
    return read_telemetry(path, frame=frame)


def refused(tmp_path: Path, text: str, frame: str = "") -> list[tuple[int | None, str]]:
    with pytest.raises(PackageError) as caught:
        log(tmp_path, text, frame)
    return [
        (problem.place.line, problem.message)
        for problem in caught.value.problems
        if problem.severity == "error"
    ]


@pytest.mark.parametrize(
    ("head", "first", "frame"),
    [
        ("time [s],acc_x [m/s2],acc_y [m/s2],acc_z [m/s2],gyro_z [deg/s]", "{0.01},1,2,9.80665,30", ""),
        (
            "\ufefftime_ms;accX (g);accY (g);accZ (g);gyroZ (rad/s)",
            "{10};0,1019716;0,2039432;1;0,5235988",
            "",
        ),
        (
            "seconds_elapsed\taccelerometerX\taccelerometerY\taccelerometerZ\tgyroZ",
            "{0.01}\t2\t-1\t9.80665\t0.5235988",
            "iso8855 m/s2 rad/s",
        ),
        (
            '"Format","log"\n"Sample Rate","100","Hz"\n\n"Lap","G Force Lat","G Force Long","G Force Vert","Yaw Rate"\n'
            '"","G","G","G","deg/s"',
            '"1","0.1019716","0.2039432","1.0","30"',
            "",
        ),
        ("timestamp [ns],ax_g,ay_g,az_g,wz_dps", "170000000{10000000},.2039432,.1019716,-1,-30", "aircraft"),
        ("time,surge [m/s2],sway [m/s2],heave [m/s2],yaw_rate [deg/s]", "00:01:00.{01},2,1,9.80665,30", ""),
    ],
)
def test_the_same_ride_in_several_dialects(tmp_path: Path, head: str, first: str, frame: str) -> None:
    """The second row is the first but for its time, which stands in braces."""
    step = first[first.find("{") + 1 : first.find("}")] if "{" in first else ""
    zero = first.replace(f"{{{step}}}", "0" * len(step)) if step else first
    found = log(tmp_path, f"{head}\n{zero}\n{first.replace('{', '').replace('}', '')}\n", frame)
    np.testing.assert_allclose(found.times_s, [0.0, 0.01], atol=1e-9)
    assert found.force_mps2 is not None and found.turn_dps is not None and found.poses is None
    np.testing.assert_allclose(found.force_mps2, [[1.0, 2.0, G]] * 2, atol=1e-5)
    np.testing.assert_allclose(found.turn_dps, [[0.0, 0.0, 30.0]] * 2, atol=1e-4)
    assert found.rate_hz == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("frame", "roll", "pitch", "yaw"),
    # How a positive angle of each turns in the engine's: right side down, nose up, to the left.
    [
        ("engine", 1, 1, 1),
        ("iso8855", 1, -1, 1),
        ("aircraft", 1, 1, -1),
        ("openxr", -1, 1, 1),
        ("unity", -1, -1, -1),
        ("unreal", 1, 1, -1),
        ("iso8855 nose-up", 1, 1, 1),
    ],
)
def test_which_way_a_frame_turns(tmp_path: Path, frame: str, roll: int, pitch: int, yaw: int) -> None:
    # Left-handed axes of some programs are turned by the left hand, as their matrices have it.
    found = log(tmp_path, "time,roll [deg],pitch [deg],yaw [deg]\n0,1,2,3\n1,1,2,3\n", frame)
    assert found.poses is not None
    np.testing.assert_allclose(found.poses[0, 3:], [roll * 1, pitch * 2, yaw * 3])


@pytest.mark.parametrize("frame", sorted(FRAMES))
def test_a_quaternion_and_its_angular_rate_agree_in_every_frame(tmp_path: Path, frame: str) -> None:
    """A small turn about each of the log's axes: what the quaternion turned through is what the gyroscope counted."""
    head = "time,qw,qx,qy,qz,gyro_x [deg/s],gyro_y [deg/s],gyro_z [deg/s]\n"
    for axis in range(3):
        half = np.radians(0.05)
        part = [np.cos(half), 0.0, 0.0, 0.0]
        part[1 + axis] = np.sin(half)
        rate = ["10" if one == axis else "0" for one in range(3)]
        rows = [
            f"0,1,0,0,0,{','.join(rate)}",
            f"0.01,{','.join(map(repr, map(float, part)))},{','.join(rate)}",
        ]
        found = log(tmp_path, head + "\n".join(rows) + "\n", frame)
        assert found.poses is not None and found.turn_dps is not None
        turned = (found.poses[1, [4, 3, 5]] - found.poses[0, [4, 3, 5]]) / 0.01
        np.testing.assert_allclose(turned, found.turn_dps[0], atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.floats(-80, 80), st.floats(-179, 179), st.floats(-179, 179)))
def test_angles_come_back_from_their_matrix(angles: tuple[float, float, float]) -> None:
    from scipy.spatial.transform import Rotation

    given_deg = np.array([angles])
    turned = Rotation.from_matrix(matrices_of(given_deg))
    expected = Rotation.from_euler("ZXY", [angles[2], angles[0], angles[1]], degrees=True)
    np.testing.assert_allclose(turned.as_matrix()[0], expected.as_matrix(), atol=1e-12)
    x, y, z, w = turned.as_quat()[0]
    back, steep = angles_of(np.array([[w, x, y, z]]), np.eye(3))
    assert steep == 0
    np.testing.assert_allclose(back, given_deg, atol=1e-9)


def test_a_trajectory_of_a_tracker(tmp_path: Path) -> None:
    text = "# timestamp tx ty tz qx qy qz qw\n0 0 0 0 0 0 0 1\n1 1 2 3 0 0 0.70710678 0.70710678\n"
    found = log(tmp_path, text, "forward left up, m")
    assert found.poses is not None and found.force_mps2 is None
    np.testing.assert_allclose(found.poses[1], [1, -2, 3, 0, 0, 90], atol=1e-6)


def test_gravity_by_name_by_mean_and_by_attitude(tmp_path: Path) -> None:
    free = "time,linear_acceleration_y [m/s2],linear_acceleration_z [m/s2],pitch [deg]\n0,1,0,30\n1,1,0,30\n"
    found = log(tmp_path, free)
    assert found.force_mps2 is not None
    # Nose up leans the guest into the seat back: gravity's reaction points forward.
    np.testing.assert_allclose(found.force_mps2[0], [0, 1 + G / 2, G * np.sqrt(0.75)], atol=1e-9)
    found = log(tmp_path, "time,acc_y [g],acc_z [g]\n0,0.1,0.02\n1,0.1,-0.02\n")
    assert found.force_mps2 is not None
    np.testing.assert_allclose(found.force_mps2.mean(axis=0), [0, 0.1 * G, G])
    assert any("without gravity" in problem.message for problem in found.notices)
    hanging = "time,acc_y [g],acc_z [g]\n0,0.1,-1\n1,0.1,-1\n"
    assert "head down" in refused(tmp_path, hanging)[0][1]
    found = log(tmp_path, hanging, "inverted")
    assert found.force_mps2 is not None
    np.testing.assert_allclose(found.force_mps2[0], [0, -0.1 * G, G])


def test_what_is_mended_is_said_with_its_line(tmp_path: Path) -> None:
    text = (
        "time [s],heading [deg],x [m],note\n0,359,0,a\n0.1,,1,b\n0.1,1,3,b\n0.2,3,nan,c\n0.3,5,4,\n2.3,7,5,\n"
    )
    found = log(tmp_path, text)
    assert found.poses is not None
    np.testing.assert_allclose(found.times_s, [0, 0.1, 0.2, 0.3, 2.3])
    np.testing.assert_allclose(found.poses[:, 1], [0, 2, 3, 4, 5])
    np.testing.assert_allclose(np.diff(found.poses[:, 5]), -2.0)  # no jump at north
    said = {(problem.place.line, problem.message.split(" ")[0]) for problem in found.notices}
    assert {(1, "columns"), (4, "1"), (5, "'x"), (7, "2")} <= {(line, word) for line, word in said}
    assert all(problem.severity == "warning" for problem in found.notices)


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, "time,ax,gyro_x [deg/s],gyro_y [kg]\n0,1,2,3\nx,1,inf,3\n0.1,1,2,3\n")
    assert [line for line, _ in said] == [1, 1, 3, 3]
    assert "'ax' has no unit" in said[0][1] and "'kg'" in said[1][1]
    assert any("'inf' under 'gyro_x [deg/s]' is not finite" in text for _, text in said)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("time,x [m]\n0,0\n1,1\n0.5,2\n", 4, "time runs back by 0.5 s"),
        ("time,acc_x [g],acc_z [g]\n0,0,1\n1,981,1\n", 3, "9620.32 m/s2"),
        ("time,x [m],y [m]\n0,0,0\n1,,1\n2,,2\n3,1,3\n", 3, "missing for 3 s"),
        ("time,x [m],y [m]\n0,,0\n1,,1\n", 1, "no value in any row"),
        ("x [m],y [m]\n0,0\n", 1, "no column of time"),
        ("time,x [m],tx [m]\n0,0,0\n", 1, "the same quantity"),
        ("time,qw,qx,qy\n0,1,0,0\n", 1, "four parts"),
        ("time,x [m]\n", 1, "nothing below"),
        ("time,engine [rpm],gear\n0,1,2\n", None, ""),
    ],
)
def test_mistakes_by_line(tmp_path: Path, text: str, line: int | None, words: str) -> None:
    if line is None:
        with pytest.raises(InputError, match="names columns of a motion log"):
            log(tmp_path, text)
        return
    said = refused(tmp_path, text)
    assert any(at == line and words in message for at, message in said), said


@pytest.mark.parametrize(
    "frame", ["sideways", "forward left", "forward back up", "forward left up down", "iso8855 left"]
)
def test_frames_that_are_none(frame: str) -> None:
    with pytest.raises(InputError, match="frame"):
        parse_frame(frame)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_telemetry(tmp_path / "none.csv")
    (tmp_path / "b.csv").write_bytes(b"\x00\x01\x02" * 100)
    with pytest.raises(InputError, match="no text"):
        read_telemetry(tmp_path / "b.csv")
    found = log(tmp_path, "time;x [m];y [°]\n0;1,5;0\n1;2,5;0\n", encoding="utf-16")
    assert found.poses is not None and found.poses[1, 1] == 2.5


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='time,;acxyz[]m/s2g0123456789.-\n\t" inf', max_size=300))
def test_whatever_is_in_a_file_it_is_read_or_explained(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("log") / "a.csv"
    path.write_text("time [s],x [m]\n" + text, encoding="utf-8")
    try:
        found = read_telemetry(path)
    except InputError:
        return
    assert found.poses is not None and np.isfinite(found.poses).all()
    assert (np.diff(found.times_s) > 0.0).all()
