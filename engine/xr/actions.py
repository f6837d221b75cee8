"""The one table of actions, and what reading it gives; filled by `engine.xr.profiles`. No ctypes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.xr.values import NO_HAND, Hand, Located

ActionKind = Literal["pose", "bool", "float", "vector2", "haptic"]


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Attributes
    ----------
    name : str
        Lower case, as XrPath components are: "select".
    kind : {"pose", "bool", "float", "vector2", "haptic"}
    title : str
        For a runtime's binding screen.
    hands : tuple of str
        Sub-action paths: ("left", "right"), or () for one without a hand (eye gaze).
    """

    name: str
    kind: ActionKind
    title: str
    hands: tuple[str, ...] = ("left", "right")


@dataclass(frozen=True, slots=True)
class ActionTable:
    """All actions of the engine and what they are bound to.

    Attributes
    ----------
    actions : tuple of ActionSpec
    profiles : mapping
        By interaction profile path: the extension it needs ("" for none) and its bindings as (action name, input path).
    """

    actions: tuple[ActionSpec, ...]
    profiles: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InputState:
    """What the actions say at one display time, poses in the base space that was asked for.

    Attributes
    ----------
    hands : tuple of Hand
    gaze : Located or None
        Eye gaze, where active.
    profiles : tuple of str
        Interaction profile of the left and the right hand; "" for none.
    focused : bool
        False: the runtime gives no input now (its menu is open, headset off).
    """

    hands: tuple[Hand, Hand] = (NO_HAND, NO_HAND)
    gaze: Located | None = None
    profiles: tuple[str, str] = ("", "")
    focused: bool = True
