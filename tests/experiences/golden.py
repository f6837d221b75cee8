"""What an experience did when it was last looked at: its story, and what its devices were commanded.

A golden file holds instants and values, not hashes of frames: those are the same only on one kind of machine, because
the last digit of a sine is not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.bus.loop import BusCore
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.rehearsal import Rehearsal
from engine.show.options import PlayOptions
from engine.show.setup import Phases, Production, produce
from engine.story.ink import Story
from engine.time import LocalBlock, ManualClock, TransportWriter

ROOT = Path(__file__).resolve().parents[2]
EXPERIENCES = ROOT / "experiences"
DATA = Path(__file__).parent / "data"
REFRESH = "python -m tests.experiences.refresh"

#: The guest of the run whose devices are kept.
SEED = 1
#: Further guests, of whom the story alone is kept; None is nobody: every window closes on its default.
OTHERS = (None, 2, 3, 4, 5)
KEPT = ("beat", "commit", "vote", "trigger", "reaction", "window", "end")
VALUE_TOLERANCE = 2e-6
_NS_PER_S = 1_000_000_000


def names() -> list[str]:
    """Every experience of this repository."""
    return sorted(path.parent.name for path in EXPERIENCES.glob("*/experience.yaml"))


def golden_path(name: str) -> Path:
    """Where an experience's golden file lies."""
    return DATA / f"{name}.json"


def observe(name: str) -> dict[str, Any]:
    """Play an experience on the manual clock, without picture and sound, and give what a golden file holds."""
    seen: dict[str, Any] = {"experience": name}
    production = produce(PlayOptions(str(EXPERIENCES / name)), Phases(ManualClock()))
    story, values = _play(production, SEED, with_devices=True)
    seen[f"seed {SEED}"] = story
    seen["devices"] = values
    for seed in OTHERS:
        seen["nobody" if seed is None else f"seed {seed}"] = _play(production, seed, with_devices=False)[0]
    return seen


def _play(
    production: Production, seed: int | None, *, with_devices: bool
) -> tuple[list[Any], dict[str, Any]]:
    story: list[Any] = []

    def record(kind: str, now_ns: int, /, **fields: Any) -> None:
        if kind == "input":
            story.append([now_ns, kind, to_json_text(fields["input"])])
        elif kind in KEPT:
            story.append([now_ns, kind, {key: value for key, value in fields.items() if key != "run_fl"}])

    package = production.package
    block = LocalBlock()
    writer = TransportWriter(block)
    conductor = Conductor(
        package=package,
        story=Story.load(package.story_json, str(package.story_path), seed=seed or 0),
        writer=writer,
        record=record,
        guests=len(production.rig.seats),
        rehearse=None if seed is None else Rehearsal(seed),
    )
    conductor.start(0, from_ns=0)
    if not with_devices:
        conductor.advance(3600 * _NS_PER_S)
        return _plain(story), {}
    # Without twins: what they would receive is what is looked at.
    bus = BusCore(
        production.devices,
        production.evaluator(),
        epoch_ns=0,
        tick_hz=production.rig.tick_hz,
        watchdog_ns=0,
        sink=_forget,
    )
    short = sum(scene.duration.nominal_fl for scene in package.scenes) < 60 * 705_600_000
    # No round numbers: an instant every 5 s would meet a sway of 0.2 Hz at the same phase each time.
    step_ns = 3_300_000_000 if short else 13_300_000_000
    now_ns, sample_ns, values = 0, step_ns, {}
    while conductor.ended is None:
        due_ns = conductor.next_deadline_ns()
        next_ns = sample_ns if due_ns is None else min(due_ns, sample_ns)
        _command(bus, block, next_ns - 1)
        now_ns = max(next_ns, now_ns)
        conductor.advance(now_ns)
        _command(bus, block, now_ns)
        if now_ns == sample_ns:
            values[f"{now_ns / _NS_PER_S:.1f} s"] = _values(bus)
            sample_ns += step_ns
    end_ns = conductor.ended.at_ns + 2 * _NS_PER_S
    _command(bus, block, end_ns)
    bus.retire()
    _command(bus, block, end_ns + round(bus.safe_bound_s * _NS_PER_S) + _NS_PER_S)
    values["parked"] = _values(bus)
    return _plain(story), values


def to_json_text(event: Mapping[str, Any]) -> Any:
    """An input as a golden file holds it."""
    return {key: value for key, value in event.items() if value not in ("", 0) or key == "seat"}


def _command(bus: BusCore, block: LocalBlock, host_ns: int) -> None:
    while (due_ns := bus.next_due_ns()) <= host_ns:
        bus.advance(due_ns, block.read(), 0)


def _values(bus: BusCore) -> dict[str, list[float]]:
    return {
        driver.name: [round(value, 6) + 0.0 for value in bus.values(driver.name)] for driver in bus.drivers
    }


def _forget(event: object) -> None:
    """What the bus tells is not part of a golden file."""


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def first_difference(golden: Any, now: Any, place: str = "") -> str:
    """Where and how two observations differ first; empty when they do not."""
    if isinstance(golden, dict) and isinstance(now, dict):
        for key in [*golden, *(key for key in now if key not in golden)]:
            where = f"{place}.{key}" if place else str(key)
            if key not in now or key not in golden:
                return f"{where} is {'missing now' if key not in now else 'new'}"
            if found := first_difference(golden[key], now[key], where):
                return found
        return ""
    if isinstance(golden, list) and isinstance(now, list):
        for i, (was, is_now) in enumerate(zip(golden, now, strict=False)):
            if found := first_difference(was, is_now, f"{place}[{i}]"):
                return found
        if len(golden) != len(now):
            i = min(len(golden), len(now))
            row = (golden if len(golden) > i else now)[i]
            return f"{place}[{i}] is {'missing now' if len(golden) > i else 'new'}: {row}"
        return ""
    if isinstance(golden, float) and isinstance(now, (int, float)):
        same = abs(golden - now) <= VALUE_TOLERANCE
    else:
        same = golden == now
    return "" if same else f"{place}: it was {golden!r}, it is now {now!r}"


def golden_text(seen: Mapping[str, Any]) -> str:
    """A golden file: one event or one device a line, so that a change reads well in a diff."""
    parts = []
    for key, value in seen.items():
        if isinstance(value, str):
            body = json.dumps(value)
        elif isinstance(value, Sequence):
            body = "[\n" + ",\n".join(f"  {_line(row)}" for row in value) + "\n ]"
        else:
            body = (
                "{\n"
                + ",\n".join(f"  {json.dumps(name)}: {_line(row)}" for name, row in value.items())
                + "\n }"
            )
        parts.append(f" {json.dumps(key)}: {body}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
