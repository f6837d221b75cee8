"""Lines that nobody has recorded: a murmur of the right length, or the system's voice, never a surprise."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.standin import STAND_IN, StandIns
from engine.audio.standin.murmur import length_s, murmur, syllables
from engine.audio.standin.system_voice import SystemVoice, find_voice
from engine.experience.lines import LineTable, LocaleText

ENGLISH = "The lift doors open. Who is there, at 7?"
CHINESE = "河上的灯都亮了，船慢慢地走。"


def lines() -> LineTable:
    texts = {
        locale: LocaleText(locale, {"hall_A1": text, "hall_A2": text}, {}, {"hall_A1": "Keeper"})
        for locale, text in (("en", ENGLISH), ("zh", CHINESE))
    }
    return LineTable(("en", "zh"), texts)


def test_syllables_of_both_languages() -> None:
    assert syllables(ENGLISH) == [5, 4, 2]
    assert syllables(CHINESE) == [7, 5]
    assert syllables("...") == [1]
    assert syllables("mmm") == [1]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_a_murmur_is_as_long_as_its_text_and_as_loud_as_speech(text: str) -> None:
    samples = murmur(text)
    assert samples.size == pytest.approx(length_s(text) * SAMPLE_RATE_HZ, abs=100)
    assert np.sqrt(np.mean(samples[samples != 0] ** 2)) == pytest.approx(0.09, rel=1e-3)
    assert np.abs(samples).max() < 0.5 and samples[0] == 0.0
    power = np.abs(np.fft.rfft(samples)) ** 2
    f_hz = np.fft.rfftfreq(samples.size, 1 / SAMPLE_RATE_HZ)
    # A voice: strongest at the pitch and the first formant, and nothing worth mentioning over 8 kHz.
    assert power[(f_hz > 80) & (f_hz < 1200)].sum() > 0.8 * power.sum()
    assert power[f_hz > 8000].sum() < 0.01 * power.sum()
    assert np.array_equal(samples, murmur(text))
    assert not np.array_equal(samples, murmur(text + "a")[: samples.size])


def test_what_is_said_of_them_counts_lines_not_languages() -> None:
    made = StandIns(LineTable(("en", "zh")))
    for language in ("en", "zh"):
        made.name(language, "quay_A1", 48_000)
    assert made.told.startswith("a murmur stands in for 1 line without a voice")
    made.name("en", "quay_A2", 48_000)
    assert "2 lines" in made.told


def test_a_stand_in_keeps_to_its_line() -> None:
    ins = StandIns(lines())
    assert ins.description == "a murmur"
    name, length = ins.name("en", "hall_A1", 10 * SAMPLE_RATE_HZ)
    assert name == "stand-in/en/hall_A1" and name.startswith(STAND_IN)
    assert ins.clip(name).length == length == round(length_s(ENGLISH) * SAMPLE_RATE_HZ)
    short, length = ins.name("zh", "hall_A1", SAMPLE_RATE_HZ)
    assert length == SAMPLE_RATE_HZ and ins.clip(short).length == SAMPLE_RATE_HZ
    assert ins.made == {name, short}
    # Who speaks has a pitch of one's own.
    other, _ = ins.name("en", "hall_A2", 10 * SAMPLE_RATE_HZ)
    assert not np.array_equal(ins.clip(other).samples, ins.clip(name).samples)


def speaking(seconds: float, rate_hz: int = 24_000) -> SystemVoice:
    def command(language: str, to: Path) -> list[str]:
        with wave.open(str(to), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate_hz)
            out.writeframes(np.full(round(seconds * rate_hz), 9000, "<i2").tobytes())
        return ["python3", "-c", ""] if language == "en" else ["no-such-program-4711"]

    return SystemVoice("a test", command)


def test_the_systems_voice_is_cut_to_its_line_and_a_murmur_steps_in_for_it() -> None:
    ins = StandIns(lines(), speaking(3.0))
    name, length = ins.name("en", "hall_A1", 2 * SAMPLE_RATE_HZ)
    clip = ins.clip(name)
    assert length == clip.length == 2 * SAMPLE_RATE_HZ
    middle = clip.samples[0, clip.samples.shape[1] // 2]
    assert middle == pytest.approx(9000 / 32768, rel=0.01)
    assert abs(clip.samples[0, 64 + length - 1]) < 1e-3
    failed, length = ins.name("zh", "hall_A1", 6 * SAMPLE_RATE_HZ)
    # The program is not there: the murmur is, within the length that was promised.
    assert 0.02 < float(np.std(ins.clip(failed).samples)) < 0.2 and ins.clip(failed).length == length


@pytest.mark.parametrize(
    ("platform", "there", "name"),
    [("linux", "espeak-ng", "espeak-ng"), ("linux", "espeak", "espeak"), ("darwin", "say", "say"),
     ("win32", "powershell", "powershell")],
)  # fmt: skip
def test_every_systems_own_voice(platform: str, there: str, name: str) -> None:
    voice = find_voice(platform, lambda program: f"/bin/{program}" if program == there else None)
    assert voice is not None and voice.name == name
    words = voice.command("zh", Path("line.wav"))
    assert words[0] == f"/bin/{there}" and "line.wav" in words
    assert find_voice(platform, lambda _: None) is None


def test_a_text_never_reaches_a_command_line() -> None:
    seen: list[tuple[list[str], str]] = []

    def run(command: Sequence[str], text: str) -> bool:
        seen.append((list(command), text))
        return False

    voice = find_voice("linux", lambda program: program)
    assert voice is not None and not voice.speak("$(reboot); -f /etc/passwd", "en", Path("x.wav"), run)
    ((command, text),) = seen
    assert text == "$(reboot); -f /etc/passwd" and not any("reboot" in word for word in command)
