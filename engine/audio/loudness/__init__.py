"""How loud a programme is: ITU-R BS.1770-5 and EBU Tech 3341 and 3342, streaming, for any layout."""

from engine.audio.loudness.meter import Loudness, LoudnessMeter, channel_weights
from engine.audio.loudness.true_peak import TruePeak, dbtp

__all__ = ["Loudness", "LoudnessMeter", "TruePeak", "channel_weights", "dbtp"]
