"""What a viewer reports, as the conductor's inputs."""

import pytest

from engine.render.live import GazeEvent, InputEvent, PressEvent
from engine.show.conduct.inputs import Input, Look, Pick, Touch
from engine.show.conduct.wiring import input_of


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (PressEvent(5, "option", "left"), Pick(1, "left", by="mouse")),
        (PressEvent(5, "option", "left", "hand"), Pick(1, "left", by="hand")),
        (PressEvent(5, "option", "left", "controller"), Pick(1, "left", by="hand")),
        (PressEvent(5, "target", "bell", "controller"), Touch(1, "bell")),
        (PressEvent(5, "", "", "controller"), None),
        (GazeEvent(5, "option", "left"), Look(1, "option:left")),
        (GazeEvent(5, "", ""), Look(1, None)),
    ],
)
def test_looks_and_presses(event: InputEvent, found: Input | None) -> None:
    assert input_of(event, 1, ("left", "right")) == found
