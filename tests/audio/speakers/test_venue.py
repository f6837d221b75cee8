"""From a rig's output to its stage."""

from __future__ import annotations

import pytest

from engine.audio.speakers import layout
from engine.audio.speakers.venue import ambisonic_stage, layout_of, remarks, speaker_stage
from engine.errors import InputError
from engine.experience.audio_rig import AudioOutput, SpeakerSpec


def specs(*rows: tuple[str, float, float]) -> tuple[SpeakerSpec, ...]:
    return tuple(
        SpeakerSpec(name, channel, azimuth, elevation, lfe=name.startswith("LFE"))
        for channel, (name, azimuth, elevation) in enumerate(rows, 1)
    )


FIVE = [
    ("M-030", -33.0, 0.0),
    ("M+030", 30.0, 0.0),
    ("M+000", 0.0, 2.0),
    ("M+110", 110.0, 0.0),
    ("M-110", -110.0, 0.0),
    ("LFE1", 0.0, 0.0),
]


def test_without_loudspeakers_it_is_the_standards() -> None:
    assert layout_of(AudioOutput("room", "speakers", layout="7.1.4")) is layout("4+7+0")


def test_a_standard_layout_keeps_its_regions_with_the_venues_places_and_order() -> None:
    room = layout_of(AudioOutput("room", "speakers", layout="5.1", speakers=specs(*FIVE)))
    assert room.standard
    assert room.names == tuple(name for name, _, _ in FIVE)
    assert (room.speakers[0].azimuth_deg, room.speakers[0].nominal_azimuth_deg) == (-33, -30)
    assert room.lfe().tolist() == [False] * 5 + [True]


def test_a_layout_that_lacks_one_is_free() -> None:
    room = layout_of(AudioOutput("room", "speakers", layout="5.1", speakers=specs(*FIVE[:3], FIVE[5])))
    assert (room.standard, room.name, len(room.speakers)) == (False, "free", 4)
    assert layout_of(AudioOutput("dome", "speakers", layout="dome", speakers=specs(*FIVE))).name == "dome"


def test_what_is_wrong_names_the_output() -> None:
    with pytest.raises(InputError, match="output room: layout free: 'a' is there 2 times"):
        layout_of(AudioOutput("room", "speakers", layout="free", speakers=specs(("a", 0, 0), ("a", 1, 0))))


def test_stages() -> None:
    swapped = AudioOutput(
        "room", "speakers", layout="stereo", speakers=specs(("M-030", -30, 0), ("M+030", 30, 0))
    )
    assert speaker_stage(swapped).channels == 2
    assert ambisonic_stage(AudioOutput("field", "ambisonic", order=2)).channels == 9


def test_what_a_venue_should_know_is_said() -> None:
    room = AudioOutput("room", "speakers", layout="5.1", speakers=specs(*FIVE))
    assert remarks(room) == (
        "output room: M-030 stands at azimuth -33 deg; 0+5+0 allows -30 to -30",
        "output room: M+000 stands at elevation 2 deg; 0+5+0 allows 0 to 0",
    )
    assert remarks(AudioOutput("room", "speakers", layout="5.1", speakers=specs(*FIVE[1:5]))) == (
        "output room: its loudspeakers are not those of 5.1 (without M-030, LFE1); they are panned to as a layout of their own",
    )
    assert remarks(AudioOutput("ears", "binaural")) == ()
    screen = [
        (one.name, 30.0 if one.name == "M+SC" else one.azimuth_deg, one.elevation_deg)
        for one in layout("4+9+0").speakers
    ]
    with pytest.raises(InputError, match=r"M\+SC stands at azimuth 30 deg"):
        remarks(AudioOutput("room", "speakers", layout="4+9+0", speakers=specs(*screen)))
