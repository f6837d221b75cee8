"""Which sound processes a live run has: one a device, so that each is read by its own clock."""

from __future__ import annotations

from pathlib import Path

from engine.audio.clock.shared import clock_name
from engine.audio.process import AudioConfig
from engine.experience.audio_rig import AudioOutput
from engine.experience.rig import Rig
from engine.motion.head_poses import heads_name

Device = tuple[str | None, str | None]
"""Part of a device's name and of its host interface's."""


def by_device(rig: Rig) -> dict[Device, list[AudioOutput]]:
    """A rig's outputs by the device that plays them; the rig's own device first, which also has the shakers."""
    audio = rig.audio
    found: dict[Device, list[AudioOutput]] = {}
    if audio.shakers:
        found[(audio.device, audio.api)] = []
    for output in audio.outputs:
        found.setdefault((output.device or audio.device, output.api or audio.api), []).append(output)
    return found


def sound_configs(
    rig: Rig,
    package_path: Path,
    block_name: str,
    *,
    leads: bool = False,
    heads: bool = False,
    stand_ins: bool = False,
) -> list[AudioConfig]:
    """What each sound process is told.

    Parameters
    ----------
    rig : Rig
    package_path : Path
    block_name : str
        Of the transport.
    leads : bool
        The first device's clock leads the show.
    heads : bool
        A viewer tells where its guest's head is.
    stand_ins : bool
        Speak lines that nobody has recorded.
    """
    own = (rig.audio.device, rig.audio.api)
    return [
        AudioConfig(
            package_path=package_path,
            block_name=block_name,
            device=device,
            api=api,
            clock_block=clock_name(block_name, number),
            head_block=heads_name(block_name) if heads else "",
            leads=number == 0 and leads,
            outputs=tuple(outputs),
            mix=rig.audio.mix,
            hearing=rig.audio.hearing,
            shakers=rig.audio.shakers if (device, api) == own else (),
            watchdog_ns=rig.watchdog_ns,
            stand_ins=stand_ins,
        )
        for number, ((device, api), outputs) in enumerate(by_device(rig).items())
    ]
