"""What is listened to: a stage, its level and its limiter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import Beds, Head, ObjectBlock, Stage
from engine.audio.hearing import Exposure, HearingGuard
from engine.audio.limiter import CEILING_DB, Limiter
from engine.experience.audio_rig import HearingSpec
from engine.units import db_to_gain

Samples = NDArray[np.float32]


class Output:
    """A stage with its own level and its own limiter, whose channels are turned down together.

    Parameters
    ----------
    name : str
        As the rig has it.
    stage : Stage
    gain_db : float
    ceiling_dbtp : float
        True peak that is not exceeded.
    hearing : HearingSpec, optional
        Protection of whoever listens.
    """

    def __init__(
        self,
        name: str,
        stage: Stage,
        *,
        gain_db: float = 0.0,
        ceiling_dbtp: float = CEILING_DB,
        hearing: HearingSpec | None = None,
    ) -> None:
        self.name = name
        self._guard = HearingGuard(hearing or HearingSpec(), stage.channels)
        self._stage = stage
        self._gain = np.float32(db_to_gain(gain_db))
        self._limiter = Limiter(stage.channels, ceiling_dbtp)

    @property
    def channels(self) -> int:
        """How many it gives."""
        return self._stage.channels

    @property
    def deepest_limit_db(self) -> float:
        """The most the limiter has taken away so far."""
        return self._limiter.deepest_db

    @property
    def unsound(self) -> int:
        """Samples, and blocks of a stage, that were no sound and were silenced."""
        return self._limiter.rubbish + int(getattr(self._stage, "unsound_blocks", 0))

    def render(self, block: ObjectBlock, emission: Samples, beds: Beds, heads: tuple[Head, Head]) -> Samples:
        """The block, `STAGE_LATENCY` and the limiter's look-ahead late; shape (channels, n)."""
        made = self._stage.render(block, emission, beds, heads)
        made = self._guard.process(made if self._gain == 1.0 else made * self._gain)
        return self._limiter.process(made)

    @property
    def exposure(self) -> Exposure:
        """What whoever listens has taken up; means something only where the venue has measured its level."""
        return self._guard.exposure

    def begin_guest(self) -> None:
        """Somebody else listens from here on."""
        self._guard.begin_guest()


def stereo(*, gain_db: float = 0.0) -> Output:
    """A pair of loudspeakers at 30 degrees (0+2+0)."""
    from engine.audio.speakers import layout
    from engine.audio.speakers.stage import SpeakerStage

    return Output("stereo", SpeakerStage(layout("0+2+0")), gain_db=gain_db)
