"""What the mixer needs of a package: sounds on scene time, and where the guest's boat is.

The mixer knows these small values and no more, so it can be tested with a tone and a still listener;
`engine.audio` reads them from a compiled package in `book_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine.timeline.acoustics import PLAIN, SoundSpace

if TYPE_CHECKING:
    from engine.audio.acoustics.occlusion import Sight
    from engine.audio.acoustics.room import Room
    from engine.audio.acoustics.scene import SceneAcoustics

Vec3 = tuple[float, float, float]
PlaceAt = Callable[[int], Vec3]
"""A place in the scene, metres, at a scene (or reaction) time in flicks."""

Bus = Literal["voice", "music", "effects", "shakers"]
BUSES: tuple[str, ...] = ("voice", "music", "effects", "shakers")


class Pose(NamedTuple):
    """Where the listener's head is and which way it looks.

    Attributes
    ----------
    x_m, y_m, z_m : float
        In the scene.
    heading_deg : float
        + = turned left, seen from above.
    """

    x_m: float
    y_m: float
    z_m: float
    heading_deg: float


@dataclass(frozen=True, slots=True)
class SeatPlace:
    """A place that rides with the seat.

    Attributes
    ----------
    azimuth_deg, elevation_deg : float
        + = left, + = up.
    distance_m : float
    """

    azimuth_deg: float
    elevation_deg: float
    distance_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """One sound (or spoken line) of a scene or a reaction.

    Attributes
    ----------
    file : str
        Relative to the package; for a line, the file of the first language.
    at_fl : int
        When it begins.
    for_fl : int or None
        How long at most; None until the file ends (a loop: until its scene ends).
    length_samples : int
        Of the file.
    skip_samples : int
        Where in the file it begins.
    loop, tail, resume : bool
        Begins again at its end; may ring past its scene; sounds when a seek lands inside it.
    bus : str
        One of `BUSES`.
    gain : float
        Linear.
    fade_in_samples, fade_out_samples : int
    place : SeatPlace, callable or None
        None: a bed, straight to the two ears.
    rides_seat : bool
        `place` is a callable in the vehicle's own frame, not the scene's.
    by_language : mapping of int to (file, length)
        A line's other voices, by language index.
    space : SoundSpace
        How it stands in space; of a bed without meaning.
    sight : Sight or None
        What gets past what stands in between, over scene time; None: nothing ever does.
    nearest_m : float
        The nearest it comes to the guest, where its Doppler asks.
    channel : int
        Of its file, from 0, where it is one of several sounds in one file; -1: all of them.
    labels : tuple of str
        Of a bed of several channels, what each of the file's is: a loudspeaker of BS.2051, ``ACN0``... of an Ambisonic field, or ""
        for none of this bed's. Empty: one or two channels, as usual.
    """

    file: str
    at_fl: int
    for_fl: int | None
    length_samples: int
    skip_samples: int = 0
    loop: bool = False
    tail: bool = True
    resume: bool = True
    bus: str = "effects"
    gain: float = 1.0
    fade_in_samples: int = 0
    fade_out_samples: int = 0
    place: SeatPlace | PlaceAt | None = None
    rides_seat: bool = False
    by_language: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    space: SoundSpace = PLAIN
    sight: Sight | None = None
    nearest_m: float = 0.0
    channel: int = -1
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ReactionSounds:
    """The sounds of one reaction."""

    sounds: tuple[Sound, ...]
    duration_fl: int


@dataclass(frozen=True, slots=True, eq=False)
class SceneSounds:
    """The sounds of one scene, its reactions', and the listener's path.

    Attributes
    ----------
    pose : callable
        Listener's pose at a scene time; keeps its last value past the end.
    acoustics : SceneAcoustics or None
        None: in the open, air of 20 degrees.
    """

    sounds: tuple[Sound, ...]
    reactions: tuple[ReactionSounds, ...]
    duration_fl: int
    pose: Callable[[int], Pose]
    acoustics: SceneAcoustics | None = None

    def files(self) -> list[str]:
        """Every file the scene may need, once, in order of first use; reactions last."""
        found: dict[str, None] = {}
        everything = [
            *sorted(self.sounds, key=lambda s: s.at_fl),
            *(s for r in self.reactions for s in r.sounds),
        ]
        for sound in everything:
            found[sound.file] = None
            for file, _ in sound.by_language.values():
                found[file] = None
        return list(found)


@dataclass(frozen=True, slots=True, eq=False)
class SoundBook:
    """All scenes, in the order the transport numbers them, and all their rooms (`engine.audio.acoustics.reverb`)."""

    scenes: tuple[SceneSounds, ...]
    rooms: tuple[Room, ...] = ()


def still(_: int) -> Pose:
    """A listener who stays at the origin, looking ahead."""
    return Pose(0.0, 0.0, 0.0, 0.0)
