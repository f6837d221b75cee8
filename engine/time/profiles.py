"""Who sits where, as followers need it: one row per seat that differs from the default. Pure values, no clock.

A row holds from its instant until a newer one of its seat does. Rows are few (`MAX_PROFILED_SEATS`): a seat without one plays as
authored, so a hall of a thousand seats costs nothing. What the rows mean to a device or a picture is said once, in
`Transport.controls_of` (strength, rest, language) and `Transport.calm_at` (light that must not flash).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.units import MODALITIES

if TYPE_CHECKING:
    from engine.time.segments import Controls

#: Seats that may differ from the default at a time.
MAX_PROFILED_SEATS = 64
#: Rows kept of a seat: the one that holds, one to come, and one that a quick correction has just replaced.
ROWS_OF_A_SEAT = 3
MAX_PROFILES = MAX_PROFILED_SEATS * ROWS_OF_A_SEAT
#: How long a seat that went back to the default keeps its rows: longer than anybody looks back.
_SPENT_AFTER_NS = 1_000_000_000
_EVERY_ROLE = (1 << 128) - 1
_FULL = (1.0,) * len(MODALITIES)


@dataclass(frozen=True, slots=True)
class SeatProfile:
    """What one seat's guest has asked for, from an instant on.

    Parameters
    ----------
    seat : int
        Index of the seat.
    version : int
        Counts up over the run, whatever the seat; the higher one wins.
    from_ns : int
        Host instant from which it holds.
    intensities : tuple of float
        0..1 per modality, in the order of `MODALITIES`; multiplies the live controls' own.
    comfort : int
        0 full, 1 gentle, 2 still: how much the picture narrows while the vehicle moves. What the level does to the senses is in
        `intensities` already.
    photosensitive : bool
        Light and picture are averaged over time, so that nothing flashes.
    language : int
        Index into the package's languages; -1: the live controls'.
    present : bool
        False: nobody sits there, and the seat's devices rest.
    """

    seat: int
    version: int
    from_ns: int
    intensities: tuple[float, ...] = _FULL
    comfort: int = 0
    photosensitive: bool = False
    language: int = -1
    present: bool = True

    def __post_init__(self) -> None:
        if self.intensities == _FULL:
            return  # nearly all rows; they are made anew with every change of the transport
        if len(self.intensities) != len(MODALITIES):
            raise ValueError(
                f"{len(MODALITIES)} intensities needed ({', '.join(MODALITIES)}), got {self.intensities}"
            )
        for name, value in zip(MODALITIES, self.intensities, strict=True):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"intensity of {name} is {value}, allowed 0.0 to 1.0")

    @property
    def is_default(self) -> bool:
        """Whether it asks for nothing: as if there were no row."""
        return self == SeatProfile(self.seat, self.version, self.from_ns)


def newest_by_seat(profiles: Iterable[SeatProfile], host_ns: int) -> Mapping[int, SeatProfile]:
    """Of each seat the row that holds at an instant; seats without one are left out."""
    return {profile.seat: profile for profile in profiles if profile.from_ns <= host_ns}


def trimmed(profiles: tuple[SeatProfile, ...], now_ns: int) -> tuple[SeatProfile, ...]:
    """Rows that can still matter to anybody from `now_ns` on, in order.

    Of each seat what has held for longer than anybody looks back and what came after it, but no more than the last `ROWS_OF_A_SEAT`; a
    seat that has long gone back to the default needs none.
    """
    old_ns = now_ns - _SPENT_AFTER_NS
    kept: list[SeatProfile] = []
    left: dict[int, int] = {}
    for profile in reversed(profiles):
        if left.setdefault(profile.seat, ROWS_OF_A_SEAT):
            left[profile.seat] = 0 if profile.from_ns <= old_ns else left[profile.seat] - 1
            kept.append(profile)
    kept.reverse()
    last = {profile.seat: profile for profile in kept}
    spent = {seat for seat, row in last.items() if row.is_default and row.from_ns <= old_ns}
    return tuple(profile for profile in kept if profile.seat not in spent)


def under(controls: Controls, profile: SeatProfile) -> Controls:
    """The live controls as they hold for one seat: no stronger than either asks, and at rest where nobody sits."""
    return replace(
        controls,
        intensities=tuple(
            ours * theirs for ours, theirs in zip(controls.intensities, profile.intensities, strict=True)
        ),
        language=controls.language if profile.language < 0 else profile.language,
        muted_roles_mask=controls.muted_roles_mask if profile.present else _EVERY_ROLE,
    )
