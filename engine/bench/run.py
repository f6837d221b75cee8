"""``sensorama bench``: runs the benchmarks, each in a process of its own, and passes their JSON lines on."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence

from engine.errors import UsageError

#: What renders beside the bus while its lateness is measured; it is ended with the measurement.
_RENDERING = f"{shlex.quote(sys.executable)} -m engine.bench.frame --size 640x360 --frames 100000"

#: Name, the arguments of a full run, and those of a short look.
BENCHES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "size": ((), ()),
    "start": ((), ("--runs", "2")),
    "frame": ((), ("--frames", "60")),
    "show": ((), ("--frames", "40", "--blocks", "1")),
    "seek": ((), ()),
    "chase": ((), ("--hours", "0.5")),
    "bus": (
        ("--seconds", "60", "--load", _RENDERING, "--fleet"),
        ("--seconds", "5", "--load", _RENDERING, "--fleet"),
    ),
    "faults": ((), ("--runs", "1")),
    "ltc": ((), ("--seconds", "10", "--times", "1")),
    "soak": ((), ("--hours", "0.2")),
    "audio_objects": (("--load", _RENDERING), ("--blocks", "150", "--load", _RENDERING)),
    "audio_adm": ((), ("--quick",)),
    "audio_speakers": ((), ()),
    "audio_hrtf": ((), ("--directions", "24")),
    "audio_clock": ((), ("--seconds", "20")),
    "audio_underruns": (("--seconds", "600"), ("--seconds", "20")),
    "xr": ((), ("--quick",)),
    "kinematics": ((), ()),
    "cueing": ((), ()),
    "governor": ((), ()),
    "exposure": ((), ()),
    "flash": ((), ("--frames", "60", "--seconds", "30")),
    "paths": ((), ()),
    "monkey": ((), ()),
}

#: Several under one name.
GROUPS: Mapping[str, Sequence[str]] = {
    "check": ("kinematics", "cueing", "governor", "exposure", "flash", "paths", "monkey"),
}


def bench_command(names: Sequence[str], *, quick: bool) -> int:
    """Run the named benchmarks, or all of them; ``audio`` is every one whose name begins with ``audio_``, ``check`` a group.

    Returns
    -------
    int
        0 when every one of them ran; the figures themselves are never judged here.

    Raises
    ------
    UsageError
        A name is unknown.
    """
    wanted: list[str] = []
    for name in names:
        found = [*GROUPS.get(name, ())] or [
            one for one in BENCHES if one == name or one.startswith(f"{name}_")
        ]
        if not found:
            raise UsageError(f"there is no benchmark {name!r}; there are {', '.join((*GROUPS, *BENCHES))}")
        wanted += [one for one in found if one not in wanted]
    failed = 0
    for name in wanted or BENCHES:
        command = [sys.executable, "-m", f"engine.bench.{name}", *BENCHES[name][quick]]
        failed |= subprocess.run(command, check=False).returncode
    return 1 if failed else 0
