"""The law the engine rests on: the state after a seek to t equals the state after playing up to t.

Three players are compared on random scenes and random histories (holds, speeds, seeks, loops, branches):

- the evaluator under the random history itself,
- the evaluator under a fresh transport that plays the scene from its start,
- a naive player that walks through the authored cues in order and keeps the state in variables, by the
  formulas of the scene file and SciPy's interpolators.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from engine.time import LocalBlock, SegmentKind, Transport, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program
from engine.timeline.roles import RoleTable

Build = Callable[..., Program]
SECOND = FLICKS_PER_SECOND
SCENE_S = 20

values = st.integers(0, 20).map(lambda step: step / 20)
colors = st.lists(values, min_size=3, max_size=3)
shapes = st.sampled_from(["linear", "step", "smooth", "cubic"])
eases = st.sampled_from(["linear", "smooth", "in", "out", "step"])


def tenths(lowest: int, highest: int) -> st.SearchStrategy[int]:
    return st.integers(lowest, highest)


@st.composite
def cue_lists(
    draw: st.DrawFn, value: st.SearchStrategy[Any], wave: st.SearchStrategy[Any]
) -> list[dict[str, Any]]:
    """Cues of one track: times in tenths of a second, never overlapping."""
    cues: list[dict[str, Any]] = []
    at = draw(tenths(0, 30))
    while at < SCENE_S * 10 - 1 and len(cues) < 6:
        length = draw(tenths(1, 40))
        form = draw(st.sampled_from(["to", "set", "curve", "keys", "wave"]))
        cue: dict[str, Any] = {"at": f"{at / 10}s"}
        if form == "to":
            cue |= {"to": draw(value), "over": f"{length / 10}s", "ease": draw(eases)}
        elif form == "set":
            cue |= {"set": draw(value)}
        elif form == "wave":
            cue |= {"for": f"{length / 10}s", "wave": draw(wave)}
        else:
            shares = sorted(draw(st.sets(st.integers(0, 10), min_size=1, max_size=5)))
            in_time = form == "keys"
            points = [
                [f"{share * length / 100}s" if in_time else share / 10, draw(value)] for share in shares
            ]
            cue |= {"for": f"{length / 10}s", form: points, "shape": draw(shapes)}
        cues.append(cue)
        at += length + draw(tenths(0, 40))
    return draw(st.permutations(cues))


level_waves = st.fixed_dictionaries(
    {"hz": st.sampled_from([0.2, 1.0, 3.7]), "low": values, "high": values, "phase": values}
)
poses = st.fixed_dictionaries(
    {},
    optional={
        "heave": st.integers(-30, 30).map("{}mm".format),
        "roll": st.integers(-5, 5).map("{}deg".format),
    },
)
motion_waves = st.fixed_dictionaries(
    {"hz": st.sampled_from([0.18, 0.5]), "amplitude": poses, "phase": values}
)
scenes = st.fixed_dictionaries(
    {
        "duration": st.just(f"{SCENE_S}s"),
        "tracks": st.tuples(
            cue_lists(values, level_waves).map(
                lambda cues: {"role": "air.wind", "kind": "level", "cues": cues}
            ),
            cue_lists(values, level_waves).map(
                lambda cues: {"role": "air.wind", "kind": "level", "cues": cues}
            ),
            cue_lists(colors, level_waves).map(
                lambda cues: {"role": "light.street", "kind": "level", "cues": cues}
            ),
            cue_lists(values, level_waves).map(
                lambda cues: {"role": "look.exposure", "kind": "level", "cues": cues}
            ),
            cue_lists(poses, motion_waves).map(
                lambda cues: {"role": "seat.motion", "kind": "motion", "cues": cues}
            ),
            cue_lists(poses, motion_waves).map(
                lambda cues: {"role": "seat.motion", "kind": "motion", "cues": cues}
            ),
            cue_lists(values, level_waves).map(
                lambda cues: {"role": "seat.shaker", "kind": "haptic", "cues": cues}
            ),
        ).map(list),
    }
)


def vector(value: Any, width: int) -> list[float]:
    if isinstance(value, dict):
        heave = float(value.get("heave", "0mm").removesuffix("mm")) / 1000
        roll = float(value.get("roll", "0deg").removesuffix("deg"))
        return [0.0, 0.0, heave, roll, 0.0, 0.0]
    return list(value) if isinstance(value, list) else [float(value)] * width


def fl(text: str) -> int:
    return int(Fraction(text.removesuffix("s")) * SECOND)


class NaivePlayer:
    """Plays one track cue after cue, keeping the value in a variable."""

    def __init__(self, track: dict[str, Any], width: int, rest: list[float]) -> None:
        self.cues = sorted(track["cues"], key=lambda cue: fl(cue["at"]))
        self.kind = track["kind"]
        self.width = width
        self.rest = rest

    def at(self, at_fl: int) -> list[float]:
        now = self.rest
        for cue in self.cues:
            start = fl(cue["at"])
            if at_fl < start:
                break
            length = fl(cue.get("for", cue.get("over", "0s")))
            inside = at_fl < start + length
            value = self.inside(cue, now, min(at_fl - start, length), length)
            if not inside:
                timed = "wave" in cue or (self.kind == "haptic" and ("curve" in cue or "keys" in cue))
                if timed and self.kind in ("motion", "haptic"):
                    value = [0.0] * self.width
            now = value
        return now

    def inside(self, cue: dict[str, Any], now: list[float], passed: int, length: int) -> list[float]:
        if "set" in cue:
            return vector(cue["set"], self.width)
        if "to" in cue:
            u = passed / length
            eased = {
                "linear": u, "smooth": u * u * (3 - 2 * u), "in": u * u, "out": u * (2 - u),
                "step": float(u >= 1),
            }[cue["ease"]]  # fmt: skip
            return [a + (b - a) * eased for a, b in zip(now, vector(cue["to"], self.width), strict=True)]
        if "wave" in cue:
            wave = cue["wave"]
            sine = math.sin(2 * math.pi * (wave["hz"] * passed / SECOND + wave["phase"]))
            if "amplitude" in wave:
                return [size * sine for size in vector(wave["amplitude"], self.width)]
            low, high = wave["low"], wave["high"]
            return [(low + high) / 2 + (high - low) / 2 * sine] * self.width
        points = cue.get("curve") or cue["keys"]
        times = np.array([fl(p[0]) if isinstance(p[0], str) else p[0] * length for p in points]) / SECOND
        columns = np.array([vector(p[1], self.width) for p in points])
        t = min(max(passed / SECOND, times[0]), times[-1])
        if len(points) == 1:
            return list(columns[0])
        if cue["shape"] == "cubic":
            return list(PchipInterpolator(times, columns)(t))
        i = min(int(np.searchsorted(times, t, side="right")) - 1, len(times) - 2)
        u = (t - times[i]) / (times[i + 1] - times[i])
        if cue["shape"] == "step":
            return list(columns[i + 1] if u >= 1 else columns[i])
        if cue["shape"] == "smooth":
            u = u * u * (3 - 2 * u)
        return list(columns[i] + (columns[i + 1] - columns[i]) * u)


def naive_state(scene: dict[str, Any], roles: RoleTable, at_fl: int) -> dict[str, list[float]]:
    state: dict[str, list[float]] = {}
    for track in scene["tracks"]:
        role = roles.get(track["role"])
        assert role is not None
        width = 1 if track["kind"] == "haptic" else role.size
        found = NaivePlayer(track, width, list(role.rest_values[:width])).at(at_fl)
        before = state.get(track["role"])
        if before is not None:
            how = (lambda a, b: a + b) if track["kind"] == "motion" else max
            found = [how(a, b) for a, b in zip(before, found, strict=True)]
        state[track["role"]] = found
    return state


instants = st.lists(st.integers(0, SCENE_S * 1000), min_size=5, max_size=15)


@pytest.mark.slow
@settings(max_examples=60)
@given(scene=scenes, at_ms=instants)
def test_the_bank_equals_a_naive_player(
    build: Build, roles: RoleTable, scene: dict[str, Any], at_ms: list[int]
) -> None:
    program = build(scene)
    evaluator = Evaluator([program], roles)
    for ms in at_ms:
        at_fl = ms * SECOND // 1000
        state = evaluator.levels_at(0, at_fl)
        for name, expected in naive_state(scene, roles, at_fl).items():
            part = state[roles.slice_of(name)][: len(expected)]
            # Waves are Hermite pieces, 6.2e-5 of an amplitude of at most 5 deg; everything else is exact.
            np.testing.assert_allclose(part, expected, atol=1e-4 * 5, err_msg=f"{name} at {ms} ms")
            if not any("wave" in cue for track in scene["tracks"] for cue in track["cues"]):
                np.testing.assert_allclose(part, expected, atol=1e-9, err_msg=f"{name} at {ms} ms")


operations = st.lists(
    st.tuples(
        st.integers(1, 4_000_000_000),  # host time until the next one
        st.one_of(
            st.tuples(st.just("rate"), st.sampled_from([0, 1, 2, Fraction(1, 2), Fraction(1001, 1000), -1])),
            st.tuples(st.just("seek"), st.integers(0, SCENE_S * SECOND)),
            st.tuples(st.just("loop"), st.integers(0, SCENE_S * SECOND)),
            st.tuples(st.just("branch"), st.integers(0, 1)),
        ),
    ),
    min_size=1,
    max_size=12,
)


def perform(history: list[tuple[int, tuple[str, Any]]]) -> tuple[Transport, int]:
    """Publish a random history; returns the transport and the instant at which it ends."""
    writer = TransportWriter(LocalBlock())
    now_ns = 1_000
    writer.append(from_ns=now_ns, scene=0)
    for wait_ns, (what, argument) in history:
        now_ns += wait_ns
        moment = writer.transport.at(now_ns)
        if what == "rate":
            writer.set_rate(now_ns, argument)
        elif what == "branch":
            writer.append(from_ns=now_ns, scene=argument, beat=moment.segment.beat + 1)
        else:
            kind = SegmentKind.SEEK if what == "seek" else SegmentKind.LOOP
            rate = moment.rate
            writer.append(from_ns=now_ns, scene=moment.scene, at_fl=argument, rate=rate, kind=kind)
    return writer.transport, now_ns + 2_000_000_000


def fresh(scene: int, at_fl: int, *, seek: bool) -> tuple[Transport, int]:
    """A transport that is at this position now: by playing from the start, or by a seek."""
    writer = TransportWriter(LocalBlock())
    if seek:
        writer.append(from_ns=50, scene=scene, at_fl=at_fl, kind=SegmentKind.SEEK)
        return writer.transport, 50
    segment = writer.append(from_ns=50, scene=scene)
    return writer.transport, writer.transport.host_ns_of(segment, at_fl)


@pytest.mark.slow
@settings(max_examples=60)
@given(
    first=scenes, second=scenes, history=operations, shares=st.lists(st.floats(0, 1), min_size=6, max_size=6)
)
def test_any_history_equals_playing_and_equals_seeking(
    build: Build,
    roles: RoleTable,
    first: dict[str, Any],
    second: dict[str, Any],
    history: list[tuple[int, tuple[str, Any]]],
    shares: list[float],
) -> None:
    evaluator = Evaluator([build(first), build(second, index=1)], roles)
    transport, end_ns = perform(history)
    for share in shares:
        host_ns = 1_000 + int(share * (end_ns - 1_000))
        moment = transport.at(host_ns)
        found = evaluator.stage_values(transport, host_ns, 0)
        at_fl = max(moment.at_fl, 0)
        played, played_ns = fresh(moment.scene, at_fl, seek=False)
        sought, sought_ns = fresh(moment.scene, at_fl, seek=True)
        assert played.at(played_ns).at_fl == at_fl
        np.testing.assert_array_equal(found.levels, evaluator.levels(transport, host_ns, 0))
        np.testing.assert_array_equal(found.levels, evaluator.levels(played, played_ns, 0))
        np.testing.assert_array_equal(found.levels, evaluator.levels(sought, sought_ns, 0))
        np.testing.assert_array_equal(found.levels, evaluator.levels_at(moment.scene, at_fl))
