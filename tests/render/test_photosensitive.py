"""A photosensitive guest's picture; drawn in a graphics context of its own."""

from pathlib import Path

import pytest

from tests.render.alone import pass_alone


@pytest.mark.long
def test_a_strobe_is_steady_light() -> None:
    pass_alone(Path(__file__).with_name("photosensitive_cases.py"))
