"""The stage of an output, as its rig describes it."""

from __future__ import annotations

from dataclasses import replace

from engine.audio.speakers.layouts import LAYOUTS, Layout, free_layout, layout
from engine.audio.speakers.panner import PointSourcePanner
from engine.audio.speakers.stage import AmbisonicStage, Correction, SpeakerStage
from engine.errors import InputError
from engine.experience.audio_rig import AudioOutput
from engine.experience.loudspeakers import SHORT_NAMES


def layout_of(output: AudioOutput) -> Layout:
    """Loudspeakers of an output, in the order of its `speakers`.

    A standard layout whose every loudspeaker is listed keeps the standard's regions, with the places measured. Anything else is a
    layout of its own: a dome, a headrest, 7.1.4 with one missing.

    Raises
    ------
    InputError
        No such layout; names twice; nothing to pan to.
    """
    name = SHORT_NAMES.get(output.layout, output.layout)
    if not output.speakers:
        return layout(name)
    standard = LAYOUTS.get(name)
    places = {speaker.name: (speaker.azimuth_deg, speaker.elevation_deg) for speaker in output.speakers}
    listed = [speaker.name for speaker in output.speakers]
    if standard is not None and sorted(listed) == sorted(standard.names):
        by_name = {speaker.name: speaker for speaker in standard.measured(places).speakers}
        return replace(standard, speakers=tuple(by_name[one] for one in listed))
    try:
        return free_layout(
            [(one.name, one.azimuth_deg, one.elevation_deg, one.lfe) for one in output.speakers],
            "free" if standard is not None or not name else name,
        )
    except InputError as error:
        raise InputError(f"output {output.name}: {error.message}") from error


def remarks(output: AudioOutput) -> tuple[str, ...]:
    """What a person should know of an output's loudspeakers before a show: where they stand outside the standard's tolerances.

    Raises
    ------
    InputError
        What would end the sound: see `layout_of`, and screen loudspeakers where none may stand.
    """
    if output.kind != "speakers":
        return ()
    standing = layout_of(output)
    PointSourcePanner(standing)
    found = [f"output {output.name}: {line}" for line in standing.out_of_tolerance()]
    wanted = SHORT_NAMES.get(output.layout, output.layout)
    if wanted in LAYOUTS and not standing.standard:
        lacking = [name for name in LAYOUTS[wanted].names if name not in standing.names]
        found.append(
            f"output {output.name}: its loudspeakers are not those of {output.layout} "
            f"({'without ' + ', '.join(lacking) if lacking else 'with others'}); they are panned to as a layout of their own"
        )
    return tuple(found)


def speaker_stage(output: AudioOutput) -> SpeakerStage:
    """Stage of an output of kind ``speakers``; its channels are in the order of `AudioOutput.speakers` (of the layout when there are none).

    Raises
    ------
    InputError
        See `layout_of`.
    """
    corrections = [Correction(one.delay_ns, one.gain_db, one.inverted) for one in output.speakers]
    return SpeakerStage(layout_of(output), corrections, decoder=output.decoder)


def ambisonic_stage(output: AudioOutput) -> AmbisonicStage:
    """Stage of an output of kind ``ambisonic``."""
    return AmbisonicStage(output.order)
