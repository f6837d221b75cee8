"""The one tree of errors, split by whose doing it was.

Every message is written for a person: what happened, the actual value, what is allowed and the next step.
Wrong input names its place as ``file:line``; a whole file's mistakes travel together as `Problem` rows, so
that one run shows all of them.

    SensoramaError            exit status 1   the show or a command failed
    +- InputError             exit status 2   a file or an argument is wrong; nothing has moved yet
    |  +- PackageError        an experience package, all its problems at once
    |  +- RigError            a rig file, all its problems at once
    |  +- JournalError        a journal that cannot be read or does not fit
    |  +- UsageError          a command line that does not make sense
    +- StoryError             the story itself failed while it ran; names the ink path
    +- DeviceError            a device misbehaves
    |  +- DeviceGone          it was there and is not any more
    |  +- DeviceBusy          somebody else holds it
    +- SafetyError            a limit would be broken, or a permissive is missing
    +- OutputError            what we write cannot be written (disk full, no permission)
    +- MissingExtra           an optional dependency is not installed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file something is; prints as ``file:line``.

    Parameters
    ----------
    path : str
        The file, as the reader of the message would type it.
    line : int or None
        1-based line; None when the whole file is meant.
    column : int or None
        1-based column; kept for editors, not printed.
    """

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake (or warning) in one place; prints as ``file:line: message. hint``.

    Parameters
    ----------
    place : Place
        Where.
    message : str
        What is wrong, with the actual and the allowed value; no final full stop needed.
    hint : str
        What to do next; may be empty.
    severity : {"error", "warning"}
        A warning never stops a show.
    code : str
        Short stable identifier (``"window-order"``) for tests and editors; may be empty.
    """

    place: Place
    message: str
    hint: str = ""
    severity: Severity = "error"
    code: str = ""

    def __str__(self) -> str:
        mark = "warning: " if self.severity == "warning" else ""
        text = f"{self.place}: {mark}{self.message}"
        if not self.hint:
            return text
        stop = "" if text.endswith((".", "!", "?")) else "."
        return f"{text}{stop} {self.hint}"


class SensoramaError(Exception):
    """Base of everything we raise on purpose. Its text is shown to the user as it stands."""

    exit_status: ClassVar[int] = 1


class InputError(SensoramaError):
    """A file or an argument is wrong.

    Parameters
    ----------
    message : str
        What is wrong, actual value, allowed values, next step.
    place : Place or None
        Where; printed before the message.
    """

    exit_status: ClassVar[int] = 2

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message if place is None else f"{place}: {message}")
        self.message = message
        self.place = place


class _ProblemsError(InputError):
    """Input that was read to its end; carries every problem found, errors before warnings."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        if not problems:
            raise ValueError(f"{type(self).__name__} needs at least one problem, got none")
        ordered = sorted(problems, key=lambda p: (p.severity != "error", p.place.path, p.place.line or 0))
        self.problems: tuple[Problem, ...] = tuple(ordered)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PackageError(_ProblemsError):
    """An experience package is wrong; `problems` holds every mistake found in it."""


class RigError(_ProblemsError):
    """A rig file is wrong; `problems` holds every mistake found in it."""


class JournalError(InputError):
    """A journal cannot be read, or does not belong to the package or rig at hand."""


class UsageError(InputError):
    """The command line asks for something that does not make sense."""


class StoryError(SensoramaError):
    """The story failed while it ran.

    Parameters
    ----------
    message : str
        What the ink runtime says.
    ink_path : str
        The ink container path (``"market.0.g-0"``) or knot where it happened; empty when unknown.
    """

    def __init__(self, message: str, ink_path: str = "") -> None:
        super().__init__(f"story: {message} (at ink path '{ink_path}')" if ink_path else f"story: {message}")
        self.message = message
        self.ink_path = ink_path


class DeviceError(SensoramaError):
    """A device misbehaves; the show goes on without it where its rig allows that."""


class DeviceGone(DeviceError):
    """A device that answered before does not any more (unplugged, powered off, network down)."""


class DeviceBusy(DeviceError):
    """Another program, or another run of this one, holds the device."""


class SafetyError(SensoramaError):
    """A limit would be broken or a permissive is missing; actuators go to, or stay in, their safe state."""


class OutputError(SensoramaError):
    """Something we have to write cannot be written: disk full, no permission, folder gone."""


class MissingExtra(SensoramaError):
    """An optional dependency is not installed.

    Parameters
    ----------
    extra : str
        The extra of our own package that brings it (``"video"``).
    needed_for : str
        What the user asked for, as the rest of "needed for ...".
    """

    def __init__(self, extra: str, needed_for: str) -> None:
        super().__init__(
            f"the optional part '{extra}' is not installed; it is needed for {needed_for}. "
            f"Install it with: pip install 'sensorama[{extra}]'"
        )
        self.extra = extra
        self.needed_for = needed_for
