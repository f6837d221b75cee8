"""Compiles tracks of media and of one-shots: sounds, lines, captions, clips, videos, events."""

from __future__ import annotations

from bisect import bisect_right

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline import curves
from engine.timeline.compiled import Compiled
from engine.timeline.curves import PieceRun
from engine.timeline.media import FireCue, MediaCue
from engine.timeline.model_tracks import (
    AudioCue,
    AudioTrack,
    CaptionTrack,
    ClipTrack,
    EventTrack,
    LineTrack,
    Track,
    VideoTrack,
)

DEFAULT_LINE_FL = 5 * FLICKS_PER_SECOND
"""How long a line without ``for`` and without a known voice file stands, unless the next line comes first."""


def media_track(out: Compiled, track: Track, number: int) -> None:
    nominal_fl = out.durations.nominal_fl
    match track:
        case AudioTrack():
            for place, cue in enumerate(track.cues):
                out.media.append(_sound(out, cue, number, place))
                if not cue.loop and not cue.bed:
                    out.events.append(FireCue(cue.at_fl, "sound", cue.file, number, place))
        case LineTrack():
            starts = sorted(cue.at_fl for cue in track.cues)
            for place, line in enumerate(track.cues):
                following = bisect_right(starts, line.at_fl)
                later = starts[following] if following < len(starts) else nominal_fl
                length_fl = line.for_fl or out.length("line", line.line)
                end_fl = (
                    line.at_fl + length_fl
                    if length_fl is not None
                    else min(line.at_fl + DEFAULT_LINE_FL, later)
                )
                out.media.append(
                    MediaCue(
                        "line",
                        line.at_fl,
                        end_fl,
                        number,
                        place,
                        line=line.line,
                        node=line.node or "",
                        bus=line.bus,
                        gain_db=line.gain_db,
                        position_m=line.position_m
                        if line.node is None
                        else line.position_m or (0.0, 0.0, 0.0),
                        azimuth_deg=line.azimuth_deg or 0.0,
                        elevation_deg=line.elevation_deg or 0.0,
                        distance_m=line.distance_m or 1.0,
                        space=line.space(),
                    )
                )
                out.events.append(FireCue(line.at_fl, "line", line.line, number, place))
        case CaptionTrack():
            for place, caption in enumerate(track.cues):
                end_fl = caption.at_fl + caption.for_fl
                out.media.append(MediaCue("caption", caption.at_fl, end_fl, number, place, line=caption.line))
        case ClipTrack():
            for place, clip in enumerate(track.cues):
                end_fl = nominal_fl if clip.for_fl is None else clip.at_fl + clip.for_fl
                out.media.append(
                    MediaCue(
                        "clip",
                        clip.at_fl,
                        end_fl,
                        number,
                        place,
                        clip=track.clip,
                        skip_fl=clip.skip_fl,
                        loop=clip.loop,
                        speed=clip.speed,
                    )
                )
        case VideoTrack():
            for place, video in enumerate(track.cues):
                length_fl = video.for_fl if video.for_fl is not None else out.length("video", track.file)
                end_fl = nominal_fl if length_fl is None else video.at_fl + length_fl
                out.media.append(
                    MediaCue(
                        "video",
                        video.at_fl,
                        end_fl,
                        number,
                        place,
                        file=track.file,
                        node=track.node,
                        skip_fl=video.skip_fl,
                        loop=video.loop,
                        gain_db=video.gain_db,
                    )
                )
        case EventTrack():
            for place, event in enumerate(track.cues):
                out.events.append(FireCue(event.at_fl, "event", event.name, number, place, event.value))


def _sound(out: Compiled, cue: AudioCue, number: int, place: int) -> MediaCue:
    nominal_fl = out.durations.nominal_fl
    tail = cue.tail if cue.tail is not None else not cue.loop
    known_fl = out.length("audio", cue.file)
    if cue.for_fl is not None:
        end_fl = cue.at_fl + cue.for_fl
    elif known_fl is not None and not cue.loop:
        end_fl = cue.at_fl + max(known_fl - cue.skip_fl, 1)
    else:
        end_fl = nominal_fl
    if not tail:
        end_fl = min(end_fl, nominal_fl)
    position = cue.position_m
    if position is None and cue.node is not None and cue.move is None:
        position = (0.0, 0.0, 0.0)
    move_channel: int | None = None
    if cue.move is not None:
        length_fl = cue.for_fl or 0
        times = [
            point.position if isinstance(point.position, int) else round(point.position * length_fl)
            for point in cue.move
        ]
        runs: list[PieceRun] = []
        for column in zip(*(point.value for point in cue.move), strict=True):
            run = PieceRun()
            run.hold(0, column[0])
            curves.curve(run, cue.at_fl, times, column, cue.shape)
            runs.append(run)
        move_channel = out.channels(runs)[0]
    return MediaCue(
        "audio",
        cue.at_fl,
        end_fl,
        number,
        place,
        file=cue.file,
        node=cue.node or "",
        skip_fl=cue.skip_fl,
        fade_in_fl=cue.fade_in_fl,
        fade_out_fl=cue.fade_out_fl,
        loop=cue.loop,
        bus=cue.bus,
        gain_db=cue.gain_db,
        bed=cue.bed or cue.channels is not None,
        channels=cue.channels or "",
        tail=tail,
        resume=cue.seek == "resume",
        position_m=position,
        azimuth_deg=cue.azimuth_deg or 0.0,
        elevation_deg=cue.elevation_deg or 0.0,
        distance_m=cue.distance_m or 1.0,
        move_channel=move_channel,
        space=cue.space(),
    )
