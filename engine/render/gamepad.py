"""Gamepads by Panda3D's own device manager, polled once a frame: no ShowBase, no tasks.

Names and signs are Panda3D's `InputDevice`: sticks are -1..1 right and up (it turns evdev's Y over), triggers 0..1, buttons as
`GamepadButton` calls them.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any, Protocol

from engine.xr.simulator import IDLE_PAD, PadInput

DEAD_RATIO = 0.15
"""Of a stick's way that is taken for rest; worn sticks come back to a tenth."""
_TRIGGER_DEAD_RATIO = 0.05
_LINUX_DEVICES = Path("/dev/input")


class PadState(Protocol):
    """A pad as it stands: what is read of Panda3D's device, and what a test's own pad gives."""

    def axis(self, name: str) -> float:
        """Value of an axis by its name ("left_x"); 0 where the pad has none."""
        ...

    def down(self, name: str) -> bool:
        """Whether a button ("face_a") is down; False where the pad has none."""
        ...


def live_stick(x: float, y: float) -> tuple[float, float]:
    """A stick without its dead zone: 0 within it, then growing from 0 to length 1; no further."""
    length = math.hypot(x, y)
    if not length > DEAD_RATIO:
        return (0.0, 0.0)
    scale = min((length - DEAD_RATIO) / (1.0 - DEAD_RATIO), 1.0) / length
    return (x * scale, y * scale)


def pad_input(pad: PadState, home_before: bool = False) -> PadInput:
    """What a pad's buttons mean to the simulated guest.

    Parameters
    ----------
    pad : PadState
    home_before : bool
        Whether the button of `PadInput.home` was down at the last call already.
    """
    return PadInput(
        move=live_stick(pad.axis("left_x"), pad.axis("left_y")),
        turn=live_stick(pad.axis("right_x"), pad.axis("right_y")),
        rise=float(pad.down("dpad_up")) - float(pad.down("dpad_down")),
        trigger_ratios=(
            _trigger(pad.axis("left_trigger"), pad.down("ltrigger")),
            _trigger(pad.axis("right_trigger"), pad.down("rtrigger")),
        ),
        shoulders=(pad.down("lshoulder"), pad.down("rshoulder")),
        select=pad.down("face_a"),
        home=pad.down("face_b") and not home_before,
        menu=pad.down("back"),
    )


def _trigger(ratio: float, pressed: bool) -> float:
    if ratio < _TRIGGER_DEAD_RATIO:  # pads without a way of their own have a button there
        return 1.0 if pressed else 0.0
    return min(ratio, 1.0)


class PandaPad:
    """One of Panda3D's devices."""

    def __init__(self, device: Any) -> None:
        from panda3d.core import InputDevice

        self.device = device
        self._axes = InputDevice.Axis

    def axis(self, name: str) -> float:
        """Value of an axis."""
        found = self.device.find_axis(getattr(self._axes, name))
        return float(found.value) if found is not None and found.known else 0.0

    def down(self, name: str) -> bool:
        """Whether a button is down."""
        found = self.device.find_button(name)
        return bool(found is not None and found.pressed)


class Gamepads:
    """Whatever pads are plugged in; the one that was used last counts.

    Notes
    -----
    Looking for devices is Panda3D's work: it notices plugging in and out. On a Linux machine without input devices (a container)
    it is not asked at all, since it complains of that on standard error.
    """

    def __init__(self) -> None:
        self._manager: Any = None
        if not sys.platform.startswith("linux") or _LINUX_DEVICES.is_dir():
            from panda3d.core import InputDevice, InputDeviceManager

            self._manager = InputDeviceManager.get_global_ptr()
            self._class = InputDevice.DeviceClass.gamepad
        self._used = ""
        self._home = False
        self._select = False

    def poll(self) -> tuple[PadInput, bool]:
        """What the pad in use says, and whether its select button has just gone down."""
        if self._manager is None:
            return IDLE_PAD, False
        self._manager.update()
        read: dict[str, tuple[PadInput, bool]] = {}
        for device in self._manager.get_devices(self._class):
            device.poll()
            pad = PandaPad(device)
            read[device.name] = (pad_input(pad, self._home), pad.down("face_b"))
        return self.chosen(read)

    def chosen(self, read: dict[str, tuple[PadInput, bool]]) -> tuple[PadInput, bool]:
        """Out of all pads by name: the one that somebody touches, the last one first. Apart from `poll` for tests."""
        touched = [name for name, (pad, _) in read.items() if pad != IDLE_PAD]
        if self._used not in touched:
            self._used = touched[0] if touched else self._used
        pad, self._home = read.get(self._used, (IDLE_PAD, False))
        clicked = pad.select and not self._select
        self._select = pad.select
        return pad, clicked
