"""The benchmark of the sound device's clock runs and says what it promises."""

from __future__ import annotations

import json

import pytest

from engine.bench import audio_clock


def test_every_simulated_device_is_followed(capsys: pytest.CaptureFixture[str]) -> None:
    assert audio_clock.main(["--seconds", "1"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["device"] for row in rows] == list(audio_clock.DEVICES)
    assert [row["state"] for row in rows] == ["device", "calls", "calls", "calls"]
    assert all(abs(row["bias_us"]) < 100 and row["sd_us"] < 100 for row in rows)
