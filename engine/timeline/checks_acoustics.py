"""What a scene's acoustics and its sounds must agree on."""

from __future__ import annotations

from collections.abc import Iterator

from engine.timeline.model import SceneFile
from engine.timeline.model_tracks import AudioTrack, Track

Path = tuple[str | int, ...]
Row = tuple[Path, str, str, str]
"""Where, what, what to do, code. All are warnings: nothing here keeps a show from playing."""


def acoustics_rows(file: SceneFile) -> Iterator[Row]:
    """What is odd about a scene's acoustics.

    Parameters
    ----------
    file : SceneFile

    Yields
    ------
    (path, message, hint, code)
    """
    acoustics = file.acoustics
    if acoustics is not None and acoustics.occluders and file.stage is None:
        yield (
            ("acoustics", "occluders"),
            "nothing stands in the way, since the scene has no stage",
            "write `blocks`",
            "no-stage",
        )
    yield from _of_tracks(file.tracks, ("tracks",), acoustics is not None and bool(acoustics.rooms))
    for name, reaction in file.reactions.items():
        yield from _of_tracks(
            reaction.tracks, ("reactions", name, "tracks"), acoustics is not None and bool(acoustics.rooms)
        )


def _of_tracks(tracks: tuple[Track, ...], root: Path, rooms: bool) -> Iterator[Row]:
    for number, track in enumerate(tracks):
        if not isinstance(track, AudioTrack):
            continue
        for index, cue in enumerate(track.cues):
            here: Path = (*root, number, "cues", index)
            if cue.doppler != "off" and cue.bus == "music":
                yield (
                    (*here, "doppler"),
                    "Doppler detunes music against every other stem",
                    "leave it out",
                    "doppler-music",
                )
            elif cue.doppler == "travel" and cue.move is None and cue.position_m is None and cue.node is None:
                yield (
                    (*here, "doppler"),
                    "the sound keeps its distance from the seat",
                    "give it a `position` or `move`",
                    "doppler-still",
                )
            if "reverb_db" in cue.model_fields_set and cue.reverb_db is not None and not rooms:
                yield (
                    (*here, "reverb"),
                    "there is nothing to reverberate, the scene has no room",
                    "write acoustics: {rooms: ...}",
                    "no-room",
                )
