"""What would make a venue's loudspeakers arrive together, equally loud and the same way round. Arithmetic only; nothing is played here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from engine.audio.commission.response import Response
from engine.experience.audio_rig import SpeakerSpec

TroubleKind = Literal["silent", "faint", "sign", "late_low", "low_quiet", "low_loud"]

FAINT_DB = 10.0
"""So much quieter than the middle of them is a broken loudspeaker or a forgotten knob, no distance."""
LFE_ABOVE_DB = 10.0
"""Of an LFE in its band over a main loudspeaker in its own: ITU-R BS.775-4, annex 7."""
_WITHIN_DB = 1.5
_MOST_DELAY_S = 0.25
_LATE_S = 0.005


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that no correction mends.

    Attributes
    ----------
    speaker : str
    kind : str
        ``silent``: not heard at all. ``faint``: 10 dB quieter than the others. ``sign``: which way round is not clear. ``late_low``: an
        LFE that comes later than the others. ``low_quiet``, ``low_loud``: an LFE that is not 10 dB above the others in its band.
    value : float
        dB, or seconds of `late_low`.
    """

    speaker: str
    kind: TroubleKind
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to write into the rig.

    Attributes
    ----------
    speakers : tuple of SpeakerSpec
        As they should be: delay, gain and wiring corrected, everything else as it was.
    troubles : tuple of Trouble
    """

    speakers: tuple[SpeakerSpec, ...]
    troubles: tuple[Trouble, ...]


def propose(speakers: Sequence[SpeakerSpec], found: Mapping[str, Response]) -> Proposal:
    """Work out corrections.

    Parameters
    ----------
    speakers : sequence of SpeakerSpec
    found : mapping of str to Response
        Measured without corrections, all at the listener's place.

    Returns
    -------
    Proposal
        The last to arrive gets no delay; the quietest no gain: the others are turned down, none is ever turned up. Which way round is
        right is what most of them do. Whoever was not heard keeps what the rig says of it.
    """
    troubles: list[Trouble] = []
    mains = {one.name: found[one.name] for one in speakers if not one.lfe and one.name in found}
    heard = {name: one for name, one in mains.items() if one.heard}
    troubles += [
        Trouble(one.name, "silent") for one in speakers if one.name in found and not found[one.name].heard
    ]
    if not heard:
        return Proposal(tuple(speakers), tuple(troubles))
    middle_db = median(one.level_db for one in heard.values())
    faint = {
        name: middle_db - one.level_db for name, one in heard.items() if middle_db - one.level_db > FAINT_DB
    }
    troubles += [Trouble(name, "faint", below_db) for name, below_db in faint.items()]
    sound = {name: one for name, one in heard.items() if name not in faint}
    reference_db = min(one.level_db for one in sound.values())
    last_s = max(one.arrival_s for one in heard.values())
    majority = 1 if sum(one.sign for one in heard.values()) >= 0 else -1
    made: list[SpeakerSpec] = []
    for speaker in speakers:
        response = found.get(speaker.name)
        if response is None or not response.heard:
            made.append(speaker)
            continue
        if speaker.lfe:
            made.append(_low(speaker, response, sound, reference_db, troubles))
            continue
        if response.sign == 0:
            troubles.append(Trouble(speaker.name, "sign"))
        made.append(
            replace(
                speaker,
                delay_ns=_delay_ns(last_s - response.arrival_s),
                gain_db=min(0.0, round(reference_db - response.level_db, 1) + 0.0),
                inverted=speaker.inverted if response.sign == 0 else response.sign != majority,
            )
        )
    return Proposal(tuple(made), tuple(troubles))


def _low(
    speaker: SpeakerSpec,
    response: Response,
    mains: Mapping[str, Response],
    reference_db: float,
    troubles: list[Trouble],
) -> SpeakerSpec:
    """An LFE: its energy arrives when the others' of the same band does. It delays nobody, and is never turned up.

    Its wiring stays as the rig says: filters turn a subwoofer's phase, so that is heard at the crossover, not read off its first movement.
    """
    delay_ns = speaker.delay_ns
    # Each main comes with the last of them once corrected, so the arrival of its low band moves along.
    last_s = max(one.arrival_s for one in mains.values())
    moved = [
        one.low.arrival_s + last_s - one.arrival_s
        for one in mains.values()
        if one.low is not None and one.low.heard
    ]
    if moved:
        ahead_s = median(moved) - response.arrival_s
        delay_ns = _delay_ns(max(0.0, ahead_s))
        if ahead_s < -_LATE_S:
            troubles.append(Trouble(speaker.name, "late_low", -ahead_s))
    over_db = response.level_db - reference_db - LFE_ABOVE_DB
    gain_db = 0.0
    if over_db > 0:
        gain_db = round(-over_db, 1) + 0.0
        if over_db > FAINT_DB:
            troubles.append(Trouble(speaker.name, "low_loud", over_db))
    elif over_db < -_WITHIN_DB:
        troubles.append(Trouble(speaker.name, "low_quiet", -over_db))
    return replace(speaker, delay_ns=delay_ns, gain_db=gain_db)


def _delay_ns(seconds: float) -> int:
    """Whole microseconds, 3 % of a sample at most from what was measured."""
    return round(min(max(seconds, 0.0), _MOST_DELAY_S) * 1e6) * 1000
