"""MIDI and MIDI Show Control over a MIDI port or a serial line: controllers, notes, programs and cues, out and in."""

from devices.midi.driver import MidiDriver, create
from devices.midi.source import MidiSource, create_source

__all__ = ["MidiDriver", "MidiSource", "create", "create_source"]
