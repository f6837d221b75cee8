"""Captions and choice panels: where they hang and how big, in degrees and metres. Pure; no graphics.

Sizes come from reading tests at 20 pixels a degree (desktop and headset alike): 1.2 degrees is the least
readable Noto glyph and 1.5 the least readable WenKai one; 2.6 is comfortable for a choice, 1.8 for a caption,
1.35 for Latin text. Panels hang on the vehicle 2 m away, never on the head; a caption follows the head's yaw
only beyond 25 degrees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.render.live import CaptionView, OptionView

DISTANCE_M = 2.0
INK = (1.0, 0.929, 0.8, 1.0)  # FFEDCC
SECOND_INK = (0.80, 0.78, 0.76, 1.0)
PANEL = (0.031, 0.039, 0.071, 0.62)  # 080A12 at 62 %
BAR = (1.0, 0.74, 0.36, 1.0)
BAR_REST = (1.0, 0.74, 0.36, 0.30)

CHOICE_DEG = 2.4
CHOICE_LATIN_DEG = 1.9
CAPTION_DEG = 1.75
CAPTION_LATIN_DEG = 1.4
SECOND_DEG = 1.2
LEAST_DEG = 1.2

# Columns of a line: a hanzi takes two, a Latin letter one. 14 hanzi or 32 letters read in one glance.
HANZI_COLUMNS = 28
LATIN_COLUMNS = 34
# The second language is smaller, so a line of the same width holds more of it.
SECOND_HANZI_COLUMNS = 44
SECOND_LATIN_COLUMNS = 58
# Under choice panels there is room for one long line rather than two.
WIDE_FACTOR = 1.85

CAPTION_ELEVATION_DEG = -12.0  # of the caption's upper edge
CAPTION_UNDER_CHOICE_DEG = -15.6
# No caption reaches lower than this: the edge of a film whose horizon lies a little below its middle.
LOWEST_DEG = -20.5
CHOICE_ELEVATION_DEG = -10.5
CHOICE_SPREAD_DEG = 26.0
FOLLOW_YAW_DEG = 25.0
SPEAKER_MARK_FROM_DEG = 30.0

_NO_LINE_START = "，。！？；：、）」』”’…—·,.!?;:)"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: text, height of an em in metres, ink, how far its baseline lies under the panel's top."""

    text: str
    size_m: float
    ink: tuple[float, float, float, float]
    baseline_m: float


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel in the vehicle's frame, seen from the resting eye.

    Attributes
    ----------
    name : str
        Option id; empty for captions and hints.
    azimuth_deg, elevation_deg, distance_m : float
        Of the panel's centre.
    width_m, height_m : float
        Of its ground.
    lines : tuple of Line
    fill_ratio : float or None
        Filled share of the bar at its foot; None for no bar.
    chosen : bool
        Shown brighter.
    mark : int
        See `speaker_side`.
    """

    name: str
    azimuth_deg: float
    elevation_deg: float
    distance_m: float
    width_m: float
    height_m: float
    lines: tuple[Line, ...]
    fill_ratio: float | None = None
    chosen: bool = False
    mark: int = 0


def height_m(angle_deg: float, distance_m: float = DISTANCE_M) -> float:
    """How tall something must be to span an angle at a distance."""
    return 2.0 * distance_m * math.tan(math.radians(angle_deg) / 2.0)


def angle_deg(size_m: float, distance_m: float = DISTANCE_M) -> float:
    """The angle that something spans at a distance."""
    return math.degrees(2.0 * math.atan(size_m / (2.0 * distance_m)))


def is_wide(char: str) -> bool:
    """Whether a character takes two columns (CJK, kana, full-width forms)."""
    code = ord(char)
    return (
        0x1100 <= code <= 0x11FF
        or 0x2E80 <= code <= 0xA4CF
        or 0xAC00 <= code <= 0xD7A3
        or 0xF900 <= code <= 0xFAFF
        or (0xFE30 <= code <= 0xFE4F or 0xFF00 <= code <= 0xFF60 or code >= 0x20000)
    )


def columns(text: str) -> int:
    """Width of a text in columns."""
    return sum(2 if is_wide(char) else 1 for char in text)


def is_hanzi_text(text: str) -> bool:
    """Whether most of a text is wide characters."""
    return sum(is_wide(char) for char in text) * 2 > len(text.replace(" ", ""))


def wrapped(text: str, limit: int, lines_max: int = 2) -> tuple[str, ...]:
    """Break a text into at most `lines_max` lines of about equal length.

    A text too long for that many lines of `limit` columns gets longer lines, never lost words: `check` tells
    the author, the guest still reads all of it.
    """
    words = _pieces(text)
    total = columns(text)
    needed = max(1, math.ceil(total / limit))
    count = min(needed, lines_max)
    target = max(total / count, 1.0)
    for slack in range(0, total + 2):
        lines = _filled(words, target + slack)
        if len(lines) <= count:
            return lines
    return (text,)


def _pieces(text: str) -> list[str]:
    """Words with their following space; wide characters singly, closing marks kept with what they close."""
    pieces: list[str] = []
    word = ""
    for char in text:
        if char in _NO_LINE_START:
            if word:
                word += char
            elif pieces:
                pieces[-1] += char
            else:
                word = char
        elif is_wide(char):
            if word:
                pieces.append(word)
                word = ""
            pieces.append(char)
        elif char == " ":
            pieces.append(word + " ")
            word = ""
        else:
            word += char
    if word:
        pieces.append(word)
    return pieces


def _filled(pieces: Sequence[str], limit: float) -> tuple[str, ...]:
    lines, line = [], ""
    for piece in pieces:
        if line and columns((line + piece).rstrip()) > limit:
            lines.append(line.rstrip())
            line = ""
        line += piece
    if line.strip():
        lines.append(line.rstrip())
    return tuple(lines)


def _block(
    texts: Sequence[tuple[str, float, tuple[float, float, float, float]]], *, distance_m: float, top_m: float
) -> tuple[tuple[Line, ...], float, float]:
    """Stack lines; returns them, the widest in metres (estimated by columns), and the height used."""
    lines: list[Line] = []
    y = top_m
    widest = 0.0
    for text, size_deg, ink in texts:
        size = height_m(size_deg, distance_m)
        y += size * 1.0
        lines.append(Line(text, size, ink, y))
        y += size * 0.34
        widest = max(widest, columns(text) * size * 0.5)
    return tuple(lines), widest, y


def _texts(
    text: str, second: str, hanzi_deg: float, latin_deg: float, *, wide: bool = False
) -> list[tuple[str, float, tuple[float, float, float, float]]]:
    hanzi = is_hanzi_text(text)
    size = hanzi_deg if hanzi else latin_deg
    factor = WIDE_FACTOR if wide else 1.0
    limit = (HANZI_COLUMNS if hanzi else LATIN_COLUMNS) * factor
    rows = [(line, size, INK) for line in wrapped(text, round(limit))]
    if second:
        second_limit = (SECOND_HANZI_COLUMNS if is_hanzi_text(second) else SECOND_LATIN_COLUMNS) * factor
        rows += [(line, SECOND_DEG, SECOND_INK) for line in wrapped(second, round(second_limit))]
    return rows


def choice_panels(options: Sequence[OptionView]) -> tuple[Panel, ...]:
    """One panel an option, where the scene hangs it or spread evenly before the guest."""
    panels = []
    count = len(options)
    for number, option in enumerate(options):
        distance = option.distance_m or DISTANCE_M
        azimuth = option.azimuth_deg
        if azimuth is None:
            spread = CHOICE_SPREAD_DEG if count < 3 else CHOICE_SPREAD_DEG * 0.9
            azimuth = spread * ((count - 1) / 2.0 - number)
        elevation = CHOICE_ELEVATION_DEG if option.elevation_deg is None else option.elevation_deg
        margin = height_m(0.8, distance)
        rows = _texts(option.text, option.second_text, CHOICE_DEG, CHOICE_LATIN_DEG)
        lines, widest, used = _block(rows, distance_m=distance, top_m=margin)
        width = max(widest + height_m(2.4, distance), height_m(13.0, distance))
        panels.append(
            Panel(
                option.option_id,
                azimuth,
                elevation,
                distance,
                width,
                used + margin,
                lines,
                fill_ratio=min(max(option.fill_ratio, 0.0), 1.0),
                chosen=option.chosen,
            )
        )
    return tuple(panels)


def follow_yaw_deg(head_yaw_deg: float) -> float:
    """How far a caption turns with the head: not within 25 degrees, then just enough to stay in view."""
    yaw = math.remainder(head_yaw_deg, 360.0)
    if abs(yaw) <= FOLLOW_YAW_DEG:
        return 0.0
    return yaw - math.copysign(FOLLOW_YAW_DEG, yaw)


def caption_panels(
    captions: Sequence[CaptionView], *, choosing: bool, head_yaw_deg: float = 0.0
) -> tuple[Panel, ...]:
    """Captions, one under the other, below eye level; lower while choice panels hang there."""
    panels = []
    azimuth = follow_yaw_deg(head_yaw_deg)
    top = CAPTION_UNDER_CHOICE_DEG if choosing else CAPTION_ELEVATION_DEG
    for caption in captions:
        text = (
            f"{caption.speaker}{_speaker_stop(caption.text)}{caption.text}"
            if caption.speaker
            else caption.text
        )
        margin = height_m(0.45)
        lines, widest, used = _block(
            _texts(text, caption.second_text, CAPTION_DEG, CAPTION_LATIN_DEG, wide=choosing),
            distance_m=DISTANCE_M,
            top_m=margin,
        )
        tall = used + margin * 0.6
        centre = max(top - angle_deg(tall) / 2.0, LOWEST_DEG + angle_deg(tall) / 2.0)
        panels.append(
            Panel(
                "",
                azimuth,
                centre,
                DISTANCE_M,
                widest + height_m(2.2),
                tall,
                lines,
                mark=speaker_side(caption, head_yaw_deg),
            )
        )
        top = centre - angle_deg(tall) / 2.0 - 0.5
    return tuple(panels)


def speaker_side(caption: CaptionView, head_yaw_deg: float) -> int:
    """Where a speaker is who lies off the picture: +1 to the left, -1 to the right, 0 in view or nowhere."""
    if caption.azimuth_deg is None:
        return 0
    beside = math.remainder(caption.azimuth_deg - head_yaw_deg, 360.0)
    if abs(beside) <= SPEAKER_MARK_FROM_DEG:
        return 0
    return 1 if beside > 0 else -1


def hint_panels(hint: str, choices: Sequence[Panel]) -> tuple[Panel, ...]:
    """A hint: one small line above the choice panels, or where they would hang."""
    if not hint:
        return ()
    top = CHOICE_ELEVATION_DEG + 4.0
    for panel in choices:
        top = max(top, panel.elevation_deg + angle_deg(panel.height_m, panel.distance_m) / 2.0 + 1.2)
    margin = height_m(0.35)
    lines, widest, used = _block([(hint, SECOND_DEG * 1.1, INK)], distance_m=DISTANCE_M, top_m=margin)
    return (Panel("", 0.0, top, DISTANCE_M, widest + height_m(1.6), used + margin * 0.4, lines),)


def _speaker_stop(text: str) -> str:
    return "：" if is_hanzi_text(text) else ": "
