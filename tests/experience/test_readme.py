"""The authors' page knows every key that the models know."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

import engine.experience
from engine.experience.audio_rig_model import (
    AdmOscDoc,
    AudioDoc,
    HearingDoc,
    OutputDoc,
    ShakerDoc,
    SpeakerDoc,
)
from engine.experience.manifest import Captions, Comfort, Manifest
from engine.experience.platform_model import ActuatorDoc, JointsDoc, PlatformDoc
from engine.experience.rig_model import ArrayDoc, DeviceDoc, DisplayDoc, RigDoc, SeatDoc
from engine.experience.venue_model import (
    ActionDoc,
    CueInDoc,
    FollowDoc,
    InputDoc,
    PermitDoc,
    SendDoc,
    StandbyDoc,
    TimecodeDoc,
)
from engine.timeline.model import SceneFile, Trigger, Window
from engine.timeline.model_acoustics import Acoustics, Air, Block, Directivity, InSpace, Room, Through
from engine.timeline.model_stage import Particles, Sky, Stage
from engine.timeline.model_tracks import TRACK_KINDS

PAGE = (Path(engine.experience.__file__).parent / "README.md").read_text(encoding="utf-8")
MODELS = (
    Manifest,
    Captions,
    Comfort,
    RigDoc,
    DeviceDoc,
    SeatDoc,
    ArrayDoc,
    PlatformDoc,
    JointsDoc,
    ActuatorDoc,
    AudioDoc,
    HearingDoc,
    AdmOscDoc,
    OutputDoc,
    SpeakerDoc,
    ShakerDoc,
    DisplayDoc,
    TimecodeDoc,
    FollowDoc,
    SendDoc,
    InputDoc,
    CueInDoc,
    ActionDoc,
    PermitDoc,
    StandbyDoc,
    SceneFile,
    Stage,
    Sky,
    Particles,
    Window,
    Trigger,
    Acoustics,
    Room,
    Block,
    Through,
    Air,
    InSpace,
    Directivity,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_on_the_page(model: type[BaseModel]) -> None:
    keys = {info.alias or name for name, info in model.model_fields.items()} - {"note"}
    words = set(PAGE.replace(",", " ").replace("`", " ").replace(":", " ").replace("{", " ").split())
    words |= {word.strip("[]()}.;") for word in words}
    assert keys - words == set()


def test_every_kind_of_track_has_its_row() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    for kind in TRACK_KINDS:
        assert any(row.startswith(f"| `{kind}`") for row in rows), kind
