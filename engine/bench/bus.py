"""How late the device bus hands over commands at 1 kHz, next to a native program on the same machine.

    python -m engine.bench.bus --seconds 60
    python -m engine.bench.bus --seconds 60 --load "sensorama play lantern_street --headless"
    python -m engine.bench.bus --seconds 15 --fleet

Prints one JSON line per measurement and one with their ratio. The control is `cyclictest` (package rt-tests)
where it is found, else a small loop over clock_nanosleep in a process with the same priority, which the line
then says. It runs after the bus, under the same load: at the same time they would disturb each other on two
cores.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.bench.fleet import run as run_fleet
from engine.bus.lateness import LatenessHistogram
from engine.bus.link import BusProcess
from engine.bus.process import BusConfig, Show
from engine.errors import Place
from engine.experience.rig import AudioSpec, DeviceSpec, Latency, Rig, RoleTarget, SeatSpec
from engine.time.clocks import MonotonicClock
from engine.time.publisher import TransportWriter
from engine.time.realtime import become_realtime
from engine.time.segments import Transport
from engine.time.shared import TransportBlock
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable

_NS_PER_S = 1_000_000_000
_PERIOD_NS = 1_000_000
_FLEET_S = 20.0
_FL_PER_S = 705_600_000

Load = Callable[[], None] | str | None


@dataclass(frozen=True, slots=True)
class SwayingShow:
    """A made-up show of one moving seat and one light: a benchmark of the bus, not of an evaluator."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        """Heave and roll sway, the light breathes; nothing before the start."""
        moment = transport.at(host_ns)
        if moment.scene < 0:
            return (0.0,) * 9
        t_s = moment.at_fl / _FL_PER_S
        heave_m = 0.01 * math.sin(2.0 * math.pi * 0.3 * t_s)
        light = 0.5 - 0.5 * math.cos(2.0 * math.pi * 0.2 * t_s)
        return (0.0, 0.0, heave_m, 100.0 * heave_m, 0.0, 0.0, light, 0.6 * light, 0.3 * light)


def synthetic_show() -> Show:
    """The show of `SwayingShow`; importable, so that a spawned process can make it."""
    roles = RoleTable.of(
        (
            RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
            RoleSpec("light.street", RoleKind.COLOR, "room", "light"),
        )
    )
    return Show(SwayingShow(), roles)


def synthetic_rig(*, seat_hz: float = 1000.0, seat_port: str = "twin", watchdog_ns: int = 500_000_000) -> Rig:
    """One seat and one universe on software twins.

    Parameters
    ----------
    seat_hz : float, default 1000
    seat_port : str, default "twin"
    watchdog_ns : int, default 0.5 s
    """
    here = Path("synthetic.yaml")
    place = Place(str(here))
    fixtures = {"street": {"channels": [1, 2, 3], "form": "rgb"}}
    devices = (
        DeviceSpec("seat", "amc", seat_port, 0, seat_hz, Latency(), {}, {}, {}, place),
        DeviceSpec("lights", "artnet", "twin", -1, 40.0, Latency(), {}, {}, {"fixtures": fixtures}, place),
    )
    return Rig(
        path=here,
        name={"en": "synthetic"},
        tick_hz=1000,
        watchdog_ns=watchdog_ns,
        seats=(SeatSpec(0, "a", (0.0, 0.0, 0.0), 0.0, None),),
        devices=devices,
        roles={"seat.motion": (RoleTarget("seat"),), "light.street": (RoleTarget("lights", "street"),)},
        audio=AudioSpec(),
        displays=(),
        hash="synthetic",
    )


def measure_bus(seconds: float, *, realtime: bool = True) -> dict[str, object]:
    """Play the synthetic show for `seconds` and give the lateness of the 1 kHz device."""
    clock = MonotonicClock()
    with TransportBlock.create() as block:
        writer = TransportWriter(block)
        writer.beat(clock.now_ns())
        with BusProcess(BusConfig(block.name, synthetic_rig(), synthetic_show, realtime=realtime)) as bus:
            ready, _ = bus.await_ready()
            writer.append(from_ns=ready.epoch_ns + 100_000_000, scene=0, rate=Fraction(1))
            end_ns = ready.epoch_ns + round(seconds * _NS_PER_S)
            while clock.now_ns() < end_ns:
                writer.beat(clock.now_ns())
                bus.poll(0.1)
            bus.retire()
            # The conductor lives until the bus has parked everything.
            writer.beat(clock.now_ns())
            messages = bus.join(10.0)
    ended = next((payload for kind, payload in messages if kind == "ended"), None)
    if not isinstance(ended, dict):
        raise RuntimeError(f"the bus did not report its end; it said {[kind for kind, _ in messages]}")
    late = ended["dispatch"]["seat"]
    return {
        "bench": "bus",
        "what": "dispatch lateness at 1 kHz",
        "seconds": seconds,
        "realtime": list(ready.realtime),
        "wake_p99_us": _us(ended["wake"]["p99_ns"]),
        "sent_p99_us": _us(ended["sent"]["seat"]["p99_ns"]),
        **_figures(late),
    }


def measure_control(seconds: float) -> dict[str, object]:
    """The same schedule kept by a native program, or by the bare sleeping call where there is none."""
    program = shutil.which("cyclictest")
    if program is not None:
        found = _cyclictest(program, seconds)
        if found is not None:
            return {"bench": "bus", "what": "control: cyclictest -p80 -i1000", "seconds": seconds, **found}
    done = subprocess.run(
        [sys.executable, "-m", "engine.bench.bus", "--control-loop", str(seconds)],
        check=True,
        capture_output=True,
        text=True,
    )
    return {
        "bench": "bus",
        "what": "control: bare absolute-deadline loop (cyclictest not found or not permitted)",
        "seconds": seconds,
        **json.loads(done.stdout),
    }


def control_loop(seconds: float) -> LatenessHistogram:
    """Sleep to absolute deadlines 1 ms apart and do nothing else."""
    grant = become_realtime()
    clock = MonotonicClock()
    histogram = LatenessHistogram()
    deadline_ns = clock.now_ns() + 10_000_000
    for _ in range(round(seconds * 1000)):
        clock.sleep_until_ns(deadline_ns)
        histogram.add(clock.now_ns() - deadline_ns)
        deadline_ns += _PERIOD_NS
    grant.close()
    return histogram


def run(seconds: float, load: Load = None, *, fleet: bool = False) -> Iterator[dict[str, object]]:
    """Measure the bus, then the control, both under `load`; then, if wanted, a fleet (`engine.bench.fleet`).

    Parameters
    ----------
    seconds : float
        Of each of the two.
    load : callable, str or None
        What runs beside them: a command line, or a function to run in this process' children; ended
        afterwards.
    fleet : bool, default False
        Also 1,000 seats and 64 universes next to a bare `sendmmsg`.

    Yields
    ------
    dict
        One JSON object a line.
    """
    with _under(load):
        bus = measure_bus(seconds)
        yield bus
        control = measure_control(seconds)
        yield control
    bus_p99, control_p99 = bus["p99_us"], control["p99_us"]
    assert isinstance(bus_p99, float) and isinstance(control_p99, float)
    yield {
        "bench": "bus",
        "what": "verdict",
        "p99_us": bus_p99,
        "ratio_to_control_p99": round(bus_p99 / max(control_p99, 0.1), 2),
        "load": load if isinstance(load, str) else (None if load is None else "callable"),
        "cores": os.cpu_count(),
    }
    if fleet:
        # Without the load: what one core can do is asked of an idle machine, and the control too.
        quiet_s = min(seconds, _FLEET_S)
        yield from run_fleet(quiet_s, measure_control(quiet_s / 2))


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.bus", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--load", help="a command to run beside it")
    parser.add_argument("--fleet", action="store_true", help="1,000 seats and 64 universes as well")
    parser.add_argument("--control-loop", type=float, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.control_loop is not None:
        print(json.dumps(_figures(control_loop(chosen.control_loop).summary())))
        return 0
    for row in run(chosen.seconds, chosen.load, fleet=chosen.fleet):
        print(json.dumps(row), flush=True)
    return 0


@contextmanager
def _under(load: Load) -> Iterator[None]:
    if load is None:
        yield
        return
    if callable(load):
        import multiprocessing

        process = multiprocessing.get_context("spawn").Process(target=load, daemon=True)
        process.start()
        try:
            yield
        finally:
            process.terminate()
            process.join()
        return
    child = subprocess.Popen(shlex.split(load), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        child.wait()


def _cyclictest(program: str, seconds: float) -> dict[str, object] | None:
    loops = round(seconds * 1000)
    done = subprocess.run(
        [program, "-q", "-p80", "-i1000", "-l", str(loops), "-h", "10000"],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds * 4 + 30,
    )
    if done.returncode != 0:
        return None
    counts = [
        (int(us), int(count)) for us, count in re.findall(r"^(\d{6}) (\d+)$", done.stdout, re.MULTILINE)
    ]
    # Beyond the histogram cyclictest only counts, and names the largest.
    overflow = re.search(r"^# Histogram Overflows: (\d+)", done.stdout, re.MULTILINE)
    largest = re.search(r"^# Max Latencies: (\d+)", done.stdout, re.MULTILINE)
    if not counts or largest is None:
        return None
    most_us = int(largest.group(1))
    if overflow is not None and int(overflow.group(1)):
        counts.append((most_us, int(overflow.group(1))))
    total = sum(count for _, count in counts)

    def quantile_us(share: float) -> float:
        seen = 0
        for us, count in counts:
            seen += count
            if seen >= share * total:
                return float(us)
        return float(most_us)

    return {
        "count": total,
        "p50_us": quantile_us(0.5),
        "p99_us": quantile_us(0.99),
        "p999_us": quantile_us(0.999),
        "max_us": float(most_us),
    }


def _figures(summary: dict[str, object]) -> dict[str, object]:
    return {
        "count": summary["count"],
        **{f"{name}_us": _us(summary[f"{name}_ns"]) for name in ("p50", "p99", "p999", "max")},
    }


def _us(value_ns: object) -> float:
    assert isinstance(value_ns, int)
    return round(value_ns / 1000, 1)


if __name__ == "__main__":
    sys.exit(main())
