"""The small notation the score is written in.

`A4:1.5 B4:.5 D5 E5g | F#5:2s E5 -` : notes with their length in beats (1 when not said), `-` a rest, `|` a
bar line (checked: a bar has four beats). Several pitches at once: `D3+A3`. Letters after the length: `g`
grace note from the
tone above, `s` slide into the next note (same pluck), `t` tremolo, `h` harmonic, `'` accent, `.` short, `_`
soft.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .bells import pitch_hz

_TOKEN = re.compile(
    r"^(?P<pitch>-|(?:F#|[DEAB])\d(?:\+(?:F#|[DEAB])\d)*)(?::(?P<beats>\d*\.?\d+))?(?P<flags>[gsth'._]*)$"
)
_LADDER = ("D", "E", "F#", "A", "B")


@dataclass(frozen=True, slots=True)
class Note:
    """One note on the grid.

    Parameters
    ----------
    beat, beats : float
        Start and length.
    pitches : tuple of str
        `("D4",)`; empty for a rest.
    flags : str
        Letters of the notation.
    """

    beat: float
    beats: float
    pitches: tuple[str, ...]
    flags: str

    @property
    def hertz(self) -> float:
        """The (lowest written) pitch."""
        return pitch_hz(self.pitches[0])


def notes(text: str, beats_per_bar: float = 4.0) -> list[Note]:
    """Reads a line of music.

    Raises
    ------
    ValueError
        For a token or a bar that does not add up, naming it.
    """
    out: list[Note] = []
    beat = 0.0
    for number, bar in enumerate(text.split("|"), 1):
        start = beat
        for token in bar.split():
            match = _TOKEN.match(token)
            if match is None:
                raise ValueError(f"bar {number}: {token!r} is no note; write for example F#4:1.5s")
            beats = float(match["beats"] or 1)
            pitches = () if match["pitch"] == "-" else tuple(match["pitch"].split("+"))
            out.append(Note(beat, beats, pitches, match["flags"]))
            beat += beats
        if abs(beat - start - beats_per_bar) > 1e-9:
            raise ValueError(
                f"bar {number} has {beat - start:g} beats, not {beats_per_bar:g}: {bar.strip()!r}"
            )
    return out


def above(pitch: str) -> str:
    """The next tone up the five-tone ladder."""
    tone, octave = pitch[:-1], int(pitch[-1])
    index = _LADDER.index(tone) + 1
    return f"{_LADDER[index % 5]}{octave + index // 5}"
