"""The flash meter: frames and lamps in, one judgement an instant out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.safety.flash.colour import (
    LUMINANCE,
    Sampling,
    TileValues,
    samples_a_side,
    sampling,
    srgb_table,
    tile_values,
)
from engine.safety.flash.counting import Counter
from engine.safety.flash.fields import Fields
from engine.safety.flash.lamps import Course, LampTrack, Turn, course_turns, course_until, lamp_courses
from engine.safety.flash.profiles import WCAG, FlashProfile
from engine.safety.flash.seams import FlashEnds, KindEnds, RecordedTurns, joined
from engine.safety.flash.spans import SpanBook
from engine.safety.flash.stripes import StripeFinder
from engine.safety.flash.turns import SATURATED_SHARE, Step, TurnRule, Turns, general_rule, red_rule
from engine.safety.flash.values import FlashFrame, FlashResult, FlashSummary
from engine.safety.flash.view import EyeView, tile_grid
from engine.time.flicks import FLICKS_PER_SECOND, fl_to_seconds

Flags = NDArray[np.bool_]
Frame = NDArray[Any]

SDR_PEAK_CD_M2 = 200.0
"""What full white of standard range is taken for under BT.1702."""
_STRIPES_EVERY_FL = FLICKS_PER_SECOND // 12


class _Kind:
    """General or red flashes: the turns of the picture's tiles, those of the lamps, and the count of both."""

    def __init__(
        self, name: str, rule: TurnRule, tiles: int, fields: Fields, profile: FlashProfile, *, record: bool
    ) -> None:
        self.name = name
        self.rule = rule
        self.tiles = tiles
        self.turns = Turns(tiles, rule, record=record)
        self.counter = Counter(fields, profile)
        self.lamp_turns: list[Turn] = []
        self.lamps: list[tuple[Course, bool]] = []
        self.lamp_steps: list[Step] = []
        self.record: list[RecordedTurns] | None = [] if record else None
        self._cells = fields.cells

    def add(self, at_fl: int, up: Flags, down: Flags) -> None:
        self.counter.add(at_fl, up, down)
        if self.record is not None and (up.any() or down.any()):
            self.record.append(RecordedTurns(at_fl, np.flatnonzero(up), np.flatnonzero(down)))

    def add_picture(self, at_fl: int, values: NDArray[np.float32], opened: Flags | None) -> None:
        up, down = self.turns.push(values, opened, at_fl)
        if self._cells > self.tiles:
            lamps = np.zeros(self._cells - self.tiles, dtype=bool)
            up, down = np.concatenate([up, lamps]), np.concatenate([down, lamps])
        self.add(at_fl, up, down)

    def add_lamps(self, at_fl: int, next_turn: int) -> int:
        """Take every lamp's transition at one instant; returns the index of the first later one."""
        up, down = np.zeros(self._cells, dtype=bool), np.zeros(self._cells, dtype=bool)
        while next_turn < len(self.lamp_turns) and self.lamp_turns[next_turn].at_fl == at_fl:
            turn = self.lamp_turns[next_turn]
            (up if turn.up else down)[turn.cell] = True
            next_turn += 1
        if (up | down).any():
            self.add(at_fl, up, down)
        return next_turn


class FlashMeter:
    """Counts flashes in a guest's view: of one eye, and of everything in that eye's view together.

    Parameters
    ----------
    view : EyeView or None
        What the picture fills (`flat_screen`, `eye_view`); None where there are lamps only.
    profile : FlashProfile
        The rules: `WCAG` (default) or `BT1702`.
    lamps : sequence of LampTrack
        Lamps beside the picture, merged into the same count.
    peak_cd_m2 : float
        Luminance of the display's full white. Float frames of an HDR picture are divided by it where the rules are
        relative; frames of standard range are multiplied by it where they are in cd/m^2.
    hdr : bool
        Float frames are in cd/m^2, not relative to full white.
    order : {"rgb", "bgr"}
        Order of the channels of a frame.
    tile_deg : float
        Size of a tile, degrees; see `tile_grid`.
    samples : int, optional
        Pixels a tile either way, 2 to 32; 3 to 8 by the number of tiles where it is left out. More cost time and see through
        noise: snow, which WCAG excepts as a fine, balanced pattern, needs 16 not to count.
    record : bool
        Keep every transition, for `ends`.
    from_fl : int, optional
        Where the course begins, for `ends`; the first instant that is judged where it is left out.

    Raises
    ------
    ValueError
        Neither a view nor a lamp, a peak that is not above 0, tiles or samples out of range.
    """

    def __init__(
        self,
        view: EyeView | None,
        *,
        profile: FlashProfile = WCAG,
        lamps: Sequence[LampTrack] = (),
        peak_cd_m2: float = SDR_PEAK_CD_M2,
        hdr: bool = False,
        order: Literal["rgb", "bgr"] = "rgb",
        tile_deg: float = 1.0,
        samples: int | None = None,
        record: bool = False,
        from_fl: int | None = None,
    ) -> None:
        if view is None and not lamps:
            raise ValueError("a flash meter needs a picture's view or at least one lamp; neither was given")
        if not (math.isfinite(peak_cd_m2) and peak_cd_m2 > 0):
            raise ValueError(f"a peak of {peak_cd_m2!r} cd/m^2; it has to be above 0")
        if samples is not None and not 2 <= samples <= 32:
            raise ValueError(f"{samples!r} samples a tile either way; 2 to 32 are possible")
        self._view = view
        self._samples_a_side = samples
        self._profile = profile
        self._order = order
        self._grid = None if view is None else tile_grid(view, tile_deg)
        self._to_relative = np.float32(1.0 / peak_cd_m2 if hdr else 1.0)
        self._to_unit = np.float32(peak_cd_m2 if profile.unit == "cd_m2" else 1.0)
        self._table = srgb_table()
        tiles = 0 if self._grid is None else self._grid.solid_sr.size
        self.fields = Fields(profile, self._grid, lamps)
        self._kinds = tuple(
            _Kind(name, rule, tiles, self.fields, profile, record=record)
            for name, rule in (("general", general_rule(profile)), ("red", red_rule(profile)))
        )
        for at, lamp in enumerate(lamps, start=tiles):
            for kind, course in zip(self._kinds, lamp_courses(lamp, profile, peak_cd_m2), strict=True):
                found = course_turns(course, kind.rule, at, linear=lamp.linear)
                kind.lamp_turns += found.turns
                kind.lamps.append((course, lamp.linear))
                kind.lamp_steps += found.steps
        for kind in self._kinds:
            kind.lamp_turns.sort()
        self._next_turn = [0, 0]
        self._sampling: Sampling | None = None
        self._shape: tuple[int, int] | None = None
        self._stripes: StripeFinder | None = None
        self._stripes_next_fl = 0
        self._striped_since_fl: int | None = None
        self._pattern = FlashResult.PASS
        self._at_fl: int | None = None
        self._first_fl = from_fl
        self._book = SpanBook()
        self._instants = 0

    def push(self, at_fl: int, frame: Frame) -> FlashFrame:
        """Judge a frame, with whatever the lamps did since the last one.

        Parameters
        ----------
        at_fl : int
            When it is shown, flicks; later than the frame before.
        frame : ndarray, shape (height, width, 3)
            uint8: codes of sRGB. Float: linear light, 1 is full white (cd/m^2 with `hdr`).

        Raises
        ------
        InputError
            A frame of another shape or type, values that are negative or not numbers, an instant that is not later.
        """
        if self._view is None:
            raise InputError("this flash meter has no picture; give it a view, or use advance()")
        if self._at_fl is not None and at_fl <= self._at_fl:
            raise InputError(
                f"a frame at {fl_to_seconds(at_fl):.6f} s follows one at {fl_to_seconds(self._at_fl):.6f} s; instants have to rise"
            )
        linear = self._samples(at_fl, frame)
        self._lamps_until(at_fl, judge_at_end=False)
        tiles = tile_values(linear, self._profile.red_saturation)
        self._picture(at_fl, tiles)
        if self._stripes is not None and at_fl >= self._stripes_next_fl:
            self._look_for_stripes(at_fl, frame)
        return self._judge(at_fl)

    def advance(self, at_fl: int) -> FlashFrame:
        """Go on to an instant without a new picture: the last one stays, the lamps go on.

        Raises
        ------
        InputError
            The instant lies before the last one.
        """
        if self._at_fl is not None and at_fl < self._at_fl:
            raise InputError(
                f"an instant at {fl_to_seconds(at_fl):.6f} s follows one at {fl_to_seconds(self._at_fl):.6f} s; instants have to rise"
            )
        self._lamps_until(at_fl, judge_at_end=True)
        return self._judge(at_fl)

    def summary(self) -> FlashSummary:
        """What everything until now comes to."""
        general, red = (kind.counter for kind in self._kinds)
        return FlashSummary(
            self._book.worst,
            general.most,
            red.most,
            general.most_at_fl,
            red.most_at_fl,
            self._book.spans(),
            self._instants,
        )

    def ends(self) -> FlashEnds:
        """What has to be known of this course where another one goes before or after it.

        It ends at the last instant that was judged: `advance` to where the scene ends, or may be left, before.

        Raises
        ------
        ValueError
            The meter was not made with `record`, or has judged nothing yet.
        """
        if self._kinds[0].record is None:
            raise ValueError("the ends of a course are known to a meter made with record=True only")
        if self._first_fl is None or self._at_fl is None:
            raise ValueError("nothing was judged yet; a course without an instant has no ends")
        general, red = (self._kind_ends(kind) for kind in self._kinds)
        return FlashEnds(self.fields, self._profile, self._first_fl, self._at_fl, general, red)

    def _kind_ends(self, kind: _Kind) -> KindEnds:
        steps = sorted([*kind.turns.steps, *kind.lamp_steps], key=lambda step: step.at_fl)
        assert self._at_fl is not None
        until = [(course_until(course, self._at_fl, linear=linear), linear) for course, linear in kind.lamps]
        ends = [course_turns(course, kind.rule, 0, linear=linear).tail for course, linear in until]
        tail = joined([kind.turns.tail(), *ends])
        return KindEnds(kind.rule, tuple(steps), tail, tuple(kind.record or ()))

    def _samples(self, at_fl: int, frame: Frame) -> NDArray[np.float32]:
        if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
            raise InputError(
                f"a frame at {fl_to_seconds(at_fl):.6f} s has the shape {frame.shape}; (height, width, 3) is expected"
            )
        if self._shape != frame.shape[:2]:
            if self._shape is not None:
                raise InputError(
                    f"a frame at {fl_to_seconds(at_fl):.6f} s is {frame.shape[1]}x{frame.shape[0]} and those before were "
                    f"{self._shape[1]}x{self._shape[0]}; one meter takes frames of one size"
                )
            self._begin(frame.shape[0], frame.shape[1])
        assert self._sampling is not None
        picked = self._sampling.of(frame)
        if picked.dtype == np.uint8:
            return np.asarray(self._table.take(picked))
        if not np.issubdtype(picked.dtype, np.floating):
            raise InputError(f"a frame of {frame.dtype}; uint8 (sRGB) or floats (linear light) are expected")
        lowest = picked.min()
        if not (np.isfinite(lowest) and np.isfinite(picked.max()) and lowest >= -1e-3):
            raise InputError(
                f"the frame at {fl_to_seconds(at_fl):.6f} s holds values from {lowest} to {picked.max()}; light is 0 or more "
                "and a number"
            )
        return np.asarray(np.maximum(picked, 0).astype(np.float32) * self._to_relative)

    def _begin(self, height: int, width: int) -> None:
        assert self._view is not None and self._grid is not None
        self._shape = (height, width)
        a_side = self._samples_a_side or samples_a_side(self._grid)
        self._sampling = sampling(self._grid, self._view, height, width, a_side, self._order)
        if self._profile.stripes is not None:
            self._stripes = StripeFinder(self._profile, height, width)

    def _picture(self, at_fl: int, tiles: TileValues) -> None:
        general, red = self._kinds
        general.add_picture(at_fl, tiles.luminance * self._to_unit, None)
        red.add_picture(at_fl, tiles.red, tiles.saturated >= SATURATED_SHARE)

    def _look_for_stripes(self, at_fl: int, frame: Frame) -> None:
        assert self._stripes is not None and self._profile.stripes is not None
        self._stripes_next_fl = at_fl + _STRIPES_EVERY_FL
        picked = np.ascontiguousarray(frame).reshape(-1).take(self._stripes.index)
        linear = (
            self._table[picked] if picked.dtype == np.uint8 else picked.astype(np.float32) * self._to_relative
        )
        weights = np.array(LUMINANCE if self._order == "rgb" else LUMINANCE[::-1], dtype=np.float32)
        luminance = np.asarray((linear @ weights) * self._to_unit, dtype=np.float32)
        if not self._stripes.striped_luminance(luminance):
            self._striped_since_fl, self._pattern = None, FlashResult.PASS
            return
        if self._striped_since_fl is None:
            self._striped_since_fl = at_fl
        held = at_fl - self._striped_since_fl
        self._pattern = FlashResult.FAIL if held >= self._profile.stripes.hold_fl else FlashResult.WARNING

    def _lamps_until(self, at_fl: int, *, judge_at_end: bool) -> None:
        """Every instant at which a lamp turned, or (without a picture) a transition left its second, before `at_fl`."""
        while True:
            upcoming = [
                kind.lamp_turns[first].at_fl
                for kind, first in zip(self._kinds, self._next_turn, strict=True)
                if first < len(kind.lamp_turns)
            ]
            if judge_at_end and self._at_fl is not None:
                changes = [kind.counter.next_change_fl() for kind in self._kinds]
                upcoming += [one for one in changes if one is not None and one > self._at_fl]
            instant = min(upcoming, default=None)
            if instant is None or instant > at_fl:
                return
            for which, kind in enumerate(self._kinds):
                self._next_turn[which] = kind.add_lamps(instant, self._next_turn[which])
            if instant < at_fl:
                self._judge(instant)
            elif judge_at_end:
                return

    def _judge(self, at_fl: int) -> FlashFrame:
        if self._first_fl is None:
            self._first_fl = at_fl
        self._at_fl = at_fl
        self._instants += 1
        (general, area, general_result), (red, red_area, red_result) = (
            kind.counter.judge(at_fl) for kind in self._kinds
        )
        frame = FlashFrame(
            at_fl, general, red, max(area, red_area), general_result, red_result, self._pattern
        )
        self._book.note(frame)
        return frame
