"""Loudspeaker gains against all of the EBU ADM Renderer's own test vectors (BS.2127's reference)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio.speakers import LAYOUTS, PointSourcePanner, directions, layout
from engine.audio.speakers.objects import ObjectGains, Placed
from engine.audio.speakers.screen import screen
from engine.audio.speakers.zones import Zone
from tests.peers.ear_vectors import Plain, ear_source, unpickled

pytestmark = pytest.mark.peer

AZIMUTHS_DEG = np.linspace(-180, 180, 31)
ELEVATIONS_DEG = np.linspace(-90, 90, 15)


def test_every_direction_of_every_layout() -> None:
    folder = ear_source() / "ear" / "core" / "test" / "data" / "psp_pvs"
    files = sorted(folder.glob("*.npz"))
    at = directions(AZIMUTHS_DEG[None, :], ELEVATIONS_DEG[:, None])
    seen = set()
    for file in files:
        name, _, screen_deg = file.stem.partition("_")
        room = LAYOUTS[name]
        if screen_deg:
            room = room.measured({"M+SC": (float(screen_deg), 0.0), "M-SC": (-float(screen_deg), 0.0)})
        gains = PointSourcePanner(room).gains(at)[..., ~room.lfe()]
        wanted = np.load(file)["pv"]
        error = float(np.abs(gains - wanted).max())
        print(f"{file.stem}: {wanted.shape[0] * wanted.shape[1]} directions, largest error {error:.1e}")
        assert wanted.shape == gains.shape
        assert error < 1e-12
        seen.add(name)
    assert seen == set(LAYOUTS)


def test_every_object() -> None:
    folder = ear_source() / "ear" / "core" / "objectbased" / "test" / "data" / "gain_calc_pvs"
    objects = [placed(one) for one in unpickled(folder / "inputs.pickle")]
    wanted = np.load(folder / "outputs.npz")["direct"]
    gains = ObjectGains(layout("4+5+0"), screen()).gains(objects)
    error = np.abs(gains - wanted).max(axis=1)
    carried = {
        "Cartesian": sum(one.cartesian for one in objects),
        "wide": sum(any(one.size) for one in objects),
        "diverged": sum(one.divergence > 0 for one in objects),
        "locked": sum(one.lock is not None for one in objects),
        "with zones": sum(bool(one.zones) for one in objects),
        "on a screen": sum(one.reference is not None for one in objects),
    }
    print(f"{len(objects)} objects on 4+5+0, {carried}: largest error {error.max():.1e}")
    assert min(carried.values()) > 50
    # What the reference allows itself.
    assert error.max() < 1e-10


def placed(one: Plain) -> Placed:
    """An object of the reference's in our words; the order of fields is its classes'."""
    block, extra = one.state[0].state, one.state[1].state
    first, second, third, edge = block[3].state
    polar = type(block[3]).__name__ == "ObjectPolarPosition"
    at = directions(first, second) * third if polar else np.array([first, second, third])
    cartesian = bool(block[4])
    lock, divergence = block[10], block[11]
    seen, middle = extra[2].state, extra[2].state[1].state
    return Placed(
        at=(float(at[0]), float(at[1]), float(at[2])),
        cartesian=cartesian,
        size=block[5:8],
        divergence=divergence.state[0] if divergence is not None else 0.0,
        divergence_range=None if divergence is None else divergence.state[2 if cartesian else 1],
        lock=None if lock is None else math.inf if lock.state[0] is None else lock.state[0],
        zones=tuple(zone(part) for part in block[15]),
        reference=screen(seen[0], centre=middle, width_deg=seen[2]) if block[13] else None,
        edge=(edge.state[0] or "", edge.state[1] or ""),
    )


def zone(one: Plain) -> Zone:
    """A zone: X, Y, Z from and to; or elevation from and to, then azimuth."""
    values = one.state
    if len(values) == 6:
        return Zone(True, tuple(values[:3]), tuple(values[3:]))
    return Zone(False, (values[2], values[0]), (values[3], values[1]))
