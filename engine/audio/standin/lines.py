"""Which lines need a stand-in, and the clips of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.audio.clips import SAMPLE_RATE_HZ, Clip, clip_of, decode
from engine.audio.standin.murmur import length_s, murmur
from engine.audio.standin.system_voice import SystemVoice, find_voice
from engine.errors import SensoramaError
from engine.experience.lines import LineTable

if TYPE_CHECKING:
    from engine.experience.package import Package

STAND_IN = "stand-in/"
"""How the names of their clips begin; no file of a package is called so."""
_FADE = SAMPLE_RATE_HZ // 50


def stand_ins_of(package: Package) -> StandIns:
    """Stand-ins for a package's missing lines, in the system's voice where there is one."""
    return StandIns(package.lines, find_voice())


class StandIns:
    """Makes the clips of lines that nobody has recorded.

    Parameters
    ----------
    lines : LineTable
        The package's words.
    voice : SystemVoice or None
        None: murmurs.

    Attributes
    ----------
    made : set of str
        Names given out.
    """

    def __init__(self, lines: LineTable, voice: SystemVoice | None = None) -> None:
        self._lines = lines
        self._voice = voice
        self._longest: dict[str, int] = {}
        self.made: set[str] = set()

    @property
    def description(self) -> str:
        """Who speaks."""
        return "a murmur" if self._voice is None else self._voice.name

    @property
    def told(self) -> str:
        """What is said of them before a rehearsal, once the package's sounds are known."""
        lines = len({name.rpartition("/")[2] for name in self.made})
        count = "1 line" if lines == 1 else f"{lines} lines"
        return f"{self.description} stands in for {count} without a voice in every language; a show has captions there, no sound"

    def name(self, language: str, line_id: str, longest: int) -> tuple[str, int]:
        """A clip's name and length in samples, of a line that may take `longest` samples."""
        name = f"{STAND_IN}{language}/{line_id}"
        length = longest
        if self._voice is None:
            length = min(longest, round(length_s(self._lines.line(line_id, language)) * SAMPLE_RATE_HZ))
        self._longest[name] = length
        self.made.add(name)
        return name, length

    def clip(self, name: str) -> Clip:
        """The clip of a name that was given out: exactly as long as was said."""
        language, _, line_id = name.removeprefix(STAND_IN).partition("/")
        text = self._lines.line(line_id, language)
        samples = self._spoken(text, language)
        if samples is None:
            samples = murmur(text, pitch_hz=_pitch_hz(self._lines.speaker(line_id, language)))
        out = np.zeros(self._longest[name], np.float32)
        count = min(samples.size, out.size)
        out[:count] = samples[:count]
        if samples.size > out.size:  # a voice that is too slow for its line ends with it
            out[-_FADE:] *= np.linspace(1, 0, min(_FADE, out.size), dtype=np.float32)
        return clip_of(out)

    def _spoken(self, text: str, language: str) -> np.ndarray | None:
        if self._voice is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "line.wav"
            if not self._voice.speak(text, language, path):
                return None
            try:
                clip = decode(path)
            except SensoramaError:
                return None  # what was written is no sound: the murmur does
            start = (clip.samples.shape[1] - clip.length) // 2
            return clip.samples[0, start : start + clip.length]


def _pitch_hz(speaker: str) -> float:
    """A pitch of one's own for every speaker, so that a dialogue can be followed."""
    pitches: Iterable[float] = (120.0, 196.0, 98.0, 165.0, 140.0, 220.0)
    return tuple(pitches)[sum(speaker.encode()) % 6] if speaker else 120.0
