"""A force-feedback device of this machine as a line: a frame is an effect, uploaded once and then changed."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from devices.evdev_rumble.codec import FF_PERIODIC, FF_RUMBLE, SIZE, Rumble, Sine, decode, encode
from engine.errors import DeviceBusy, DeviceGone

_FF_GAIN = 0x60
_EV_FF = 0x15
BY_NAME = "name:"


class PadLine:
    """One device of ``/dev/input``.

    Parameters
    ----------
    device : str
        The rig's name, for messages.
    port : str
        ``/dev/input/event5``, or ``name:Xbox`` for the first whose name contains that.
    library : object, optional
        Instead of the evdev library: tests on machines without such devices.

    Notes
    -----
    One effect for each type, changed while it plays; it ends by itself unless it is played again.
    """

    def __init__(self, device: str, port: str, library: Any = None) -> None:
        self._device = device
        self._port = port
        self._library = library
        self._pad: Any = None
        self._ids: dict[int, int] = {}
        self.name = ""
        self.offers: frozenset[int] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether there is a device."""
        return self._pad is not None

    def open(self) -> None:
        """Open it. Raises DeviceGone with the devices there are, DeviceBusy when it must not be written to."""
        if self._pad is not None:
            return
        library = self._library if self._library is not None else import_module("evdev")
        path = self._find(library)
        try:
            pad = library.InputDevice(path)
        except PermissionError as error:
            raise DeviceBusy(
                f"{self._device}: {path} must not be written to ({error}); add yourself to the group that owns it (mostly input)"
            ) from error
        except OSError as error:
            raise DeviceGone(
                f"{self._device}: no device at {path} ({error}); {self._there(library)}"
            ) from error
        offers = frozenset(pad.capabilities().get(_EV_FF, ()))
        if not offers & {FF_RUMBLE, FF_PERIODIC}:
            pad.close()
            raise DeviceGone(
                f"{self._device}: {pad.name} at {path} has no force feedback; {self._there(library)}"
            )
        self._library, self._pad, self.name, self.offers = library, pad, str(pad.name), offers
        self._ids = {}
        if _FF_GAIN in offers:
            try:
                self._do(lambda: pad.write(_EV_FF, _FF_GAIN, 0xFFFF))
            except DeviceGone:
                self.close()
                raise

    def send(self, frames: Sequence[bytes]) -> None:
        """Play each frame's effect, or stop it where it is silent. Raises DeviceGone."""
        if self._pad is None:
            raise DeviceGone(f"{self._device}: {self._port} is not open")
        for frame in frames:
            self._do(lambda frame=frame: self._play(frame))

    def close(self) -> None:
        """Stop everything, take the effects back, let go; never raises."""
        pad, self._pad = self._pad, None
        if pad is None:
            return
        for number in self._ids.values():
            # Stop and erase apart: where one fails the other may still help.
            for step in (lambda n=number: pad.write(_EV_FF, n, 0), lambda n=number: pad.erase_effect(n)):
                try:
                    step()
                except OSError:
                    pass  # it is unplugged; the kernel stops what nobody holds open
        self._ids = {}
        try:
            pad.close()
        except OSError:
            pass

    def _play(self, frame: bytes) -> None:
        effect = decode(frame)
        kind = FF_RUMBLE if isinstance(effect, Rumble) else FF_PERIODIC
        number = self._ids.get(kind, -1)
        silent = not (effect.strong or effect.weak) if isinstance(effect, Rumble) else not effect.magnitude
        if silent and number < 0:
            return
        made = type(effect)(*_numbers(effect), number)
        laid_out = self._library.ff.Effect
        if ctypes.sizeof(laid_out) != SIZE:
            raise DeviceGone(
                f"{self._device}: effects have {ctypes.sizeof(laid_out)} bytes on this system, not {SIZE}"
            )
        self._ids[kind] = number = self._pad.upload_effect(laid_out.from_buffer_copy(encode(made)))
        self._pad.write(_EV_FF, number, 0 if silent else 1)

    def _do(self, step: Any) -> None:
        try:
            step()
        except OSError as error:
            raise DeviceGone(f"{self._device}: {self.name} went away ({error})") from error

    def _find(self, library: Any) -> str:
        if not self._port.startswith(BY_NAME):
            return self._port
        wanted = self._port.removeprefix(BY_NAME)
        for path, name, has in self._list(library):
            if has and wanted.lower() in name.lower():
                return path
        raise DeviceGone(f"{self._device}: no device whose name contains {wanted!r}; {self._there(library)}")

    @staticmethod
    def _list(library: Any) -> list[tuple[str, str, bool]]:
        rows = []
        for path in library.list_devices():
            try:
                pad = library.InputDevice(path)
            except OSError:
                continue  # gone again, or not ours to read
            rows.append((str(path), str(pad.name), bool(pad.capabilities().get(_EV_FF))))
            pad.close()
        return rows

    def _there(self, library: Any) -> str:
        rows = [f"{name} ({path})" for path, name, has in self._list(library) if has]
        return (
            f"with force feedback there is {', '.join(rows)}" if rows else "no device here has force feedback"
        )


def _numbers(effect: Rumble | Sine) -> tuple[int, int, int]:
    if isinstance(effect, Rumble):
        return effect.strong, effect.weak, effect.length_ms
    return effect.period_ms, effect.magnitude, effect.length_ms
