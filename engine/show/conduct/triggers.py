"""Which of a scene's triggers a guest has just set off. Pure state: told of looks, touches, keys and calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from engine.time import fl_to_ns
from engine.timeline.program import TargetSpec, TriggerSpec

#: Instants and counts of what one trigger did in this visit of the scene.
_Key = tuple[str, int]


@dataclass(slots=True)
class TriggerWatch:
    """The triggers of the present scene.

    A gaze trigger goes off once per look: the guest must look away and back (after the cooldown) to set it off again.
    """

    triggers: Iterable[TriggerSpec]
    targets: Sequence[TargetSpec] = ()
    speed: Fraction = Fraction(1)
    _looks: dict[int, tuple[str, int]] = field(default_factory=dict)
    _spent: set[_Key] = field(default_factory=set)
    _last_ns: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.triggers = tuple(self.triggers)

    def _ns(self, duration_fl: int) -> int:
        """Host time of a duration; a rehearsal at another speed shortens a guest's patience with everything else."""
        return int(fl_to_ns(duration_fl) / self.speed)

    def _on(self, trigger: TriggerSpec, target: str) -> bool:
        return trigger.target >= 0 and self.targets[trigger.target].id == target

    def look(self, seat: int, target: str | None, now_ns: int) -> None:
        """A guest's gaze came to rest on a target, or on none."""
        if self._looks.get(seat, (None, 0))[0] == target:
            return
        for trigger in self.triggers:
            self._spent.discard((trigger.id, seat))
        if target is None:
            self._looks.pop(seat, None)
        else:
            self._looks[seat] = (target, now_ns)

    def next_due(self, host_ns: Callable[[int], int | None]) -> int | None:
        """The next instant at which a dwell will be complete, given the host instant of a position."""
        best: int | None = None
        for trigger, _seat, since_ns in self._gazed():
            begin_ns = host_ns(trigger.from_fl)
            if begin_ns is None:
                continue
            at_ns = max(
                since_ns, begin_ns, self._last_ns.get(trigger.id, -(1 << 62)) + self._ns(trigger.cooldown_fl)
            )
            at_ns = max(since_ns + self._ns(trigger.dwell_fl), at_ns)
            end_ns = host_ns(trigger.to_fl)
            if end_ns is not None and at_ns >= end_ns:
                continue
            if best is None or at_ns < best:
                best = at_ns
        return best

    def _gazed(self) -> list[tuple[TriggerSpec, int, int]]:
        found = []
        for seat, (target, since_ns) in self._looks.items():
            for trigger in self.triggers:
                if (
                    trigger.on == "gaze"
                    and self._on(trigger, target)
                    and (trigger.id, seat) not in self._spent
                ):
                    found.append((trigger, seat, since_ns))
        return found

    def dwelt(self, at_fl: int, now_ns: int) -> list[tuple[TriggerSpec, int]]:
        """The gaze triggers whose dwell is complete now, with the seat that looked."""
        fired = []
        for trigger, seat, since_ns in self._gazed():
            if now_ns - since_ns >= self._ns(trigger.dwell_fl):
                if self._ready(trigger, at_fl, now_ns):
                    fired.append((trigger, seat))
                elif at_fl < trigger.from_fl or trigger.id in self._last_ns:
                    continue  # its time may still come during this very look
                self._spent.add((trigger.id, seat))
        return fired

    def touched(self, seat: int, target: str, at_fl: int, now_ns: int) -> list[tuple[TriggerSpec, int]]:
        """The touch triggers on that target."""
        return [
            (t, seat)
            for t in self.triggers
            if t.on == "touch" and self._on(t, target) and self._ready(t, at_fl, now_ns)
        ]

    def pressed(self, seat: int, key: str, at_fl: int, now_ns: int) -> list[tuple[TriggerSpec, int]]:
        """The key triggers on that key."""
        return [
            (t, seat)
            for t in self.triggers
            if t.on == "key" and t.key == key and self._ready(t, at_fl, now_ns)
        ]

    def called(self, name: str, at_fl: int, now_ns: int) -> list[tuple[TriggerSpec, int]]:
        """The external triggers of that name."""
        return [
            (t, -1)
            for t in self.triggers
            if t.on == "external" and t.name == name and self._ready(t, at_fl, now_ns)
        ]

    def entered(self, trigger: TriggerSpec, at_fl: int, now_ns: int) -> list[tuple[TriggerSpec, int]]:
        """A zone trigger whose zone the vehicle has just come into: everybody aboard is in it."""
        return [(trigger, -1)] if self._ready(trigger, at_fl, now_ns) else []

    def _ready(self, trigger: TriggerSpec, at_fl: int, now_ns: int) -> bool:
        if not trigger.from_fl <= at_fl < trigger.to_fl:
            return False
        last_ns = self._last_ns.get(trigger.id)
        if last_ns is not None and now_ns - last_ns < self._ns(trigger.cooldown_fl):
            return False
        self._last_ns[trigger.id] = now_ns
        return True
