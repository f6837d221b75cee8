"""One play: the real story and the real conductor on a manual clock, from event to event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import SensoramaError
from engine.show.conduct.conductor import Conductor, Ended
from engine.show.guests.seating import Seating
from engine.show.monkey.coverage import NOBODY, Coverage
from engine.show.monkey.guest import Doing, MonkeyGuest
from engine.show.setup import Production
from engine.story.ink import Settled, Story
from engine.time import LocalBlock, TransportWriter

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes
    ----------
    kind : str
        ``story-error``, ``dead-end``, ``endless``, ``crash``, ``fault-ahead`` (an option leads into a fault), ``never`` (not seen),
        ``device``.
    scene : str
    text : str
    """

    kind: str
    scene: str
    text: str


@dataclass(frozen=True, slots=True)
class Play:
    """What came of one play."""

    number: int
    seed: int
    ended: Ended | None
    path: tuple[tuple[str, str], ...]
    done: tuple[tuple[Doing, ...], ...]
    findings: tuple[Finding, ...]


class HintedStory(Story):
    """A story that does not look ahead twice where it has looked before.

    The conductor looks ahead over every option so that followers can load what may come: hints, which change nothing of what is
    played. Here nobody loads anything. So each option of each scene is looked at once, for the faults it may lead into, and remembered.
    """

    seen: dict[tuple[str, str], Settled]

    def peek(self, option_id: str) -> Settled:
        """As `Story.peek`, once for each option of a scene."""
        here = self.present()
        key = (here.beats[-1].scene if here.beats else "", option_id)
        if key not in self.seen:
            self.seen[key] = super().peek(option_id)
        return self.seen[key]


@dataclass(slots=True)
class Player:
    """Plays one production over and over.

    Parameters
    ----------
    production : Production
    endings : sequence of str
        Scenes after which the story may end.
    coverage : Coverage
    most_s : float
        A play that lasts longer than this, s of show, goes on for ever.
    """

    production: Production
    endings: Sequence[str]
    coverage: Coverage
    most_s: float = 6 * 3600.0
    _peeked: dict[tuple[str, str], Settled] = field(default_factory=dict)

    def play(self, number: int, seed: int) -> Play:
        """One play; whatever happens in it is a finding, and nothing is raised."""
        package = self.production.package
        told: list[tuple[str, dict[str, Any]]] = []
        guest = MonkeyGuest(f"{seed}/{number}", self.coverage, len(self.production.rig.seats))
        story = HintedStory.load(package.story_json, str(package.story_path), seed=number)
        assert isinstance(story, HintedStory)
        story.seen = self._peeked
        findings: list[Finding] = []
        conductor = Conductor(
            package=package,
            story=story,
            writer=TransportWriter(LocalBlock()),
            record=lambda kind, now_ns, /, **fields: told.append((kind, fields)) if kind in _KEPT else None,
            guests=len(self.production.rig.seats),
            rehearse=guest,
            seating=Seating.of(self.production.rig, package.languages),
        )
        try:
            conductor.start(0, from_ns=0)
            conductor.advance(round(self.most_s * NS_PER_S))
        except (SensoramaError, ArithmeticError, LookupError, TypeError, ValueError, AssertionError) as error:
            scene = conductor.program.id if conductor.program is not None else ""
            findings.append(Finding("crash", scene, f"{type(error).__name__}: {error}"))
        path = self._count(told)
        findings += self._judge(conductor, told)
        return Play(number, seed, conductor.ended, path, tuple(guest.done), tuple(findings))

    def _count(self, told: Sequence[tuple[str, dict[str, Any]]]) -> tuple[tuple[str, str], ...]:
        path: list[tuple[str, str]] = []
        for kind, fields in told:
            if kind == "beat":
                scene = str(fields["scene"])
                self.coverage.scenes[scene] += 1
                if path:
                    self.coverage.ways[path[-1][0], scene] += 1
                path.append((scene, ""))
            elif kind == "commit" and path:
                option = str(fields["option"])
                path[-1] = (path[-1][0], option)
                if option != NOBODY:
                    self.coverage.taken[path[-1][0], option] += 1
        return tuple(path)

    def _judge(self, conductor: Conductor, told: Sequence[tuple[str, dict[str, Any]]]) -> list[Finding]:
        found: list[Finding] = []
        scene = conductor.program.id if conductor.program is not None else ""
        at = ""
        for kind, fields in told:
            text = str(fields.get("text", ""))
            if kind == "beat":
                at = str(fields["scene"])
            if kind == "notice" and "leads into a fault" in text:
                found.append(Finding("fault-ahead", at, text))
        ended = conductor.ended
        if ended is None:
            deadline = conductor.next_deadline_ns()
            text = (
                "the show is held and nothing will happen"
                if deadline is None
                else f"still playing after {self.most_s / 3600:g} h"
            )
            found.append(Finding("endless", scene, text))
        elif ended.how == "failed":
            found.append(Finding("story-error", ended.scene, ended.reason))
        elif ended.how == "ending" and ended.scene not in self.endings and not ended.reason:
            found.append(
                Finding("dead-end", ended.scene, "the story runs out of content here, without '-> END'")
            )
        return found


_KEPT = ("beat", "commit", "notice", "end")
