"""Coverage-guided fuzzing of every decoder with atheris (libFuzzer), bounded: a few seconds each, memory and time limited.

Longer: ``python -m tests.fuzz NAME --seconds 600``; findings print their input as hex and how to replay it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tracemalloc
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.harness import Lasting, floods
from tests.fuzz.table import TARGETS
from tests.fuzz.target import Target

pytestmark = pytest.mark.peer

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^(\S+) +(\d+) runs, +(\d+) edges, +(\d+) features", re.MULTILINE)
_FLOOD_BYTES = 8 << 10
#: What decoding so much may take at its peak: the input as sound or as objects some times over, not more.
_PEAK_BYTES = 8 << 20


def test_every_decoder_survives_a_guided_run() -> None:
    if find_spec("atheris") is None:
        pytest.fail("atheris is not installed (pip install 'sensorama[fuzz]')")
    done = subprocess.run(
        ["nice", "-n", "10", sys.executable, "-m", "tests.fuzz", "--seconds", "1", "--runs", "5000", "--jobs", "2"],
        capture_output=True, text=True, cwd=ROOT, timeout=600, check=False,
    )  # fmt: skip
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    rows = {name: (int(runs), int(edges)) for name, runs, edges, _ in _ROW.findall(done.stdout)}
    assert set(rows) == {target.name for target in TARGETS}
    # Guided it is only if libFuzzer saw our code: every run counts edges in it.
    assert all(runs >= 20 and edges > 0 for runs, edges in rows.values()), rows


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_streams_without_end_cost_no_memory(target: Target) -> None:
    """8 KiB that begin well and never end: what is kept and what is taken meanwhile are both bounded."""
    lasting = Lasting(target)
    for data in floods(target, 2048 if target.slow else _FLOOD_BYTES):
        tracemalloc.start()
        try:
            target.try_once(data)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < _PEAK_BYTES, (
            f"{target.name}: {peak} bytes for an input of {len(data)}, {data[:60].hex()}..."
        )
        lasting.take(data)
        lasting.look()
