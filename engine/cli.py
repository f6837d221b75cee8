"""The command line: ``sensorama COMMAND``. Only words in and words out; the work is in the packages below.

Everything heavy is imported by the command that needs it, so that ``sensorama --help`` answers at once and the first
frame of a show does not wait for what a show does not use.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine import __version__
from engine.errors import SensoramaError

if TYPE_CHECKING:
    from engine.show.options import PlayOptions


def _play(args: argparse.Namespace) -> int:
    from engine.show.options import options_from_args
    from engine.show.play import play

    return play(options_from_args(args))


def _replay(args: argparse.Namespace) -> int:
    from engine.show.replay import replay_command

    return replay_command(Path(args.journal), experience=args.experience, rig=args.rig)


def _check(args: argparse.Namespace) -> int:
    from engine.show.checking import check_command

    if args.certificate:
        status = check_command(args.experience, args.rig, full=args.full)
        if status:
            return status
        from engine.show.certify.command import certificate_command

        out = Path(args.out) if args.out else None
        return certificate_command(args.experience, args.rig, args.profile, out, picture_hz=args.picture_hz)
    return check_command(args.experience, args.rig, full=args.full)


def _new(args: argparse.Namespace) -> int:
    from engine.experience.scaffold import new_package

    folder = new_package(args.name, Path(args.folder))
    print(f"made {folder}; play it with: sensorama play {folder}")
    return 0


def _compile(args: argparse.Namespace) -> int:
    from engine.show.checking import compile_command

    return compile_command(args.experience)


def _list(args: argparse.Namespace) -> int:
    from engine.experience.bundled import bundled_experiences

    for name, folder in bundled_experiences():
        print(f"{name:24} {folder}")
    return 0


def _devices(args: argparse.Namespace) -> int:
    from engine.show.devices.command import devices_command

    return devices_command(args)


def _record(args: argparse.Namespace) -> int:
    from engine.show.recording.command import record_command

    return record_command(args)


def _timecode(args: argparse.Namespace) -> int:
    from engine.show.timecode.command import timecode_command

    return timecode_command(args)


def _timecode_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`timecode generate` and `timecode read`."""
    wires = ("ltc", "mtc", "artnet", "cinema")
    timecode = commands.add_parser("timecode", help="make and read LTC, MTC, Art-Net timecode, cinema sync")
    actions = timecode.add_subparsers(dest="action", required=True, metavar="ACTION")
    generate = actions.add_parser("generate", help="make timecode")
    generate.add_argument("wire", choices=wires, metavar="WIRE", help=", ".join(wires))
    generate.add_argument("--rate", default="25", help="frames a second, as 25 or 29.97df (default 25)")
    generate.add_argument(
        "--start",
        default="00:00:00:00",
        metavar="LABEL",
        help="first label; for cinema sync also an edit unit",
    )
    length = generate.add_mutually_exclusive_group()
    length.add_argument("--for", dest="length", default="10s", metavar="TIME", help="how long (default 10s)")
    length.add_argument("--frames", type=int, metavar="N", help="how many frames")
    generate.add_argument("--reverse", action="store_true", help="backward from the first label")
    generate.add_argument("--speed", default="1", metavar="X", help="against nominal, 0.1 to 10")
    generate.add_argument(
        "--level", type=float, default=-6.0, metavar="DB", help="LTC's peak in dBFS (default -6)"
    )
    generate.add_argument(
        "--user-bits", default="00000000", metavar="HEX", help="LTC: eight hexadecimal digits, group 1 first"
    )
    generate.add_argument("--uuid", default="", help="cinema sync: the track's UUID")
    generate.add_argument(
        "--sample-rate", type=int, default=48_000, metavar="HZ", help="of a file (default 48000)"
    )
    generate.add_argument(
        "--to", required=True, metavar="PORT",
        help="FILE.wav[#CHANNEL], audio:NAME[/CHANNEL], midi:NAME, serial:DEVICE, udp://HOST[:PORT]",
    )  # fmt: skip
    read = actions.add_parser("read", help="read timecode, a line a word")
    read.add_argument("wire", choices=wires, metavar="WIRE", help=", ".join(wires))
    read.add_argument(
        "--from", dest="source", required=True, metavar="PORT",
        help="FILE.wav[#CHANNEL], audio:NAME[/CHANNEL], midi:NAME, serial:DEVICE, udp://0.0.0.0[:PORT]",
    )  # fmt: skip
    read.add_argument("--rate", help="where the wire does not tell: 23.976 or 29.97 (default: found)")
    read.add_argument("--for", dest="length", metavar="TIME", help="stop after this long (ports only)")
    read.add_argument("--json", action="store_true", help="JSON lines")
    timecode.set_defaults(run=_timecode)


def _audio(args: argparse.Namespace) -> int:
    from engine.show.commission.command import audio_command

    return audio_command(args)


def _audio_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`audio devices`, `test`, `measure`, `commission`."""
    audio = commands.add_parser(
        "audio", help="the sound devices at hand; a venue's loudspeakers heard, measured, corrected"
    )
    audio.set_defaults(run=_audio)
    whats = audio.add_subparsers(dest="what", required=True, metavar="WHAT")
    devices = whats.add_parser("devices", help="the sound devices of this machine")
    devices.add_argument("--json", action="store_true", help="JSON lines")
    test = whats.add_parser("test", help="every channel says which loudspeaker it should be")
    measure = whats.add_parser(
        "measure", help="arrival, level and wiring of every loudspeaker, by a microphone"
    )
    commission = whats.add_parser(
        "commission",
        help="walk a venue: channels, wiring, delays, levels; propose corrections, and write them into the rig",
        description="Sweeps begin 18 dB below --level and grow only where the room is louder. Nothing exceeds --level.",
    )
    for each in (test, measure, commission):
        each.add_argument("--rig", metavar="FILE", required=True)
        each.add_argument("--output", metavar="NAME", help="of the rig (default its first loudspeakers)")
        each.add_argument(
            "--device", metavar="NAME", help="part of the sound device's name (default the rig's)"
        )
        each.add_argument(
            "--api", metavar="NAME", help="part of its host interface's name (default the rig's)"
        )
        each.add_argument(
            "--level",
            type=float,
            default=-24.0,
            metavar="DBFS",
            help="peak that nothing exceeds (default -24; -80 to -6)",
        )
        each.add_argument("--language", choices=("en", "zh"), default="en", help="what the operator reads")
        each.add_argument("--twin", action="store_true", help="a simulated room with mistakes, to practise")
        each.add_argument("--yes", action="store_true", help="do not ask before it is heard")
    for each in (measure, commission):
        each.add_argument("--input", metavar="NAME[/CHANNEL]", help="the measurement microphone")
        each.add_argument("--out", metavar="FILE", help="what was measured, as JSON")
    measure.add_argument("--corrected", action="store_true", help="through the rig's delays and gains")
    commission.add_argument(
        "--identify",
        choices=("ear", "microphone", "none"),
        help="how channels are told apart: the operator says what is heard (default), the microphone is held close to each, or not",
    )
    commission.add_argument("--write", action="store_true", help="write it into the rig file; comments stay")


def _monkey(args: argparse.Namespace) -> int:
    from engine.show.monkey.command import monkey_command

    out = Path(args.out) if args.out else None
    return monkey_command(
        args.experience, args.rig, plays=args.plays, seed=args.seed, out=out, devices=not args.no_devices
    )


def _monkey_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`monkey`."""
    monkey = commands.add_parser(
        "monkey", help="play a story thousands of times, and find what breaks and what nobody ever sees"
    )
    monkey.add_argument("experience")
    monkey.add_argument("--rig", metavar="FILE")
    monkey.add_argument("--plays", type=int, default=1000, metavar="N", help="how many (default 1000)")
    monkey.add_argument("--seed", type=int, default=1, metavar="N", help="of everything drawn (default 1)")
    monkey.add_argument("--out", metavar="DIR", help="where the report and the journals of failures go")
    monkey.add_argument(
        "--no-devices", action="store_true", help="leave out what devices make of every scene"
    )
    monkey.set_defaults(run=_monkey)


def _draft(args: argparse.Namespace) -> int:
    from engine.show.drafting.command import run_draft

    return run_draft(args)


def _draft_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`draft motion`."""
    draft = commands.add_parser("draft", help="propose tracks for a person to edit")
    whats = draft.add_subparsers(dest="what", required=True, metavar="WHAT")
    motion = whats.add_parser(
        "motion", help="seat tracks from films, shaker tracks from sounds; they begin together"
    )
    motion.add_argument("inputs", nargs="+", metavar="FILE", help="films and sounds")
    motion.add_argument(
        "--out",
        required=True,
        metavar="PLACE",
        help="a scene file (.yaml), or the folder of a new experience; never overwritten",
    )
    motion.add_argument(
        "--travel", default="50mm", help="largest excursion of the seat's lengths (default 50mm)"
    )
    motion.add_argument("--tilt", default="4deg", help="largest excursion of its angles (default 4deg)")
    motion.add_argument(
        "--field", default="60deg", help="horizontal field of view of the films (default 60deg)"
    )
    motion.add_argument("--sensitivity", type=float, default=1.0, help="for beats, 0.1 to 10 (default 1)")
    motion.set_defaults(run=_draft)


def _bench(args: argparse.Namespace) -> int:
    from engine.bench.run import bench_command

    return bench_command(args.names, quick=args.quick)


def _schema(args: argparse.Namespace) -> int:
    from engine.experience.schema import SCHEMA_FOLDER

    for path in sorted(SCHEMA_FOLDER.glob("*.json")):
        print(path)
    return 0


def _import_sem(args: argparse.Namespace) -> int:
    from engine.experience.sem.command import import_command

    return import_command(args.file, args.out, args.durations, args.length)


def _export_sem(args: argparse.Namespace) -> int:
    from engine.experience.sem.command import export_command

    return export_command(args.experience, args.out, args.scene, args.force)


def _import_haptic(args: argparse.Namespace) -> int:
    from engine.experience.haptics.command import import_command

    return import_command(args.file, args.out, args.role, args.at)


def _export_haptic(args: argparse.Namespace) -> int:
    from engine.experience.haptics.command import export_command

    return export_command(args.source, args.out, args.scene, args.role, args.force)


def _sound_options(args: argparse.Namespace, experience: str) -> PlayOptions:
    from engine.show.options import PlayOptions

    choices = tuple(word.strip() for word in (args.choices or "").split(",") if word.strip())
    rig = Path(args.rig) if args.rig else None
    return PlayOptions(
        experience,
        rig,
        seed=args.seed,
        choices=choices,
        language=args.language,
        picture=False,
        uncertified=True,  # a file is made, nobody sits there
    )


def _export_adm(args: argparse.Namespace) -> int:
    options = _sound_options(args, args.experience)
    from engine.show.sound_command import export_command

    return export_command(options, args.out, force=args.force, bits=args.bits, tracks=args.tracks)


def _mixdown(args: argparse.Namespace) -> int:
    options = _sound_options(args, args.source)
    from engine.show.sound_command import mixdown_command

    return mixdown_command(
        options, args.out, args.to, force=args.force, programme=args.programme, gain_db=args.gain
    )


def _loudness(args: argparse.Namespace) -> int:
    from engine.show.loudness_command import loudness_command

    return loudness_command(_sound_options(args, args.experience))


def _sound_parsers(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    formats: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """`mixdown` and `export adm`: a show's sound in a file."""
    mixdown = commands.add_parser(
        "mixdown",
        help="render the sound of a show, or of an ADM master, to a file",
        description="A show is played once, without a picture, on one way through its story; see --choices and --seed.",
    )
    mixdown.add_argument("source", help="an experience, or an ADM BW64 file")
    mixdown.add_argument(
        "--to", required=True, metavar="LAYOUT", help="binaural, ambisonic, 5.1, 7.1.4, 22.2, 4+7+0..."
    )
    mixdown.add_argument("--programme", default="", metavar="ID", help="of a master that has several")
    mixdown.add_argument("--gain", type=float, default=0.0, metavar="DB", help="of a master's mixdown")
    adm = formats.add_parser("adm", help="ADM BW64: objects, beds, Ambisonics (ITU-R BS.2076, BS.2088)")
    adm.add_argument("experience")
    adm.add_argument("--bits", type=int, choices=(16, 24), default=24)
    adm.add_argument(
        "--tracks", type=int, default=128, metavar="N", help="at most so many tracks (default 128)"
    )
    loudness = commands.add_parser(
        "loudness", help="measure how loud a show is as authored (BS.1770, EBU 3341 and 3342)"
    )
    loudness.add_argument("experience")
    for parser, run in ((mixdown, _mixdown), (adm, _export_adm), (loudness, _loudness)):
        if parser is not loudness:
            parser.add_argument("--out", required=True, metavar="FILE", help="the file to write")
            parser.add_argument("--force", action="store_true", help="replace a file that is there")
        parser.add_argument("--rig", metavar="FILE", help="the venue whose levels count; default: a studio")
        parser.add_argument("--choices", metavar="ID,ID,...", help="scripted choices, in order")
        parser.add_argument("--seed", type=int, metavar="N", help="choices drawn by this seed")
        parser.add_argument("--language", metavar="CODE", help="of the voices")
        parser.set_defaults(run=run)


def _exchange_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`import` and `export`: formats of other tools."""
    import_ = commands.add_parser("import", help="read a format of another tool")
    formats = import_.add_subparsers(dest="format", required=True, metavar="FORMAT")
    sem = formats.add_parser("sem", help="MPEG-V sensory effects (ISO/IEC 23005-3)")
    sem.add_argument("file", help="the SEM file")
    sem.add_argument("--out", metavar="PLACE", help="folder of the new experience, or one scene.yaml")
    sem.add_argument(
        "--durations",
        choices=("ticks", "playsem-seconds"),
        default="ticks",
        help="what `duration` counts: ticks of the time scale (the standard), or whole seconds",
    )
    sem.add_argument("--length", choices=("cm", "m", "mm"), default="cm", help="unit of motion patterns")
    sem.set_defaults(run=_import_sem)
    haptic = formats.add_parser("haptic", help="AHAP, .haptic, HJIF, .tact, .haps, WAV")
    haptic.add_argument("file", help="the haptic file; its suffix says the format")
    haptic.add_argument("--out", metavar="PLACE", help="folder of the new experience, or one scene.yaml")
    haptic.add_argument("--role", default="seat.shaker", help="the role it plays on (default seat.shaker)")
    haptic.add_argument("--at", default="0s", metavar="TIME", help="where in the scene it begins")
    haptic.set_defaults(run=_import_haptic)

    export = commands.add_parser("export", help="write a format of another tool")
    formats = export.add_subparsers(dest="format", required=True, metavar="FORMAT")
    sem = formats.add_parser("sem", help="MPEG-V sensory effects (ISO/IEC 23005-3)")
    sem.add_argument("experience")
    sem.add_argument("--scene", metavar="ID", help="which scene; needed where there are several")
    sem.add_argument("--out", required=True, metavar="FILE")
    sem.add_argument("--force", action="store_true", help="replace a file that is there")
    sem.set_defaults(run=_export_sem)
    haptic = formats.add_parser("haptic", help="AHAP, .haptic, HJIF")
    haptic.add_argument("source", help="an experience, or a haptic file to convert")
    haptic.add_argument("--out", required=True, metavar="FILE", help="its suffix says the format")
    haptic.add_argument("--scene", metavar="ID")
    haptic.add_argument("--role", metavar="NAME", help="only this role")
    haptic.add_argument("--force", action="store_true", help="replace a file that is there")
    haptic.set_defaults(run=_export_haptic)
    _sound_parsers(commands, formats)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sensorama",
        description="Plays branching, multi-sensory experiences on any rig.",
        epilog="Exit status: 0 the show ended, 1 it failed, 2 wrong input, 3 not certified, 4 stopped by a person, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"sensorama {__version__}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks of errors")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    play = commands.add_parser(
        "play", help="play an experience", description="Play an experience, by name or by folder."
    )
    play.add_argument(
        "experience", nargs="?", help="a bundled name (sensorama list) or a folder with experience.yaml"
    )
    play.add_argument(
        "--rig", metavar="FILE", help="the venue's rig file; default: a studio on software twins"
    )
    play.add_argument(
        "--view",
        choices=("auto", "xr", "window", "headless"),
        default="auto",
        help="auto: a headset if there is one, else a window, else off-screen faster than real time",
    )
    play.add_argument(
        "--xr", action="store_true", help="the same as --view xr: a headset, else what auto takes next"
    )
    play.add_argument("--require-xr", action="store_true", help="fail where there is no headset")
    play.add_argument(
        "--poses", metavar="FILE", help="play a recorded pose track in place of the guest's head and hands"
    )
    play.add_argument(
        "--record-poses", metavar="FILE", help="record the guest's head and hands as a pose track"
    )
    play.add_argument("--headless", action="store_true", help="the same as --view headless")
    play.add_argument(
        "--seed", type=int, metavar="N", help="a rehearsing guest draws the choices by this seed"
    )
    play.add_argument(
        "--choices", metavar="ID,ID,...", help="scripted choices, in order; '-' leaves one to its default"
    )
    play.add_argument(
        "--from", dest="start", metavar="SCENE@TIME", help="begin inside a scene, for example tea_house@20s"
    )
    play.add_argument(
        "--speed", metavar="X", help="show speed, for example 4; 'max' runs on the manual clock"
    )
    play.add_argument("--language", metavar="CODE", help="caption and voice language, for example en or zh")
    play.add_argument(
        "--out", metavar="DIR", help="where journal, report, frames and sound go; default: runs/..."
    )
    play.add_argument("--size", default="1280x720", metavar="WxH", help="picture size (default 1280x720)")
    play.add_argument(
        "--fps", type=int, default=60, metavar="N", help="frames per second in a window (default 60)"
    )
    play.add_argument(
        "--no-picture", action="store_true", help="no rendering at all: story, sound and devices only"
    )
    play.add_argument("--no-sound", action="store_true", help="no sound at all")
    play.add_argument(
        "--stand-ins",
        action="store_true",
        help="in a rehearsal: speak the lines that nobody has recorded yet (the system's voice, or a murmur)",
    )
    play.add_argument("--quiet", action="store_true", help="no live status view, only the lines that matter")
    play.add_argument(
        "--first-frame", action="store_true", help="stop after the first frame (for sensorama bench start)"
    )
    play.add_argument(
        "--uncertified",
        action="store_true",
        help="play all the same where the rig asks for a certificate and there is none that holds; the journal says so",
    )
    play.add_argument(
        "--lead", action="store_true", help="let a standby follow, where the rig says (standby: listen)"
    )
    play.add_argument(
        "--standby", action="store_true", help="follow a leader, muted, and take over when it falls silent"
    )
    play.add_argument(
        "--resume", metavar="RUN", help="go on with a run that was cut off, from its folder's journal"
    )
    play.set_defaults(run=_play)

    replay = commands.add_parser(
        "replay", help="reproduce a run from its journal and say the first difference"
    )
    replay.add_argument("journal", help="journal.jsonl of a run, or its folder")
    replay.add_argument(
        "--experience", metavar="NAME", help="the package, if it is not where the journal says"
    )
    replay.add_argument("--rig", metavar="FILE", help="the rig, if it is not where the journal says")
    replay.set_defaults(run=_replay)

    check = commands.add_parser("check", help="find every mistake of a package in one run")
    check.add_argument("experience")
    check.add_argument("--rig", metavar="FILE")
    check.add_argument(
        "--full",
        action="store_true",
        help="read every sound to its end, however long that takes (default: 10 s of it)",
    )
    check.add_argument(
        "--certificate",
        action="store_true",
        help="judge every path through the story, write certificate.json and its report; exit status 3 when refused",
    )
    check.add_argument(
        "--profile", metavar="FILE", help="what the site allows (default: the rig's own, else engineering)"
    )
    check.add_argument(
        "--out", metavar="FILE", help="the certificate's file (default: where the rig looks for it)"
    )
    check.add_argument(
        "--picture-hz",
        type=float,
        default=5.0,
        metavar="HZ",
        help="pictures drawn in a second of show to look for flashes; 0 leaves flashes unmeasured (default 5)",
    )
    check.set_defaults(run=_check)

    _draft_parser(commands)
    _monkey_parser(commands)

    new = commands.add_parser("new", help="make a small package that plays at once")
    new.add_argument("name", help="its id: lower case letters, digits and underscores")
    new.add_argument("--folder", default=".", metavar="DIR", help="where to put it (default: here)")
    new.set_defaults(run=_new)

    compile_ = commands.add_parser("compile", help="compile story.ink with inklecate or Node's inkjs")
    compile_.add_argument("experience")
    compile_.set_defaults(run=_compile)

    commands.add_parser("list", help="the experiences at hand").set_defaults(run=_list)
    devices = commands.add_parser(
        "devices", help="the drivers at hand; a rig's devices, live, by hand, learned, or as twins"
    )
    devices.add_argument("--rig", metavar="FILE", help="show the devices of this rig")
    devices.set_defaults(run=_devices, what="list")
    kinds = devices.add_subparsers(metavar="WHAT")
    listed = kinds.add_parser("list", help="drivers and sources, or the devices of a rig")
    listed.add_argument("--rig", metavar="FILE")
    listed.set_defaults(what="list")
    monitor = kinds.add_parser("monitor", help="connect to a rig's devices and inputs, and watch them")
    monitor.add_argument("--rig", metavar="FILE", required=True)
    monitor.add_argument("--once", action="store_true", help="print one look and end")
    monitor.set_defaults(what="monitor")
    moved = kinds.add_parser("test", help="move one channel by hand, within its limits")
    learn = kinds.add_parser("learn", help="measure how late a device answers")
    for parsed, channel in ((moved, "channel"), (learn, "--channel")):
        parsed.add_argument("device", help="its name in the rig")
        parsed.add_argument(channel, help="an axis or a channel: heave, street.red")
        parsed.add_argument("--rig", metavar="FILE", required=True)
        parsed.add_argument(
            "--to", metavar="VALUE", help="how far: 8mm, 2deg, 0.5 (default a quarter of its range)"
        )
        parsed.add_argument("--yes", action="store_true", help="do not ask before it moves")
    moved.add_argument("--for", dest="length", default="3s", metavar="TIME", help="how long (default 3s)")
    moved.set_defaults(what="test")
    learn.add_argument("--for", dest="length", default="8s", metavar="TIME", help="how long (default 8s)")
    learn.add_argument(
        "--watch",
        metavar="INPUT:ADDRESS",
        help="what sees it move: an input of the rig, as tracker:/1/heave",
    )
    learn.add_argument("--write", action="store_true", help="write the latency into the rig file")
    learn.set_defaults(what="learn")
    sim = kinds.add_parser("sim", help="run a software twin by itself", add_help=False)
    sim.set_defaults(what="sim")
    commands.add_parser("schema", help="where the published JSON Schemas lie").set_defaults(run=_schema)

    record = commands.add_parser(
        "record",
        help="record what a console, a sequencer or a motion source sends, as tracks of a scene",
        description="Without --map it only listens, and says what can be mapped. Ctrl-C keeps what was recorded.",
    )
    record.add_argument("--rig", metavar="FILE", help="listen to all inputs of this rig")
    record.add_argument("--source", metavar="FAMILY", help="listen to one source: osc, midi, sacn, artnet...")
    record.add_argument("--port", metavar="PORT", help="of the source, for example udp://0.0.0.0:9000")
    record.add_argument(
        "--setting", action="append", default=[], metavar="KEY=VALUE", help="of the source, as in a rig"
    )
    record.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="ADDRESS=ROLE",
        help="/fader/1=light.street, /1/1,/1/2,/1/3=light.hero, /note/1/36=seat.shaker, /heave=seat.motion.heave*0.001",
    )
    record.add_argument("--for", dest="length", metavar="TIME", help="how long; default until Ctrl-C")
    record.add_argument("--out", metavar="FILE", help="the scene file to write (default recorded.yaml)")
    record.add_argument("--scene", metavar="FILE", help="add the tracks to a copy of this scene")
    record.add_argument("--at", default="0", metavar="TIME", help="where in the scene the recording begins")
    record.add_argument(
        "--error",
        action="append",
        default=[],
        metavar="E",
        help="largest error of a curve: 0.5%% (default), 0.2mm, 0.02deg",
    )
    record.add_argument(
        "--experience", metavar="NAME", help="the package it is for: its roles say what is what"
    )
    record.add_argument("--trim", action="store_true", help="begin at the first signal")
    record.add_argument("--force", action="store_true", help="replace the file if it is there")
    record.set_defaults(run=_record)

    _exchange_parsers(commands)

    _timecode_parsers(commands)
    _audio_parsers(commands)
    bench = commands.add_parser("bench", help="measure, and print JSON lines")
    bench.add_argument("names", nargs="*", help="which ones (default: all)")
    bench.add_argument("--quick", action="store_true", help="short runs: a look, not a figure to quote")
    bench.set_defaults(run=_bench)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        The exit status.
    """
    # Before numpy is loaded, and for every process that is started: all matrices here are small, and where others work a product that
    # waits for a second thread takes ten times as long.
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    # What follows `devices sim` belongs to the twins' own program, options and all.
    cut = 2 if words[:2] == ["devices", "sim"] else len(words)
    args = _parser().parse_args(words[:cut])
    args.words = words[cut:]
    try:
        status: int = args.run(args)
    except SensoramaError as error:
        if debug:
            raise
        print(error, file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        if debug:
            raise
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1
    except Exception as error:
        if debug:
            raise
        print(
            f"internal error: {type(error).__name__}: {error}. Run again with --debug for the traceback, "
            "and please report it.",
            file=sys.stderr,
        )
        return 1
    return status


if __name__ == "__main__":
    raise SystemExit(main())
