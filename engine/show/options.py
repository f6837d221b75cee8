"""What a run is asked to do, checked before anything starts."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.errors import UsageError
from engine.time import parse_duration_fl

MAX_SPEED = 100


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """One run.

    Parameters
    ----------
    experience : str
        Name or folder.
    rig : Path or None
        Rig file; None is the bundled studio on software twins.
    view : {"auto", "xr", "window", "headless"}
    require_xr : bool
        Fail where a headset cannot be had.
    poses, record_poses : Path or None
        A pose track to play in place of the guest's head, and a file to record it to.
    seed : int or None
        Seed of the rehearsing guest.
    choices : tuple of str
        Scripted option ids.
    start : (str, int) or None
        Scene and position in flicks to begin at.
    speed : Fraction or None
        None: 1 in a window, the manual clock off-screen. 0 stands for ``max``: the manual clock.
    out : Path or None
        Output folder.
    stand_ins : bool
        Lines that nobody has recorded are spoken all the same.
    lead, standby : bool
        Whether a standby may follow this run, or it is one.
    resume : Path or None
        Folder of a run that was cut off, to go on with.
    uncertified : bool
        Play all the same where the rig asks for a certificate and there is no valid one.
    """

    experience: str
    rig: Path | None = None
    view: str = "auto"
    seed: int | None = None
    choices: tuple[str, ...] = ()
    start: tuple[str, int] | None = None
    speed: Fraction | None = None
    language: str | None = None
    out: Path | None = None
    size: tuple[int, int] = (1280, 720)
    fps: int = 60
    picture: bool = True
    sound: bool = True
    stand_ins: bool = False
    quiet: bool = False
    first_frame: bool = False
    lead: bool = False
    standby: bool = False
    resume: Path | None = None
    require_xr: bool = False
    poses: Path | None = None
    record_poses: Path | None = None
    uncertified: bool = False


def _speed(text: str | None) -> Fraction | None:
    if text is None:
        return None
    if text == "max":
        return Fraction(0)
    try:
        speed = Fraction(text)
    except (ValueError, ZeroDivisionError):
        speed = Fraction(-1)
    if not 0 < speed <= MAX_SPEED:
        raise UsageError(f"--speed {text}: give a number above 0 and up to {MAX_SPEED}, or max")
    return speed


def _start(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    scene, _, at = text.partition("@")
    try:
        at_fl = parse_duration_fl(at) if at else 0
    except ValueError as error:
        raise UsageError(f"--from {text}: {error}") from None
    return scene, at_fl


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and 64 <= int(width) <= 7680 and 64 <= int(height) <= 4320):
        raise UsageError(
            f"--size {text}: give WIDTHxHEIGHT in pixels, 64x64 to 7680x4320, for example 1280x720"
        )
    return int(width), int(height)


def _view(args: argparse.Namespace) -> str:
    asked = {
        word
        for word, given in (
            ("headless", args.headless),
            ("xr", args.xr or args.require_xr),
            (args.view, args.view != "auto"),
        )
        if given
    }
    if len(asked) > 1:
        raise UsageError(f"one view at a time: {' and '.join(sorted(asked))} were asked for")
    return asked.pop() if asked else "auto"


def options_from_args(args: argparse.Namespace) -> PlayOptions:
    """Check the words of a command line.

    Raises
    ------
    UsageError
        Naming the option, its value and what is allowed.
    """
    if not 1 <= args.fps <= 240:
        raise UsageError(f"--fps {args.fps}: 1 to 240 is allowed")
    if args.standby and (args.lead or args.resume or args.seed is not None or args.choices or args.start):
        raise UsageError(
            "--standby: what is played is the leader's to say; leave --lead, --resume, --seed, --choices and --from out"
        )
    if args.resume and (args.start or args.seed is not None or args.choices or args.experience):
        raise UsageError(
            "--resume: the journal says what is played and from where; leave the experience, --from, --seed and "
            "--choices out"
        )
    if not args.experience and not args.resume:
        raise UsageError("give the experience to play, for example: sensorama play first_light")
    if (args.lead or args.standby or args.resume) and args.speed == "max":
        raise UsageError("--speed max: leader, standby and a resumed run play in real time; leave it out")
    return PlayOptions(
        experience=args.experience or "",
        rig=Path(args.rig) if args.rig else None,
        view=_view(args),
        seed=args.seed,
        choices=tuple(word.strip() for word in args.choices.split(",") if word.strip())
        if args.choices
        else (),
        start=_start(args.start),
        speed=_speed(args.speed),
        language=args.language,
        out=Path(args.out) if args.out else None,
        size=_size(args.size),
        fps=args.fps,
        picture=not args.no_picture,
        sound=not args.no_sound,
        stand_ins=args.stand_ins,
        quiet=args.quiet,
        first_frame=args.first_frame,
        lead=args.lead,
        standby=args.standby,
        resume=Path(args.resume) if args.resume else None,
        require_xr=args.require_xr,
        poses=Path(args.poses) if args.poses else None,
        record_poses=Path(args.record_poses) if args.record_poses else None,
        uncertified=args.uncertified,
    )
