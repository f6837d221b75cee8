"""A guest who rides: show, bus, seat poses in shared memory, viewer, headset and a real runtime, in real time.

The seat rolls by 6 degrees, which carries an eye 0.9 m above its pivot 94 mm to either side. The runtime's head is set to where the eye
then is, as a tracked headset on that seat would be; in the seat, nobody has moved.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.motion.seat_poses import BLOCK_SIZE, SeatPoseBlock
from engine.motion.seat_predictor import SeatPredictor
from engine.time.clocks import MonotonicClock
from engine.xr.compensation import seat_motion
from engine.xr.poses import composed
from engine.xr.track_files import read_track
from engine.xr.values import Pose
from tests.monado.remote import Remote
from tests.monado.service import Service
from tests.monado.test_viewer import Play, play

__all__ = ["play"]  # the fixture, brought here by its name

pytestmark = pytest.mark.monado

_MS = 1_000_000
_NAME = "rocking_seat"
_AHEAD_NS = 30 * _MS
"""From when the runtime is asked to when the frame is seen, about: what is off here by 10 ms is 1.2 mm."""
_RIG = f"""
sensorama_rig: 1
name: {{en: a rocking seat}}
seats: {{a: {{}}}}
devices:
  {_NAME}:
    driver: openmotion
    seat: a
    rate_hz: 200
    latency: {{dead: 30ms, lag: 40ms}}
    limits:
      roll: {{range: [-10deg, 10deg], velocity: 20deg/s, acceleration: 120deg/s2, jerk: 1500deg/s3}}
    settings: {{axes: [roll]}}
roles:
  seat.motion: [{{device: {_NAME}}}]
displays: [{{name: goggles, kind: headset, seat: a}}]
headset: {{scale: 0.25, samples: 1}}
guests: {{on_arrival: [recentre]}}
"""
CLOCK = MonotonicClock()


def block_of_the_run() -> SeatPoseBlock | None:
    """The shared memory in which this test's seat is told of; other runs of the machine have theirs."""
    for path in Path("/dev/shm").glob("psm_*"):
        try:
            if path.stat().st_size < BLOCK_SIZE:
                continue
            found = SeatPoseBlock.attach(path.name)
        except (InputError, OSError):  # somebody else's, or gone by now
            continue
        if [row.device for row in found.rows] == [_NAME]:
            return found
        found.close()
    return None


def package_that_rolls(folder: Path) -> Path:
    made = folder / "rolling"
    shutil.copytree(Path(__file__).parents[2] / "experiences" / "first_light", made)
    scene = made / "scenes" / "shore.yaml"
    text = scene.read_text(encoding="utf-8")
    assert "{roll: 0.4deg, heave: 5mm}" in text
    scene.write_text(text.replace("{roll: 0.4deg, heave: 5mm}", "{roll: 6deg}"), encoding="utf-8")
    return made


@pytest.mark.parametrize("compensate", [True, False])
def test_who_rides_has_not_moved_in_the_seat(
    remote_service: Service, play: Callable[..., Play], tmp_path: Path, compensate: bool
) -> None:
    rig, track = tmp_path / "rig.yaml", tmp_path / "poses.jsonl"
    rig.write_text(
        _RIG.replace("samples: 1", f"samples: 1, compensate: {str(compensate).lower()}"), encoding="utf-8"
    )
    T_room_eye = Pose((0.3, -0.2, 1.6))
    with Remote() as remote:
        remote.head = T_room_eye
        remote.send()
        show = play(
            str(package_that_rolls(tmp_path)), "--rig", str(rig), "--record-poses", str(track), "--no-sound"
        )
        show.until(lambda: "focused" in show.rungs(), seconds=60)
        block = block_of_the_run()
        assert block is not None, show.said()
        seat = SeatPredictor(block, 0)
        rolled_deg = 0.0
        until_ns = CLOCK.now_ns() + 12_000 * _MS
        while CLOCK.now_ns() < until_ns:
            pose = seat.pose_at(CLOCK.now_ns() + _AHEAD_NS)
            rolled_deg = max(rolled_deg, abs(pose.roll_deg))
            remote.head = composed(T_room_eye, seat_motion(pose, (0.0, 0.0, -0.9)))
            remote.send()
            CLOCK.sleep_until_ns(CLOCK.now_ns() + 4 * _MS)
        block.close()
        assert rolled_deg > 5.0, show.said()
        show.close()
    samples = read_track(track).samples
    end_ns = samples[-1].at_ns
    ridden = [
        sample.head.position_m
        for sample in samples
        if end_ns - 9_000 * _MS < sample.at_ns < end_ns - 1_000 * _MS
    ]
    assert len(ridden) > 40, len(ridden)
    middle = [sum(place[axis] for place in ridden) / len(ridden) for axis in range(3)]
    off_mm = max(1000.0 * math.dist(place, middle) for place in ridden)
    print(f"compensate {compensate}: at most {off_mm:.1f} mm from its mean, {len(ridden)} frames")
    assert off_mm < 15.0 if compensate else off_mm > 70.0
