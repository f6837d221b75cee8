"""The walk with an operator who answers from a list, in a simulated room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.audio.commission.room import RoomSpeaker, SimulatedRoom
from engine.errors import DeviceError
from engine.experience.audio_rig import SpeakerSpec
from engine.show.commission.voice import Announcer
from engine.show.commission.walk import Walk, moved
from engine.show.commission.words import LANGUAGES, WORDS, say, spoken

THREE = (
    SpeakerSpec("M+030", 1, 30, 0),
    SpeakerSpec("M-030", 2, -30, 0),
    SpeakerSpec("LFE1", 3, 45, -30, lfe=True),
)


class Answers:
    """Answers in order, and keeps what was told and asked."""

    def __init__(self, *answers: str) -> None:
        self.told: list[str] = []
        self.asked: list[str] = []
        self._answers = list(answers)

    def tell(self, text: str) -> None:
        self.told.append(text)

    def ask(self, text: str) -> str:
        self.asked.append(text)
        return self._answers.pop(0)


class Ears(SimulatedRoom):
    """Keeps which channel was played on."""

    played: list[int]

    def play(self, sound: np.ndarray) -> np.ndarray:
        self.played = [
            *getattr(self, "played", []), *(int(c) + 1 for c in np.flatnonzero(np.any(sound != 0, axis=0))),
        ]  # fmt: skip
        return super().play(sound)


def walk(room: SimulatedRoom, answers: Answers, language: str = "en") -> Walk:
    return Walk(room, answers, Announcer(language, None), language, -24.0)


def channels(speakers: Sequence[SpeakerSpec]) -> list[int]:
    return [speaker.channel for speaker in speakers]


def test_every_channel_says_what_it_should_be_and_asks_nothing() -> None:
    room, answers = Ears((), 4), Answers()
    walk(room, answers).announce(THREE)
    assert room.played == [1, 2, 3]
    assert "front left" in answers.told[0] and "subwoofer" in answers.told[2]
    assert room.loudest <= 10 ** (-24 / 20) * 1.000001


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        (("", "", ""), [1, 2, 3]),
        (("m-030", "M+030", "lfe1"), [2, 1, 3]),
        (
            ("r", "", "", "0", "0", ""),
            [1, 2, 5],
        ),  # the LFE is on no channel of the output, nor on 4, but on 5
        (("nonsense", "", "q"), [1, 2, 3]),
        (("M+030", "M+030", "", "0", "0"), [1, 2, 3]),  # the second time it was said is not believed
    ],
)
def test_by_ear(answers: tuple[str, ...], found: list[int]) -> None:
    room, operator = Ears((), 5), Answers(*answers)
    assert channels(walk(room, operator).by_ear(THREE, free=[1, 2, 3, 4, 5])) == found


def test_by_ear_says_what_it_did_not_understand() -> None:
    operator = Answers("nonsense", "M-030", "M-030", "q")
    walk(Ears((), 3), operator).by_ear(THREE)
    assert "There is no loudspeaker nonsense; there are M+030, M-030, LFE1." in operator.told
    assert "M-030 was heard on channel 1 already; channel 2 is noted as none." in operator.told


def room_with(*wired: int) -> SimulatedRoom:
    places = ((-1.0, 1.8, 0.0), (1.0, 1.8, 0.0), (1.2, -1.5, -0.5))
    return SimulatedRoom(
        [
            RoomSpeaker(one.name, channel, at, lfe=one.lfe)
            for one, channel, at in zip(THREE, wired, places, strict=True)
        ],
        4,
        noise_dbfs=-75,
    )


def test_by_microphone_also_on_channels_that_are_not_the_outputs() -> None:
    room, operator = room_with(2, 1, 4), Answers()
    found = walk(room, operator).by_microphone(THREE, free=[4], carry=room.near)
    assert channels(found) == [2, 1, 4]
    assert "  M+030: channel 2" in operator.told


def test_by_microphone_with_a_person_who_may_leave_out() -> None:
    room, operator = room_with(1, 2, 3), Answers("", "s", "q")
    assert channels(walk(room, operator).by_microphone(THREE)) == [1, 2, 3]
    assert "front right" in operator.asked[2]


def test_one_that_is_nowhere_is_said() -> None:
    operator = Answers()
    silent = SimulatedRoom((), 3, noise_dbfs=-60)
    assert channels(walk(silent, operator).by_microphone(THREE[:1], carry=silent.near)) == [1]
    assert "no channel stands out" in operator.told[-1]


def test_no_two_share_a_channel_whatever_was_heard() -> None:
    for heard in ({}, {"M+030": 2}, {"M+030": 3, "LFE1": 1}, {"LFE1": 9}, {"M+030": 2, "M-030": 3}):
        made = moved(THREE, heard)
        assert len(set(channels(made))) == 3, heard
        assert all(made[i].channel == heard.get(made[i].name, made[i].channel) for i in range(3))


def test_the_device_is_looked_at_first() -> None:
    room, operator = room_with(1, 2, 3), Answers()
    walk(room, operator).look_at_device(THREE)
    assert operator.told == ["Noise of the room: -75 dBFS (peak -62).", "The device plays without a click."]
    assert room.loudest <= 10 ** (-42 / 20) * 1.000001, "the tone begins quietly, too"
    noisy = Answers()
    walk(SimulatedRoom((), 3, noise_dbfs=-30), noisy).look_at_device(THREE)
    assert "That is much" in noisy.told[1] and "could not be heard" in noisy.told[2]


class _Torn(SimulatedRoom):
    def play(self, sound: np.ndarray) -> np.ndarray:
        self.glitch = (60_000,)
        return super().play(sound)


def test_a_device_that_loses_samples_is_not_measured() -> None:
    room = _Torn(room_with(1, 2, 3).speakers, 3, noise_dbfs=-75)
    with pytest.raises(DeviceError, match=r"lost or repeated samples 1 times \(\+2\.0 at 1\.2"):
        walk(room, Answers()).look_at_device(THREE)


def test_what_is_measured_is_told_in_both_languages() -> None:
    for language, words in (
        ("en", ("right", "unclear", "turn its amplifier up")),
        ("zh", ("正相", "不明", "请调高它的功放")),
    ):
        room, operator = room_with(1, 2, 3), Answers()
        steps = walk(room, operator, language)
        found = steps.responses(THREE)
        made = steps.proposal(THREE, found)
        steps.tell_spread("before", THREE, found)
        steps.tell_speakers(tuple(replace(one, inverted=True) for one in made.speakers))
        joined = "\n".join(operator.told)
        assert all(word in joined for word in words), joined


def test_every_sentence_is_there_in_both_languages_with_the_same_values() -> None:
    import string

    for key, sentences in WORDS.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(one) if name} for one in sentences]
        # Within a language a name may be left out that the other's grammar needs, never be asked for besides.
        assert fields[0] == fields[1], key
    assert LANGUAGES == ("en", "zh")
    assert say("right", "zh") == "正相"


@pytest.mark.parametrize(
    ("place", "en", "zh"),
    [
        ((30, 0), "front left", "左前"), ((0, 0), "front centre", "正前"), ((-90, 0), "side right", "右侧"),
        ((180, 0), "back centre", "正后"), ((-135, 30), "upper back right", "上方右后"), ((0, 90), "top", "正上方"),
        ((45, -30), "lower front left", "下方左前"),
    ],
)  # fmt: skip
def test_what_a_loudspeaker_is_called(place: tuple[float, float], en: str, zh: str) -> None:
    assert spoken("X", "en", place) == en
    assert spoken("X", "zh", place) == zh
    assert spoken("left ear", "zh", place) == "左耳"
    assert spoken("X", "en") == "X"
