"""What somebody does at the desk before a window: mouse, keyboard and gamepad as one `DeskInput` a frame.

desk = Desk(window, trigger_keys(package.scenes))
desk.lens = Lens((75.0, 46.2), 0.56)
tracked = simulator.sample(desk.poll(), display_ns, dt_s)
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.render.keyboard import Polled
from engine.timeline.program import Program
from engine.xr.simulator import BODY_KEYS, HELP, HELP_ZH, IDLE_PAD, DeskInput, PadInput
from engine.xr.values import LEFT, RIGHT

if TYPE_CHECKING:
    from panda3d.core import GraphicsWindow

__all__ = ["HELP", "HELP_ZH", "OPERATOR_KEYS", "Desk", "Lens", "desk_input", "trigger_keys"]

STILL_KEY, CLIP_KEY = "f9", "f10"
OPERATOR_KEYS = frozenset({STILL_KEY, CLIP_KEY})
"""Keys of whoever watches: a screenshot, a clip of the last seconds. The show never hears of them."""

_HAND_KEYS = {
    "shift": LEFT,
    "lshift": LEFT,
    "rshift": LEFT,
    "control": RIGHT,
    "lcontrol": RIGHT,
    "rcontrol": RIGHT,
}
_MODIFIERS = frozenset(
    {*_HAND_KEYS, "alt", "lalt", "ralt", "meta", "lmeta", "rmeta", "caps_lock", "num_lock"}
)


@dataclass(frozen=True, slots=True)
class Lens:
    """Of the picture in the window, so that the pointer is a direction.

    Attributes
    ----------
    fov_deg : tuple of float
        Full horizontal and vertical angle.
    horizon_ratio : float
        Where the level horizon lies, from the top; the lens is shifted, not tilted.
    """

    fov_deg: tuple[float, float] = (75.0, 46.7)
    horizon_ratio: float = 0.5

    def tangents(self, pointer: tuple[float, float]) -> tuple[float, float]:
        """A point of the picture (-1..1 right and up) as tangents from the head's axis."""
        right, up = (math.tan(math.radians(angle) / 2.0) for angle in self.fov_deg)
        return (pointer[0] * right, (pointer[1] + 2.0 * (self.horizon_ratio - 0.5)) * up)


def trigger_keys(scenes: Iterable[Program]) -> frozenset[str]:
    """Keys that some scene's trigger waits for; these stay the scene's and move nobody."""
    return frozenset(trigger.key for program in scenes for trigger in program.triggers if trigger.on == "key")


def desk_input(
    polled: Polled,
    lens: Lens,
    *,
    reserved: Collection[str] = (),
    pad: PadInput = IDLE_PAD,
    pad_clicked: bool = False,
) -> DeskInput:
    """What a poll means: which keys are the body's, the operator's, the show's. Pure.

    Parameters
    ----------
    polled : Polled
    lens : Lens
    reserved : collection of str
        Keys that a scene needs, see `trigger_keys`.
    pad : PadInput
    pad_clicked : bool
        The pad's select button has just gone down.
    """
    body = BODY_KEYS.difference(reserved)
    own = body | OPERATOR_KEYS.difference(reserved) | _MODIFIERS.difference(reserved)
    steered = {_HAND_KEYS[key] for key in polled.held if key in _HAND_KEYS and key not in reserved}
    return DeskInput(
        keys=tuple(key for key in polled.keys if key not in own),
        operator_keys=tuple(key for key in polled.keys if key in OPERATOR_KEYS and key not in reserved),
        # A key that was pressed and let go within one frame still counts for that frame.
        held=body & (polled.held | set(polled.keys)),
        clicked=polled.clicked or pad_clicked,
        pressed=polled.clicked or "mouse1" in polled.held or pad.select,
        pointer=polled.pointer,
        pointer_tan=None if polled.pointer is None else lens.tangents(polled.pointer),
        pointer_moved=polled.pointer_moved,
        turned_deg=polled.turned_deg,
        wheel=polled.wheel,
        hand=min(steered) if steered else None,
        pad=pad,
    )


class Desk:
    """Reads a window and the gamepads, once a frame.

    Parameters
    ----------
    window : GraphicsWindow
    reserved : collection of str
        Keys that scenes need.
    name : str
        Of this window's events, where a process has several windows.
    pads : bool
        Look for gamepads too.

    Attributes
    ----------
    lens : Lens
        Of the picture shown; to be set when it changes.
    """

    def __init__(
        self,
        window: GraphicsWindow,
        reserved: Collection[str] = (),
        *,
        name: str = "sensorama",
        pads: bool = True,
    ) -> None:
        from engine.render.gamepad import Gamepads
        from engine.render.keyboard import Keyboard

        self._keyboard = Keyboard(window, name)
        self._pads = Gamepads() if pads else None
        self._reserved = frozenset(reserved)
        self.lens = Lens()

    def poll(self) -> DeskInput:
        """Everything since the last call."""
        pad, clicked = self._pads.poll() if self._pads is not None else (IDLE_PAD, False)
        return desk_input(
            self._keyboard.poll(), self.lens, reserved=self._reserved, pad=pad, pad_clicked=clicked
        )
