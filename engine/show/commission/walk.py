"""The walk: the operator, the loudspeakers and the microphone. It plays, asks and tells; what it finds are values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.commission.check import noise_floor, steadiness
from engine.audio.commission.link import SoundLink
from engine.audio.commission.measure import QUIETER_DB, levels_near, measure, nearest
from engine.audio.commission.proposal import Proposal, propose
from engine.audio.commission.response import Response
from engine.errors import DeviceError
from engine.experience.audio_rig import SpeakerSpec
from engine.show.commission.voice import Announcer
from engine.show.commission.words import say, shown

Samples = NDArray[np.float32]

_NOISY_DBFS = -45.0
_PAUSE_S = 0.3


class Operator(Protocol):
    """Whoever walks."""

    def tell(self, text: str) -> None:
        """Show a line."""
        ...

    def ask(self, text: str) -> str:
        """Show a question, and give what was typed, without blanks around it.

        Raises
        ------
        UsageError
            When nobody is there to answer.
        """
        ...


class Walk:
    """Walks one output.

    Parameters
    ----------
    link : SoundLink
    operator : Operator
    announcer : Announcer
    language : str
    level_dbfs : float
        Peak that nothing exceeds.
    """

    def __init__(
        self, link: SoundLink, operator: Operator, announcer: Announcer, language: str, level_dbfs: float
    ) -> None:
        self._link = link
        self._operator = operator
        self._announcer = announcer
        self._language = language
        self._level_dbfs = level_dbfs

    # ---- before anything else --------------------------------------------------------------------------------

    def look_at_device(self, speakers: Sequence[SpeakerSpec]) -> None:
        """Noise of the room, and whether the device clicks.

        Raises
        ------
        DeviceError
            When it loses samples: nothing that is measured then means anything.
        """
        noise = noise_floor(self._link)
        self._tell("noise", rms=noise.rms_dbfs, peak=noise.peak_dbfs)
        if noise.hum_hz:
            self._tell("hum", hum=noise.hum_hz)
        if noise.rms_dbfs > _NOISY_DBFS:
            self._tell("noisy")
        first = next((speaker for speaker in speakers if not speaker.lfe), None)
        if first is None:
            return
        found = steadiness(self._link, first.channel, self._level_dbfs - QUIETER_DB)
        if not found.heard:
            found = steadiness(self._link, first.channel, self._level_dbfs)
        if not found.heard:
            self._tell("unsteady_unknown")
        elif found.slips:
            at_s, samples = found.slips[0]
            raise DeviceError(say("slips", self._language, count=len(found.slips), at=at_s, samples=samples))
        elif found.clicks_s:
            self._tell("clicks", count=len(found.clicks_s), at=found.clicks_s[0])
        else:
            self._tell("steady")

    # ---- which channel is which ------------------------------------------------------------------------------

    def announce(self, speakers: Sequence[SpeakerSpec]) -> None:
        """Each channel says what it should be, one after another; nothing is asked."""
        for number, speaker in enumerate(speakers, start=1):
            self._tell(
                "playing", channel=speaker.channel, name=speaker.name, spoken=self._announcer.name(speaker)
            )
            self._play(speaker, speaker.channel, number)

    def by_ear(self, speakers: Sequence[SpeakerSpec], free: Sequence[int] = ()) -> tuple[SpeakerSpec, ...]:
        """The operator says what is heard on every channel.

        Parameters
        ----------
        speakers : sequence of SpeakerSpec
        free : sequence of int
            Channels of the device that no output has; they are tried for what was not found.

        Returns
        -------
        tuple of SpeakerSpec
            On the channels they were heard on; those that were not heard stay where the rig has them, unless another one was heard there.
        """
        self._tell("ear_how")
        heard: dict[str, int] = {}
        order = {speaker.name: number for number, speaker in enumerate(speakers, start=1)}
        ended = False
        for speaker in speakers:
            if self._ask_ear(speaker, speaker.channel, order, speakers, heard):
                ended = True
                break
        missing = [speaker for speaker in speakers if speaker.name not in heard]
        tried = {speaker.channel for speaker in speakers}
        left = [channel for channel in free if channel not in tried]
        if missing and left and not ended:
            self._tell("ear_free", missing=", ".join(shown(one.name, self._language) for one in missing))
            for channel in left:
                missing = [speaker for speaker in speakers if speaker.name not in heard]
                if not missing or self._ask_ear(missing[0], channel, order, speakers, heard):
                    break
        return moved(speakers, heard)

    def by_microphone(
        self,
        speakers: Sequence[SpeakerSpec],
        free: Sequence[int] = (),
        carry: Callable[[str], None] | None = None,
    ) -> tuple[SpeakerSpec, ...]:
        """The microphone is held close to one loudspeaker after another; the loudest channel is its own.

        Parameters
        ----------
        speakers : sequence of SpeakerSpec
        free : sequence of int
            Channels of the device that no output has; they are tried where none of the output's stands out.
        carry : callable, optional
            Carries the microphone to a loudspeaker by its name, where no person does (a simulated room).
        """
        channels = [speaker.channel for speaker in speakers]
        if carry is None:
            self._tell("mic_how")
            self._ask("mic_middle")
        else:
            carry("")
        middle_db = levels_near(self._link, channels, level_dbfs=self._level_dbfs)
        found: dict[str, int] = {}
        for speaker in speakers:
            name = speaker.name
            if carry is not None:
                carry(name)
            else:
                answer = self._ask("mic_ask", name=name, spoken=self._announcer.name(speaker)).lower()
                if answer == "q":
                    break
                if answer == "s":
                    continue
            left = [channel for channel in channels if channel not in found.values()]
            channel = self._nearest(left, middle_db)
            if channel is None:
                channel = self._nearest(
                    [one for one in free if one not in channels and one not in found.values()]
                )
            if channel is None:
                self._tell("mic_unclear", name=name)
                continue
            found[name] = channel
            self._tell("mic_found", name=name, channel=channel)
        return moved(speakers, found)

    # ---- how it arrives --------------------------------------------------------------------------------------

    def responses(self, speakers: Sequence[SpeakerSpec], *, corrected: bool = False) -> dict[str, Response]:
        """Measure where the microphone is."""
        found = measure(self._link, speakers, level_dbfs=self._level_dbfs, corrected=corrected)
        heard = [one.arrival_s for one in found.values() if one.heard]
        signs = [one.sign for one in found.values() if one.heard]
        if not corrected:
            for speaker in speakers:
                self._row(speaker, found[speaker.name], min(heard, default=0.0), 1 if sum(signs) >= 0 else -1)
        return found

    def proposal(self, speakers: Sequence[SpeakerSpec], found: Mapping[str, Response]) -> Proposal:
        """What would make them alike, told."""
        made = propose(speakers, found)
        channels = {speaker.name: speaker.channel for speaker in speakers}
        for trouble in made.troubles:
            self._tell(
                trouble.kind,
                name=trouble.speaker,
                value=trouble.value,
                value_ms=trouble.value * 1e3,
                channel=channels[trouble.speaker],
            )
        return made

    def tell_spread(self, key: str, speakers: Sequence[SpeakerSpec], found: Mapping[str, Response]) -> None:
        """How far apart they are; LFEs apart."""
        heard = [found[one.name] for one in speakers if not one.lfe and found[one.name].heard]
        if len(heard) > 1:
            arrivals, levels = [one.arrival_s for one in heard], [one.level_db for one in heard]
            self._tell(
                key,
                spread_us=(max(arrivals) - min(arrivals)) * 1e6,
                spread_db=max(levels) - min(levels),
            )

    def tell_speakers(self, speakers: Sequence[SpeakerSpec]) -> None:
        """What is to be written."""
        self._tell("proposed")
        for one in speakers:
            self._tell(
                "row",
                name=one.name,
                channel=one.channel,
                delay=one.delay_ns / 1e6,
                gain=one.gain_db,
                inverted=say("row_inverted", self._language) if one.inverted else "",
            )

    # ---- pieces ----------------------------------------------------------------------------------------------

    def _ask_ear(
        self,
        expected: SpeakerSpec,
        channel: int,
        order: Mapping[str, int],
        speakers: Sequence[SpeakerSpec],
        heard: dict[str, int],
    ) -> bool:
        """Play one channel until it was said what it is; True when the operator wants to end."""
        by_lower = {shown(speaker.name, self._language).lower(): speaker.name for speaker in speakers}
        while True:
            self._play(expected, channel, order[expected.name])
            while True:
                answer = self._ask(
                    "ear_ask", channel=channel, name=expected.name, spoken=self._announcer.name(expected)
                ).lower()
                if answer in {"q", "0", "r"}:
                    break
                name = expected.name if answer == "" else by_lower.get(answer)
                if name is None:
                    self._tell(
                        "ear_unknown",
                        answer=answer,
                        names=", ".join(shown(name, self._language) for name in by_lower.values()),
                    )
                    continue
                if name in heard:
                    self._tell("ear_twice", name=name, other=heard[name], channel=channel)
                else:
                    heard[name] = channel
                return False
            if answer != "r":
                return answer == "q"

    def _nearest(self, channels: Sequence[int], middle_db: Mapping[int, float] | None = None) -> int | None:
        """Quietly first: so close, what is right for the middle of the room would overdrive the microphone."""
        for level_dbfs in (self._level_dbfs - QUIETER_DB, self._level_dbfs):
            found = nearest(levels_near(self._link, channels, level_dbfs=level_dbfs), middle_db)
            if found is not None:
                return found
        return None

    def _play(self, speaker: SpeakerSpec, channel: int, number: int) -> None:
        made = self._announcer.sound(speaker, number, self._level_dbfs)
        sound = np.zeros((made.size + round(_PAUSE_S * SAMPLE_RATE_HZ), self._link.channels), np.float32)
        sound[: made.size, channel - 1] = made
        self._link.play(sound)

    def _row(self, speaker: SpeakerSpec, found: Response, first_s: float, majority: int) -> None:
        if not found.heard:
            self._tell("unheard", name=speaker.name, channel=speaker.channel)
            return
        unclear = found.sign == 0 or speaker.lfe
        way = "unclear" if unclear else "right" if found.sign == majority else "inverted"
        self._tell(
            "measured",
            name=speaker.name,
            channel=speaker.channel,
            arrival=(found.arrival_s - first_s) * 1e3,
            level=found.level_db,
            way=say(way, self._language),
            clear=found.clearance_db,
        )

    def _tell(self, key: str, **values: object) -> None:
        self._operator.tell(say(key, self._language, **values))

    def _ask(self, key: str, **values: object) -> str:
        return self._operator.ask(say(key, self._language, **values)).strip()


def moved(speakers: Sequence[SpeakerSpec], heard: Mapping[str, int]) -> tuple[SpeakerSpec, ...]:
    """Loudspeakers on the channels they were heard on.

    One that was not heard keeps its channel; where another one was heard there, it takes a channel that became free, so that no two
    share one.
    """
    taken = set(heard.values())
    freed = [speaker.channel for speaker in speakers if speaker.channel not in taken]
    keeping = {
        speaker.name: speaker.channel
        for speaker in speakers
        if speaker.name not in heard and speaker.channel not in taken
    }
    spare = iter(channel for channel in freed if channel not in keeping.values())
    made: list[SpeakerSpec] = []
    for speaker in speakers:
        channel = heard.get(speaker.name, keeping.get(speaker.name))
        made.append(replace(speaker, channel=next(spare, speaker.channel) if channel is None else channel))
    return tuple(made)
