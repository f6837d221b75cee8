"""Subset a font to the characters that captions need, under a name of our own.

What stays: Latin with accents, punctuation of both scripts, the 3,755 level-1 hanzi of GB/T 2312 (nearly all
of running simplified Chinese), and every character that a caption, an option or a title of the bundled
experiences uses. So an author can write new captions without building a font, and a package that needs a
rarer character is told so by the glyph check.

Hinting and layout features are dropped: captions are drawn from large textures, one glyph after the other.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from fontTools import subset
from fontTools.ttLib import TTFont

# The licence reserves "LXGW" for unmodified fonts; a subset is a modification (SIL OFL 1.1, condition 3).
FAMILY = "Sensorama Caption"
POSTSCRIPT_NAME = "SensoramaCaption-Regular"

# Inclusive ranges of code points: Basic Latin, Latin-1, Latin Extended-A (European names, pinyin), the third
# tone and ü of pinyin, general punctuation, CJK punctuation, full-width forms.
RANGES = (
    (0x0020, 0x007E),
    (0x00A0, 0x017F),
    (0x01CD, 0x01DC),
    (0x2010, 0x2016),
    (0x2018, 0x2022),
    (0x2025, 0x2027),
    (0x2030, 0x2037),
    (0x2039, 0x203E),
    (0x2044, 0x2044),
    (0x3000, 0x3019),
    (0xFF01, 0xFF5E),
)


def level_1_hanzi() -> frozenset[str]:
    """Give the 3,755 hanzi of level 1 of GB/T 2312: rows 16 to 55 of 94 cells, five of them empty."""
    found = set()
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                found.add(bytes((row, cell)).decode("gb2312"))
            except UnicodeDecodeError:
                continue  # the five empty cells at the end of row 55
    return frozenset(found)


def strings_in(node: Any) -> Iterator[str]:
    """Walk a YAML document and give every text in it, keys included."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from strings_in(key)
            yield from strings_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings_in(value)


def characters_of(folders: Iterable[Path]) -> frozenset[str]:
    """Collect the printable characters of all captions and manifests below some folders."""
    found: set[str] = set()
    for folder in folders:
        for path in sorted([*folder.rglob("captions/*.yaml"), *folder.rglob("experience.yaml")]):
            document = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
            for text in strings_in(document):
                found.update(text)
    return frozenset(c for c in found if c.isprintable())


def wanted_characters(folders: Iterable[Path]) -> frozenset[str]:
    """Give every character the caption font is to hold."""
    ranges = {chr(code) for first, last in RANGES for code in range(first, last + 1)}
    return frozenset(ranges | level_1_hanzi() | characters_of(folders))


def build(source: Path, characters: frozenset[str]) -> tuple[bytes, list[str]]:
    """Subset a TrueType font.

    Parameters
    ----------
    source : Path
        The full font.
    characters : frozenset of str
        What to keep.

    Returns
    -------
    tuple of bytes and list of str
        The subset font, the same bytes for the same input; and the wanted characters the full font lacks.
    """
    font = TTFont(source, recalcTimestamp=False)
    missing = sorted(characters - {chr(code) for code in font.getBestCmap()})
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.drop_tables += ["vhea", "vmtx", "BASE", "GSUB", "GPOS", "GDEF"]
    worker = subset.Subsetter(options)
    worker.populate(unicodes=sorted(ord(c) for c in characters))
    worker.subset(font)
    version = font["name"].getDebugName(5) or "unknown version"
    _rename(font, version)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue(), missing


def _rename(font: TTFont, version: str) -> None:
    names = font["name"]
    ours = {
        1: FAMILY,
        2: "Regular",
        3: f"{FAMILY}: subset of {version}",
        4: FAMILY,
        5: version,
        6: POSTSCRIPT_NAME,
    }
    # Localised family names would still carry the reserved one.
    names.names = [n for n in names.names if n.nameID in {0, 13, 14} and n.langID in {0, 0x409}]
    for name_id, text in ours.items():
        names.setName(text, name_id, 3, 1, 0x409)
