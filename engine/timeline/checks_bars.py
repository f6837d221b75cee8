"""What a scene's bars and its window must agree on, so that music can wait for its bar."""

from __future__ import annotations

from collections.abc import Iterator

from engine.time.flicks import FLICKS_PER_SECOND, format_fl
from engine.timeline.bars import BarGrid
from engine.timeline.checks_acoustics import Row
from engine.timeline.model import SceneFile

_TOLERANCE_FL = FLICKS_PER_SECOND // 1000
"""A millisecond, as finely as authors write times; nobody hears it in a beat."""


def bars_rows(file: SceneFile) -> Iterator[Row]:
    """Where a scene that asks for its bars is not left at one.

    Parameters
    ----------
    file : SceneFile

    Yields
    ------
    (path, message, hint, code)
    """
    if file.grid is None:
        return
    bars = file.grid.spec()
    window = file.window
    nominal_fl = file.duration.nominal_fl
    if window is None:
        yield from _off(bars, ("duration",), "the scene ends", nominal_fl, nominal_fl)
        return
    yield from _off(bars, ("window", "commit"), "the scene is left", window.commit_fl, nominal_fl)
    if window.leave == "early" and bars.bar_fl > window.commit_fl - window.open_fl:
        yield (
            ("grid",),
            f"a bar ({format_fl(round(bars.bar_fl))}) is longer than the window with what follows it; "
            "the scene may be left only at its commit",
            "write shorter bars, or a longer window",
            "bar-long",
        )
    hold = window.hold
    if hold is not None and not bars.whole_bars(hold.to_fl - hold.from_fl):
        length_fl = hold.to_fl - hold.from_fl
        exact = round(length_fl / bars.bar_fl)
        if exact == 0 or abs(length_fl - exact * bars.bar_fl) > _TOLERANCE_FL:
            yield (
                ("window", "hold"),
                f"a lap of {format_fl(length_fl)} is not a number of bars of {format_fl(round(bars.bar_fl))}; "
                "after it the music is beside its bars",
                f"make it {format_fl(round(max(1, exact) * bars.bar_fl))} long",
                "lap-bar",
            )


def _off(bars: BarGrid, path: tuple[str | int, ...], what: str, at_fl: int, latest_fl: int) -> Iterator[Row]:
    off_fl = bars.off_fl(at_fl)
    if abs(off_fl) <= _TOLERANCE_FL:
        return
    before_fl = at_fl - off_fl if off_fl > 0 else bars.at_or_after(round(at_fl - off_fl - bars.bar_fl))
    after_fl = bars.at_or_after(at_fl)
    places = [format_fl(max(0, before_fl))] + ([format_fl(after_fl)] if after_fl <= latest_fl else [])
    yield (
        path,
        f"{what} at {format_fl(at_fl)}, which is not the beginning of a bar",
        f"bars begin at {' and '.join(places)}",
        "off-bar",
    )
