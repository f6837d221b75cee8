"""From a rig, its bindings and its drivers to what `BusCore` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.bus.budgets import indices_of
from engine.bus.driver import Driver, Form
from engine.bus.legs import LegTable
from engine.bus.live_motion import washout_of
from engine.bus.loop import BusDevice
from engine.bus.mapping import Route, make_route
from engine.errors import InputError, Place, Problem, RigError
from engine.experience.live_motion import LiveMotionSpec
from engine.experience.resolve import Bindings
from engine.experience.rig import DeviceSpec, Rig
from engine.motion.platforms.bounds import LegBounds
from engine.timeline.roles import RoleTable

_PHASED = ("motion", "haptic")


def bus_devices(
    drivers: Sequence[Driver], bindings: Bindings, roles: RoleTable, rig: Rig | None = None
) -> tuple[BusDevice, ...]:
    """Give every driver the routes it is to render.

    Parameters
    ----------
    drivers : sequence of Driver
    bindings : Bindings
        Of the package's roles on the rig.
    roles : RoleTable
    rig : Rig, optional
        For the places in messages.

    Returns
    -------
    tuple of BusDevice
        In the order of `drivers`; a device without a role is there too, and rests. One whose rig names a permit
        starts forbidden.

    Raises
    ------
    RigError
        For roles bound to groups that cannot render them, and platforms whose bounds cannot be found, all at once.

    Notes
    -----
    A seat's phase holds for its devices that play a motion or haptic role, and for all that they play.
    """
    by_name: Mapping[str, Driver] = {driver.name: driver for driver in drivers}
    routes: dict[str, list[Route]] = {driver.name: [] for driver in drivers}
    problems: list[Problem] = []
    for binding in bindings.bindings:
        if binding.device not in by_name:
            continue
        role = roles.roles[binding.role_index]
        try:
            routes[binding.device].append(
                make_route(
                    by_name[binding.device],
                    role=role.name,
                    role_index=binding.role_index,
                    seat=binding.seat,
                    kind=role.kind.value,
                    start=roles.starts[binding.role_index],
                    rest=role.rest_values,
                    modality=role.modality,
                    group=binding.group,
                    rendered_as=binding.rendered_as,
                    gain=binding.gain,
                )
            )
        except InputError as error:
            problems.append(Problem(_place(rig, binding.role, binding.device), error.message, code="route"))
    specs = {spec.name: spec for spec in rig.devices} if rig is not None else {}
    live = {} if rig is None else {row.name: row for row in rig.venue.live_motion}
    found: list[BusDevice] = []
    table = LegTable()
    for driver in drivers:
        spec = specs.get(driver.name)
        legs: LegBounds | None = None
        if spec is not None:
            try:
                legs = table.of(driver, spec.platform)
            except ValueError as error:
                message = f"{driver.name}: {error}"
                problems.append(Problem(spec.place_of("platform"), message, code="platform"))
            problems.extend(_budget_problems(driver, spec))
            if spec.dose is not None and not any(group.form is Form.MOTION for group in driver.groups):
                message = (
                    f"{driver.name} has a dose and moves no seat; give `dose:` to the device that moves it"
                )
                problems.append(Problem(spec.place_of("dose"), message, code="dose"))
            problems.extend(_live_problems(driver, spec, live))
        found.append(
            BusDevice(
                driver,
                tuple(routes[driver.name]),
                forbidden=spec is not None and bool(spec.permit),
                legs=legs,
                budgets={} if spec is None else spec.budgets,
                dose=None if spec is None else spec.dose,
                live=None if spec is None else live.get(spec.live),
                head_m=_head_m(rig, spec),
                phase_ns=_phase_ns(rig, spec, routes[driver.name]),
            )
        )
    if problems:
        raise RigError(problems)
    return tuple(found)


def _budget_problems(driver: Driver, spec: DeviceSpec) -> list[Problem]:
    found = []
    for name, budget in spec.budgets.items():
        purge = () if budget.purge is None else ((budget.purge.channel, ("purge", "channel")),)
        for asked, at in ((name, ()), *purge):
            try:
                indices_of(asked, driver.channels, driver.groups)
            except ValueError as error:
                place = spec.place_of("budgets", name, *at)
                found.append(Problem(place, f"{driver.name}: {error}", code="budget"))
    return found


def _live_problems(driver: Driver, spec: DeviceSpec, live: Mapping[str, LiveMotionSpec]) -> list[Problem]:
    if spec.live not in live:
        return []
    found = []
    if not any(group.form is Form.MOTION for group in driver.groups):
        found.append(
            f"{driver.name} has live motion and moves no seat; give `live:` to the device that moves it"
        )
    try:
        washout_of(live[spec.live].washing, driver.rate_hz)
    except ValueError as error:
        found.append(f"{driver.name}: {error}; raise its rate_hz, or lower the corners of {spec.live}")
    return [Problem(spec.place_of("live"), message, code="live") for message in found]


def _phase_ns(rig: Rig | None, spec: DeviceSpec | None, routes: Sequence[Route]) -> int:
    if rig is None or spec is None or spec.seat < 0:
        return 0
    return rig.seats[spec.seat].phase_ns if any(route.kind in _PHASED for route in routes) else 0


def _head_m(rig: Rig | None, spec: DeviceSpec | None) -> tuple[float, float, float]:
    """The guest's head from the centre of rotation of the seat's platform."""
    if rig is None or spec is None or spec.seat < 0:
        return (0.0, 0.0, 0.0)
    x, y, z = rig.seats[spec.seat].pivot_m
    return (-x, -y, -z)


def _place(rig: Rig | None, role: str, device: str) -> Place:
    if rig is None:
        return Place("rig")
    for target in rig.roles.get(role, ()):
        if target.device == device and target.place is not None:
            return target.place
    return Place(str(rig.path))
