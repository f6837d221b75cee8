"""How a viewer draws: size, languages, quality. Pure; no graphics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Quality:
    """What a quality costs and gives.

    Attributes
    ----------
    samples : int
        Multisamples asked for.
    grain : float
        0..1 albedo noise.
    dither : bool
        Against bands; no picture repeats code for code between drivers with it.
    twin : bool
        The mirrored scene in the water.
    shadow_px : int
        Side of the moon's shadow map, for the scenes that ask for one.
    """

    samples: int
    grain: float
    dither: bool
    twin: bool
    shadow_px: int


QUALITIES: dict[str, Quality] = {
    "test": Quality(samples=4, grain=0.0, dither=False, twin=True, shadow_px=1024),
    "desktop": Quality(samples=4, grain=1.0, dither=True, twin=True, shadow_px=2048),
    "headset": Quality(samples=4, grain=0.6, dither=True, twin=True, shadow_px=1536),
}


@dataclass(frozen=True, slots=True)
class ViewerOptions:
    """How to draw.

    Attributes
    ----------
    size : tuple of int
        Width and height in pixels.
    headless : bool
        Without a window.
    language : str or None
        Main caption language; None follows the live controls.
    second_language : str or None
        A second, smaller language.
    quality : str
        "test", "desktop" or "headset".
    fov_deg : float
        Horizontal angle of a flat picture.
    horizon_ratio : float
        Where the level horizon lies, from the top.
    seat : int
        Whose viewer this is.
    vsync : bool
        Windows wait for the display.
    title : str
        Of the window.
    cache : Path or None
        Folder of converted models; None for the user's.
    poses, record_poses : Path or None
        A pose track to play, over and over, in place of the guest; and where to record one.
    """

    size: tuple[int, int] = (1280, 720)
    headless: bool = False
    language: str | None = None
    second_language: str | None = None
    quality: str = "desktop"
    fov_deg: float = 75.0
    horizon_ratio: float = 0.56
    seat: int = 0
    vsync: bool = True
    title: str = "Sensorama"
    cache: Path | None = None
    poses: Path | None = None
    record_poses: Path | None = None
