"""The bus' bench beside cyclictest, the measure that real-time people use. Prints figures, judges none: the machine is shared."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.programs import needed

pytestmark = pytest.mark.peer
ROOT = Path(__file__).resolve().parents[2]


def test_the_control_is_cyclictest(capsys: pytest.CaptureFixture[str]) -> None:
    program = needed("cyclictest", "rt-tests")
    done = subprocess.run(
        [sys.executable, "-m", "engine.bench.bus", "--seconds", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    with capsys.disabled():
        print(f"\n{program}:", *done.stdout.splitlines(), sep="\n  ")
    bus, control, verdict = rows
    assert bus["what"].startswith("dispatch lateness") and bus["count"] >= 2900
    if control["what"].startswith("control: cyclictest"):
        assert control["count"] == 3000
    else:
        # Installed, but the system grants no real-time priority: the line says what was measured instead.
        assert "not permitted" in control["what"]
    assert 0 < control["p50_us"] <= control["p99_us"] <= control["max_us"]
    assert verdict["what"] == "verdict" and verdict["ratio_to_control_p99"] > 0
