"""Hands, eyes and haptics on a real runtime: Monado's remote driver moves and presses, its service says what it was told to play."""

import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.xr.actions import ActionTable, InputState
from engine.xr.hands import INDEX_TIP, JOINTS, LITTLE_TIP, WRIST, direction
from engine.xr.haptics import HapticFeed, HapticSetup
from engine.xr.openxr.actions import OpenXrInput
from engine.xr.pointing import Memory, Press, point
from engine.xr.profiles import (
    EYES,
    FOCUS3,
    HAND,
    INDEX,
    MAGIC_LEAP,
    MOTION,
    SIMPLE,
    TOUCH,
    VIVE,
    action_table,
    extensions,
    offered,
)
from engine.xr.runtime import HapticPulse
from engine.xr.values import LEFT, RIGHT, Pose, Tracked
from tests.monado.guest import Guest
from tests.monado.remote import Controller, Remote
from tests.monado.service import Service

pytestmark = pytest.mark.monado

YAW_90 = (0.0, 0.0, math.sin(math.pi / 4), math.cos(math.pi / 4))


def only(*profiles: str) -> ActionTable:
    table = action_table()
    return ActionTable(table.actions, {path: table.profiles[path] for path in profiles})


@pytest.fixture
def remote(remote_service: Service) -> Iterator[Remote]:
    with Remote() as remote:
        remote.left, remote.right = Controller(active=True), Controller(active=True)
        remote.send()
        yield remote


def test_all_profiles_that_are_offered_are_taken_without_a_word(remote: Remote) -> None:
    with Guest(action_table()) as guest:
        table = offered(action_table(), guest.instance.extensions)
        assert isinstance(guest.port, OpenXrInput)
        assert set(guest.port.taken_profiles) == set(table.profiles)
        assert {SIMPLE, TOUCH, VIVE, INDEX, HAND, EYES, FOCUS3} <= set(table.profiles)
        missing = set(extensions(action_table())) - guest.instance.extensions
        assert missing == set()


def test_an_index_controller_s_buttons_arrive(remote: Remote) -> None:
    with Guest(action_table()) as guest:
        found = guest.until(lambda found: found.profiles == (INDEX, INDEX))
        assert [hand.kind for hand in found.hands] == ["controller", "controller"]
        assert not found.hands[RIGHT].selected

        remote.right.a_click = True
        remote.send()
        found = guest.until(lambda found: found.hands[RIGHT].selected)
        assert not found.hands[LEFT].selected

        remote.right.a_click = False
        remote.right.trigger = 0.625
        remote.right.squeeze = 0.25
        remote.right.stick = (-0.5, 0.75)
        remote.left.b_click = True
        remote.send()
        found = guest.until(lambda found: found.hands[LEFT].menu and not found.hands[RIGHT].selected)
        right = found.hands[RIGHT]
        assert right.select_ratio == pytest.approx(0.625)
        assert right.squeeze_ratio == pytest.approx(0.25)
        assert right.stick == pytest.approx((-0.5, 0.75))
        assert found.hands[LEFT].stick == (0.0, 0.0)

        remote.right.trigger_click = True
        remote.send()
        guest.until(lambda found: found.hands[RIGHT].selected)


def test_poses_follow_in_our_axes(remote: Remote) -> None:
    with Guest(action_table()) as guest:
        guest.until(lambda found: found.hands[LEFT].grip and found.hands[RIGHT].grip)
        before = guest.input.hands[RIGHT].grip
        assert before is not None
        remote.right.grip = Pose((0.25, 0.5, 1.0))
        remote.send()
        guest.until(lambda found: found.hands[RIGHT].grip != before)
        first = guest.input.hands[RIGHT].grip
        remote.right.grip = Pose((0.25 + 0.125, 0.5 + 0.25, 1.0 - 0.5), YAW_90)
        remote.send()
        guest.until(lambda found: found.hands[RIGHT].grip != first)
        second = guest.input.hands[RIGHT].grip
        assert first is not None
        assert second is not None
        moved = tuple(b - a for a, b in zip(first.position_m, second.position_m, strict=True))
        assert moved == pytest.approx((0.125, 0.25, -0.5), abs=1e-5)
        assert first.turn == pytest.approx((0.0, 0.0, 0.0, 1.0), abs=1e-5)
        assert second.turn == pytest.approx(YAW_90, abs=1e-5)
        assert guest.input.hands[RIGHT].aim is not None


def test_a_controller_that_is_put_away_is_no_hand(remote: Remote) -> None:
    with Guest(action_table()) as guest:
        guest.until(lambda found: found.hands[LEFT].kind == "controller")
        remote.left.active = False
        remote.send()
        found = guest.until(lambda found: found.hands[LEFT].grip is None)
        assert found.hands[RIGHT].kind == "controller"


@pytest.mark.parametrize("profile", [SIMPLE, TOUCH])
def test_a_runtime_maps_its_controller_to_the_one_that_is_known(remote: Remote, profile: str) -> None:
    with Guest(only(profile)) as guest:
        found = guest.until(lambda found: found.profiles == (profile, profile))
        assert not found.hands[RIGHT].selected
        remote.right.trigger = 1.0
        remote.right.trigger_click = True
        remote.send()
        found = guest.until(lambda found: found.hands[RIGHT].selected)
        assert found.hands[RIGHT].kind == "controller"
        assert found.hands[RIGHT].select_ratio == 1.0
        assert not found.hands[LEFT].selected


@pytest.mark.parametrize(("made_as", "profile"), [("simple", SIMPLE), ("wmr", MOTION), ("ml2", MAGIC_LEAP)])
def test_a_controller_is_found_as_what_it_is(service: Service, made_as: str, profile: str) -> None:
    service.restart("simulated", SIMULATED_LEFT=made_as, SIMULATED_RIGHT=made_as)
    try:
        with Guest(action_table()) as guest:
            found = guest.until(lambda found: found.profiles == (profile, profile) and found.hands[LEFT].grip)
            assert [hand.kind for hand in found.hands] == ["controller", "controller"]
            left, right = found.hands[LEFT].grip, found.hands[RIGHT].grip
            assert left is not None
            assert right is not None
            assert left.position_m[0] < right.position_m[0]
    finally:
        service.restart("simulated")


def test_without_hands_there_are_none(service: Service) -> None:
    with Guest(action_table()) as guest:
        found = guest.until(lambda found: True)
        assert found == InputState()


def test_an_empty_table_is_a_session_without_input(service: Service) -> None:
    with Guest(ActionTable(())) as guest:
        found = guest.until(lambda found: True)
        assert found.profiles == ("", "")
        guest.port.play(HapticPulse(0, 10_000_000, 0.5))
        guest.port.stop(0)


def test_fingers_are_read(remote: Remote) -> None:
    """Monado makes fingers out of the remote controller's finger curls."""
    with Guest(only(HAND)) as guest:  # no controller profile: the runtime's fingers count
        remote.left.hand_tracking_active = True
        remote.left.grip = Pose((-0.25, 0.5, 1.0))
        remote.send()
        found = guest.until(lambda found: len(found.hands[LEFT].joints) == JOINTS)
        hand = found.hands[LEFT]
        assert hand.kind == "hand"
        assert all(radius > 0.0 for radius in hand.joint_radii_m)
        wrist, tip = hand.joints[WRIST].position_m, hand.joints[INDEX_TIP].position_m
        assert 0.1 < math.dist(wrist, tip) < 0.3
        flat = math.dist(wrist, hand.joints[LITTLE_TIP].position_m)
        open_ratio = hand.squeeze_ratio
        remote.left.curl = [1.0] * 5
        remote.send()
        found = guest.until(
            lambda found: (
                len(found.hands[LEFT].joints) == JOINTS
                and math.dist(
                    found.hands[LEFT].joints[WRIST].position_m,
                    found.hands[LEFT].joints[LITTLE_TIP].position_m,
                )
                < flat - 0.02
            )
        )
        assert found.hands[LEFT].squeeze_ratio > open_ratio


def test_eyes_are_not_read_before_they_may(remote: Remote) -> None:
    """This headset has no eyes to track; what can be shown is that asking for them and not is taken alike."""
    with Guest(action_table()) as guest:
        assert guest.until(lambda found: found.profiles == (INDEX, INDEX)).gaze is None
        guest.port.allow_eyes(True)
        for _ in range(5):
            found = guest.frame()
            assert found is not None
            assert found.gaze is None
            assert found.focused
        guest.port.allow_eyes(False)
        guest.until(lambda found: found.gaze is None)


def test_a_second_session_has_its_own_actions(remote: Remote) -> None:
    with Guest(action_table()) as guest:
        guest.until(lambda found: found.profiles == (INDEX, INDEX))
        guest.session.close()
        again = guest.instance.session(action_table())
        assert again.input.haptic_form(LEFT) == "simple"
        again.close()


def test_a_trigger_becomes_one_press_along_the_controller_s_ray(remote: Remote) -> None:
    memory = Memory()
    presses: list[Press] = []

    def follow(found: InputState) -> bool:
        nonlocal memory
        assert guest.instance.complaints == ()
        pointing, memory = point(Tracked(guest.at_ns, hands=found.hands), memory)
        presses.extend(pointing.presses)
        return bool(presses)

    with Guest(action_table()) as guest:
        remote.right.grip = Pose((0.25, 0.25, 1.5), YAW_90)
        remote.send()
        guest.until(lambda found: found.hands[RIGHT].aim and not follow(found))
        remote.right.trigger, remote.right.trigger_click = 1.0, True
        remote.send()
        guest.until(follow)
        for _ in range(10):
            found = guest.frame()
            assert found is not None
            follow(found)
        [press] = presses
        assert (press.by, press.hand, press.ray.source) == ("controller", RIGHT, "controller")
        aim = guest.input.hands[RIGHT].aim
        assert aim is not None
        assert press.ray.along == pytest.approx(direction(aim), abs=1e-6)


# ---- haptics


def outputs(service: Service) -> int:
    return service.log.count("Dispatching device_set_output")


def test_the_service_is_told_to_play_and_to_stop(remote_service: Service) -> None:
    remote_service.restart("remote", IPC_LOG="trace")
    try:
        with Remote() as remote, Guest(action_table()) as guest:
            remote.left, remote.right = Controller(active=True), Controller(active=True)
            remote.send()
            guest.until(lambda found: found.profiles == (INDEX, INDEX))
            assert guest.port.haptic_form(RIGHT) == "simple"
            assert guest.port.pcm_rate_hz(RIGHT) == 0.0
            before = outputs(remote_service)
            for number in range(5):
                guest.port.play(HapticPulse(RIGHT, 50_000_000, 0.25, 160.0))
                guest.frame()
                assert outputs(remote_service) >= before + number + 1
            played = outputs(remote_service)
            guest.port.stop(RIGHT)
            guest.frame()
            assert outputs(remote_service) > played
    finally:
        remote_service.restart("remote")


def test_a_stroke_of_a_curve_is_played_and_ends(remote_service: Service) -> None:
    """From the curve of a role to the service: a quarter of a second in one hand, then silence."""
    remote_service.restart("remote", IPC_LOG="trace")
    try:
        with Remote() as remote, Guest(action_table()) as guest:
            remote.left, remote.right = Controller(active=True), Controller(active=True)
            remote.send()
            guest.until(lambda found: found.profiles == (INDEX, INDEX))
            from_ns = guest.at_ns + 100_000_000
            setup = HapticSetup(LEFT, guest.port.haptic_form(LEFT))
            feed = HapticFeed(setup, lambda at: (0.6 if 0 <= at - from_ns < 250_000_000 else 0.0, 90.0))
            before = outputs(remote_service)
            ordered: list[tuple[int, HapticPulse]] = []
            while guest.at_ns < from_ns + 500_000_000:
                guest.frame()
                for order in feed.step(guest.at_ns, 11_000_000):
                    assert isinstance(order, HapticPulse)  # it ends by itself, on time
                    guest.port.play(order)
                    ordered.append((guest.at_ns, order))
            assert len(ordered) >= 2
            assert abs(ordered[0][0] - from_ns) < 60_000_000
            last_ns, last = ordered[-1]
            assert abs(last_ns + last.duration_ns - from_ns - 250_000_000) < 40_000_000
            assert outputs(remote_service) - before >= len(ordered)
    finally:
        remote_service.restart("remote")


_BUZZ = """
from engine.xr.profiles import INDEX, action_table
from engine.xr.runtime import HapticPulse
from tests.monado.guest import Guest

with Guest(action_table(), validation=False) as guest:
    guest.until(lambda found: found.profiles == (INDEX, INDEX))
    guest.port.play(HapticPulse(0, 40_000_000, 0.75, 90.0))
    guest.port.play(HapticPulse(1, 20_000_000, 0.25))
    guest.port.stop(1)
"""


def test_what_the_runtime_is_told_is_what_was_meant(remote: Remote, tmp_path: Path) -> None:
    """The loader's own dump of every call, between us and the runtime."""
    import xr

    layers = Path(xr.__file__).parent / "api_layer" / "linux_x86_64"
    dump = tmp_path / "calls.txt"
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "XR_API_LAYER_PATH": str(layers),
        "XR_ENABLE_API_LAYERS": "XR_APILAYER_LUNARG_api_dump",
        "XR_API_DUMP_EXPORT_TYPE": "text",
        "XR_API_DUMP_FILE_NAME": str(dump),
    }
    done = subprocess.run(
        [sys.executable, "-c", _BUZZ],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    text = dump.read_text(encoding="utf-8", errors="replace")
    played = re.findall(
        r"^XrResult xrApplyHapticFeedback\n.*?XR_TYPE_HAPTIC_VIBRATION.*?->duration = (\d+)\n.*?->frequency = (\S+)\n"
        r".*?->amplitude = (\S+)\n",
        text,
        re.MULTILINE | re.DOTALL,
    )
    assert played == [("40000000", "90", "0.75"), ("20000000", "0", "0.25")]
    assert len(re.findall(r"^XrResult xrStopHapticFeedback\n", text, re.MULTILINE)) == 1
