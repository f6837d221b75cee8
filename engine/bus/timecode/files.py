"""Timecode in sound files, read at the pace at which it would be heard, or at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.bus.timecode.hearing import Ear, EarMaker
from engine.bus.timecode.ports import PortName, Tally
from engine.errors import DeviceGone
from engine.time.clocks import Clock
from engine.time.codes.word import CodeWord, Wire

_NS = 1_000_000_000
_BLOCK_S = 0.02
_CINEMA_CHANNEL = 14


class FileReader:
    """LTC or digital-cinema sync from one channel of a sound file.

    Parameters
    ----------
    wire : Wire
    port : str
    where : PortName
        Channel 0: the first one; for digital-cinema sync the fourteenth, where there are as many.
    make_ear : EarMaker
    clock : Clock
    paced : bool, default True
        Words come when their sound would have been heard, the file beginning at `open`. Else at once.

    Attributes
    ----------
    rate_hz : int
        Sample rate, once it is open.
    samples : int
        Read so far.
    start_ns : int
        Host instant of the first sample.
    """

    def __init__(
        self, wire: Wire, port: str, where: PortName, make_ear: EarMaker, clock: Clock, *, paced: bool = True
    ) -> None:
        self.wire, self.port = wire, port
        self.rate_hz = 0
        self.samples = 0
        self._where, self._make_ear, self._clock, self._paced = where, make_ear, clock, paced
        self._file: Any = None
        self._ear: Ear | None = None
        self.start_ns = 0
        self._ended = False
        self._words = 0

    def open(self) -> None:
        """Open the file. Raises DeviceGone when it cannot be read, or has no such channel."""
        if self._file is not None:
            return
        import soundfile

        name = Path(self._where.name)
        if not name.is_file():
            raise DeviceGone(
                f"there is no sound file {name}; check the path, or write audio:NAME for a sound device"
            )
        try:
            made = soundfile.SoundFile(name)
        except (soundfile.SoundFileError, OSError) as error:
            raise DeviceGone(f"{name} cannot be read as sound ({error}); WAV and FLAC can") from error
        try:
            if self._where.number > made.channels:
                raise DeviceGone(f"{name} has {made.channels} channels, not {self._where.number}")
            try:
                self._ear = self._make_ear(made.samplerate)
            except ValueError as error:
                raise DeviceGone(f"{name}: {error}") from error
        except DeviceGone:
            made.close()
            raise
        default = _CINEMA_CHANNEL if self.wire is Wire.CINEMA and made.channels >= _CINEMA_CHANNEL else 1
        self._channel = (self._where.number or default) - 1
        self._file, self.rate_hz, self.samples = made, made.samplerate, 0
        self.start_ns = self._clock.now_ns()
        self._ended, self._words = False, 0

    def read(self, timeout_s: float) -> Sequence[CodeWord]:
        """The next words; raises EOFError after the last."""
        if self._file is None or self._ear is None:
            raise DeviceGone(f"{self.port} is not open")
        if self._ended:
            raise EOFError(f"{self.port} has ended")
        limit_ns = self._clock.now_ns() + round(timeout_s * _NS)
        count = round(_BLOCK_S * self.rate_hz) if self._paced else self.rate_hz
        while True:
            if self._paced:
                due_ns = self._instant_ns(self.samples + count)
                self._clock.sleep_until_ns(min(due_ns, limit_ns))
                if due_ns > limit_ns:
                    return []
            sound = self._file.read(count, dtype="float32", always_2d=True)
            self.samples += len(sound)
            heard = list(self._ear.push(sound[:, self._channel])) if len(sound) else []
            if len(sound) < count:
                heard += self._ear.flush()
                self._ended = True
            if heard or self._ended:
                self._words += len(heard)
                return [replace(item.word, at_ns=self._instant_ns(item.at_sample)) for item in heard]

    def _instant_ns(self, sample: float) -> int:
        return self.start_ns + round(sample * _NS / self.rate_hz)

    @property
    def tally(self) -> Tally:
        """What has been seen since `open`."""
        return Tally(self._words, self._ear.refused if self._ear else 0)

    def close(self) -> None:
        """Close the file."""
        made, self._file = self._file, None
        if made is not None:
            made.close()
