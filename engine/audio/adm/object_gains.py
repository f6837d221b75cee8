"""Where each block of an object is heard from: from the document's words to the panner's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audio.adm.items import Common
from engine.audio.adm.model import ObjectBlock, Vec3
from engine.audio.speakers.layouts import directions
from engine.audio.speakers.objects import ObjectGains, Placed
from engine.audio.speakers.screen import screen
from engine.audio.speakers.zones import Zone

Floats = NDArray[np.float64]


def vector_of(position: Vec3, cartesian: bool) -> Vec3:
    """A position as a vector, x right, y ahead, z up; length 1 (or the cube's wall) is where loudspeakers stand."""
    if cartesian:
        return position
    x, y, z = (directions(position[0], position[1]) * position[2]).tolist()
    return x, y, z


def moved(block: ObjectBlock, common: Common) -> Vec3:
    """A block's position with its object's offset (BS.2076-2, 5.6.3); an offset of the other kind of coordinates is left alone."""
    if not any(common.offset) or common.offset_cartesian != block.cartesian:
        return block.position
    a, b, c = (one + more for one, more in zip(block.position, common.offset, strict=True))
    if block.cartesian:
        return a, b, c
    return (a + 180) % 360 - 180, min(90.0, max(-90.0, b)), max(0.0, c)


def placed(block: ObjectBlock, at: Vec3) -> Placed:
    """What the panner needs of a block that is heard from `at` (`vector_of`)."""
    divergence = block.divergence
    reach = None
    if divergence is not None:
        reach = divergence.position_range if block.cartesian else divergence.azimuth_range_deg
    lock = block.screen_lock
    zones = tuple(Zone(zone.cartesian, zone.low, zone.high) for zone in block.zones)
    return Placed(
        at, block.cartesian, block.size, 0.0 if divergence is None else divergence.value, reach, block.lock, zones,
        screen() if block.screen_ref else None, ("", "") if lock is None else (lock.horizontal, lock.vertical),
    )  # fmt: skip


def block_gains(
    panner: ObjectGains, rows: Sequence[tuple[Sequence[ObjectBlock], Common]]
) -> list[tuple[Floats, Floats]]:
    """Gains of all blocks of many objects.

    Parameters
    ----------
    panner : ObjectGains
    rows : sequence of (blocks, common)

    Returns
    -------
    list of (direct, diffuse)
        Per object; each of shape (blocks, channels).
    """
    everything = [(block, common) for blocks, common in rows for block in blocks]
    if not everything:
        return [(np.zeros((0, len(panner.layout.speakers))),) * 2 for _ in rows]
    level = np.array([block.gain * common.gain for block, common in everything])
    diffuse = np.array([block.diffuse for block, _ in everything])
    position = np.array([moved(block, common) for block, common in everything])
    cartesian = np.array([block.cartesian for block, _ in everything])
    polar = directions(position[:, 0], position[:, 1]) * position[:, 2:]
    at = np.where(cartesian[:, None], position, polar).tolist()
    found = [placed(block, (x, y, z)) for (block, _), (x, y, z) in zip(everything, at, strict=True)]
    gains = panner.gains(found) * level[:, None]
    direct, spread = gains * np.sqrt(1 - diffuse)[:, None], gains * np.sqrt(diffuse)[:, None]
    ends = np.cumsum([len(blocks) for blocks, _ in rows])[:-1]
    return list(zip(np.split(direct, ends), np.split(spread, ends), strict=True))
