"""ADM to loudspeakers: gains glide as the standard says, what is rendered piecewise is what is rendered whole."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.audio.adm import Programme, programme_of
from engine.audio.adm.decorrelation import Decorrelator
from engine.audio.adm.files import document_of, is_adm, render_file
from engine.audio.adm.items import Common, ObjectItem
from engine.audio.adm.mix import GainTracks
from engine.audio.adm.model import ObjectBlock
from engine.audio.adm.renderer import LayoutRenderer
from engine.audio.adm.timeline import FOREVER, Stretch, stretches
from engine.audio.formats import WaveReader
from engine.audio.speakers.decorrelation import DELAY_SAMPLES, decorrelators
from engine.audio.speakers.layouts import LAYOUTS
from engine.errors import InputError
from tests.audio.adm.masters import make_master

ALWAYS = Common("o", Fraction(0), None, 1.0, 10)


def block(
    start: float, length: float | None, glide: float | None = None, azimuth: float = 0.0
) -> ObjectBlock:
    return ObjectBlock(
        Fraction(start), None if length is None else Fraction(length), (azimuth, 0.0, 1.0),
        interpolation_s=None if glide is None else Fraction(glide),
    )  # fmt: skip


def test_a_block_glides_from_the_one_it_follows_and_jumps_after_a_gap() -> None:
    notes: list[str] = []
    found = stretches([block(0, 1), block(1, 1), block(2, 1, 0.5), block(4, 1, 0)], ALWAYS, 10, notes)
    assert found == [
        Stretch(0, 10, 0, 0, 1.0, 1.0),
        Stretch(10, 20, 0, 1, 0.0, 1.0),
        Stretch(20, 25, 1, 2, 0.0, 1.0),
        Stretch(25, 30, 2, 2, 1.0, 1.0),
        Stretch(40, 50, 3, 3, 1.0, 1.0),
    ]
    assert not notes


def test_a_block_between_samples_is_heard_from_the_next_one() -> None:
    found = stretches([block(0, 0.25), block(0.25, 1)], ALWAYS, 10, [])
    assert found[0].last == found[1].first == 3
    assert found[1].share_first == pytest.approx(0.05) and found[1].share_last == pytest.approx(1.05)


def test_what_does_not_fit_is_cut_and_noted() -> None:
    notes: list[str] = []
    late = Common("o", Fraction(1), Fraction(2), 1.0, 10)
    found = stretches([block(0, 1.5), block(1, 5, 9)], late, 10, notes)
    assert [(one.first, one.last) for one in found] == [(10, 25), (25, 30)]
    assert len(notes) == 3
    assert stretches([block(0, None)], ALWAYS, 10, notes)[0].last == FOREVER


def test_gains_are_mixed_exactly_whatever_the_pieces() -> None:
    rng = np.random.default_rng(3)
    rows = []
    for row in range(5):
        edges = np.unique(rng.integers(0, 400, 12))
        parts = [
            Stretch(int(a), int(b), k, k + 1, 0.0, 1.0)
            for k, (a, b) in enumerate(pairwise(edges))
            if k % 3 != row % 3
        ]
        rows.append((parts, rng.normal(size=(len(edges) + 1, 4))))
    sound = rng.normal(size=(400, 5)).astype(np.float32)
    wanted = np.zeros((400, 4))
    for column, (parts, gains) in enumerate(rows):
        for part in parts:
            share = (np.arange(part.last - part.first) / (part.last - part.first))[:, None]
            wanted[part.first : part.last] += sound[part.first : part.last, column, None] * (
                gains[part.after] * share + gains[part.before] * (1 - share)
            )
    tracks = GainTracks(rows, 4)
    for step in (400, 64, 37):
        out = np.zeros((400, 4), np.float32)
        for first in range(0, 400, step):
            tracks.mix(sound[first : first + step], first, out[first : first + step])
        assert np.abs(out - wanted).max() < 1e-5


def test_a_renderer_in_pieces_is_the_whole(tmp_path: Path) -> None:
    make_master(tmp_path / "a.wav", ("diffuse",), beds=False, fields=False, frames=3000)
    with WaveReader(tmp_path / "a.wav") as file:
        programme = programme_of(document_of(file))
        sound = file.read(0, 3000)
    whole = LayoutRenderer(programme, LAYOUTS["0+5+0"], 48_000).process(sound, 0)
    other = LayoutRenderer(programme, LAYOUTS["0+5+0"], 48_000)
    pieces = np.concatenate([other.process(sound[a : a + 700], a) for a in range(0, 3000, 700)])
    assert other.latency == DELAY_SAMPLES
    assert np.abs(whole - pieces).max() < 1e-6


def test_a_decorrelator_is_its_filters() -> None:
    sound = np.random.default_rng(0).normal(size=(5000, 2)).astype(np.float32)
    stage = Decorrelator(LAYOUTS["0+2+0"])
    made = np.concatenate([stage.process(sound[a : a + 999]) for a in range(0, 5000, 999)])
    for channel, taps in enumerate(decorrelators(LAYOUTS["0+2+0"])):
        assert np.abs(np.convolve(sound[:, channel], taps)[:5000] - made[:, channel]).max() < 1e-4


def test_objects_at_loudspeakers_come_from_these_alone() -> None:
    items = tuple(
        ObjectItem(ALWAYS, track, (block(0, None, azimuth=azimuth),))
        for track, azimuth in enumerate((30.0, -30.0, 110.0))
    )
    renderer = LayoutRenderer(Programme("", "", items, ()), LAYOUTS["0+5+0"], 48_000)
    out = renderer.process(np.eye(3, dtype=np.float32).repeat(4, axis=0), 0)
    assert np.allclose(out[[1, 5, 9]], np.eye(6)[[0, 1, 4]], atol=1e-6)


def test_a_file_is_rendered_to_its_length(tmp_path: Path) -> None:
    make_master(tmp_path / "a.wav", ("diffuse", "cube_sized"), frames=4801)
    made = render_file(tmp_path / "a.wav", tmp_path / "o.wav", LAYOUTS["4+7+0"], gain_db=-6.0)
    assert (made.frames, made.rate_hz, len(made.channels)) == (4801, 48_000, 12)
    with WaveReader(tmp_path / "o.wav") as file:
        assert file.frames == 4801
        assert abs(file.read(0, 4801)).max() == pytest.approx(made.peak, abs=1e-6)


def test_what_is_no_adm_is_told_apart(tmp_path: Path) -> None:
    from engine.audio.formats import WaveFormat, WaveWriter

    with WaveWriter(tmp_path / "a.wav", WaveFormat(2, 48_000, 16)) as out:
        out.write(np.zeros((10, 2)))
    assert not is_adm(tmp_path / "a.wav")
    with pytest.raises(InputError, match="has no ADM"):
        render_file(tmp_path / "a.wav", tmp_path / "o.wav", LAYOUTS["0+2+0"])
