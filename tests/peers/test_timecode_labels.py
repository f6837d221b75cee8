"""Labels and MIDI bytes as three other libraries have them: PyPI's `timecode`, npm's `smpte-timecode`, `mido`."""

from __future__ import annotations

import json
import os
import random
import subprocess

import pytest

from engine.time.codes.mtc import full_frame, quarter_frames
from engine.time.rates import RATES
from engine.time.timecode import frames_per_day, timecode_from_index
from tests.peers.programs import needed

pytestmark = pytest.mark.peer

RATES_TRIED = ("23.976", "24", "25", "29.97", "29.97df", "30", "48", "50", "59.94", "59.94df", "60")


def sample(name: str, count: int) -> list[int]:
    rate = RATES[name]
    day = frames_per_day(rate)
    edges = [0, 1, 1799, 1800, 1801, 17_981, 17_982, 3600, day - 1]
    return edges + random.Random(name).sample(range(day), count)


@pytest.mark.parametrize("name", RATES_TRIED)
def test_the_timecode_library_agrees(name: str) -> None:
    import timecode

    rate = RATES[name]
    framerate = {"23.976": "23.976"}.get(name, name.removesuffix("df"))
    checked = 0
    for index in sample(name, 300):
        theirs = timecode.Timecode(framerate, frames=index + 1, force_non_drop_frame=not rate.drop)
        ours = timecode_from_index(index, rate)
        assert str(theirs).replace(";", ":") == str(ours).replace(";", ":")
        checked += 1
    print(f"timecode {getattr(timecode, '__version__', '?')}: {checked} labels at {name} agree")


@pytest.mark.parametrize("name", ["24", "25", "29.97", "29.97df", "30", "50", "59.94", "59.94df", "60"])
def test_smpte_timecode_of_npm_agrees(name: str) -> None:
    node = needed("node", "nodejs")
    modules = os.environ.get("SENSORAMA_NODE_MODULES")
    if not modules:
        pytest.fail("SENSORAMA_NODE_MODULES is not set: the folder of node_modules with smpte-timecode in it")
    rate = RATES[name]
    indices = sample(name, 300)
    script = (
        "const T = require('smpte-timecode'); const [fps, df, list] = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(list.map(i => new T(i, fps, df).toString())))"
    )
    done = subprocess.run(
        [node, "-e", script],
        input=json.dumps([float(name.removesuffix("df")), bool(rate.drop), indices]),
        capture_output=True, text=True, check=True, env={**os.environ, "NODE_PATH": modules}, timeout=60,
    )  # fmt: skip
    theirs = [label.replace(";", ":") for label in json.loads(done.stdout)]
    assert theirs == [str(timecode_from_index(index, rate)).replace(";", ":") for index in indices]
    print(f"smpte-timecode: {len(theirs)} labels at {name} agree")


def test_mido_reads_our_bytes() -> None:
    import mido

    label = timecode_from_index(123_456, RATES["29.97df"])
    for number, data in enumerate(quarter_frames(label)):
        message = mido.Message.from_bytes([0xF1, data])
        assert (message.type, message.frame_type, message.frame_value) == ("quarter_frame", number, data & 15)
        assert message.bytes() == [0xF1, data]
    message = mido.Message.from_bytes(full_frame(label))
    assert message.type == "sysex" and message.bytes() == list(full_frame(label))
    print("mido reads eight quarter frames and a full frame as we meant them")
