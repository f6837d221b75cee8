"""A frame of a whole running show against a bare Panda3D loop on the same scene graph.

    python -m engine.bench.show --frames 200 --blocks 3

The show: the story conducted in its own process, a bus process commanding 20 simulated devices (software twins in a
further process, over ptys and loopback sockets), 200 cues a second on 20 roles laid over the scene, and the viewer
evaluating and drawing. The bare loop calls Panda3D's ``render_frame`` on the very same nodes, with none of those
processes running. The two take turns in blocks, in one process and one graphics context; both wait for their pixels.
Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import yaml

from engine.bus.process import main as bus_main
from engine.bus.process import package_config
from engine.experience import load_package, load_rig
from engine.experience.bundled import find_package
from engine.render.live import HeadPose
from engine.render.viewer import Viewer, ViewerOptions
from engine.show.conduct.conductor import Conductor
from engine.show.live.children import Child
from engine.story.ink import Story
from engine.time import MonotonicClock, TransportBlock, TransportWriter

ROLES = 20
CUES_PER_ROLE_HZ = 10
_WARM = 12
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ConductorConfig:
    """What the conducting process needs."""

    package: str
    block: str
    scene: str


def conductor_main(config: ConductorConfig, pipe: Connection) -> None:
    """Conduct from a scene on until the parent says so or is gone. The target of a spawned process."""
    clock = MonotonicClock()
    package = load_package(config.package, hashed=False)
    block = TransportBlock.attach(config.block)
    writer = TransportWriter(block)
    story = Story.load(package.story_json, str(package.story_path))
    conductor = Conductor(
        package=package, story=story, writer=writer, record=lambda kind, now_ns, /, **fields: None
    )
    conductor.start(clock.now_ns(), scene=config.scene, at_fl=705_600_000)
    pipe.send(("ready", None))
    try:
        while not pipe.poll(0.01):
            now_ns = clock.now_ns()
            conductor.advance(now_ns)
            writer.beat(now_ns)
    finally:
        block.close()


def busy_package(folder: Path, source: Path, scene: str) -> Path:
    """A copy of an experience with 200 more cues a second in one scene, on 20 roles of their own."""
    made = folder / source.name
    shutil.copytree(source, made)
    manifest = yaml.safe_load((made / "experience.yaml").read_text(encoding="utf-8"))
    for number in range(ROLES):
        manifest["roles"][f"bench.r{number}"] = {"kind": "level", "per": "room", "modality": "light"}
    (made / "experience.yaml").write_text(yaml.safe_dump(manifest, allow_unicode=True), encoding="utf-8")
    path = made / "scenes" / f"{scene}.yaml"
    text = path.read_text(encoding="utf-8")
    lines = []
    for number in range(ROLES):
        cues = ", ".join(
            f"{{at: {1000 + 100 * k}ms, to: {(k * 7 + number) % 10 / 10}, over: 80ms}}"
            for k in range(CUES_PER_ROLE_HZ * 40)
        )
        lines.append(f"  - {{role: bench.r{number}, kind: level, cues: [{cues}]}}\n")
    head, _, tail = text.partition("\ntracks:\n")
    path.write_text(f"{head}\ntracks:\n{''.join(lines)}{tail}", encoding="utf-8")
    return made


def busy_rig(folder: Path) -> Path:
    """A rig of 20 software twins: 4 seats, 4 shakers, 12 DMX nodes, every one of them commanded."""
    devices: dict[str, object] = {}
    roles: dict[str, list[object]] = {}
    for number in range(4):
        devices[f"seat{number}"] = {"driver": "amc", "port": "twin", "rate_hz": 200}
        devices[f"shaker{number}"] = {"driver": "shaker", "port": "twin", "rate_hz": 200}
    roles["seat.motion"] = [{"device": "seat0"}]
    roles["seat.shaker"] = [{"device": "shaker0"}]
    for number in range(12):
        names = [k for k in range(ROLES) if k % 12 == number]
        fixtures = {f"f{k}": {"channels": [i + 1], "form": "dimmer"} for i, k in enumerate(names)}
        devices[f"dmx{number}"] = {
            "driver": "artnet",
            "port": "twin",
            "rate_hz": 40,
            "settings": {"universe": number, "fixtures": fixtures},
        }
        for k in names:
            roles[f"bench.r{k}"] = [{"device": f"dmx{number}", "group": f"f{k}"}]
    rig = {
        "sensorama_rig": 1,
        "name": {"en": "bench", "zh": "测试"},
        "seats": {"a": {}},
        "devices": devices,
        "roles": roles,
    }
    path = folder / "rig.yaml"
    path.write_text(yaml.safe_dump(rig, allow_unicode=True), encoding="utf-8")
    return path


def measure(
    *, experience: str, scene: str, size: tuple[int, int], frames: int, blocks: int
) -> dict[str, object]:
    """Time both loops in turns of `frames` frames, `blocks` times each."""
    clock = MonotonicClock()
    bare_ms: list[float] = []
    show_ms: list[float] = []
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        path = busy_package(folder, find_package(experience), scene)
        rig = load_rig(busy_rig(folder))
        package = load_package(path)
        options = ViewerOptions(size=size, headless=True, quality="test", language=package.languages[0])
        with Viewer(package, options) as viewer:
            for _ in range(blocks):
                block = TransportBlock.create()
                children = [
                    Child("conductor", conductor_main, ConductorConfig(str(path), block.name, scene)),
                    Child("bus", bus_main, package_config(block.name, rig, str(path))),
                ]
                try:
                    _start(children, clock)
                    show_ms += _run(
                        clock,
                        frames,
                        lambda number, block=block: viewer.draw(
                            block.read(), clock.now_ns() + 16_666_667, HeadPose(yaw_deg=0.01 * (number % 200))
                        ),
                    )
                finally:
                    for child in children:
                        child.retire(5.0)
                        child.close()
                    block.close()
                bare_ms += _run(clock, frames, lambda number: viewer.redraw())
            renderer = viewer.renderer
    return {
        "bench": "show",
        "scene": scene,
        "size": f"{size[0]}x{size[1]}",
        "frames": len(show_ms),
        "devices": len(rig.devices),
        "cues_per_s": ROLES * CUES_PER_ROLE_HZ,
        "bare_median_ms": _share(bare_ms, 0.5),
        "show_median_ms": _share(show_ms, 0.5),
        "bare_p99_ms": _share(bare_ms, 0.99),
        "show_p99_ms": _share(show_ms, 0.99),
        "median_ratio": round(_share(show_ms, 0.5) / _share(bare_ms, 0.5), 3),
        "p99_ratio": round(_share(show_ms, 0.99) / _share(bare_ms, 0.99), 3),
        "renderer": renderer,
    }


def _start(children: Sequence[Child], clock: MonotonicClock) -> None:
    for child in children:
        child.start(clock.now_ns())
    limit_ns = clock.now_ns() + 20 * _NS_PER_S
    waiting = list(children)
    while waiting and clock.now_ns() < limit_ns:
        waiting = [child for child in waiting if not any(kind == "ready" for kind, _ in child.messages())]
        clock.sleep_until_ns(clock.now_ns() + 20_000_000)
    if waiting:
        raise SystemExit(f"{', '.join(child.name for child in waiting)} did not start within 20 s")


def _run(clock: MonotonicClock, frames: int, draw: object) -> list[float]:
    times: list[float] = []
    for number in range(frames + _WARM):
        begun_ns = clock.now_ns()
        draw(number)  # type: ignore[operator]
        if number >= _WARM:
            times.append((clock.now_ns() - begun_ns) * 1e-6)
    return times


def _share(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 3)


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.show", description=__doc__)
    parser.add_argument("--experience", default="lantern_street")
    parser.add_argument("--scene", default="market")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--blocks", type=int, default=3)
    args = parser.parse_args(argv)
    width, _, height = args.size.partition("x")
    result = measure(
        experience=args.experience,
        scene=args.scene,
        size=(int(width), int(height)),
        frames=args.frames,
        blocks=args.blocks,
    )
    print(json.dumps(result), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
