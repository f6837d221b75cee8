"""SOFA files: what the convention allows is read as the same head, everything else is refused in one message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from engine.audio.hrtf.itd import itd_s
from engine.audio.hrtf.measured import MeasuredHead
from engine.audio.hrtf.sofa import read_sofa
from engine.errors import InputError
from tests.audio.hrtf import sofas

Change = Callable[[h5py.File], object]
COUNT = len(sofas.directions())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return sofas.write(tmp_path / "head.sofa")


def changed(path: Path, change: Change) -> MeasuredHead:
    with h5py.File(path, "r+") as file:
        change(file)
    return read_sofa(path)


def ahead_left(head: MeasuredHead) -> int:
    """Row of what lies on the left, at the height of the ears."""
    return int(np.argmin(head.directions[:, 0]))


def test_a_file_to_the_letter(path: Path) -> None:
    head = read_sofa(path)
    assert head.name == "two ears" and head.licence == "none needed" and head.distance_m == pytest.approx(1.4)
    assert len(head.directions) == len(sofas.directions())
    left = ahead_left(head)
    assert head.directions[left] == pytest.approx([-1.0, 0.0, 0.0], abs=1e-9)
    late_us = itd_s(head.responses, 48_000.0) * 1e6
    assert late_us[left] == pytest.approx(-24 / 48_000 * 1e6, abs=0.5)
    power = (head.responses[left] ** 2).sum(axis=-1)
    assert 10 * np.log10(power[0] / power[1]) == pytest.approx(12.0, abs=0.05)


def _cartesian(file: h5py.File) -> None:
    a, e, r = file["SourcePosition"][...].T
    a, e = np.radians(a), np.radians(e)
    there = np.stack([r * np.cos(e) * np.cos(a), r * np.cos(e) * np.sin(a), r * np.sin(e)], axis=1)
    sofas.put(file, "SourcePosition", there)
    file["SourcePosition"].attrs.update({"Type": "cartesian", "Units": "metre"})


def _ears_swapped(file: h5py.File) -> None:
    sofas.put(file, "ReceiverPosition", file["ReceiverPosition"][...][::-1])
    sofas.put(file, "Data.IR", file["Data.IR"][...][:, ::-1])


def _looking_left(file: h5py.File) -> None:
    source = file["SourcePosition"][...]
    source[:, 0] = (source[:, 0] + 90.0) % 360.0
    sofas.put(file, "SourcePosition", source)
    sofas.put(file, "ListenerView", np.array([[0.0, 1.0, 0.0]]))


def _delayed(file: h5py.File) -> None:
    ir, by = file["Data.IR"][...], np.full((len(file["Data.IR"]), 2), 7.0)
    sofas.put(file, "Data.IR", np.roll(ir, -7, axis=-1))
    sofas.put(file, "Data.Delay", by)


def _latin(file: h5py.File) -> None:
    file.attrs["License"] = np.bytes_("Technische Hochschule Köln".encode("latin-1"))


def _measured_twice(file: h5py.File) -> None:
    for name in ("Data.IR", "SourcePosition"):
        sofas.put(file, name, np.concatenate([file[name][...]] * 2))


def _old_labels(file: h5py.File) -> None:
    """As the makers' programs wrote it before 2016: the places of the ears exchanged, the left one's response first."""
    sofas.put(file, "ReceiverPosition", file["ReceiverPosition"][...][::-1])


def _delayed_alike(file: h5py.File) -> None:
    sofas.put(file, "Data.IR", np.roll(file["Data.IR"][...], -9, axis=-1))
    sofas.put(file, "Data.Delay", np.array([[9.0, 9.0]]))


def _up_on_one_side(file: h5py.File) -> None:
    """The listener lies on the left side, and the loudspeakers with it."""
    _cartesian(file)
    x, y, z = file["SourcePosition"][...].T
    sofas.put(file, "SourcePosition", np.stack([x, z, -y], axis=1))
    sofas.put(file, "ListenerUp", np.array([[0.0, 1.0, 0.0]]))


def _listener_elsewhere(file: h5py.File) -> None:
    _cartesian(file)
    here = np.array([[3.0, -2.0, 1.2]])
    sofas.put(file, "SourcePosition", file["SourcePosition"][...] + here)
    file["ListenerPosition"] = here
    file["ListenerPosition"].attrs.update({"Type": "cartesian", "Units": "metre"})


def _near_ones_too(file: h5py.File) -> None:
    near = file["SourcePosition"][...]
    near[:, 2] = 0.3
    sofas.put(file, "SourcePosition", np.concatenate([near, file["SourcePosition"][...]]))
    ir = file["Data.IR"][...]
    sofas.put(file, "Data.IR", np.concatenate([ir[:, ::-1] * 0.5, ir]))


def _ears_by_measurement(file: h5py.File) -> None:
    sofas.put(file, "ReceiverPosition", np.repeat(file["ReceiverPosition"][...], COUNT, axis=2))


@pytest.mark.parametrize(
    "change",
    [
        _cartesian, _ears_swapped, _looking_left, _delayed, _latin, _measured_twice, _old_labels, _delayed_alike,
        _up_on_one_side, _listener_elsewhere, _near_ones_too, _ears_by_measurement,
    ],
)  # fmt: skip
def test_said_otherwise_the_same_head(path: Path, change: Change) -> None:
    plain = read_sofa(path)
    other = changed(path, change)
    assert len(other.directions) == len(plain.directions)
    mine = np.argmax(other.directions @ plain.directions.T, axis=0)
    assert other.directions[mine] == pytest.approx(plain.directions, abs=1e-6)
    length = min(plain.responses.shape[-1], other.responses.shape[-1])
    assert other.responses[mine][..., :length] == pytest.approx(plain.responses[..., :length], abs=2e-3)


@pytest.mark.parametrize("rate_hz", [44_100.0, 96_000.0])
def test_another_rate_the_same_times_and_levels(tmp_path: Path, rate_hz: float) -> None:
    plain = read_sofa(sofas.write(tmp_path / "a.sofa"))
    other = read_sofa(sofas.write(tmp_path / "b.sofa", rate_hz=rate_hz))
    off_us = 1e6 * (itd_s(other.responses, 48_000.0) - itd_s(plain.responses, 48_000.0))
    assert np.abs(off_us).max() < 1.0
    low = slice(10, 300)  # 0.2 to 7 kHz of 2048 points
    level = [np.abs(np.fft.rfft(one.responses, 2048)[..., low]) for one in (other, plain)]
    assert 20 * np.log10(level[0] / level[1]) == pytest.approx(0.0, abs=0.05)


def _set(name: str, value: object) -> Change:
    return lambda file: file.attrs.__setitem__(name, value)


def _unit(name: str, value: str, attribute: str = "Units") -> Change:
    return lambda file: file[name].attrs.__setitem__(attribute, value)


def _nan(file: h5py.File) -> None:
    ir = file["Data.IR"][...]
    ir[3, 0, 5] = np.nan
    sofas.put(file, "Data.IR", ir)


def _one_deaf(file: h5py.File) -> None:
    ir = file["Data.IR"][...]
    ir[3, 0] = ir[9, 1] = 0.0
    sofas.put(file, "Data.IR", ir)


def _mislabelled(file: h5py.File) -> None:
    sofas.put(file, "Data.IR", file["Data.IR"][...][:, ::-1])


def _upper_half(file: h5py.File) -> None:
    source = file["SourcePosition"][...]
    source[:, 1] = np.abs(source[:, 1])
    source[:, 0] += np.arange(COUNT)
    sofas.put(file, "SourcePosition", source)


def _to(name: str, value: np.ndarray) -> Change:
    return lambda file: sofas.put(file, name, value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("SOFAConventions", "SimpleFreeFieldHRTF"), "SimpleFreeFieldHRTF; needed is SimpleFreeFieldHRIR"),
        (_set("SOFAConventions", "MultiSpeakerBRIR"), "MultiSpeakerBRIR"),
        (_set("Conventions", "netCDF"), "says nowhere that it is SOFA"),
        (_set("DataType", "TF"), "type TF; needed is FIR"),
        (lambda file: file.__delitem__("Data.IR"), "has no Data.IR"),
        (lambda file: file.__delitem__("ReceiverPosition"), "has no ReceiverPosition"),
        (_unit("SourcePosition", "radian, radian, metre"), "in radian; needed is degree"),
        (_unit("SourcePosition", "degree, degree, furlong"), "in furlong; needed is metre"),
        (_unit("SourcePosition", "elliptical", "Type"), "of type elliptical"),
        (_unit("Data.SamplingRate", "kilohertz"), "in kilohertz; needed is hertz"),
        (_to("Data.SamplingRate", np.array([1.0])), "1 Hz, allowed 32000 to 384000"),
        (_to("Data.SamplingRate", np.array([np.nan])), "nan Hz"),
        (_to("Data.SamplingRate", np.array([44_100.0, 48_000.0])), "several sampling rates"),
        (_nan, "1 measurements with NaN"),
        (_to("Data.IR", np.zeros((COUNT, 2, 64))), "silence only"),
        (_to("Data.IR", np.ones((COUNT, 3, 64))), "has 3 receivers, a head has 2 ears"),
        (_to("Data.IR", np.ones((COUNT, 2, 64))), "neither ear hears its own side louder"),
        (_one_deaf, "has 2 measurements in which an ear hears nothing"),
        (_mislabelled, "hears the right side louder with it"),
        (_to("Data.IR", np.ones((COUNT, 2, 24_001))), "24001 samples, allowed 16 to 24000 (0.5 s)"),
        (_to("Data.IR", np.ones((COUNT, 1, 64))), "has 1 receivers, a head has 2 ears"),
        (_to("Data.IR", np.ones((COUNT, 2, 4))), "4 samples, allowed 16"),
        (_to("Data.IR", np.ones((COUNT, 64))), "2 dimensions, 3 are needed"),
        (_to("SourcePosition", np.ones((5, 3))), "shape (5, 3)"),
        (_to("SourcePosition", np.tile([0.0, 95.0, 1.0], (COUNT, 1))), "elevation of 95 degrees"),
        (_to("SourcePosition", np.tile([10.0, 5.0, 1.0], (COUNT, 1))), "1 different directions, at least 16"),
        (
            _to("SourcePosition", np.stack([np.arange(COUNT) * 7.0, np.zeros(COUNT), np.ones(COUNT)], axis=1)),
            "directions all around are needed",
        ),
        (_upper_half, "half of the sphere"),
        (_to("SourcePosition", np.zeros((COUNT, 3))), "inside the head"),
        (_to("ReceiverPosition", np.zeros((3, 3, 1))), "shape (3, 3, 1), needed are two ears"),
        (_to("ReceiverPosition", np.arange(12.0).reshape(2, 3, 2)), "ears are where they are"),
        (_to("ListenerView", np.array([[1.0, 0, 0], [0, 1.0, 0]])), "changes from measurement to measurement"),
        (_to("ReceiverPosition", np.zeros((2, 3))), "does not tell which ear"),
        (_to("ListenerView", np.array([[0.0, 0.0, 1.0]])), "not at right angles"),
        (_to("ListenerUp", np.array([[0.0, 0.0, 0.0]])), "ListenerUp is no direction"),
        (_to("ListenerUp", np.array([[0.0, 0.0, 1e308]])), "ListenerUp is no direction"),
        (_to("Data.Delay", np.array([[-5.0, 0.0]])), "Data.Delay"),
        (_to("Data.Delay", np.array([[1e9, 0.0]])), "Data.Delay"),
        (_to("Data.Delay", np.array([[np.nan, 0.0]])), "Data.Delay of nan"),
        (_to("Data.Delay", np.zeros((3, 2))), "Data.Delay has shape (3, 2)"),
        (_to("Data.IR", np.full((COUNT, 2, 64), 1e300)), "samples up to 1e+300"),
        (_to("SourcePosition", np.full((COUNT, 3), np.inf)), "SourcePosition has NaN, infinity"),
    ],
)  # fmt: skip
def test_refused_with_a_reason(path: Path, change: Change, says: str) -> None:
    with pytest.raises(InputError) as refused:
        changed(path, change)
    text = str(refused.value)
    assert says in text and str(path) in text and "leave `hrtf` out" in text


def test_everything_wrong_in_one_message(path: Path) -> None:
    def break_it(file: h5py.File) -> None:
        file.attrs["DataType"] = "TF"
        _nan(file)
        file["SourcePosition"].attrs["Units"] = "radian"
        del file["Data.SamplingRate"]
        sofas.put(file, "ReceiverPosition", np.zeros((2, 3)))
        sofas.put(file, "ListenerUp", np.zeros((1, 3)))
        sofas.put(file, "Data.Delay", np.full((1, 2), -1.0))

    with pytest.raises(InputError) as refused:
        changed(path, break_it)
    said = ("type TF", "NaN", "radian", "no Data.SamplingRate", "which ear", "ListenerUp", "Data.Delay of -1")
    assert [word for word in said if word not in str(refused.value)] == []


def test_texts_of_older_files_can_be_printed(path: Path) -> None:
    """Latin-1 in an attribute that says it is UTF-8, of a fixed length or not."""
    for kind in (h5py.string_dtype("utf-8"), h5py.string_dtype("utf-8", 30)):
        with h5py.File(path, "r+") as file:
            file.attrs.create("License", "Hochschule Köln".encode("latin-1"), dtype=kind)
        assert read_sofa(path).licence == "Hochschule Köln"


def test_more_directions_than_the_table_can_tell_are_thinned_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.audio.hrtf.sofa_geometry.MOST_KEPT", 30)
    head = read_sofa(path)
    assert 16 <= len(head.directions) <= 30 < COUNT


def test_no_hdf5_cut_off_and_missing(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_sofa(tmp_path / "nobody.sofa")
    wav = tmp_path / "wav.sofa"
    wav.write_bytes(b"RIFF" + bytes(200))
    with pytest.raises(InputError, match="no SOFA file"):
        read_sofa(wav)
    whole = path.read_bytes()
    for part in (0, 8, 100, len(whole) // 2, len(whole) - 100):
        path.write_bytes(whole[:part])
        with pytest.raises(InputError, match="no SOFA file"):
            read_sofa(path)
