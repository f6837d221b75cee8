"""Which device plays which role here: a package's roles laid over a rig's, with the rig's declared fallbacks.

A role lists its candidates best first. Each seat takes the first candidate that stands on that seat (or in
the room) and is available; `none` ends the list without a word; a list that runs out is said once per role,
however many seats it concerns. Nothing here fails: one show plays on any rig.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from engine.experience.rig import DeviceSpec, Rig, RoleTarget
from engine.timeline.roles import RoleSpec, RoleTable

ROOM = -1


@dataclass(frozen=True, slots=True)
class Binding:
    """One role, as one device plays it.

    Parameters
    ----------
    role : str
        Name of the role.
    role_index : int
        Its position in the package's `RoleTable`.
    seat : int
        Whose value is played: index of a seat, or -1 for the room's.
    device : str
        Name of the device in the rig.
    group : str or None
        Part of the device: a fixture, a zone, an actuator.
    rendered_as : str or None
        How a device of another kind renders it (`rumble`); None when it fits as it is.
    gain : float
        0..1, from the rig.
    rank : int
        0 for the first choice, higher for a fallback.
    """

    role: str
    role_index: int
    seat: int
    device: str
    group: str | None = None
    rendered_as: str | None = None
    gain: float = 1.0
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the operator should know before the show; never an error."""

    role: str
    message: str

    def __str__(self) -> str:
        return f"{self.role}: {self.message}"


@dataclass(frozen=True, slots=True)
class Bindings:
    """All bindings of a show on a rig, in the order of the package's roles, then of seats."""

    bindings: tuple[Binding, ...]
    notices: tuple[Notice, ...]

    def of_device(self, name: str) -> tuple[Binding, ...]:
        """Give the bindings that a device has to play."""
        return tuple(binding for binding in self.bindings if binding.device == name)

    def of_role(self, role: str, seat: int | None = None) -> tuple[Binding, ...]:
        """Give the bindings of a role, of all seats or of one (-1 for the room)."""
        return tuple(
            binding
            for binding in self.bindings
            if binding.role == role and (seat is None or binding.seat == seat)
        )

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the devices in use, each once."""
        return tuple(dict.fromkeys(binding.device for binding in self.bindings))


def resolve(rig: Rig, roles: RoleTable, *, unavailable: Collection[str] = ()) -> Bindings:
    """Bind a package's roles to a rig's devices.

    Parameters
    ----------
    rig : Rig
        The venue.
    roles : RoleTable
        The roles of the package.
    unavailable : collection of str
        Devices that could not be opened or have gone: their roles go to the next candidate.

    Returns
    -------
    Bindings
        Also what was left out or stepped down, one notice per role.
    """
    devices = {device.name: device for device in rig.devices}
    bindings: list[Binding] = []
    notices: list[Notice] = []
    for index, role in enumerate(roles):
        if role.picture_only:
            continue
        targets = rig.roles.get(role.name)
        if targets is None and any(shaker.role == role.name for shaker in rig.audio.shakers):
            continue  # a channel of the mixer renders it
        if targets is None:
            left_out = "for a headset's controllers alone" if role.name.startswith("hand.") else "left out"
            notices.append(Notice(role.name, f"{left_out}, the rig {rig.path.name} does not map it"))
            continue
        chosen = tuple(target for target in targets if not target.also)
        beside = [target for target in targets if target.also and target.device is not None]
        found, missing = _candidates(role, chosen, devices, len(rig.seats), frozenset(unavailable))
        if beside and not chosen:
            missing = []  # what only mirrors a role is all that was asked for
        bindings.extend(
            Binding(role.name, index, seat, device.name, target.group, target.rendered_as, target.gain, rank)
            for seat, device, target, rank in found
        )
        for target in beside:
            device = devices[target.device or ""]
            if device.name in unavailable:
                continue
            # A role of seats is mirrored as the device's seat has it; on a device of the room, as the room has it.
            bindings.append(
                Binding(
                    role.name,
                    index,
                    device.seat,
                    device.name,
                    target.group,
                    target.rendered_as,
                    target.gain,
                    0,
                )
            )
        message = _message(rig, found, missing)
        if message:
            notices.append(Notice(role.name, message))
    return Bindings(tuple(bindings), tuple(notices))


_Found = tuple[int, DeviceSpec, RoleTarget, int]


def _candidates(
    role: RoleSpec,
    targets: tuple[RoleTarget, ...],
    devices: dict[str, DeviceSpec],
    seat_count: int,
    unavailable: frozenset[str],
) -> tuple[list[_Found], list[int]]:
    """Find who plays a role, and the seats for which the list ran out (-1: the room)."""
    found: dict[int, _Found] = {}
    missing: list[int] = []
    for seat in range(seat_count):
        for rank, target in enumerate(targets):
            if target.device is None:
                break  # `none`: left out on purpose
            device = devices[target.device]
            if device.name in unavailable or device.seat not in (ROOM, seat):
                continue
            # A device of the room plays the room's value, once, for however many seats it serves.
            found.setdefault(device.seat, (device.seat, device, target, _rank(targets, rank, seat, devices)))
            break
        else:
            missing.append(seat)
    if role.per == "room" and ROOM in found:
        # The room's value needs no second player on a seat just because that seat is listed further down.
        return [found[ROOM]], []
    if role.per == "room" and len(missing) == seat_count:
        missing = [ROOM]
    return [found[seat] for seat in sorted(found)], missing


def _rank(targets: tuple[RoleTarget, ...], position: int, seat: int, devices: dict[str, DeviceSpec]) -> int:
    """Count the better candidates that this seat could have had; other seats' devices are none."""
    return sum(
        1
        for target in targets[:position]
        if target.device is not None and devices[target.device].seat in (ROOM, seat)
    )


def _message(rig: Rig, found: list[_Found], missing: list[int]) -> str:
    parts: list[str] = []
    stepped = [row for row in found if row[3] > 0]
    if stepped:
        players = ", ".join(
            device.name + (f" as {target.rendered_as}" if target.rendered_as else "")
            for _, device, target, _ in stepped
        )
        parts.append(f"played by its fallback {players}")
    if missing:
        where = (
            ""
            if ROOM in missing or len(missing) == len(rig.seats)
            else " on " + ", ".join(f"seat {rig.seats[seat].name}" for seat in missing)
        )
        parts.append(f"left out{where}, no device of the rig {rig.path.name} can play it")
    return "; ".join(parts)
