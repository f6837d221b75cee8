"""Timecode in and out of this machine: sound devices and files, MIDI ports, sockets.

reader = open_reader("ltc", "audio:RME/3", "25", clock)      # CodeWords, stamped in host time
writer = open_writer("mtc", "midi:IAC", "29.97df", clock)    # sends what a pure function of host time says
"""

from engine.bus.timecode.factory import open_reader, open_writer
from engine.bus.timecode.ports import Lead, Playhead, PortName, Reader, Tally, Writer, parse_port

__all__ = [
    "Lead",
    "Playhead",
    "PortName",
    "Reader",
    "Tally",
    "Writer",
    "open_reader",
    "open_writer",
    "parse_port",
]
