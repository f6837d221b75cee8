"""Which sound device is meant: by part of its name and of its host interface's. Values only, no sound system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import DeviceGone

# One and the same card comes once per host interface; the first of these is meant when the rig does not say. Those that know
# when a sample reaches the converter, and do not mix and resample behind our back, come first.
_PREFERRED = ("asio", "core audio", "jack", "wasapi", "wdm-ks", "alsa", "directsound", "mme")


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that plays.

    Attributes
    ----------
    index : int
        PortAudio's number; changes when something is plugged in.
    name, api : str
    channels : int
        The most it plays.
    rate_hz : int
        The one it likes best.
    default : bool
        Whether the system would choose it.
    """

    index: int
    name: str
    api: str
    channels: int
    rate_hz: int
    default: bool = False

    def __str__(self) -> str:
        ways = "1 channel" if self.channels == 1 else f"{self.channels} channels"
        return f"{self.name} ({self.api}, {ways})"


def found_devices(
    rows: Sequence[Mapping[str, Any]], apis: Sequence[Mapping[str, Any]], default: int
) -> tuple[FoundDevice, ...]:
    """PortAudio's tables as values; what does not play is left out.

    Parameters
    ----------
    rows, apis : sequence of mapping
        As `sounddevice.query_devices` and `query_hostapis` have them.
    default : int
        Index of the system's choice; -1 none.
    """
    return tuple(
        FoundDevice(
            index=number,
            name=str(row["name"]),
            api=str(apis[int(row["hostapi"])]["name"]),
            channels=int(row["max_output_channels"]),
            rate_hz=round(float(row["default_samplerate"])),
            default=number == default,
        )
        for number, row in enumerate(rows)
        if int(row["max_output_channels"]) > 0
    )


def choose(devices: Sequence[FoundDevice], name: str | None = None, api: str | None = None) -> FoundDevice:
    """The device that is meant.

    Parameters
    ----------
    devices : sequence of FoundDevice
    name : str or None
        Its name or part of it, in any case; the whole name is preferred to a part. None: the system's choice.
    api : str or None
        The same for the host interface (``ALSA``, ``JACK``, ``ASIO``, ``WASAPI``, ``Core Audio``).

    Raises
    ------
    DeviceGone
        When there is none; names those there are.
    """
    there = [one for one in devices if api is None or api.casefold() in one.api.casefold()]
    if name is not None:
        wanted = name.casefold()
        whole = [one for one in there if one.name.casefold() == wanted]
        there = whole or [one for one in there if wanted in one.name.casefold()]
    elif any(one.default for one in there):
        there = [one for one in there if one.default]
    if not there:
        what = "a sound device" if name is None else f"sound device {name!r}"
        where = "" if api is None else f" on {api!r}"
        listed = "; ".join(str(one) for one in devices) or "none"
        raise DeviceGone(f"{what}{where} is not there; there are: {listed}")
    return min(there, key=_rank)


def _rank(device: FoundDevice) -> int:
    return next(
        (rank for rank, name in enumerate(_PREFERRED) if name in device.api.casefold()), len(_PREFERRED)
    )
