"""What plays at a time (sounds, lines, captions, clips, videos) and what happens at an instant (one-shots).

Media lie in lanes in which nothing overlaps, so that each lane is a bisection; a cue of a track that may
overlap with itself goes to a lane that is free.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappush, heapreplace
from typing import Literal

from engine.timeline.acoustics import PLAIN, SoundSpace

MediaKind = Literal["audio", "line", "caption", "clip", "video"]
EventKind = Literal["event", "transient", "line", "sound"]

Vec3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class MediaCue:
    """One stretch of media.

    Attributes
    ----------
    kind
        ``audio``, ``line``, ``caption``, ``clip`` (of the model's animations) or ``video``.
    at_fl, end_fl
        Half open, program time. A sound that rings on (``tail``) has its true end, which may lie after the
        program's; where the file's length is not known it ends with the program.
    track, cue
        Position in the scene file.
    file
        Sound or video file, relative to the package; "" for lines, captions and clips.
    line
        Line id of a line or caption.
    clip, node
        Animation clip; node a video shows on or a sound rides on ("" none, "vehicle" the guest's).
    skip_fl
        Where in the file it begins.
    fade_in_fl, fade_out_fl
        At the cue's own ends.
    loop
        The file begins again at its end.
    speed
        Of a clip.
    bus
        Mixer bus of a sound or line.
    gain_db
        Level.
    bed
        Not placed in space.
    channels
        What a bed's channels are (``7.1.4``, ``ambix``); "" as the file itself says.
    tail
        May ring past the end of the program.
    resume
        False for a one-shot: it does not sound when a seek lands inside it.
    position_m
        Place in the scene (in the frame of ``node`` where one is named), or None.
    azimuth_deg, elevation_deg, distance_m
        Place seen from the seat, when ``position_m`` and ``move_channel`` are None.
    move_channel
        First of three bank channels that hold the place over time, or None.
    space
        How a sound or line stands in space.
    """

    kind: MediaKind
    at_fl: int
    end_fl: int
    track: int
    cue: int
    file: str = ""
    line: str = ""
    clip: str = ""
    node: str = ""
    skip_fl: int = 0
    fade_in_fl: int = 0
    fade_out_fl: int = 0
    loop: bool = False
    speed: float = 1.0
    bus: str = ""
    gain_db: float = 0.0
    bed: bool = False
    tail: bool = False
    resume: bool = True
    position_m: Vec3 | None = None
    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    distance_m: float = 1.0
    move_channel: int | None = None
    space: SoundSpace = PLAIN
    channels: str = ""


@dataclass(frozen=True, slots=True)
class MediaBank:
    """The media of one program.

    Attributes
    ----------
    cues
        All cues, by start.
    lanes
        The same cues in lanes without overlap.
    """

    cues: tuple[MediaCue, ...]
    lanes: tuple[tuple[MediaCue, ...], ...]
    _starts: tuple[tuple[int, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", tuple(tuple(cue.at_fl for cue in lane) for lane in self.lanes))

    @classmethod
    def of(cls, cues: Iterable[MediaCue]) -> MediaBank:
        """Sort cues into lanes, per kind, each into the lane that has been free the longest."""
        ordered = tuple(sorted(cues, key=lambda cue: (cue.at_fl, cue.track, cue.cue)))
        lanes: list[list[MediaCue]] = []
        ends: dict[str, list[tuple[int, int]]] = {}
        for cue in ordered:
            heap = ends.setdefault(cue.kind, [])
            if heap and heap[0][0] <= cue.at_fl:
                number = heap[0][1]
                heapreplace(heap, (cue.end_fl, number))
            else:
                number = len(lanes)
                lanes.append([])
                heappush(heap, (cue.end_fl, number))
            lanes[number].append(cue)
        return cls(ordered, tuple(tuple(lane) for lane in lanes))

    def active(self, at_fl: int, run_from_fl: int = 0) -> list[tuple[MediaCue, int]]:
        """What plays at a time, and how far into its file each is.

        Parameters
        ----------
        at_fl
            Program time; may lie after the program's end, for tails.
        run_from_fl
            As for `LevelBank.evaluate`: one-shots that started before it are silent.

        Returns
        -------
        list of (cue, offset_fl)
            The offset counts from the start of the file, ``skip`` included; a clip's speed is applied.
        """
        found: list[tuple[MediaCue, int]] = []
        for lane, starts in zip(self.lanes, self._starts, strict=True):
            place = bisect_right(starts, at_fl) - 1
            if place < 0:
                continue
            cue = lane[place]
            if at_fl < cue.end_fl and (cue.resume or cue.at_fl >= run_from_fl):
                passed_fl = at_fl - cue.at_fl
                found.append(
                    (cue, cue.skip_fl + (passed_fl if cue.speed == 1.0 else round(passed_fl * cue.speed)))
                )
        return found

    def between(self, a_fl: int, b_fl: int) -> list[MediaCue]:
        """Cues that play at some time of the half-open [a_fl, b_fl), by start. For preloading and block
        mixing.
        """
        found: list[MediaCue] = []
        for lane, starts in zip(self.lanes, self._starts, strict=True):
            place = max(bisect_right(starts, a_fl) - 1, 0)
            while place < len(lane) and starts[place] < b_fl:
                if lane[place].end_fl > a_fl:
                    found.append(lane[place])
                place += 1
        found.sort(key=lambda cue: (cue.at_fl, cue.track, cue.cue))
        return found


@dataclass(frozen=True, slots=True)
class FireCue:
    """A one-shot.

    Attributes
    ----------
    at_fl
        Program time.
    kind
        ``event`` (named by the author), ``transient`` (a knock on a haptic role), ``line`` (a line begins),
        ``sound`` (a sound that does not loop begins).
    name
        The event's name, the role's name, the line's id, the file.
    value
        The event's value; intensity of a transient.
    detail
        Sharpness of a transient.
    track, cue
        Position in the scene file.
    """

    at_fl: int
    kind: EventKind
    name: str
    track: int
    cue: int
    value: str | float | None = None
    detail: float = 0.0


@dataclass(frozen=True, slots=True)
class EventBank:
    """One-shots of one program, by time."""

    cues: tuple[FireCue, ...]
    _times: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_times", tuple(cue.at_fl for cue in self.cues))

    @classmethod
    def of(cls, cues: Iterable[FireCue]) -> EventBank:
        """Sort one-shots by time, then by their place in the file."""
        return cls(tuple(sorted(cues, key=lambda cue: (cue.at_fl, cue.track, cue.cue))))

    def crossed(self, a_fl: int, b_fl: int) -> tuple[FireCue, ...]:
        """One-shots in the half-open [a_fl, b_fl)."""
        return self.cues[bisect_left(self._times, a_fl) : bisect_left(self._times, b_fl)]
