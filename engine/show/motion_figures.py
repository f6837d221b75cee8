"""Figures of derived motion for reports: what was to be felt, what the seat gives, and the error a guest would feel."""

from __future__ import annotations

from collections.abc import Sequence

from engine.experience import Rig
from engine.experience.package import Package


def motion_figures(package: Package, rig: Rig, scenes: Sequence[str]) -> list[str]:
    """A figure for each track of derived motion, in the order of some scenes; as HTML, in English and Chinese.

    Parameters
    ----------
    package : Package
        As it was loaded, before its motion was fitted.
    rig : Rig
    scenes : sequence of str
        Ids.
    """
    # Here, since most shows draw their motion: nothing has to be loaded for them.
    from engine.motion.cueing.apply import MotionFit, motion_fits
    from engine.motion.cueing.plot import draw_fit

    tracks: dict[tuple[str, str, int], list[MotionFit]] = {}
    for fit in motion_fits(package, rig):
        tracks.setdefault((fit.scene, fit.reaction, fit.track), []).append(fit)
    order = {scene: number for number, scene in reversed([*enumerate(scenes)])}
    shown = sorted((key for key in tracks if key[0] in order), key=lambda key: (order[key[0]], key[1:]))
    return [draw_fit(tracks[key], "both") for key in shown]
