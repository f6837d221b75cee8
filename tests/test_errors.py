"""The error tree: exit statuses, and texts that stand as they are before a user."""

import inspect

import pytest

from engine import errors
from engine.errors import (
    DeviceError,
    InputError,
    JournalError,
    MissingExtra,
    OutputError,
    PackageError,
    Place,
    Problem,
    RigError,
    SafetyError,
    SensoramaError,
    StoryError,
    UsageError,
)


def test_places_print_as_file_and_line() -> None:
    assert str(Place("scenes/hall.yaml")) == "scenes/hall.yaml"
    assert str(Place("scenes/hall.yaml", 7, 3)) == "scenes/hall.yaml:7"


def test_problems_print_with_their_hint() -> None:
    place = Place("a.yaml", 2)
    assert str(Problem(place, "close 9s is before open 12s", "put it after")) == (
        "a.yaml:2: close 9s is before open 12s. put it after"
    )
    assert str(Problem(place, "what?", "that")) == "a.yaml:2: what? that"
    assert str(Problem(place, "no caption", severity="warning")) == "a.yaml:2: warning: no caption"


@pytest.mark.parametrize("kind", [PackageError, RigError])
def test_all_problems_of_a_file_travel_together_errors_first(
    kind: type[PackageError] | type[RigError],
) -> None:
    warning = Problem(Place("a.yaml", 1), "w", severity="warning")
    late, early = Problem(Place("a.yaml", 9), "late"), Problem(Place("a.yaml", 2), "early")
    error = kind([warning, late, early])
    assert error.problems == (early, late, warning)
    assert str(error) == "a.yaml:2: early\na.yaml:9: late\na.yaml:1: warning: w"
    with pytest.raises(ValueError, match="at least one problem"):
        kind([])


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *((kind, 2) for kind in (InputError, PackageError, RigError, JournalError, UsageError)),
        *(
            (kind, 1)
            for kind in (SensoramaError, StoryError, DeviceError, SafetyError, OutputError, MissingExtra)
        ),
    ],
)
def test_exit_status_tells_bad_input_from_a_failed_show(kind: type[SensoramaError], status: int) -> None:
    assert kind.exit_status == status


def test_input_errors_name_their_place() -> None:
    assert str(InputError("unknown rate '26'", Place("rig.yaml", 4))) == "rig.yaml:4: unknown rate '26'"
    assert str(UsageError("--speed must be above 0, got -1")) == "--speed must be above 0, got -1"


def test_story_errors_name_the_ink_path() -> None:
    error = StoryError("ran out of content", "market.0.g-0")
    assert str(error) == "story: ran out of content (at ink path 'market.0.g-0')"
    assert (error.message, error.ink_path) == ("ran out of content", "market.0.g-0")
    assert str(StoryError("ended")) == "story: ended"


def test_missing_extras_say_how_to_install_them() -> None:
    assert "pip install 'sensorama[compile]'" in str(MissingExtra("compile", "compiling ink"))


def test_every_error_is_documented_and_in_one_tree() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
    assert all(issubclass(kind, SensoramaError) for kind in kinds)
    assert all(kind.__doc__ for kind in kinds)
    drawn = errors.__doc__ or ""
    assert [kind.__name__ for kind in kinds if kind.__name__[0] != "_" and kind.__name__ not in drawn] == []
