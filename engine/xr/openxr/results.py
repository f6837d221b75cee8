"""What an `XrResult` means to us: which fault it is, and what helps. Pure; numbers are openxr.h's.

Sign says the kind (OpenXR 1.1, section 2.8): zero and positive are successes, positive ones with something to tell; negative
are errors.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.xr.faults import InstanceLost, SessionLost, XrError, XrRefused, XrUnavailable

TIMEOUT_EXPIRED = 1
EVENT_UNAVAILABLE = 4
SESSION_NOT_FOCUSED = 8
FRAME_DISCARDED = 9

VALIDATION_FAILURE = -1
RUNTIME_FAILURE = -2
SIZE_INSUFFICIENT = -11
INSTANCE_LOST = -13
SESSION_LOST = -17
FORM_FACTOR_UNSUPPORTED = -34
FORM_FACTOR_UNAVAILABLE = -35
API_LAYER_NOT_PRESENT = -36
RUNTIME_UNAVAILABLE = -51

_NO_RUNTIME = "Start the headset's runtime (SteamVR, Monado, the maker's own) and choose it as the active OpenXR runtime"

_UNAVAILABLE: Mapping[int, str] = {
    -4: f"this runtime does not know OpenXR 1.0. {_NO_RUNTIME}",
    -6: f"the runtime did not start. {_NO_RUNTIME}",
    RUNTIME_UNAVAILABLE: f"no OpenXR runtime is installed or chosen on this machine. {_NO_RUNTIME}",
    FORM_FACTOR_UNAVAILABLE: "the runtime has no headset now. Check its cable and power",
    FORM_FACTOR_UNSUPPORTED: "the runtime drives no headset. Choose one that does as the active OpenXR runtime",
}
"""Results that another try may overcome, whichever call they come from."""

_UNAVAILABLE_AT_OPEN: Mapping[int, str] = {
    RUNTIME_FAILURE: f"the runtime is installed but does not answer. {_NO_RUNTIME}",
    INSTANCE_LOST: f"the runtime went away while it was being asked. {_NO_RUNTIME}",
    -10: "the headset is in use: by another program, or by a connection of this one that was not closed. Close that first",
    API_LAYER_NOT_PRESENT: "the core validation layer is not installed. Leave validation off, or install openxr-layer-corevalidation",
    -32: f"the active runtime's manifest or library cannot be read. {_NO_RUNTIME}",
    -33: f"the active runtime's manifest is damaged. {_NO_RUNTIME}",
}
"""Results that mean so only while a connection is being made."""

_HINTS: Mapping[int, str] = {
    VALIDATION_FAILURE: "This is a mistake of the engine's; please report it",
    -38: "Bring the graphics context current in this thread first",
    -50: "Ask for the runtime's graphics requirements first",
    -26: "Choose a format out of the runtime's list",
}


def fault(call: str, result: int, name: str, *, opening: bool = False) -> XrError:
    """The error that a negative result is.

    Parameters
    ----------
    call : str
        Function's name.
    result : int
        Negative.
    name : str
        The result's own name ("ERROR_INSTANCE_LOST").
    opening : bool, default False
        While a connection is being made: a runtime that fails then may answer later.

    Returns
    -------
    XrError
        Of the family that says what helps; to be raised.
    """
    if opening and result in _UNAVAILABLE_AT_OPEN:
        return XrUnavailable(f"{call}: {name}: {_UNAVAILABLE_AT_OPEN[result]}")
    if result == INSTANCE_LOST:
        return InstanceLost(f"{call}: {name}: the runtime has gone; a new connection is needed")
    if result == SESSION_LOST:
        return SessionLost(f"{call}: {name}: the runtime ended the session; a new one is needed")
    if result in _UNAVAILABLE:
        return XrUnavailable(f"{call}: {name}: {_UNAVAILABLE[result]}")
    return XrRefused(call, name, _HINTS.get(result, ""))
