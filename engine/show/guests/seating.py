"""The seats of a rig as a show begins with them: what each plays for whoever sits down, and what an empty one does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.experience.headset import COMFORT_LEVELS
from engine.experience.rig import Rig


@dataclass(frozen=True, slots=True)
class Place:
    """One seat before anybody has said anything.

    Attributes
    ----------
    name : str
        The rig's.
    comfort : int
        Index into `COMFORT_LEVELS`.
    photosensitive : bool
    language : int
        Index into the package's languages; -1: that of the show.
    """

    name: str
    comfort: int = 0
    photosensitive: bool = False
    language: int = -1


@dataclass(frozen=True, slots=True)
class Seating:
    """All seats of a rig.

    Attributes
    ----------
    places : tuple of Place
        By the seats' index.
    empty_rests : bool
        Whether the devices of a seat rest that a guest has left.
    """

    places: tuple[Place, ...] = ()
    empty_rests: bool = True

    @classmethod
    def of(cls, rig: Rig, languages: Sequence[str]) -> Seating:
        """The seats of a rig, for a package in these languages; a seat's language that it does not have is left out."""
        return cls(
            tuple(
                Place(
                    name=seat.name,
                    comfort=COMFORT_LEVELS.index(seat.profile.comfort),
                    photosensitive=seat.profile.photosensitive,
                    language=languages.index(seat.language) if seat.language in languages else -1,
                )
                for seat in rig.seats
            ),
            rig.guests.empty_seat == "rest",
        )

    def place(self, seat: int) -> Place:
        """A seat; one that the rig does not have is as plain as can be."""
        return self.places[seat] if 0 <= seat < len(self.places) else Place(f"seat {seat}")
