"""Whether somebody wears the headset, and whether it is a new guest: three hints and a debounce. Pure.

Hints, the better first:

1. `XR_EXT_user_presence`, where the system has it: believed as it is.
2. The session's state: a runtime that takes our picture off (SYNCHRONIZED, STOPPING, IDLE) has noticed an empty headset. A menu
   of the runtime looks alike, so this alone needs `gone_ns` as everything does.
3. The head: a living head is never still. Standing or seated quietly it moves by several millimetres within seconds (postural
   sway); a headset on a hook or a table moves by its tracker's noise, a fraction of a millimetre. Only used without the first.

A *fault* (runtime gone, session lost, cable out) says nothing about the guest: the judgement stands still meanwhile, and nobody is
asked for a language twice because of a crashed runtime.
"""

from __future__ import annotations

import math

from engine.xr.poses import angle_rad, conjugated, distance_m, multiplied
from engine.xr.values import Pose
from engine.xr.wearing import GuestArrived, GuestLeft, HeadsetSetup

STILL_M = 0.0015
STILL_RAD = math.radians(0.15)
"""Less than this over `still_ns`: nobody. Ours: trackers at rest were reported at 0.2..0.5 mm; quiet sitting exceeds 3 mm in 20 s."""
STIR_M = 0.01
STIR_RAD = math.radians(2.0)
"""More than this away from where it lay: somebody has taken it up."""


class PresenceJudge:
    """Says when a guest has come and when they have gone.

    Parameters
    ----------
    setup : HeadsetSetup
        `settle_ns`, `gone_ns`, `still_ns`.

    Notes
    -----
    Every call comes with a host instant; they must not go back.
    """

    def __init__(self, setup: HeadsetSetup) -> None:
        self._setup = setup
        self._told: bool | None = None
        self._visible = False
        self._faulty = True
        self._rest: tuple[Pose, int] | None = None
        self._laid_down = False
        self._worn: bool | None = None
        self._worn_since_ns = 0
        self._guest: bool | None = None

    @property
    def present(self) -> bool | None:
        """Whether somebody wears it, after the debounce; None before the first judgement."""
        return self._guest

    @property
    def worn(self) -> bool | None:
        """The hint of this moment, without a debounce."""
        return self._worn

    def session_began(self) -> None:
        """A new session: what the extension and the head said in the old one is void; its first event says how it is now."""
        self._told = None
        self._rest = None
        self._laid_down = False

    def told(self, present: bool) -> None:
        """`XR_EXT_user_presence` says so."""
        self._told = present
        self._faulty = False

    @property
    def watching(self) -> bool:
        """Whether there is a session to judge by."""
        return not self._faulty

    def shown(self, visible: bool) -> None:
        """Whether the session is visible. A session that is made or restored is not; say `fault` of it instead."""
        self._visible = visible
        self._faulty = False

    def jumped(self) -> None:
        """The frame that heads are given in has moved: no head has."""
        self._rest = None

    def fault(self) -> None:
        """There is no session to judge by, and that is not the guest's doing."""
        self._faulty = True

    def head(self, head: Pose, at_ns: int) -> None:
        """A valid head pose of a frame."""
        if self._rest is None:
            self._rest = (head, at_ns)
            return
        rest, since_ns = self._rest
        moved_m = distance_m(rest.position_m, head.position_m)
        moved_rad = angle_rad(multiplied(conjugated(rest.turn), head.turn))
        if self._laid_down:
            if moved_m > STIR_M or moved_rad > STIR_RAD:
                self._laid_down = False
                self._rest = (head, at_ns)
            return
        if moved_m > STILL_M or moved_rad > STILL_RAD:
            self._rest = (head, at_ns)
        elif self._setup.still_ns and at_ns - since_ns >= self._setup.still_ns:
            self._laid_down = True

    def judge(self, now_ns: int) -> GuestArrived | GuestLeft | None:
        """What follows now; at most one event for each change."""
        if self._faulty:
            self._worn_since_ns = now_ns  # the debounce begins anew when there is something to judge by again
            return None
        if self._told is not None:
            worn = self._told
        else:
            worn = self._visible and not self._laid_down
        if worn is not self._worn:
            self._worn, self._worn_since_ns = worn, now_ns
        for_ns = now_ns - self._worn_since_ns
        if worn and self._guest is not True and for_ns >= self._setup.settle_ns:
            self._guest = True
            return GuestArrived(now_ns)
        if not worn and self._guest is not False and for_ns >= self._setup.gone_ns:
            had, self._guest = self._guest, False
            return GuestLeft(now_ns) if had else None
        return None
