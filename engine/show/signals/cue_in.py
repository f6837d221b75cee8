"""From what comes in from outside to what a guest or an operator could have done. Pure: no clock, no I/O.

A console, a PLC or a web page sends *signals* (`engine.bus.source.Signal`); the rig's ``triggers`` say which of them mean something.
What comes out are the conductor's ordinary inputs, so the journal keeps them and a replay needs nothing new.

When a cue goes off
-------------------
- no condition: at every signal; a note's release (value 0) is no signal of its own;
- ``equals``: at every signal with that first value; a contact that is polled (Modbus ``/coil``, ``/input``) only when it changes to it;
- ``above``, ``below``: when the value crosses the threshold. The first value heard only tells where things stand, and a value that
  trembles around the threshold does not count again before it has been back by a little (`rearm_gap`). A note begins at 0, since a
  key is up until somebody presses it.

However often a signal comes, one cue goes off at most every `LEAST_GAP_NS`; an intensity follows its fader at that pace and always
ends where the fader does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.bus.listen import address_matches
from engine.bus.source import Signal, Value
from engine.experience.venue import CueIn
from engine.show.conduct.inputs import External, Guest, Input, Operator, Pick

LEAST_GAP_NS = 50_000_000
"""Least time between two inputs of one cue: a button cannot be meant faster, and nothing that floods gets through."""

MOMENTARY = ("/note/",)
"""Addresses that are 0 until somebody presses, and again afterwards."""

POLLED = ("/coil/", "/input/")
"""Addresses of contacts that are read again and again: what they are when first read is no event."""

_ADDRESSES_PER_CUE = 4096
_LARGEST = 1e300


def rearm_gap(threshold: float) -> float:
    """How far back behind its threshold a value must go before it can cross it again.

    2 % of the threshold, of 1 at least, but never more than half of the way to zero, which a fader at its end could not make.
    """
    return min(0.02 * max(1.0, abs(threshold)), abs(threshold) / 2)


@dataclass(slots=True)
class _Cue:
    spec: CueIn
    armed: dict[str, bool] = field(default_factory=dict)
    """By address, for a threshold: whether it is on the far side; for a polled contact: whether it differs."""
    last_ns: int | None = None
    sent: int | None = None
    waiting: int | None = None


class CueMatcher:
    """The rig's triggers, waiting for signals.

    Parameters
    ----------
    cues : sequence of CueIn
    languages : sequence of str
        Of the package, in its order; a language it does not have is ignored, since one rig serves every package.

    Attributes
    ----------
    muted : int
        Signals that would have set off a cue again too soon.
    """

    def __init__(self, cues: Sequence[CueIn], languages: Sequence[str] = ()) -> None:
        self._cues = [_Cue(cue) for cue in cues]
        self._by_input: dict[str, list[_Cue]] = {}
        for cue in self._cues:
            self._by_input.setdefault(cue.spec.input, []).append(cue)
        self._languages = {code: index for index, code in enumerate(languages)}
        self.muted = 0

    @property
    def wanted(self) -> tuple[tuple[str, str], ...]:
        """Inputs and addresses that can mean anything."""
        return tuple(dict.fromkeys((cue.spec.input, cue.spec.address) for cue in self._cues))

    def take(self, signal: Signal) -> list[Input]:
        """What a signal sets off, in the order of the rig."""
        found = []
        for cue in self._by_input.get(signal.source, ()):
            if address_matches(cue.spec.address, signal.address):
                made = self._level(cue, signal) if cue.spec.action.kind == "intensity" else None
                if cue.spec.action.kind != "intensity" and _goes_off(cue, signal):
                    made = self._once(cue, signal)
                if made is not None:
                    found.append(made)
        return found

    def learn(self, signal: Signal) -> None:
        """Remember where a contact or a fader stands; nothing goes off."""
        for cue in self._by_input.get(signal.source, ()):
            if cue.spec.action.kind != "intensity" and address_matches(cue.spec.address, signal.address):
                _goes_off(cue, signal)

    def advance(self, now_ns: int) -> list[Input]:
        """Where faders ended that moved faster than they are followed."""
        found: list[Input] = []
        for cue in self._cues:
            if cue.waiting is not None and now_ns >= _ready_ns(cue):
                found.append(_intensity(cue, cue.waiting, now_ns))
        return found

    def next_due_ns(self) -> int | None:
        """When `advance` has something to give, or None."""
        return min((_ready_ns(cue) for cue in self._cues if cue.waiting is not None), default=None)

    def _level(self, cue: _Cue, signal: Signal) -> Input | None:
        value = _number(signal.values)
        if value is None or not _holds(cue.spec, value, signal.values):
            return None
        permille = round(1000 * min(1.0, max(0.0, value)))
        if permille == cue.sent:
            cue.waiting = None
            return None
        if signal.at_ns < _ready_ns(cue):
            cue.waiting = permille
            return None
        return _intensity(cue, permille, signal.at_ns)

    def _once(self, cue: _Cue, signal: Signal) -> Input | None:
        action = cue.spec.action
        if action.kind == "language" and action.name not in self._languages:
            return None
        if signal.at_ns < _ready_ns(cue):
            self.muted += 1
            return None
        cue.last_ns = signal.at_ns
        match action.kind:
            case "external":
                return External(action.name)
            case "vote":
                return Pick(cue.spec.seat, action.name, by="vote")
            case "seek_by":
                return Operator("seek_by", action.value)
            case "comfort" | "photosensitive":
                return Guest(cue.spec.seat, action.kind, action.value)
            case "guest":
                return Guest(cue.spec.seat, action.name)
            case "language":
                return Operator("language", self._languages[action.name])
            case _:
                return Operator(action.name)


def _ready_ns(cue: _Cue) -> int:
    if cue.last_ns is None:
        return -(1 << 62)
    return cue.last_ns + max(cue.spec.cooldown_ns, LEAST_GAP_NS)


def _intensity(cue: _Cue, permille: int, now_ns: int) -> Input:
    cue.sent, cue.waiting, cue.last_ns = permille, None, now_ns
    return Operator("intensity", permille, cue.spec.action.name)


def _goes_off(cue: _Cue, signal: Signal) -> bool:
    spec = cue.spec
    if spec.above is not None or spec.below is not None:
        return _crosses(cue, signal)
    if spec.equals is None:
        return not (signal.address.startswith(MOMENTARY) and _number(signal.values) == 0.0)
    same = bool(signal.values) and is_same(signal.values[0], spec.equals)
    if not signal.address.startswith(POLLED):
        return same
    # The first reading of a contact says where it stands; from then on a change counts.
    was_different = _remember(cue.armed, signal.address, not same, first=not same)
    return same and was_different


def _crosses(cue: _Cue, signal: Signal) -> bool:
    """Both thresholds of a cue make a band: it goes off when the value comes into it."""
    value = _number(signal.values)
    if value is None:
        return False
    spec, address = cue.spec, signal.address
    inside = (spec.above is None or value > spec.above) and (spec.below is None or value < spec.below)
    well_outside = (spec.above is not None and value <= spec.above - rearm_gap(spec.above)) or (
        spec.below is not None and value >= spec.below + rearm_gap(spec.below)
    )
    armed = cue.armed.get(address)
    if armed is None:
        armed = address.startswith(MOMENTARY) and not _inside(spec, 0.0)
        if not armed:
            _remember(cue.armed, address, not inside, first=False)
            return False
    _remember(cue.armed, address, (armed and not inside) or well_outside, first=False)
    return armed and inside


def _inside(spec: CueIn, value: float) -> bool:
    return (spec.above is None or value > spec.above) and (spec.below is None or value < spec.below)


def _remember(states: dict[str, bool], address: str, state: bool, *, first: bool) -> bool:
    """Set the state of an address; give the one before. A pattern that meets ever new addresses forgets the oldest."""
    before = states.get(address, first)
    if address not in states and len(states) >= _ADDRESSES_PER_CUE:
        del states[next(iter(states))]
    states[address] = state
    return before


def _holds(spec: CueIn, value: float, values: Sequence[Value]) -> bool:
    """Conditions of a fader that is followed: plain comparisons, since every value counts."""
    return _inside(spec, value) and (spec.equals is None or is_same(values[0], spec.equals))


def _number(values: Sequence[Value]) -> float | None:
    if not values or not isinstance(values[0], int | float):
        return None
    # Compared before it is converted: a whole number may be too large for a float.
    return float(values[0]) if abs(values[0]) <= _LARGEST else None


def is_same(value: Value, wanted: float | int | str | bool) -> bool:
    """Whether a signal's value is the one a rig writes: numbers as numbers (true is 1), words as words."""
    if isinstance(wanted, str):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return isinstance(text, str) and text.strip() == wanted
    number = _number((value,))
    return number is not None and math.isclose(number, float(wanted), rel_tol=1e-6, abs_tol=1e-6)


def start_cues(cues: Iterable[CueIn]) -> tuple[CueIn, ...]:
    """The cues that let a waiting show begin."""
    return tuple(cue for cue in cues if cue.action.kind == "operator" and cue.action.name == "start")


def describe_cue(cue: CueIn) -> str:
    """A cue for people: ``desk /go = 1``."""
    words: Mapping[str, object] = {"=": cue.equals, ">": cue.above, "<": cue.below}
    return " ".join(
        [cue.input, cue.address, *(f"{sign} {value}" for sign, value in words.items() if value is not None)]
    )
