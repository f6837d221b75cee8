"""The sound of a rig file: outputs, loudspeakers, levels, units, every mistake with its line."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from engine.audio import sounds
from engine.audio.speakers import LAYOUTS
from engine.audio.speakers.layouts import SHORT_NAMES
from engine.audio.speakers.venue import layout_of
from engine.errors import RigError
from engine.experience import load_rig, loudspeakers
from engine.experience.audio_rig import (
    BUSES,
    STEREO,
    AdmOscSpec,
    AudioOutput,
    AudioSpec,
    HearingSpec,
    MixSpec,
    ShakerSpec,
    SpeakerSpec,
)

HEAD = "sensorama_rig: 1\nname: {en: Small}\n"
ONE = "seats: {a: {}}\n"
TWO = "seats: {a: {}, b: {}}\n"


def loaded(tmp_path: Path, text: str) -> AudioSpec:
    path = tmp_path / "rig.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_rig(path).audio


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(RigError) as caught:
        loaded(tmp_path, text)
    return [f"{problem.place.line}: {problem.message}" for problem in caught.value.problems]


def test_labels_are_those_that_the_panner_knows() -> None:
    assert {name: layout.names for name, layout in LAYOUTS.items()} == dict(loudspeakers.SYSTEMS)
    assert dict(SHORT_NAMES) == dict(loudspeakers.SHORT_NAMES)
    for layout in LAYOUTS.values():
        for speaker in layout.speakers:
            assert loudspeakers.place_deg(speaker.name) == (speaker.azimuth_deg, speaker.elevation_deg)
            assert loudspeakers.is_lfe(speaker.name) == speaker.lfe
    assert loudspeakers.place_deg("front left") is None


def test_a_rig_that_says_nothing_plays_stereo(tmp_path: Path) -> None:
    assert loaded(tmp_path, ONE) == AudioSpec() == AudioSpec(outputs=(STEREO,))
    assert loaded(tmp_path, ONE + "audio: {}\n").outputs == (STEREO,)


def test_the_short_form_names_one_output(tmp_path: Path) -> None:
    ears = loaded(tmp_path, TWO + "audio: {layout: binaural, device: Scarlett, api: ASIO}\n")
    assert ears.layout == "binaural"
    assert ears.outputs == (AudioOutput("main", "binaural", 0, (1, 2), "Scarlett", "ASIO"),)
    assert loaded(tmp_path, TWO + "audio: {layout: stereo}\n").outputs[0].seat == -1
    field = loaded(tmp_path, ONE + "audio: {layout: ambisonic}\n").outputs[0]
    assert (field.kind, field.order, field.channels) == ("ambisonic", 3, tuple(range(1, 17)))


@pytest.mark.parametrize(
    ("written", "system"),
    [
        ("5.1", "0+5+0"), ("22.2", "9+10+3"), ("2.0", "0+2+0"), ("7.1.4", "4+7+0"),
        ("0+5+0", "0+5+0"), ('"7.1"', "0+7+0"), ("STEREO", "0+2+0"),
    ],
)  # fmt: skip
def test_layouts_that_yaml_takes_for_numbers(tmp_path: Path, written: str, system: str) -> None:
    output = loaded(tmp_path, ONE + f"audio: {{layout: {written}}}\n").outputs[0]
    assert output.layout == system
    assert tuple(speaker.name for speaker in output.speakers) == loudspeakers.SYSTEMS[system]
    assert output.channels == tuple(range(1, len(output.speakers) + 1))
    assert layout_of(output) == LAYOUTS[system], "a layout that nobody measured is the standard's own"


VENUE = """\
audio:
  device: Dante
  api: JACK
  preroll: 300ms
  clock: device
  volume: -6db
  buses: {music: -3db}
  duck: {music: -9db}
  ceiling: -2db
  loudness: -18lufs
  hearing: {full_scale: 104db, most: 95db, day: 80db, per: 6h}
  adm_osc: {to: "udp://10.0.0.7", rate: 25hz}
  outputs:
    - {name: a_ears, layout: binaural, seat: a, hrtf: head.sofa, head_radius: 8.6cm, gain: -3db}
    - {name: b_ears, layout: binaural, seat: b, channels: [3, 4]}
    - name: room
      layout: 5.1
      channels: 5-10
      speakers:
        M+030: {azimuth: 28deg, elevation: 2deg, distance: 2.4m, delay: 1.25ms, gain: -1.5db, inverted: true}
        LFE1: 20
        M-110: none
    - name: headrest
      layout: free
      seat: b
      channels: [11, 12, 13]
      speakers:
        left: {azimuth: 80deg, distance: 12cm}
        right: {azimuth: -80deg, distance: 12cm}
        under: {lfe: true}
    - {name: truck, layout: ambisonic, order: 1, device: Truck, channels: 1-4}
  shakers: [{role: seat.shaker, channel: 30, seat: b}]
"""


def test_a_whole_venue(tmp_path: Path) -> None:
    (tmp_path / "head.sofa").write_bytes(b"")
    found = loaded(tmp_path, TWO + VENUE)
    assert (found.device, found.api, found.preroll_ns, found.clock) == (
        "Dante",
        "JACK",
        300_000_000,
        "device",
    )
    assert found.mix == MixSpec(-6.0, {"music": -3.0}, {"music": -9.0}, -2.0, -18.0)
    assert found.hearing == HearingSpec(104.0, 95.0, 80.0, 21_600.0)
    assert found.adm_osc == AdmOscSpec("udp://10.0.0.7:4001", 25.0)
    assert found.shakers == (ShakerSpec("seat.shaker", 30, 1),)
    a_ears, b_ears, room, headrest, truck = found.outputs
    assert a_ears == AudioOutput(
        "a_ears", "binaural", 0, (1, 2), "Dante", "JACK",
        hrtf=str(tmp_path / "head.sofa"), head_radius_m=0.086, gain_db=-3.0,
    )  # fmt: skip
    assert (b_ears.seat, b_ears.channels) == (1, (3, 4))
    assert room.seat == -1
    assert room.speakers[0] == SpeakerSpec("M+030", 5, 28.0, 2.0, 2.4, 1_250_000, -1.5, True)
    assert room.speakers[3] == SpeakerSpec("LFE1", 20, 45.0, -30.0, lfe=True)
    assert room.channels == (5, 6, 7, 20, 9), "one that the venue has not leaves its channel free"
    assert layout_of(room).name == "free"
    assert headrest.speakers[2] == SpeakerSpec("under", 13, 0.0, 0.0, lfe=True)
    assert (truck.device, truck.api, truck.channels) == ("Truck", None, (1, 2, 3, 4))
    assert pickle.loads(pickle.dumps(found)) == found


def test_loudness_may_be_left_as_authored(tmp_path: Path) -> None:
    assert loaded(tmp_path, ONE + "audio: {loudness: authored}\n").mix.loudness_lufs is None
    assert loaded(tmp_path, ONE + "audio: {duck: {}}\n").mix.duck_db == {}


def test_a_dome_is_panned_all_round_unless_it_says_otherwise(tmp_path: Path) -> None:
    dome = "audio:\n  outputs:\n    - {name: dome, layout: dome, speakers: {top: {azimuth: 0, elevation: 90deg}, M+000: 7}"
    assert loaded(tmp_path, ONE + dome + "}\n").outputs[0].decoder == "allrad"
    assert loaded(tmp_path, ONE + dome + ", decoder: bs2127}\n").outputs[0].decoder == "bs2127"


def test_every_mistake_is_told_with_its_line_in_one_go(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        TWO
        + "audio:\n"  # 4
        + "  layout: stereo\n"
        + '  adm_osc: "tcp://host"\n'
        + "  hearing: {most: 80db, day: 85db}\n"
        + "  outputs:\n"
        + "    - {name: one, layout: binaural, seat: nobody, channels: [1, 2, 3], hrtf: lost.sofa, order: 2}\n"  # 9
        + "    - {name: one, layout: 5.1, channels: [7, 8]}\n"  # 10
        + "    - name: own\n"
        + "      layout: free\n"  # 12
        + "      speakers:\n"
        + "        somewhere: 40\n"  # 14
        + "        M+000: 40\n"
        + "    - {name: two, layout: 7.1, speakers: {U+045: 3}}\n"  # 16
        + "    - {name: nothing, layout: dome}\n"
        + "  shakers: [{role: seat.shaker, channel: 2, low: 90hz, high: 80hz}]\n",  # 18
    )
    assert found == [
        "5: layout stereo is the short form for one output, and `outputs` lists 5",
        "6: 'tcp://host' is no address that objects can be told to",
        "7: most is 80 dB and the level of a whole day 85 dB",
        "9: order is for layout: ambisonic; one is binaural",
        "9: 3 channels are listed; headphones have 2 ears",
        "9: there is no seat 'nobody'",
        "9: there is no file 'lost.sofa' beside the rig",
        "10: there are two outputs one",
        "10: 2 channels are listed for 6 loudspeakers",
        "10: one speaks on channels 1, 2 as one does",
        "14: somewhere does not say where it stands",
        "15: channel 40 feeds somewhere already",
        "16: 7.1 has no loudspeaker 'U+045'",
        "16: two speaks on channels 1, 2, 3, 4, 5, 6 as one does",
        "17: layout dome has no loudspeakers of its own",
        "18: low is 90 Hz, high is 80 Hz",
        "18: channel 2 is listened to (one)",
    ]  # fmt: skip


def test_mistakes_of_shape_do_not_hide_the_others(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        ONE
        + "audio:\n"
        + "  layout: 6.1\n"
        + "  loudness: -23db\n"
        + "  ceiling: 3db\n"
        + "  buses: {music: loud}\n"
        + "  device: ''\n"
        + "  adm_osc: {to: host}\n"
        + "  outputs:\n"
        + "    - {name: room, layout: free}\n"  # 12
        + "    - {name: ears, layout: binaural, channels: 9-3}\n"
        + "    - {name: more, layout: stereo, channels: 0, speakers: {M+030: left, M-030: {delay: -1ms}}}\n",
    )
    joined = "\n".join(found)
    lines = [int(line.split(":")[0]) for line in found]
    assert lines == [5, 6, 7, 8, 9, 10, 12, 13, 14, 14, 14]
    assert "6.1 is no layout; write binaural, stereo, 5.1" in joined
    assert "'-23db' is no loudness" in joined
    assert "channels '9-3' run backwards" in joined
    assert "layout free has no loudspeakers of its own" in joined
    assert "'left' is no loudspeaker" in joined


@pytest.mark.parametrize(
    "line",
    [
        'adm_osc: "udp://[::1"', "adm_osc: udp://host:99999", "adm_osc: udp://host/path", "loudness: {}", "loudness: 0lufs",
        "layout: [5.1]", "layout: 5", "duck: {music: [1]}", "outputs: {a: b}", "outputs: [none]",
    ],
)  # fmt: skip
def test_nonsense_is_a_mistake_of_the_file(tmp_path: Path, line: str) -> None:
    assert [text.split(":")[0] for text in mistakes(tmp_path, ONE + f"audio:\n  {line}\n")] == ["5"]


def test_free_and_dome_are_no_short_forms(tmp_path: Path) -> None:
    assert mistakes(tmp_path, ONE + "audio: {layout: free}\n") == [
        "4: layout free needs its loudspeakers listed"
    ]


def test_a_layout_needs_something_that_sound_can_come_from(tmp_path: Path) -> None:
    text = "audio: {outputs: [{name: x, layout: stereo, speakers: {M+030: none, M-030: none}}]}\n"
    assert mistakes(tmp_path, ONE + text) == ["4: x has no loudspeaker but LFEs"]


def test_buses_are_those_that_sounds_name(tmp_path: Path) -> None:
    assert mistakes(
        tmp_path, ONE + "audio:\n  buses: {musik: -3db}\n  duck: {voice: -3db, music: 3db}\n"
    ) == [
        "5: there is no bus 'musik'",
        "6: the voice would be turned down under itself",
        "6: duck turns music up by 3 dB",
    ]
    assert BUSES == sounds.BUSES


def test_a_sound_has_to_be_known_as_early_as_its_latest_loudspeaker_waits(tmp_path: Path) -> None:
    text = "audio: {preroll: 250ms, outputs: [{name: x, layout: stereo, speakers: {M+030: {delay: 12ms}}}]}\n"
    assert loaded(tmp_path, ONE + text).lead_ns == 262_000_000
    assert AudioSpec(outputs=()).lead_ns == 200_000_000
