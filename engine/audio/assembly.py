"""From what a rig says of its sound to what a device plays: stages, mixers, channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.audio.block import BLOCK, Stage
from engine.audio.clips import ClipCache
from engine.audio.device_mix import DeviceMix, Exciters, Listeners
from engine.audio.mixer import Mixer, MixSettings
from engine.audio.outputs import Output
from engine.audio.overload import Overload
from engine.audio.shakers import Shakers, ShowState
from engine.audio.sounds import SoundBook
from engine.audio.sum_stage import SumStage
from engine.errors import InputError, MissingExtra
from engine.experience.audio_rig import STEREO, AudioOutput, HearingSpec, MixSpec, ShakerSpec
from engine.timeline.roles import RoleTable


@dataclass(frozen=True, slots=True)
class ShakerSetup:
    """What shakers need.

    Attributes
    ----------
    specs : tuple of ShakerSpec
        One a channel.
    show : ShowState
        The evaluator of the package.
    roles : RoleTable
    """

    specs: tuple[ShakerSpec, ...]
    show: ShowState
    roles: RoleTable


def stage_of(output: AudioOutput, say: Callable[[str], None] | None = None) -> Stage:
    """The stage of an output; its channels are in the order of `AudioOutput.channels`.

    Parameters
    ----------
    output : AudioOutput
    say : callable, optional
        Takes the line that a head cannot be used, after which the engine's own is heard: a show does not stop for a guest's file.
        Without it that is an error.

    Raises
    ------
    InputError
        A SOFA file that cannot be used, a layout that cannot be panned to.
    """
    if output.kind == "binaural":
        from engine.audio.binaural import BinauralStage
        from engine.audio.hrtf import head_grid

        try:
            return BinauralStage(head_grid(output.hrtf, output.head_radius_m))
        except (InputError, MissingExtra) as error:
            if say is None or not output.hrtf:
                raise
            say(f"sound: {output.name}: {error}; the head that comes with the engine is heard instead")
            return BinauralStage(head_grid("", output.head_radius_m))
    from engine.audio.speakers.venue import ambisonic_stage, speaker_stage

    return ambisonic_stage(output) if output.kind == "ambisonic" else speaker_stage(output)


MOST_GAIN_DB = 20.0


def settings_of(mix: MixSpec, loudness_lufs: float | None) -> MixSettings:
    """A venue's levels as the mixer takes them.

    Parameters
    ----------
    mix : MixSpec
    loudness_lufs : float or None
        The package's own (`sensorama loudness`); what it lacks to the venue's is added, by at most `MOST_GAIN_DB`. None: it is not
        known, and played as authored.
    """
    gain_db = 0.0
    if mix.loudness_lufs is not None and loudness_lufs is not None:
        gain_db = min(MOST_GAIN_DB, max(-MOST_GAIN_DB, mix.loudness_lufs - loudness_lufs))
    return MixSettings(mix.volume_db + gain_db, dict(mix.bus_db), dict(mix.duck_db))


def make_mix(
    book: SoundBook,
    clips: ClipCache,
    outputs: Sequence[AudioOutput] = (STEREO,),
    *,
    settings: MixSettings | None = None,
    ceiling_dbtp: float = -1.0,
    hearing: HearingSpec | None = None,
    shakers: ShakerSetup | None = None,
    live: bool = False,
    block: int = BLOCK,
    say: Callable[[str], None] | None = None,
) -> DeviceMix:
    """What one device plays.

    Parameters
    ----------
    book : SoundBook
    clips : ClipCache
    outputs : sequence of AudioOutput
        Of this device, one or more.
    settings : MixSettings, optional
    ceiling_dbtp : float
        True peak that no output exceeds.
    hearing : HearingSpec, optional
        Protection of guests' ears.
    shakers : ShakerSetup, optional
    live : bool
        As `Mixer`; live, objects are demoted where the machine cannot keep up.
    block : int
    say : callable, optional
        As `stage_of`.

    Raises
    ------
    InputError
        As `stage_of`.
    """
    by_seat: dict[int | None, list[AudioOutput]] = {}
    for output in outputs:
        by_seat.setdefault(output.seat if output.seat >= 0 else None, []).append(output)
    listeners = []
    for seat, heard in by_seat.items():
        made = [
            Output(
                one.name, stage_of(one, say), gain_db=one.gain_db, ceiling_dbtp=ceiling_dbtp, hearing=hearing
            )
            for one in heard
        ]
        mixer = Mixer(book, clips, outputs=made, seat=seat, settings=settings, live=live, block=block)
        if live:
            mixer.overload = Overload()
        columns = tuple(channel - 1 for one in heard for channel in one.channels)
        listeners.append(Listeners(mixer, seat, columns))
    return DeviceMix(listeners, _exciters(book, clips, shakers, settings, live, block))


def _exciters(
    book: SoundBook,
    clips: ClipCache,
    setup: ShakerSetup | None,
    settings: MixSettings | None,
    live: bool,
    block: int,
) -> Exciters | None:
    if setup is None or not setup.specs:
        return None
    low = Mixer(
        book, clips, outputs=[Output("shakers", SumStage())], settings=settings, live=live, block=block,
        buses=("shakers",), flat=True,
    )  # fmt: skip
    return Exciters(low, Shakers(setup.specs, setup.show, setup.roles), setup.specs)
