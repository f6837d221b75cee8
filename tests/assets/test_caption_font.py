"""The caption font: what its builder keeps, and that the font that is committed is that font."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fontTools")

from fontTools.ttLib import TTFont

from assets.generators.font.subset import FAMILY, level_1_hanzi, strings_in, wanted_characters
from engine.experience.guest_words import guest_characters

REPOSITORY = Path(__file__).resolve().parents[2]
FONT = REPOSITORY / "assets" / "fonts" / "sensorama-caption.ttf"


def test_level_1_has_its_3755_hanzi() -> None:
    hanzi = level_1_hanzi()
    assert len(hanzi) == 3755
    assert {"啊", "座", "灯", "桂"} <= hanzi  # the first and the last of the table among them
    assert "鑒" not in hanzi


def test_strings_are_found_at_any_depth() -> None:
    assert list(strings_in({"a": ["b", {"c": "d"}], "e": 5})) == ["a", "b", "c", "d", "e"]


def test_captions_add_their_rare_characters(tmp_path: Path) -> None:
    captions = tmp_path / "captions"
    captions.mkdir()
    (captions / "zh.yaml").write_text("lines: {a: 麗影}\n", encoding="utf-8")
    added = wanted_characters([tmp_path]) - wanted_characters([])
    assert added == {"麗"}


def test_the_font_holds_what_it_should() -> None:
    held = {chr(code) for code in TTFont(FONT).getBestCmap()}
    folders = [REPOSITORY / "experiences", REPOSITORY / "engine" / "experience" / "template"]
    missing = wanted_characters(folders) - held
    assert not missing, f"run python -m assets.generators.font; missing {sorted(missing)}"


def test_the_font_keeps_its_licence_and_not_its_name() -> None:
    """SIL OFL 1.1: the licence travels with the font, the reserved names LXGW and 霞鹜 do not."""
    names = TTFont(FONT)["name"]
    assert names.getDebugName(1) == FAMILY
    assert not any("LXGW" in str(names.getName(part, 3, 1, 0x409)) for part in (1, 4, 6))
    assert "SIL Open Font License" in names.getDebugName(13)
    assert "LXGW" in (FONT.parent / "OFL.txt").read_text(encoding="utf-8")


def test_the_font_has_every_letter_that_a_guest_may_be_asked_with() -> None:
    held = {chr(code) for code in TTFont(FONT).getBestCmap()}
    assert guest_characters() <= held
