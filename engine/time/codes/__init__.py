"""Timecode on the wire: LTC, MIDI timecode, Art-Net timecode, digital-cinema sync. Pure codecs, no clock, no I/O."""
