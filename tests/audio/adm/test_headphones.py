"""ADM at headphones: what the ears' stage is handed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.audio.adm import Programme
from engine.audio.adm.build import Builder, Part
from engine.audio.adm.files import render_file
from engine.audio.adm.headphones import EarRenderer
from engine.audio.adm.items import Common, HoaItem, ObjectItem, SpeakerItem
from engine.audio.adm.model import ObjectBlock, SpeakerBlock
from engine.audio.adm.write import axml_of, chna_of
from engine.audio.block import BLOCK, STAGE_LATENCY, Beds, Head
from engine.audio.block import ObjectBlock as Block
from engine.audio.formats import WaveFormat, WaveReader, WaveWriter
from engine.errors import InputError

ALWAYS = Common("o", Fraction(0), None, 0.5, 10)


class Ears:
    """Keeps what it is handed; plays all objects on the left, all beds on the right."""

    channels = 2

    def __init__(self) -> None:
        self.seen: list[tuple[Block, np.ndarray, Beds]] = []
        self._held = np.zeros((2, STAGE_LATENCY), np.float32)

    def render(self, block: Block, emission: np.ndarray, beds: Beds, heads: tuple[Head, Head]) -> np.ndarray:
        self.seen.append((block, emission.copy(), beds))
        right = beds.hoa[0] + sum(beds.channels.values(), np.zeros(block.frames, np.float32))
        joined = np.concatenate([self._held, np.stack([emission.sum(axis=0), right])], axis=1)
        self._held = joined[:, -STAGE_LATENCY:]
        return joined[:, :-STAGE_LATENCY]

    def forget(self) -> None:
        self._held[:] = 0


def block(start: float, length: float, azimuth: float, gain: float, **more: object) -> ObjectBlock:
    return ObjectBlock(Fraction(start), Fraction(length), (azimuth, 0.0, 1.0), gain=gain, **more)  # type: ignore[arg-type]


def test_objects_glide_in_place_and_level() -> None:
    step = BLOCK / 48_000
    item = ObjectItem(
        ALWAYS, 1, (block(0, step, 90, 1.0), block(step, 2 * step, 0, 0.0, size=(60.0, 0.0, 0.0)))
    )
    ears = Ears()
    renderer = EarRenderer(Programme("", "", (item,), ()), ears, 48_000)
    sound = np.ones((BLOCK, 2), np.float32)
    for first in range(0, 4 * BLOCK, BLOCK):
        renderer.process(sound, first)
    assert np.allclose(ears.seen[0][1], 0.5)
    assert np.allclose(ears.seen[0][0].at_m, (-2.0, 0.0, 0.0), atol=1e-6)
    assert np.allclose(ears.seen[1][1][0], 0.5 - 0.25 * np.arange(BLOCK) / BLOCK, atol=1e-5)
    assert np.allclose(ears.seen[1][0].at_m[1, 0], (-1.0, 1.0, 0.0), atol=0.05)
    assert ears.seen[2][0].spread_deg[0] == pytest.approx(30.0, abs=0.5)
    assert ears.seen[3][0].count == 0, "its blocks are over"


def test_beds_keep_their_names_and_fields_their_components() -> None:
    named = SpeakerItem(
        ALWAYS,
        0,
        (SpeakerBlock(None, None, ("urn:itu:bs:2051:0:speaker:U+110",), (110.0, 30.0, 1.0)),),
        "",
        False,
    )
    strange = SpeakerItem(ALWAYS, 0, (SpeakerBlock(None, None, ("mine",), (90.0, 0.0, 1.0)),), "", False)
    field = HoaItem(ALWAYS, (0, 1), (0, 5), (0, 2), "N3D", (1.0, 1.0))
    ears = Ears()
    renderer = EarRenderer(Programme("", "", (named, strange, field), ()), ears, 48_000)
    renderer.process(np.ones((BLOCK, 2), np.float32), 0)
    made, emission, beds = ears.seen[0]
    assert list(beds.channels) == ["U+110"] and np.allclose(beds.channels["U+110"], 0.5)
    assert (
        made.count == 1
        and np.allclose(made.at_m[0, 0], (-2.0, 0.0, 0.0), atol=1e-6)
        and np.allclose(emission, 0.5)
    )
    assert np.allclose(beds.hoa[0], 0.5) and not beds.hoa[1:].any()
    assert "above order 3" in renderer.notes[0]


def test_a_file_comes_out_in_step(tmp_path: Path) -> None:
    builder = Builder()
    builder.add_object(Part("o"), (block(0, 1, 30, 1.0),))
    document = builder.finish("t")
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, (1000, 1)).astype(np.float32)
    for rate_hz in (48_000, 44_100):
        with WaveWriter(tmp_path / f"{rate_hz}.wav", WaveFormat(1, rate_hz, 24)) as out:
            out.write(sound)
            out.add_adm(chna_of(document), axml_of(document))
    made = render_file(tmp_path / "48000.wav", tmp_path / "o.wav", Ears())
    assert (made.frames, made.channels) == (1000, ("left", "right"))
    with WaveReader(tmp_path / "o.wav") as file:
        assert np.allclose(file.read(0, 1000)[:, :1], sound, atol=1e-6)
    with pytest.raises(InputError, match="44100 Hz; headphones are rendered at 48000"):
        render_file(tmp_path / "44100.wav", tmp_path / "o.wav", Ears())
