"""The sound devices' clocks in a live run: looked at, and led by one of them where the rig says ``audio.clock: device``."""

from engine.show.sound_clock.lead import DeviceLead
from engine.show.sound_clock.part import SoundClockPart, device_leads, sound_clock_parts

__all__ = ["DeviceLead", "SoundClockPart", "device_leads", "sound_clock_parts"]
