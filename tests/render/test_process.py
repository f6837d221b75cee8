"""The viewer as a process: it joins in the middle, reports, takes orders, and ends with its parent."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import nullcontext
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.experience.package import Package
from engine.render.desk import HELP, HELP_ZH
from engine.render.inbox import Inbox
from engine.render.live import HeadEvent, HeadPose, LiveView, OptionView
from engine.render.process import ViewerConfig, _run_flat, main
from engine.render.stills import read_png
from engine.time.clocks import ManualClock
from engine.time.shared import TransportBlock
from tests.render.show import held

WAIT_S = 60.0


def wait_for(pipe: Connection, wanted: str) -> list[tuple[str, object]]:
    """Everything the process says up to a word of this kind."""
    heard: list[tuple[str, object]] = []
    while pipe.poll(WAIT_S):
        heard.append(pipe.recv())
        if heard[-1][0] == wanted:
            return heard
        if heard[-1][0] in ("failed", "ended"):
            break
    pytest.fail(f"waited for {wanted!r}, heard {heard}")


@pytest.fixture
def block(package: Package) -> Iterator[TransportBlock]:
    made = TransportBlock.create()
    made.publish(held(package, "quay", 8.5))
    yield made
    made.close()


@pytest.mark.slow
def test_a_spawned_viewer_joins_in_draws_and_retires(
    package: Package, block: TransportBlock, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    config = ViewerConfig(
        block.name, str(package.path), size=(160, 90), headless=True, quality="test", fps=20.0
    )
    process = context.Process(target=main, args=(config, theirs))
    process.start()
    theirs.close()
    try:
        assert "160x90" in str(wait_for(ours, "ready")[-1][1])
        live = LiveView(options=(OptionView("follow", "Follow", azimuth_deg=13.0, elevation_deg=-11.0),))
        ours.send(("live", live))
        ours.send(("head", HeadPose(yaw_deg=13.0, pitch_deg=-11.0)))
        ours.send(("still", str(tmp_path / "still.png")))
        heard = wait_for(ours, "still")
        assert any(isinstance(word, HeadEvent) for kind, word in heard if kind == "input")
        assert read_png((tmp_path / "still.png").read_bytes()).std() > 5.0
        heard = wait_for(ours, "stats")
        ours.send(("retire", None))
        wait_for(ours, "ended")
    finally:
        ours.close()
        process.join(WAIT_S)
        assert process.exitcode == 0


@pytest.mark.slow
def test_a_package_that_is_not_there_is_reported(block: TransportBlock) -> None:
    ours, theirs = multiprocessing.Pipe()
    main(ViewerConfig(block.name, "no_such_experience", headless=True), theirs)
    assert "no_such_experience" in str(wait_for(ours, "failed")[-1][1])
    ours.close()


@pytest.mark.parametrize("headless", [False, True])
def test_who_opens_a_window_is_told_once_what_its_keys_do(
    package: Package, block: TransportBlock, monkeypatch: pytest.MonkeyPatch, headless: bool
) -> None:
    drawn = SimpleNamespace(notice="a picture")
    monkeypatch.setattr("engine.render.viewer.Viewer", lambda *_args: nullcontext(drawn))
    ours, theirs = multiprocessing.Pipe()
    inbox = Inbox(theirs)
    inbox.retired = True
    _run_flat(ViewerConfig(block.name, "", headless=headless), package, block, inbox, ManualClock())
    heard = []
    while ours.poll(0):
        heard.append(ours.recv())
    told = [] if headless else [("say", HELP), ("say", HELP_ZH)]
    assert heard == [("ready", "a picture"), *told]
    ours.close()
    theirs.close()
