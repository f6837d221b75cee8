"""Sound: from a transport and a package to two ears, live or to a file.

`Mixer` is the heart and knows no device and no clock; `render_wav` runs it to a file; `process.main` runs it
beside the show.
"""

from engine.audio.book import book_of
from engine.audio.clips import SAMPLE_RATE_HZ, ClipCache
from engine.audio.mixer import Listener, Mixer, MixSettings
from engine.audio.offline import Rendered, render_wav
from engine.audio.output import Output, SilentOutput, open_output
from engine.audio.process import AudioConfig
from engine.audio.shakers import ShakerSetup

__all__ = [
    "SAMPLE_RATE_HZ",
    "AudioConfig",
    "ClipCache",
    "Listener",
    "MixSettings",
    "Mixer",
    "Output",
    "Rendered",
    "ShakerSetup",
    "SilentOutput",
    "book_of",
    "open_output",
    "render_wav",
]
