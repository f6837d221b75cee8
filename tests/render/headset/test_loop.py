"""The headset's loop; its tests draw in a graphics context of their own."""

from pathlib import Path

import pytest

from tests.render.alone import pass_alone


@pytest.mark.long
def test_the_loop_over_a_scripted_runtime() -> None:
    pass_alone(Path(__file__).with_name("loop_cases.py"))
