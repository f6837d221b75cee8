"""What can go wrong with a headset, by what helps against it; see `engine.xr.ladder`."""

from __future__ import annotations

from engine.errors import SensoramaError


class XrError(SensoramaError):
    """Something about a headset went wrong."""


class XrUnavailable(XrError):
    """No library, no runtime or no headset. Trying again later may help; until then another view is shown."""


class InstanceLost(XrError):
    """The runtime is gone (killed, updated, crashed): everything that came from it is void. A new instance helps."""


class SessionLost(XrError):
    """The session is void, the runtime lives. A new session helps."""


class XrRefused(XrError):
    """The runtime refused a call for a reason of its own; says which call and result.

    Parameters
    ----------
    call : str
        Name of the function.
    result : str
        Name of the XrResult.
    hint : str
        What to do next.
    """

    def __init__(self, call: str, result: str, hint: str = "") -> None:
        super().__init__(f"{call}: {result}" + (f". {hint}" if hint else ""))
        self.call = call
        self.result = result
