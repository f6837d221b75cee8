"""A kiosk that asks for certificates: refused with status 3 before anything starts, unless it is told otherwise."""

from pathlib import Path

import pytest

from engine.cli import main
from engine.experience.rig import find_rig
from engine.show.options import PlayOptions
from engine.show.setup import Phases, header_of, produce
from engine.time import ManualClock


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "config"))
    rig = tmp_path / "kiosk.yaml"
    text = find_rig("studio").read_text(encoding="utf-8")
    rig.write_text(
        f"{text}\ncertificate: {{required: true, file: kiosk.certificate.json}}\n", encoding="utf-8"
    )
    return rig


def test_it_is_refused_in_both_languages(
    kiosk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    words = [
        "play",
        "first_light",
        "--rig",
        str(kiosk),
        "--no-picture",
        "--no-sound",
        "--quiet",
        "--out",
        str(out),
    ]
    assert main(words) == 3
    said = capsys.readouterr()
    assert "no certificate" in said.err and "没有安全证书" in said.err
    assert not out.exists()


def test_it_plays_when_told_to_and_the_journal_keeps_that(kiosk: Path) -> None:
    options = PlayOptions("first_light", kiosk, uncertified=True)
    production = produce(options, Phases(ManualClock()))
    assert header_of(options, production, "session", "manual").extra["certificate"] == "none"


def test_other_rigs_ask_for_nothing() -> None:
    options = PlayOptions("first_light")
    production = produce(options, Phases(ManualClock()))
    assert "certificate" not in header_of(options, production, "session", "manual").extra
