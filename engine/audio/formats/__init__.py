"""Sound files with more to them than one or two channels: WAV, RF64 and BW64, their channels' meaning."""

from engine.audio.formats.reader import WaveReader
from engine.audio.formats.values import ChnaRow, WaveFormat
from engine.audio.formats.writer import WaveWriter

__all__ = ["ChnaRow", "WaveFormat", "WaveReader", "WaveWriter"]
