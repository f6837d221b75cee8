"""What goes where in a recording: ``/fader/1=light.street``, ``/1/1,/1/2,/1/3=light.hero``, ``/note/1/36=seat.shaker``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.bus.listen import address_matches
from engine.errors import UsageError
from engine.timeline.roles import RoleTable
from engine.units import MOTION_AXES

Kind = Literal["level", "color", "motion", "haptic", "transient"]
KINDS: tuple[Kind, ...] = ("level", "color", "motion", "haptic", "transient")
COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "level": ("level",),
    "color": ("red", "green", "blue"),
    "motion": MOTION_AXES,
    "haptic": ("amplitude",),
    "transient": ("intensity",),
}
_EXAMPLE = (
    "write ADDRESS=ROLE, as /fader/1=light.street; several addresses for several components as "
    "/1/1,/1/2,/1/3=light.hero; one axis as /seat/heave=seat.motion.heave; a kind as :transient; a factor and what is added as *0.01-1.6"
)
_FORM = re.compile(
    r"(?:(?P<input>[A-Za-z_][\w-]*):)?(?P<addresses>/[^=]*)=(?P<role>[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)"
    r"(?:\.(?P<component>[a-z]+))?(?::(?P<kind>[a-z]+))?(?:\*(?P<scale>[-+]?[0-9.]+(?:e[-+]?\d+)?))?(?P<offset>[-+][0-9.]+)?\Z"
)


@dataclass(frozen=True, slots=True)
class Map:
    """One ``--map``.

    Attributes
    ----------
    input : str
        The source it is about; empty for any.
    addresses : tuple of str
        One, whose values are the components in order, or one a component.
    role : str
    kind : str
        One of `KINDS`.
    component : int or None
        The one component it is about.
    scale, offset : float
        Every value is multiplied by the one, then the other is added: to 0..1, metres, degrees, and to where a seat's zero is.
    """

    input: str
    addresses: tuple[str, ...]
    role: str
    kind: Kind
    component: int | None
    scale: float
    offset: float = 0.0

    @property
    def width(self) -> int:
        """Components of the kind."""
        return len(COMPONENTS[self.kind])

    def places(self, source: str, address: str, values: int) -> list[tuple[int, int]]:
        """Which value of a signal becomes which component: ``(value, component)`` pairs, none for another signal."""
        if self.input not in ("", source):
            return []
        found: list[tuple[int, int]] = []
        for place, pattern in enumerate(self.addresses):
            if not address_matches(pattern, address):
                continue
            if len(self.addresses) > 1:
                found.append((0, place))
            elif self.component is not None:
                found.append((0, self.component))
            elif self.kind == "color" and values == 1:
                found.extend((0, i) for i in range(self.width))  # a grey
            else:
                found.extend((i, i) for i in range(min(values, self.width)))
        return found


def parse_map(text: str, roles: RoleTable | None = None) -> Map:
    """Read one ``--map``.

    Parameters
    ----------
    text : str
    roles : RoleTable, optional
        Of the package the recording is for: then the role must be there, and says what kind it is. Without, the kind is
        guessed from the address and the role's name.

    Raises
    ------
    UsageError
    """
    found = _FORM.match(text.strip())
    if found is None:
        raise UsageError(f"--map {text!r} is not understood; {_EXAMPLE}")
    addresses = tuple(part.strip() for part in found["addresses"].split(","))
    if not all(address.startswith("/") and len(address) > 1 for address in addresses):
        raise UsageError(f"--map {text!r}: every address begins with a slash; {_EXAMPLE}")
    role = found["role"]
    component_name = found["component"]
    kind = _kind(text, found["kind"], role, addresses, component_name, roles)
    component: int | None = None
    if component_name is not None:
        if component_name not in COMPONENTS[kind]:
            raise UsageError(
                f"--map {text!r}: a {kind} has no {component_name!r}; it has {', '.join(COMPONENTS[kind])}"
            )
        if len(addresses) > 1:
            raise UsageError(f"--map {text!r}: one component has one address")
        component = COMPONENTS[kind].index(component_name)
    if len(addresses) > len(COMPONENTS[kind]):
        raise UsageError(
            f"--map {text!r}: {len(addresses)} addresses for a {kind}, which has "
            f"{len(COMPONENTS[kind])}: {', '.join(COMPONENTS[kind])}"
        )
    try:
        scale, offset = float(found["scale"] or 1.0), float(found["offset"] or 0.0)
    except ValueError:
        wrong = f"{found['scale'] or ''} {found['offset'] or ''}".strip()
        raise UsageError(f"--map {text!r}: {wrong!r} is no factor or no number to add") from None
    return Map(found["input"] or "", addresses, role, kind, component, scale, offset)


def parse_maps(texts: Sequence[str], roles: RoleTable | None = None) -> tuple[Map, ...]:
    """Read every ``--map``; two about one role must agree on its kind.

    Raises
    ------
    UsageError
    """
    maps = tuple(parse_map(text, roles) for text in texts)
    kinds: dict[str, Kind] = {}
    for one in maps:
        if one.kind != "transient" and kinds.setdefault(one.role, one.kind) != one.kind:
            raise UsageError(
                f"--map: {one.role} is a {kinds[one.role]} once and a {one.kind} another time; add :{one.kind} to both"
            )
    return maps


def _kind(
    text: str,
    given: str | None,
    role: str,
    addresses: Sequence[str],
    component: str | None,
    roles: RoleTable | None,
) -> Kind:
    named: Kind | None = next((kind for kind in KINDS if kind == given), None)
    if given is not None and named is None:
        raise UsageError(f"--map {text!r}: {given!r} is no kind; there are {', '.join(KINDS)}")
    notes = all(address.startswith("/note/") for address in addresses)
    if roles is not None:
        spec = roles.get(role)
        if spec is None:
            raise UsageError(
                f"--map {text!r}: the package has no role {role!r}; it has {', '.join(roles.names)}"
            )
        wanted = str(spec.kind.value)
        fitting: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind == wanted)
        if wanted == "haptic":
            fitting = ("transient", "haptic") if notes else ("haptic", "transient")
        elif wanted == "color" and len(addresses) == 1 and named == "level":
            fitting = ("level",)  # a grey
        if named is not None and named not in fitting:
            raise UsageError(f"--map {text!r}: {role} is a {wanted} of the package, not a {named}")
        return named or fitting[0]
    if named is not None:
        return named
    if component in MOTION_AXES or role.endswith(".motion"):
        return "motion"
    if notes:
        return "transient"
    if role.endswith((".shaker", ".haptic", ".rumble")):
        return "haptic"
    return "color" if component in COMPONENTS["color"] or len(addresses) == 3 else "level"
