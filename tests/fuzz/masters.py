"""Sound files of many channels and the ADM in them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from engine.audio.adm.build import Builder, Part
from engine.audio.adm.document import read_document
from engine.audio.adm.items import programme_of
from engine.audio.adm.renderer import LayoutRenderer
from engine.audio.adm.times import parse_time
from engine.audio.adm.write import axml_of, chna_of
from engine.audio.formats import ChnaRow, WaveFormat, WaveReader, WaveWriter
from engine.audio.multichannel import decode_many, parts_of
from engine.audio.speakers.layouts import LAYOUTS
from engine.errors import InputError
from tests.audio.adm.masters import blocks_of
from tests.fuzz.files import _file
from tests.fuzz.target import Target, pure

_ROWS = (
    ChnaRow(1, "ATU_00000001", "AT_00031001_01", "AP_00031001"),
    ChnaRow(2, "ATU_00000002", "AT_00010001_01", "AP_00010002"),
)


def _document(kind: str, *, bed: bool) -> Builder:
    builder = Builder()
    builder.add_object(Part(kind, duration_s=Fraction(1)), blocks_of(kind, 1, 2, Fraction(1, 2)))
    if bed:
        builder.add_bed(Part("bed"), ("M+030", "M-030"))
    builder.finish("t")
    return builder


@cache
def _xml() -> Sequence[bytes]:
    return [
        axml_of(_document(kind, bed=kind == "plain").document)
        for kind in ("plain", "diffuse", "cube_zoned", "jumping")
    ]


@cache
def _waves() -> Sequence[bytes]:
    found = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.wav"
        for form, limit in ((WaveFormat(1, 48_000, 16), 1 << 32), (WaveFormat(3, 48_000, 24, mask=7), 10)):
            builder = _document("plain", bed=form.channels == 3)
            with WaveWriter(path, form, plain_limit=limit) as out:
                out.write(np.zeros((32, form.channels), np.float32))
                out.add_adm(chna_of(builder.document), axml_of(builder.document)[:3000])
            found.append(path.read_bytes())
    return found


def _render(data: bytes) -> None:
    programme = programme_of(read_document(data, _ROWS))
    renderer = LayoutRenderer(programme, LAYOUTS["0+2+0"], 48_000)
    out = renderer.process(np.ones((64, 2), np.float32), 0)
    assert out.shape == (64, 2) and bool(np.isfinite(out).all())


def _open(path: Path) -> None:
    with WaveReader(path) as file:
        sound = file.read(0, min(file.frames, 4096))
        assert sound.shape[1] == file.format.channels and bool(np.isfinite(sound).all())
        file.chna()
        file.axml()


def _as_sound(path: Path) -> None:
    mark, parts = parts_of(path)
    if mark:
        samples, _ = decode_many(path, mark.removeprefix("::"))
        assert bool(np.isfinite(samples).all())
        assert all(part.channel < samples.shape[1] for part in parts)


MASTERS = (
    Target("wave", _file(".wav", _open), _waves, (InputError,), ("engine.audio.formats.reader:WaveReader",)),
    Target("wave-as-sound", _file(".wav", _as_sound), _waves, (InputError,), slow=True),
    Target("adm", pure(_render), _xml, (InputError,), ("engine.audio.adm.document:read_document",), held_bytes=4 << 20, slow=True),
    Target("adm-time", pure(lambda data: parse_time(data.decode("latin-1"))), lambda: [b"00:00:01.5", b"01:00:00.1S48000"],
           (ValueError,), ("engine.audio.adm.times:parse_time",), held_bytes=8 << 20),
)  # fmt: skip
