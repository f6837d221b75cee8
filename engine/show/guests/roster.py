"""Who sits where, as the conductor knows it: takes what guests say, publishes their profiles.

A pure function of the inputs, like everything a conductor does. A seat's profile begins as the rig has it, and goes back to that when
its guest leaves, not when the next one comes: what an attendant sets while somebody is seated must not be lost by the headset going on.
Photosensitive is the exception: a headset that comes off is no proof that its guest has left the room, so that wish stands until the
next guest arrives, or an attendant says otherwise.
"""

from __future__ import annotations

from engine.experience.headset import COMFORT_LEVELS
from engine.show.conduct.inputs import Guest
from engine.show.conduct.terms import LEAD_NS, Recorder
from engine.show.guests.comfort import comfort_intensities
from engine.show.guests.seating import Seating
from engine.time import SeatProfile, TransportWriter
from engine.units import MODALITIES


class Roster:
    """The guests of one run.

    Parameters
    ----------
    seating : Seating
    writer : TransportWriter
        Takes the profiles.
    record : Recorder
        Told of every change, and of one that could not be made.
    guests : int
        Seats taken to be occupied at first: one that nobody watches never says that its guest has gone.
    """

    def __init__(self, seating: Seating, writer: TransportWriter, record: Recorder, guests: int) -> None:
        self._seating, self._writer, self._record, self._seats = seating, writer, record, guests
        self._absent: set[int] = set()
        self._language = 0
        self._carried: set[int] = set()
        """Seats whose wish for steady light is of a guest who has taken the headset off."""

    @property
    def count(self) -> int:
        """Guests who may decide; at least one, so that a quorum means something while everybody is at the door."""
        return max(1, self._seats - len(self._absent))

    @property
    def absent(self) -> tuple[int, ...]:
        """Seats whose guest has left, ascending."""
        return tuple(sorted(self._absent))

    def lines(self, now_ns: int) -> list[str]:
        """For the operator: seats that play otherwise than authored, and why the lamps are slow."""
        found = []
        for seat, row in sorted(self._writer.transport.profiles_at(now_ns).items()):
            said = [] if row.comfort == 0 else [COMFORT_LEVELS[row.comfort]]
            said += ["photosensitive: all light is averaged"] if row.photosensitive else []
            said += ["empty, at rest"] if not row.present else []
            if said:
                found.append(f"seat {self._seating.place(seat).name}: {', '.join(said)}")
        return found

    def begin(self, now_ns: int) -> None:
        """Publish what the rig says of its seats."""
        for seat, place in enumerate(self._seating.places):
            if place.comfort or place.photosensitive or place.language >= 0:
                self._as_the_rig_has_it(seat, now_ns, now_ns, present=None)
                if self._alone(seat) and place.language >= 0:
                    self._show_speaks(place.language, now_ns)

    def everybody_in(self, language: int, now_ns: int) -> None:
        """The show's own language was set by a person; a guest who is the whole audience is spoken to in it, whatever she said before."""
        self._language = language
        if self._alone(0) and self._writer.transport.profile_at(0, now_ns + LEAD_NS).language >= 0:
            self._publish(0, now_ns, now_ns + LEAD_NS, language=-1)

    def take(self, event: Guest, now_ns: int) -> None:
        """What a guest does, or what is done for her, holds a lead after now."""
        seat, from_ns = event.seat, now_ns + LEAD_NS
        match event.action:
            case "arrived":
                self._absent.discard(seat)
                was = self._writer.transport.profile_at(seat, from_ns)
                steady = self._seating.place(seat).photosensitive if seat in self._carried else None
                self._carried.discard(seat)
                if not was.present or steady is not None:
                    self._publish(seat, now_ns, from_ns, present=True, photosensitive=steady)
            case "left":
                self._absent.add(seat)
                steady = self._writer.transport.profile_at(seat, from_ns).photosensitive
                if steady:
                    self._carried.add(seat)
                gone = False if self._seating.empty_rests else None
                self._as_the_rig_has_it(seat, now_ns, from_ns, present=gone, photosensitive=steady)
                if self._alone(seat):
                    own = self._seating.place(seat).language
                    self._show_speaks(own if own >= 0 else self._language, from_ns)
            case "language":
                self._publish(seat, now_ns, from_ns, language=event.value)
                if self._alone(seat):
                    self._show_speaks(event.value, from_ns)
            case "comfort":
                self._publish(
                    seat,
                    now_ns,
                    from_ns,
                    comfort=event.value,
                    intensities=comfort_intensities(event.value),
                )
            case "photosensitive":
                self._carried.discard(seat)
                self._publish(seat, now_ns, from_ns, photosensitive=bool(event.value))
            case "intensity":
                now = self._writer.transport.profile_at(seat, from_ns).intensities
                i = MODALITIES.index(event.name)
                self._publish(
                    seat, now_ns, from_ns, intensities=(*now[:i], event.value / 1000, *now[i + 1 :])
                )

    def _alone(self, seat: int) -> bool:
        """Whether this seat is the whole audience: then sound and screens speak its language, too."""
        return self._seats <= 1 and seat == 0

    def _show_speaks(self, language: int, from_ns: int) -> None:
        if self._writer.transport.controls_at(from_ns).language != language:
            self._writer.control(from_ns=from_ns, language=language)

    def _as_the_rig_has_it(
        self,
        seat: int,
        now_ns: int,
        from_ns: int,
        *,
        present: bool | None,
        photosensitive: bool | None = None,
    ) -> None:
        place = self._seating.place(seat)
        self._publish(
            seat,
            now_ns,
            from_ns,
            comfort=place.comfort,
            intensities=comfort_intensities(place.comfort),
            photosensitive=place.photosensitive if photosensitive is None else photosensitive,
            language=place.language,
            present=present,
        )

    def _publish(self, seat: int, now_ns: int, from_ns: int, **changes: object) -> None:
        try:
            row: SeatProfile = self._writer.profile(seat, from_ns=from_ns, **changes)  # type: ignore[arg-type]
        except ValueError as error:
            self._record("notice", now_ns, text=f"{self._seating.place(seat).name}: {error}")
            return
        self._record(
            "profile",
            now_ns,
            seat=seat,
            comfort=COMFORT_LEVELS[row.comfort],
            photosensitive=row.photosensitive,
            language=row.language,
            present=row.present,
            intensities=list(row.intensities),
        )
