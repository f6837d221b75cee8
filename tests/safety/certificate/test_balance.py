import numpy as np

from engine.errors import Problem
from engine.safety.certificate.balance import CROWDED, Balance, balance_of
from engine.timeline.compile import compile_scene
from engine.timeline.evaluate import Evaluator
from engine.timeline.parse import parse_scene
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import load_yaml_text
from engine.units import MODALITIES

ROLES = RoleTable.of(
    [
        RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
        RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic"),
        RoleSpec("light.hero", RoleKind.COLOR, "room", "light"),
        RoleSpec("scent.tea", RoleKind.LEVEL, "room", "scent"),
    ]
)
SCENE = """
duration: 60s
tracks:
  - {role: seat.motion, kind: motion, cues: [{at: 0s, for: 10s, wave: {hz: 1, amplitude: {heave: 40mm}}}]}
  - {role: seat.shaker, kind: haptic, cues: [{at: 0s, set: 1.0, hz: 40}, {at: 10s, set: 0, hz: 40}]}
  - {role: light.hero, kind: level, cues: [{at: 0s, set: [1, 1, 1]}]}
  - {role: scent.tea, kind: level, cues: [{at: 0s, set: 1.0}, {at: 12s, set: 0}]}
  - {kind: line, cues: [{at: 2s, line: one, for: 4s}, {at: 20s, line: two, for: 4s}]}
"""


def weighed(scene: str) -> Balance:
    problems: list[Problem] = []
    data, places = load_yaml_text(scene, "scene.yaml", problems)
    parsed = parse_scene(data, places, problems)
    program = compile_scene(parsed, scene_id="hall", index=0, roles=ROLES, problems=problems)
    assert program is not None, problems
    return balance_of(Evaluator([program], ROLES), 0)


def test_a_line_under_everything_at_once_is_crowded_out() -> None:
    found = weighed(SCENE)
    (line,) = found.crowded
    assert line.line == "one" and (line.from_s, line.to_s) == (2.0, 6.0)
    assert set(line.by) == {"motion", "haptic"}  # steady light and a smell crowd out no words
    assert line.share > 0.3 and next(iter(line.by)) == "haptic"
    motion = found.loads[:, MODALITIES.index("motion")]
    # 40 mm at 1 Hz: 0.251 m/s at its fastest.
    assert 0.98 < motion[:200].max() <= 1.0 and not motion[220:].any()


def test_where_nothing_happens_is_found() -> None:
    found = weighed(SCENE)
    assert found.empty == ((24.0, 60.0),)
    assert not found.told[found.times_s >= 24.0].any() and found.told[found.times_s == 22.0].all()
    assert found.load.shape == found.times_s.shape and (found.load[found.times_s < 2.0] >= 1.0).all()


def test_a_quiet_scene_with_lines_is_neither() -> None:
    found = weighed(
        "duration: 13s\ntracks:\n  - {kind: line, cues: [{at: 1s, line: one, for: 3s}, {at: 5s, line: two, for: 3s}]}\n"
    )
    assert found.crowded == () and found.empty == () and np.all(found.load < CROWDED)
