"""What a guest sees of a decision: the conductor's view of it, in words and places, for the viewer to draw."""

from __future__ import annotations

from collections.abc import Mapping

from engine.experience import Package
from engine.render.live import LiveView, OptionView
from engine.show.conduct.conductor import Conductor

_HINTS: Mapping[str, str] = {"en": "Look at one to choose it", "zh": "凝视其一，即为选择"}


def live_view(
    package: Package, conductor: Conductor, now_ns: int, language: str, second: str | None = None
) -> LiveView:
    """The live part of the picture at an instant.

    Parameters
    ----------
    package : Package
    conductor : Conductor
    now_ns : int
        Host instant.
    language, second : str
        Main language, and a second one in smaller letters, or None.
    """
    window = conductor.window_view(now_ns)
    program = conductor.program
    if window is None or program is None or program.window is None:
        return LiveView()
    views = []
    for option, ratio in zip(window.options, window.dwell_ratio, strict=True):
        place = program.window.options.get(option)
        views.append(
            OptionView(
                option_id=option,
                text=package.lines.option(option, language),
                second_text=package.lines.option(option, second) if second else "",
                fill_ratio=1.0 if window.locked == option else ratio,
                chosen=window.locked == option,
                azimuth_deg=None if place is None else place.azimuth_deg,
                elevation_deg=None if place is None else place.elevation_deg,
                distance_m=None if place is None else place.distance_m,
            )
        )
    asking = window.is_open and window.locked is None
    hint = _HINTS.get(language, _HINTS["en"]) if asking and "gaze" in program.window.inputs else ""
    return LiveView(
        options=tuple(views), time_left_ratio=window.time_left_ratio if asking else None, hint=hint
    )
