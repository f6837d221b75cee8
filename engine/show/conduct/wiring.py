"""From what a viewer reports to what the conductor takes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.render.live import ClosedEvent, GazeEvent, GuestEvent, InputEvent, KeyEvent, PressEvent
from engine.show.conduct.inputs import Guest, Input, Key, Look, Operator, Pick, Touch
from engine.show.conduct.window import OPTION, TARGET
from engine.time import FLICKS_PER_SECOND

#: How far an arrow key scrubs.
SCRUB_FL = 5 * FLICKS_PER_SECOND


def input_of(event: InputEvent, seat: int, options: Sequence[str]) -> Input | None:
    """The conductor's input for a viewer's event, or None when it means nothing to a show.

    Parameters
    ----------
    event : InputEvent
    seat : int
        Whose viewer it came from.
    options : sequence of str
        Options on show, in order: the number keys choose among them.
    """
    match event:
        case GazeEvent(name="") | GazeEvent(kind=""):
            return Look(seat, None)
        case GazeEvent(kind=kind, name=name):
            return Look(seat, (OPTION if kind == "option" else TARGET) + name)
        case PressEvent(kind="option", name=name, by="mouse"):
            return Pick(seat, name, by="mouse")
        case PressEvent(kind="option", name=name):
            return Pick(seat, name, by="hand")
        case PressEvent(kind="target", name=name):
            return Touch(seat, name)
        case GuestEvent(kind="arrived" | "left" as kind):
            return Guest(seat, kind)
        case KeyEvent(key="space"):
            return Operator("toggle_hold")
        case KeyEvent(key="escape") | ClosedEvent():
            return Operator("stop")
        case KeyEvent(key="arrow_left"):
            return Operator("seek_by", -SCRUB_FL)
        case KeyEvent(key="arrow_right"):
            return Operator("seek_by", SCRUB_FL)
        case KeyEvent(key=key) if key.isdigit() and 1 <= int(key) <= len(options):
            return Pick(seat, options[int(key) - 1], by="key")
        case KeyEvent(key=key):
            return Key(seat, key)
        case _:
            return None
