"""A whole run on seats with platforms, one of them later than the other: it replays to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.show.replay import replay_command
from tests.bus.platform_rigs import cinema
from tests.show.runs import play_offline


@pytest.mark.long
def test_a_run_with_phases_and_platforms_replays(scaffold: Path, tmp_path: Path) -> None:
    run = play_offline(tmp_path / "run", str(scaffold), "--rig", str(cinema(tmp_path, "60ms")))
    rows = run.journal.of_kind("frames")
    assert {row.fields["device"] for row in rows} >= {"seat_a", "seat_b"}
    assert replay_command(run.folder / "journal.jsonl", experience=None, rig=None) == 0
