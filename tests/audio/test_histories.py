"""Random runs: whatever is published, in whatever order, nothing clicks and nothing is heard twice."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.grid import Grid
from engine.audio.plan import plan
from engine.audio.sounds import ReactionSounds, SeatPlace
from engine.time.publisher import TransportWriter
from engine.time.segments import NO_SCENE, ROOM, SegmentKind, Transport
from engine.time.shared import LocalBlock
from tests.audio.rooms import S_FL, S_NS, Room, heard, tone

FS = SAMPLE_RATE_HZ
AHEAD = SeatPlace(0.0, 0.0, 1.0)

steps = st.lists(
    st.tuples(
        st.sampled_from(["start", "seek", "loop", "hold", "go", "pace", "react", "end"]),
        st.integers(1, 900_000_000),
        st.integers(0, 1),
        st.integers(0, 4 * S_FL),
    ),
    min_size=1,
    max_size=8,
)


def room() -> Room:
    made = Room()
    # Every edge of these sounds is soft, so what is sharp in the mix was made by the mixer.
    soft = tone(3.0, 220.0) * np.hanning(3 * FS).astype(np.float32)
    strike = ReactionSounds((made.sound("strike", soft, place=AHEAD),), 2 * S_FL)
    for k in range(2):
        made.scene(
            made.sound(f"a{k}", soft, at_s=0.5, place=AHEAD),
            made.sound(
                f"loop{k}", tone(1.0, 220.0), loop=True, tail=False, place=AHEAD, fade_in_samples=4800
            ),
            made.sound(f"shot{k}", soft, at_s=1.0, resume=False),
            seconds=4.0,
            reactions=(strike,),
        )
    return made


def publish(rows: list[tuple[str, int, int, int]]) -> tuple[Transport, int]:
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    now_ns = 0
    for what, wait_ns, scene, at_fl in rows:
        now_ns += wait_ns
        moment = writer.transport.at(now_ns)
        if what == "start":
            writer.append(from_ns=now_ns, scene=scene, kind=SegmentKind.START)
        elif what == "end":
            writer.append(from_ns=now_ns, scene=NO_SCENE, rate=0, kind=SegmentKind.START)
        elif what == "react":
            writer.react(scene=scene, reaction=0, seat=ROOM, from_ns=now_ns)
        elif moment.scene != NO_SCENE:
            if what in ("hold", "go", "pace"):
                # A pace is what a show runs at that follows a clock.
                rate = Fraction(9_900 + at_fl % 200, 10_000) if what == "pace" else int(what == "go")
                writer.append(
                    from_ns=now_ns,
                    scene=moment.scene,
                    at_fl=moment.at_fl,
                    rate=rate,
                    kind=SegmentKind.CONTINUE,
                )
            else:
                kind = SegmentKind.SEEK if what == "seek" else SegmentKind.LOOP
                writer.append(from_ns=now_ns, scene=moment.scene, at_fl=at_fl, kind=kind)
    return block.read(), now_ns


@settings(max_examples=12)
@given(rows=steps)
def test_nothing_clicks(rows: list[tuple[str, int, int, int]]) -> None:
    transport, last_ns = publish(rows)
    out = heard(room().mixer(), transport, 0.0, last_ns / S_NS + 0.5)[:, 0]
    assert np.isfinite(out).all()
    # Third difference: about 1e-5 for these tones with their fades, above 0.02 for a step of 0.02.
    assert np.abs(np.diff(out, 3)).max() < 0.012


@settings(max_examples=60)
@given(rows=steps)
def test_no_sound_is_laid_twice_over_the_same_samples(rows: list[tuple[str, int, int, int]]) -> None:
    transport, _ = publish(rows)
    made = plan(transport, room().book, Grid(0))
    seen: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for voice in made.voices:
        assert voice.begin < voice.end
        seen.setdefault((id(voice.sound), voice.zero), []).append((voice.begin, voice.end))
    reactions = sum(row[0] == "react" for row in rows)
    for spans in seen.values():
        spans.sort()
        twice = sum(a[1] > b[0] + 1 for a, b in pairwise(spans))
        assert twice <= reactions
