"""``sensorama record``: what a console, a sequencer or a motion source sends becomes tracks of a scene."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from engine.bus.listen import Listener, make_sources
from engine.bus.listen_reader import InputState
from engine.bus.source import Signal, Value
from engine.errors import DeviceGone, OutputError, PackageError, Place, Problem, SensoramaError, UsageError
from engine.experience.rig import load_rig
from engine.experience.venue import InputSpec
from engine.show.recording.mapping import Map, parse_maps
from engine.show.recording.recording import RecordedTrack, Recording, Tolerance
from engine.show.recording.splice import Text, append_items, read_text, write_text
from engine.show.recording.yaml_text import describe, scene_text, track_lines
from engine.time.clocks import Clock, MonotonicClock
from engine.time.flicks import FLICKS_PER_SECOND, parse_duration_fl
from engine.timeline.roles import RoleTable
from engine.timeline.yamlsource import load_yaml_text, resolve_core
from engine.units import parse_angle_deg, parse_length_m

POLL_NS = 5_000_000
OPEN_LIMIT_NS = 3_000_000_000
_MS_FL = FLICKS_PER_SECOND // 1000
_SURVEYED = 512


class Heard(Protocol):
    """Where signals come from; `engine.bus.listen.Listener` is one."""

    def take(self) -> list[Signal]:
        """What has come in since the last call."""
        ...


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """What the command line says.

    Attributes
    ----------
    inputs : tuple of InputSpec
    maps : tuple of Map
        None: only listen, and say what there is.
    for_ns : int or None
        None: until Ctrl-C.
    out : Path or None
    scene : Path or None
        The file the tracks are added to.
    at_ms : int
    tolerance : Tolerance
    force, trim : bool
    roles : RoleTable or None
    """

    inputs: tuple[InputSpec, ...]
    maps: tuple[Map, ...]
    for_ns: int | None
    out: Path | None
    scene: Path | None
    at_ms: int
    tolerance: Tolerance
    force: bool
    trim: bool
    roles: RoleTable | None

    @property
    def target(self) -> Path:
        """The file that will be written."""
        if self.out is not None:
            return self.out
        if self.scene is not None:
            return self.scene.with_name(f"{self.scene.stem}.recorded.yaml")
        return Path("recorded.yaml")


def parse_tolerance(texts: Sequence[str]) -> Tolerance:
    """Read every ``--error``: ``0.5%`` of levels, ``0.2mm``, ``0.02deg``. A percent alone stands for 1 mm and 0.1 deg, too.

    Raises
    ------
    UsageError
    """
    share: float | None = None
    travel_m: float | None = None
    angle_deg: float | None = None
    for text in texts:
        try:
            if text.endswith("%"):
                share = float(text[:-1]) / 100
            elif text.endswith("deg"):
                angle_deg = parse_angle_deg(text)
            else:
                travel_m = parse_length_m(text)
        except ValueError:
            raise UsageError(f"--error {text}: write 0.5%, 0.2mm or 0.02deg") from None
    share = 0.005 if share is None else share
    found = Tolerance(
        share, share / 10 if travel_m is None else travel_m, share * 10 if angle_deg is None else angle_deg
    )
    for value, least, unit in (
        (found.share, 1e-5, "0.001%"),
        (found.travel_m, 1e-6, "0.001mm"),
        (found.angle_deg, 1e-5, "0.00001deg"),
    ):
        if not least <= value <= 1e3:
            raise UsageError(f"--error {' '.join(texts)}: too small or too large; at least {unit}")
    return found


def parse_settings(texts: Sequence[str]) -> dict[str, Any]:
    """Read every ``--setting key=value``; values are YAML, so ``[1, 2]`` is a list.

    Raises
    ------
    UsageError
    """
    found: dict[str, Any] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise UsageError(f"--setting {text}: write key=value")
        try:
            found[key] = load_yaml_text(value, f"--setting {key}")[0] if value else resolve_core("")
        except PackageError as error:
            raise UsageError(str(error)) from None
    return found


def duration_ms(name: str, text: str) -> int:
    """A time of the command line, in whole ms.

    Raises
    ------
    UsageError
    """
    try:
        return round(parse_duration_fl(text if text != "0" else 0) / _MS_FL)
    except ValueError as error:
        raise UsageError(f"--{name} {text}: {error}") from None


def options_from_args(args: Any) -> RecordOptions:
    """Everything checked before anything is opened.

    Raises
    ------
    InputError
    """
    if (args.rig is None) == (args.source is None):
        raise UsageError("say what to listen to: --rig FILE (all its inputs), or --source FAMILY --port PORT")
    if args.rig is not None:
        inputs = load_rig(args.rig).venue.inputs
        if not inputs:
            raise UsageError(f"{args.rig} has no inputs; name a --source and its --port")
    else:
        if not args.port:
            raise UsageError(f"--source {args.source} needs --port, as udp://0.0.0.0:9000")
        settings = parse_settings(args.setting)
        inputs = (InputSpec(args.source, args.source, args.port, settings, Place("--source")),)
    roles = _roles_of(args.experience) if args.experience else None
    options = RecordOptions(
        inputs=inputs,
        maps=parse_maps(args.map, roles),
        for_ns=None if args.length is None else duration_ms("for", args.length) * 1_000_000,
        out=None if args.out is None else Path(args.out),
        scene=None if args.scene is None else Path(args.scene),
        at_ms=duration_ms("at", args.at),
        tolerance=parse_tolerance(args.error),
        force=args.force,
        trim=args.trim,
        roles=roles,
    )
    names = {spec.name for spec in inputs}
    for one in options.maps:
        if one.input and one.input not in names:
            raise UsageError(f"--map: there is no input {one.input!r}; there are {', '.join(sorted(names))}")
    folder = options.target.absolute().parent
    if options.maps and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise UsageError(f"{folder} is no folder that can be written into; choose another --out")
    if options.maps and options.target.exists() and not options.force:
        # Said before half an hour of rehearsal, not after it.
        raise UsageError(
            f"{options.target} is there already; choose another --out, or add --force to replace it"
        )
    if options.scene is not None:
        Text(read_text(options.scene), str(options.scene))
    return options


def _roles_of(experience: str) -> RoleTable:
    from engine.experience.package import load_package

    return load_package(experience, hashed=False).roles


def capture(
    heard: Heard,
    clock: Clock,
    take: Callable[[Signal], None],
    for_ns: int | None,
    each: Callable[[int], None] = lambda _now_ns: None,
) -> int:
    """Take signals until the time is over or a person says so; gives the instant of the end."""
    begin_ns = now_ns = clock.now_ns()
    try:
        while for_ns is None or now_ns - begin_ns < for_ns:
            left_ns = POLL_NS if for_ns is None else min(POLL_NS, begin_ns + for_ns - now_ns)
            clock.sleep_until_ns(now_ns + left_ns)
            for signal in heard.take():
                take(signal)
            now_ns = clock.now_ns()
            each(now_ns)
    except KeyboardInterrupt:
        now_ns = clock.now_ns()
        for signal in heard.take():
            take(signal)
    return now_ns


class Survey:
    """What was heard, for a person who wants to know what can be mapped."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[int, tuple[Value, ...]]] = {}
        self.first_ns: int | None = None

    def take(self, signal: Signal) -> None:
        """Count a signal."""
        key = (signal.source, signal.address)
        if key in self._rows or len(self._rows) < _SURVEYED:
            self._rows[key] = (self._rows.get(key, (0, ()))[0] + 1, signal.values)

    def lines(self) -> list[str]:
        """One line an address, the busiest first."""
        rows = sorted(self._rows.items(), key=lambda row: -row[1][0])
        return [
            f"{source}:{address}  {count} signals, last {' '.join(map(str, values)) or 'without a value'}"
            for (source, address), (count, values) in rows
        ]


def merged_text(scene_path: Path, tracks: Sequence[RecordedTrack], at_ms: int) -> str:
    """An existing scene with the tracks added, every other byte as it was.

    Raises
    ------
    InputError, OutputError
        When the scene is no sound YAML, or written in a way that allows no addition.
    """
    source = Text(read_text(scene_path), str(scene_path))
    block = [line for track in tracks for line in track_lines(track, at_ms, "")]
    flow = [_as_flow(track_lines(track, at_ms, "")) for track in tracks]
    return append_items(source, "tracks", block, flow)


def _as_flow(lines: Sequence[str]) -> str:
    """A track in brackets: the same words, for a file whose tracks are written so."""
    head = ", ".join(line.strip().removeprefix("- ") for line in lines[:3])
    cues = " ".join(line.strip() for line in lines[4:])
    return "{" + head + ", cues: [" + cues.removeprefix("- ").replace("} - {", "}, {") + "]}"


def problems_of(text: str, shown: str, roles: RoleTable | None) -> list[Problem]:
    """What `sensorama check` would say about a scene's text, as far as it can be known here."""
    from engine.timeline.compile import compile_scene
    from engine.timeline.parse import parse_scene

    problems: list[Problem] = []
    data, places = load_yaml_text(text, shown, problems)
    parsed = parse_scene(data, places, problems)
    if roles is not None:
        compile_scene(parsed, scene_id=Path(shown).stem, index=0, roles=roles, problems=problems)
    return problems


def save(
    options: RecordOptions, tracks: Sequence[RecordedTrack], length_ms: int, heading: Sequence[str]
) -> list[str]:
    """Write the file; gives the lines to say about it.

    Raises
    ------
    InputError, OutputError
    """
    target = options.target
    alone = scene_text(tracks, length_ms, options.at_ms, heading)
    try:
        text = alone if options.scene is None else merged_text(options.scene, tracks, options.at_ms)
        write_text(target, text, replace=options.force)
    except SensoramaError as error:
        # Nobody plays it again for us: what was recorded is kept, wherever there is room for it.
        kept = _kept_elsewhere(target, alone)
        raise OutputError(f"{error}; the recording is kept in {kept}") from error
    lines = [f"{track.role}: {describe(track)}" for track in tracks]
    lines += [str(problem) for problem in problems_of(text, str(target), options.roles)]
    return [*lines, f"wrote {target}"]


def _kept_elsewhere(target: Path, text: str) -> Path:
    for folder in (target.absolute().parent, Path(tempfile.gettempdir())):
        for number in range(1, 100):
            path = folder / f"{target.stem}.kept-{number}.yaml"
            try:
                write_text(path, text, replace=False)
            except UsageError:
                continue  # that one is there
            except OutputError:
                break
            return path
    raise OutputError(f"{target} cannot be written, nor anything beside it; the recording is lost")


def _await_open(listener: Listener, clock: Clock) -> None:
    limit_ns = clock.now_ns() + OPEN_LIMIT_NS
    while listener.undecided and clock.now_ns() < limit_ns:
        clock.sleep_until_ns(clock.now_ns() + POLL_NS)
    states = listener.states()
    for state in states:
        print(_said(state))
    if not any(state.state == "open" for state in states):
        raise DeviceGone("nothing to record: no source could be opened")


def _said(state: InputState) -> str:
    if state.state == "open":
        return f"listening to {state.name} ({state.family} {state.port})"
    return state.note if state.note else f"{state.name}: still opening {state.port}"


def record_command(args: Any) -> int:
    """Record; returns the exit status.

    Raises
    ------
    SensoramaError
    """
    options = options_from_args(args)
    clock = MonotonicClock()
    wanted = None
    if options.maps:
        wanted = [
            (spec.name, address)
            for one in options.maps
            for spec in options.inputs
            if one.input in ("", spec.name)
            for address in one.addresses
        ]
    listener = Listener(make_sources(options.inputs), clock, wanted=wanted)
    survey, signals = Survey(), list[Signal]()
    listener.start()
    try:
        _await_open(listener, clock)
        how_long = "until Ctrl-C" if options.for_ns is None else f"for {options.for_ns / 1e9:g} s"
        print(f"recording {how_long}" if options.maps else f"only listening {how_long}: no --map was given")
        begin_ns = clock.now_ns()
        counter = _Counter(begin_ns, signals if options.maps else None)
        end_ns = capture(
            listener, clock, signals.append if options.maps else survey.take, options.for_ns, counter.show
        )
        counter.clear()
        lost = sum(state.dropped + state.coalesced for state in listener.states())
    finally:
        listener.close()
    if not options.maps:
        print("\n".join(survey.lines()) or "nothing was heard")
        return 0
    if not signals:
        raise DeviceGone(
            "nothing was recorded: no mapped address was heard; run it without --map to see what comes in"
        )
    if options.trim:
        begin_ns = min(signal.at_ns for signal in signals)
    recording = Recording(options.maps, begin_ns, options.tolerance)
    for signal in signals:
        recording.take(signal)
    length_ms = max(round((end_ns - begin_ns) / 1e6), recording.last_ms + 1)
    heading = [
        f"Recorded with sensorama record: {length_ms / 1000:g} s of "
        + ", ".join(f"{spec.source} {spec.port}" for spec in options.inputs)
    ]
    for line in save(options, recording.tracks(length_ms), length_ms, heading):
        print(line)
    if recording.refused or lost:
        print(f"{recording.refused} values were no numbers and {lost} came too fast; they were left out")
    return 0


class _Counter:
    """A line on a terminal that says that something is being recorded."""

    def __init__(self, begin_ns: int, signals: Sequence[Signal] | None) -> None:
        self._begin_ns, self._next_ns = begin_ns, begin_ns
        self._signals = signals
        self._live = sys.stdout.isatty()

    def show(self, now_ns: int) -> None:
        """Bring it up to date, a few times a second."""
        if self._live and now_ns >= self._next_ns:
            self._next_ns = now_ns + 250_000_000
            count = "" if self._signals is None else f", {len(self._signals)} signals"
            print(f"\r  {(now_ns - self._begin_ns) / 1e9:.1f} s{count} ", end="", flush=True)

    def clear(self) -> None:
        """Leave the line."""
        if self._live:
            print()
