"""ADM-OSC as a part of a live run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.experience.audio_rig import AudioSpec
from engine.show.adm_osc.process import TellConfig, main
from engine.show.conduct.conductor import Conductor
from engine.show.live.children import Child
from engine.show.record import RunRecord
from engine.show.setup import Production
from engine.time import Clock
from engine.time.offset import AheadClock

REACH_M = 2.0


def adm_osc_parts(production: Production, block_name: str, clock: Clock | None = None) -> list[AdmOscPart]:
    """The part that tells objects' places, if the rig asks for it; else nothing.

    Parameters
    ----------
    production : Production
    block_name : str
        Of the transport in shared memory.
    clock : Clock, optional
        The run's; where that is another machine's, instants are moved into its time.
    """
    spec = production.rig.audio.adm_osc
    if spec is None:
        return []
    return [
        AdmOscPart(
            TellConfig(
                production.package.path,
                block_name,
                spec.to,
                spec.rate_hz,
                reach_m(production.rig.audio),
                clock.ahead_ns if isinstance(clock, AheadClock) else 0,
            )
        )
    ]


def reach_m(audio: AudioSpec) -> float:
    """How far away the venue's loudspeakers stand on average, in metres; 2 where there are none."""
    away = [speaker.distance_m for output in audio.outputs for speaker in output.speakers if not speaker.lfe]
    return sum(away) / len(away) if away else REACH_M


class AdmOscPart:
    """A `engine.show.live.part.Part`: one process that follows the transport by itself.

    Parameters
    ----------
    config : TellConfig
    """

    def __init__(self, config: TellConfig) -> None:
        self._child = Child("objects", main, config)

    @property
    def children(self) -> Sequence[Child]:
        """The process that tells."""
        return (self._child,)

    def begin(self, conductor: Conductor, record: RunRecord) -> None:
        """Nothing to do: the process reads the transport."""

    def hear(self, child: Child, kind: str, payload: Any, now_ns: int) -> None:
        """It says nothing but what the run understands."""

    def advance(self, now_ns: int) -> None:
        """Nothing falls due here."""

    def next_due_ns(self) -> int | None:
        """Never."""
        return None

    def lines(self) -> Sequence[str]:
        """What it said when it came up."""
        ready = self._child.ready
        return [ready] if isinstance(ready, str) and ready else []

    def end(self) -> None:
        """Nothing is held here; the run ends the process."""
