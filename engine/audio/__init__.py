"""Sound: from a transport and a package to ears and loudspeakers, live or to a file.

`Mixer` is the heart and knows no device and no clock; `make_mix` puts together what a rig's device plays; `render_wav` runs it to a
file; `process.main` runs it beside the show.
"""

from engine.audio.assembly import ShakerSetup, make_mix
from engine.audio.book import book_of
from engine.audio.clips import SAMPLE_RATE_HZ, ClipCache
from engine.audio.mixer import Mixer, MixSettings
from engine.audio.offline import Rendered, render_wav
from engine.audio.output import Output, SilentOutput, open_output
from engine.audio.process import AudioConfig

__all__ = [
    "SAMPLE_RATE_HZ",
    "AudioConfig",
    "ClipCache",
    "MixSettings",
    "Mixer",
    "Output",
    "Rendered",
    "ShakerSetup",
    "SilentOutput",
    "book_of",
    "make_mix",
    "open_output",
    "render_wav",
]
