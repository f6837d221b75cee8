import math

import pytest

from engine.xr.refresh import choose_rate_hz

QUEST = (72.0, 80.0, 90.0, 120.0)


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        (QUEST, None, 120.0),
        (QUEST[::-1], 72.0, 72.0),
        (QUEST, 90.0, 90.0),
        ((72.0, 89.99, 119.9), 90.0, 89.99),
        (QUEST, 100.0, 120.0),
        (QUEST, 144.0, 120.0),
        (QUEST, 60.0, 72.0),
        ((20.0,), 90.0, 20.0),
        ((), None, None),
        ((), 90.0, None),
        ((0.0, -1.0, math.nan, math.inf), None, None),
        ((math.nan, 90.0), None, 90.0),
    ],
)
def test_the_rate_asked_for(offered: tuple[float, ...], wanted: float | None, chosen: float | None) -> None:
    assert choose_rate_hz(offered, wanted) == chosen
