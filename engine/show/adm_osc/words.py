"""What is said of objects, and when: ADM-OSC 1.0 addresses, only what changed, everything again now and then.

"ADM-OSC Specification", version 1.0 (immersive-audio-live; AES convention paper 22722): polar places with + = left, distances as a
share of `dmax`, linear gains. UDP loses packets, so what rests is repeated too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.audio.block import Head
from engine.audio.told import HeardObject, NamedObject
from engine.show.adm_osc.packets import Message

AGAIN_NS = 1_000_000_000
"""After so long what sounds is told again though it rests."""
ALL_AGAIN_NS = 5_000_000_000
"""After so long the names of all objects are."""
_NAME_MOST = 128
_STEP_DEG, _STEP, _STEP_GAIN = 0.01, 1e-4, 1e-4


class Words:
    """Turns objects into messages; keeps what it has said.

    Parameters
    ----------
    objects : sequence of NamedObject
        All there ever are.
    reach_m : float
        Distance that is told as 1: where the loudspeakers stand. What is farther is on their sphere, and as quiet as its gain says.
    """

    def __init__(self, objects: Sequence[NamedObject], reach_m: float = 2.0) -> None:
        self._objects = objects
        self._reach_m = reach_m
        self._said: dict[str, tuple[float | int | str, ...]] = {}
        self._scene = ""
        self._again_ns: int | None = None
        self._all_again_ns: int | None = None

    def of(self, heard: Mapping[int, HeardObject], scene: str, head: Head, now_ns: int) -> list[Message]:
        """What to say now.

        Parameters
        ----------
        heard : mapping of int to HeardObject
        scene : str
            "" for none.
        head : Head
            The guest's; at rest when nobody follows it.
        now_ns : int
        """
        found: list[Message] = []
        names = self._all_again_ns is None or now_ns >= self._all_again_ns
        if names:
            self._all_again_ns = now_ns + ALL_AGAIN_NS
            self._said.clear()
            for one in self._objects:
                found.append((f"/adm/obj/{one.number}/name", (one.name[:_NAME_MOST],)))
                found.append((f"/adm/obj/{one.number}/dmax", (float(self._reach_m),)))
        elif self._again_ns is None or now_ns >= self._again_ns:
            for number in heard:
                for what in ("aed", "w", "gain", "mute"):
                    self._said.pop(f"/adm/obj/{number}/{what}", None)
        if names or self._again_ns is None or now_ns >= self._again_ns:
            self._again_ns = now_ns + AGAIN_NS
        if scene != self._scene:
            self._scene = scene
            if scene:
                found.append(("/adm/env/change", (scene[:_NAME_MOST],)))
        self._listener(head, found)
        for one in self._objects:
            self._object(one.number, heard.get(one.number), found)
        return found

    def silence(self) -> list[Message]:
        """The last words: nothing is heard any more."""
        return [(f"/adm/obj/{one.number}/mute", (1,)) for one in self._objects]

    def _object(self, number: int, heard: HeardObject | None, found: list[Message]) -> None:
        address = f"/adm/obj/{number}"
        if heard is not None and all(map(math.isfinite, (*heard.at_m, heard.gain, heard.spread_deg))):
            x, y, z = heard.at_m
            flat = math.hypot(x, y)
            distance = math.hypot(flat, z)
            place = (
                _step(math.degrees(math.atan2(-x, y)), _STEP_DEG),
                _step(math.degrees(math.atan2(z, flat)), _STEP_DEG),
                _step(min(1.0, distance / self._reach_m), _STEP),
            )
            self._tell(f"{address}/aed", place, found)
            self._tell(f"{address}/w", (_step(min(1.0, max(0.0, heard.spread_deg / 180)), _STEP),), found)
            self._tell(f"{address}/gain", (_step(max(0.0, heard.gain), _STEP_GAIN),), found)
        self._tell(f"{address}/mute", (int(heard is None),), found)

    def _listener(self, head: Head, found: list[Message]) -> None:
        """Yaw left, pitch up, roll right, of Z, then X, then Y, as the guest sees them; place as a share of the reach."""
        r = head.matrix()
        yaw = math.degrees(math.atan2(-r[0, 1], r[1, 1]))
        pitch = math.degrees(math.asin(max(-1.0, min(1.0, float(r[2, 1])))))
        roll = math.degrees(math.atan2(-r[2, 0], r[2, 2]))
        at = [max(-1.0, min(1.0, v / self._reach_m)) for v in head.at_m]
        self._tell("/adm/lis/xyz", (_step(at[0], _STEP), _step(at[1], _STEP), _step(at[2], _STEP)), found)
        self._tell(
            "/adm/lis/ypr", (_step(yaw, _STEP_DEG), _step(pitch, _STEP_DEG), _step(roll, _STEP_DEG)), found
        )

    def _tell(self, address: str, args: tuple[float | int | str, ...], found: list[Message]) -> None:
        if self._said.get(address) != args:
            self._said[address] = args
            found.append((address, args))


def _step(value: float, step: float) -> float:
    """Rounded, so that what rests stays silent; never minus zero."""
    return round(value / step) * step + 0.0
