"""``sensorama audio devices | test | measure | commission``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.audio.commission.device import DeviceLink, find_device, list_devices
from engine.audio.commission.link import Clipped, SoundLink
from engine.audio.commission.response import Response
from engine.audio.commission.signals import LOUDEST_DBFS
from engine.audio.standin.system_voice import find_voice
from engine.errors import OutputError, UsageError
from engine.experience.audio_rig import AudioOutput, SpeakerSpec
from engine.experience.rig import Rig, load_rig
from engine.show.commission.twin import practice_room
from engine.show.commission.voice import Announcer
from engine.show.commission.walk import Operator, Walk
from engine.show.commission.words import say
from engine.show.commission.write import changed_output, says_already, write_output

_QUIETEST_DBFS = -80.0
_EARS = ("left ear", "right ear")


class Terminal:
    """The operator at a terminal."""

    def tell(self, text: str) -> None:
        """Print a line."""
        print(text, flush=True)

    def ask(self, text: str) -> str:
        """Ask, and read a line.

        Raises
        ------
        UsageError
            At the end of the input.
        """
        print(text, end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            raise UsageError(
                "nobody is there to answer; walk at a terminal, or without questions: --identify none --yes"
            )
        return line.strip()


@dataclass(frozen=True, slots=True)
class _Bench:
    """What a command works on."""

    rig: Rig
    index: int
    output: AudioOutput
    speakers: tuple[SpeakerSpec, ...]
    link: SoundLink
    carry: Callable[[str], None] | None
    walk: Walk


def audio_command(args: Any, operator: Operator | None = None) -> int:
    """Run one of the subcommands; returns the exit status.

    Raises
    ------
    SensoramaError
    """
    whom = operator or Terminal()
    try:
        return _run(args, whom)
    except Clipped as error:
        raise Clipped(say("clipped", args.language)) from error


def _run(args: Any, whom: Operator) -> int:
    match args.what:
        case "test":
            return _test(args, whom)
        case "measure":
            return _measure(args, whom)
        case "commission":
            return _commission(args, whom)
        case _:
            return _devices(as_json=args.json)


def _devices(*, as_json: bool) -> int:
    devices = list_devices()
    for one in devices:
        if as_json:
            print(json.dumps(asdict(one), ensure_ascii=False))
            continue
        mark = "*" if one.default else " "
        print(
            f"{mark} {one.api:12} {one.name:40} {one.outputs:3d} out {one.inputs:3d} in  {one.rate_hz:.0f} Hz"
            f"  {one.latency_s * 1e3:.1f} ms"
        )
    if not devices:
        print(
            "no sound device: a show runs silently, in time, and can be rendered to files. If there should be one, look whether "
            "the sound system runs and who may use it",
            file=sys.stderr,
        )
    return 0


def _test(args: Any, operator: Operator) -> int:
    with _opened(args, operator, listens=False) as bench:
        bench.walk.announce((*bench.speakers, *_shakers(bench.rig, bench.output)))
    return 0


def _measure(args: Any, operator: Operator) -> int:
    _can_keep(args.out)
    with _opened(args, operator, listens=True) as bench:
        _needs_speakers(bench)
        bench.walk.look_at_device(bench.speakers)
        if bench.carry is not None:
            bench.carry("")
        found = bench.walk.responses(bench.speakers, corrected=args.corrected)
        bench.walk.tell_spread("left" if args.corrected else "before", bench.speakers, found)
        bench.walk.proposal(bench.speakers, found)
        _keep(args.out, bench, found)
    return 0


def _commission(args: Any, operator: Operator) -> int:
    _can_keep(args.out)
    rig = load_rig(args.rig)
    if args.write and Path(__file__).resolve().parents[2] in rig.path.resolve().parents:
        raise UsageError(f"{rig.path} comes with the engine; copy it, and write into the copy")
    microphone = bool(args.input) or args.twin
    with _opened(args, operator, listens=microphone) as bench:
        speakers = bench.speakers
        if microphone:
            bench.walk.look_at_device(speakers)
        speakers = _identified(args, bench, microphone=microphone)
        if microphone and bench.output.kind == "speakers":
            if bench.carry is not None:
                bench.carry("")
            elif not args.yes:
                operator.ask(say("place", args.language))
            found = bench.walk.responses(speakers)
            _keep(args.out, bench, found)
            bench.walk.tell_spread("before", speakers, found)
            speakers = bench.walk.proposal(speakers, found).speakers
            left = bench.walk.responses(speakers, corrected=True)
            bench.walk.tell_spread("left", speakers, left)
        bench.walk.tell_speakers(speakers)
    wanted = changed_output(bench.output, speakers)
    if says_already(bench.output, wanted):
        operator.tell(say("same", args.language))
    elif args.write:
        write_output(rig.path, bench.index, wanted)
        operator.tell(say("written", args.language, path=rig.path))
    else:
        operator.tell(say("how_to_write", args.language, path=rig.path))
    return 0


def _identified(args: Any, bench: _Bench, *, microphone: bool) -> tuple[SpeakerSpec, ...]:
    how = args.identify or ("microphone" if args.twin else "ear")
    if how == "none":
        return bench.speakers
    if how == "microphone":
        if not microphone:
            raise UsageError("--identify microphone needs one: --input NAME[/CHANNEL]")
        return bench.walk.by_microphone(bench.speakers, _free(bench), bench.carry)
    if args.twin:
        raise UsageError("nobody can hear a simulated room; --identify microphone or none")
    return bench.walk.by_ear(bench.speakers, _free(bench))


def _free(bench: _Bench) -> list[int]:
    """Channels of the device that nothing else of the rig speaks on."""
    own = bench.output
    used = {
        channel
        for other in bench.rig.audio.outputs
        if other.name != own.name and (other.device, other.api) == (own.device, own.api)
        for channel in other.channels
    } | {shaker.channel for shaker in bench.rig.audio.shakers}
    return [channel for channel in range(1, bench.link.channels + 1) if channel not in used]


@contextmanager
def _opened(args: Any, operator: Operator, *, listens: bool) -> Iterator[_Bench]:
    level_dbfs = _level_dbfs(args.level)
    rig = load_rig(args.rig)
    index = _output_index(rig, args.output)
    output = rig.audio.outputs[index]
    speakers = speakers_of(output)
    most = max(speaker.channel for speaker in (*speakers, *_shakers(rig, output)))
    announcer = Announcer(args.language, None if args.twin else find_voice())
    if args.twin:
        room = practice_room(speakers, most)
        operator.tell(say("practice", args.language, count=len(room.speakers), channels=room.channels))
        yield _ready(rig, index, speakers, room, room.near, operator, announcer, args)
        return
    with _device(args, output, most, operator, listens=listens) as link:
        yield _ready(rig, index, speakers, link, None, operator, announcer, args, level_dbfs=level_dbfs)


def _ready(
    rig: Rig,
    index: int,
    speakers: tuple[SpeakerSpec, ...],
    link: SoundLink,
    carry: Callable[[str], None] | None,
    operator: Operator,
    announcer: Announcer,
    args: Any,
    *,
    level_dbfs: float | None = None,
) -> _Bench:
    level = _level_dbfs(args.level) if level_dbfs is None else level_dbfs
    operator.tell(say("promise", args.language, level=level))
    if carry is None and not args.yes:
        operator.ask(f"{say('go', args.language)} ")
    walk = Walk(link, operator, announcer, args.language, level)
    return _Bench(rig, index, rig.audio.outputs[index], speakers, link, carry, walk)


@contextmanager
def _device(
    args: Any, output: AudioOutput, channels: int, operator: Operator, *, listens: bool
) -> Iterator[DeviceLink]:
    name = args.device or output.device
    api = args.api or output.api
    devices = list_devices()
    chosen = find_device(devices, "output", name, api, channels)
    microphone, number = None, 1
    if listens:
        if not args.input:
            raise UsageError(
                "measuring needs a microphone: --input NAME[/CHANNEL] (sensorama audio devices lists them), or --twin to practise"
            )
        asked, sign, text = args.input.rpartition("/")
        if not sign:
            asked, text = args.input, "1"
        if not text.isdigit() or not 1 <= int(text) <= 256:
            raise UsageError(f"--input {args.input}: write NAME, or NAME/CHANNEL with a channel from 1")
        number = int(text)
        same = [one for one in devices if one.api == chosen.api]
        microphone = find_device(same, "input", asked or chosen.name, None, number)
    with DeviceLink(chosen, microphone, max(channels, min(chosen.outputs, 64)), number) as link:
        text = say("device", args.language, name=chosen.name, api=chosen.api, channels=link.channels)
        if microphone is not None:
            text = say("microphone", args.language, device=text, name=microphone.name, channel=number)
        operator.tell(text)
        yield link


def speakers_of(output: AudioOutput) -> tuple[SpeakerSpec, ...]:
    """What of an output can be walked: its loudspeakers, or two ears.

    Raises
    ------
    UsageError
        For an ambisonic output, whose channels are nobody's.
    """
    if output.kind == "speakers":
        return output.speakers
    if output.kind == "binaural":
        sides = zip(_EARS, output.channels, (90.0, -90.0), strict=True)
        return tuple(SpeakerSpec(name, channel, azimuth, 0.0) for name, channel, azimuth in sides)
    raise UsageError(f"output {output.name} is ambisonic: its channels are a decoder's, not loudspeakers")


def _shakers(rig: Rig, output: AudioOutput) -> tuple[SpeakerSpec, ...]:
    """The shakers beside an output on its device, as what plays low notes."""
    if (output.device, output.api) != (rig.audio.device, rig.audio.api):
        return ()
    return tuple(SpeakerSpec("shaker", one.channel, 0.0, 0.0, lfe=True) for one in rig.audio.shakers)


def _needs_speakers(bench: _Bench) -> None:
    if bench.output.kind != "speakers":
        raise UsageError(
            f"output {bench.output.name} is worn, not heard in the room; there is nothing to measure"
        )


def _output_index(rig: Rig, name: str | None) -> int:
    outputs = rig.audio.outputs
    if name is None:
        return next((n for n, output in enumerate(outputs) if output.kind == "speakers"), 0)
    for index, output in enumerate(outputs):
        if output.name == name:
            return index
    raise UsageError(
        f"{rig.path} has no output {name!r}; it has {', '.join(output.name for output in outputs)}"
    )


def _level_dbfs(level: float) -> float:
    if not _QUIETEST_DBFS <= level <= LOUDEST_DBFS:
        raise UsageError(f"--level {level:g}: {_QUIETEST_DBFS:g} to {LOUDEST_DBFS:g} dBFS")
    return float(level)


def _can_keep(path: str | None) -> None:
    """Before a walk of half an hour, and not after it."""
    if path is not None and (Path(path).is_dir() or not Path(path).parent.is_dir()):
        raise UsageError(f"--out {path}: name a file in a folder that is there")


def _keep(path: str | None, bench: _Bench, found: dict[str, Response]) -> None:
    """Write what was measured as JSON, for whoever keeps a venue's book."""
    if path is None:
        return
    rows: Sequence[dict[str, Any]] = [
        {"speaker": speaker.name, "channel": speaker.channel} | asdict(found[speaker.name])
        for speaker in bench.speakers
        if speaker.name in found
    ]
    text = json.dumps(
        {"output": bench.output.name, "device": bench.link.description, "measured": rows}, indent=1
    )
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
