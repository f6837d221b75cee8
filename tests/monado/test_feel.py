"""A package's haptic track in the hands of a guest, on a real runtime."""

import os
import sys
from collections.abc import Iterator

import pytest

from engine.experience.package import load_package
from engine.render.headset.touch import HandPulses
from engine.time import FLICKS_PER_SECOND
from engine.time.clocks import MonotonicClock
from engine.time.segments import Segment, SegmentKind, Transport
from engine.timeline.evaluate import Evaluator
from engine.xr.feel import HandFeel
from engine.xr.headset import Headset, Rung
from engine.xr.openxr import OpenXrRuntime
from engine.xr.profiles import action_table
from engine.xr.runtime import InstanceWish
from engine.xr.watch import watch_for
from engine.xr.wearing import HeadsetSetup
from tests.monado.remote import Controller, Remote
from tests.monado.service import Service

pytestmark = pytest.mark.monado

S_NS = 1_000_000_000


@pytest.fixture
def told(remote_service: Service) -> Iterator[Service]:
    """A service that writes down every call it gets."""
    remote_service.restart("remote", IPC_LOG="trace")
    yield remote_service
    remote_service.restart("remote")


def outputs(service: Service) -> int:
    return service.log.count("Dispatching device_set_output")


def test_the_lock_gate_is_felt_in_both_hands_and_a_hold_ends_it(told: Service) -> None:
    """`lantern_street` shakes the seat as the boat sinks in the lock; without shakers the hands feel it."""
    package = load_package("experiences/lantern_street")
    clock = MonotonicClock()
    headset = Headset(
        OpenXrRuntime(),
        InstanceWish(validation=True),
        HeadsetSetup(actions=action_table()),
        clock,
        say=lambda line: None,
        watch=watch_for(os.environ, sys.platform),
    )
    feel = HandFeel(Evaluator(package.scenes, package.roles), package.roles, 0)
    pulses = HandPulses(headset, feel)

    def frame(transport: Transport) -> None:
        headset.pump()
        found = headset.wait()
        if found is None:
            clock.sleep_until_ns(clock.now_ns() + 2_000_000)
            return
        headset.tracked(found)
        headset.begin(found)
        headset.views(found)
        headset.end(found, ())
        pulses.advance(transport, clock.now_ns(), found.period_ns)

    def held_at(at_s: float, rate: int, sequence: int) -> Transport:
        scene = package.scene_index["lock"]
        at_fl = int(at_s * FLICKS_PER_SECOND)
        row = Segment(0, clock.now_ns(), scene, at_fl, rate, 1, SegmentKind.START, 0, 0, 0)
        return Transport(1, sequence, (row,))

    try:
        with Remote() as remote:
            remote.left, remote.right = Controller(active=True), Controller(active=True)
            remote.send()
            still = held_at(12.0, 0, 1)
            until_ns = clock.now_ns() + 10 * S_NS
            while headset.status.rung is not Rung.FOCUSED:
                assert clock.now_ns() < until_ns, headset.status
                frame(still)
            before = outputs(told)
            for _ in range(20):
                frame(still)
            assert outputs(told) == before  # held: nothing
            moving = held_at(12.0, 1, 2)
            until_ns = clock.now_ns() + S_NS // 2
            while clock.now_ns() < until_ns:
                frame(moving)
            playing = outputs(told)
            assert playing - before >= 4
            frame(held_at(12.5, 0, 3))
            assert outputs(told) == playing + 2  # one stop a hand
    finally:
        headset.close()
