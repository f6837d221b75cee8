"""A complete little package around the small canal, and transports that stand at an instant of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from engine.experience.package import Package, load_package
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.segments import ReactionRow, Segment, SegmentKind, Transport
from tests.render.small_scene import build

TEMPLATE = Path(__file__).resolve().parents[2] / "engine" / "experience" / "template"

QUAY = """
duration: 18s
stage:
  model: models/canal.glb
  vehicle: models/boat.glb
  eye: [0, -1.2, 1.62]
  sky:
    zenith: "#08112a"
    horizon: "#22345c"
    glow: "#201810"
    moon: {azimuth: -14deg, elevation: 17deg, size: 2.8deg, color: "#f4ecd8"}
    stars: 200
    clouds: 0.3
  fog: {density: 0.012, falloff: 0.12, warm: "#5a3a28", cool: "#31466e"}
  water: {height: 0m, ripple: 1.0, flow: [0, 0.4], color: "#0a1424"}
  gains: {a: {role: light.hero}, b: 1.0, c: 1.0}
  lights: [{at: [0, 2.4, 1.8], color: "#ff9550", intensity: 1.6, radius: 0.3m, node: vehicle}]
  particles:
    - {kind: sparks, count: 40, at: [0, 20, 4], size: [10, 30, 6], color: "#ffb060"}
    - {kind: petals, count: 40, at: [0, 12, 4], size: [10, 20, 7], color: "#ffd890", gain: {role: air.wind}}
tracks:
  - {kind: path, shape: cubic, keys: [[0s, [0, 0, 0], 0deg], [9s, [0, 4, 0], 6deg], [18s, [0, 8, 0], 0deg]]}
  - role: light.hero
    kind: level
    cues: [{at: 0s, set: [1.0, 0.6, 0.3]}, {at: 10s, to: [0, 0, 0], over: 4s, ease: smooth}]
  - {role: air.wind, kind: level, cues: [{at: 0s, set: 1.0}]}
  - role: seat.motion
    kind: motion
    cues: [{at: 0s, for: 18s, wave: {hz: 0.18, amplitude: {roll: 0.8deg, heave: 8mm}, phase: 0}}]
  - kind: line
    cues:
      - {at: 1.5s, line: quay_A1, for: 2.5s, azimuth: 60deg, distance: 2m}
      - {at: 4.5s, line: quay_A2, for: 2.5s}
  - kind: animation
    node: gate
    cues: [{at: 6s, for: 4s, keys: [[0s, {z: 0m}], [4s, {z: 2m}]], shape: smooth}]
targets:
  gate: {at: [0, 34, 1.5], radius: 1.5m}
  bow: {node: vehicle, at: [0, 2.6, 0.8], radius: 0.4m}
triggers:
  - {id: bow, on: touch, target: bow, do: {reaction: lift}}
reactions:
  lift:
    duration: 4s
    tracks:
      - kind: animation
        node: gate
        cues: [{at: 0s, for: 4s, keys: [[0s, {x: 0m}], [2s, {x: 1m}], [4s, {x: 0m}]], shape: smooth}]
window:
  show: 7s
  open: 8s
  close: 14s
  commit: 18s
  rule: {type: first, tie: default}
  dwell: 1.5s
  leave: commit
  options:
    follow: {azimuth: 13deg, elevation: -11deg, distance: 2m}
    stay: {azimuth: -13deg, elevation: -11deg, distance: 2m}
"""


WATER = """
duration: 12s
stage:
  eye: [0, 0, 1.6]
  sky: {zenith: "#060c1e", horizon: "#16264a", moon: {azimuth: 10deg, elevation: 20deg, size: 2.8deg}, stars: 400}
  water: {height: 0m, ripple: 1.2, flow: [0, 0.6], color: "#08101e"}
  particles:
    - {kind: sky_lanterns, count: 30, at: [0, 25, 9], size: [26, 20, 14], color: "#ffb060"}
    - {kind: fireflies, count: 20, at: [0, 8, 1.5], size: [8, 8, 2], color: "#c8ff90"}
tracks:
  - {kind: path, shape: cubic, keys: [[0s, [0, 6, 0], 0deg], [12s, [0, 14, 0], 0deg]]}
  - {kind: line, cues: [{at: 2s, line: water_A1, for: 4s}]}
"""

# No water, no moon: a dry place in rain, with smoke, spray and drifting mist.
LAMP = """
duration: 12s
stage:
  model: models/canal.glb
  eye: [0, 0, 2.6]
  sky: {zenith: "#0a1024", horizon: "#4a3040", stars: 100}
  fog: {density: 0.02, falloff: 0.1, warm: "#5a3a28", cool: "#31466e"}
  gains: {a: 0.8}
  particles:
    - {kind: rain, count: 150, at: [0, 10, 5], size: [14, 16, 10], color: "#a0b0d0"}
    - {kind: smoke, count: 20, at: [-3, 14, 3], size: [2, 2, 4], color: "#6a5048"}
    - {kind: spray, count: 60, at: [3, 9, 0.5], size: [3, 3, 1], color: "#b0c8e0"}
    - {kind: mist, count: 10, at: [0, 16, 1.5], size: [10, 10, 2], color: "#7a8aa0"}
tracks:
  - {kind: path, shape: cubic, keys: [[0s, [0, 6, 0], 0deg], [12s, [0, 12, 0], 0deg]]}
  - {kind: line, cues: [{at: 9s, line: lamp_A1, for: 2s}]}
"""


def write_package(folder: Path) -> Package:
    """The template package with its first scene on the small canal."""
    shutil.copytree(TEMPLATE, folder)
    (folder / "models").mkdir()
    build(folder / "models")
    for name, text in (("quay", QUAY), ("water", WATER), ("lamp", LAMP)):
        (folder / "scenes" / f"{name}.yaml").write_text(text, encoding="utf-8")
    manifest = (folder / "experience.yaml").read_text(encoding="utf-8")
    row = json.dumps(
        {"source": "tests/render/small_scene.py", "licence": "Apache-2.0", "made_by": "generator"}
    )
    head, _, _tail = manifest.partition("assets:")
    (folder / "experience.yaml").write_text(f'{head}assets: {{"models/*": {row}}}\n', encoding="utf-8")
    return load_package(folder)


def at_fl(seconds: float) -> int:
    """Flicks of a time that a test names in seconds."""
    return round(seconds * FLICKS_PER_SECOND)


def held(
    package: Package, scene: str, seconds: float, *, reactions: tuple[ReactionRow, ...] = ()
) -> Transport:
    """A show that was sought to an instant and stands there."""
    at = at_fl(seconds)
    index = package.scene_index[scene]
    return Transport(
        segments=(Segment(0, 0, index, at, 0, 1, SegmentKind.SEEK, 0, 0, at),), reactions=reactions
    )


def playing(package: Package, scene: str) -> Transport:
    """A show that plays a scene from its start at host time 0."""
    return Transport(
        segments=(Segment(0, 0, package.scene_index[scene], 0, 1, 1, SegmentKind.START, 0, 0, 0),)
    )
