"""Which characters of the captions a font cannot draw."""

from __future__ import annotations

from pathlib import Path

from engine.errors import MissingExtra, Place, Problem
from engine.experience.bundled import shown_file
from engine.experience.lines import LineTable

_SHOWN_AT_MOST = 20


def missing_glyphs(lines: LineTable, font: Path, *, cwd: Path | None = None) -> list[Problem]:
    """Compare the characters of every locale with a font.

    Parameters
    ----------
    lines : LineTable
        The texts of a package.
    font : Path
        A TrueType or OpenType file.
    cwd : Path, optional
        The folder that messages name files from.

    Returns
    -------
    list of Problem
        One per locale with characters that the font lacks, naming them.

    Raises
    ------
    MissingExtra
        When fontTools is not installed.
    """
    try:
        from fontTools.ttLib import TTFont, TTLibError
    except ImportError:
        raise MissingExtra("check", "the check that the caption font has every character") from None
    try:
        with TTFont(font, lazy=True) as opened:
            have = frozenset(opened.getBestCmap() or {})
    except (OSError, TTLibError) as error:
        place = Place(shown_file(font, cwd=cwd))
        return [Problem(place, f"not a font: {error}", "give a TTF or OTF file under font:", code="font")]
    problems: list[Problem] = []
    for locale, text in lines.locales.items():
        lacking = sorted(
            character
            for character in lines.characters(locale)
            if not character.isspace() and ord(character) not in have
        )
        if lacking:
            shown = "".join(lacking[:_SHOWN_AT_MOST]) + ("..." if len(lacking) > _SHOWN_AT_MOST else "")
            problems.append(
                Problem(
                    Place(shown_file(text.path, cwd=cwd) if text.path is not None else locale),
                    f"the font {font.name} lacks {len(lacking)} characters of the {locale} texts: {shown}",
                    "choose a font that has them, or other words",
                    code="missing-glyph",
                )
            )
    return problems
