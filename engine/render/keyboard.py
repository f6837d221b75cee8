"""Mouse and keys of a window, polled once a frame: no ShowBase, no builtins, no messenger."""

from __future__ import annotations

from dataclasses import dataclass

from panda3d.core import (
    ButtonThrower,
    DataGraphTraverser,
    EventQueue,
    GraphicsWindow,
    ModifierButtons,
    MouseAndKeyboard,
    MouseWatcher,
    NodePath,
)

# Degrees of view per pixel of mouse travel while the right button is held.
DEG_PER_PIXEL = 0.12

_WHEEL = {"wheel_up": 1, "wheel_down": -1}


@dataclass(frozen=True, slots=True)
class Polled:
    """What happened since the last frame.

    Attributes
    ----------
    keys : tuple of str
        Keys gone down, Panda3D's names.
    clicked : bool
        The left button went down.
    pointer : tuple of float or None
        Pointer in the picture, -1..1 right and up; None outside the window.
    turned_deg : tuple of float
        Mouse look: yaw (+ = left) and pitch (+ = up).
    held : frozenset of str
        Keys and mouse buttons ("mouse1") that are down now.
    pointer_moved : bool
        It is elsewhere than at the last call.
    wheel : int
        Clicks away from the user.
    """

    keys: tuple[str, ...] = ()
    clicked: bool = False
    pointer: tuple[float, float] | None = None
    turned_deg: tuple[float, float] = (0.0, 0.0)
    held: frozenset[str] = frozenset()
    pointer_moved: bool = False
    wheel: int = 0


class Keyboard:
    """Reads one window.

    Parameters
    ----------
    window : GraphicsWindow
    name : str
        Tells its events from those of another window's keyboard: the event queue is one for the process.
    """

    def __init__(self, window: GraphicsWindow, name: str = "sensorama") -> None:
        self._window = window
        self._graph = NodePath("input")
        devices = self._graph.attach_new_node(MouseAndKeyboard(window, 0, "keyboard_mouse"))
        self._watcher = MouseWatcher("pointer")
        watcher = devices.attach_new_node(self._watcher)
        thrower = ButtonThrower("buttons")
        thrower.set_modifier_buttons(ModifierButtons())
        self._down, self._up = f"{name}-down", f"{name}-up"
        thrower.set_button_down_event(self._down)
        thrower.set_button_up_event(self._up)
        watcher.attach_new_node(thrower)
        self._traverser = DataGraphTraverser()
        self._queue = EventQueue.get_global_event_queue()
        self._held: set[str] = set()
        self._last: tuple[float, float] | None = None

    def poll(self) -> Polled:
        """Everything since the last call."""
        self._traverser.traverse(self._graph.node())
        keys: list[str] = []
        clicked = False
        wheel = 0
        while not self._queue.is_queue_empty():
            event = self._queue.dequeue_event()
            if event.get_num_parameters() < 1 or not event.get_parameter(0).is_string():
                continue
            name = event.get_parameter(0).get_string_value()
            if event.get_name() == self._up:
                self._held.discard(name)
            elif event.get_name() == self._down:
                wheel += _WHEEL.get(name, 0)
                if name in _WHEEL:
                    continue
                self._held.add(name)
                clicked = clicked or name == "mouse1"
                if not name.startswith(("mouse", "wheel")):
                    keys.append(name)
        pointer: tuple[float, float] | None = None
        turned = (0.0, 0.0)
        if self._watcher.has_mouse():
            at = self._watcher.get_mouse()
            pointer = (float(at.x), float(at.y))
            if "mouse3" in self._held and self._last is not None:
                width, height = self._window.get_x_size(), self._window.get_y_size()
                turned = (
                    -(pointer[0] - self._last[0]) * 0.5 * width * DEG_PER_PIXEL,
                    (pointer[1] - self._last[1]) * 0.5 * height * DEG_PER_PIXEL,
                )
        moved = pointer is not None and pointer != self._last
        self._last = pointer
        return Polled(tuple(keys), clicked, pointer, turned, frozenset(self._held), moved, wheel)
