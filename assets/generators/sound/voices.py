"""The few spoken lines of Lantern Street: `python -m assets.generators.sound.voices MODEL.onnx VOICES.npz`.

The voices are synthetic (Kokoro-82M v1.0, int8 ONNX, Apache-2.0; see the README beside the files). The text of each
line is read from the captions, so what is heard is what is read. Needs `kokoro-onnx`, `misaki[zh]`, `scipy` and
`pyloudnorm`; only for making the files anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyloudnorm
import soundfile
from scipy import signal

from .core import Signal, edges, quantised

EXPERIENCE = Path("experiences/lantern_street")
LINES = (
    "lock_A2",
    "market_B4",
    "tea_C6",
    "drum_D6",
    "bridge_E4",
    "willow_F4",
    "garden_G2",
    "river_H1",
    "lanterns_I2",
    "home_J1",
)
VOICES = {"en": ("bm_george", 0.88), "zh": ("zm_yunxi", 0.9)}
LEVEL_LUFS = -20.0
RATE_HZ = 24_000


def caption(locale: str, line: str) -> str:
    """The words of a line, in one row."""
    from engine.timeline.yamlsource import load_yaml

    data, _ = load_yaml(EXPERIENCE / "captions" / f"{locale}.yaml")
    entry = data["lines"][line]
    return str(entry["text"] if isinstance(entry, dict) else entry).replace("\n", " ")


def finished(raw: Signal, name: str) -> np.ndarray:
    """Without silence at the ends, without rumble, at the level of the narrator; stays at `RATE_HZ`."""
    sos = signal.butter(2, 70, "highpass", fs=RATE_HZ, output="sos")
    x = signal.sosfilt(sos, raw)
    loud = np.flatnonzero(np.abs(x) > 0.01 * np.max(np.abs(x)))
    x = edges(x[max(0, loud[0] - RATE_HZ // 20) : loud[-1] + RATE_HZ // 8], 0.005, 0.04)
    x = x * 10 ** ((LEVEL_LUFS - pyloudnorm.Meter(RATE_HZ).integrated_loudness(x)) / 20)
    top = 10 ** (-3 / 20)
    # A few consonants stand out: bend them, the body stays as it is.
    over = np.abs(x) > 0.7 * top
    x = np.where(
        over, np.sign(x) * (0.7 * top + 0.3 * top * np.tanh((np.abs(x) - 0.7 * top) / (0.3 * top))), x
    )
    return quantised(x, name)


def write(path: Path, pcm: np.ndarray) -> None:
    """Writes at the model's own rate: above 12 kHz it has nothing to say, and the mixer resamples at load."""
    soundfile.write(path, pcm, RATE_HZ, format="FLAC", subtype="PCM_16", compression_level=1.0)


def main(arguments: list[str]) -> int:
    """Speaks every line in every language."""
    from kokoro_onnx import Kokoro
    from misaki import zh

    speaker = Kokoro(arguments[0], arguments[1])
    phonemes = zh.ZHG2P()
    for locale, (voice, speed) in VOICES.items():
        folder = EXPERIENCE / "audio" / "voice" / locale
        folder.mkdir(parents=True, exist_ok=True)
        for line in LINES:
            text = caption(locale, line)
            if locale == "zh":
                raw, rate_hz = speaker.create(phonemes(text)[0], voice=voice, speed=speed, is_phonemes=True)
            else:
                raw, rate_hz = speaker.create(text, voice=voice, speed=speed, lang="en-gb")
            if rate_hz != RATE_HZ:
                raise ValueError(f"the voice model speaks at {rate_hz} Hz, expected {RATE_HZ}")
            pcm = finished(np.asarray(raw, dtype=np.float64), f"{locale}:{line}")
            write(folder / f"{line}.flac", pcm)
            print(f"{locale} {line:12s} {pcm.size / RATE_HZ:5.2f} s  {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
