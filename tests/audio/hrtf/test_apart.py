"""A guest's file is read where it harms nobody, and a show goes on with the engine's own head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.audio.assembly import stage_of
from engine.audio.hrtf.apart import read_sofa_apart
from engine.errors import InputError
from engine.experience.audio_rig import AudioOutput
from tests.audio.hrtf.sofas import write


@pytest.mark.long
def test_a_head_comes_back_as_it_was_read(tmp_path: Path) -> None:
    head = read_sofa_apart(write(tmp_path / "mine.sofa"))
    assert head.name == "two ears" and head.responses.shape[1] == 2 and np.isfinite(head.responses).all()


def test_a_file_that_ends_its_reader_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "mine.sofa")
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(InputError, match="damaged: reading it ended the reader"):
        read_sofa_apart(path)


@pytest.mark.long
def test_a_head_that_cannot_be_used_is_said_and_the_shows_own_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "mine.sofa"
    path.write_text("no sound of mine")
    output = AudioOutput("phones", "binaural", hrtf=str(path))
    with pytest.raises(InputError, match=r"mine\.sofa: no SOFA file"):
        stage_of(output)
    said: list[str] = []
    assert stage_of(output, said.append).channels == 2
    (line,) = said
    assert "phones" in line and "mine.sofa" in line and "the engine is heard instead" in line
