"""Everything a rig's families say of their settings, all at once and before anything is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.bus.governor import leg_shares
from engine.bus.listen import make_sources
from engine.bus.live_motion import make_sources as make_live
from engine.bus.loop import BusDevice
from engine.bus.permits import make_sources as make_permits
from engine.bus.registry import create_drivers
from engine.bus.setup import bus_devices
from engine.bus.timecode.factory import check_port
from engine.errors import InputError, Place, Problem, RigError
from engine.experience import Bindings, Rig
from engine.experience.bundled import shown_file
from engine.experience.venue import Venue
from engine.motion.platforms.check import problems_of
from engine.show.standby.link import parse_listen
from engine.timeline.roles import RoleTable
from engine.timeline.yamlsource import load_yaml

# What axes lose to their legs is told below these shares of what the rig gives them.
_FULL = 0.995
_LITTLE = 0.5


def checked_devices(rig: Rig, bindings: Bindings, roles: RoleTable) -> tuple[BusDevice, ...]:
    """The devices of a rig with what they are to play; its inputs and permits are tried as well.

    Raises
    ------
    RigError
        With the mistakes of every device, input and permit.
    """
    devices: tuple[BusDevice, ...] = ()
    problems: list[Problem] = []

    def make_devices() -> None:
        nonlocal devices
        devices = bus_devices(create_drivers(rig.devices), bindings, roles, rig)

    tries: tuple[Callable[[], object], ...] = (
        make_devices,
        lambda: make_sources(rig.venue.inputs),
        lambda: make_permits(rig.venue.permits),
        lambda: make_live(rig.venue.live_motion),
    )
    for attempt in tries:
        try:
            attempt()
        except RigError as error:
            problems.extend(error.problems)
    problems.extend(_ties(rig.venue))
    problems.extend(problem for problem in problems_of(rig) if problem.severity == "error")
    problems.extend(problem for problem in sound_problems(rig) if problem.severity == "error")
    if problems:
        raise RigError(problems)
    return devices


def leg_problems(devices: Sequence[BusDevice], rig: Rig) -> list[Problem]:
    """Warnings of axes that their legs hold back: nothing is exceeded, but seats move more slowly than the rig's limits say."""
    specs = {spec.name: spec for spec in rig.devices}
    found = []
    for device in devices:
        spec = specs.get(device.driver.name)
        if device.legs is None or spec is None:
            continue
        speed, brake = leg_shares(device.driver.channels, device.legs)
        if speed >= _FULL and brake >= _LITTLE:
            continue
        found.append(
            Problem(
                spec.place_of("platform"),
                f"{spec.name}: its legs leave {speed:.0%} of the axes' speeds at worst, and {brake:.0%} of their "
                f"acceleration to stops of all axes at once; it keeps to that, so stops and ways home take longer. "
                f"Narrower limits of the axes lose less",
                severity="warning",
                code="legs",
            )
        )
    return found


def sound_problems(rig: Rig) -> list[Problem]:
    """Loudspeakers that cannot be panned to, and, as warnings, those that stand where their layout would not have them."""
    from engine.audio.speakers.venue import remarks

    place = Place(str(rig.path))
    found: list[Problem] = []
    for output in rig.audio.outputs:
        try:
            found.extend(
                Problem(place, line, severity="warning", code="loudspeakers") for line in remarks(output)
            )
        except InputError as error:
            found.append(Problem(place, f"audio output {output.name}: {error.message}", code="loudspeakers"))
    return found


def head_problems(path: Path) -> list[Problem]:
    """SOFA files of a rig's headphones that cannot be used; it reads the rig's text, whatever else is wrong with it.

    In a show the engine's own head is heard instead of such a one, and that is said.
    """
    from engine.audio.hrtf.apart import read_sofa_apart

    data, places = load_yaml(path, shown=shown_file(path), problems=[])
    audio = data.get("audio") if isinstance(data, dict) else None
    outputs = audio.get("outputs") if isinstance(audio, dict) else None
    said: dict[Path, str] = {}
    found: list[Problem] = []
    for index, output in enumerate(outputs if isinstance(outputs, list) else []):
        named = output.get("hrtf") if isinstance(output, dict) else None
        if not isinstance(named, str):
            continue
        file = path.parent / Path(named).expanduser()
        if file.suffix.lower() != ".sofa" or not file.is_file():
            continue  # that is said of the rig
        if file not in said:
            try:
                read_sofa_apart(file)
                said[file] = ""
            except InputError as error:
                said[file] = error.message.removeprefix(f"{file}: ")
        if said[file]:
            place = places.of(("audio", "outputs", index, "hrtf"))
            found.append(Problem(place, f"{named}: {said[file]}", code="head"))
    return found


def _ties(venue: Venue) -> Iterator[Problem]:
    """Ports of timecode that cannot carry it, and a meeting place that is none."""
    follow = () if venue.follow is None else (venue.follow,)
    for spec in (*follow, *venue.send):
        try:
            check_port(spec.wire, spec.port, spec.rate, sends=spec is not venue.follow)
        except InputError as error:
            yield Problem(spec.place, f"timecode {spec.wire}: {error}", code="timecode")
    try:
        parse_listen(venue.standby.listen)
    except InputError as error:
        yield Problem(venue.standby.place, str(error), code="standby")
