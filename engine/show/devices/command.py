"""``sensorama devices``: what there is, live, by hand, learned, or as a twin. Which of these, is said here; each has its own module."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from engine.errors import UsageError


def devices_command(args: Any) -> int:
    """Run one of the subcommands; returns the exit status.

    Raises
    ------
    SensoramaError
    """
    match args.what:
        case "monitor":
            from engine.show.devices.monitor import monitor_command

            return monitor_command(args.rig, once=args.once)
        case "test":
            from engine.show.devices.move import move_command

            for_ns = _time_ns("for", args.length)
            return move_command(args.rig, args.device, args.channel, args.to, for_ns, yes=args.yes)
        case "learn":
            from engine.show.devices.learn import learn_command

            return learn_command(
                args.rig,
                args.device,
                channel=args.channel,
                watch=args.watch,
                to=args.to,
                for_ns=_time_ns("for", args.length),
                write=args.write,
                yes=args.yes,
            )
        case "sim":
            return twin_command(args.words)
        case _:
            from engine.show.devices.list import list_command

            return list_command(args.rig)


def twin_command(words: Sequence[str]) -> int:
    """Run a software twin as a program, in this process: `devices.sim` by its name, since the engine knows no device."""
    import runpy

    before = sys.argv
    sys.argv = ["sensorama devices sim", *words]
    try:
        runpy.run_module("devices.sim", run_name="__main__", alter_sys=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 2
    finally:
        sys.argv = before
    return 0


def _time_ns(name: str, text: str) -> int:
    from engine.time.flicks import fl_to_ns, parse_duration_fl

    try:
        found = fl_to_ns(parse_duration_fl(text))
    except ValueError as error:
        raise UsageError(f"--{name} {text}: {error}") from None
    if not 0 < found <= 3_600_000_000_000:
        raise UsageError(f"--{name} {text}: write a time up to an hour, as 3s")
    return found
