"""What mouse, keys and pads mean, without a window."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from engine.experience.package import Package
from engine.render import gamepad
from engine.render.desk import Lens, desk_input, trigger_keys
from engine.render.gamepad import DEAD_RATIO, Gamepads, PandaPad, live_stick, pad_input
from engine.render.keyboard import Polled
from engine.xr.simulator import BODY_KEYS, HELP, HELP_ZH, IDLE_PAD, PadInput
from engine.xr.values import LEFT, RIGHT


def test_keys_of_the_show_pass_and_keys_of_the_body_do_not() -> None:
    pressed = (
        "space",
        "escape",
        "arrow_left",
        "arrow_right",
        "1",
        "x",
        "w",
        "q",
        "home",
        "shift",
        "lshift",
        "f9",
    )
    seen = desk_input(Polled(keys=pressed, held=frozenset(pressed)), Lens())
    assert seen.keys == ("space", "escape", "arrow_left", "arrow_right", "1", "x")
    assert seen.held == {"w", "q", "home"} and seen.operator_keys == ("f9",)


def test_a_key_that_a_trigger_waits_for_stays_the_triggers() -> None:
    pressed = ("w", "f9", "shift")
    seen = desk_input(Polled(keys=pressed, held=frozenset(pressed)), Lens(), reserved={"w", "f9", "shift"})
    assert seen.keys == pressed
    assert not seen.held and not seen.operator_keys and seen.hand is None


def test_keys_of_triggers_are_found(package: Package) -> None:
    triggers = [SimpleNamespace(on="key", key="b"), SimpleNamespace(on="touch", key="")]
    assert trigger_keys([SimpleNamespace(triggers=triggers)]) == {"b"}  # type: ignore[list-item]
    assert trigger_keys(package.scenes) == frozenset()


def test_a_key_tapped_within_a_frame_counts_for_that_frame() -> None:
    assert desk_input(Polled(keys=("w",)), Lens()).held == {"w"}
    assert desk_input(Polled(clicked=True), Lens()).pressed


@pytest.mark.parametrize(
    ("held", "hand"),
    [(set(), None), ({"shift"}, LEFT), ({"control", "lcontrol"}, RIGHT), ({"shift", "control"}, LEFT)],
)
def test_shift_is_the_left_hand_and_control_the_right(held: set[str], hand: int | None) -> None:
    assert desk_input(Polled(held=frozenset(held)), Lens()).hand == hand


def test_the_pointer_is_a_direction_through_a_shifted_lens() -> None:
    lens = Lens((90.0, 60.0), 0.56)
    right, up = lens.tangents((1.0, 0.0))
    assert right == pytest.approx(1.0)
    assert up == pytest.approx(0.12 * math.tan(math.radians(30.0)))
    assert lens.tangents((0.0, -0.12))[1] == pytest.approx(0.0)  # on the horizon
    assert desk_input(Polled(pointer=(1.0, -0.12)), lens).pointer_tan == pytest.approx((1.0, 0.0))
    assert desk_input(Polled(), lens).pointer_tan is None


def test_the_help_names_every_key_in_both_languages() -> None:
    for text in (HELP, HELP_ZH):
        for key in ("Q/E", "W/A/S/D", "R/F", "Home", "Shift", "Ctrl"):
            assert key in text
    assert len(BODY_KEYS) == 9


# ---- gamepads


@dataclass
class FakePad:
    axes: dict[str, float] = field(default_factory=dict)
    buttons: set[str] = field(default_factory=set)

    def axis(self, name: str) -> float:
        return self.axes.get(name, 0.0)

    def down(self, name: str) -> bool:
        return name in self.buttons


def test_a_pad_that_nobody_touches_is_idle_though_its_sticks_are_worn() -> None:
    worn = FakePad({"left_x": 0.09, "left_y": -0.1, "right_x": -0.05, "right_trigger": 0.02})
    assert pad_input(worn) == IDLE_PAD


def test_sticks_grow_from_the_dead_zone_to_one_in_every_direction() -> None:
    assert live_stick(DEAD_RATIO, 0.0) == (0.0, 0.0)
    assert live_stick(1.0, 0.0) == (1.0, 0.0)
    assert live_stick(0.0, (1.0 + DEAD_RATIO) / 2.0) == pytest.approx((0.0, 0.5))
    x, y = live_stick(1.0, 1.0)  # square gates give more than a circle
    assert math.hypot(x, y) == pytest.approx(1.0) and x == y
    assert live_stick(math.nan, 0.0) == (0.0, 0.0)


def test_what_a_pads_parts_mean() -> None:
    pad = FakePad(
        {"left_x": 1.0, "right_y": -1.0, "left_trigger": 0.4, "right_trigger": 1.2},
        {"dpad_up", "rshoulder", "face_a", "face_b", "back"},
    )
    assert pad_input(pad) == PadInput(
        (1.0, 0.0), (0.0, -1.0), 1.0, (0.4, 1.0), (False, True), select=True, home=True, menu=True
    )
    assert not pad_input(pad, home_before=True).home
    assert pad_input(FakePad(buttons={"ltrigger"})).trigger_ratios == (1.0, 0.0)


def test_the_pad_in_use_stays_until_another_is_touched_alone() -> None:
    pads = Gamepads()
    left, right = PadInput(rise=1.0), PadInput(rise=-1.0)
    assert pads.chosen({}) == (IDLE_PAD, False)
    assert pads.chosen({"a": (IDLE_PAD, False), "b": (right, False)})[0] == right
    assert pads.chosen({"a": (left, False), "b": (right, False)})[0] == right
    assert pads.chosen({"a": (left, False), "b": (IDLE_PAD, False)})[0] == left
    assert pads.chosen({"b": (IDLE_PAD, False)})[0] == IDLE_PAD  # unplugged


def test_a_held_button_clicks_once() -> None:
    pads = Gamepads()
    down = {"a": (PadInput(select=True), False)}
    assert [pads.chosen(read)[1] for read in (down, down, {"a": (IDLE_PAD, False)}, down)] == [
        True,
        False,
        False,
        True,
    ]


class FakeDevice:
    """Answers as Panda3D's InputDevice does."""

    name = "pad"

    def __init__(self) -> None:
        self.polled = 0
        self.values: dict[str, SimpleNamespace] = {}

    def find_axis(self, axis: Any) -> SimpleNamespace:
        return self.values.get(axis.name, SimpleNamespace(value=0.7, known=False))

    def find_button(self, name: str) -> SimpleNamespace | None:
        return self.values.get(name)

    def poll(self) -> None:
        self.polled += 1


def test_pandas_devices_are_read_by_name() -> None:
    device = FakeDevice()
    device.values = {
        "left_x": SimpleNamespace(value=1.0, known=True),
        "face_a": SimpleNamespace(pressed=True),
        "face_b": SimpleNamespace(pressed=True),
    }
    pad = PandaPad(device)
    assert (pad.axis("left_x"), pad.axis("right_x"), pad.down("face_a"), pad.down("back")) == (
        1.0,
        0.0,
        True,
        False,
    )
    assert pad_input(pad).move == (1.0, 0.0)


def test_the_manager_is_asked_each_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    pads = Gamepads()
    device, updates = FakeDevice(), []
    device.values = {"face_b": SimpleNamespace(pressed=True)}
    manager = SimpleNamespace(update=lambda: updates.append(1), get_devices=lambda _kind: [device])
    monkeypatch.setattr(pads, "_manager", manager)
    monkeypatch.setattr(pads, "_class", None, raising=False)
    assert [pads.poll()[0].home for _ in range(3)] == [True, False, False]
    assert (len(updates), device.polled) == (3, 3)


def test_a_machine_without_input_devices_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gamepad.sys, "platform", "linux")
    monkeypatch.setattr(gamepad, "_LINUX_DEVICES", tmp_path / "none")
    assert Gamepads().poll() == (IDLE_PAD, False)
    assert capfd.readouterr().err == ""
