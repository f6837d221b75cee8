"""Real heads, read by this engine and by libmysofa: the same directions, ears, times and spectra.

MIT's KEMAR comes with Debian's libmysofa1. The others (CIPIC, LISTEN, Cologne's KU100, ARI) are in libmysofa's own tests;
SENSORAMA_PEER_DATA names a folder with `sofa/` in it that has them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.audio.hrtf import HeadGrid
from engine.audio.hrtf.apart import read_sofa_apart
from engine.audio.hrtf.itd import itd_s
from engine.audio.hrtf.shipped import TAPS, pack, shipped_head
from engine.audio.hrtf.sofa import read_sofa
from engine.errors import InputError
from tests.peer_data import peer_files
from tests.peers.mysofa import SHARED, MySofa

pytestmark = pytest.mark.peer

#: File, and by how many dB a spectrum may be off (0.2 to 16 kHz): their resampler from 44.1 kHz is a different filter.
_HEADS = {
    "CIPIC_subject_003_hrir_final.sofa": 0.3,
    "CIPIC_subject_003_hrir_final_itdInDelayField.sofa": 0.3,
    "FHK_HRIR_L2354.sofa": 0.01,
    "LISTEN_1002_IRC_1002_C_HRIR.sofa": 0.01,
    "MIT_KEMAR_large_pinna.sofa": 0.3,
    "MIT_KEMAR_normal_pinna.old.sofa": 0.3,
    "dtf_nh2.sofa": 0.01,
    "hrtf_c_nh898.sofa": 0.01,
}
_NO_HEADS = {
    "Pulse.sofa": "neither ear hears its own side louder",
    "tester.sofa": "neither ear hears its own side louder",
    "tester2.sofa": "Data.Delay of -1249",
    "testfile.sofa": "GeneralFIR-E",
    "latTestAziBeRTA_Resamp1_Fran.sofa": "an ear hears nothing",
}


def real(name: str) -> Path:
    return peer_files("sofa", name)[0]


def compare(path: Path, most_db: float) -> None:
    head = read_sofa(path)
    theirs = MySofa(path, 48_000.0)
    try:
        rows = np.linspace(0, len(head.directions) - 1, 60).astype(int)
        heard = np.stack([theirs.responses(head.distance_m * head.directions[row]) for row in rows])
    finally:
        theirs.close()
    length = 4096
    hz = np.fft.rfftfreq(length, 1 / 48_000)
    use = (hz >= 200) & (hz <= 16_000)
    ours_db, theirs_db = (
        20 * np.log10(np.maximum(np.abs(np.fft.rfft(one, length)[..., use]), 1e-9))
        for one in (head.responses[rows], heard)
    )
    off_db = ours_db - theirs_db
    level_db, colour_db = float(np.median(off_db)), float(np.quantile(off_db.std(axis=-1), 0.95))
    off_us = 1e6 * np.abs(itd_s(head.responses[rows], 48_000.0) - itd_s(heard, 48_000.0))
    print(
        f"{path.name}: {len(head.directions)} directions, level {level_db:.3f} dB, colour p95 {colour_db:.4f} dB, "
        f"time between the ears p95 {np.quantile(off_us, 0.95):.2f} us"
    )
    # Theirs keeps samples' height from 44.1 to 48 kHz (0.74 dB of level), ours keeps what the filter does.
    assert abs(level_db) < 0.75 and colour_db < most_db and np.quantile(off_us, 0.95) < 3.0
    grid = HeadGrid(head)
    assert 0.07 < grid.radius_m < 0.13
    assert 24 < grid.itd_samples.max() < 45 and -45 < grid.itd_samples.min() < -24
    left, _ = grid.lookup(np.array([[-1.0, 0.0, 0.0]]))
    assert (grid.responses[left[0, 0], 0] ** 2).sum() > 4 * (grid.responses[left[0, 0], 1] ** 2).sum()


def test_the_head_that_debian_has() -> None:
    path = SHARED / "MIT_KEMAR_normal_pinna.sofa"
    assert path.is_file(), "install libmysofa1 (apt-get install libmysofa1)"
    compare(path, 0.3)


def test_the_shipped_head_is_that_one() -> None:
    """What `prepare` would write from Debian's file is what is in the package."""
    there, mine = pack(read_sofa(SHARED / "MIT_KEMAR_normal_pinna.sofa")), shipped_head()
    at = np.argmax(there["directions"] @ mine.directions.T, axis=0)
    assert there["directions"][at] == pytest.approx(mine.directions, abs=1e-5)
    theirs = there["responses"][at] * float(there["scale"])
    assert theirs.shape[-1] == TAPS
    assert theirs == pytest.approx(mine.responses, abs=2e-4 * float(np.abs(mine.responses).max()))


@pytest.mark.parametrize("name", _HEADS)
def test_heads_of_many_laboratories(name: str) -> None:
    compare(real(name), _HEADS[name])


def test_a_german_licence_can_be_read() -> None:
    head = read_sofa(real("FHK_HRIR_L2354.sofa"))
    f"{head.name} {head.licence}".encode()
    assert head.licence == "CC 3.0 BY-SA"


@pytest.mark.parametrize("name", _NO_HEADS)
def test_what_is_no_head_is_refused(name: str) -> None:
    with pytest.raises(InputError) as refused:
        read_sofa(real(name))
    assert _NO_HEADS[name] in str(refused.value)


def test_files_that_once_broke_a_reader() -> None:
    """Read apart: understood or refused in words, each."""
    files = peer_files("sofa", "fail-issue-*.sofa")
    refused = 0
    for path in files:
        try:
            head = read_sofa_apart(path)
        except InputError as error:
            refused += 1
            assert path.name in str(error)
        else:
            assert np.isfinite(head.responses).all()
    print(f"{len(files)} files, {refused} refused")
    assert refused
