"""Stand-in speech: what a line that nobody has recorded yet sounds like in a rehearsal.

A voice of the system where there is one (`system_voice`), else a murmur of as many syllables (`murmur`), so that an author hears how
long a line takes and where it comes from. Never in a show: only a rehearsal asks for it, and says so.
"""

from engine.audio.standin.lines import STAND_IN, StandIns, stand_ins_of

__all__ = ["STAND_IN", "StandIns", "stand_ins_of"]
