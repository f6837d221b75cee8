"""Asks every judge, bounds what they find over every path, and states it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine import __version__
from engine.experience import Rig
from engine.safety.certificate.contributions.flash import FlashContribution, flash_costs
from engine.safety.certificate.contributions.lasting import lasting_costs
from engine.safety.certificate.contributions.motion import MotionContribution, motion_costs
from engine.safety.certificate.contributions.sound import sound_costs
from engine.safety.certificate.document import Certificate, Subject
from engine.safety.certificate.findings import Step
from engine.safety.certificate.judge import judge
from engine.safety.certificate.profile import Profile
from engine.safety.certificate.routes import path_graph
from engine.safety.paths.flow import Flow
from engine.show.certify.material import Made
from engine.show.certify.pictures import RATE_HZ, ScenePictures
from engine.story.feasible import PathStep, Settings, feasible
from engine.story.ink import InkValue
from engine.timeline.program import TriggerSpec


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A certificate, not yet signed, and what it rests on.

    Attributes
    ----------
    certificate : Certificate
    motion : MotionContribution
    flash : FlashContribution
    witnesses : mapping
        By measure and seats, the pieces that its witness passes.
    """

    certificate: Certificate
    motion: MotionContribution
    flash: FlashContribution
    witnesses: Mapping[tuple[str, tuple[str, ...]], tuple[int, ...]]


def certify(
    made: Made, profile: Profile, *, picture_hz: float = RATE_HZ, tell: Callable[[str], None] = lambda _: None
) -> Judged:
    """Judge a package on a rig for a profile.

    Parameters
    ----------
    made : Made
    profile : Profile
    picture_hz : float
        How often the picture is drawn in a second of show; 0: not at all, and flashes are not measured.
    tell : callable
        Told what is being judged.

    Raises
    ------
    Unbounded
        A loop of the story has no limit.
    """
    material, story = made.material, made.story
    visits = {node.id: node.visits for node in story.scenes if node.visits is not None}
    graph = path_graph(material.pieces, made.names, visits, story.limits)
    flow = Flow(graph)  # a loop without a limit is named before anything is computed
    tell("seats")
    motion = motion_costs(material, profile)
    tell("amounts")
    lasting = lasting_costs(material)
    tell("sound")
    sound = sound_costs(material, profile.full_scale_db)
    tell("flashes")
    pictures = ScenePictures(material.package, picture_hz) if picture_hz > 0.0 else None
    try:
        flash = flash_costs(material, pictures)
    finally:
        if pictures is not None:
            pictures.close()
    tell("every path")
    plays = _Plays(made)
    measured = (*motion.measured, *lasting.measured, *sound.measured, *flash.measured)
    judgements = judge(measured, graph, material.pieces, made.names, profile.limits, plays.played, flow=flow)
    findings = tuple(judgement.finding for judgement in judgements)
    known = {finding.measure for finding in findings}
    notes = [*motion.notes, *lasting.notes, *sound.notes, *flash.notes]
    notes += [
        f"{count} x {code} in the story, read conservatively" for code, count in story.counted().items()
    ]
    notes += _live_notes(material.rig)
    certificate = Certificate(
        package=Subject(material.package.id, material.package.hash),
        rig=Subject(material.rig.name.get("en", material.rig.path.stem), material.rig.hash),
        profile=Subject(profile.stem, profile.hash),
        tool_version=__version__,
        issued="",
        findings=findings,
        notes=tuple(notes),
        missing=tuple(name for name in profile.limits if name not in known),
    )
    witnesses = {(one.finding.measure, one.finding.seats): one.stops for one in judgements}
    return Judged(certificate, motion, flash, witnesses)


def _live_notes(rig: Rig) -> list[str]:
    """What nobody can judge beforehand."""
    return [
        f"{spec.name} is moved by live motion as well ({spec.live}): not judged; its limits and these doses are kept while it runs"
        for spec in rig.devices
        if spec.live
    ]


class _Plays:
    """Whether the story really goes along a path, whatever its guests may set on the way."""

    def __init__(self, made: Made) -> None:
        self._story_json = made.material.package.story_json
        self._settings: Settings = {
            scene.id: sets for scene in made.material.package.scenes if (sets := _sets(scene.triggers))
        }

    def played(self, steps: tuple[Step, ...]) -> bool:
        return feasible(
            self._story_json, [PathStep(step.scene, step.option) for step in steps], settings=self._settings
        ).played


def _sets(triggers: Sequence[TriggerSpec]) -> tuple[tuple[str, InkValue], ...]:
    return tuple(pair for trigger in triggers for pair in trigger.do.set)
