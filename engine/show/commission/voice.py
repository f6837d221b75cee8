"""What a channel says of itself: its loudspeaker's name where the system has a voice, beeps to be counted where it has none."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import decode
from engine.audio.commission.signals import beeps, levelled, rumble
from engine.audio.standin.system_voice import SystemVoice
from engine.errors import SensoramaError
from engine.experience.audio_rig import SpeakerSpec
from engine.show.commission.words import spoken

Samples = NDArray[np.float32]


class Announcer:
    """Makes what is played to tell a channel.

    Parameters
    ----------
    language : str
    voice : SystemVoice or None
        None: beeps, as many as the loudspeaker's number in its output.
    """

    def __init__(self, language: str, voice: SystemVoice | None) -> None:
        self._language = language
        self._voice = voice

    def name(self, speaker: SpeakerSpec) -> str:
        """What it is called."""
        return spoken(
            speaker.name, self._language, (speaker.azimuth_deg, speaker.elevation_deg), lfe=speaker.lfe
        )

    def sound(self, speaker: SpeakerSpec, number: int, level_dbfs: float) -> Samples:
        """Shape (n,); low notes for what plays nothing else."""
        if speaker.lfe:
            return rumble(level_dbfs)
        said = self._said(self.name(speaker))
        return beeps(number, level_dbfs) if said is None else levelled(said, level_dbfs)

    def _said(self, text: str) -> Samples | None:
        if self._voice is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "name.wav"
            if not self._voice.speak(text, self._language, path):
                return None
            try:
                clip = decode(path)
            except SensoramaError:
                return None  # what was written is no sound: beeps do
            start = (clip.samples.shape[1] - clip.length) // 2
            return np.asarray(clip.samples[0, start : start + clip.length], np.float32)
