"""Routes: from the components of a role to the channels of a device.

A role's kind and a group's form need not agree; the table below is the whole of what happens then. Fallbacks
are the rig's decision (``as: rumble``), made when the show is loaded; here they are only carried out.

=======  =========  =========================================================================
role     form       rendering
=======  =========  =========================================================================
same     same       component by component
color    level      luminance, Rec. 709 weights
level    rgb        the same level three times
level    haptic     amplitude, at `DEFAULT_HAPTIC_HZ`
haptic   level      amplitude
motion   haptic     ``rumble``: amplitude from the speed of the pose, see `rumble`
=======  =========  =========================================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.bus.driver import Driver, Form, Group
from engine.bus.seats import NOBODY
from engine.errors import InputError, Place
from engine.time.segments import Controls
from engine.units import MODALITIES

DEFAULT_HAPTIC_HZ = 40.0  # middle of the band tactile exciters under a seat render well (20..80 Hz)
RUMBLE = "rumble"
# Speeds at which a rumble is at full strength: those of a lively seat (250 mm/s, 20 deg/s).
_RUMBLE_MPS = 0.25
_RUMBLE_DPS = 20.0

_RENDERABLE: dict[str, tuple[Form, ...]] = {
    "motion": (Form.MOTION,),
    "color": (Form.RGB, Form.LEVEL),
    "level": (Form.LEVEL, Form.RGB, Form.HAPTIC),
    "haptic": (Form.HAPTIC, Form.LEVEL),
}


@dataclass(frozen=True, slots=True)
class Route:
    """One role on one group of one device.

    Parameters
    ----------
    role : str
    role_index : int
        In the package's role table; the bit of the mute mask.
    seat : int
        Whose value is played; -1 for the room's.
    kind : str
        "level", "color", "motion" or "haptic".
    start : int
        First component in the state vector.
    rest : tuple of float
        The role's rest value, used while it is muted.
    modality : int
        Index into `MODALITIES` of the intensity that scales it; -1 for none.
    form : Form
    channels : tuple of int
        Channels of the device.
    gain : float
        Of the rig, 0..1.
    """

    role: str
    role_index: int
    seat: int
    kind: str
    start: int
    rest: tuple[float, ...]
    modality: int
    form: Form
    channels: tuple[int, ...]
    gain: float = 1.0


def make_route(
    driver: Driver,
    *,
    role: str,
    role_index: int,
    seat: int,
    kind: str,
    start: int,
    rest: Sequence[float],
    modality: str,
    group: str | None = None,
    rendered_as: str | None = None,
    gain: float = 1.0,
    place: Place | None = None,
) -> Route:
    """Bind a role to a group of a device.

    Raises
    ------
    InputError
        When the device has no such group, or none that can render a role of this kind, with what there is.
    """
    if rendered_as not in (None, RUMBLE):
        raise InputError(f"{role} as {rendered_as!r}: unknown rendering; allowed: {RUMBLE}", place)
    if rendered_as == RUMBLE and kind != "motion":
        raise InputError(f"{role} as rumble: only a motion role can rumble, this is a {kind} role", place)
    wanted = (Form.HAPTIC,) if rendered_as == RUMBLE else _RENDERABLE[kind]
    found = _find_group(driver, role, group, wanted, place)
    return Route(
        role=role,
        role_index=role_index,
        seat=seat,
        kind=kind,
        start=start,
        rest=tuple(rest),
        modality=MODALITIES.index(modality) if modality in MODALITIES else -1,
        form=found.form,
        channels=found.channels,
        gain=gain,
    )


def _find_group(
    driver: Driver, role: str, name: str | None, wanted: tuple[Form, ...], place: Place | None
) -> Group:
    listed = ", ".join(f"{group.name} ({group.form.value})" for group in driver.groups)
    forms = " or ".join(form.value for form in wanted)
    if name is not None:
        for group in driver.groups:
            if group.name == name:
                if group.form not in wanted:
                    raise InputError(
                        f"{role} needs a group of form {forms}; {driver.name}.{name} is {group.form.value}",
                        place,
                    )
                return group
        raise InputError(f"{role}: {driver.name} has no group {name!r}; it has {listed}", place)
    for form in wanted:
        fitting = [group for group in driver.groups if group.form is form]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise InputError(
                f"{role}: {driver.name} has several {form.value} groups, say which with `group:`; it has "
                f"{listed}",
                place,
            )
    raise InputError(f"{role} needs a group of form {forms}; {driver.name} has {listed or 'none'}", place)


def rumble(pose: Sequence[float], before: Sequence[float] | None, dt_s: float) -> tuple[float, float]:
    """Amplitude and frequency that stand for a motion nobody can feel.

    The louder of the linear speed over 250 mm/s and the angular speed over 20 deg/s; the pitch of it rises
    with the amplitude from 30 to 60 Hz. Without a pose before (a seam), silence.
    """
    if before is None:
        return 0.0, 30.0
    linear = math.dist(pose[:3], before[:3]) / dt_s / _RUMBLE_MPS
    angular = math.dist(pose[3:6], before[3:6]) / dt_s / _RUMBLE_DPS
    amplitude = min(max(linear, angular), 1.0)
    return amplitude, 30.0 + 30.0 * amplitude


class Mapper:
    """Lays a state vector onto one device's channels.

    Parameters
    ----------
    driver : Driver
    routes : sequence of Route
    dt_s : float
        Time between two commands.

    Notes
    -----
    Several motion routes on one channel add, everything else takes the highest. A channel no route reaches
    stays at its safe value.
    """

    __slots__ = ("_before", "_dt_s", "_idle", "_routes", "_run")

    def __init__(self, driver: Driver, routes: Sequence[Route], dt_s: float) -> None:
        reached = {channel for route in routes for channel in route.channels}
        self._idle = [
            0.0 if index in reached and channel.low <= 0.0 <= channel.high else channel.safe
            for index, channel in enumerate(driver.channels)
        ]
        self._routes = tuple(routes)
        self._dt_s = dt_s
        self._before: list[tuple[float, ...] | None] = [None] * len(routes)
        self._run = -2

    def map(
        self,
        states: Mapping[int, Sequence[float]],
        intensities: Sequence[float],
        muted_mask: int,
        run: int,
        own: Mapping[int, Controls] = NOBODY,
    ) -> list[float]:
        """Channel values wanted by the show.

        Parameters
        ----------
        states : mapping of int to sequence of float
            The package's state vector for each seat a route names.
        intensities : sequence of float
            Per modality.
        muted_mask : int
            Bit i mutes role i.
        run : int
            Changes where the show does not run on continuously (segment index); a rumble falls silent there.
        own : mapping of int to Controls, default none
            Seats for which other intensities and mutes hold (`engine.bus.seats`).
        """
        out = list(self._idle)
        taken: set[int] = set()
        for index, route in enumerate(self._routes):
            strengths, muted = intensities, muted_mask
            if own and (controls := own.get(route.seat)) is not None:
                strengths, muted = controls.intensities, controls.muted_roles_mask
            if muted >> route.role_index & 1:
                components: Sequence[float] = route.rest
            else:
                components = states[route.seat][route.start : route.start + len(route.rest)]
            scale = route.gain if route.modality < 0 else route.gain * strengths[route.modality]
            if route.kind == "motion" and route.form is Form.HAPTIC:
                pose = tuple(components)
                before = self._before[index] if run == self._run else None
                self._before[index] = pose
                amplitude, frequency_hz = rumble(pose, before, self._dt_s)
                values: tuple[float, ...] = (amplitude * scale, frequency_hz)
            else:
                values = _render(route, components, scale)
            for channel, value in zip(route.channels, values, strict=True):
                if channel not in taken:
                    out[channel] = value
                elif route.form is Form.MOTION:
                    out[channel] += value
                else:
                    out[channel] = max(out[channel], value)
            taken.update(route.channels)
        self._run = run
        return out


def _render(route: Route, components: Sequence[float], scale: float) -> tuple[float, ...]:
    form = route.form
    if form is Form.HAPTIC:
        frequency_hz = components[1] if route.kind == "haptic" else DEFAULT_HAPTIC_HZ
        return components[0] * scale, frequency_hz
    if form is Form.LEVEL:
        if route.kind == "color":
            red, green, blue = components
            return (scale * (0.2126 * red + 0.7152 * green + 0.0722 * blue),)
        return (components[0] * scale,)
    if form is Form.RGB and route.kind == "level":
        return (components[0] * scale,) * 3
    return tuple(component * scale for component in components)
