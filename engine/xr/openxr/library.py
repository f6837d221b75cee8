"""pyopenxr, loaded when first needed, and the table of functions of one instance.

We call the runtime's functions ourselves and not pyopenxr's wrappers: those raise on qualified successes (or, told not to, drop
the result), ask twice per frame for views and build every structure anew (facts, section 2). Each function is looked up once by
`xrGetInstanceProcAddr`; calls release the GIL.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from typing import Any

from engine.errors import MissingExtra
from engine.xr.faults import InstanceLost, XrError, XrRefused, XrUnavailable
from engine.xr.openxr import results
from engine.xr.openxr.memory import number_of, pointing

_PEOPLE_WANT = "a headset (--xr)"

OLDEST = (1, 1, 6301)
"""pyopenxr's structures got the fields that we write in this version; before, `_type` and others had other names."""


def load() -> Any:
    """The pyopenxr module.

    Raises
    ------
    MissingExtra
        pyopenxr or PyOpenGL is not installed.
    XrUnavailable
        It is installed and cannot work here: too old, no build for this system, or no OpenGL library.
    """
    try:
        import xr
    except ModuleNotFoundError as error:
        raise MissingExtra("xr", _PEOPLE_WANT) from error
    except (ImportError, NotImplementedError, OSError, AttributeError, TypeError) as error:
        raise XrUnavailable(
            f"pyopenxr cannot be used on this machine ({type(error).__name__}: {error}). "
            "It needs Linux or Windows with an OpenGL library; another view works without"
        ) from error
    if version_of(xr.__version__) < OLDEST:
        raise XrUnavailable(
            f"pyopenxr {xr.__version__} is installed; {'.'.join(map(str, OLDEST))} or newer is needed. "
            "Update it with: pip install --upgrade 'sensorama[xr]'"
        )
    return xr


def version_of(text: str) -> tuple[int, ...]:
    """ "1.1.6501a2" -> (1, 1, 6501): the leading numbers of a version."""
    return tuple(int(number) for number in re.findall(r"(?:^|\.)(\d+)", text))


def result_name(xr: Any, result: int) -> str:
    """ "ERROR_INSTANCE_LOST"; a number that this pyopenxr does not know stays one."""
    try:
        return str(xr.Result(result).name)
    except (ValueError, AttributeError):
        return f"XrResult {result}"


class Calls:
    """The functions of one instance, each result checked.

    ``calls("xrWaitFrame", session, info, state)`` returns the result when it is a success, a qualified one included, and raises
    what `engine.xr.openxr.results` makes of an error. `complaints` of the validation layer become errors too.

    Parameters
    ----------
    xr : module
    instance : xr.Instance or None
        None for the three functions that need no instance.
    """

    def __init__(self, xr: Any, instance: Any = None, *, opening: bool = False) -> None:
        self.xr = xr
        self.instance = instance
        self.lost = False
        self._opening = opening
        self._functions: dict[str, Callable[..., int]] = {}
        self.heed: Callable[[str], None] | None = None
        """Called with the name after every call that succeeded; may raise. For the validation layer's complaints."""

    def __call__(self, name: str, *arguments: Any) -> int:
        result = self.ask(name, *arguments)
        if result < 0:
            raise self.fault(name, result)
        if self.heed is not None:
            self.heed(name)
        return result

    def ask(self, name: str, *arguments: Any) -> int:
        """Call and give the result as it is; only `InstanceLost` may be raised, after `close`."""
        function = self._functions.get(name)
        if function is None:
            function = self._look_up(name)
        return function(*arguments)

    def quietly(self, name: str, *arguments: Any) -> None:
        """Destroy something. Whatever that results in, the thing is gone and nobody could do more; nothing after `close`."""
        if self.instance is None:
            return
        try:
            self.ask(name, *arguments)
        except XrError:
            pass  # the function itself cannot be had from a runtime that went away

    def fault(self, name: str, result: int) -> XrError:
        """The error that this negative result is.

        Once the runtime has gone, whatever it says of sessions means no more than that: Monado answers poll with INSTANCE_LOST
        and then everything of the session with SESSION_LOST.
        """
        if result == results.SESSION_LOST and self.lost:
            result = results.INSTANCE_LOST
        if result == results.INSTANCE_LOST:
            self.lost = True
        return results.fault(name, result, result_name(self.xr, result), opening=self._opening)

    def has(self, name: str) -> bool:
        """Whether the instance has this function."""
        try:
            self._look_up(name)
        except XrRefused:
            return False
        return True

    def enumerate(self, name: str, *arguments: Any, of: Callable[[], Any], tries: int = 8) -> list[Any]:
        """All of a list that a runtime gives in two calls: how many, then which.

        Parameters
        ----------
        name : str
        *arguments
            Before capacity, count and array.
        of : callable
            Makes one element, as the runtime wants to find it: a structure with its type set, or a plain ctypes number.
        tries : int
            A list may grow between the two calls (SIZE_INSUFFICIENT); it is asked for again this often, never for ever.

        Returns
        -------
        list
            Structures, or Python numbers.
        """
        count = ctypes.c_uint32(0)
        # images are asked for by their base header: the array goes in as whatever the function declares
        pointer_type: Any = self._functions.get(name, None) or self._look_up(name)
        pointer_type = pointer_type.argtypes[-1]
        none = pointer_type()
        for _ in range(tries):
            self(name, *arguments, 0, ctypes.byref(count), none)
            capacity = count.value
            if not capacity:
                return []
            array = (type(of()) * capacity)(*(of() for _ in range(capacity)))
            result = self.ask(name, *arguments, capacity, ctypes.byref(count), pointing(pointer_type, array))
            if result == results.SIZE_INSUFFICIENT:
                continue
            if result < 0:
                raise self.fault(name, result)
            return list(array[: min(count.value, capacity)])
        raise XrRefused(name, "ERROR_SIZE_INSUFFICIENT", f"The list grew {tries} times while it was read")

    def close(self) -> None:
        """Forget the functions: from now on every call raises `InstanceLost`."""
        self.instance = None
        self._functions.clear()

    def _look_up(self, name: str) -> Callable[..., int]:
        xr = self.xr
        if self.instance is None and not self._opening:
            raise InstanceLost(f"{name}: this connection to the runtime has been closed")
        kind = getattr(xr, f"PFN_{name}", None)
        if kind is None:
            raise XrRefused(
                name, "ERROR_FUNCTION_UNSUPPORTED", "This pyopenxr does not know it; update pyopenxr"
            )
        pointer = xr.PFN_xrVoidFunction()
        result = int(
            xr.raw_functions.xrGetInstanceProcAddr(self.instance, name.encode(), ctypes.byref(pointer))
        )
        if result < 0:
            raise self.fault(f"xrGetInstanceProcAddr({name})", result)
        if not pointer:
            raise XrRefused(name, "ERROR_FUNCTION_UNSUPPORTED", "The runtime has no such function")
        function: Callable[..., int] = kind(number_of(pointer))
        self._functions[name] = function
        return function
