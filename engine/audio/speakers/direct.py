"""Beds made for one layout, played on another: ITU-R BS.2127-1, 8 (DirectSpeakers).

A channel goes to the loudspeaker of its name; where there is none, a rule of the standard's downmix says which take its place; what no
rule knows is panned to where it would have stood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.audio.speakers.layouts import LAYOUTS, Layout, directions
from engine.audio.speakers.panner import PointSourcePanner
from engine.experience.loudspeakers import place_deg

Floats = NDArray[np.float64]

_URN = re.compile(r"^urn:itu:bs:2051:[0-9]+:speaker:(.*)$")
_OTHER_NAMES = {"LFE": "LFE1", "LFEL": "LFE1", "LFER": "LFE2"}
_BIG_LFE = ("9+10+3", "3+7+0")
_FRONT = "M+030=1/4 M-030=1/4"
_REAR = f"M+135=1/2 M-135=1/2 | M+110=1/2 M-110=1/2 | {_FRONT}"
_WAYS = {
    "M+000": "M+000 | M+030=1/2 M-030=1/2",
    "M+060": "M+060 | M+030=2/3 M+110=1/3 | M+030=1/2 M+090=1/2 | M+030",
    "M+090": "M+090 | 9+10+3 > M+030=1/3 M+110=2/3 | M+030=1/2 M+110=1/2 | M+030=1/2",
    "M+110": "M+110 | M+135 | M+030=1/2",
    "M+135": "M+135 | M+110 | M+030=1/2",
    "M+180": f"M+180 | {_REAR}",
    "U+000": "U+000 | U+030=1/2 U-030=1/2 | U+045=1/2 U-045=1/2 | M+000 | M+030=1/2 M-030=1/2",
    "U+030": "U+030 | U+045 | M+030",
    "U+045": "U+045 | U+030 | M+030",
    "U+090": "U+090 | 9+10+3 > U+045=2/3 UH+180=1/3 | U+030=1/2 U+110=1/2 | U+045=1/2 U+135=1/2"
    " | M+090 | U+030=1/2 M+110=1/2 | M+030=1/2 M+110=1/2 | M+030=1/2",
    "U+110": "U+110 | U+135 | U+045=1/2 UH+180=1/2 | M+110 | M+135 | M+030=1/2",
    "U+135": "U+135 | U+110 | 9+10+3 > U+045=1/3 UH+180=2/3 | U+045=1/2 UH+180=1/2 | M+135 | M+110 | M+030=1/2",
    "U+180": f"U+180 | UH+180 | U+135=1/2 U-135=1/2 | U+110=1/2 U-110=1/2 | {_REAR}",
    "UH+180": f"UH+180 | U+180 | U+135=1/2 U-135=1/2 | U+110=1/2 U-110=1/2 | {_REAR}",
    "T+000": "T+000 | U+045=1/4 U-045=1/4 U+135=1/4 U-135=1/4 | U+030=1/4 U-030=1/4 U+110=1/4 U-110=1/4"
    " | U+045=1/3 U-045=1/3 UH+180=1/3 | U+045=1/4 U-045=1/4 M+135=1/4 M-135=1/4"
    " | U+030=1/4 U-030=1/4 M+110=1/4 M-110=1/4"
    f" | {_FRONT} M+135=1/4 M-135=1/4 | {_FRONT} M+110=1/4 M-110=1/4 | {_FRONT}",
    "B+000": "B+000 | M+000 | M+030=1/2 M-030=1/2",
    "B+045": "B+045 | M+030",
}
"""BS.2127-1, 8, mapping rules: for each label the first way whose loudspeakers are all there, with the share of the power each gets.
What stands before ``>`` restricts a way to beds made for that layout."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """`label` becomes `gains` where all of these loudspeakers stand.

    `made_for` and `played_on` restrict it to content and layouts of these names.
    """

    label: str
    gains: tuple[tuple[str, float], ...]
    made_for: tuple[str, ...] = ()
    played_on: tuple[str, ...] = ()

    def mirrored(self) -> _Rule:
        return _Rule(
            _other_side(self.label),
            tuple((_other_side(name), gain) for name, gain in self.gains),
            self.made_for,
            self.played_on,
        )


def _other_side(name: str) -> str:
    if name.endswith(("000", "180")):
        return name
    return name.translate(str.maketrans("+-", "-+"))


def _table() -> tuple[_Rule, ...]:
    """The rules in their order, those of the left side also for the right."""
    rules: list[_Rule] = []
    for label, ways in _WAYS.items():
        for way in ways.split(" | "):
            made_for, _, loudspeakers = way.rpartition(" > ")
            gains = []
            for one in loudspeakers.split():
                name, _, power = one.partition("=")
                gains.append((name, math.sqrt(Fraction(power or "1"))))
            rule = _Rule(label, tuple(gains), (made_for,) if made_for else ())
            rules.append(rule)
            if rule.mirrored().label != label:
                rules.append(rule.mirrored())
    for label in ("LFE1", "LFE2"):
        rules.append(_Rule(label, ((label, 1.0),), _BIG_LFE, _BIG_LFE))
        rules.append(_Rule(label, (("LFE1", math.sqrt(1 / 2)),), _BIG_LFE))
    rules.append(_Rule("LFE1", (("LFE1", 1.0),)))
    return tuple(rules)


def plain_label(label: str) -> str:
    """BS.2051's label of an ADM ``speakerLabel``: without its URN, LFE's other names replaced."""
    found = _URN.match(label)
    name = found.group(1) if found else label
    return _OTHER_NAMES.get(name, name)


class DirectSpeakers:
    """Where the channels of a bed go in one layout.

    Parameters
    ----------
    layout : Layout
    panner : PointSourcePanner, optional
        The layout's, if there is one already.
    """

    def __init__(self, layout: Layout, panner: PointSourcePanner | None = None) -> None:
        self.layout = layout
        self._panner = panner or PointSourcePanner(layout)
        self._column = {name: column for column, name in enumerate(layout.names)}
        self._rules = _table()

    def gains(
        self,
        label: str,
        *,
        at: Sequence[float] | None = None,
        made_for: str = "",
    ) -> Floats:
        """Gains of one channel.

        Parameters
        ----------
        label : str
            ``M+030``, ``LFE1``, or a URN of BS.2051.
        at : sequence of 3 float, optional
            Direction it was made for; by default the label's.
        made_for : str
            Layout of the bed (``9+10+3``); some rules depend on it. "" when it is not one of the standard's: then only names count,
            before places.

        Returns
        -------
        ndarray of float64, shape (channels,)
            All 0 for low-frequency effects where there is no such loudspeaker (as BS.775 has it).
        """
        name = plain_label(label)
        out = np.zeros(len(self._column))
        if made_for in LAYOUTS or self.layout.standard:
            ruled = self.by_rule(name, made_for)
            if ruled is not None:
                return ruled
        if name in self._column:
            out[self._column[name]] = 1.0
            return out
        if name in ("LFE1", "LFE2"):
            low = [column for column, speaker in enumerate(self.layout.speakers) if speaker.lfe]
            if low:
                out[low[0]] = 1.0
            return out
        place = np.asarray(at, np.float64) if at is not None else label_direction(name)
        gains: Floats = self._panner.gains(place)
        return gains

    def by_rule(self, label: str, made_for: str = "") -> Floats | None:
        """Gains after the standard's table of rules alone, shape (channels,); None when none applies."""
        rule = self._rule(plain_label(label), made_for)
        if rule is None:
            return None
        out = np.zeros(len(self._column))
        for speaker, gain in rule.gains:
            out[self._column[speaker]] = gain
        return out

    def _rule(self, name: str, made_for: str) -> _Rule | None:
        for rule in self._rules:
            if (
                rule.label == name
                and (not rule.made_for or made_for in rule.made_for)
                and (not rule.played_on or self.layout.name in rule.played_on)
                and all(speaker in self._column for speaker, _ in rule.gains)
            ):
                return rule
        return None


def label_direction(name: str) -> Floats:
    """Unit vector to where a label of BS.2051 stands; straight ahead for a name that is none."""
    return directions(*(place_deg(name) or (0.0, 0.0)))
