"""What a site allows a kind of guest: limits by measure, and its own table of accelerations.

The engine brings one profile, ``engineering``: round figures to design against, no standard's. Tables of standards are the site's to
supply, with whoever answers for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import PackageError, Problem, UsageError
from engine.motion.exposure.envelope import EnvelopeRow
from engine.safety.certificate.measures import LEVELS, MEASURES
from engine.timeline.yamlsource import load_yaml

_PROFILES = Path(__file__).resolve().parent / "profiles"
DEFAULT_PROFILE = "engineering"


@dataclass(frozen=True, slots=True)
class Profile:
    """A checked profile.

    Attributes
    ----------
    name : mapping of str to str
        By locale.
    limits : mapping of str to float
        By measure, in its unit.
    hash : str
        SHA-256 of the file.
    stem : str
        The file's name without its suffix.
    head_m : tuple of float or None
        Where the guest feels, from the centre of rotation (right, forward, up); None: where the rig says the head is.
    full_scale_db : float or None
        Sound pressure level of a sine at full scale.
    envelope : tuple of EnvelopeRow
    low_pass_hz : float or None
        Corner of the filter through which accelerations and their onset are judged; None: as commanded.
    """

    name: Mapping[str, str]
    limits: Mapping[str, float]
    hash: str
    stem: str
    head_m: tuple[float, float, float] | None = None
    full_scale_db: float | None = None
    envelope: tuple[EnvelopeRow, ...] = ()
    low_pass_hz: float | None = None


def load_profile(path: str | Path | None = None) -> Profile:
    """Read a profile.

    Parameters
    ----------
    path : str, Path or None
        A file, the name of a profile that comes with the engine, or None for `DEFAULT_PROFILE`.

    Raises
    ------
    PackageError
        With every mistake of the file as file:line.
    UsageError
        When there is no such file or name.
    """
    from engine.safety.certificate.profile_model import ProfileDoc
    from engine.timeline.parse import read_model

    source = find_profile(path)
    problems: list[Problem] = []
    data, places = load_yaml(
        source, shown=source.name if source.parent == _PROFILES else str(source), problems=problems
    )
    doc = None if problems else read_model(ProfileDoc, data, places, problems, what="the profile")
    # What else is wrong with the file does not hide a limit that is.
    given = data.get("limits") if isinstance(data, dict) else None
    for name, limit in given.items() if isinstance(given, dict) else ():
        place = places.of(("limits", name))
        if name not in MEASURES:
            hint = f"measured are {', '.join(MEASURES)}"
            problems.append(Problem(place, f"'{name}' is not measured", hint, code="measure"))
        elif isinstance(limit, int | float) and limit < 0 and MEASURES[name].unit not in LEVELS:
            message = f"{name} is limited to {limit:g}, and it is never below 0"
            problems.append(Problem(place, message, "0 forbids it altogether", code="measure"))
    if doc is not None:
        if "envelope" in doc.limits and doc.envelope is None:
            problems.append(
                Problem(
                    places.of(("limits", "envelope")),
                    "a share of an envelope is limited that the profile does not give",
                    "add `envelope:` with its rows, or take the limit away",
                    code="measure",
                )
            )
        if "noise_dose" in doc.limits and doc.full_scale_db is None:
            problems.append(
                Problem(
                    places.of(("limits", "noise_dose")),
                    "a noise dose is limited, but how loud full scale is at the guest is not said",
                    "measure it and add `full_scale_db:`, or take the limit away",
                    code="measure",
                )
            )
    if problems or doc is None:
        raise PackageError(problems)
    rows = (
        ()
        if doc.envelope is None
        else tuple(
            EnvelopeRow("xyz".index(row.axis), {"+": 1, "-": -1}.get(row.direction, 0), row.for_s, row.most_g)
            for row in doc.envelope.rows
        )
    )
    return Profile(
        name=dict(doc.name),
        limits=dict(doc.limits),
        hash=hashlib.sha256(source.read_bytes()).hexdigest(),
        stem=source.stem,
        head_m=None if doc.head_m is None else (doc.head_m[0], doc.head_m[1], doc.head_m[2]),
        full_scale_db=doc.full_scale_db,
        envelope=rows,
        low_pass_hz=doc.low_pass_hz,
    )


def find_profile(path: str | Path | None) -> Path:
    """The file that is meant.

    Raises
    ------
    UsageError
        There is none.
    """
    name = DEFAULT_PROFILE if path is None else str(path)
    bundled = _PROFILES / f"{name}.yaml"
    if bundled.is_file():
        return bundled
    found = Path(name)
    if not found.is_file():
        ours = ", ".join(sorted(file.stem for file in _PROFILES.glob("*.yaml")))
        raise UsageError(f"there is no profile {name}; the engine brings {ours}, or give a file")
    return found
