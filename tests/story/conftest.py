"""The compiled stories in data/, each beside its source."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.story import Story

DATA = Path(__file__).parent / "data"


@pytest.fixture
def data() -> Path:
    return DATA


@pytest.fixture
def load() -> Callable[..., Story]:
    """``load("hall")``: the story fresh from its compiled form."""

    def load_story(name: str, **options: int) -> Story:
        path = DATA / f"{name}.ink.json"
        return Story.load(path.read_text(encoding="utf-8"), path.name, **options)

    return load_story
