"""The story: ink behind a thin interface that knows scenes, line ids and option ids, and nothing of time.

ink never waits. To *settle* it is to read lines until the next choice (or the end); one settle can cross
several scenes, so it gives an ordered list of beats. Tags carry the binding to the rest of the show::

    === hall
    # scene: hall                      begins a beat; ink shows it on the first line of the scene only
    # visits: 3                        how often a play may enter it (none: no limit)
    The doors open. # id: hall_A1      the key of caption and voice
    + [Stay # id: stay # default]      options are known by id, since ink's own paths change with any edit

Lines before the first scene of a settle (the echo of a choice, a last word of the old scene) belong to the
beat that follows. Tags are split at the first colon, spaces around both parts are dropped.

Runtime: inkpython 0.1.0, chosen over bink because a fault in a story raises here and ends the process there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import inkpython

from engine.errors import InputError, Place, StoryError
from engine.story.tags import split_tag, tag_value
from engine.story.visits import Visits, declared_visits

OLDEST_INK_VERSION = 18
NEWEST_INK_VERSION = 21
"""Formats of compiled ink that inkpython 0.1.0 reads (its engine/story.py)."""

__all__ = [
    "MAX_STEPS_PER_SETTLE",
    "NEWEST_INK_VERSION",
    "OLDEST_INK_VERSION",
    "SNAPSHOT_SCHEMA",
    "Beat",
    "InkValue",
    "Line",
    "Option",
    "Settled",
    "Story",
    "parse_compiled",
    "split_tag",
    "tag_value",
]

SNAPSHOT_SCHEMA = "sensorama.story/1"

# A settle of a large story takes some thousand steps. A divert in a circle without a choice would take for
# ever; a hundred thousand steps are about a second.
MAX_STEPS_PER_SETTLE = 100_000

InkValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story.

    Parameters
    ----------
    id : str
        Value of its ``id:`` tag; empty when it has none.
    text : str
        As written, without the final newline.
    tags : tuple of str
        All its tags as written, in order.
    """

    id: str
    text: str
    tags: tuple[str, ...] = ()

    def tag(self, key: str) -> str | None:
        """Value of the first tag with this key, or None."""
        return tag_value(self.tags, key)

    def scenes(self) -> tuple[str, ...]:
        """Values of its ``scene:`` tags, in order."""
        return tuple(value for key, value in map(split_tag, self.tags) if key == "scene")


@dataclass(frozen=True, slots=True)
class Beat:
    """One visit of one scene.

    Parameters
    ----------
    scene : str
        Value of the ``scene:`` tag.
    lines : tuple of Line
        What the story says in it, in order.
    """

    scene: str
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One way on.

    Parameters
    ----------
    id : str
        Value of its ``id:`` tag; unique at its choice point.
    text : str
        As written.
    tags : tuple of str
        All its tags as written.
    is_default : bool
        Whether it carries the tag ``default``.
    """

    id: str
    text: str
    tags: tuple[str, ...] = ()
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """Where the story stands: what is to be shown, then what may be chosen.

    Parameters
    ----------
    beats : tuple of Beat
        In order; empty when the story ended without another scene.
    options : tuple of Option
        In the order of the story; empty at the end.
    ended : bool
        Whether there is nothing after the beats.
    withdrawn : tuple of str
        Ids of options that ink offers and the limits of scenes (``# visits: N``) do not allow.
    over : str
        The scene that the story would have entered over its limit, and ends instead; empty when that is not why it ends.
    said : tuple of str
        What the limits changed here, in sentences, for the log.
    """

    beats: tuple[Beat, ...] = ()
    options: tuple[Option, ...] = ()
    ended: bool = False
    withdrawn: tuple[str, ...] = ()
    over: str = ""
    said: tuple[str, ...] = ()


class _BoundedInk(inkpython.Story):
    """inkpython's story, with a bound on the steps of one settle, and a memory of where it was.

    The bound: no story can hang the show. The memory: after a fault the runtime has forgotten its place.
    """

    steps_left = MAX_STEPS_PER_SETTLE
    _last: tuple[Any, int] | None = None

    def Step(self) -> None:
        pointer = self.state.currentPointer
        if not pointer.isNull:
            self._last = (pointer.container, pointer.index)
        self.steps_left -= 1
        if self.steps_left < 0:
            raise StoryError(
                f"it runs in a circle: {MAX_STEPS_PER_SETTLE} steps without a choice or an end; "
                "put a choice into the circle, or end it",
                self.last_path(),
            )
        super().Step()

    def last_path(self) -> str:
        """ink path of the last step; empty before the first."""
        if self._last is None:
            return ""
        container, index = self._last
        path = str(container.path)
        return f"{path}.{index}" if index >= 0 else path


class Story:
    """A running story.

    Made by `Story.load`. One thread at a time. Faults of the story raise `StoryError` with the ink path;
    after one, only `restore` brings it back.
    """

    def __init__(self, ink: _BoundedInk, origin: str, seed: int, visits: Visits | None = None) -> None:
        self._ink = ink
        self._visits = Visits() if visits is None else visits
        self._origin = origin
        self._seed = seed
        self._settled: Settled | None = None
        self._broken = False

    @classmethod
    def load(cls, compiled_json: str, origin: str = "story.ink.json", *, seed: int = 0) -> Story:
        """Make a story from compiled ink.

        Parameters
        ----------
        compiled_json : str
            Text of the compiled story; a byte order mark is allowed.
        origin : str
            The file it came from, for messages.
        seed : int, default 0
            Of the story's own RANDOM; without one inkpython would take it from the clock. The story's own
            SEED_RANDOM overrides it.

        Raises
        ------
        InputError
            When the text is not compiled ink of a version this runtime reads, or declares limits of visits that are none.
        """
        place = Place(origin)
        tree = parse_compiled(compiled_json, place)
        limits, wrong = declared_visits(tree["root"]) if "visits" in compiled_json else ({}, {})
        if wrong:
            raise InputError("; ".join(wrong.values()), place)
        try:
            ink = _BoundedInk(tree)
        except Exception as error:  # anything at all: the library reads the tree without checking it
            raise InputError(
                f"compiled ink that cannot be read ({error}); compile it again", place
            ) from error
        story = cls(ink, origin, seed, Visits(limits))
        story._seed_random()
        return story

    def _seed_random(self) -> None:
        self._ink.state.storySeed = self._seed
        self._ink.state.previousRandom = 0

    def bind(self, name: str, function: Callable[..., InkValue | None]) -> None:
        """Give the story's ``EXTERNAL name(...)`` a body.

        Notes
        -----
        Bound as look-ahead-unsafe: inkpython reads one line further than it shows and would otherwise call it
        twice. `peek` calls it too, so it must have no effect; a story acts on the show through its tags.
        """
        self._ink.BindExternalFunctionGeneral(name, lambda args: function(*args), False)

    def settle(self) -> Settled:
        """Read on to the next choice or the end, within the limits of the scenes.

        An option that would lead straight into a scene over its limit is withdrawn; with none left, or where the story runs into
        such a scene by itself, it ends.

        Raises
        ------
        StoryError
            When the story fails, or offers options that cannot be told apart.
        """
        self._settled = self._within_limits(self._read())
        return self._settled

    def _read(self) -> Settled:
        """What ink says up to the next choice or the end."""
        self._ink.steps_left = MAX_STEPS_PER_SETTLE
        beats: list[Beat] = []
        scene: str | None = None
        lines: list[Line] = []
        while self._ink.canContinue:
            line = self._next_line()
            # Several on one line: scenes of which all but the last say nothing.
            for named in line.scenes():
                if scene is not None:
                    beats.append(Beat(scene, tuple(lines)))
                    lines = []
                scene = named
                if not named:
                    raise StoryError(
                        f"the tag 'scene:' of line '{line.text or line.id}' names no scene", self._path()
                    )
            if line.text or line.id:
                lines.append(line)
        if scene is not None:
            beats.append(Beat(scene, tuple(lines)))
        options = self._options()
        if options and not beats:
            raise StoryError(
                f"it offers {_listed(option.id for option in options)} without a scene to show them in; "
                "put a '# scene:' tag on the line before",
                self._path(),
            )
        return Settled(tuple(beats), options, ended=not options)

    def _within_limits(self, read: Settled) -> Settled:
        visits = self._visits
        if not visits.limits:
            return read
        for place, beat in enumerate(read.beats):
            if visits.full(beat.scene):
                said = f"the story ends here: {visits.said(beat.scene)}, and it leads there again"
                return Settled(read.beats[:place], (), ended=True, over=beat.scene, said=(said,))
            visits.enter(beat.scene)
        if not read.options or not visits.any_full():
            return read
        first = {option.id: self._first_scene(option.id) for option in read.options}
        over = {option: scene for option, scene in first.items() if visits.full(scene)}
        if not over:
            return read
        said_of = [f"option '{option}' is withdrawn: {visits.said(scene)}" for option, scene in over.items()]
        left = tuple(option for option in read.options if option.id not in over)
        if not left:
            said_of.append("the story ends here: no option is left")
        last = "" if left else next(iter(over.values()))
        return Settled(read.beats, left, not left, tuple(over), last, tuple(said_of))

    def _first_scene(self, option_id: str) -> str:
        """The scene that an option would enter now; empty for none, and where the story would fail on the way."""
        mark = self.snapshot()
        try:
            self._choose(option_id)
            ahead = self._read()
        except StoryError:
            return ""  # who takes this way meets the fault; it is no question of limits
        finally:
            self.restore(mark)
        return ahead.beats[0].scene if ahead.beats else ""

    def present(self) -> Settled:
        """What the last settle gave; settles a story that was never settled."""
        return self._settled if self._settled is not None else self.settle()

    def choose(self, option_id: str) -> Settled:
        """Take an option by its id, and settle.

        Raises
        ------
        StoryError
            When the story fails on the way, or offers no such option.
        """
        options = self.present().options
        if all(option.id != option_id for option in options):
            offered = _listed(option.id for option in options) or "none, the story has ended"
            raise StoryError(f"there is no option '{option_id}' here; offered: {offered}", self._path())
        self._choose(option_id)
        return self.settle()

    def _choose(self, option_id: str) -> None:
        ids = [
            tag_value(tuple(str(tag) for tag in choice.tags or ()), "id")
            for choice in self._ink.currentChoices
        ]
        try:
            self._ink.ChooseChoiceIndex(ids.index(option_id))
        except Exception as error:
            raise self._fault(error) from error

    def peek(self, option_id: str) -> Settled:
        """What choosing an option would give; the story stays where it is.

        Notes
        -----
        Costs some ten milliseconds in a large story: not for the render thread.
        """
        mark = self.snapshot()
        try:
            return self.choose(option_id)
        finally:
            self.restore(mark)

    def jump(self, scene: str) -> None:
        """Go to where a scene begins, for a rehearsal; the next settle starts there.

        Raises
        ------
        InputError
            When no knot or stitch begins with that scene tag, listing the scenes there are.
        """
        starts = self._scene_starts()
        path = starts.get(scene)
        if path is None:
            raise InputError(
                f"no scene '{scene}' begins a knot; allowed: {_listed(starts)}", Place(self._origin)
            )
        self._ink.ChoosePathString(path)
        self._settled = None

    def snapshot(self) -> str:
        """The story's whole state as text; `restore` takes it back, also in another process."""
        state = json.loads(self._ink.state.ToJson())
        present = None if self._settled is None else _settled_to_json(self._settled)
        data = {"schema": SNAPSHOT_SCHEMA, "ink": state, "present": present}
        if self._visits.limits:
            data["visits"] = self._visits.counts
        return json.dumps(data, ensure_ascii=False)

    def restore(self, snapshot: str) -> None:
        """Go back to a snapshot of the same story.

        Raises
        ------
        InputError
            When the text is not a snapshot of this format.
        """
        try:
            data = json.loads(snapshot)
            if data["schema"] != SNAPSHOT_SCHEMA:
                raise ValueError(f"schema {data['schema']!r}, expected {SNAPSHOT_SCHEMA!r}")
            self._ink.steps_left = MAX_STEPS_PER_SETTLE
            if self._broken:
                self._mend()
            self._ink.state.LoadJson(json.dumps(data["ink"], ensure_ascii=False))
            self._settled = None if data["present"] is None else _settled_from_json(data["present"])
            self._visits.counts = {str(scene): int(count) for scene, count in data.get("visits", {}).items()}
        except Exception as error:  # the library takes what it is given without checking it
            raise InputError(f"not a snapshot of this story ({error})", Place(self._origin)) from error

    def variables(self) -> tuple[str, ...]:
        """Names of the story's global variables."""
        return tuple(self._ink.variablesState._defaultGlobalVariables)

    def get_variable(self, name: str) -> InkValue:
        """Value of a global variable; an ink LIST as its text.

        Raises
        ------
        StoryError
            When the story declares no such variable.
        """
        self._check_variable(name)
        value = self._ink.variablesState[name]
        return value if isinstance(value, bool | int | float | str) else str(value)

    def set_variable(self, name: str, value: InkValue) -> None:
        """Set a global variable.

        Raises
        ------
        StoryError
            When the story declares no such variable.
        """
        self._check_variable(name)
        self._ink.variablesState[name] = value

    def knots(self) -> tuple[str, ...]:
        """Names of the story's knots and functions, in its order."""
        return tuple(name for name in self._ink.mainContentContainer.namedContent if name != "global decl")

    def _check_variable(self, name: str) -> None:
        if name not in self.variables():
            raise StoryError(
                f"it declares no variable '{name}'; there are {_listed(self.variables()) or 'none'}"
            )

    def _next_line(self) -> Line:
        try:
            text = str(self._ink.Continue()).strip()
            tags = tuple(str(tag) for tag in self._ink.currentTags or ())
        except Exception as error:
            raise self._fault(error) from error
        return Line(tag_value(tags, "id") or "", text, tags)

    def _options(self) -> tuple[Option, ...]:
        found: list[Option] = []
        for choice in self._ink.currentChoices:
            tags = tuple(str(tag) for tag in choice.tags or ())
            option_id = tag_value(tags, "id")
            if not option_id:
                raise StoryError(
                    f"option '{choice.text}' has no id; write: {choice.text} # id: a_name", choice.sourcePath
                )
            if any(option.id == option_id for option in found):
                raise StoryError(
                    f"two options share the id '{option_id}'; give each its own", choice.sourcePath
                )
            found.append(Option(option_id, choice.text, tags, tag_value(tags, "default") is not None))
        return tuple(found)

    def _scene_starts(self) -> dict[str, str]:
        starts: dict[str, str] = {}
        for path, container in _flow_containers(self._ink.mainContentContainer):
            try:
                tags = self._ink.TagsForContentAtPath(path)
            except Exception:  # an empty knot, or one whose first tag is computed: not a scene we could name
                continue
            scene = tag_value(tags or (), "scene") or tag_value(_tags_ahead(container), "scene")
            if scene:
                starts.setdefault(scene, path)
        return starts

    def _path(self) -> str:
        return self._ink.last_path()

    def _fault(self, error: Exception) -> StoryError:
        """What a fault becomes. Anything may come: the runtime's own, Python's, an EXTERNAL's."""
        self._broken = True
        if isinstance(error, StoryError):
            return error
        if isinstance(error, RecursionError):
            advice = "check for a divert that passes a 'ref' parameter of the same name"
            return StoryError(f"it calls itself without end; {advice}", self._path())
        if isinstance(error, ZeroDivisionError):
            return StoryError("it divides by zero", self._path())
        return StoryError(*_readable(str(error) or type(error).__name__, self._path()))

    def _mend(self) -> None:
        """After a fault the runtime is left in the middle of a line: make it ready for a snapshot."""
        self._ink._recursiveContinueCount = 0
        self._ink._asyncContinueActive = False
        self._ink._stateSnapshotAtLastNewline = None
        self._ink._temporaryEvaluationContainer = None
        self._ink.ResetState()
        self._broken = False


_SUGGESTION = re.compile(r".*The first issue was: ", re.DOTALL)
_RUNTIME_PLACE = re.compile(r"RUNTIME (?:ERROR|WARNING): \(Ink Pointer -> ([^)]*?)(?: -- index (\d+))?\): ")
_RUNTIME = re.compile(r"RUNTIME (?:ERROR|WARNING): (?:'([^']*)' line (\d+): )?")


def _readable(message: str, path: str) -> tuple[str, str]:
    """inkpython's message without its advice to programmers, and the ink path it names if it names one."""
    message = _SUGGESTION.sub("", message)
    place = _RUNTIME_PLACE.match(message)
    if place is not None:
        container, index = place.groups()
        path = container + (f".{index}" if index is not None else "")
        return message[place.end() :], path
    return _RUNTIME.sub("", message), path


def parse_compiled(compiled_json: str, place: Place) -> dict[str, Any]:
    """The JSON tree of a compiled story.

    Raises
    ------
    InputError
        When the text is not compiled ink of a version this runtime reads.
    """
    try:
        tree = json.loads(compiled_json.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise InputError(
            f"not compiled ink: {error.msg} at line {error.lineno}; compile the story again", place
        ) from None
    version = tree.get("inkVersion") if isinstance(tree, dict) else None
    if not isinstance(version, int):
        raise InputError("JSON, but not compiled ink (it has no inkVersion); compile the story again", place)
    if not OLDEST_INK_VERSION <= version <= NEWEST_INK_VERSION:
        raise InputError(
            f"compiled ink of version {version}, this engine reads {OLDEST_INK_VERSION} to "
            f"{NEWEST_INK_VERSION}; compile the story again with ink 1.0 to 1.2 or inkjs 2.x",
            place,
        )
    if not isinstance(tree.get("root"), list):
        raise InputError(
            "compiled ink without a root; the file was cut short, compile the story again", place
        )
    return tree


def _flow_containers(root: Any) -> list[tuple[str, Any]]:
    """Paths of all knots and their stitches."""
    found: list[tuple[str, Any]] = []
    for name, knot in root.namedContent.items():
        if name == "global decl" or not hasattr(knot, "namedContent"):
            continue
        found.append((name, knot))
        found += [
            (f"{name}.{inner}", stitch)
            for inner, stitch in knot.namedContent.items()
            if hasattr(stitch, "namedContent")
        ]
    return found


def _tags_ahead(container: Any) -> tuple[str, ...]:
    """Plain tags on the first line of a container, also those that follow the text."""
    tags: list[str] = []
    open_tag: str | None = None
    while container.content and hasattr(container.content[0], "content"):
        container = container.content[0]
    for item in container.content:
        text = getattr(item, "value", None)
        command = getattr(getattr(item, "commandType", None), "name", "")
        if command == "BeginTag":
            open_tag = ""
        elif command == "EndTag":
            tags.append(open_tag or "")
            open_tag = None
        elif text == "\n":
            break
        elif open_tag is not None and isinstance(text, str):
            open_tag += text
    return tuple(tags)


def _listed(names: Any) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _settled_to_json(settled: Settled) -> dict[str, Any]:
    def rows(beat: Beat) -> list[list[str]]:
        return [[line.id, line.text, *line.tags] for line in beat.lines]

    return {
        "beats": [[beat.scene, rows(beat)] for beat in settled.beats],
        "options": [[option.id, option.text, *option.tags] for option in settled.options],
        "ended": settled.ended,
        "limits": [list(settled.withdrawn), settled.over, list(settled.said)],
    }


def _settled_from_json(data: dict[str, Any]) -> Settled:
    withdrawn, over, said = data.get("limits", ((), "", ()))
    return Settled(
        tuple(
            Beat(scene, tuple(Line(line[0], line[1], tuple(line[2:])) for line in lines))
            for scene, lines in data["beats"]
        ),
        tuple(
            Option(row[0], row[1], tuple(row[2:]), tag_value(row[2:], "default") is not None)
            for row in data["options"]
        ),
        data["ended"],
        tuple(withdrawn),
        over,
        tuple(said),
    )
