"""Everything a run needs, loaded and checked before anything starts or moves."""

from __future__ import annotations

import locale
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from engine import __version__
from engine.bus.loop import BusDevice
from engine.errors import UsageError
from engine.experience import Bindings, Package, Rig, load_package, load_rig, resolve
from engine.experience.dose import SeatDose
from engine.show.certified_doses import certified_doses, doses_json, with_doses
from engine.show.conduct.rehearsal import NOBODY
from engine.show.options import PlayOptions
from engine.show.rig_check import checked_devices
from engine.show.standby.rig import as_standby
from engine.show.status import StatusView
from engine.story.ink import Story
from engine.story.journal import JournalHeader
from engine.time import Clock, wall_time_iso
from engine.timeline.evaluate import Evaluator

if TYPE_CHECKING:
    from engine.safety.certificate.document import Certificate

#: What loading consists of, in order, for the bar.
PHASES = ("package", "rig", "story", "viewer")


@dataclass(slots=True)
class Phases:
    """How long each phase of the start took, for the journal and the start-up benchmark."""

    clock: Clock
    tell: Callable[[int, int, str], None] | None = None
    rows: dict[str, float] = field(default_factory=dict)
    _from_ns: int = 0

    def __post_init__(self) -> None:
        self._from_ns = self.clock.now_ns()

    def done(self, name: str) -> None:
        """The phase `name` ends now; the next begins."""
        now_ns = self.clock.now_ns()
        self.rows[name] = self.rows.get(name, 0.0) + (now_ns - self._from_ns) / 1e6
        self._from_ns = now_ns
        if self.tell is not None:
            step = PHASES.index(name) + 1 if name in PHASES else len(PHASES)
            self.tell(step, len(PHASES), PHASES[step] if step < len(PHASES) else "ready")


@dataclass(slots=True)
class Production:
    """One experience on one rig, ready to be played once."""

    package: Package
    rig: Rig
    bindings: Bindings
    devices: tuple[BusDevice, ...]
    story: Story
    language: str
    certificate: Certificate | None = None
    """By which it may play; None where nobody asks for one, or it plays without."""
    unfitted: Package | None = None
    """As it was loaded, where some of its motion is fitted to the rig."""
    doses: Mapping[str, SeatDose] = field(default_factory=dict)
    """By device, what the certificate allows; what the rig itself says is not in here."""

    def evaluator(self) -> Evaluator:
        """The pure function of the show's state."""
        return Evaluator(self.package.scenes, self.package.roles)


def produce(
    options: PlayOptions, phases: Phases, *, doses: Mapping[str, SeatDose] | None = None
) -> Production:
    """Load package, rig and story, and bind them together.

    Parameters
    ----------
    options : PlayOptions
    phases : Phases
    doses : mapping of str to SeatDose, optional
        By device, what a run that is replayed was allowed; otherwise a certificate says so.

    Raises
    ------
    InputError
        With every mistake of the file that is wrong, as file:line.
    """
    package = load_package(options.experience)
    phases.done("package")
    rig = as_standby(load_rig(options.rig)) if options.standby else load_rig(options.rig)
    bindings = resolve(rig, package.roles)
    devices = checked_devices(rig, bindings, package.roles)
    certificate = _admitted(package, rig) if rig.certificate.required and not options.uncertified else None
    if certificate is not None:
        doses = certified_doses(certificate, rig, devices)
    if doses:
        rig = with_doses(rig, doses)
        devices = checked_devices(rig, bindings, package.roles)
    phases.done("rig")
    unfitted: Package | None = None
    if any(program.derived for scene in package.scenes for program in (scene, *scene.reactions)):
        # Here, since most shows draw their motion: nothing has to be loaded for them.
        from engine.motion.cueing.apply import fitted

        unfitted, package = package, fitted(package, rig)
        phases.done("motion")
    story = Story.load(package.story_json, str(package.story_path), seed=options.seed or 0)
    phases.done("story")
    if options.start is not None and options.start[0] not in package.scene_index:
        raise UsageError(
            f"--from {options.start[0]}: there is no such scene; "
            f"there are {', '.join(sorted(package.scene_index))}"
        )
    if options.start is not None:
        nominal_fl = package.scene(options.start[0]).duration.nominal_fl
        if options.start[1] >= nominal_fl:
            raise UsageError(
                f"--from {options.start[0]}: the scene lasts {nominal_fl / 705_600_000:g} s, "
                f"{options.start[1] / 705_600_000:g} s lies behind its end"
            )
    known = package.mentions.option_ids
    for option in options.choices:
        if option != NOBODY and option not in known:
            raise UsageError(
                f"--choices {option}: the story has no such option; it has {', '.join(sorted(known)) or 'none'}, "
                f"and {NOBODY} leaves a choice to its default"
            )
    return Production(
        package,
        rig,
        bindings,
        devices,
        story,
        _language(options.language, package),
        certificate,
        unfitted,
        doses or {},
    )


def _admitted(package: Package, rig: Rig) -> Certificate:
    """The certificate by which a package may play here; what this machine signed itself counts."""
    # Here, since most rigs ask for none, and what checks signatures takes its time to load.
    from engine.safety.certificate.gate import admit
    from engine.safety.certificate.signing import key_folder, own_keys

    return admit(package, rig, (*rig.certificate.trust, *own_keys(key_folder())))


def checked_rig(options: PlayOptions) -> Rig:
    """The rig of a run, once package and rig are found to be without mistake.

    Raises
    ------
    InputError
        With every mistake of the file that is wrong, as file:line.
    """
    package = load_package(options.experience)
    rig = load_rig(options.rig)
    checked_devices(rig, resolve(rig, package.roles), package.roles)
    return rig


def announce(production: Production, view: StatusView) -> None:
    """Say once what a person should know before the show begins."""
    for text in (*production.package.warnings, *production.bindings.notices):
        view.say(str(text))


def _language(asked: str | None, package: Package) -> str:
    if asked is not None:
        if asked not in package.languages:
            raise UsageError(f"--language {asked}: {package.id} has {', '.join(package.languages)}")
        return asked
    of_system = (locale.getlocale()[0] or "").split("_")[0].lower()
    names = {"chinese": "zh", "english": "en"}
    code = names.get(of_system, of_system)
    return code if code in package.languages else package.languages[0]


def versions() -> Mapping[str, str]:
    """Versions of what a run depends on."""
    found = {"sensorama": __version__, "python": platform.python_version(), "system": platform.platform()}
    for name in ("panda3d", "numpy", "inkpython"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _certified(production: Production) -> dict[str, Any]:
    """What a journal keeps of a rig that asks for certificates: by which one it played and what it allowed, or that it played without."""
    if not production.rig.certificate.required:
        return {}
    found = production.certificate
    return {
        "certificate": "none" if found is None else found.signature,
        "doses": doses_json(production.doses),
    }


def header_of(options: PlayOptions, production: Production, session: str, clock: str) -> JournalHeader:
    """The journal's first line: what a replay needs to find and start the same show."""
    speed = options.speed if options.speed else 1
    return JournalHeader(
        package=production.package.id,
        package_hash=production.package.hash,
        rig_hash=production.rig.hash,
        seed=options.seed or 0,
        clock=clock,
        versions=versions(),
        started=wall_time_iso(),
        session=session,
        extra={
            "experience": str(production.package.path),
            "rig": str(production.rig.path),
            "speed": str(speed),
            "start": list(options.start) if options.start else None,
            "guests": len(production.rig.seats),
            **_certified(production),
        },
    )
