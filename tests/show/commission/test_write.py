"""What a walk found goes into the rig at its place, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import OutputError, RigError
from engine.experience import load_rig
from engine.experience.audio_rig import AudioOutput, SpeakerSpec
from engine.show.commission.write import changed_output, says_already, spliced, write_output

HEAD = "# ours\nsensorama_rig: 1\nname: {en: Venue}\nseats: {a: {}}\n"

RIGS = {
    "nothing": "",
    "nothing, no line end": "displays: []",
    "empty flow": "audio: {}   # sound\ndisplays: []\n",
    "flow": "audio: {layout: stereo, preroll: 300ms}  # short\n",
    "flow without layout": "audio: {preroll: 300ms}\ndisplays: []\n",
    "block": "audio:\n  device: x  # the card\n  layout: 2.0   # as built\n  preroll: 300ms\n\n# more\ndisplays: []\n",
    "block without layout": "audio:\n  preroll: 300ms # warm\ndisplays: []\n",
    "outputs": "audio:\n  outputs:\n    - name: main  # the room\n      layout: stereo\n\n    # the end\ndisplays: []\n",
    "outputs flow": "audio: {outputs: [{name: main, layout: stereo}]}\n",
    "speakers": (
        "audio:\n  outputs:\n    - name: main\n      layout: stereo\n      speakers:\n"
        "        # left first\n        M+030:\n          gain: -9db   # was loud\n          azimuth: 28deg # taped\n"
        "        M-030: 2   # its channel\n"
    ),
    "speakers flow": "audio: {outputs: [{name: main, layout: stereo, speakers: {M-030: {delay: 1ms}}}]}\n",
    "no speakers yet": "audio:\n  outputs:\n    - {name: main, layout: stereo, speakers: {}}\n",
    "windows": "audio:\r\n  layout: stereo # x\r\ndisplays: []\r\n",
}


def wanted(now: AudioOutput) -> AudioOutput:
    """Swapped, one of them late, the other quieter and turned round."""
    left, right = now.speakers
    return changed_output(
        now,
        (
            replace(left, channel=2, delay_ns=1_234_000, gain_db=0.0),
            replace(right, channel=1, delay_ns=0, gain_db=-2.5, inverted=True),
        ),
    )


@pytest.mark.parametrize("kind", RIGS)
def test_the_rig_says_it_afterwards_and_every_other_byte_stays(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    path.write_bytes((HEAD + RIGS[kind]).encode())
    before = load_rig(path)
    output = wanted(before.audio.outputs[0])
    assert write_output(path, 0, output)
    after = load_rig(path)
    assert says_already(after.audio.outputs[0], output)
    left, right = after.audio.outputs[0].speakers
    assert (left.channel, right.channel, right.inverted, right.gain_db) == (2, 1, True, -2.5)
    assert left.delay_ns == pytest.approx(1_234_000, abs=2)
    assert left.azimuth_deg == before.audio.outputs[0].speakers[0].azimuth_deg
    assert after.audio.preroll_ns == before.audio.preroll_ns
    text = path.read_bytes().decode()
    for comment in [part.split("\n")[0].rstrip("\r") for part in RIGS[kind].split("#")[1:]]:
        assert f"#{comment}" in text, text
    old = [
        line
        for line in (HEAD + RIGS[kind]).split("\n")
        if "layout" not in line and "M-030" not in line and "audio" not in line
    ]
    kept = text.split("\n")
    assert [line for line in old if line.strip() and "gain" not in line and line not in kept] == []
    assert not write_output(path, 0, output), "the second time there is nothing to write"
    assert path.read_bytes().decode() == text


def test_ears_are_channels(tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    for text in (
        "audio: {layout: binaural}\n",
        "audio:\n  outputs:\n    - {name: main, layout: binaural, channels: [1, 2]} # worn\n",
        "audio:\n  outputs:\n    - name: main\n      layout: binaural\n",
    ):
        path.write_text(HEAD + text, encoding="utf-8")
        output = replace(load_rig(path).audio.outputs[0], channels=(2, 1))
        assert write_output(path, 0, output)
        assert load_rig(path).audio.outputs[0] == output


def test_the_second_of_several_outputs(tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    path.write_text(
        HEAD
        + "audio:\n  outputs:\n    - {name: ears, layout: binaural}\n    - {name: main, layout: stereo, channels: [3, 4]}\n",
        encoding="utf-8",
    )
    now = load_rig(path).audio.outputs[1]
    swapped = changed_output(now, (replace(now.speakers[0], channel=4), replace(now.speakers[1], channel=3)))
    write_output(path, 1, swapped)
    assert load_rig(path).audio.outputs[1].channels == (4, 3)
    assert load_rig(path).audio.outputs[0].channels == (1, 2)


@pytest.mark.parametrize(
    "text",
    ["audio: &x {layout: stereo}\n", "audio: &x\n  outputs: [{name: main, layout: stereo}]\nheadset: {}\n"],
)
def test_anchors_are_changed_rightly_or_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    output = wanted(load_rig(path).audio.outputs[0])
    try:
        write_output(path, 0, output)
    except OutputError:
        assert path.read_text(encoding="utf-8") == HEAD + text
    else:
        assert says_already(load_rig(path).audio.outputs[0], output)


def test_a_change_that_makes_the_rig_wrong_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    text = HEAD + "audio: {layout: stereo, shakers: [{role: seat.shaker, channel: 3}]}\n"
    path.write_text(text, encoding="utf-8")
    now = load_rig(path).audio.outputs[0]
    clash = changed_output(now, (replace(now.speakers[0], channel=3), now.speakers[1]))
    with pytest.raises(RigError, match="channel 3 is listened to"):
        write_output(path, 0, clash)
    assert path.read_text(encoding="utf-8") == text


def test_names_that_yaml_would_read_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    names = ('"1"', '"a: b"', "'no'", "Überkopf")
    rows = "".join(f"        {name}: {{azimuth: {n * 20}deg}}  # {n}\n" for n, name in enumerate(names))
    path.write_text(
        HEAD + "audio:\n  outputs:\n    - name: main\n      layout: free\n      speakers:\n" + rows,
        encoding="utf-8",
    )
    now = load_rig(path).audio.outputs[0]
    output = changed_output(now, tuple(replace(one, gain_db=-1.0) for one in now.speakers))
    assert write_output(path, 0, output)
    assert load_rig(path).audio.outputs[0] == output


def test_a_byte_order_mark_stays() -> None:
    text = (
        "\ufeff"
        + HEAD
        + "audio: {outputs: [{name: main, layout: stereo, speakers: {M+030: {gain: -1db}}}]}\n"
    )
    now = AudioOutput(
        "main", "speakers", layout="0+2+0",
        speakers=(SpeakerSpec("M+030", 1, 30, 0, gain_db=-1.0), SpeakerSpec("M-030", 2, -30, 0)),
    )  # fmt: skip
    changed = spliced(text, "rig.yaml", 0, now, wanted(now))
    assert changed.startswith("\ufeff# ours")
    assert "M+030: {gain: 0db, channel: 2, delay: 1.234ms}" in changed
