"""Where a loudspeaker's channel goes on another layout: ITU-R BS.2127-1, 8."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.adm.common import layout_of_pack
from engine.audio.adm.items import SpeakerItem
from engine.audio.adm.model import ScreenLock, SpeakerBlock
from engine.audio.adm.object_gains import vector_of
from engine.audio.speakers.cartesian import CartesianPanner, cube_places
from engine.audio.speakers.coordinates import to_polar, within
from engine.audio.speakers.direct import DirectSpeakers, plain_label
from engine.audio.speakers.layouts import Layout, directions
from engine.audio.speakers.panner import PointSourcePanner
from engine.audio.speakers.screen import screen

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_AS_NEAR = 1e-5


class BedGains:
    """Gains of loudspeakers' channels on one layout.

    Parameters
    ----------
    layout : Layout
    panner : PointSourcePanner, optional
        The layout's.
    """

    def __init__(self, layout: Layout, panner: PointSourcePanner | None = None) -> None:
        self.layout = layout
        self._panner = panner or PointSourcePanner(layout)
        self._rules = DirectSpeakers(layout, self._panner)
        self._column = {name: column for column, name in enumerate(layout.names)}
        self._lfe = layout.lfe()
        self._azimuth = np.array([one.nominal_azimuth_deg for one in layout.speakers])
        self._elevation = np.array([one.nominal_elevation_deg for one in layout.speakers])
        self._standing = layout.nominal_directions()
        self._cube: Floats | None = cube_places(layout) if layout.standard else None

    def gains(self, block: SpeakerBlock, item: SpeakerItem) -> Floats:
        """Gains of a block, its own gain and its object's included; shape (channels,)."""
        return self._where(block, item) * (block.gain * item.common.gain)

    def _where(self, block: SpeakerBlock, item: SpeakerItem) -> Floats:
        names = [plain_label(label) for label in block.labels]
        lfe = item.lfe or any(name in ("LFE1", "LFE2") for name in names)
        out = np.zeros(len(self._column))
        made_for = layout_of_pack(item.pack)
        if made_for and names:
            ruled = self._rules.by_rule(names[0], made_for)
            if ruled is not None:
                return ruled
        for name in names:
            if name in self._column and bool(self._lfe[self._column[name]]) == lfe:
                out[self._column[name]] = 1.0
                return out
        block = _at_screen(block)
        closest = self._closest(block, self._within(block) & (self._lfe == lfe))
        if closest is not None:
            out[closest] = 1.0
            return out
        if lfe:
            if "LFE1" in self._column:
                out[self._column["LFE1"]] = 1.0
            return out
        return self._panned(block)

    def _panned(self, block: SpeakerBlock) -> Floats:
        if block.cartesian and self._cube is not None:
            out = np.zeros(len(self._column))
            heard = ~self._lfe
            out[heard] = CartesianPanner(self._cube[heard]).point(np.clip(block.position, -1, 1))[0]
            return out
        position = to_polar(*block.position) if block.cartesian else block.position
        gains: Floats = self._panner.gains(directions(position[0], position[1]))
        return gains

    def _within(self, block: SpeakerBlock) -> Flags:
        """Loudspeakers inside the bounds of a block's position."""
        low = [
            bound if bound is not None else value
            for bound, value in zip(block.low, block.position, strict=True)
        ]
        high = [
            bound if bound is not None else value
            for bound, value in zip(block.high, block.position, strict=True)
        ]
        if block.cartesian:
            if self._cube is None:
                return np.zeros(len(self._column), bool)
            return np.asarray(((self._cube + _AS_NEAR >= low) & (self._cube - _AS_NEAR <= high)).all(axis=1))
        around = np.array([within(float(one), low[0], high[0], _AS_NEAR) for one in self._azimuth])
        overhead = np.abs(self._elevation) >= 90 - _AS_NEAR
        level = (self._elevation > low[1] - _AS_NEAR) & (self._elevation < high[1] + _AS_NEAR)
        near = low[2] - _AS_NEAR < 1.0 < high[2] + _AS_NEAR
        return np.asarray((around | overhead) & level & near)

    def _closest(self, block: SpeakerBlock, among: Flags) -> int | None:
        """The nearest of these; None when there is none, or two are as near."""
        rows = np.flatnonzero(among)
        if not rows.size:
            return None
        places = self._cube if block.cartesian and self._cube is not None else self._standing
        apart = np.linalg.norm(places[rows] - np.array(vector_of(block.position, block.cartesian)), axis=1)
        nearest = int(np.argmin(apart))
        return (
            int(rows[nearest]) if np.count_nonzero(np.abs(apart - apart[nearest]) < _AS_NEAR) == 1 else None
        )


def _at_screen(block: SpeakerBlock) -> SpeakerBlock:
    """A block whose place is tied to an edge of the screen, there (the default screen's)."""
    from dataclasses import replace

    lock: ScreenLock | None = block.screen_lock
    if lock is None or block.cartesian:
        return block
    edges = screen()
    azimuth, elevation, distance = block.position
    azimuth = {"left": edges.left_deg, "right": edges.right_deg}.get(lock.horizontal, azimuth)
    elevation = {"top": edges.top_deg, "bottom": edges.bottom_deg}.get(lock.vertical, elevation)
    return replace(block, position=(azimuth, elevation, distance))
