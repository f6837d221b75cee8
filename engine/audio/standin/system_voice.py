"""The seam to a system's own voices: a program that writes a sentence to a WAV file. None is required, none is installed by us.

Linux: espeak-ng or espeak. macOS: say. Windows: the Speech API by PowerShell. The text goes by a file or standard input, never through a
shell.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

_LIMIT_S = 20.0
_ESPEAK_LANGUAGES = {"zh": "cmn"}
_POWERSHELL = (
    "Add-Type -AssemblyName System.Speech; $v = New-Object System.Speech.Synthesis.SpeechSynthesizer; "
    "$c = New-Object System.Globalization.CultureInfo $args[0]; "
    "$v.SelectVoiceByHints('NotSet', 'NotSet', 0, $c); $v.SetOutputToWaveFile($args[1]); "
    "$v.Speak([Console]::In.ReadToEnd()); $v.Dispose()"
)
_CULTURES = {"zh": "zh-CN", "en": "en-US"}

Run = Callable[[Sequence[str], str], bool]
"""Runs a program with a text on its standard input; whether it did well."""


@dataclass(frozen=True, slots=True)
class SystemVoice:
    """A program that speaks.

    Attributes
    ----------
    name : str
    command : callable
        (language, output file) to the words of the command line; the text comes on standard input.
    """

    name: str
    command: Callable[[str, Path], list[str]]

    def speak(self, text: str, language: str, to: Path, run: Run | None = None) -> bool:
        """Writes a WAV file. False where the program failed or took too long: the murmur stands in then."""
        done = (run or _run)(self.command(language, to), text)
        return done and to.is_file() and to.stat().st_size > 44  # a header alone is nothing said


def find_voice(
    platform: str = sys.platform, which: Callable[[str], str | None] = shutil.which
) -> SystemVoice | None:
    """The system's voice, or None."""
    for name, command in _PROGRAMS.get(platform, _PROGRAMS["linux"]):
        program = which(name)
        if program is not None:
            return SystemVoice(name, partial(command, program))
    return None


def _say(program: str, language: str, to: Path) -> list[str]:
    return [program, "-o", str(to), "--data-format=LEI16@48000"]


def _windows(program: str, language: str, to: Path) -> list[str]:
    culture = _CULTURES.get(language, language)
    return [program, "-NoProfile", "-Command", f"& {{{_POWERSHELL}}}", culture, str(to)]


def _espeak(program: str, language: str, to: Path) -> list[str]:
    return [program, "-v", _ESPEAK_LANGUAGES.get(language, language), "-w", str(to), "--stdin"]


_PROGRAMS: dict[str, tuple[tuple[str, Callable[[str, str, Path], list[str]]], ...]] = {
    "darwin": (("say", _say),),
    "win32": (("powershell", _windows),),
    "linux": (("espeak-ng", _espeak), ("espeak", _espeak)),
}


def _run(command: Sequence[str], text: str) -> bool:
    try:
        done = subprocess.run(
            list(command), input=text.encode(), capture_output=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
