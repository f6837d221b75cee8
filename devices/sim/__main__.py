"""Run software twins as programs.

    python -m devices.sim amc --pty --record seat.jsonl     one twin; prints the port to put into a rig
    python -m devices.sim serve                             several, told as JSON on standard input

The bus uses the second.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from devices.sim.serve import Recorder, attend, is_interactive, make_line, serve, show
from engine.bus.driver import ChannelLimits, DeviceConfig, Latency, SettingError
from engine.bus.twins import twin_from
from engine.errors import SensoramaError
from engine.time.clocks import MonotonicClock


def _arguments() -> argparse.ArgumentParser:
    from engine.bus.registry import known_families

    parser = argparse.ArgumentParser(prog="python -m devices.sim", description="Software twins of devices.")
    parser.add_argument("family", help=f"one of: {', '.join(known_families())}")
    line = parser.add_mutually_exclusive_group()
    line.add_argument(
        "--pty", action="store_const", const="pty", dest="line", help="a pseudo-terminal (POSIX)"
    )
    line.add_argument(
        "--tcp", action="store_const", const="tcp", dest="line", help="socket:// on the loopback"
    )
    line.add_argument("--udp", action="store_const", const="udp", dest="line", help="udp:// on the loopback")
    parser.add_argument(
        "--record", metavar="FILE", type=Path, help="write what arrives and when, as JSON lines"
    )
    parser.add_argument("--settings", metavar="JSON", default="{}", help="the device's settings, as in a rig")
    parser.add_argument(
        "--limits",
        metavar="JSON",
        default="{}",
        help='ranges of a seat in m and deg, as {"roll": [-10, 10]}; seats that know none by themselves need them',
    )
    parser.add_argument("--dead-ms", type=float, default=0.0, help="dead time of the device")
    parser.add_argument("--lag-ms", type=float, default=0.0, help="first-order lag of the device")
    return parser


def _limits(text: str) -> dict[str, ChannelLimits]:
    """Ranges as a person types them.

    Raises
    ------
    SettingError
        When they are not a low and a high number each.
    """
    rows = json.loads(text)
    for name, ends in rows.items() if isinstance(rows, dict) else [("limits", rows)]:
        numbers = isinstance(ends, list) and all(isinstance(end, int | float) for end in ends)
        if not isinstance(rows, dict) or not numbers or len(ends) != 2:
            raise SettingError(
                f'{name} is {ends!r}; write a low and a high end, as {{"roll": [-10, 10]}}', "limits"
            )
    return {name: ChannelLimits(float(low), float(high)) for name, (low, high) in rows.items()}


def main() -> int:
    """Run; returns the exit status."""
    if sys.argv[1:] == ["serve"]:  # before everything else: a show waits for it
        # The bus still has seats to park after a Ctrl-C; the end of standard input is what ends this.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        asked = sys.stdin.readline()
        if not asked.endswith("\n"):
            return 0  # whoever started us has ended already
        try:
            serve(json.loads(asked), sys.stdout, sys.stdin)
        except BrokenPipeError:
            # It ended while we came up. What is left in the buffer is for nobody; the interpreter must not try at its own end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    from engine.bus.registry import find_family

    parser = _arguments()
    chosen = parser.parse_args()
    try:
        settings = json.loads(chosen.settings)
        config = DeviceConfig(
            name=chosen.family,
            latency=Latency(round(chosen.dead_ms * 1e6), round(chosen.lag_ms * 1e6)),
            limits=_limits(chosen.limits),
            settings=settings,
        )
        driver = find_family(chosen.family)(config)
    except (SensoramaError, SettingError, json.JSONDecodeError) as error:
        parser.exit(2, f"{error}\n")
    if driver.twin is None:
        parser.exit(2, f"the family {chosen.family!r} has no software twin\n")
    clock = MonotonicClock()
    twin = twin_from(driver.twin.factory, config)
    line = make_line(chosen.line or driver.twin.line)
    recorder = Recorder(chosen.record)
    thread = attend(twin, line, recorder, clock)
    print(f"port: {line.port}", flush=True)
    try:
        if is_interactive():
            show(twin, clock, sys.stdout, times_per_s=10.0)
        else:
            thread.join()
    except KeyboardInterrupt:
        pass
    finally:
        recorder.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
