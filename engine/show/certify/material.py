"""From names on a command line to what is judged."""

from __future__ import annotations

from dataclasses import dataclass

from engine.experience import load_package, load_rig, resolve
from engine.experience.package import Package
from engine.motion.cueing.apply import fitted
from engine.safety.certificate.contributions.values import Material
from engine.safety.certificate.pieces import pieces_of
from engine.show.rig_check import checked_devices
from engine.story.graph import StoryGraph, build_graph
from engine.timeline.evaluate import Evaluator


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A package on a rig, ready to be judged, and its story."""

    material: Material
    story: StoryGraph
    names: tuple[str, ...]
    """Scene ids by index."""
    authored: Package
    """As it was loaded, before its motion was fitted to the rig."""


def material_of(experience: str, rig_name: str | None) -> Made:
    """Load, check and cut into pieces; nothing is opened.

    Raises
    ------
    InputError
        With every mistake of the file that is wrong.
    """
    package = load_package(experience)
    rig = load_rig(rig_name)
    devices = checked_devices(rig, resolve(rig, package.roles), package.roles)
    authored, package = package, fitted(package, rig)
    story = build_graph(package.story_json, str(package.story_path))
    pieces = pieces_of(package.scenes, package.scene_index, story.edges)
    evaluator = Evaluator(package.scenes, package.roles)
    material = Material(package, rig, pieces, evaluator, devices, rig.tick_hz)
    return Made(material, story, tuple(scene.id for scene in package.scenes), authored)
