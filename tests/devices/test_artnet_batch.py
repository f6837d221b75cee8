"""Many universes at once give the packets of one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from devices.artnet import ArtnetDriver
from engine.bus.driver import Batched, DeviceConfig

SIDE_BY_SIDE = {f"f{n}": {"channels": [3 * n + 1, 3 * n + 2, 3 * n + 3], "form": "rgb"} for n in range(20)}
MIXED = {
    "a": {"channels": [9, 2, 5], "form": "rgb", "curve": "square"},
    "b": {"channels": [20], "form": "dimmer", "bits": 16},
    "c": {"channels": [11], "form": "dimmer"},
}


def universe(number: int, **settings: Any) -> ArtnetDriver:
    return ArtnetDriver(DeviceConfig(f"u{number}", settings={"universe": number, **settings}))


@pytest.mark.parametrize("fixtures", [SIDE_BY_SIDE, MIXED])
def test_every_look_gives_the_same_bytes(fixtures: dict[str, Any]) -> None:
    drivers = [universe(number, fixtures=fixtures) for number in (1, 2, 0x123)]
    assert isinstance(drivers[0], Batched) and len({driver.batch_key for driver in drivers}) == 1
    batch = drivers[0].batch(drivers)
    random = np.random.default_rng(3)
    for _ in range(20):
        looks = random.random((3, len(drivers[0].channels)))
        looks[0, :2] = 0.0, 1.0
        frames = batch.encode(looks)
        wanted = [driver.encode(look)[0] for driver, look in zip(drivers, looks.tolist(), strict=True)]
        assert [row.tobytes() for row in frames] == wanted
        # What leaves is counted by the device's own counter, shared with its park frames.
        batch.stamp(frames, np.array([0, 2]))
        assert frames[1].tobytes() == wanted[1]
        assert frames[0].tobytes() != wanted[0]
    assert drivers[0].stamp(drivers[0].encode([0.0] * len(drivers[0].channels)))[0][12] == 21
    assert drivers[1].stamp(drivers[1].encode([0.0] * len(drivers[1].channels)))[0][12] == 1


def test_a_device_that_sends_more_than_its_universe_is_commanded_by_itself() -> None:
    assert universe(1, fixtures=SIDE_BY_SIDE, sync=True).batch_key is None
    two = {**MIXED, "d": {"channels": [1], "form": "dimmer", "universe": 7}}
    assert universe(1, fixtures=two).batch_key is None
